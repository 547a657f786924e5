// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"cmp"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// till loads what a payment meets at a merchant: the shop, whose account must be
// open, and what the payer paid of the same bill before, where the order names
// one. The bill's key is the payer's own, so it adds no conflict.
func (s *step) till(to string, bill int64, ref string) (currency.Till, error) {
	at := currency.Till{Payer: s.holder.PersonID()}
	var err error
	if at.Merchant, err = merchant(s.tx, s.Program, to); err != nil {
		return at, err
	}
	if at.Account, err = holder(s.tx, s.Program, at.Merchant.Account); err != nil {
		return at, err
	}
	if err := at.Account.CanReceive(); err != nil {
		return at, err
	}
	if s.holder.Merchant != "" { // a shop that respends pays for its owner
		own, err := merchant(s.tx, s.Program, s.holder.Merchant)
		if err != nil {
			return at, err
		}
		at.Payer = cmp.Or(own.Owner, at.Payer)
	}
	if bill > 0 {
		at.Before, _, err = bills.Get(s.tx, s.Program, s.Holder, to, ref)
	}
	return at, err
}

// keepBill notes what was paid of a bill, on the ledger and the receipt.
func (s *step) keepBill(bill *currency.Bill, to, ref string) error {
	if bill == nil {
		return nil
	}
	s.receipt.Bill = bill.Amount
	return bills.Put(s.tx, *bill, s.Program, s.Holder, to, ref)
}
