// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"fmt"
	"slices"
)

// Till is where a payment is made: the shop, who pays, and what was paid of the
// same bill before.
type Till struct {
	Merchant Merchant
	Account  Holder // the merchant's
	Payer    string // person id of the payer, of a shop that of its owner; or the account id where there is none
	Before   Bill
}

// Bill is what one payer paid of a bill with vouchers, under the reference that
// payments to a merchant name. Its shares hold for all of them together. What is
// refunded or never captured stays counted: a bill written anew has a new reference.
type Bill struct {
	Amount  int64       `json:"amount"`            // of the bill, won
	Paid    int64       `json:"paid"`              // of it with this programme's value, won
	Limited []PaidUnder `json:"limited,omitempty"` // of that, value that pays part of a bill only
}

// PaidUnder is what was paid with value of one policy version, source and purpose,
// as part of a bill.
type PaidUnder struct {
	Policy  int    `json:"policy"`
	Source  Source `json:"source"`
	Purpose string `json:"purpose,omitempty"`
	Part    int    `json:"part,omitempty"` // basis points of a bill that the policy let it pay; 0 where none were noted
	Amount  int64  `json:"amount"`         // won
}

// limitedKind is value that shares one part of a bill: of a policy and source, as
// far as the policy lets it pay the same part, or of one purpose among it.
type limitedKind struct {
	policy  int
	source  Source
	purpose string
	part    int // of a kind without a purpose, basis points
}

func (t Terms) limited() limitedKind {
	return limitedKind{policy: t.Policy, source: t.Source, purpose: t.Purpose}
}

// of says whether the kind is, or comprises, what was paid.
func (u PaidUnder) of(k limitedKind) bool {
	if u.Policy != k.policy || u.Source != k.source {
		return false
	}
	if k.purpose == "" {
		return u.Part == k.part || u.Part == 0
	}
	return u.Purpose == k.purpose
}

// under is what was paid of the bill with value of a kind.
func (b Bill) under(k limitedKind) int64 {
	var paid int64
	for _, u := range b.Limited {
		if u.of(k) {
			paid += u.Amount
		}
	}
	return paid
}

// checkBill checks the bill of an order: it is no less than what is paid of it,
// and has a reference.
func checkBill(bill, amount int64, ref string) error {
	if bill == 0 {
		return nil
	}
	if err := CheckAmount("bill", bill); err != nil {
		return err
	}
	if bill < amount {
		return InvalidAmount.Errorf("bill is %d won, %d are paid of it", bill, amount)
	}
	if ref == "" {
		return InvalidID.Errorf("a bill needs a ref that names it")
	}
	return nil
}

// open returns MERCHANT_SUSPENDED, MERCHANT_CLOSED, MERCHANT_EXPIRED,
// SELF_TRANSFER, BILL_MISSING, BILL_MISMATCH or BILL_SHARE where a payment cannot
// be taken, whatever value it is made with.
func (t Till) open(o Payment, today Day) error {
	m := t.Merchant
	if err := m.CanBePaid(today); err != nil {
		return err
	}
	if m.Account == o.Holder {
		return SelfTransfer.Errorf("merchant %s pays itself", m.ID)
	}
	if m.Owner != "" && m.Owner == t.Payer {
		return SelfTransfer.Errorf("merchant %s is paid by its owner", m.ID)
	}
	if o.Bill == 0 {
		if m.Share > 0 {
			return BillMissing.Errorf("merchant %s takes %s of a bill: name the bill", m.ID, percent(m.Share))
		}
		return nil
	}
	if t.Before.Paid > 0 && t.Before.Amount != o.Bill {
		return BillMismatch.Errorf("bill %s was %d won before and is %d now", o.Ref, t.Before.Amount, o.Bill)
	}
	most := o.Bill
	if m.Share > 0 {
		most = share(o.Bill, m.Share)
	}
	if t.Before.Paid+o.Amount > most {
		return BillShare.Errorf("merchant %s takes %d of a bill of %d won, %d were paid and %d more are asked for", m.ID, most, o.Bill, t.Before.Paid, o.Amount)
	}
	return nil
}

// shares are what limits the buckets of one payment: a room for each part of a bill
// that the policy sets for a source, and within it one for each purpose.
type shares struct {
	rooms map[limitedKind]*room
	parts map[limitedKind]int // by the kind of a bucket that has a room: what the policy lets it pay
}

// admits says why a bucket may not pay here, or in which room; those that pay
// part of a bill share one by their kind.
func (t Till) admits(o Payment, b Bucket, p Policy, today Day, limited *shares) (*room, Refusal) {
	if why := b.usable(today); why != "" {
		return nil, why
	}
	part, why := p.admits(b.Terms, t.Merchant, today)
	if why != "" {
		return nil, why
	}
	k := b.limited()
	all, why := t.room(o, limitedKind{policy: k.policy, source: k.source, part: part}, part, nil, limited)
	if why != "" {
		return nil, why
	}
	if b.Purpose != "" {
		own, why := p.purpose(b.Purpose).admits(b.Terms, t.Merchant, today)
		if why == "" {
			all, why = t.room(o, k, own, all, limited)
		}
		if why != "" {
			return nil, "kept for " + Refusal(b.Purpose) + ": " + why
		}
	}
	if all != nil {
		limited.parts[k] = part
	}
	return all, ""
}

// room is the one that value of a kind shares of a bill, within a wider one; nil
// where it may pay all.
func (t Till) room(o Payment, k limitedKind, part int, within *room, limited *shares) (*room, Refusal) {
	switch {
	case part == 10_000:
		return within, ""
	case o.Bill == 0:
		return nil, Refusal("for " + percent(part) + " of a bill, and none is named")
	case limited.rooms == nil:
		limited.rooms, limited.parts = map[limitedKind]*room{}, map[limitedKind]int{}
	}
	if r := limited.rooms[k]; r != nil {
		return r, ""
	}
	r := &room{
		left:   max(0, share(o.Bill, part)-t.Before.under(k)),
		why:    Refusal(fmt.Sprintf("beyond %s of the bill of %d won", percent(part), o.Bill)),
		within: within,
	}
	if k.purpose != "" {
		r.why = "kept for " + Refusal(k.purpose) + ": " + r.why
	}
	limited.rooms[k] = r
	return r, ""
}

// after is the bill once a payment was made with used parts, of which those of
// limited kinds pay part of a bill only.
func (b Bill) after(o Payment, used []Part, limited shares) Bill {
	out := Bill{Amount: o.Bill, Paid: b.Paid + o.Amount, Limited: slices.Clone(b.Limited)}
	for _, p := range used {
		part, in := limited.parts[p.limited()]
		if !in {
			continue
		}
		under := PaidUnder{Policy: p.Policy, Source: p.Source, Purpose: p.Purpose, Part: part}
		i := slices.IndexFunc(out.Limited, func(u PaidUnder) bool { u.Amount = 0; return u == under })
		if i < 0 {
			i = len(out.Limited)
			out.Limited = append(out.Limited, under)
		}
		out.Limited[i].Amount += p.Amount
	}
	return out
}

// percent says basis points as people do.
func percent(points int) string {
	if points%100 == 0 {
		return fmt.Sprintf("%d%%", points/100)
	}
	return fmt.Sprintf("%d.%02d%%", points/100, points%100)
}
