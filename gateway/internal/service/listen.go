// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/till"
)

// maxListeners bounds how many listen at a time.
const maxListeners = 4096

// ErrCrowded says that no more listeners fit.
var ErrCrowded = fmt.Errorf("%d listen already", maxListeners)

// ErrNoEvents says that this gateway follows no blocks.
var ErrNoEvents = errors.New("this gateway follows no blocks to hear events from")

// Line is an open line to an account's events.
type Line struct {
	From   till.Position // events behind it come
	Until  time.Time     // when the read order ends
	Events iter.Seq2[feed.Heard, error]
	hangUp func()
}

// Close makes room for others.
func (l Line) Close() { l.hangUp() }

// Listen opens a line to an account's events behind a position, nil being now, for who
// shows a read order of its holder and until that order ends. Close it.
func (s *Service) Listen(ctx context.Context, q currency.OwnQuery, after *till.Position) (Line, error) {
	view, err := private[currency.PurseView](ctx, s, "Purse", q.Read, q)
	if err != nil {
		return Line{}, err
	}
	order, r, err := s.parse(q.Read, []string{currency.TypRead})
	if err != nil {
		return Line{}, err
	}
	if r.hub == nil {
		return Line{}, ErrNoEvents
	}
	if s.listeners.Add(1) > maxListeners {
		s.listeners.Add(-1)
		return Line{}, ErrCrowded
	}
	line := Line{Until: time.Unix(order.Exp, 0)}
	ctx, cancel := context.WithDeadline(ctx, line.Until)
	var left atomic.Bool
	line.hangUp = func() {
		if cancel(); left.CompareAndSwap(false, true) {
			s.listeners.Add(-1)
		}
	}
	if after == nil {
		now, err := r.hub.Now(ctx)
		if err != nil {
			line.Close()
			return Line{}, err
		}
		after = &now
	}
	line.From = *after
	line.Events = r.hub.Listen(ctx, feed.Listener{Program: q.Program, Account: q.Account, Merchant: view.Merchant}, *after)
	return line, nil
}
