// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func refund(amount int64) currency.Refund {
	return currency.Refund{
		Amount: amount, Chaincode: here.Chaincode, Channel: here.Channel, Exp: 1_800_000_000, Holder: bakery.account,
		Network: here.Network, Payment: currency.ReceiptName{Holder: alice.account, Seq: 1}, Program: "nowon", Seq: 1, V: 1,
	}
}

func TestRefund(t *testing.T) {
	paid := currency.Receipt{Kind: currency.KindPayment, To: "bakery", Amount: 150, Used: []currency.Part{
		part(1, 2026_12_31, currency.Benefit, "welfare", 100), part(1, 2031_03_02, currency.Principal, "deposits", 50),
	}}
	till := purse(t, part(0, 0, "", "welfare", 100), part(0, 0, "", "deposits", 50))
	for _, tc := range []struct {
		name   string
		till   currency.Buckets
		paid   func(*currency.Receipt)
		before int64
		amount int64
		want   *code.Code
		credit []currency.Part
	}{
		{"last spent first", till, nil, 0, 50, nil, []currency.Part{part(1, 2031_03_02, currency.Principal, "deposits", 50)}},
		{"a part of it", till, nil, 20, 10, nil, []currency.Part{part(1, 2031_03_02, currency.Principal, "deposits", 10)}},
		{"across", till, nil, 20, 40, nil, []currency.Part{
			part(1, 2026_12_31, currency.Benefit, "welfare", 10), part(1, 2031_03_02, currency.Principal, "deposits", 30),
		}},
		{"the rest", till, nil, 50, 100, nil, []currency.Part{part(1, 2026_12_31, currency.Benefit, "welfare", 100)}},
		{"all", till, nil, 0, 150, nil, paid.Used},
		{"a won more than all", till, nil, 0, 151, currency.RefundExceeds, nil},
		{"a won more than the rest", till, nil, 100, 51, currency.RefundExceeds, nil},
		{"after all went back", till, nil, 150, 1, currency.RefundExceeds, nil},
		{"another merchant's", till, func(r *currency.Receipt) { r.To = "books" }, 0, 1, currency.NotRefundable, nil},
		{"a gift", till, func(r *currency.Receipt) { r.Kind = currency.KindGift }, 0, 1, currency.NotRefundable, nil},
		{"a refund", till, func(r *currency.Receipt) { r.Kind = currency.KindRefund }, 0, 1, currency.NotRefundable, nil},
		{"no receipt at all", till, func(r *currency.Receipt) { *r = currency.Receipt{} }, 0, 1, currency.NotRefundable, nil},
		{"an empty till", nil, nil, 0, 1, currency.InsufficientFunds, nil},
		{"won of another fund", purse(t, part(0, 0, "", "welfare", 100)), nil, 0, 1, currency.InsufficientFunds, nil},
		{"won of one fund of two", purse(t, part(0, 0, "", "deposits", 50)), nil, 0, 51, currency.InsufficientFunds, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			receipt := paid
			if tc.paid != nil {
				tc.paid(&receipt)
			}
			done, after, err := refund(tc.amount).Decide(tc.till, goodMerchant(), receipt, currency.Refunded{Amount: tc.before})
			wantCode(t, err, tc.want)
			want := tc.before
			if err == nil {
				want += tc.amount
			}
			if after.Amount != want {
				t.Errorf("%d won went back, want %d", after.Amount, want)
			}
			if !slices.Equal(done.Credit, tc.credit) {
				t.Errorf("credited %v, want %v", done.Credit, tc.credit)
			}
		})
	}
}

// Any sequence of refunds gives back exactly what was paid, in the reverse of
// the order it was spent in, won for won of the same funds, and never more.
func TestRefundSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payer := anyBuckets.Filter(func(b currency.Buckets) bool { return b.Total() > 0 }).Draw(t, "payer")
		rules := currency.Policies{}
		for v := 1; v <= 2; v++ {
			p := goodPolicy()
			p.Version, p.Respend = v, rapid.Bool().Draw(t, "respend")
			rules[v] = p
		}
		amount := rapid.Int64Range(1, payer.Total()).Draw(t, "amount")
		paid, err := payment(amount).Decide(payer, currency.Till{Merchant: goodMerchant()}, rules[1], rules, today)
		if err != nil {
			return // too much of it has expired
		}
		receipt := currency.Receipt{Kind: currency.KindPayment, To: "bakery", Amount: amount, Used: paid.Used}
		till := purse(t, rapid.SliceOfN(anyPart, 0, 4).Draw(t, "till")...) // from other sales
		till, err = till.Add(paid.Credit, true)
		wantCode(t, err, nil)

		var before currency.Refunded
		purse := paid.Left
		for range rapid.IntRange(1, 8).Draw(t, "refunds") {
			back := rapid.OneOf(rapid.Int64Range(1, amount+1), rapid.Just(max(1, amount-before.Amount))).Draw(t, "back")
			done, after, err := refund(back).Decide(till, goodMerchant(), receipt, before)
			if back > amount-before.Amount {
				wantCode(t, err, currency.RefundExceeds)
				if after != before {
					t.Fatalf("a refused refund counts: %v", after)
				}
				continue
			}
			wantCode(t, err, nil)
			wellFormed(t, done.Left)
			if want := reversed(paid.Used, before.Amount, after.Amount); !maps.Equal(byTerms(done.Credit), want) {
				t.Fatalf("won %d to %d back: credited %v, want %v", before.Amount, after.Amount, done.Credit, want)
			}
			if !maps.Equal(byOrigin(done.Credit), byOrigin(done.Used)) {
				t.Fatalf("credited %v for %v", done.Credit, done.Used)
			}
			sums := lefts(done.Left)
			for terms, n := range byTerms(done.Used) {
				sums[terms] += n
			}
			if !maps.Equal(sums, lefts(till)) {
				t.Fatalf("the till had %v, used %v, left %v", till, done.Used, done.Left)
			}
			till, before = done.Left, after
			if purse, err = purse.Add(done.Credit, false); err != nil {
				t.Fatalf("%v", err)
			}
		}
		if before.Amount > amount {
			t.Fatalf("%d of %d won went back", before.Amount, amount)
		}
		wellFormed(t, purse)
		for _, b := range purse {
			i := slices.IndexFunc(payer, func(o currency.Bucket) bool { return o.Terms == b.Terms })
			if i < 0 || b.Left > payer[i].Left || b.Face > payer[i].Face {
				t.Fatalf("the payer has %+v, more than before: %v", b, payer)
			}
		}
		if before.Amount == amount && !maps.Equal(lefts(purse), lefts(payer)) {
			t.Fatalf("all went back: %v, before %v", purse, payer)
		}
	})
}

// reversed is what the won from..to of a payment are, counted from the last.
func reversed(used []currency.Part, from, to int64) map[currency.Terms]int64 {
	sums := map[currency.Terms]int64{}
	var at int64
	for _, p := range slices.Backward(used) {
		if n := min(to, at+p.Amount) - max(from, at); n > 0 {
			sums[p.Terms] += n
		}
		at += p.Amount
	}
	return sums
}
