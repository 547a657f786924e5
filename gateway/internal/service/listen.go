// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/till"
)

// How many listen at a time: in all, and to one account, so that nobody takes every
// place.
const (
	maxListeners = 4096
	maxOfAccount = 32
)

// ErrCrowded says that no more listeners fit, or no more of the account.
var (
	ErrCrowded        = fmt.Errorf("%d listen already", maxListeners)
	ErrAccountCrowded = fmt.Errorf("%d listen to this account already", maxOfAccount)
)

// crowd counts listeners.
type crowd struct {
	mu  sync.Mutex
	all int
	of  map[string]int // by account
}

// enter lets one more in and returns how it leaves, which may be called often.
func (c *crowd) enter(account string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.all >= maxListeners:
		return nil, ErrCrowded
	case c.of[account] >= maxOfAccount:
		return nil, ErrAccountCrowded
	case c.of == nil:
		c.of = map[string]int{}
	}
	c.all++
	c.of[account]++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all--
		if c.of[account]--; c.of[account] == 0 {
			delete(c.of, account)
		}
	}), nil
}

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
	leave, err := s.listeners.enter(q.Program + "/" + q.Account)
	if err != nil {
		return Line{}, err
	}
	line := Line{Until: time.Unix(order.Exp, 0)}
	ctx, cancel := context.WithDeadline(ctx, line.Until)
	line.hangUp = func() { cancel(); leave() }
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
