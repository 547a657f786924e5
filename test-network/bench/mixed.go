// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// giftShare of the payers give to another instead of paying, each time.
const giftShare = 0.1

// payMixed: payments and gifts, while residents claim what they were issued and
// shops refund, redeem and are paid out. It counts orders of all kinds.
func payMixed(ctx context.Context, s *stage) (*Measure, error) {
	defer discard(s.payers)
	// One in ten payers gives, each a few times; the rest pays.
	givers, payers := int(giftShare*float64(len(s.payers))), s.payers[:len(s.payers)-claimers]
	desks, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.sign(payers[givers:], s.expected(Mixed), s.anyShop); err != nil {
		return nil, err
	}
	err = parallel(givers, func(i int) error {
		p := s.payers[i]
		for range len(s.payers[givers].orders) {
			to := s.payers[givers+rand.IntN(len(s.payers)-givers)].Account() //nolint:gosec // a workload
			order, err := p.Give(to, price)
			if err != nil {
				return err
			}
			p.orders = append(p.orders, order)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m, err := s.measure(ctx, "currency", countReceipts, func(ctx, stop context.Context, t *tally) error {
		var wg sync.WaitGroup
		errs := make([]error, len(desks)+1)
		for i, desk := range desks {
			wg.Go(func() { errs[i] = desk(ctx, stop) })
		}
		errs[len(desks)] = closed(ctx, stop, t, s.callers(), payers, s.byLanes)
		wg.Wait()
		return errors.Join(errs...)
	})
	if err == nil {
		s.signed[Mixed] = m.PerSecond
		m.Note = "orders of all kinds"
	}
	return m, err
}

// claimers are the residents at the end of the list who claim instead of paying
// while payMixed runs.
const claimers = 100

// desks are what runs beside the payments: one at which residents claim, one at
// which shops refund, one at which they redeem and the bank pays out.
func (s *stage) desks(ctx context.Context) ([]func(ctx, stop context.Context) error, error) {
	cashier, err := s.Officer(ctx, "BankMSP", "cashier")
	if err != nil {
		return nil, err
	}
	// Credits as they stand before: blocks are read after the window only.
	claims := func(ctx, stop context.Context) error {
		for _, p := range s.payers[len(s.payers)-claimers:] {
			names := s.credits.of(p.Account())
			if stop.Err() != nil {
				return nil
			}
			if len(names) == 0 {
				continue
			}
			p.Claims = names[:1]
			order, err := p.Collect()
			if err != nil {
				return err
			}
			if err := s.byLanes(ctx, order); err != nil {
				return fmt.Errorf("claim: %w", err)
			}
		}
		return nil
	}
	half := len(s.town.Shops) / 2
	paid, err := s.payEach(ctx, s.town.Shops[:half])
	if err != nil {
		return nil, err
	}
	takings := map[*demo.Shop][]currency.CreditName{}
	for _, shop := range s.town.Shops {
		takings[shop] = s.credits.of(shop.Account())
	}
	refunds := func(ctx, stop context.Context) error {
		for i, shop := range s.town.Shops[:half] {
			if stop.Err() != nil {
				return nil
			}
			if len(takings[shop]) == 0 {
				continue
			}
			shop.Claims = takings[shop][:min(len(takings[shop]), 20)]
			order, err := shop.GiveBack(paid[i], 1)
			if err != nil {
				return err
			}
			if err := s.byLanes(ctx, order); err != nil {
				return fmt.Errorf("refund: %w", err)
			}
		}
		return nil
	}
	payouts := func(ctx, stop context.Context) error {
		for _, shop := range s.town.Shops[half:] {
			if stop.Err() != nil {
				return nil
			}
			if len(takings[shop]) == 0 {
				continue
			}
			shop.Claims = takings[shop][:min(len(takings[shop]), 20)]
			if err := s.redeem(ctx, cashier, shop, price); err != nil {
				return err
			}
		}
		return nil
	}
	return []func(ctx, stop context.Context) error{claims, refunds, payouts}, nil
}

// payEach has a resident pay each of the shops, and returns the receipts' names. They
// are none who have paid again and again: those have no subsidy left and pay of their
// principal, which a shop may not have taken in from others to give back.
func (s *stage) payEach(ctx context.Context, shops []*demo.Shop) ([]currency.ReceiptName, error) {
	orders, receipts := make([]string, len(shops)), make([]currency.ReceiptName, len(shops))
	for i, shop := range shops {
		p := s.payers[(s.turns+i)%len(s.payers)]
		order, err := p.Pay(shop.ID, price)
		if err != nil {
			return nil, err
		}
		orders[i], receipts[i] = order, currency.ReceiptName{Holder: p.Account(), Seq: p.Seq}
	}
	return receipts, s.sendAll(ctx, orders)
}

// redeem has a shop ask for won and the bank pay it out.
func (s *stage) redeem(ctx context.Context, cashier *gateway.Currency, shop *demo.Shop, won int64) error {
	order, err := shop.CashIn(won)
	if err != nil {
		return err
	}
	if err := s.byLanes(ctx, order); err != nil {
		return fmt.Errorf("redeem: %w", err)
	}
	ref := fmt.Sprintf("%s.%d", shop.ID, shop.Seq)
	payout := currency.ConfirmPayout{Program: s.town.Program, Ref: ref, Account: shop.Account(), Seq: shop.Seq, Amount: won}
	payout.Op = "payout." + ref
	for {
		_, err := cashier.ConfirmPayout(ctx, payout)
		if err == nil {
			return nil
		}
		// The bank's peer may be a block behind the courier's.
		if !errors.Is(err, currency.RedemptionUnknown) || !sleepUntil(ctx, time.Now().Add(100*time.Millisecond)) {
			return fmt.Errorf("payout: %w", err)
		}
	}
}

// hostileShare of the payers attack.
const hostileShare = 0.01

// payHostile is payHot with one payer in a hundred who, in turn, spends the same
// money on a second path while the order is on its way, sends a victim's order
// under a forged signature, and sends one that is out of date. It counts the
// receipts of all.
func payHostile(ctx context.Context, s *stage) (*Measure, error) {
	n := max(1, int(hostileShare*float64(len(s.payers))))
	attackers, honest := s.payers[:n], s.payers[n:]
	defer discard(honest)
	if err := s.sign(honest, s.expected(Hostile), s.hot); err != nil {
		return nil, err
	}
	m, err := s.measure(ctx, "currency", countReceipts, func(ctx, stop context.Context, t *tally) error {
		var wg sync.WaitGroup
		for i, a := range attackers {
			forged := forge(honest[i].orders[0], honest[i].orders[1])
			wg.Go(func() { s.attack(ctx, stop, t, a, forged) })
		}
		err := closed(ctx, stop, t, s.callers()-n, honest, s.byLanes)
		wg.Wait()
		return err
	})
	if err != nil {
		return nil, err
	}
	s.signed[Hostile] = m.PerSecond
	m.Note = fmt.Sprintf("%d of %d attack", n, len(s.payers))
	return m, s.recover(ctx, attackers)
}

// forge puts the signature of another order under an order.
func forge(order, other string) string {
	return order[:strings.LastIndexByte(order, '.')] + other[strings.LastIndexByte(other, '.'):]
}

// attack goes on until stop.
func (s *stage) attack(ctx, stop context.Context, t *tally, a *payer, forged string) {
	send := func(by pay, order string, err error) {
		began := time.Now()
		if err == nil {
			err = by(ctx, order)
		}
		if err != nil {
			t.add(began, err)
		}
	}
	for i := 0; stop.Err() == nil; i++ {
		switch i % 3 {
		case 0:
			seq := a.Seq
			first, err := a.Pay(s.hot(), price)
			if err != nil {
				return
			}
			a.Seq = seq
			second, err := a.Pay(s.town.Shops[1].ID, price)
			var wg sync.WaitGroup
			wg.Go(func() { send(s.byTransaction, second, err) })
			send(s.byLanes, first, nil)
			wg.Wait()
		case 1:
			send(s.byLanes, forged, nil)
		case 2:
			old := *a.Resident
			old.Seq = 0 // an order of another content under a number that was used long ago
			stale, err := old.Pay(s.hot(), price)
			send(s.byLanes, stale, err)
		}
	}
}

// recover asks how far the attackers' purses have come: of two orders under one
// number one was carried out, or none.
func (s *stage) recover(ctx context.Context, attackers []*payer) error {
	for _, a := range attackers {
		read, err := a.Read()
		if err != nil {
			return err
		}
		purse, err := s.money.Purse(ctx, s.town.Program, a.Account(), read)
		if err != nil {
			return err
		}
		a.Seq = purse.Seq
	}
	return nil
}
