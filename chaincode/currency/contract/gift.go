// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
)

// give carries out a gift: see currency.Gift.Decide.
func (s *step) give(o currency.Gift) (currency.Buckets, string, error) {
	to, err := holder(s.tx, s.Program, o.To)
	if err != nil {
		return nil, "", err
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	done, err := o.Decide(s.collected.Buckets, to, s.rules, rules, s.program.Today(s.tx.Now()))
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditGift, o.To, s.Holder, done.Credit)
	s.fill(currency.KindGift, o.Amount, o.To, o.Ref, done.Used)
	return done.Left, "Gifted", nil
}
