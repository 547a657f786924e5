// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// One purse, many purposes: what may be used where, and what the refusal says.
func TestUses(t *testing.T) {
	billed := func(bill int64) func(*currency.Payment) {
		return func(o *currency.Payment) { o.Bill, o.Ref = bill, "bill-7" }
	}
	small := currency.Use{MaxRevenue: 3_000_000_000}
	for _, tc := range []struct {
		name   string
		source currency.Source
		uses   []currency.Use
		shop   func(*currency.Merchant)
		order  func(*currency.Payment)
		want   *code.Code
		says   string
	}{
		{"no uses", currency.Benefit, nil, nil, nil, nil, ""},
		{"this merchant", currency.Benefit, []currency.Use{{Merchants: []string{"bakery"}}}, nil, nil, nil, ""},
		{"another merchant", currency.Benefit, []currency.Use{{Merchants: []string{"mill"}}}, nil, nil, currency.InsufficientFunds, "1000 not for this merchant"},
		{"a class", currency.Benefit, []currency.Use{{Classes: []string{"social"}}}, func(m *currency.Merchant) { m.Class = "social" }, nil, nil, ""},
		{"another class", currency.Benefit, []currency.Use{{Classes: []string{"social"}}}, nil, nil, currency.InsufficientFunds, `not for class ""`},
		{"3 bn won a year", currency.Principal, []currency.Use{small}, func(m *currency.Merchant) { m.Revenue = 3_000_000_000 }, nil, nil, ""},
		{"a won above", currency.Principal, []currency.Use{small}, func(m *currency.Merchant) { m.Revenue = 3_000_000_001 }, nil, currency.InsufficientFunds, "this one takes in 3000000001"},
		{"revenue not known", currency.Principal, []currency.Use{small}, nil, nil, currency.InsufficientFunds, "not known"},
		{"welfare money above", currency.Benefit, []currency.Use{small, {Sources: []currency.Source{currency.Benefit}}}, func(m *currency.Merchant) { m.Revenue = 9_000_000_000 }, nil, nil, ""},
		{"bought money not", currency.Principal, []currency.Use{small, {Sources: []currency.Source{currency.Benefit}}}, func(m *currency.Merchant) { m.Revenue = 9_000_000_000 }, nil, currency.InsufficientFunds, "for benefit only, not principal; or for merchants up to 3000000000 won"},
		{"an island excepted", currency.Principal, []currency.Use{small, {Regions: []string{"11350"}}}, func(m *currency.Merchant) { m.Revenue = 9_000_000_000 }, nil, nil, ""},
		{"on a Monday", currency.Benefit, []currency.Use{{Weekdays: []string{"mon"}}}, nil, nil, nil, ""},
		{"not on a Monday", currency.Benefit, []currency.Use{{Weekdays: []string{"sat", "sun"}}}, nil, nil, currency.InsufficientFunds, "not on mon"},
		{"from today until today", currency.Benefit, []currency.Use{{From: today, Until: today}}, nil, nil, nil, ""},
		{"from tomorrow", currency.Benefit, []currency.Use{{From: today.After(1)}}, nil, nil, currency.InsufficientFunds, "not before 2026-03-03"},
		{"until yesterday", currency.Benefit, []currency.Use{{Until: today.After(-1)}}, nil, nil, currency.InsufficientFunds, "not after 2026-03-01"},
		{"books on weekdays or food", currency.Benefit, []currency.Use{{Categories: []string{"books"}, Weekdays: []string{"mon"}}, {Categories: []string{"food"}}}, nil, nil, nil, ""},
		{"books only", currency.Benefit, []currency.Use{{Categories: []string{"books"}}}, nil, nil, currency.InsufficientFunds, "1000 not for category food"},
		{"30% of a bill", currency.Benefit, []currency.Use{{BillShare: 3000}}, nil, billed(3_334), nil, ""},
		{"a won above 30%", currency.Benefit, []currency.Use{{BillShare: 3000}}, nil, billed(3_333), currency.InsufficientFunds, "1 beyond 30% of the bill of 3333 won"},
		{"30% of no bill", currency.Benefit, []currency.Use{{BillShare: 3000}}, nil, nil, currency.InsufficientFunds, "for 30% of a bill, and none is named"},
		{"the larger share", currency.Benefit, []currency.Use{{BillShare: 1000}, {BillShare: 5000, Weekdays: []string{"mon"}}}, nil, billed(2_000), nil, ""},
		{"the shop's share", currency.Benefit, nil, func(m *currency.Merchant) { m.Share = 1000 }, billed(10_000), nil, ""},
		{"above the shop's share", currency.Benefit, nil, func(m *currency.Merchant) { m.Share = 1000 }, billed(9_999), currency.BillShare, "takes 999 of a bill of 9999 won"},
		{"no bill for the shop's share", currency.Benefit, nil, func(m *currency.Merchant) { m.Share = 1000 }, nil, currency.BillMissing, "takes 10% of a bill"},
		{"temporary, last day", currency.Benefit, nil, func(m *currency.Merchant) { m.Until = today }, nil, nil, ""},
		{"temporary, over", currency.Benefit, nil, func(m *currency.Merchant) { m.Until = today.After(-1) }, nil, currency.MerchantExpired, "until 2026-03-01"},
		{"by its owner", currency.Benefit, nil, func(m *currency.Merchant) { m.Owner = "p-alice" }, nil, currency.SelfTransfer, "by its owner"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, p, o := goodMerchant(), goodPolicy(), payment(1_000)
			p.Uses = tc.uses
			wantCode(t, p.Validate(), nil)
			if tc.shop != nil {
				tc.shop(&m)
			}
			if tc.order != nil {
				tc.order(&o)
			}
			wantCode(t, o.Validate(), nil)
			b := purse(t, part(1, 0, tc.source, "welfare", 1_000))
			done, err := o.Decide(b, currency.Till{Merchant: m, Payer: "p-alice"}, p, currency.Policies{1: p}, today)
			wantCode(t, err, tc.want)
			if err != nil {
				if !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%v does not say %q", err, tc.says)
				}
				return
			}
			if currency.Total(done.Used) != 1_000 || (done.Bill != nil) != (o.Bill > 0) {
				t.Errorf("used %v, bill %v", done.Used, done.Bill)
			}
		})
	}
}

// A payment draws on several purposes; what may not be used stays as it was, and
// the refusal accounts for every won.
func TestSeveralPurposes(t *testing.T) {
	third, free, games := goodPolicy(), goodPolicy(), goodPolicy()
	third.Uses = []currency.Use{{BillShare: 3000}}
	free.Version, games.Version, games.Categories = 2, 3, []string{"games"}
	rules := currency.Policies{1: third, 2: free, 3: games}
	b := purse(t, part(1, 2026_06_01, currency.Benefit, "welfare", 5_000), part(2, 2027_01_01, currency.Principal, "deposits", 4_000), part(3, 2026_04_01, currency.Benefit, "games", 9_000))
	o := payment(7_000)
	o.Bill, o.Ref = 10_000, "bill-1"
	at := currency.Till{Merchant: goodMerchant()}
	done, err := o.Decide(b, at, third, rules, today)
	wantCode(t, err, nil)
	want := []currency.Part{part(1, 2026_06_01, currency.Benefit, "welfare", 3_000), part(2, 2027_01_01, currency.Principal, "deposits", 4_000)}
	if !slices.Equal(done.Used, want) {
		t.Errorf("used %v, want %v", done.Used, want)
	}

	// The same bill again: its 30% are used up.
	at.Before = *done.Bill
	more := payment(1)
	more.Bill, more.Ref = o.Bill, o.Ref
	_, err = more.Decide(done.Left, at, third, rules, today)
	wantCode(t, err, currency.InsufficientFunds)
	for _, says := range []string{"0 of 11000 may be used", "2000 beyond 30% of the bill of 10000 won", "9000 not for category food"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	other := more
	other.Bill = 20_000
	_, err = other.Decide(done.Left, at, third, rules, today)
	wantCode(t, err, currency.BillMismatch)
}

// However a bill is paid, in whatever parts and with whatever value, neither the
// shop's share nor that of a purpose is passed.
func TestBillSharesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, p := goodMerchant(), goodPolicy()
		p.Uses = []currency.Use{{BillShare: rapid.SampledFrom([]int{1, 333, 3000, 10_000}).Draw(t, "share"), Sources: []currency.Source{currency.Benefit}}, {Sources: []currency.Source{currency.Principal}}}
		m.Share = rapid.SampledFrom([]int{0, 1000, 9_999}).Draw(t, "shop")
		bill := rapid.Int64Range(1, 100_000).Draw(t, "bill")
		b := purse(t, part(1, 0, currency.Benefit, "welfare", 50_000), part(1, 2027_01_01, currency.Benefit, "school", 50_000), part(1, 0, currency.Principal, "deposits", 50_000))
		at := currency.Till{Merchant: m}
		var paid, limited int64
		for range rapid.IntRange(1, 8).Draw(t, "payments") {
			o := payment(rapid.Int64Range(1, bill).Draw(t, "amount"))
			o.Bill, o.Ref = bill, "bill"
			done, err := o.Decide(b, at, p, currency.Policies{1: p}, today)
			if err != nil {
				continue
			}
			b, at.Before = done.Left, *done.Bill
			paid += o.Amount
			for _, u := range done.Used {
				if u.Source == currency.Benefit {
					limited += u.Amount
				}
			}
		}
		if paid > bill || (m.Share > 0 && paid*10_000 > bill*int64(m.Share)) || limited*10_000 > bill*int64(p.Uses[0].BillShare) {
			t.Fatalf("%d of a bill of %d were paid, %d of it welfare", paid, bill, limited)
		}
	})
}

func TestUseForm(t *testing.T) {
	for name, tc := range map[string]struct {
		use  currency.Use
		want *code.Code
	}{
		"region of nothing": {currency.Use{Regions: []string{""}}, currency.InvalidID},
		"category":          {currency.Use{Categories: []string{"a/b"}}, currency.InvalidID},
		"class":             {currency.Use{Classes: []string{"a b"}}, currency.InvalidID},
		"merchant":          {currency.Use{Merchants: []string{".."}}, currency.InvalidID},
		"many merchants":    {currency.Use{Merchants: slices.Repeat([]string{"m"}, 301)}, currency.InvalidPolicy},
		"source":            {currency.Use{Sources: []currency.Source{"luck"}}, currency.InvalidPolicy},
		"weekday":           {currency.Use{Weekdays: []string{"Monday"}}, currency.InvalidPolicy},
		"no day":            {currency.Use{From: 2026_02_30}, currency.InvalidPolicy},
		"days crossed":      {currency.Use{From: 2026_03_02, Until: 2026_03_01}, currency.InvalidPolicy},
		"revenue":           {currency.Use{MaxRevenue: -1}, currency.InvalidAmount},
		"share":             {currency.Use{BillShare: 10_001}, currency.InvalidPolicy},
	} {
		p := goodPolicy()
		p.Uses = []currency.Use{tc.use}
		t.Run(name, func(t *testing.T) { wantCode(t, p.Validate(), tc.want) })
	}
	p := goodPolicy()
	p.Uses = make([]currency.Use, 33)
	wantCode(t, p.Validate(), currency.InvalidPolicy)
}
