// SPDX-License-Identifier: Apache-2.0

// Package lanes carries many holders' orders to the currency contract in
// batches, as the gateway does for its HTTP callers, for programs that use the
// SDK.
//
//	l := lanes.New(money, place, lanes.Options{})
//	sent, err := l.Send(order)
//	outcome := <-sent
//
// Orders of one account are carried out in the order in which they were sent. All
// lanes that serve an account must be in one process: two would conflict, which
// costs time though never money.
package lanes

import (
	"context"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
)

type (
	// Options size the lanes.
	Options = lanes.Options
	// Outcome is what became of an order. Its Err is nil, a coded refusal or a
	// *Failure.
	Outcome = lanes.Outcome
	// Failure says that an order's fate is not known, or that it was never sent;
	// sending it again is safe.
	Failure = lanes.Failure
)

// Reasons why an order is not taken.
var (
	ErrOverloaded = lanes.ErrOverloaded
	ErrStopped    = lanes.ErrStopped
)

// Default are the sizes of lanes where Options leave them out.
var Default = lanes.Default

// Timeout is how long an order may take before it is given up as a *Failure.
const Timeout = 30 * time.Second

// Lanes lead to one contract on one channel. They are safe for concurrent use.
type Lanes struct {
	place currency.Place
	lanes *lanes.Lanes
}

// New starts lanes to a contract. place is where orders have to be bound to.
func New(c *gateway.Currency, place currency.Place, o Options) *Lanes {
	return &Lanes{place: place, lanes: lanes.New(lanes.Fabric{Currency: c}, o)}
}

// Send hands an order, a compact JWS, to its account's lane. The channel gets its
// outcome, one value, once that is known. The error is a coded refusal of what is
// malformed or bound elsewhere, ErrOverloaded or ErrStopped.
func (l *Lanes) Send(order string) (<-chan Outcome, error) {
	parsed, err := currency.ParseOrder(order, l.place, currency.Orders...)
	if err != nil {
		return nil, err
	}
	outcome := make(chan Outcome, 1)
	err = l.lanes.Enqueue(&lanes.Job{
		Order: parsed, Compact: order, Deadline: time.Now().Add(Timeout),
		Settle: func(o Outcome) { outcome <- o },
	})
	return outcome, err
}

// Close takes no more orders and waits until those taken are settled. When ctx
// ends first, the rest is settled as failed.
func (l *Lanes) Close(ctx context.Context) error { return l.lanes.Close(ctx) }
