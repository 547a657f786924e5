// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// cashOut carries out a cash refund: see currency.CashOut.Decide. The claim on
// the bank is a redemption without a merchant, and is confirmed like one.
func (s *step) cashOut(o currency.CashOut) (currency.Buckets, string, error) {
	if err := s.settle(); err != nil {
		return nil, "", err
	}
	if n := len(s.purse.Holds); n > 0 {
		return nil, "", currency.NotCashable.Errorf("%d holds are open, or what went back of them is not claimed: the first is seq %d", n, s.purse.Holds[0])
	}
	var held currency.Day
	if s.purse.HeldAt > 0 {
		held = s.program.Today(time.Unix(s.purse.HeldAt, 0))
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	today := s.program.Today(s.tx.Now())
	done, err := o.Decide(s.collected.Buckets, s.holder, rules, today, held)
	if err != nil {
		return nil, "", err
	}
	if err := giveBack(s.tx, s.Program, today, done.Returned); err != nil {
		return nil, "", err
	}
	cash := currency.Total(done.Cash)
	claimed := currency.Redemption{Amount: cash, Parts: done.Cash, Payout: o.Payout, At: s.tx.Now().Unix()}
	s.fill(currency.KindCashOut, cash, "", "", done.Used)
	return done.Left, "CashedOut", s.claimFromBank(claimed)
}
