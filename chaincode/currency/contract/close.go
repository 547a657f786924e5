// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
)

// close closes the account that signed: see currency.Close.Decide.
func (s *step) close(o currency.Close) (currency.Buckets, string, error) {
	if err := s.settle(); err != nil {
		return nil, "", err
	}
	h, err := o.Decide(currency.Purse{Buckets: s.collected.Buckets, HeldUntil: s.purse.HeldUntil, Holds: s.purse.Holds}, s.holder, s.tx.Now())
	if err != nil {
		return nil, "", err
	}
	s.receipt.Kind = currency.KindClose
	return nil, "AccountClosed", holders.Put(s.tx, h, s.Program, s.Holder)
}
