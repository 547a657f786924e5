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
// siding: who spends on a second path once does so again.
const wary = time.Minute

// maxWatched bounds the payers that a lane remembers.
const maxWatched = 10_000

// watch remembers the payers of jobs.
func (l *lane) watch(jobs []*Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.watched) > maxWatched {
		maps.DeleteFunc(l.watched, func(_ payer, until time.Time) bool { return now.After(until) })
	}
	for _, j := range jobs {
		if len(l.watched) <= maxWatched {
			l.watched[j.payer()] = now.Add(wary)
		}
	}
}

// apart reports whether a payer's orders go into the siding. The lock is held.
func (l *lane) apart(p payer) bool {
	return l.aside[p] > 0 || (len(l.watched) > 0 && time.Now().Before(l.watched[p]))
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

// setAside moves all orders of the payers of moved to the siding and returns the
// others.
func (l *lane) setAside(jobs, moved []*Job) []*Job {
	if len(moved) == 0 {
		return jobs
	}
	payers := map[payer]bool{}
	for _, j := range moved {
		payers[j.payer()] = true
	}
	var rest []*Job
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		if !payers[j.payer()] {
			rest = append(rest, j)
			continue
		}
		l.toSiding(j)
		l.o.Metrics.queued.Inc()
	}
	return rest
}
