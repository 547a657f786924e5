// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Due is a refund that waits for its merchant's next takings, because what was
// paid has been paid out. It is no money: it says where the next won of these
// funds go. It stands under the merchant and the receipt of the payment.
type Due struct {
	Parts []Part `json:"parts,omitempty"` // what is still to go back, with the terms it was paid with
	At    int64  `json:"at"`              // when it was last added to, Unix seconds
}

// Owed sums what is due of a merchant, by fund.
type Owed struct {
	Parts []Part `json:"parts,omitempty"` // plain won
}

// Add owes parts more.
func (o Owed) Add(parts []Part) Owed {
	return Owed{Parts: MergeParts(slices.Concat(o.Parts, plain(parts)))}
}

// Less owes parts, which were owed, no more.
func (o Owed) Less(parts []Part) Owed {
	less := map[string]int64{}
	for _, p := range parts {
		less[p.Origin] += p.Amount
	}
	var left []Part
	for _, p := range o.Parts {
		if p.Amount -= less[p.Origin]; p.Amount > 0 {
			left = append(left, p)
		}
	}
	return Owed{Parts: left}
}

// Check returns REFUND_WAITS where something is owed: a merchant spends nothing
// and closes nothing before.
func (o Owed) Check(m string) error {
	if len(o.Parts) == 0 {
		return nil
	}
	return RefundWaits.Errorf("merchant %s owes refunds of %d won of %s", m, Total(o.Parts), funds(o.Parts))
}

// keeps says why won of a fund is not the merchant's to redeem.
func (o Owed) keeps(b Bucket) Refusal {
	if slices.ContainsFunc(o.Parts, func(p Part) bool { return p.Origin == b.Origin }) {
		return "kept for refunds that wait"
	}
	return ""
}

// Complete gives a waiting refund, or as much of it as is there, out of the
// merchant's purse. It returns INSUFFICIENT_FUNDS where nothing of its funds is.
func (d Due) Complete(b Buckets) (Transfer, Due, error) {
	done, err := b.giveBack(d.Parts)
	if err == nil && len(done.Credit) == 0 {
		err = InsufficientFunds.Errorf("%d won of %s wait, the merchant holds none of it", Total(d.Parts), funds(d.Parts))
	}
	if err != nil {
		return Transfer{}, d, err
	}
	d.Parts = done.Due
	return done, d, nil
}

// Forward gives a waiting refund out of takings that the merchant has not claimed.
// It returns what goes back, with the payer's terms, and what the takings keep.
func (d Due) Forward(takings []Part) (back, kept []Part, left Due) {
	kept = slices.Clone(takings)
	for _, p := range d.Parts {
		want := p.Amount
		for i := range kept {
			if kept[i].Origin == p.Origin {
				take := min(want, kept[i].Amount)
				kept[i].Amount -= take
				want -= take
			}
		}
		if want < p.Amount {
			back = append(back, Part{Terms: p.Terms, Amount: p.Amount - want})
		}
		if p.Amount = want; want > 0 {
			left.Parts = append(left.Parts, p)
		}
	}
	left.At = d.At
	return back, slices.DeleteFunc(kept, func(p Part) bool { return p.Amount == 0 }), left
}

func funds(parts []Part) string {
	var names []string
	for _, p := range parts {
		names = append(names, p.Origin)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// CompleteRefund gives back what the signing merchant owes of a payment, out of
// its purse and the credits it names (TypComplete).
type CompleteRefund struct {
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Payment   ReceiptName  `json:"payment"` // receipt of the payment
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o CompleteRefund) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (CompleteRefund) Typ() string { return TypComplete }

// Validate implements Payload.
func (o CompleteRefund) Validate() error {
	if err := o.Payment.validate(); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// ForwardTakings gives takings that a merchant has not claimed to a refund that it
// owes. Anybody may ask for it: the merchant has signed that it is owed.
type ForwardTakings struct {
	call.Operation
	Program  string       `json:"program"`
	Merchant string       `json:"merchant"` // merchant id
	Payment  ReceiptName  `json:"payment"`  // receipt of the payment
	Credits  []CreditName `json:"credits"`  // of the merchant, 1 to 500
}

// Validate checks the form.
func (r ForwardTakings) Validate() error {
	if len(r.Credits) == 0 {
		return TooLarge.Errorf("no credits are named, 1 to %d are allowed", MaxClaims)
	}
	if err := checkClaims(r.Credits); err != nil {
		return err
	}
	if err := r.Payment.validate(); err != nil {
		return err
	}
	return RecordQuery{Program: r.Program, ID: r.Merchant}.Validate()
}

// TakingsForwarded is what became of takings.
type TakingsForwarded struct {
	Credit  CreditName   `json:"credit"`            // what the payer claims
	Amount  int64        `json:"amount"`            // won that went back
	Waiting int64        `json:"waiting"`           // won that still wait
	Unknown []CreditName `json:"unknown,omitempty"` // credits not there: claimed before
}

// TakingsQuery asks which takings of the merchant who was paid a waiting refund could
// come out of.
type TakingsQuery struct {
	OwnQuery       // whose payment it was
	Seq      int64 `json:"seq"` // of the payment
}

// Validate checks the form.
func (r TakingsQuery) Validate() error {
	if err := (ReceiptName{Holder: r.Account, Seq: r.Seq}).validate(); err != nil {
		return err
	}
	return r.OwnQuery.Validate()
}

// Takings names credits that a merchant has not claimed, for [ForwardTakings]: on
// this page as many as the refund needs. What they hold is the merchant's to know.
type Takings struct {
	Merchant string       `json:"merchant"`
	Credits  []CreditName `json:"credits"`
	Next     string       `json:"next,omitempty"` // give it back to continue; empty where they suffice, or at the end
}
