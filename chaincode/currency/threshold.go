// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"time"
)

// Pattern is a way of using money that may be fraud.
type Pattern string

// The patterns.
const (
	RoundPayments    Pattern = "round"    // many round payments at one shop: value turned into cash
	RepeatedPayments Pattern = "repeated" // the same payer at the same shop again and again
	RingOfGifts      Pattern = "ring"     // gifts in a ring, in whatever order they were made: caps passed around
)

// Patterns lists them.
var Patterns = []Pattern{RoundPayments, RepeatedPayments, RingOfGifts}

// Threshold is from where on a municipality wants to be shown a pattern. Round and
// repeated payments reach it by their number or by what they come to; a ring by being
// one. Payments count as they were made: what was refunded later stays seen.
type Threshold struct {
	Name     string  `json:"name"` // by which cases refer to it
	Pattern  Pattern `json:"pattern"`
	Hours    int     `json:"hours"`              // window: from the first to the last it is less, 1 to 2208
	Count    int     `json:"count,omitempty"`    // of payments: this many or more, 2 to 64; a case can name so many
	Won      int64   `json:"won,omitempty"`      // of payments: or this much together; 0 is no such limit
	Least    int64   `json:"least,omitempty"`    // smaller payments and gifts do not count, won
	Multiple int64   `json:"multiple,omitempty"` // of round payments: only multiples of it count, won
	Accounts int     `json:"accounts,omitempty"` // of a ring: at most so many accounts, 2 to 8
	From     Day     `json:"from,omitempty"`     // earlier payments and gifts do not count; 0 is always
	Until    Day     `json:"until,omitempty"`    // later ones do not; 0 is for ever
}

// Bounds of thresholds.
const (
	maxThresholds    = 32
	MaxWindowHours   = 92 * 24
	MaxRing          = 8
	minRing, minSeen = 2, 2
)

func checkThresholds(all []Threshold) error {
	if len(all) > maxThresholds {
		return InvalidPolicy.Errorf("%d thresholds, at most %d", len(all), maxThresholds)
	}
	for i, t := range all {
		if err := t.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(all[:i], func(o Threshold) bool { return o.Name == t.Name }) {
			return InvalidPolicy.Errorf("two thresholds are named %s", t.Name)
		}
	}
	return nil
}

func (t Threshold) check() error {
	if err := CheckID("name of a threshold", t.Name); err != nil {
		return err
	}
	wrong := func(format string, args ...any) error {
		return InvalidPolicy.Errorf("threshold "+t.Name+": "+format, args...)
	}
	switch {
	case !slices.Contains(Patterns, t.Pattern):
		return wrong("pattern %.16q is none of %v", string(t.Pattern), Patterns)
	case t.Hours < 1 || t.Hours > MaxWindowHours:
		return wrong("a window of %d hours: 1 to %d", t.Hours, MaxWindowHours)
	case t.Won < 0 || t.Won > MaxAmount || t.Least < 0 || t.Least > MaxAmount || t.Multiple < 0 || t.Multiple > MaxAmount:
		return InvalidAmount.Errorf("threshold %s: won %d, least %d, multiple %d: 0 to %d", t.Name, t.Won, t.Least, t.Multiple, MaxAmount)
	case !inOrder(t.From, t.Until):
		return wrong("from %d until %d: days yyyymmdd in order", t.From, t.Until)
	case t.Pattern == RingOfGifts && (t.Accounts < minRing || t.Accounts > MaxRing):
		return wrong("a ring of up to %d accounts: %d to %d", t.Accounts, minRing, MaxRing)
	case t.Pattern == RingOfGifts && (t.Count != 0 || t.Won != 0 || t.Multiple != 0):
		return wrong("a ring has neither count, won nor multiple: its gifts each count from least on")
	case t.Pattern != RingOfGifts && (t.Count < minSeen || t.Count > MaxCaseReceipts):
		return wrong("count %d: %d to %d", t.Count, minSeen, MaxCaseReceipts)
	case t.Pattern != RingOfGifts && t.Accounts != 0:
		return wrong("only a ring has accounts")
	case t.Pattern == RoundPayments && t.Multiple < 2:
		return wrong("round payments are multiples of at least 2 won, not of %d", t.Multiple)
	case t.Pattern == RepeatedPayments && t.Multiple != 0:
		return wrong("only round payments have a multiple")
	}
	return nil
}

// inOrder reports whether two days bound a period; 0 leaves a side open.
func inOrder(from, until Day) bool {
	return (from == 0 || from.Valid()) && (until == 0 || until.Valid() && until >= from)
}

// Window is what Hours comes to, in seconds.
func (t Threshold) Window() int64 { return int64(t.Hours) * 60 * 60 }

// Counts reports whether the threshold looks at a payment or gift.
func (t Threshold) Counts(s Seen) bool {
	return s.Gift == (t.Pattern == RingOfGifts) && s.Amount >= max(t.Least, 1) && (t.Multiple == 0 || s.Amount%t.Multiple == 0) &&
		t.From <= s.Day && (t.Until == 0 || s.Day <= t.Until)
}

// Reached reports whether so many payments of so much together reach the threshold.
func (t Threshold) Reached(count int, won int64) bool {
	return count >= t.Count || t.Won > 0 && won >= t.Won
}

// Seen is a payment or gift as thresholds look at it.
type Seen struct {
	Receipt ReceiptName `json:"receipt"`
	At      int64       `json:"at"`             // Unix seconds
	Day     Day         `json:"day"`            // of the programme's calendar
	Amount  int64       `json:"amount"`         // won
	From    string      `json:"from"`           // account that paid or gave
	To      string      `json:"to"`             // merchant id; of a gift the account that was given to
	Gift    bool        `json:"gift,omitempty"` // not a payment
}

// Seen is the receipt as thresholds look at it: of a payment, of what a shop captured
// of a hold, or of a gift. shop is the merchant id of the receipt's own account, if
// it is a shop's. ok is false for receipts of anything else.
func (r Receipt) Seen(name ReceiptName, shop string, p Program) (s Seen, ok bool) {
	s = Seen{Receipt: name, At: r.At, Day: p.Today(time.Unix(r.At, 0)), Amount: r.Amount, From: name.Holder, To: r.To}
	switch r.Kind {
	case KindPayment:
	case KindCapture:
		if r.Payment == nil || shop == "" {
			return s, false
		}
		s.From, s.To = r.Payment.Holder, shop
	case KindGift:
		s.Gift = true
	default:
		return s, false
	}
	return s, true
}

// Concerns reports whether an account, which may be a shop's, has a part in it.
func (s Seen) Concerns(account, merchant string) bool {
	return s.From == account || s.Gift && s.To == account || !s.Gift && merchant != "" && s.To == merchant
}

// Figures are what was found, to be held against the threshold.
type Figures struct {
	Count int   `json:"count"` // payments, or gifts that make the ring
	Won   int64 `json:"won"`   // of them together
	First int64 `json:"first"` // Unix seconds
	Last  int64 `json:"last"`  // Unix seconds
}

// Measure holds evidence against the threshold: it must reach it by itself, all within
// one window, of one payer and shop, at one shop, or as one ring. It returns
// THRESHOLD_UNMET.
func (t Threshold) Measure(evidence []Seen) (Figures, error) {
	unmet := func(format string, args ...any) (Figures, error) {
		return Figures{}, ThresholdUnmet.Errorf("threshold "+t.Name+": "+format, args...)
	}
	if len(evidence) == 0 {
		return unmet("no receipt is named")
	}
	f := Figures{First: evidence[0].At, Last: evidence[0].At}
	named := map[ReceiptName]bool{}
	for _, s := range evidence {
		switch first := evidence[0]; {
		case named[s.Receipt]:
			return unmet("receipt %s is named twice", s.Receipt)
		case !t.Counts(s):
			return unmet("receipt %s over %d won on %s does not count", s.Receipt, s.Amount, s.Day)
		case t.Pattern != RingOfGifts && s.To != first.To:
			return unmet("receipts %s and %s are of shops %s and %s", first.Receipt, s.Receipt, first.To, s.To)
		case t.Pattern == RepeatedPayments && s.From != first.From:
			return unmet("receipts %s and %s are of two payers", first.Receipt, s.Receipt)
		}
		named[s.Receipt] = true
		f.Count++
		f.First, f.Last = min(f.First, s.At), max(f.Last, s.At)
		var err error
		if f.Won, err = sum("what the receipts come to", f.Won, s.Amount); err != nil {
			return f, err
		}
	}
	switch {
	case f.Last-f.First >= t.Window():
		return unmet("from the first to the last are %d seconds, less than %d are a window", f.Last-f.First, t.Window())
	case t.Pattern == RingOfGifts:
		if n := ring(evidence); n != len(evidence) || n > t.Accounts {
			return unmet("%d gifts are no ring of %d to %d accounts", len(evidence), minRing, t.Accounts)
		}
	case !t.Reached(f.Count, f.Won):
		return unmet("%d payments of %d won together; %d, or %d won, reach it", f.Count, f.Won, t.Count, t.Won)
	}
	return f, nil
}

// ring is how many gifts lead from the first giver back to it, each account giving
// and given to once; 0 where they do not.
func ring(gifts []Seen) int {
	next := map[string]string{}
	for _, g := range gifts {
		if _, twice := next[g.From]; twice {
			return 0
		}
		next[g.From] = g.To
	}
	start := gifts[0].From
	for n, at := 1, next[start]; n <= len(gifts); n, at = n+1, next[at] {
		if at == start {
			return n
		}
	}
	return 0
}
