// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// collect claims the credits that the order names, under its own holder only.
func (s *step) collect(b currency.Buckets) error {
	names := s.Claims()
	if s.claims+len(names) > currency.MaxClaims {
		return currency.TooLarge.Errorf("%d credits are named in this transaction, at most %d", s.claims+len(names), currency.MaxClaims)
	}
	s.claims += len(names)
	named := make([]currency.Named, len(names))
	for i, name := range names {
		tx, n, err := name.Split()
		if err != nil {
			return err
		}
		c, found, err := credits.Get(s.tx, s.Program, s.Holder, tx, ledger.Num(n))
		if err != nil {
			return err
		}
		named[i] = currency.Named{Name: name, Credit: c, Found: found}
	}
	holdingCap := s.rules.HoldingCap
	if s.holder.Merchant != "" {
		holdingCap = 0 // what a shop takes in is no person's holding
	}
	s.collected = currency.Collect(b, named, holdingCap)
	for _, name := range s.collected.Claimed {
		tx, n, err := name.Split()
		if err != nil {
			return err
		}
		credits.Delete(s.tx, s.Program, s.Holder, tx, ledger.Num(n))
	}
	for _, rest := range s.collected.Rest {
		tx, n, err := rest.Name.Split()
		if err != nil {
			return err
		}
		if err := credits.Put(s.tx, rest.Credit, s.Program, s.Holder, tx, ledger.Num(n)); err != nil {
			return err
		}
	}
	return nil
}
