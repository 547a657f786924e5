// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func purse(t fataler, parts ...currency.Part) currency.Buckets {
	t.Helper()
	bs, err := currency.Buckets(nil).Add(parts, true)
	wantCode(t, err, nil)
	return bs
}

func part(policy int, expiry currency.Day, source currency.Source, origin string, amount int64) currency.Part {
	return currency.Part{
		Terms:  currency.Terms{Policy: policy, Expiry: expiry, Source: source, Origin: origin},
		Amount: amount,
	}
}

func payment(amount int64) currency.Payment {
	return currency.Payment{
		Amount: amount, Chaincode: here.Chaincode, Channel: here.Channel, Exp: 1_800_000_000, Holder: alice.account,
		Network: here.Network, Program: "nowon", Seq: 1, To: "bakery", V: 1,
	}
}

func TestPay(t *testing.T) {
	policies := currency.Policies{1: goodPolicy(), 2: goodPolicy()}
	books := policies[2]
	books.Version, books.Categories = 2, []string{"books"}
	policies[2] = books

	for _, tc := range []struct {
		name     string
		held     currency.Part
		amount   int64
		malleate func(*currency.Merchant, *currency.Policy)
		want     *code.Code
		says     string
	}{
		{"good", part(1, 2030_01_01, currency.Principal, "deposits", 500), 500, nil, nil, ""},
		{"on its last day", part(1, today, currency.Principal, "deposits", 500), 500, nil, nil, ""},
		{"never expiring", part(1, 0, currency.Principal, "deposits", 500), 500, nil, nil, ""},
		{"a won short", part(1, 0, currency.Principal, "deposits", 500), 501, nil, currency.InsufficientFunds, "501 won are asked for, 500 of 500"},
		{"the day after", part(1, 2026_03_01, currency.Principal, "deposits", 500), 500, nil, currency.InsufficientFunds, "500 expired"},
		{"for books only", part(2, 0, currency.Benefit, "welfare", 500), 500, nil, currency.InsufficientFunds, "500 not for category food"},
		{"in another region", part(1, 0, currency.Principal, "deposits", 500), 500, func(m *currency.Merchant, _ *currency.Policy) {
			m.Region = "41570"
		}, currency.InsufficientFunds, "500 not for region 41570"},
		{"anywhere", part(1, 0, currency.Principal, "deposits", 500), 500, func(m *currency.Merchant, p *currency.Policy) {
			m.Region, m.Category, p.Regions, p.Categories = "41570", "games", nil, nil
		}, nil, ""},
		{"under a policy nobody knows", part(9, 0, currency.Principal, "deposits", 500), 500, nil, currency.InsufficientFunds, "unknown policy"},
		{"plain won", part(0, 0, "", "deposits", 500), 500, nil, currency.InsufficientFunds, "redeemed and not spent"},
		{"at a suspended merchant", part(1, 0, currency.Principal, "deposits", 500), 500, func(m *currency.Merchant, _ *currency.Policy) {
			m.Status = currency.Suspended
		}, currency.MerchantSuspended, "bakery"},
		{"at a closed merchant", part(1, 0, currency.Principal, "deposits", 500), 500, func(m *currency.Merchant, _ *currency.Policy) {
			m.Status = currency.Closed
		}, currency.MerchantClosed, "bakery"},
		{"at the own shop", part(1, 0, currency.Principal, "deposits", 500), 500, func(m *currency.Merchant, _ *currency.Policy) {
			m.Account = alice.account
		}, currency.SelfTransfer, "bakery"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, rules := goodMerchant(), maps.Clone(policies)
			if tc.malleate != nil {
				p := rules[1]
				tc.malleate(&m, &p)
				rules[1] = p
			}
			b := purse(t, tc.held)
			before := slices.Clone(b)
			done, err := payment(tc.amount).Decide(b, currency.Till{Merchant: m}, rules[1], rules, today)
			wantCode(t, err, tc.want)
			if !slices.Equal(b, before) {
				t.Error("the decision changed the purse")
			}
			if err != nil {
				if !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%v does not say %q", err, tc.says)
				}
				return
			}
			if len(done.Left) != 0 || !slices.Equal(done.Used, []currency.Part{tc.held}) {
				t.Errorf("used %v, left %v", done.Used, done.Left)
			}
			if want := []currency.Part{{Terms: currency.Terms{Origin: "deposits"}, Amount: 500}}; !slices.Equal(done.Credit, want) {
				t.Errorf("credited %v, want plain won %v", done.Credit, want)
			}
		})
	}
}

func TestPayConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBuckets.Draw(t, "purse")
		rules := currency.Policies{}
		for v := 1; v <= 2; v++ {
			p := goodPolicy()
			p.Version = v
			p.Respend = rapid.Bool().Draw(t, "respend")
			p.Categories = rapid.SampledFrom([][]string{nil, {"food"}, {"books"}}).Draw(t, "categories")
			rules[v] = p
		}
		amount := rapid.Int64Range(1, b.Total()+1).Draw(t, "amount")
		done, err := payment(amount).Decide(b, currency.Till{Merchant: goodMerchant()}, rules[1], rules, today)
		if err != nil {
			wantCode(t, err, currency.InsufficientFunds)
			return
		}
		wellFormed(t, done.Left)
		if got := done.Left.Total() + currency.Total(done.Used); got != b.Total() {
			t.Fatalf("%d won became %d", b.Total(), got)
		}
		if currency.Total(done.Used) != amount || !maps.Equal(byOrigin(done.Credit), byOrigin(done.Used)) {
			t.Fatalf("paid %d with %v, credited %v", amount, done.Used, done.Credit)
		}
		kept := map[currency.Terms]int64{}
		for _, p := range done.Used {
			if p.Expiry != 0 && p.Expiry < today || slices.Equal(rules[p.Policy].Categories, []string{"books"}) {
				t.Fatalf("used %+v", p)
			}
			if rules[p.Policy].Respend {
				kept[p.Terms] += p.Amount
			} else {
				kept[p.Plain()] += p.Amount
			}
		}
		if !maps.Equal(byTerms(done.Credit), kept) {
			t.Fatalf("credited %v, want %v", done.Credit, kept)
		}
	})
}
