// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

// ForwardCredits moves what waits for a recovered account, up to 500 credits, to the
// account that took over, for its holder. Where nothing waits nothing is sent. It
// returns READ_REFUSED, or HOLDER_STATE for an account that nobody took over.
func (s *Service) ForwardCredits(ctx context.Context, q currency.OwnQuery) (currency.Forwarded, error) {
	waiting, err := s.Credits(ctx, q)
	if err != nil {
		return currency.Forwarded{}, err
	}
	o, r, err := s.parse(q.Read, []string{currency.TypRead})
	if err != nil {
		return currency.Forwarded{}, err
	}
	if o.Holder == q.Account {
		return currency.Forwarded{}, currency.HolderState.Errorf("account %s was not recovered: no other took over", q.Account)
	}
	if len(waiting.Records) == 0 {
		return currency.Forwarded{Account: o.Holder}, nil
	}
	forward := currency.ForwardCredits{Operation: operation("forward"), Program: q.Program, Account: q.Account}
	for _, e := range waiting.Records {
		name, err := gateway.CreditName(e)
		if err != nil {
			return currency.Forwarded{}, err
		}
		forward.Credits = append(forward.Credits, name)
	}
	return r.Ledger.ForwardCredits(ctx, forward)
}

// ForwardTakings gives takings that the merchant has not claimed to the refund of a
// payment that waits, for who paid. It returns READ_REFUSED, RECEIPT_UNKNOWN,
// REFUND_UNKNOWN, HOLDER_FROZEN, or NOTHING_CLAIMED where there are none, and sends
// nothing then.
func (s *Service) ForwardTakings(ctx context.Context, q currency.ReceiptQuery) (currency.TakingsForwarded, error) {
	ask := currency.TakingsQuery{OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: q.Program}, Account: q.Account, Read: q.Read}, Seq: q.Seq}
	for {
		takings, err := private[currency.Takings](ctx, s, "Takings", q.Read, ask)
		switch {
		case err != nil:
			return currency.TakingsForwarded{}, err
		case len(takings.Credits) > 0:
			_, r, err := s.parse(q.Read, []string{currency.TypRead})
			if err != nil {
				return currency.TakingsForwarded{}, err
			}
			return r.Ledger.ForwardTakings(ctx, currency.ForwardTakings{
				Operation: operation("forward"), Program: q.Program, Merchant: takings.Merchant,
				Payment: currency.ReceiptName{Holder: q.Account, Seq: q.Seq}, Credits: takings.Credits,
			})
		case takings.Next == "":
			return currency.TakingsForwarded{}, currency.NothingClaimed.Errorf("merchant %s has no takings of these funds that it has not claimed: the refund of %s/%s waits for the next", takings.Merchant, q.Account, strconv.FormatInt(q.Seq, 10))
		}
		ask.Bookmark = takings.Next
	}
}

// operation is a new operation's id.
func operation(what string) call.Operation {
	return call.Operation{Op: what + "." + strings.ToLower(rand.Text())}
}
