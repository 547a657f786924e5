// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Program is a programme's definition.
func (s *Service) Program(ctx context.Context, program string) (currency.Program, error) {
	return read[currency.Program](ctx, s.home(program), "Program", currency.ProgramQuery{Program: program})
}

// Policy is a version of a programme's rules; 0 is the one in force.
func (s *Service) Policy(ctx context.Context, program string, version int) (currency.Policy, error) {
	return read[currency.Policy](ctx, s.home(program), "Policy", currency.PolicyQuery{Program: program, Version: version})
}

// Merchant is a merchant of a programme, without what only officers see: the gateway's
// certificate has no role.
func (s *Service) Merchant(ctx context.Context, program, id string) (currency.Merchant, error) {
	return read[currency.Merchant](ctx, s.home(program), "Merchant", currency.RecordQuery{Program: program, ID: id})
}

// Purse is what an account holds, for who shows a read order of its holder. The
// read order counts on one route only, like every order.
func (s *Service) Purse(ctx context.Context, q currency.OwnQuery) (currency.PurseView, error) {
	return private[currency.PurseView](ctx, s, "Purse", q.Read, q)
}

// Receipts pages through an account's receipts.
func (s *Service) Receipts(ctx context.Context, q currency.OwnQuery) (call.Page[currency.Receipt], error) {
	return private[call.Page[currency.Receipt]](ctx, s, "Receipts", q.Read, q)
}

// Credits pages through the credits that an account has not claimed.
func (s *Service) Credits(ctx context.Context, q currency.OwnQuery) (call.Page[currency.Credit], error) {
	return private[call.Page[currency.Credit]](ctx, s, "Credits", q.Read, q)
}

// Receipt is one receipt, for its holder and for the merchant who was paid.
func (s *Service) Receipt(ctx context.Context, q currency.ReceiptQuery) (currency.ReceiptView, error) {
	return private[currency.ReceiptView](ctx, s, "Receipt", q.Read, q)
}

// Hold is what a payer set aside, for the payer and the merchant it is for.
func (s *Service) Hold(ctx context.Context, q currency.ReceiptQuery) (currency.Hold, error) {
	return private[currency.Hold](ctx, s, "Hold", q.Read, q)
}

// Cases pages through the cases about an account, for its holder.
func (s *Service) Cases(ctx context.Context, q currency.OwnQuery) (call.Page[currency.Case], error) {
	return private[call.Page[currency.Case]](ctx, s, "Cases", q.Read, q)
}

// WaitingRefunds pages through what a merchant owes, for the merchant.
func (s *Service) WaitingRefunds(ctx context.Context, q currency.OwnQuery) (call.Page[currency.Due], error) {
	return private[call.Page[currency.Due]](ctx, s, "WaitingRefunds", q.Read, q)
}

// Quote is what a payment would do, for its payer.
func (s *Service) Quote(ctx context.Context, q currency.QuoteQuery) (currency.Quote, error) {
	return private[currency.Quote](ctx, s, "Quote", q.Read, q)
}

// RequestParts lists the parts of a merchant's bill that were taken, for the merchant.
func (s *Service) RequestParts(ctx context.Context, q currency.RequestQuery) (currency.RequestParts, error) {
	return private[currency.RequestParts](ctx, s, "RequestParts", q.Read, q)
}

// Redemption is a merchant's claim on the bank, paid or not, for the merchant.
func (s *Service) Redemption(ctx context.Context, q currency.ReceiptQuery) (currency.Redemption, error) {
	return private[currency.Redemption](ctx, s, "Redemption", q.Read, q)
}

// Purchase is what an account ordered to buy, paid or not, for its holder.
func (s *Service) Purchase(ctx context.Context, q currency.ReceiptQuery) (currency.Purchase, error) {
	return private[currency.Purchase](ctx, s, "Purchase", q.Read, q)
}

// private insists on a read order: without one the contract would look at the
// gateway's own certificate, which has no role and must never lend one.
func private[T any](ctx context.Context, s *Service, function, order string, query interface{ Validate() error }) (T, error) {
	var none T
	if order == "" {
		return none, ErrNoReadOrder
	}
	_, r, err := s.parse(order, []string{currency.TypRead})
	if err != nil {
		return none, err
	}
	return read[T](ctx, r, function, query)
}

// ErrNoReadOrder says that a history was asked for without showing a read order.
var ErrNoReadOrder = fmt.Errorf("no read order: send the header Authorization: Order <read order>, signed by the holder and good for at most %s", currency.MaxRead)

func read[T any](ctx context.Context, r *route, function string, query interface{ Validate() error }) (T, error) {
	var result T
	if err := query.Validate(); err != nil {
		return result, err
	}
	arg, err := json.Marshal(query)
	if err != nil {
		return result, fmt.Errorf("encode the argument of %s: %w", function, err)
	}
	payload, err := r.Ledger.Evaluate(ctx, function, string(arg))
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(payload, &result); err != nil {
		return result, fmt.Errorf("decode the answer of %s: %w", function, err)
	}
	return result, nil
}

// readiness remembers for a moment whether a route can endorse, so that asking
// often costs the peers little.
type readiness struct {
	mu      sync.Mutex
	checked time.Time
	err     error
}

const (
	readyFor     = time.Second
	readyTimeout = 3 * time.Second
)

// Ready reports why payments could not be endorsed now: it has each route's
// contract endorse a batch of one order that is none, by the channel's own policy,
// and submits nothing.
func (s *Service) Ready(ctx context.Context) error {
	for _, r := range s.routes {
		if err := r.checkReady(ctx); err != nil {
			return fmt.Errorf("channel %s, chaincode %s: %w", r.Place.Channel, r.Place.Chaincode, err)
		}
	}
	return nil
}

func (r *route) checkReady(ctx context.Context) error {
	r.ready.mu.Lock()
	defer r.ready.mu.Unlock()
	if time.Since(r.ready.checked) < readyFor {
		return r.ready.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	_, r.ready.err = r.Ledger.Endorse(ctx, []string{"ready?"})
	r.ready.checked = time.Now()
	return r.ready.err
}
