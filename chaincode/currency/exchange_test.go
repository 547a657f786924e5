// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// mainAndCafe are the policies of a main token that is exchanged into café tokens.
func mainAndCafe(rate int) (main, cafe currency.Policy) {
	main, cafe = goodPolicy(), goodPolicy()
	cafe.Program, cafe.Validity = "cafe", currency.Validity{Days: 30}
	main.Into = []currency.Way{{Program: "cafe", Rate: rate}}
	cafe.From = []currency.Way{{Program: "nowon", Rate: rate}}
	return main, cafe
}

func swap(amount int64) currency.Exchange {
	return currency.Exchange{
		Amount: amount, Chaincode: here.Chaincode, Channel: here.Channel, Exp: 1_800_000_000, Holder: alice.account,
		Into: "cafe", Network: here.Network, Program: "nowon", Seq: 1, V: 1,
	}
}

func TestExchange(t *testing.T) {
	principal, benefit := part(1, 2031_03_02, currency.Principal, "deposits", 500), part(1, 2026_03_10, currency.Benefit, "welfare", 500)
	for _, tc := range []struct {
		name   string
		amount int64
		change func(main, cafe *currency.Policy, o *currency.Exchange, from, to *currency.Holder)
		want   *code.Code
		credit []currency.Part // in the café
	}{
		{"good", 1_000, nil, nil, []currency.Part{part(1, 2026_03_10, currency.Benefit, "welfare", 450), part(1, 2026_04_01, currency.Principal, "deposits", 450)}},
		{"the last day of its own", 1_000, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			cafe.From[0].Expiry = currency.Kept
		}, nil, []currency.Part{part(1, 2026_03_10, currency.Benefit, "welfare", 450), part(1, 2031_03_02, currency.Principal, "deposits", 450)}},
		{"the last day of the café", 1_000, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			cafe.From[0].Expiry = currency.Own
		}, nil, []currency.Part{part(1, 2026_04_01, currency.Benefit, "welfare", 450), part(1, 2026_04_01, currency.Principal, "deposits", 450)}},
		{"all of it a reward", 1_000, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			cafe.From[0].As, cafe.From[0].Expiry = currency.Reward, currency.Own
		}, nil, []currency.Part{part(1, 2026_04_01, currency.Reward, "deposits", 450), part(1, 2026_04_01, currency.Reward, "welfare", 450)}},
		{"only what was bought", 500, func(main, _ *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			main.Into[0].Sources = []currency.Source{currency.Principal}
		}, nil, []currency.Part{part(1, 2026_04_01, currency.Principal, "deposits", 450)}},
		{"more than was bought", 501, func(main, _ *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			main.Into[0].Sources = []currency.Source{currency.Principal}
		}, currency.InsufficientFunds, nil},
		{"more than the café takes", 501, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			cafe.From[0].Sources = []currency.Source{currency.Principal}
		}, currency.InsufficientFunds, nil},
		{"more than is held", 1_001, nil, currency.InsufficientFunds, nil},
		{"one side names it", 100, func(main, _ *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) { main.Into = nil }, currency.ExchangeOff, nil},
		{"the other side names it", 100, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) { cafe.From = nil }, currency.ExchangeOff, nil},
		{"at two rates", 100, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) { cafe.From[0].Rate++ }, currency.ExchangeOff, nil},
		{"into something else", 100, func(_, _ *currency.Policy, o *currency.Exchange, _, _ *currency.Holder) { o.Into = "bar" }, currency.ExchangeOff, nil},
		{"too little to give a won", 1, nil, currency.ExchangeRate, nil},
		{"less than the holder's floor", 100, func(_, _ *currency.Policy, o *currency.Exchange, _, _ *currency.Holder) { o.Least = 91 }, currency.ExchangeRate, nil},
		{"by a merchant", 100, func(_, _ *currency.Policy, _ *currency.Exchange, from, _ *currency.Holder) { from.Merchant = "bakery" }, currency.ToMerchant, nil},
		{"for a merchant", 100, func(_, _ *currency.Policy, _ *currency.Exchange, _, to *currency.Holder) { to.Merchant = "bakery" }, currency.ToMerchant, nil},
		{"for a frozen account", 100, func(_, _ *currency.Policy, _ *currency.Exchange, _, to *currency.Holder) { to.Status = currency.Frozen }, currency.HolderFrozen, nil},
		{"for a closed account", 100, func(_, _ *currency.Policy, _ *currency.Exchange, _, to *currency.Holder) { to.Status = currency.Closed }, currency.HolderClosed, nil},
		{"into what is over", 100, func(_, cafe *currency.Policy, _ *currency.Exchange, _, _ *currency.Holder) {
			cafe.Validity = currency.Validity{Until: 2026_01_01}
		}, currency.PolicyExpired, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			main, cafe := mainAndCafe(9_000)
			o, from, to := swap(tc.amount), alice.holder(), alice.holder()
			if tc.change != nil {
				tc.change(&main, &cafe, &o, &from, &to)
			}
			done, err := o.Decide(purse(t, principal, benefit), from, to, main, cafe, currency.Policies{1: main}, today, today, 7)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if len(done.Credit) != len(tc.credit) {
				t.Fatalf("credited %+v, want %+v", done.Credit, tc.credit)
			}
			for i := range tc.credit {
				if done.Credit[i] != tc.credit[i] {
					t.Errorf("credited %+v, want %+v", done.Credit, tc.credit)
				}
			}
		})
	}
}

// Whatever the amounts and the rate: what leaves the purse is what is credited
// and what goes back, fund by fund, and the whole is rounded down once.
func TestExchangeRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 10_000).Draw(t, "rate")
		main, cafe := mainAndCafe(rate)
		var held []currency.Part
		for i, fund := range []string{"a", "b", "c", "d"} {
			held = append(held, part(1, currency.Day(2026_04_01+i), currency.Benefit, fund, rapid.Int64Range(1, 1_000).Draw(t, fund)))
		}
		all := currency.Total(held)
		o := swap(rapid.Int64Range(1, all).Draw(t, "amount"))
		b, err := currency.Buckets(nil).Add(held, true)
		if err != nil {
			t.Fatal(err)
		}
		done, err := o.Decide(b, alice.holder(), alice.holder(), main, cafe, currency.Policies{1: main}, today, today, 7)
		want := o.Amount * int64(rate) / 10_000
		if want == 0 {
			wantCode(t, err, currency.ExchangeRate)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := currency.Total(done.Credit); got != want || currency.Total(done.Record.Parts) != want || done.Left.Total() != all-o.Amount {
			t.Fatalf("%d won at %d give %d and leave %d, recorded %+v", o.Amount, rate, got, done.Left.Total(), done.Record)
		}
		byFund := map[string]int64{}
		for _, p := range done.Used {
			byFund[p.Origin] += p.Amount
		}
		for _, p := range append(done.Credit, done.Returned...) {
			if p.Amount <= 0 {
				t.Fatalf("%+v", p)
			}
			byFund[p.Origin] -= p.Amount
		}
		for fund, rest := range byFund {
			if rest != 0 {
				t.Fatalf("fund %s: %d won unexplained", fund, rest)
			}
		}
	})
}

func TestPolicyOfExchange(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*currency.Policy)
		want   *code.Code
	}{
		"good":                         {func(*currency.Policy) {}, nil},
		"with itself":                  {func(p *currency.Policy) { p.Into[0].Program = p.Program }, currency.InvalidPolicy},
		"twice":                        {func(p *currency.Policy) { p.Into = append(p.Into, p.Into[0]) }, currency.InvalidPolicy},
		"of no name":                   {func(p *currency.Policy) { p.Into[0].Program = "" }, currency.InvalidID},
		"at nothing":                   {func(p *currency.Policy) { p.From[0].Rate = 0 }, currency.InvalidPolicy},
		"at a gain":                    {func(p *currency.Policy) { p.From[0].Rate = 10_001 }, currency.InvalidPolicy},
		"of an unknown source":         {func(p *currency.Policy) { p.Into[0].Sources = []currency.Source{"luck"} }, currency.InvalidPolicy},
		"an unknown expiry":            {func(p *currency.Policy) { p.From[0].Expiry = "never" }, currency.InvalidPolicy},
		"an expiry by the giving side": {func(p *currency.Policy) { p.Into[0].Expiry = currency.Kept }, currency.InvalidPolicy},
		"a source by the giving side":  {func(p *currency.Policy) { p.Into[0].As = currency.Benefit }, currency.InvalidPolicy},
		"as luck":                      {func(p *currency.Policy) { p.From[0].As = "luck" }, currency.InvalidPolicy},
		"a kept day, back for cash": {func(p *currency.Policy) {
			p.From[0].Expiry, p.CashRefund = currency.Kept, &currency.CashRefund{Days: 7}
		}, currency.InvalidPolicy},
		"a kept day of a benefit": {func(p *currency.Policy) {
			p.From[0].Expiry, p.From[0].As, p.CashRefund = currency.Kept, currency.Benefit, &currency.CashRefund{Days: 7}
		}, nil},
		"with too many": {func(p *currency.Policy) { p.From = make([]currency.Way, currency.MaxWays+1) }, currency.InvalidPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.Into, p.From = []currency.Way{{Program: "cafe", Rate: 10_000}}, []currency.Way{{Program: "cafe", Rate: 5_000}}
			tc.change(&p)
			wantCode(t, p.Validate(), tc.want)
		})
	}
}
