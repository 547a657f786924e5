// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
)

// tracePatience is how long a trace may wait for its turn and read.
const tracePatience = time.Minute

// ErrTracing says that a trace waited for others all its time.
var ErrTracing = errors.New("traces are read one at a time, and others were before")

// TraceReceipt tells the holder of a receipt where the money it moved went, or where
// it came from (back). Other accounts are masked. READ_REFUSED for anybody else, the
// merchant who was paid included.
func (s *Service) TraceReceipt(ctx context.Context, q currency.ReceiptQuery, back bool) (trace.Graph, error) {
	if _, err := private[currency.PurseView](ctx, s, "Purse", q.Read, currency.OwnQuery{
		PageQuery: currency.PageQuery{Program: q.Program}, Account: q.Account, Read: q.Read,
	}); err != nil {
		return trace.Graph{}, err
	}
	return s.trace(ctx, q.Read, q.Account, trace.Question{
		Program: q.Program, Receipt: &currency.ReceiptName{Holder: q.Account, Seq: q.Seq}, Back: back,
	})
}

// TraceDonation tells the donor of a deposit, as the bank named it, where the money
// went. Other accounts are masked. READ_REFUSED for anybody else.
func (s *Service) TraceDonation(ctx context.Context, q currency.OwnQuery, ref string) (trace.Graph, error) {
	if _, err := private[currency.PurseView](ctx, s, "Purse", q.Read, q); err != nil {
		return trace.Graph{}, err
	}
	_, r, err := s.parse(q.Read, []string{currency.TypRead})
	if err != nil {
		return trace.Graph{}, err
	}
	given, err := read[currency.Deposit](ctx, r, "Deposit", currency.DepositQuery{RecordQuery: currency.RecordQuery{Program: q.Program, ID: ref}, Read: q.Read})
	if err != nil {
		return trace.Graph{}, err
	}
	if given.Donor != q.Account {
		return trace.Graph{}, currency.ReadRefused.Errorf("deposit %s is not known to be given by account %s", ref, q.Account)
	}
	return s.trace(ctx, q.Read, q.Account, trace.Question{Program: q.Program, Deposit: ref})
}

func (s *Service) trace(ctx context.Context, order, account string, q trace.Question) (trace.Graph, error) {
	_, r, err := s.parse(order, []string{currency.TypRead})
	if err != nil {
		return trace.Graph{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tracePatience)
	defer cancel()
	select {
	case s.tracing <- struct{}{}:
		defer func() { <-s.tracing }()
	case <-ctx.Done():
		return trace.Graph{}, ErrTracing
	}
	g, err := r.Ledger.Trace(ctx, q, 0, nil)
	if err != nil {
		return g, err
	}
	return g.Masked(account), nil
}
