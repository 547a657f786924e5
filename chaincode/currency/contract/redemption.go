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
	left, used, err := o.Decide(s.collected.Buckets, m, owed)
	if err != nil {
		return nil, "", err
	}
	claimed := currency.Redemption{Merchant: m.ID, Amount: o.Amount, Parts: used, Payout: m.Payout, At: s.tx.Now().Unix()}
	s.fill(currency.KindRedemption, o.Amount, "", "", used)
	return left, "Redeemed", redemptions.Put(s.tx, claimed, s.Program, s.Holder, ledger.Num(s.Seq))
}
