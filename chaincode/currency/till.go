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
	Payer    string // person id of the payer, or the account id where people have none
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

// PaidUnder is what was paid with value of one policy version and source.
type PaidUnder struct {
	Policy int    `json:"policy"`
	Source Source `json:"source"`
	Amount int64  `json:"amount"` // won
}

// limitedKind is value that shares one part of a bill.
type limitedKind struct {
	policy int
	source Source
}

func (t Terms) limited() limitedKind { return limitedKind{t.Policy, t.Source} }

// under is what was paid of the bill with value of a kind.
func (b Bill) under(k limitedKind) int64 {
	for _, u := range b.Limited {
		if k == (limitedKind{u.Policy, u.Source}) {
			return u.Amount
		}
	}
	return 0
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

// admits says why a bucket may not pay here, or in which room; those that pay
// part of a bill share one by their kind.
func (t Till) admits(o Payment, b Bucket, p Policy, today Day, limited map[limitedKind]*room) (*room, Refusal) {
	if why := b.usable(today); why != "" {
		return nil, why
	}
	part, why := p.admits(b.Source, t.Merchant, today)
	switch {
	case why != "":
		return nil, why
	case part == 10_000:
		return nil, ""
	case o.Bill == 0:
		return nil, Refusal("for " + percent(part) + " of a bill, and none is named")
	}
	k := b.limited()
	if limited[k] == nil {
		most := share(o.Bill, part)
		limited[k] = &room{
			left: max(0, most-t.Before.under(k)),
			why:  Refusal(fmt.Sprintf("beyond %s of the bill of %d won", percent(part), o.Bill)),
		}
	}
	return limited[k], ""
}

// after is the bill once a payment was made with used parts, of which those of
// limited kinds pay part of a bill only.
func (b Bill) after(o Payment, used []Part, limited map[limitedKind]*room) Bill {
	out := Bill{Amount: o.Bill, Paid: b.Paid + o.Amount, Limited: slices.Clone(b.Limited)}
	for _, p := range used {
		k := p.limited()
		if limited[k] == nil {
			continue
		}
		i := slices.IndexFunc(out.Limited, func(u PaidUnder) bool { return k == limitedKind{u.Policy, u.Source} })
		if i < 0 {
			i = len(out.Limited)
			out.Limited = append(out.Limited, PaidUnder{Policy: p.Policy, Source: p.Source})
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
