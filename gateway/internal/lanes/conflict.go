// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// moved finds the jobs that depend on state that has changed since tx was
// endorsed: it endorses them again, as fresh, and compares what was read. It
// returns none where that cannot be told, or where what changed belongs to
// everybody, such as a policy.
func (l *lane) moved(ctx context.Context, tx Transaction, jobs []*Job) (moved []*Job, fresh Transaction) {
	before, err := tx.Footprint()
	if err != nil {
		return nil, nil
	}
	if fresh, err = l.endorse(ctx, jobs); err != nil {
		return nil, nil
	}
	now, err := fresh.Footprint()
	if err != nil {
		return nil, nil
	}
	changed := map[payer]bool{}
	for key, version := range before.Reads {
		if again, read := now.Reads[key]; read && again == version {
			continue
		}
		if p, ok := ownerOf(key); ok {
			changed[p] = true
		}
	}
	for _, j := range jobs {
		for _, p := range dependsOn(j) {
			if changed[p] {
				moved = append(moved, j)
				break
			}
		}
	}
	return moved, fresh
}

// wary is for how long a payer whose state moved under a batch goes on in the
// siding: who spends on a second path once does so again. It doubles with each time.
const (
	wary     = time.Minute
	mostWary = time.Hour
)

// maxWatched bounds the payers that a lane remembers.
const maxWatched = 10_000

// watch is what a lane remembers of a payer whose state moved under a batch.
type watch struct {
	until time.Time     // stays in the siding
	span  time.Duration // that it stays there
}

// over reports whether a payer has behaved for as long as it was watched.
func (w *watch) over(now time.Time) bool { return now.After(w.until.Add(w.span)) }

// remember watches the payers of jobs: what they send from now on goes into the
// siding, behind what waits in main.
func (l *lane) remember(jobs []*Job) {
	payers := payersOf(jobs)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.watched) > maxWatched {
		maps.DeleteFunc(l.watched, func(_ payer, w *watch) bool { return w.over(now) })
	}
	for p := range payers {
		switch w := l.watched[p]; {
		case w == nil && len(l.watched) > maxWatched:
		case w == nil || w.over(now):
			l.watched[p] = &watch{now.Add(wary), wary}
		default:
			w.span = min(2*w.span, mostWary)
			w.until = now.Add(w.span)
		}
	}
	for _, j := range l.leaveMain(payers) {
		l.toSiding(j)
	}
	l.wake.Broadcast()
}

func payersOf(jobs []*Job) map[payer]bool {
	payers := map[payer]bool{}
	for _, j := range jobs {
		payers[j.payer()] = true
	}
	return payers
}

// leaveMain takes what waits of these payers out of main. The lock is held.
func (l *lane) leaveMain(payers map[payer]bool) (left []*Job) {
	if len(payers) == 0 {
		return nil
	}
	waiting := l.main[:0]
	for _, j := range l.main {
		if payers[j.payer()] {
			left = append(left, j)
		} else {
			waiting = append(waiting, j)
		}
	}
	clear(l.main[len(waiting):])
	l.main = waiting
	return left
}

// apart reports whether a payer's orders go into the siding. The lock is held.
func (l *lane) apart(p payer) bool {
	if l.aside[p] > 0 {
		return true
	}
	w := l.watched[p]
	return w != nil && time.Now().Before(w.until)
}

// ownerOf tells to which account a key belongs, if to any.
func ownerOf(key gateway.Key) (payer, bool) {
	switch key.Table {
	case currency.TableHolder, currency.TablePurse, currency.TableCredit, currency.TableReceipt,
		currency.TableRefunded, currency.TableRedemption, currency.TableUnpaid, currency.TableHold, currency.TableBill, currency.TableCashback:
		parts := strings.SplitN(key.Parts, "/", 3)
		if len(parts) >= 2 {
			return payer{parts[0], parts[1]}, true
		}
	}
	return payer{}, false
}

// dependsOn lists the accounts whose records carrying out an order may read.
func dependsOn(j *Job) []payer {
	own := []payer{j.payer()}
	switch o := j.Order.Payload.(type) {
	case currency.PayTogether:
		for _, p := range o.Others {
			own = append(own, payer{p.Program, o.Holder})
		}
		return own
	case currency.Gift:
		return append(own, payer{j.Order.Program, o.To})
	case currency.Refund:
		return append(own, payer{j.Order.Program, o.Payment.Holder})
	case currency.CompleteRefund:
		return append(own, payer{j.Order.Program, o.Payment.Holder})
	case currency.Capture:
		return append(own, payer{j.Order.Program, o.Hold.Holder})
	case currency.Void:
		return append(own, payer{j.Order.Program, o.Hold.Holder})
	default:
		return own
	}
}

// setAside moves all orders of the payers of moved to the siding, ahead of those
// that came later, those in the parts that are carried later included, and returns
// the others.
func (l *lane) setAside(jobs, moved []*Job, parts [][]*Job) []*Job {
	payers := payersOf(moved)
	var aside []*Job
	stay := func(jobs []*Job) (rest []*Job) {
		for _, j := range jobs {
			if payers[j.payer()] {
				aside = append(aside, j)
			} else {
				rest = append(rest, j)
			}
		}
		return rest
	}
	rest := stay(jobs)
	for i, part := range parts {
		parts[i] = stay(part)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.o.Metrics.queued.Add(float64(len(aside)))
	aside = append(aside, l.leaveMain(payers)...)
	for _, j := range aside {
		l.aside[j.payer()]++
		delete(l.flying, j.payer())
	}
	l.side = append(aside, l.side...)
	l.wake.Broadcast()
	return rest
}
