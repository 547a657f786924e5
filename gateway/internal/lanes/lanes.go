// SPDX-License-Identifier: Apache-2.0

// Package lanes carries orders to the ledger in batches, without conflicts among
// themselves. A payer (an account of a programme) always maps to the same lane,
// and its orders are in one transaction at a time; orders that arrive meanwhile
// fill the next. An order that finds its lane idle goes at once.
//
// A lane has one transaction in flight, or a few: then the next leaves when the last
// is on half of its way, with the orders of other payers, so that an order waits
// half as long for its turn.
//
// A batch that conflicts is endorsed again to see whose state has moved. Those
// payers go on in the lane's siding and stay there for a minute, longer each time;
// the rest goes at once. So a payer who spends on a second path holds up nobody
// else.
//
// Nothing here makes an order count once: its own sequence number does. That is
// why a lane may resend whenever it is in doubt.
package lanes

import (
	"cmp"
	"context"
	"errors"
	"hash/crc32"
	"log/slog"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// Ledger is where orders are carried out. Errors are of type *gateway.Error.
type Ledger interface {
	// Endorse asks for a PayBatch of orders, which are compact JWS.
	Endorse(ctx context.Context, orders []string) (Transaction, error)
}

// Transaction is an endorsed PayBatch. Submit may be repeated, and Wait after it.
type Transaction interface {
	ID() string
	Items() ([]currency.Item, error)
	Footprint() (gateway.Footprint, error)
	Submit(context.Context) error
	Wait(context.Context) error
}

// Options size the lanes. Sizes left out are [Default]'s.
type Options struct {
	Lanes    int // more of them send more and smaller transactions
	InFlight int // transactions of a lane on their way at a time
	MaxBatch int // orders in a transaction, 1 to 1000
	Queue    int // orders waiting in a lane, and as many in its siding, before it refuses more
	// MaxWait is how long an order may have to wait for its turn, by the lane's pace
	// of late, before it is refused instead; 0: only Queue bounds.
	MaxWait time.Duration
	Metrics *Metrics
	Log     *slog.Logger
}

// Default are the sizes that the published figures are of (test-network/bench).
var Default = Options{Lanes: 1, InFlight: 4, MaxBatch: 1000, Queue: 20_000}

// Reasons why an order is not taken.
var (
	ErrOverloaded = errors.New("too many orders are waiting")
	ErrStopped    = errors.New("the gateway is stopping")
)

// Job is an order on its way. Settle is called exactly once, from the lane's own
// goroutine, so it must not wait.
type Job struct {
	Order    *currency.Order
	Compact  string
	Deadline time.Time // after which it is not sent any more
	Settle   func(Outcome)

	next Outcome // if the transaction commits
}

// Outcome is what became of an order.
type Outcome struct {
	Tx        string               // the transaction that carried it out
	Replayed  bool                 // it had been carried out before
	Unclaimed []currency.Unclaimed // credits it named and did not get
	Err       error                // a coded refusal, a *Failure, or nil where it was carried out
}

// Failure says that an order's fate is not known, or that it was never sent. In
// either case sending it again is safe.
type Failure struct {
	Tx      string // the transaction in doubt, if there is one
	InDoubt bool   // it may have been carried out
	Cause   error
}

// Error says which it is.
func (f *Failure) Error() string {
	if f.InDoubt {
		return "transaction " + f.Tx + " may have been carried out: " + f.Cause.Error()
	}
	return "not carried out: " + f.Cause.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// payer is an account of a programme.
type payer struct{ program, account string }

func (j *Job) payer() payer { return payer{j.Order.Program, j.Order.Holder} }

// Lanes is a set of lanes to one contract on one channel.
type Lanes struct {
	lanes  []*lane
	wg     sync.WaitGroup
	cancel context.CancelFunc
}

// New starts the lanes. Stop them with Close.
func New(ledger Ledger, o Options) *Lanes {
	o.Lanes, o.InFlight = cmp.Or(max(0, o.Lanes), Default.Lanes), cmp.Or(max(0, o.InFlight), Default.InFlight)
	o.MaxBatch, o.Queue = cmp.Or(max(0, o.MaxBatch), Default.MaxBatch), cmp.Or(max(0, o.Queue), Default.Queue)
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Lanes{lanes: make([]*lane, o.Lanes), cancel: cancel}
	for i := range l.lanes {
		ln := newLane(ledger, o)
		l.lanes[i] = ln
		for range o.InFlight {
			l.wg.Go(func() { ln.runMain(ctx) })
		}
		l.wg.Go(func() { ln.runSiding(ctx) })
	}
	return l
}

// Enqueue hands an order to its payer's lane. It returns ErrOverloaded or
// ErrStopped, and then never settles the job.
func (l *Lanes) Enqueue(j *Job) error {
	h := crc32.ChecksumIEEE([]byte(j.Order.Program + "/" + j.Order.Holder))
	return l.lanes[h%uint32(len(l.lanes))].push(j) //nolint:gosec // a number of lanes fits
}

// Crowded reports whether so many orders wait that those which come now had better
// come again later.
func (l *Lanes) Crowded() bool {
	var waiting, room int
	for _, ln := range l.lanes {
		w, r := ln.fill()
		waiting, room = waiting+w, room+r
	}
	return 4*waiting >= 3*room
}

// Close takes no more orders and waits until those taken are settled. When ctx
// ends first, the rest is settled as failed.
func (l *Lanes) Close(ctx context.Context) error {
	for _, ln := range l.lanes {
		ln.stop()
	}
	done := make(chan struct{})
	go func() { l.wg.Wait(); close(done) }()
	defer l.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		l.cancel()
		<-done
		return ctx.Err()
	}
}
