// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/lanes"
	"github.com/komsco/trust-platform/test-network/demo"
)

// payer is a resident with orders that are signed and wait to be sent.
type payer struct {
	*demo.Resident
	orders []string
}

// pay sends one order and waits for its commit.
type pay func(ctx context.Context, order string) error

// byLanes pays through the SDK's lanes.
func (s *stage) byLanes(_ context.Context, order string) error {
	sent, err := s.lanes.Send(order)
	if err != nil {
		return err
	}
	return (<-sent).Err
}

// byHTTP pays through the gateway's API.
func (s *stage) byHTTP(ctx context.Context, order string) error {
	return s.caller.pay(ctx, order)
}

// byTransaction pays by a transaction of its own.
func (s *stage) byTransaction(ctx context.Context, order string) error {
	_, err := s.money.Pay(ctx, order)
	return err
}

// sign gives all payers together at least n orders to pay shops, as shop chooses.
func (s *stage) sign(payers []*payer, n int, shop func() string) error {
	each := (n + len(payers) - 1) / len(payers)
	return parallel(len(payers), func(i int) error {
		p := payers[i]
		for range each {
			order, err := p.Pay(shop(), price)
			if err != nil {
				return err
			}
			p.orders = append(p.orders, order)
		}
		return nil
	})
}

// discard takes back orders that were never sent.
func discard(payers []*payer) {
	for _, p := range payers {
		p.Seq -= int64(len(p.orders))
		p.orders = nil
	}
}

// settled reports whether the answer to an order is the last one. Otherwise it
// has to be sent again: it may or may not have been carried out.
func settled(err error) bool {
	return err == nil || code.Of(err) != nil || demo.Final(err)
}

// refused reports whether an order was not taken at all for the time being, and
// when to come again.
func refused(err error) bool {
	var problem *demo.Problem
	if errors.As(err, &problem) {
		return problem.Status == http.StatusTooManyRequests || problem.Status == http.StatusServiceUnavailable
	}
	return errors.Is(err, lanes.ErrOverloaded)
}

// closed keeps a number of callers paying, each its next payment as soon as the
// one before is answered, every payer one at a time. It ends with stop, or when
// all orders are used up.
func closed(ctx, stop context.Context, t *tally, callers int, payers []*payer, by pay) error {
	return closedSigning(ctx, stop, t, callers, payers, by, nil)
}

// closedSigning is closed for payers who, if sign is not nil, sign each order
// only when they send it.
func closedSigning(ctx, stop context.Context, t *tally, callers int, payers []*payer, by pay, sign func(*payer) error) error {
	idle := make(chan *payer, len(payers))
	for _, p := range payers {
		idle <- p
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		lost error
	)
	for range min(callers, len(payers)) {
		wg.Go(func() {
			for stop.Err() == nil {
				select {
				case p := <-idle:
					if len(p.orders) == 0 && sign == nil {
						continue // used up
					}
					began := time.Now()
					var err error
					if len(p.orders) == 0 {
						err = sign(p)
					}
					if err == nil {
						err = p.payNext(ctx, t, began, by)
					}
					if err != nil {
						mu.Lock()
						lost = err
						mu.Unlock()
						return
					}
					idle <- p
				case <-stop.Done():
				default:
					return // nobody is left who has orders
				}
			}
		})
	}
	wg.Wait()
	return lost
}

// resends is how often an order in doubt is sent before the bench gives up.
const resends = 5

// payNext sends the payer's next order until its fate is known. One that was not
// taken stays the next.
func (p *payer) payNext(ctx context.Context, t *tally, intended time.Time, by pay) error {
	var err error
	for range resends {
		err = by(ctx, p.orders[0])
		t.add(intended, err)
		switch {
		case refused(err):
			return nil
		case err == nil:
			p.orders = p.orders[1:]
			return nil
		case settled(err):
			return fmt.Errorf("a payment that nothing speaks against was refused: %w", err)
		}
	}
	return fmt.Errorf("the fate of a payment is unknown after %d attempts: %w", resends, err)
}

// open sends payments at a fixed rate, whatever becomes of those before. The
// time of a payment counts from when it was to be sent. Payments for which no
// payer is free, because too many are under way, are answered "no payer free".
func openLoop(ctx, stop context.Context, t *tally, perSecond float64, payers []*payer, by pay) error {
	idle := make(chan *payer, len(payers))
	for _, p := range payers {
		idle <- p
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		lost error
	)
	defer wg.Wait()
	began := time.Now()
	for n := 0; stop.Err() == nil; n++ {
		intended := began.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
		if !sleepUntil(stop, intended) {
			break
		}
		var p *payer
		select {
		case p = <-idle:
		default:
			t.add(intended, errNoPayer)
			continue
		}
		if len(p.orders) == 0 {
			continue
		}
		wg.Go(func() {
			if err := p.payNext(ctx, t, intended, by); err != nil {
				mu.Lock()
				lost = err
				mu.Unlock()
				return
			}
			idle <- p
		})
	}
	wg.Wait()
	return lost
}

// errNoPayer says that all payers wait for an answer.
var errNoPayer = errors.New("no payer is free")

func sleepUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// zipf draws from n with the exponent 1.1, the first most often.
func zipf(n int) func() int {
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(n-1)) //nolint:gosec // a workload, the same each time
	var mu sync.Mutex
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return int(z.Uint64()) //nolint:gosec // below n
	}
}
