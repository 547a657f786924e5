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
// payers whose state moved under a batch. A payer's orders are on one of them only,
// and in one transaction only.
type lane struct {
	ledger Ledger
	o      Options

	mu       sync.Mutex
	wake     *sync.Cond
	main     []*Job
	side     []*Job
	aside    map[payer]int    // orders of a payer that are in the siding, waiting or under way
	watched  map[payer]*watch // payers whose state moved under a batch lately
	flying   map[payer]int    // payers with orders in a transaction of main, and its number
	underWay int              // transactions of main
	number   int              // of the latest of them
	began    time.Time        // when the latest of them was taken
	took     time.Duration    // that a transaction of main has taken lately, on average
	turn     *time.Timer      // wakes who waits for the next transaction's turn
	stopped  bool
}

func newLane(ledger Ledger, o Options) *lane {
	l := &lane{ledger: ledger, o: o, aside: map[payer]int{}, watched: map[payer]*watch{}, flying: map[payer]int{}}
	l.wake = sync.NewCond(&l.mu)
	l.turn = time.AfterFunc(time.Hour, l.nudge)
	l.turn.Stop()
	return l
}

// nudge wakes all who wait; with the lock, so that it misses nobody on the way there.
func (l *lane) nudge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake.Broadcast()
}

func (l *lane) push(j *Job) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	apart := l.apart(j.payer())
	waiting := len(l.main)
	if apart { // its crowd is another one
		waiting = len(l.side)
	}
	switch {
	case l.stopped:
		return ErrStopped
	case waiting >= l.room():
		return ErrOverloaded
	}
	l.o.Metrics.queued.Inc()
	if apart {
		l.toSiding(j)
	} else {
		l.main = append(l.main, j)
	}
	l.wake.Broadcast()
	return nil
}

// room is how many orders may wait in main, and as many in the siding: as many
// batches as the lane gets through in MaxWait at its pace of late, one at least. The
// lock is held.
func (l *lane) room() int {
	if l.o.MaxWait <= 0 || l.took <= 0 {
		return l.o.Queue
	}
	return min(l.o.Queue, l.o.MaxBatch*max(1, int(time.Duration(l.o.InFlight)*l.o.MaxWait/l.took)))
}

// fill is how many orders wait in main, and how many may.
func (l *lane) fill() (waiting, room int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.main), l.room()
}

func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.wake.Broadcast()
}

// toSiding appends to the siding. The lock is held.
func (l *lane) toSiding(j *Job) {
	l.aside[j.payer()]++
	l.side = append(l.side, j)
}

func (l *lane) runMain(ctx context.Context) {
	for {
		batch, number := l.takeMain()
		if batch == nil {
			return
		}
		began := time.Now()
		l.carry(ctx, batch, false)
		l.mu.Lock()
		l.underWay--
		for _, j := range batch {
			if p := j.payer(); l.flying[p] == number {
				delete(l.flying, p)
			}
		}
		if took := time.Since(began); l.took == 0 {
			l.took = took
		} else {
			l.took += (took - l.took) / 4
		}
		l.wake.Broadcast()
		l.mu.Unlock()
	}
}

// maxPause bounds how long a siding rests.
const maxPause = 10 * time.Second

// runSiding carries the siding's orders, those of all its payers together. Then it
// rests for as long as carrying each payer alone would have taken: conflicts stay
// as rare, and cost one transaction.
func (l *lane) runSiding(ctx context.Context) {
	for {
		batch := l.takeSide()
		if batch == nil {
			return
		}
		began, orders := time.Now(), map[payer]int{}
		for _, j := range batch {
			orders[j.payer()]++
		}
		l.carry(ctx, batch, true)
		l.mu.Lock()
		for p, n := range orders {
			if l.aside[p] -= n; l.aside[p] == 0 {
				delete(l.aside, p)
			}
		}
		rest := min(time.Duration(len(orders)-1)*time.Since(began), maxPause)
		stopped := l.stopped
		l.mu.Unlock()
		if rest > 0 && !stopped {
			l.rest(ctx, rest)
		}
	}
}

// takeMain waits for orders and takes what is there, up to a batch. It returns
// nil when the lane has stopped and is empty.
func (l *lane) takeMain() (batch []*Job, number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if batch := l.next(); len(batch) > 0 {
			l.underWay++
			l.number++
			for _, j := range batch {
				l.flying[j.payer()] = l.number
			}
			l.began = time.Now()
			l.o.Metrics.queued.Sub(float64(len(batch)))
			return batch, l.number
		}
		if l.stopped && len(l.main) == 0 {
			return nil, 0
		}
		if left := l.untilTurn(); left > 0 && len(l.main) > 0 {
			l.turn.Reset(left)
		}
		l.wake.Wait()
	}
}

// next takes the next batch of main, if it is time for one: at once where none is
// under way or orders wait for a full one, else half a transaction's time after the
// last, so that orders which come meanwhile find one that leaves soon. The lock is
// held.
func (l *lane) next() []*Job {
	if len(l.main) < l.o.MaxBatch && (l.underWay > 0 && l.took == 0 || l.untilTurn() > 0) {
		return nil
	}
	batch, rest := l.fit(l.main, func(j *Job) bool {
		aside := l.apart(j.payer())
		if aside {
			l.toSiding(j)
			l.wake.Broadcast()
		}
		return aside
	})
	l.main = rest
	return batch
}

// untilTurn is how long it is until the last transaction of main under way is on
// half of its way. The lock is held.
func (l *lane) untilTurn() time.Duration {
	if l.underWay == 0 {
		return 0
	}
	return l.took/2 - time.Since(l.began)
}

// takeSide waits for payers in the siding and takes their orders, as many as fit a
// transaction. It returns nil when nothing can come any more.
func (l *lane) takeSide() []*Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		batch, rest := l.fit(l.side, nil)
		if l.side = rest; len(batch) > 0 {
			l.o.Metrics.queued.Sub(float64(len(batch)))
			return batch
		}
		if l.stopped && len(l.main)+len(l.side) == 0 && l.underWay == 0 {
			return nil
		}
		l.wake.Wait()
	}
}

// fit parts jobs into those that go into the next transaction and the rest, both in
// their order. Nothing goes of a payer who is in a transaction of main already, nor
// where skip says so, which is asked first. It uses the array of jobs for the rest.
// The lock is held.
func (l *lane) fit(jobs []*Job, skip func(*Job) bool) (batch, rest []*Job) {
	load, full := batchLoad{max: l.o.MaxBatch}, false
	rest = jobs[:0]
	for _, j := range jobs {
		switch {
		case skip != nil && skip(j):
		case full || l.flying[j.payer()] > 0: // a payer's orders go one transaction after the other
			rest = append(rest, j)
		case load.add(j):
			batch = append(batch, j)
		default:
			full = true
			rest = append(rest, j)
		}
	}
	clear(jobs[len(rest):])
	if len(rest) == 0 {
		rest = nil // a burst's array is not kept
	}
	return batch, rest
}

// rest lets time pass, until the lane stops.
func (l *lane) rest(ctx context.Context, d time.Duration) {
	over := time.Now().Add(d)
	wakes := time.AfterFunc(d, l.nudge)
	defer wakes.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.stopped && ctx.Err() == nil && time.Now().Before(over) {
		l.wake.Wait()
	}
}

// batchLoad measures what one transaction takes.
type batchLoad struct {
	max, orders, claims, bytes int
	alone                      bool
}

// add reports whether the order still fits; the first always does.
func (b *batchLoad) add(j *Job) bool {
	claims, bytes := b.claims+len(j.Order.Claims()), b.bytes+len(j.Compact)
	alone := currency.ConditionOf(j.Order.Payload) != nil // it would be refused beside others
	if b.orders > 0 && (alone || b.alone || b.orders == b.max || claims > currency.MaxClaims || bytes > maxBatchBytes) {
		return false
	}
	b.orders, b.claims, b.bytes, b.alone = b.orders+1, claims, bytes, alone
	return true
}
