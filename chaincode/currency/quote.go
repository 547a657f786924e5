// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"cmp"
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Quote is what a payment would do, were it ordered now: what it would draw on,
// and what is held and could not be used, with the reason.
type Quote struct {
	Code   string     `json:"code,omitempty"`   // why it would be refused; empty where it would be carried out
	Detail string     `json:"detail,omitempty"` // the same with its figures
	Most   int64      `json:"most"`             // what may be spent there of what the purse holds, won
	Used   []Part     `json:"used,omitempty"`   // what it would take, in that order
	Kept   []Withheld `json:"kept,omitempty"`   // what may not be used
}

// Withheld is value that its terms keep from being spent.
type Withheld struct {
	Terms
	Why    string `json:"why"`
	Amount int64  `json:"amount"` // won
}

// Quote is what [Payment.Decide] would do. Credits that are not claimed yet do not
// count.
func (o Payment) Quote(b Buckets, at Till, current Policy, policies Policies, today Day) Quote {
	var out Quote
	refuse := func(err error) {
		if refused := code.Of(err); refused != nil {
			out.Code, out.Detail = refused.Code.Name, refused.Detail()
		}
	}
	if err := at.open(o, today); err != nil {
		refuse(err)
	}
	var limited shares
	d := b.plan(o.Amount, current.Order(), func(b Bucket) (*room, Refusal) {
		return at.admits(o, b, policies[b.Policy], today, &limited)
	})
	out.Most = d.free
	if out.Code == "" && d.free < o.Amount {
		refuse(d.short(o.Amount, b))
	}
	if out.Code == "" {
		out.Used = d.used
	}
	out.Kept = d.refused
	slices.SortFunc(out.Kept, func(a, b Withheld) int { return cmp.Or(cmp.Compare(a.Why, b.Why), a.compare(b.Terms)) })
	return out
}

// QuoteQuery asks what a payment would do. Read is a read order of the payer;
// officers who may read accounts leave it out.
type QuoteQuery struct {
	Program string `json:"program"`
	Account string `json:"account"` // of the payer
	To      string `json:"to"`      // merchant id
	Amount  int64  `json:"amount"`  // won
	Bill    int64  `json:"bill,omitempty"`
	Ref     string `json:"ref,omitempty"`
	Read    string `json:"read,omitempty"`
}

// Payment is the payment that is asked about.
func (r QuoteQuery) Payment() Payment {
	return Payment{Amount: r.Amount, Bill: r.Bill, Holder: r.Account, Program: r.Program, Ref: r.Ref, To: r.To}
}

// Validate checks the form.
func (r QuoteQuery) Validate() error {
	if err := r.Payment().Validate(); err != nil {
		return err
	}
	return AccountQuery{Program: r.Program, Account: r.Account}.Validate()
}
