// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Damyang: a tenth of what was spent, 30,000 won for a month's payments.
func cashback() *currency.Cashback {
	return &currency.Cashback{Allotment: "rewards", Rate: 1000, MonthlyCap: 30_000, Months: 1}
}

func paidOn(day currency.Day, parts ...currency.Part) currency.Receipt {
	return currency.Receipt{Kind: currency.KindPayment, At: noon(day).Unix(), Amount: currency.Total(parts), Used: parts}
}

func TestAskCashback(t *testing.T) {
	bought := part(1, 0, currency.Principal, "deposits", 250_000)
	subsidy := part(1, 0, currency.Subsidy, "budget", 25_000)
	for _, tc := range []struct {
		name     string
		paid     currency.PaidBefore
		malleate func(*currency.Policy, *currency.Holder, *currency.Person, *currency.Tranche)
		won      int64
		want     *code.Code
	}{
		{"of what was bought, not of the subsidy", currency.PaidBefore{Receipt: paidOn(today, subsidy, bought)}, nil, 25_000, nil},
		{"less what was refunded", currency.PaidBefore{Receipt: paidOn(today, subsidy, bought), Back: currency.Refunded{Amount: 50_000}}, nil, 20_000, nil},
		{"refunded whole", currency.PaidBefore{Receipt: paidOn(today, bought), Back: currency.Refunded{Amount: 250_000}}, nil, 0, currency.NoCashback},
		{"subsidy alone", currency.PaidBefore{Receipt: paidOn(today, subsidy)}, nil, 0, currency.NoCashback},
		{"up to the month's cap", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, who *currency.Person, _ *currency.Tranche) {
			who.Cashback = []currency.Monthly{{Month: 202603, Amount: 29_999}}
		}, 1, nil},
		{"above the month's cap", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, who *currency.Person, _ *currency.Tranche) {
			who.Cashback = []currency.Monthly{{Month: 202603, Amount: 30_000}}
		}, 0, currency.CashbackCap},
		{"last month's payment, counted there", currency.PaidBefore{Receipt: paidOn(2026_02_01, bought)}, func(_ *currency.Policy, _ *currency.Holder, who *currency.Person, _ *currency.Tranche) {
			who.Cashback = []currency.Monthly{{Month: 202603, Amount: 30_000}}
		}, 25_000, nil},
		{"too long ago", currency.PaidBefore{Receipt: paidOn(2026_01_31, bought)}, nil, 0, currency.NoCashback},
		{"given before", currency.PaidBefore{Receipt: paidOn(today, bought), Given: true}, nil, 0, currency.NoCashback},
		{"a gift", currency.PaidBefore{Receipt: currency.Receipt{Kind: currency.KindGift, At: noon(today).Unix(), Used: []currency.Part{bought}}}, nil, 0, currency.NoCashback},
		{"set off", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, who *currency.Person, _ *currency.Tranche) {
			who.Owed = 24_000
		}, 1_000, nil},
		{"more owed", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, who *currency.Person, _ *currency.Tranche) {
			who.Owed = 26_000
		}, 0, nil},
		{"none by this policy", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(p *currency.Policy, _ *currency.Holder, _ *currency.Person, _ *currency.Tranche) {
			p.Cashback = nil
		}, 0, currency.NoCashback},
		{"a shop", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, h *currency.Holder, _ *currency.Person, _ *currency.Tranche) {
			h.Merchant = "bakery"
		}, 0, currency.ToMerchant},
		{"an empty fund", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, _ *currency.Person, f *currency.Tranche) {
			f.Left = 24_999
		}, 0, currency.FundExceeded},
		{"a fund for something else", currency.PaidBefore{Receipt: paidOn(today, bought)}, func(_ *currency.Policy, _ *currency.Holder, _ *currency.Person, f *currency.Tranche) {
			f.Source = currency.Subsidy
		}, 0, currency.FundExceeded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, h, who := goodPolicy(), alice.holder(), currency.Person{}
			fund := currency.Tranche{Source: currency.Reward, Fund: "budget", Left: 100_000}
			p.Cashback = cashback()
			if tc.malleate != nil {
				tc.malleate(&p, &h, &who, &fund)
			}
			owed := who.Owed
			tc.paid.Seq = 3
			given, after, left, parts, err := currency.AskCashback{Payments: []int64{3}}.Decide(h, who, goodProgram(), p, []currency.PaidBefore{tc.paid}, fund, noon(today))
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if currency.Total(parts) != tc.won || fund.Left-left.Left != tc.won || given[0].Amount != tc.won+owed-after.Owed {
				t.Errorf("credited %v, drew %d, %+v, owes %d after %d", parts, fund.Left-left.Left, given, after.Owed, owed)
			}
		})
	}
}

// Whatever is refunded, in whatever steps, what is owed is the cashback of it: never
// more than was given, all of it once all went back.
func TestCashbackOfRefunds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spent := rapid.Int64Range(1, 1_000_000_000).Draw(t, "spent")
		paid := paidOn(today, part(1, 0, currency.Principal, "deposits", spent))
		cap := rapid.Int64Range(0, spent/10).Draw(t, "cap") // 10% are given
		given := currency.CashedBack{Policy: 1, Spent: spent, Amount: min(spent/10, cap)}
		if over, more := (currency.CashedBack{Spent: spent, Amount: given.Amount, Owed: given.Amount}).Refund(*cashback(), paid, currency.Refunded{Amount: 1}); more != 0 || over.Owed != given.Amount {
			t.Fatalf("all was owed, %d more are", more)
		}
		var back, owed int64
		for back < spent {
			back += rapid.Int64Range(1, spent-back).Draw(t, "refunded")
			var more int64
			given, more = given.Refund(*cashback(), paid, currency.Refunded{Amount: back})
			if owed += more; more < 0 || owed != given.Owed || given.Amount-owed != min(cap, (spent-back)/10) {
				t.Fatalf("%d of %d refunded: %d more owed, %+v", back, spent, more, given)
			}
		}
		if owed != given.Amount {
			t.Fatalf("all refunded: %d owed of %d", owed, given.Amount)
		}
	})
}

func TestEarningForm(t *testing.T) {
	good := func() *currency.Earning {
		return &currency.Earning{Allotment: "rewards", LifetimeCap: 50_000, Activities: []currency.Activity{
			{ID: "volunteering", Unit: "minute", Pay: 700, For: 60, Attesters: []string{alice.did}},
		}}
	}
	for name, tc := range map[string]struct {
		malleate func(*currency.Earning)
		want     *code.Code
	}{
		"good":               {func(*currency.Earning) {}, nil},
		"no allotment":       {func(e *currency.Earning) { e.Allotment = "" }, currency.InvalidID},
		"negative cap":       {func(e *currency.Earning) { e.LifetimeCap = -1 }, currency.InvalidAmount},
		"no activities":      {func(e *currency.Earning) { e.Activities = nil }, currency.InvalidPolicy},
		"two of a name":      {func(e *currency.Earning) { e.Activities = append(e.Activities, e.Activities[0]) }, currency.InvalidPolicy},
		"no name":            {func(e *currency.Earning) { e.Activities[0].ID = "" }, currency.InvalidID},
		"no unit":            {func(e *currency.Earning) { e.Activities[0].Unit = "" }, currency.InvalidID},
		"no pay":             {func(e *currency.Earning) { e.Activities[0].Pay = 0 }, currency.InvalidPolicy},
		"for nothing":        {func(e *currency.Earning) { e.Activities[0].For = 0 }, currency.InvalidPolicy},
		"no attester":        {func(e *currency.Earning) { e.Activities[0].Attesters = nil }, currency.InvalidPolicy},
		"attester of no DID": {func(e *currency.Earning) { e.Activities[0].Attesters = []string{"centre"} }, currency.InvalidPolicy},
		"a key":              {func(e *currency.Earning) { e.Activities[0].Attesters = []string{alice.Kid} }, currency.InvalidPolicy},
		"validity":           {func(e *currency.Earning) { e.Validity = &currency.Validity{Months: -1} }, currency.InvalidPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.Earning = good()
			tc.malleate(p.Earning)
			wantCode(t, p.Validate(), tc.want)
		})
	}
	for _, c := range []struct{ pay, per, quantity, want int64 }{
		{700, 60, 60, 700}, {700, 60, 90, 1_050}, {700, 60, 1, 11}, {10, 100, 99, 9}, {10, 100, 9, 0}, {1_000_000, 1, 1_000_000_000_000, 1_000_000_000_000_000_000},
	} {
		if got := (currency.Activity{Pay: c.pay, For: c.per}).Reward(c.quantity); got != c.want {
			t.Errorf("%d for %d: %d earn %d, want %d", c.pay, c.per, c.quantity, got, c.want)
		}
	}
	for name, change := range map[string]func(*currency.Cashback){
		"no allotment": func(c *currency.Cashback) { c.Allotment = "" }, "no rate": func(c *currency.Cashback) { c.Rate = 0 },
		"above all": func(c *currency.Cashback) { c.Rate = 10_001 }, "negative cap": func(c *currency.Cashback) { c.MonthlyCap = -1 },
		"months": func(c *currency.Cashback) { c.Months = 13 }, "source": func(c *currency.Cashback) { c.Sources = []currency.Source{"luck"} },
	} {
		p := goodPolicy()
		p.Cashback = cashback()
		wantCode(t, p.Validate(), nil)
		change(p.Cashback)
		if p.Validate() == nil {
			t.Errorf("%s stands", name)
		}
	}
}
