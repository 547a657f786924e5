// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// A whole day of the calendar lies between the last day and the first sweep,
// unless the policy of the value says otherwise.
func TestLapsed(t *testing.T) {
	for name, tc := range map[string]struct {
		expiry currency.Day
		now    string // Korean time
		grace  int
		want   bool
	}{
		"never":                      {0, "2999-12-31 00:00", 0, false},
		"on its last day":            {2026_12_31, "2026-12-31 23:59", 0, false},
		"on the day of grace":        {2026_12_31, "2027-01-01 23:59", 0, false},
		"on the day after":           {2026_12_31, "2027-01-02 00:00", 0, true},
		"leap day, day of grace":     {2028_02_28, "2028-02-29 12:00", 0, false},
		"leap day, the day after":    {2028_02_28, "2028-03-01 00:00", 0, true},
		"years later":                {2026_03_01, "2031-01-01 00:00", 0, true},
		"long before":                {2026_12_31, "2026-01-01 00:00", 0, false},
		"half an hour, before it":    {2026_12_31, "2027-01-01 00:29", 30, false},
		"half an hour, at its end":   {2026_12_31, "2027-01-01 00:30", 30, true},
		"a week, on its last minute": {2026_12_31, "2027-01-07 23:59", 7 * 1440, false},
		"a week, over":               {2026_12_31, "2027-01-08 00:00", 7 * 1440, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := calendarAt(t, tc.now, tc.grace).Lapsed(currency.Terms{Policy: 1, Expiry: tc.expiry}); got != tc.want {
				t.Errorf("expiry %s at %s: %t", tc.expiry, tc.now, got)
			}
		})
	}
}

// calendarAt is a calendar at a moment of Korean time, policy 1 of that grace.
func calendarAt(t *testing.T, now string, grace int) currency.Calendar {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04 -07:00", now+" +09:00")
	if err != nil {
		t.Fatal(err)
	}
	p := goodPolicy()
	p.Grace.Lapse = grace
	return currency.Calendar{Program: currency.Program{Zone: "+09:00"}, Policies: currency.Policies{1: p}, Now: at}
}

func TestLapseOfPurseAndCredit(t *testing.T) {
	late, early, muchLater := calendarAt(t, "2026-02-02 00:00", 0), calendarAt(t, "2026-02-01 23:59", 0), calendarAt(t, "2027-02-02 00:00", 0)
	old, fresh, ever := currency.Terms{Policy: 1, Expiry: 2026_01_31, Source: currency.Benefit, Origin: "budget"},
		currency.Terms{Policy: 1, Expiry: 2026_12_31, Source: currency.Principal, Origin: "bought"},
		currency.Terms{Policy: 1, Source: currency.Reward, Origin: "budget"}
	before := currency.Purse{Seq: 7, Buckets: currency.Buckets{{Terms: old, Face: 9, Left: 5}, {Terms: fresh, Face: 4, Left: 3}, {Terms: ever, Face: 2, Left: 2}}}
	after, lapsed, err := before.Lapse(late)
	wantCode(t, err, nil)
	if after.Seq != 7 || after.Buckets.Total() != 5 || len(after.Buckets) != 2 {
		t.Errorf("left %+v", after)
	}
	if !slices.Equal(lapsed, []currency.Part{{Terms: old, Amount: 5}}) {
		t.Errorf("lapsed %+v", lapsed)
	}
	_, _, err = after.Lapse(late)
	wantCode(t, err, currency.NothingLapsed)
	_, _, err = before.Lapse(early)
	wantCode(t, err, currency.NothingLapsed)

	credit := currency.Credit{Kind: currency.CreditGift, Parts: []currency.Part{{Terms: old, Amount: 5}, {Terms: fresh, Amount: 3}}}
	rest, lapsed, err := credit.Lapse(late)
	wantCode(t, err, nil)
	if currency.Total(lapsed) != 5 || currency.Total(rest.Parts) != 3 {
		t.Errorf("lapsed %+v, rest %+v", lapsed, rest)
	}
	if rest, _, err = credit.Lapse(muchLater); err != nil || len(rest.Parts) != 0 {
		t.Errorf("all of it: %+v, %v", rest, err)
	}
	_, _, err = currency.Credit{}.Lapse(muchLater)
	wantCode(t, err, currency.NothingLapsed)
}

func TestAbsorb(t *testing.T) {
	budget := currency.Appropriation{ID: "b", Fund: "budget", Amount: 100, Left: 10, Approved: true, Year: 2026}
	back := func(amount int64, day currency.Day, in string) currency.FundReturn {
		return currency.FundReturn{Fund: "budget", Amount: amount, Day: day, Appropriation: in}
	}
	for name, tc := range map[string]struct {
		change  func(*currency.Appropriation)
		returns []currency.FundReturn
		want    *code.Code
		left    int64
	}{
		"of its year":     {nil, []currency.FundReturn{back(5, 2026_01_01, ""), back(7, 2026_12_31, "")}, nil, 22},
		"of another year": {nil, []currency.FundReturn{back(5, 2026_01_01, ""), back(7, 2027_01_01, "")}, currency.FiscalYear, 0},
		"of any year":     {func(a *currency.Appropriation) { a.Year = 0 }, []currency.FundReturn{back(7, 2027_01_01, "")}, nil, 17},
		"absorbed before": {nil, []currency.FundReturn{back(5, 2026_01_01, "a")}, currency.ReturnAbsorbed, 0},
		"not approved":    {func(a *currency.Appropriation) { a.Approved = false }, []currency.FundReturn{back(5, 2026_01_01, "")}, currency.AppropriationState, 0},
		"beyond all":      {nil, []currency.FundReturn{back(currency.MaxAmount, 2026_01_01, "")}, currency.InvalidAmount, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := budget
			if tc.change != nil {
				tc.change(&a)
			}
			got, absorbed, err := a.Absorb(tc.returns)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if got.Left != tc.left {
				t.Errorf("left %d, want %d", got.Left, tc.left)
			}
			for _, r := range absorbed {
				if r.Appropriation != "b" {
					t.Errorf("absorbed %+v", r)
				}
			}
		})
	}
}
