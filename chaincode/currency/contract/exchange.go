// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// exchange carries out an exchange into another programme: see
// currency.Exchange.Decide. There only the holder's record is read and a credit
// written, so nobody's purse waits for another programme.
func (s *step) exchange(o currency.Exchange) (currency.Buckets, string, error) {
	there, err := program(s.tx, o.Into)
	if err != nil {
		return nil, "", err
	}
	to, err := holder(s.tx, o.Into, s.Holder)
	if err != nil {
		return nil, "", err
	}
	theirs, err := current(s.tx, there)
	if err != nil {
		return nil, "", err
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	now := s.tx.Now()
	today := s.program.Today(now)
	done, err := o.Decide(s.collected.Buckets, s.holder, to, s.rules, theirs, rules, today, there.Today(now), now.Unix())
	if err != nil {
		return nil, "", err
	}
	if err := giveBack(s.tx, s.Program, today, done.Returned); err != nil {
		return nil, "", err
	}
	s.send(currency.CreditTrade, s.Holder, s.Program, done.Credit)
	s.sent.program = o.Into
	s.fill(currency.KindExchange, o.Amount, o.Into, o.Ref, done.Used)
	return done.Left, "Exchanged", exchanges.Put(s.tx, done.Record, s.Program, s.Holder, ledger.Num(s.Seq))
}
