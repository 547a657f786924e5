// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// quoteFunctions:
//
//   - Quote {program, account, to, amount, bill, ref, read} answers the payer, or
//     officers who may read accounts, what a payment would do: what it would draw
//     on, or its code, and what terms keep from being spent. READ_REFUSED,
//     MERCHANT_UNKNOWN, POLICY_UNKNOWN, HOLDER_FROZEN or HOLDER_CLOSED of the shop.
func quoteFunctions() []ledger.Function {
	return []ledger.Function{ledger.Query("Quote", quote)}
}

func quote(t *ledger.Tx, r currency.QuoteQuery) (currency.Quote, error) {
	h, err := own(t, currency.OwnQuery{PageQuery: currency.PageQuery{Program: r.Program}, Account: r.Account, Read: r.Read})
	if err != nil {
		return currency.Quote{}, err
	}
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Quote{}, err
	}
	o := r.Payment()
	e := newEngine(t)
	s := &step{engine: e, task: &task{Order: &currency.Order{Binding: o.Binding(), Payload: o}}, program: p, holder: h}
	if s.rules, err = current(t, p); err != nil {
		return currency.Quote{}, err
	}
	purse, _, err := purses.Get(t, r.Program, r.Account)
	if err != nil {
		return currency.Quote{}, err
	}
	s.collected.Buckets = purse.Buckets
	at, err := s.till(r.To, r.Bill, r.Ref)
	if err != nil {
		return currency.Quote{}, err
	}
	rules, err := s.policies()
	if err != nil {
		return currency.Quote{}, err
	}
	if err := first(h.CanAct(), s.checkOwed()); err != nil {
		refusal := code.Of(err)
		if refusal == nil || refusal.Code.Kind == code.Internal {
			return currency.Quote{}, err
		}
		return currency.Quote{Code: refusal.Code.Name, Detail: refusal.Detail()}, nil
	}
	return o.Quote(purse.Buckets, at, s.rules, rules, p.Today(t.Now())), nil
}
