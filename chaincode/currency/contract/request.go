// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// requestFunctions:
//
//   - RequestParts {program, account, id, read, limit, bookmark} lists which parts
//     of a merchant's bill were paid or authorised, by whose order, to the merchant
//     (account is the merchant's) and to officers who may read accounts.
func requestFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Query("RequestParts", func(t *ledger.Tx, r currency.RequestQuery) (currency.RequestParts, error) {
			h, err := own(t, r.OwnQuery)
			if err == nil && h.Merchant == "" {
				err = currency.NotMerchant.Errorf("account %s is a resident's", r.Account)
			}
			if err != nil {
				return currency.RequestParts{}, err
			}
			return requestParts.List(t, r.Limit, r.Bookmark, r.Program, h.Merchant, r.ID)
		}),
	}
}

// request takes a part of a bill for a payment or a hold: see
// currency.SignedRequest.Decide. It does nothing where the order names none.
func (s *step) request(compact string, part int, amount int64, at currency.Till) error {
	if compact == "" {
		return nil
	}
	r, err := currency.ParseRequest(compact, s.place)
	if err != nil {
		return err
	}
	key, err := parseKey(at.Account.Key)
	if err != nil {
		return err
	}
	n := ledger.Num(int64(part))
	taken, found, err := requestParts.Get(s.tx, s.Program, at.Merchant.ID, r.ID, n)
	if err != nil {
		return err
	}
	var paid *currency.RequestPart
	if found {
		paid = &taken
	}
	if err := r.Decide(part, amount, s.Program, at, key, paid, s.tx.Now()); err != nil {
		return err
	}
	return requestParts.Put(s.tx, currency.RequestPart{
		By: currency.ReceiptName{Holder: s.Holder, Seq: s.Seq}, Amount: amount, At: s.tx.Now().Unix(),
	}, s.Program, at.Merchant.ID, r.ID, n)
}

// charge has the payer who showed a token pay the merchant who signed: see
// currency.Charge.Check and currency.Payment.Decide.
func (s *step) charge(o currency.Charge) (currency.Buckets, string, error) {
	at, err := s.till(o.To, o.Bill, o.Ref)
	if err != nil {
		return nil, "", err
	}
	if err := o.Check(*s.Shown, at, s.rules, s.tx.Now()); err != nil {
		return nil, "", err
	}
	key, err := parseKey(at.Account.Key)
	if err != nil {
		return nil, "", err
	}
	if err := s.Shown.Merchant.Verify(key); err != nil {
		return nil, "", err
	}
	return s.payTo(currency.Payment{Amount: o.Amount, Bill: o.Bill, Holder: s.Holder, To: o.To, Ref: o.Ref}, at)
}
