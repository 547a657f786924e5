// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"time"
)

// Cashback gives back part of what was spent, as a reward: instead of a discount
// when buying.
type Cashback struct {
	Allotment  string   `json:"allotment"`            // of source reward, that pays
	Rate       int      `json:"rate"`                 // basis points of what was spent, rounded down to the won for each payment
	MonthlyCap int64    `json:"monthlyCap,omitempty"` // what one person gets for a calendar month's payments, won; 0 is no cap
	Sources    []Source `json:"sources,omitempty"`    // what counts as spent; principal alone if left out
	Months     int      `json:"months"`               // it is asked for until the end of the so many-th month after the payment's, 0 to 12
}

// MaxCashback bounds the payments that one order names.
const MaxCashback = 100

func (c Cashback) check() error {
	if err := CheckID("allotment", c.Allotment); err != nil {
		return err
	}
	switch {
	case c.Rate < 1 || c.Rate > 10_000:
		return InvalidPolicy.Errorf("cashback rate %d: 1 to 10000 basis points", c.Rate)
	case c.MonthlyCap < 0 || c.MonthlyCap > MaxAmount:
		return InvalidAmount.Errorf("monthlyCap of cashback is %d won, 0 to %d is allowed", c.MonthlyCap, MaxAmount)
	case c.Months < 0 || c.Months > 12:
		return InvalidPolicy.Errorf("cashback is asked for until month %d after: 0 to 12", c.Months)
	}
	for _, s := range c.Sources {
		if !slices.Contains(sources, s) {
			return InvalidPolicy.Errorf("cashback of source %.16q: %v are there", string(s), sources)
		}
	}
	return nil
}

// counts reports whether value of a source counts as spent.
func (c Cashback) counts(s Source) bool {
	if len(c.Sources) == 0 {
		return s == Principal
	}
	return slices.Contains(c.Sources, s)
}

// spent is what a payment counts, less what went back of it.
func (c Cashback) spent(paid Receipt, back Refunded) int64 {
	var won int64
	for _, p := range paid.Used {
		if c.counts(p.Source) {
			won += p.Amount
		}
	}
	for _, p := range takeBack(paid.Used, 0, back.Amount) {
		if c.counts(p.Source) {
			won -= p.Amount
		}
	}
	return won
}

// AskCashback asks for the cashback of the holder's own payments (TypCashback),
// all of one calendar month; a hold is of the month it was authorised in.
type AskCashback struct {
	Chaincode string  `json:"chaincode"`
	Channel   string  `json:"channel"`
	Exp       int64   `json:"exp"`
	Holder    string  `json:"holder"`
	Network   string  `json:"network"`
	Payments  []int64 `json:"payments"` // seqs of their receipts, of holds too once nothing is held any more; rising, 1 to 100
	Program   string  `json:"program"`
	Seq       int64   `json:"seq"`
	Tranche   int     `json:"tranche"` // of the policy's allotment, from 0
	V         int     `json:"v"`
}

// Binding implements Payload.
func (o AskCashback) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (AskCashback) Typ() string { return TypCashback }

// Validate implements Payload.
func (o AskCashback) Validate() error {
	if n := len(o.Payments); n == 0 || n > MaxCashback {
		return TooLarge.Errorf("%d payments are named, 1 to %d are allowed", n, MaxCashback)
	}
	before := int64(0)
	for _, seq := range o.Payments {
		if seq <= before || seq > MaxAmount {
			return InvalidID.Errorf("payments: seq %d behind %d, they rise from 1", seq, before)
		}
		before = seq
	}
	return checkTranche(o.Tranche)
}

// CashedBack is what was given back of a payment, under its holder and seq.
type CashedBack struct {
	Policy int   `json:"policy"`         // version that gave it
	Amount int64 `json:"amount"`         // won
	Spent  int64 `json:"spent"`          // that counted, won
	Owed   int64 `json:"owed,omitempty"` // of the amount, for what was refunded since, won
}

// PaidBefore is a payment that an order asks cashback of: of a hold that was closed,
// what was captured.
type PaidBefore struct {
	Seq     int64
	Receipt Receipt
	Back    Refunded
	Given   bool // cashback was given before
}

// Decide gives cashback. What was given for payments that were refunded since is
// set off. It returns NO_CASHBACK, TO_MERCHANT, RECEIPT_UNKNOWN, CASHBACK_CAP,
// FUND_EXCEEDED or ALLOTMENT_COOLING.
func (o AskCashback) Decide(h Holder, who Person, p Program, rules Policy, paid []PaidBefore, from Tranche, now time.Time) ([]CashedBack, Person, Tranche, []Part, error) {
	fail := func(err error) ([]CashedBack, Person, Tranche, []Part, error) { return nil, who, from, nil, err }
	if h.Merchant != "" {
		return fail(ToMerchant.Errorf("account %s is merchant %s", o.Holder, h.Merchant))
	}
	c := rules.Cashback
	if c == nil {
		return fail(NoCashback.Errorf("programme %s under policy version %d gives none", rules.Program, rules.Version))
	}
	today := p.Today(now)
	if err := rules.CheckIssuable(from.Purpose, today); err != nil {
		return fail(err)
	}
	month := 0
	out := make([]CashedBack, len(paid))
	var total int64
	for i, r := range paid {
		of := int(p.Today(time.Unix(r.Receipt.At, 0)) / 100)
		switch {
		case r.Receipt.Kind != KindPayment:
			return fail(NoCashback.Errorf("receipt %d is a %s, not a payment", r.Seq, r.Receipt.Kind))
		case r.Given:
			return fail(NoCashback.Errorf("cashback of payment %d was given before", r.Seq))
		case month != 0 && of != month:
			return fail(NoCashback.Errorf("payment %d is of %d, the ones before are of %d: one month an order", r.Seq, of, month))
		case monthsBetween(of, int(today/100)) > c.Months:
			return fail(NoCashback.Errorf("payment %d is of %d, too long ago: %d months after", r.Seq, of, c.Months))
		}
		month = of
		out[i].Policy = rules.Version
		out[i].Spent = c.spent(r.Receipt, r.Back)
		out[i].Amount = share(out[i].Spent, c.Rate)
		total += out[i].Amount
	}
	counted := who.cashbackOf(month)
	if c.MonthlyCap > 0 {
		room := c.MonthlyCap - counted
		if room <= 0 {
			return fail(CashbackCap.Errorf("%d won were given for payments of %d, no more than %d are", counted, month, c.MonthlyCap))
		}
		for i := range out {
			out[i].Amount = min(out[i].Amount, room)
			room -= out[i].Amount
		}
		total = min(total, c.MonthlyCap-counted)
	}
	if total == 0 {
		return fail(NoCashback.Errorf("nothing that counts was spent with these payments"))
	}
	who = who.countCashback(month, total, int(today/100), c.Months)
	off := min(who.Owed, total)
	who.Owed -= off
	if total -= off; total == 0 {
		return out, who, from, nil, nil
	}
	from, err := from.Draw(Reward, total, now)
	if err != nil {
		return fail(err)
	}
	terms := Terms{Policy: rules.Version, Expiry: rules.expiry(from.Purpose, today), Source: Reward, Origin: from.Fund, Purpose: from.Purpose}
	return out, who, from, []Part{{Terms: terms, Amount: total}}, nil
}

// Refund says what the person owes since a payment that cashback was given of was
// refunded in part: what was given beyond the cashback of what stayed spent. What a cap
// had kept back is so taken first.
func (b CashedBack) Refund(c Cashback, paid Receipt, back Refunded) (CashedBack, int64) {
	owed := max(b.Owed, b.Amount-min(b.Amount, share(c.spent(paid, back), c.Rate))) // more may have been owed in proportion, before
	more := owed - b.Owed
	b.Owed = owed
	return b, more
}

// cashbackOf is what was given for payments of a month, won.
func (p Person) cashbackOf(month int) int64 {
	for _, c := range p.Cashback {
		if c.Month == month {
			return c.Amount
		}
	}
	return 0
}

// countCashback counts what is given, and forgets months of which none is asked for
// any more.
func (p Person) countCashback(month int, amount int64, now, months int) Person {
	var kept []Monthly
	for _, c := range p.Cashback {
		if c.Month != month && monthsBetween(c.Month, now) <= max(months, 12) {
			kept = append(kept, c)
		}
	}
	kept = append(kept, Monthly{Month: month, Amount: p.cashbackOf(month) + amount})
	p.Cashback = kept
	return p
}

// Owe notes what was given for payments of a month and is owed by a refund: it counts
// for that month no more.
func (p Person) Owe(month int, won int64) Person {
	p.Owed += won
	p.Cashback = slices.Clone(p.Cashback)
	for i, c := range p.Cashback {
		if c.Month == month {
			p.Cashback[i].Amount = max(0, c.Amount-won)
		}
	}
	return p
}

// monthsBetween is how many calendar months lie between two yyyymm.
func monthsBetween(from, to int) int { return (to/100-from/100)*12 + to%100 - from%100 }
