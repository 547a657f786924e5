// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// redeem carries out a redemption: see currency.Redeem.Decide.
func (s *step) redeem(o currency.Redeem) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	owed, _, err := owes.Get(s.tx, s.Program, m.ID)
	if err != nil {
		return nil, "", err
	}
	var month currency.Monthly
	capped := s.rules.Shops.Cap(m) > 0
	if capped {
		if month, _, err = months.Get(s.tx, s.Program, m.ID); err != nil {
			return nil, "", err
		}
		month = month.In(s.program.Today(s.tx.Now()))
	}
	left, used, err := o.Decide(s.collected.Buckets, m, owed, s.rules, month)
	if err != nil {
		return nil, "", err
	}
	if capped {
		month.Amount += o.Amount
		if err := months.Put(s.tx, month, s.Program, m.ID); err != nil {
			return nil, "", err
		}
	}
	claimed := currency.Redemption{Merchant: m.ID, Amount: o.Amount, Parts: used, Payout: m.Payout, At: s.tx.Now().Unix(), Month: month.Month}
	s.fill(currency.KindRedemption, o.Amount, "", "", used)
	return left, "Redeemed", s.claimFromBank(claimed)
}

// claimFromBank puts a redemption, under the order's own name, among those that wait
// for the bank.
func (s *step) claimFromBank(r currency.Redemption) error {
	if err := unpaids.Put(s.tx, currency.Unpaid{At: r.At}, s.Program, s.Holder, ledger.Num(s.Seq)); err != nil {
		return err
	}
	return redemptions.Put(s.tx, r, s.Program, s.Holder, ledger.Num(s.Seq))
}
