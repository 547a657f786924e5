// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// refund carries out a refund: see currency.Refund.Decide.
func (s *step) refund(o currency.Refund) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	seq := ledger.Num(o.Payment.Seq)
	paid, found, err := receipts.Get(s.tx, s.Program, o.Payment.Holder, seq)
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", currency.ReceiptUnknown.Errorf("receipt %s", o.Payment)
	}
	if paid.Kind == currency.KindHold {
		held, err := hold(s.tx, s.Program, o.Payment)
		if err != nil {
			return nil, "", err
		}
		if paid, err = held.Paid(paid); err != nil {
			return nil, "", err
		}
	}
	before, _, err := refunds.Get(s.tx, s.Program, o.Payment.Holder, seq)
	if err != nil {
		return nil, "", err
	}
	done, after, err := o.Decide(s.collected.Buckets, m, paid, before)
	if err != nil {
		return nil, "", err
	}
	if len(done.Credit) > 0 {
		s.send(currency.CreditRefund, o.Payment.Holder, m.ID, done.Credit)
	}
	s.fill(currency.KindRefund, o.Amount, o.Payment.Holder, o.Ref, done.Used)
	s.receipt.Payment, s.receipt.Due = &o.Payment, done.Due
	if len(done.Due) > 0 {
		if err := s.addDue(m.ID, o.Payment, done.Due); err != nil {
			return nil, "", err
		}
	}
	if err := s.oweCashback(o.Payment, paid, after); err != nil {
		return nil, "", err
	}
	return done.Left, "Refunded", refunds.Put(s.tx, after, s.Program, o.Payment.Holder, seq)
}
