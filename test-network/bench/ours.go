// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/komsco/trust-platform/gateway/lanes"
)

// hot is the shop where everybody pays.
func (s *stage) hot() string { return s.town.Shops[0].ID }

// anyShop spreads payments evenly.
func (s *stage) anyShop() string {
	return s.town.Shops[rand.IntN(len(s.town.Shops))].ID //nolint:gosec // a workload
}

// callers is how many wait for an answer at a time: for each full batch under way
// another one waiting.
func (s *stage) callers() int { return min(2*s.Lanes*s.InFlight*s.Batch, len(s.payers)) }

// expected is how many orders a workload may use up: half more than it did last
// time.
func (s *stage) expected(workload string) int {
	rate, known := s.signed[workload]
	if !known {
		rate = 4000 * max(1, float64(cores())/2)
	}
	return int(1.5*rate*(s.Warm+s.Window).Seconds()) + s.callers()
}

// paying measures payments signed before the window opens.
func (s *stage) paying(ctx context.Context, workload string, shop func() string, run func(ctx, stop context.Context, t *tally) error) (*Measure, error) {
	defer discard(s.payers)
	if err := s.sign(s.payers, s.expected(workload), shop); err != nil {
		return nil, err
	}
	m, err := s.measure(ctx, "currency", countReceipts, run)
	if err != nil {
		return nil, err
	}
	s.signed[workload] = m.PerSecond
	return m, nil
}

func (s *stage) payingClosed(ctx context.Context, workload string, shop func() string, callers int, by pay) (*Measure, error) {
	m, err := s.paying(ctx, workload, shop, func(ctx, stop context.Context, t *tally) error {
		return closed(ctx, stop, t, callers, s.payers, by)
	})
	if err == nil {
		m.Note = fmt.Sprintf("%d callers", callers)
	}
	return m, err
}

// paySpread: payments spread evenly over the shops.
func paySpread(ctx context.Context, s *stage) (*Measure, error) {
	return s.payingClosed(ctx, Even, s.anyShop, s.callers(), s.byLanes)
}

// payHot: everybody pays one shop.
func payHot(ctx context.Context, s *stage) (*Measure, error) {
	return s.payingClosed(ctx, Hot, s.hot, s.callers(), s.byLanes)
}

// payHotSigning is payHot with the payers' signing inside the window, on the
// same cores.
func payHotSigning(ctx context.Context, s *stage) (*Measure, error) {
	sign := func(p *payer) error {
		order, err := p.Pay(s.hot(), price)
		p.orders = append(p.orders, order)
		return err
	}
	defer discard(s.payers)
	m, err := s.measure(ctx, "currency", countReceipts, func(ctx, stop context.Context, t *tally) error {
		return closedSigning(ctx, stop, t, s.callers(), s.payers, s.byLanes, sign)
	})
	if err == nil {
		m.Note = fmt.Sprintf("%d callers, who sign in the window", s.callers())
	}
	return m, err
}

// payZipf: some shops are much more popular than others.
func payZipf(ctx context.Context, s *stage) (*Measure, error) {
	draw := zipf(len(s.town.Shops))
	return s.payingClosed(ctx, Zipf, func() string { return s.town.Shops[draw()].ID }, s.callers(), s.byLanes)
}

// payHTTP: everybody pays one shop, through the gateway's API.
func payHTTP(ctx context.Context, s *stage) (*Measure, error) {
	// Fewer callers than the gateway's lanes hold: none is turned away.
	return s.payingClosed(ctx, HotHTTP, s.hot, s.callers()*5/8, s.byHTTP)
}

// single: one payment a transaction, as many at a time as the floor had at its
// best.
func single(ctx context.Context, s *stage) (*Measure, error) {
	return s.payingClosed(ctx, Single, s.anyShop, s.floorWorkers, s.byTransaction)
}

// singleIdle: one payment after the other on an idle network.
func singleIdle(ctx context.Context, s *stage) (*Measure, error) {
	return s.payingClosed(ctx, SingleIdle, s.anyShop, 1, s.byTransaction)
}

// openHTTP: payments at half the rate of payHTTP, each sent at its moment.
func openHTTP(ctx context.Context, s *stage) (*Measure, error) {
	rate := s.signed[HotHTTP] / 2
	if rate == 0 {
		return nil, fmt.Errorf("%s has to be measured before", HotHTTP)
	}
	m, err := s.paying(ctx, OpenHTTP, s.hot, func(ctx, stop context.Context, t *tally) error {
		return openLoop(ctx, stop, t, rate, s.payers, s.byHTTP)
	})
	if err == nil {
		m.Note = fmt.Sprintf("%.0f/s intended", rate)
	}
	return m, err
}

// payOnePayer: one payer's orders, sent one after the other without waiting for
// the answers. Each round takes another payer, for a purse does not last for all.
func payOnePayer(ctx context.Context, s *stage) (*Measure, error) {
	one := s.payers[s.turns%len(s.payers):][:1]
	s.turns++
	defer discard(one)
	if err := s.sign(one, s.expected(OnePayer), s.hot); err != nil {
		return nil, err
	}
	outstanding := 2 * s.Batch // one batch under way, one waiting
	m, err := s.measure(ctx, "currency", countReceipts, func(ctx, stop context.Context, t *tally) error {
		return s.stream(ctx, stop, t, one[0], outstanding)
	})
	if err != nil {
		return nil, err
	}
	s.signed[OnePayer] = m.PerSecond
	m.Note = fmt.Sprintf("%d orders outstanding", outstanding)
	return m, nil
}

// stream sends a payer's orders in their order, as long as not too many are
// outstanding.
func (s *stage) stream(ctx, stop context.Context, t *tally, p *payer, outstanding int) error {
	type waiting struct {
		since time.Time
		sent  <-chan lanes.Outcome
	}
	var queue []waiting
	next := func() error {
		out := <-queue[0].sent
		t.add(queue[0].since, out.Err)
		queue = queue[1:]
		if out.Err != nil {
			return fmt.Errorf("a payment that nothing speaks against was not carried out: %w", out.Err)
		}
		p.orders = p.orders[1:]
		return nil
	}
	for i := 0; stop.Err() == nil && len(p.orders) > len(queue); i++ {
		if len(queue) == outstanding {
			if err := next(); err != nil {
				return err
			}
		}
		sent, err := s.send(ctx, p.orders[len(queue)])
		if err != nil {
			return err
		}
		queue = append(queue, waiting{time.Now(), sent})
	}
	for len(queue) > 0 {
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

// issue gives every resident a small sum and counts the rows.
func issue(ctx context.Context, s *stage) (*Measure, error) {
	const won = 1000
	run, err := s.fund(ctx, int64(len(s.payers))*won)
	if err != nil {
		return nil, err
	}
	before, began := s.meter.cpu(), time.Now()
	done, err := s.issueRun(ctx, run, s.payers, won)
	if err != nil {
		return nil, err
	}
	took := time.Since(began).Seconds()
	used := s.meter.cpu().since(before)
	m := &Measure{PerSecond: float64(done.Rows) / took, Items: done.Rows, Seconds: took, CPU: map[string]float64{}, Note: "rows, from the first proposal to the last commit"}
	for kind, seconds := range used.kinds() {
		m.CPU[kind] = 1000 * seconds / float64(done.Rows)
	}
	_, err = s.catchUp(ctx)
	return m, err
}
