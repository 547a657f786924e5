// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"context"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// maxBatchBytes bounds the orders of a transaction, well below what an orderer
// takes as one message (10 MB by default).
const maxBatchBytes = 1 << 20

// lane has two tracks: main, where batches of many payers go, and the siding for
// payers whose state moved under a batch. A payer's orders are on one of them only.
type lane struct {
	ledger Ledger
	o      Options

	mu      sync.Mutex
	wake    *sync.Cond
	main    []*Job
	side    []*Job
	aside   map[payer]int       // orders of a payer that are in the siding, waiting or under way
	watched map[payer]time.Time // payers whose state moved under a batch lately, and until when they stay in the siding
	taken   int                 // orders of main that are under way
	took    time.Duration       // that a batch has taken lately, on average
	stopped bool
}

func newLane(ledger Ledger, o Options) *lane {
	l := &lane{ledger: ledger, o: o, aside: map[payer]int{}, watched: map[payer]time.Time{}}
	l.wake = sync.NewCond(&l.mu)
	return l
}

func (l *lane) push(j *Job) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stopped:
		return ErrStopped
	case len(l.main)+len(l.side) >= l.room():
		return ErrOverloaded
	}
	l.o.Metrics.queued.Inc()
	if l.apart(j.payer()) {
		l.toSiding(j)
	} else {
		l.main = append(l.main, j)
	}
	l.wake.Broadcast()
	return nil
}

// room is how many orders may wait: as many batches as the lane gets through in
// MaxWait at its pace of late, one at least. The lock is held.
func (l *lane) room() int {
	if l.o.MaxWait <= 0 || l.took <= 0 {
		return l.o.Queue
	}
	return min(l.o.Queue, l.o.MaxBatch*max(1, int(l.o.MaxWait/l.took)))
}

func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.wake.Broadcast()
}

// toSiding appends to the siding. The lock is held.
func (l *lane) toSiding(jobs ...*Job) {
	for _, j := range jobs {
		l.aside[j.payer()]++
		l.side = append(l.side, j)
	}
	l.wake.Broadcast()
}

func (l *lane) runMain(ctx context.Context) {
	for {
		batch := l.takeMain()
		if batch == nil {
			return
		}
		began := time.Now()
		l.carry(ctx, batch, false)
		l.mu.Lock()
		l.taken = 0
		if took := time.Since(began); l.took == 0 {
			l.took = took
		} else {
			l.took += (took - l.took) / 4
		}
		l.wake.Broadcast()
		l.mu.Unlock()
	}
}

func (l *lane) runSiding(ctx context.Context) {
	for {
		batch := l.takeSide()
		if batch == nil {
			return
		}
		l.carry(ctx, batch, true)
		l.mu.Lock()
		if p := batch[0].payer(); l.aside[p] > len(batch) {
			l.aside[p] -= len(batch)
		} else {
			delete(l.aside, p)
		}
		l.mu.Unlock()
	}
}

// takeMain waits for orders and takes what is there, up to a batch. It returns
// nil when the lane has stopped and is empty.
func (l *lane) takeMain() []*Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		var batch []*Job
		load := batchLoad{max: l.o.MaxBatch}
		n := 0
		for ; n < len(l.main); n++ {
			j := l.main[n]
			if l.apart(j.payer()) {
				l.toSiding(j)
				continue
			}
			if !load.add(j) {
				break
			}
			batch = append(batch, j)
		}
		l.main = drop(l.main, n)
		if len(batch) > 0 {
			l.taken = len(batch)
			l.o.Metrics.queued.Sub(float64(len(batch)))
			return batch
		}
		if l.stopped && len(l.main) == 0 {
			return nil
		}
		l.wake.Wait()
	}
}

// takeSide waits for a payer in the siding and takes all its orders. It returns
// nil when nothing can come any more.
func (l *lane) takeSide() []*Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.side) == 0 {
		if l.stopped && len(l.main) == 0 && l.taken == 0 {
			return nil
		}
		l.wake.Wait()
	}
	p := l.side[0].payer()
	var batch, rest []*Job
	load := batchLoad{max: l.o.MaxBatch}
	full := false
	for _, j := range l.side {
		full = full || j.payer() == p && !load.add(j)
		if j.payer() == p && !full {
			batch = append(batch, j)
		} else {
			rest = append(rest, j)
		}
	}
	l.side = rest
	l.o.Metrics.queued.Sub(float64(len(batch)))
	return batch
}

// batchLoad measures what one transaction takes.
type batchLoad struct {
	max, orders, claims, bytes int
	alone                      bool
}

// add reports whether the order still fits; the first always does.
func (b *batchLoad) add(j *Job) bool {
	claims, bytes := b.claims+claims(j.Order.Payload), b.bytes+len(j.Compact)
	alone := currency.ConditionOf(j.Order.Payload) != nil // it would be refused beside others
	if b.orders > 0 && (alone || b.alone || b.orders == b.max || claims > currency.MaxClaims || bytes > maxBatchBytes) {
		return false
	}
	b.orders, b.claims, b.bytes, b.alone = b.orders+1, claims, bytes, alone
	return true
}

func claims(p currency.Payload) int {
	switch o := p.(type) {
	case currency.Payment:
		return len(o.Claims)
	case currency.Gift:
		return len(o.Claims)
	case currency.Claim:
		return len(o.Claims)
	case currency.Redeem:
		return len(o.Claims)
	case currency.Refund:
		return len(o.Claims)
	case currency.Authorise:
		return len(o.Claims)
	case currency.Capture:
		return len(o.Claims)
	case currency.Exchange:
		return len(o.Claims)
	case currency.CashOut:
		return len(o.Claims)
	default:
		return 0
	}
}

// drop takes n jobs off the front and frees the array when it is empty.
func drop(jobs []*Job, n int) []*Job {
	clear(jobs[:n])
	if n == len(jobs) {
		return nil
	}
	return jobs[n:]
}
