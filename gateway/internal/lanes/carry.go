// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
)

// blindRetries is how often a batch is retried whole where a conflict shows
// nobody whose state moved; then its payers go into the siding, or, from there,
// alone.
const blindRetries = 2

// hopeless is how many parts in a row may fail to be endorsed before the rest is given
// up. One order that spoils its batch is found in fewer.
const hopeless = 16

// carry settles all jobs, or moves them to the siding. siding says that they come
// from there. Jobs that cannot be endorsed together are carried in parts, one after
// the other.
func (l *lane) carry(ctx context.Context, jobs []*Job, siding bool) {
	failed := 0 // parts in a row
	for parts := [][]*Job{jobs}; len(parts) > 0; {
		part := parts[0]
		parts = parts[1:]
		var err error
		if parts, err = l.carryPart(ctx, part, parts, siding); err == nil {
			failed = 0
		} else if failed++; failed >= hopeless && len(parts) > 0 {
			// What was said of one order need not be true of these.
			l.fail(slices.Concat(parts...), fmt.Errorf("%d parts of a batch in a row could not be endorsed, the last: %s", failed, err.Error()))
			return
		}
	}
}

// carryPart carries jobs and answers what is left to be carried after them. The error
// is of an endorsement that failed.
func (l *lane) carryPart(ctx context.Context, jobs []*Job, parts [][]*Job, siding bool) ([][]*Job, error) {
	if len(jobs) == 0 {
		return parts, nil // all of them are in the siding by now
	}
	ctx, cancel := context.WithDeadline(ctx, latest(jobs))
	defer cancel()
	var (
		wait  backoff
		tx    Transaction
		again Transaction // the same jobs endorsed anew, if they are
	)
	for conflicts := 0; len(jobs) > 0; {
		all := len(jobs)
		if jobs = l.expire(ctx, jobs); len(jobs) == 0 {
			return parts, nil
		}
		var err error
		if tx = again; tx == nil || len(jobs) < all {
			tx, err = l.endorse(ctx, jobs)
		}
		if err != nil {
			if len(jobs) > 1 && ctx.Err() == nil { // one of them may be what fails
				return append([][]*Job{jobs[:len(jobs)/2], jobs[len(jobs)/2:]}, parts...), err
			}
			l.fail(jobs, err)
			return parts, err
		}
		sent, submit, err := l.sort(tx, jobs)
		if err != nil {
			l.fail(jobs, err)
			return parts, nil
		}
		if !submit {
			l.settle(sent)
			return parts, nil
		}
		l.o.Metrics.batch.Observe(float64(len(sent)))
		err = l.commit(ctx, tx)
		var failed *gateway.Error
		switch {
		case err == nil:
			l.settle(sent)
			return parts, nil
		case !errors.As(err, &failed) || !failed.Conflict():
			l.fail(sent, err)
			return parts, nil
		}
		l.o.Metrics.conflicts.Inc()
		jobs, again = sent, nil
		if siding && ofOne(jobs) {
			wait.pause(ctx)
			continue
		}
		moved, fresh := l.moved(ctx, tx, jobs)
		l.remember(moved)
		conflicts++
		l.o.Log.Info("batch conflicts", "tx", tx.ID(), "orders", len(jobs), "moved", len(moved))
		switch {
		case conflicts == 1 || len(moved) == 0 && conflicts <= blindRetries:
			again = fresh // which knows what has moved
		case len(moved) > 0:
			jobs = l.setAside(jobs, moved, parts)
		case siding:
			l.carryEach(ctx, jobs)
			return parts, nil
		default:
			jobs = l.setAside(jobs, jobs, parts)
		}
	}
	return parts, nil
}

// ofOne reports whether all jobs are one payer's.
func ofOne(jobs []*Job) bool {
	for _, j := range jobs {
		if j.payer() != jobs[0].payer() {
			return false
		}
	}
	return true
}

// carryEach carries jobs of the siding, each payer's alone.
func (l *lane) carryEach(ctx context.Context, jobs []*Job) {
	of, order := map[payer][]*Job{}, []payer(nil)
	for _, j := range jobs {
		p := j.payer()
		if of[p] == nil {
			order = append(order, p)
		}
		of[p] = append(of[p], j)
	}
	for _, p := range order {
		l.carry(ctx, of[p], true)
	}
}

// endorse repeats while the network stands in the way and time is left.
func (l *lane) endorse(ctx context.Context, jobs []*Job) (Transaction, error) {
	orders := make([]string, len(jobs))
	for i, j := range jobs {
		orders[i] = j.Compact
	}
	var wait backoff
	for {
		tx, err := l.ledger.Endorse(ctx, orders)
		var failed *gateway.Error
		if err == nil || !errors.As(err, &failed) || !failed.Temporary() {
			return tx, err
		}
		l.o.Metrics.retries.WithLabelValues(string(failed.Phase)).Inc()
		if !wait.pause(ctx) {
			return nil, err
		}
	}
}

// commit submits and waits, and does both again with the very same bytes while
// it is in doubt and time is left.
func (l *lane) commit(ctx context.Context, tx Transaction) error {
	l.o.Metrics.inFlight.Inc()
	defer l.o.Metrics.inFlight.Dec()
	var wait backoff
	for {
		err := tx.Submit(ctx)
		if err == nil {
			err = tx.Wait(ctx)
		}
		var failed *gateway.Error
		if err == nil || !errors.As(err, &failed) || !failed.InDoubt() || !failed.Temporary() {
			return err
		}
		l.o.Metrics.retries.WithLabelValues(string(failed.Phase)).Inc()
		if !wait.pause(ctx) {
			return err
		}
	}
}

// sort settles the orders that the endorsement refused or found carried out
// before, and returns the others in their order. An order refused behind another
// one of the same payer waits with that one: only if it commits is the refusal
// true. submit is false where no order succeeded.
func (l *lane) sort(tx Transaction, jobs []*Job) (sent []*Job, submit bool, err error) {
	items, err := tx.Items()
	if err != nil {
		return nil, false, err
	}
	if len(items) != len(jobs) {
		return nil, false, fmt.Errorf("PayBatch answered %d items for %d orders", len(items), len(jobs))
	}
	before := map[payer]bool{}
	for i, j := range jobs {
		item, p := items[i], j.payer()
		j.next = Outcome{Tx: tx.ID(), Unclaimed: item.Unclaimed}
		switch {
		case item.Code != "":
			j.next = Outcome{Err: refusal(item)}
			if !before[p] {
				l.settle([]*Job{j})
				continue
			}
		case item.First == tx.ID(): // the same order twice in this batch
			j.next.Replayed = true
		case item.First != "":
			j.next = Outcome{Tx: item.First, Replayed: true, Unclaimed: item.Unclaimed}
			l.settle([]*Job{j})
			continue
		default:
			submit = true
			before[p] = true
		}
		sent = append(sent, j)
	}
	return sent, submit, nil
}

func refusal(item currency.Item) error {
	if c := currency.Codes.Lookup(item.Code); c != nil {
		return c.Errorf("%s", item.Detail)
	}
	return code.Broken.Errorf("the contract answered with code %.64q, which this gateway does not know: %s", item.Code, item.Detail)
}

func (l *lane) settle(jobs []*Job) {
	for _, j := range jobs {
		l.o.Metrics.settled(j.next)
		j.Settle(j.next)
	}
}

// fail settles jobs that an error kept from an outcome.
func (l *lane) fail(jobs []*Job, err error) {
	for _, j := range jobs {
		j.next = Outcome{Err: failure(err)}
	}
	l.o.Log.Warn("orders failed", "orders", len(jobs), "error", err)
	l.settle(jobs)
}

func failure(err error) error {
	var failed *gateway.Error
	if !errors.As(err, &failed) {
		return &Failure{Cause: err}
	}
	if failed.Code != nil {
		return failed.Code.Errorf("%s", failed.Detail)
	}
	return &Failure{Tx: failed.TxID, InDoubt: failed.InDoubt(), Cause: err}
}

// expire settles the jobs whose deadline has passed; none of them is under way.
func (l *lane) expire(ctx context.Context, jobs []*Job) []*Job {
	now := time.Now()
	var kept, late []*Job
	for _, j := range jobs {
		if ctx.Err() == nil && now.Before(j.Deadline) {
			kept = append(kept, j)
		} else {
			late = append(late, j)
		}
	}
	if len(late) > 0 {
		l.fail(late, errLate)
	}
	return kept
}

var errLate = errors.New("no time was left to send it")

func latest(jobs []*Job) time.Time {
	var last time.Time
	for _, j := range jobs {
		if j.Deadline.After(last) {
			last = j.Deadline
		}
	}
	return last
}

// backoff waits longer each time, from 50 ms to 2 s, each half by chance.
type backoff struct{ next time.Duration }

// pause reports whether the context still lives.
func (b *backoff) pause(ctx context.Context) bool {
	b.next = min(max(50*time.Millisecond, 2*b.next), 2*time.Second)
	t := time.NewTimer(b.next/2 + rand.N(b.next/2)) //nolint:gosec // spreads load, guards nothing
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
