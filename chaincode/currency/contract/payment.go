// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
)

// pay carries out a payment: see currency.Payment.Decide.
func (s *step) pay(o currency.Payment) (currency.Buckets, string, error) {
	at, err := s.till(o.To, o.Bill, o.Ref)
	if err != nil {
		return nil, "", err
	}
	if err := s.request(o.Request, o.Part, o.Amount, at); err != nil {
		return nil, "", err
	}
	return s.payTo(o, at)
}

func (s *step) payTo(o currency.Payment, at currency.Till) (currency.Buckets, string, error) {
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	done, err := o.Decide(s.collected.Buckets, at, s.rules, rules, s.program.Today(s.tx.Now()))
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditPayment, at.Merchant.Account, s.Holder, done.Credit)
	s.fill(currency.KindPayment, o.Amount, o.To, o.Ref, done.Used)
	return done.Left, "Paid", s.keepBill(done.Bill, o.To, o.Ref)
}
