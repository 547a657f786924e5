// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"fmt"
	"slices"
	"strings"
)

// Use is one purpose that value may be spent for. What a use leaves open it does
// not restrict; all that it says must hold. A policy lists several where one of
// them is enough: an exception is another use.
type Use struct {
	Sources    []Source `json:"sources,omitempty"`    // only value that came to be so
	Purposes   []string `json:"purposes,omitempty"`   // of a policy's uses: only value kept for these
	Regions    []string `json:"regions,omitempty"`    // only merchants there
	Categories []string `json:"categories,omitempty"` // only merchants of these business categories
	Classes    []string `json:"classes,omitempty"`    // only merchants of these classes
	Merchants  []string `json:"merchants,omitempty"`  // only these merchants, by id
	MaxRevenue int64    `json:"maxRevenue,omitempty"` // only merchants known to take in no more a year, won
	Weekdays   []string `json:"weekdays,omitempty"`   // only on these: mon, tue, wed, thu, fri, sat, sun
	From       Day      `json:"from,omitempty"`       // not before this day
	Until      Day      `json:"until,omitempty"`      // not after this day
	BillShare  int      `json:"billShare,omitempty"`  // at most this part of the bill, basis points, shared by all value of a source that may pay the same part; needs a bill
}

// maxUses bounds the uses of a policy, and maxNamed what one of them lists.
const (
	maxUses  = 32
	maxNamed = 300
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as time.Weekday counts

func (u Use) check() error {
	for _, l := range []struct {
		what string
		ids  []string
	}{{"region", u.Regions}, {"category", u.Categories}, {"class", u.Classes}, {"merchant", u.Merchants}, {"purpose", u.Purposes}} {
		if len(l.ids) > maxNamed {
			return InvalidPolicy.Errorf("a use names %d of %s, at most %d", len(l.ids), l.what, maxNamed)
		}
		for _, id := range l.ids {
			if err := CheckID(l.what, id); err != nil {
				return err
			}
		}
	}
	for _, s := range u.Sources {
		if !slices.Contains(sources, s) {
			return InvalidPolicy.Errorf("a use is for source %.16q: %v are there", string(s), sources)
		}
	}
	for _, d := range u.Weekdays {
		if !slices.Contains(weekdays, d) {
			return InvalidPolicy.Errorf("a use is on %.16q: %s are there", d, strings.Join(weekdays, ", "))
		}
	}
	switch {
	case u.From != 0 && !u.From.Valid(), u.Until != 0 && !u.Until.Valid(), u.Until != 0 && u.Until < u.From:
		return InvalidPolicy.Errorf("a use from %d until %d: days yyyymmdd in order", u.From, u.Until)
	case u.MaxRevenue < 0 || u.MaxRevenue > MaxAmount:
		return InvalidAmount.Errorf("maxRevenue is %d won, 0 to %d is allowed", u.MaxRevenue, MaxAmount)
	case u.BillShare < 0 || u.BillShare > 10_000:
		return InvalidPolicy.Errorf("billShare %d: 0 to 10000 basis points", u.BillShare)
	}
	return nil
}

// refuses says why value may not be spent for this use; empty where it may, as
// far as the bill allows.
func (u Use) refuses(t Terms, m Merchant, today Day) Refusal {
	in := func(all []string, one string) bool { return len(all) == 0 || slices.Contains(all, one) }
	switch {
	case len(u.Sources) > 0 && !slices.Contains(u.Sources, t.Source):
		return Refusal("for " + joined(u.Sources) + " only, not " + string(t.Source))
	case !in(u.Purposes, t.Purpose):
		return Refusal("for value kept for " + strings.Join(u.Purposes, " and ") + " only")
	case !in(u.Merchants, m.ID):
		return "not for this merchant"
	case !in(u.Regions, m.Region):
		return Refusal("not for region " + m.Region)
	case !in(u.Categories, m.Category):
		return Refusal("not for category " + m.Category)
	case !in(u.Classes, m.Class):
		return Refusal(fmt.Sprintf("not for class %q", m.Class))
	case u.MaxRevenue > 0 && m.Revenue == 0:
		return Refusal(fmt.Sprintf("for merchants up to %d won a year, this one's revenue is not known", u.MaxRevenue))
	case u.MaxRevenue > 0 && m.Revenue > u.MaxRevenue:
		return Refusal(fmt.Sprintf("for merchants up to %d won a year, this one takes in %d", u.MaxRevenue, m.Revenue))
	case !in(u.Weekdays, weekdays[today.weekday()]):
		return Refusal("not on " + weekdays[today.weekday()])
	case u.From > today:
		return Refusal("not before " + u.From.String())
	case u.Until != 0 && u.Until < today:
		return Refusal("not after " + u.Until.String())
	}
	return ""
}

func joined(all []Source) string {
	text := make([]string, len(all))
	for i, s := range all {
		text[i] = string(s)
	}
	return strings.Join(text, " and ")
}

// admits says what part of a bill value under this policy may pay at a merchant
// on a day, in basis points, or why none, whatever it is kept for.
func (p Policy) admits(t Terms, m Merchant, today Day) (part int, why Refusal) {
	if why := p.accepts(m); why != "" {
		return 0, why
	}
	if len(p.Uses) == 0 {
		return 10_000, ""
	}
	return anyOf(p.Uses, t, m, today)
}

// anyOf says what part of a bill value may pay where one of several uses is enough.
func anyOf(uses []Use, t Terms, m Merchant, today Day) (part int, why Refusal) {
	var refused []string
	for _, u := range uses {
		why := u.refuses(t, m, today)
		switch {
		case why != "":
			refused = append(refused, string(why))
		case u.BillShare == 0:
			return 10_000, ""
		default:
			part = max(part, u.BillShare)
		}
	}
	if part == 0 {
		slices.Sort(refused)
		return 0, Refusal(strings.Join(slices.Compact(refused), "; or "))
	}
	return part, ""
}
