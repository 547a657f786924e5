// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// keptFor is a part that is kept for a purpose.
func keptFor(purpose string, p currency.Part) currency.Part {
	p.Purpose = purpose
	return p
}

// Every kind of restriction, and combinations, bind the bucket that is kept for the
// purpose; value beside it, of the same policy, source and fund, is free.
func TestPurposes(t *testing.T) {
	social := func(m *currency.Merchant) { m.Class, m.Revenue = "social", 2_000_000_000 }
	for _, tc := range []struct {
		name  string
		uses  []currency.Use
		shop  func(*currency.Merchant)
		bill  int64
		most  int64 // of 1,000 won kept for it and 500 that are free, what may be used
		keeps string
	}{
		{"category", []currency.Use{{Categories: []string{"food"}}}, nil, 0, 1_500, ""},
		{"another category", []currency.Use{{Categories: []string{"books"}}}, nil, 0, 500, "1000 kept for meals: not for category food"},
		{"region", []currency.Use{{Regions: []string{"11350"}}}, nil, 0, 1_500, ""},
		{"another region", []currency.Use{{Regions: []string{"41570"}}}, nil, 0, 500, "1000 kept for meals: not for region 11350"},
		{"merchants", []currency.Use{{Merchants: []string{"mill", "bakery"}}}, nil, 0, 1_500, ""},
		{"other merchants", []currency.Use{{Merchants: []string{"mill"}}}, nil, 0, 500, "1000 kept for meals: not for this merchant"},
		{"class", []currency.Use{{Classes: []string{"social"}}}, social, 0, 1_500, ""},
		{"another class", []currency.Use{{Classes: []string{"social"}}}, nil, 0, 500, `1000 kept for meals: not for class ""`},
		{"small shops", []currency.Use{{MaxRevenue: 3_000_000_000}}, social, 0, 1_500, ""},
		{"smaller shops", []currency.Use{{MaxRevenue: 1_000_000_000}}, social, 0, 500, "this one takes in 2000000000"},
		{"on Mondays", []currency.Use{{Weekdays: []string{"mon"}}}, nil, 0, 1_500, ""},
		{"at weekends", []currency.Use{{Weekdays: []string{"sat", "sun"}}}, nil, 0, 500, "1000 kept for meals: not on mon"},
		{"from today until today", []currency.Use{{From: today, Until: today}}, nil, 0, 1_500, ""},
		{"from tomorrow", []currency.Use{{From: today.After(1)}}, nil, 0, 500, "1000 kept for meals: not before 2026-03-03"},
		{"until yesterday", []currency.Use{{Until: today.After(-1)}}, nil, 0, 500, "1000 kept for meals: not after 2026-03-01"},
		{"a share of a bill", []currency.Use{{BillShare: 3_000}}, nil, 2_000, 1_100, "400 kept for meals: beyond 30% of the bill of 2000 won"},
		{"a share of no bill", []currency.Use{{BillShare: 3_000}}, nil, 0, 500, "1000 kept for meals: for 30% of a bill, and none is named"},
		{"all of it at once", []currency.Use{{Categories: []string{"food"}, Regions: []string{"11350"}, Merchants: []string{"bakery"}, Classes: []string{"social"}, Weekdays: []string{"mon"}, Until: today, BillShare: 3_000}}, social, 2_000, 1_100, "400 kept for meals: beyond 30%"},
		{"all of it but one", []currency.Use{{Categories: []string{"food"}, Regions: []string{"11350"}, Merchants: []string{"bakery"}, Classes: []string{"health"}}}, social, 0, 500, `kept for meals: not for class "social"`},
		{"one of several", []currency.Use{{Categories: []string{"books"}}, {Weekdays: []string{"mon"}, Regions: []string{"11350"}}}, nil, 0, 1_500, ""},
		{"none of several", []currency.Use{{Categories: []string{"books"}}, {Weekdays: []string{"sun"}}}, nil, 0, 500, "kept for meals: not for category food; or not on mon"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, p := goodMerchant(), goodPolicy()
			p.Purposes = []currency.Purpose{{ID: "meals", Uses: tc.uses}}
			wantCode(t, p.Validate(), nil)
			if tc.shop != nil {
				tc.shop(&m)
			}
			free := part(1, 0, currency.Benefit, "welfare", 500)
			kept := keptFor("meals", part(1, 0, currency.Benefit, "welfare", 1_000))
			b, at, rules := purse(t, free, kept), currency.Till{Merchant: m}, currency.Policies{1: p}
			o := payment(tc.most)
			if tc.bill > 0 {
				o.Bill, o.Ref = tc.bill, "bill-7"
			}
			done, err := o.Decide(b, at, p, rules, today)
			wantCode(t, err, nil)
			if done.Left.Total() != 1_500-tc.most || !slices.Contains(done.Used, free) {
				t.Errorf("used %v, left %v", done.Used, done.Left)
			}
			o.Amount++
			_, err = o.Decide(b, at, p, rules, today)
			wantCode(t, err, currency.InsufficientFunds)
			if !strings.Contains(err.Error(), tc.keeps) {
				t.Errorf("%v does not say %q", err, tc.keeps)
			}
			for _, w := range o.Quote(b, at, p, rules, today).Kept {
				if w.Terms != kept.Terms || w.Amount != 1_500-tc.most || !strings.Contains(w.Why, "kept for meals") {
					t.Errorf("the quote keeps %+v", w)
				}
			}
		})
	}
}

// What the policy says of all its value holds for what is kept for a purpose as
// well, shares of a bill included; its uses may except a purpose.
func TestPurposeNarrowsThePolicy(t *testing.T) {
	p := goodPolicy()
	p.Uses = []currency.Use{{BillShare: 5_000, Purposes: []string{"meals", "books"}}, {Sources: []currency.Source{currency.Principal}}}
	p.Purposes = []currency.Purpose{
		{ID: "meals", Uses: []currency.Use{{BillShare: 4_000}}}, {ID: "books", Uses: []currency.Use{{Categories: []string{"food"}}}},
	}
	wantCode(t, p.Validate(), nil)
	meals, books := keptFor("meals", part(1, 2026_06_01, currency.Benefit, "welfare", 9_000)), keptFor("books", part(1, 2026_07_01, currency.Benefit, "welfare", 9_000))
	free := part(1, 0, currency.Benefit, "welfare", 9_000)
	b, rules, at := purse(t, meals, books, free), currency.Policies{1: p}, currency.Till{Merchant: goodMerchant()}
	o := payment(3_000)
	o.Bill, o.Ref = 10_000, "bill-1"
	done, err := o.Decide(b, at, p, rules, today)
	wantCode(t, err, nil)
	at.Before = *done.Bill

	// 3,000 of meals are paid: 1,000 more of them, and another 1,000 of books, until half the bill is.
	o.Amount = 2_001
	q := o.Quote(done.Left, at, p, rules, today)
	if q.Most != 2_000 || q.Code != "INSUFFICIENT_FUNDS" {
		t.Fatalf("%+v", q)
	}
	for _, says := range []string{"5000 kept for meals: beyond 40% of the bill of 10000 won", "8000 beyond 50% of the bill of 10000 won", "9000 for principal only, not benefit; or for value kept for meals and books only"} {
		if !strings.Contains(q.Detail, says) {
			t.Errorf("%s does not say %q", q.Detail, says)
		}
	}
	o.Amount = 2_000
	done, err = o.Decide(done.Left, at, p, rules, today)
	wantCode(t, err, nil)
	want := []currency.PaidUnder{{Policy: 1, Source: currency.Benefit, Purpose: "meals", Part: 5_000, Amount: 4_000}, {Policy: 1, Source: currency.Benefit, Purpose: "books", Part: 5_000, Amount: 1_000}}
	if !slices.Equal(done.Bill.Limited, want) {
		t.Errorf("the bill says %+v", done.Bill.Limited)
	}
	at.Before, o.Amount = *done.Bill, 1
	_, err = o.Decide(done.Left, at, p, rules, today)
	wantCode(t, err, currency.InsufficientFunds)
}

// Value of one source that the policy lets pay different parts of a bill shares
// none: whatever lies first in the purse, and in one payment as in several.
func TestPartsOfABillStandApart(t *testing.T) {
	books, free := keptFor("books", part(1, 2026_06_01, currency.Benefit, "welfare", 9_000)), part(1, 0, currency.Benefit, "welfare", 9_000)
	early := part(1, 2026_05_01, currency.Benefit, "welfare", 9_000)
	for name, c := range map[string]struct {
		uses     []currency.Use
		holds    []currency.Part
		payments []int64 // of a bill of 10,000 won
		want     *code.Code
	}{
		"the smaller part holds behind the larger":    {[]currency.Use{{BillShare: 3_000}, {BillShare: 5_000, Purposes: []string{"books"}}}, []currency.Part{small(books, 1_000), free}, []int64{4_001}, currency.InsufficientFunds},
		"up to where it ends":                         {[]currency.Use{{BillShare: 3_000}, {BillShare: 5_000, Purposes: []string{"books"}}}, []currency.Part{small(books, 1_000), free}, []int64{4_000}, nil},
		"the larger holds behind the smaller":         {[]currency.Use{{BillShare: 3_000}, {BillShare: 5_000, Purposes: []string{"books"}}}, []currency.Part{early, books}, []int64{8_000}, nil},
		"and no further":                              {[]currency.Use{{BillShare: 3_000}, {BillShare: 5_000, Purposes: []string{"books"}}}, []currency.Part{early, books}, []int64{8_000, 1}, currency.InsufficientFunds},
		"what is not limited takes nothing of it":     {[]currency.Use{{BillShare: 3_000}, {Purposes: []string{"books"}}}, []currency.Part{small(books, 5_000), free}, []int64{5_000, 3_000}, nil},
		"in one payment as in two":                    {[]currency.Use{{BillShare: 3_000}, {Purposes: []string{"books"}}}, []currency.Part{small(books, 5_000), free}, []int64{8_000}, nil},
		"nor does it give any room beyond that":       {[]currency.Use{{BillShare: 3_000}, {Purposes: []string{"books"}}}, []currency.Part{small(books, 5_000), free}, []int64{5_000, 3_001}, currency.InsufficientFunds},
		"what was noted without a part counts always": {[]currency.Use{{BillShare: 3_000}}, []currency.Part{free}, []int64{0, 1}, currency.InsufficientFunds},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.Uses, p.Purposes = c.uses, []currency.Purpose{{ID: "books", Uses: []currency.Use{{}}}}
			wantCode(t, p.Validate(), nil)
			b, at := purse(t, c.holds...), currency.Till{Merchant: goodMerchant()}
			for i, won := range c.payments {
				if won == 0 { // paid before parts were noted
					at.Before = currency.Bill{Amount: 10_000, Paid: 3_000, Limited: []currency.PaidUnder{{Policy: 1, Source: currency.Benefit, Amount: 3_000}}}
					continue
				}
				o := payment(won)
				o.Bill, o.Ref = 10_000, "bill-1"
				done, err := o.Decide(b, at, p, currency.Policies{1: p}, today)
				if i < len(c.payments)-1 {
					wantCode(t, err, nil)
					b, at.Before = done.Left, *done.Bill
					continue
				}
				wantCode(t, err, c.want)
			}
		})
	}
}

func small(p currency.Part, won int64) currency.Part {
	p.Amount = won
	return p
}

// Each bucket may be used as if it were the only one: with any purposes in one
// purse, a payment takes all that each on its own could give, and no more.
func TestPurposesDoNotTouchEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string, of ...string) []string {
			return rapid.SampledFrom([][]string{nil, nil, of[:1], of[1:], of}).Draw(t, label)
		}
		p := goodPolicy()
		names := []string{"a", "b", "c"}
		for _, id := range names {
			one := currency.Purpose{ID: id}
			for range rapid.IntRange(1, 3).Draw(t, "uses") {
				one.Uses = append(one.Uses, currency.Use{
					Regions: some("regions", "11350", "41570"), Categories: some("categories", "food", "books"), Merchants: some("merchants", "bakery", "mill"),
					Weekdays: some("days", "mon", "sun"), Sources: rapid.SampledFrom([][]currency.Source{nil, {currency.Benefit}}).Draw(t, "sources"),
					Until: rapid.SampledFrom([]currency.Day{0, today, today.After(-1)}).Draw(t, "until"),
				})
			}
			p.Purposes = append(p.Purposes, one)
		}
		wantCode(t, p.Validate(), nil)
		m, rules := goodMerchant(), currency.Policies{1: p}
		if rapid.Bool().Draw(t, "elsewhere") {
			p.Regions = nil
			rules[1], m.Region = p, "41570"
		}
		at := currency.Till{Merchant: m}
		var all currency.Buckets
		var parts []currency.Part
		var alone int64
		for _, id := range append(names, "") {
			one := keptFor(id, part(1, rapid.SampledFrom([]currency.Day{0, today, today.After(-1)}).Draw(t, "expiry"), rapid.SampledFrom([]currency.Source{currency.Benefit, currency.Reward}).Draw(t, "source"), "welfare", rapid.Int64Range(1, 1_000).Draw(t, "won")))
			parts = append(parts, one)
			alone += payment(1).Quote(purse(t, one), at, p, rules, today).Most
		}
		all = purse(t, parts...)
		o := payment(max(1, alone))
		q := o.Quote(all, at, p, rules, today)
		var kept int64
		for _, w := range q.Kept {
			kept += w.Amount
		}
		if q.Most != alone || q.Most+kept != all.Total() {
			t.Fatalf("%d won alone, %d together, %d of %d kept", alone, q.Most, kept, all.Total())
		}
		done, err := o.Decide(all, at, p, rules, today)
		if alone == 0 {
			wantCode(t, err, currency.InsufficientFunds)
			return
		}
		wantCode(t, err, nil)
		for _, u := range done.Used {
			if payment(1).Quote(purse(t, u), at, p, rules, today).Most != u.Amount {
				t.Fatalf("%+v was used, which may not be", u)
			}
		}
		wellFormed(t, done.Left)
		if done.Left.Total() != kept {
			t.Fatalf("%d won are left, %d were kept", done.Left.Total(), kept)
		}
	})
}

// An issue for a purpose has its last day, and none for a purpose that is not there.
func TestIssueForAPurpose(t *testing.T) {
	p := goodPolicy()
	p.Purposes = []currency.Purpose{{ID: "relief", Uses: []currency.Use{{}}, Validity: &currency.Validity{Until: 2026_08_31}}}
	r := currency.Run{Unit: p.Unit, Source: currency.Benefit, Fund: "welfare", Purpose: "relief"}
	parts, err := r.Issue(currency.Row{To: alice.account, Amount: 5_000}, currency.Holder{DID: alice.did, Status: currency.Active}, p, today, 0)
	wantCode(t, err, nil)
	if want := keptFor("relief", part(1, 2026_08_31, currency.Benefit, "welfare", 5_000)); !slices.Equal(parts, []currency.Part{want}) {
		t.Errorf("issued %+v, want %+v", parts, want)
	}
	_, err = r.Issue(currency.Row{To: alice.account, Amount: 5_000}, currency.Holder{DID: alice.did, Status: currency.Active}, p, 2026_09_01, 0)
	wantCode(t, err, currency.PolicyExpired)
	wantCode(t, p.CheckIssuable("", 2026_09_01), nil)
	wantCode(t, p.CheckIssuable("rent", today), currency.PurposeUnknown)
	r.Purpose = "rent"
	_, _, err = r.Open(p, currency.Funding{}, time.Time{})
	wantCode(t, err, currency.PurposeUnknown)
	_, _, _, err = currency.Allotment{Unit: p.Unit, Tranches: 1, Purpose: "rent"}.Open(p, currency.Appropriation{}, noon(today))
	wantCode(t, err, currency.PurposeUnknown)
}

func TestPurposeForm(t *testing.T) {
	good := currency.Purpose{ID: "meals", Uses: []currency.Use{{}}}
	for name, tc := range map[string]struct {
		malleate func(*currency.Policy)
		want     *code.Code
	}{
		"good":           {func(*currency.Policy) {}, nil},
		"id":             {func(p *currency.Policy) { p.Purposes[0].ID = "a/b" }, currency.InvalidID},
		"twice":          {func(p *currency.Policy) { p.Purposes = append(p.Purposes, good) }, currency.InvalidPolicy},
		"no use":         {func(p *currency.Policy) { p.Purposes[0].Uses = nil }, currency.InvalidPolicy},
		"many uses":      {func(p *currency.Policy) { p.Purposes[0].Uses = make([]currency.Use, 33) }, currency.InvalidPolicy},
		"many":           {func(p *currency.Policy) { p.Purposes = make([]currency.Purpose, 33) }, currency.InvalidPolicy},
		"bad use":        {func(p *currency.Policy) { p.Purposes[0].Uses = []currency.Use{{BillShare: -1}} }, currency.InvalidPolicy},
		"of a purpose":   {func(p *currency.Policy) { p.Purposes[0].Uses = []currency.Use{{Purposes: []string{"meals"}}} }, currency.InvalidPolicy},
		"validity":       {func(p *currency.Policy) { p.Purposes[0].Validity = &currency.Validity{Days: -1} }, currency.InvalidPolicy},
		"unknown in use": {func(p *currency.Policy) { p.Uses = []currency.Use{{Purposes: []string{"rent"}}} }, currency.InvalidPolicy},
		"of a way": {func(p *currency.Policy) {
			p.Into = []currency.Way{{Program: "cafe", Rate: 1, Purposes: []string{"meals"}}}
		}, nil},
		"unknown in way": {func(p *currency.Policy) {
			p.Into = []currency.Way{{Program: "cafe", Rate: 1, Purposes: []string{"rent"}}}
		}, currency.InvalidPolicy},
		"for a way":      {func(p *currency.Policy) { p.From = []currency.Way{{Program: "cafe", Rate: 1, Purpose: "meals"}} }, nil},
		"unknown for it": {func(p *currency.Policy) { p.From = []currency.Way{{Program: "cafe", Rate: 1, Purpose: "rent"}} }, currency.InvalidPolicy},
		"who gives":      {func(p *currency.Policy) { p.Into = []currency.Way{{Program: "cafe", Rate: 1, Purpose: "meals"}} }, currency.InvalidPolicy},
		"cash in days": {func(p *currency.Policy) {
			p.Validity, p.CashRefund = currency.Validity{Months: 1}, &currency.CashRefund{Days: 7}
			p.Purposes[0].Validity = &currency.Validity{Until: 2026_08_31}
		}, currency.InvalidPolicy},
	} {
		p := goodPolicy()
		p.Purposes = []currency.Purpose{{ID: "meals", Uses: slices.Clone(good.Uses)}}
		tc.malleate(&p)
		t.Run(name, func(t *testing.T) { wantCode(t, p.Validate(), tc.want) })
	}
}
