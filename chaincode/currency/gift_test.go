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

func gift(amount int64) currency.Gift {
	return currency.Gift{
		Amount: amount, Chaincode: here.Chaincode, Channel: here.Channel, Exp: 1_800_000_000, Holder: alice.account,
		Network: here.Network, Program: "nowon", Seq: 1, To: bob.account, V: 1,
	}
}

func TestGive(t *testing.T) {
	kept := goodPolicy()
	kept.Version, kept.Gifts = 2, false
	rules := currency.Policies{1: goodPolicy(), 2: kept}
	given, held := part(1, 0, currency.Reward, "deposits", 500), part(2, 0, currency.Benefit, "welfare", 500)
	for _, tc := range []struct {
		name   string
		purse  []currency.Part
		amount int64
		to     func(*currency.Holder)
		want   *code.Code
	}{
		{"good", []currency.Part{given}, 500, nil, nil},
		{"only what may be given", []currency.Part{held, given}, 500, nil, nil},
		{"more than may be given", []currency.Part{held, given}, 501, nil, currency.InsufficientFunds},
		{"nothing of it may be given", []currency.Part{held}, 500, nil, currency.GiftsOff},
		{"nothing of it, and too little", []currency.Part{held}, 501, nil, currency.InsufficientFunds},
		{"nothing held", nil, 1, nil, currency.InsufficientFunds},
		{"expired", []currency.Part{given, part(1, 2026_03_01, currency.Reward, "deposits", 500)}, 501, nil, currency.InsufficientFunds},
		{"to a merchant", []currency.Part{given}, 500, func(h *currency.Holder) { h.Merchant = "bakery" }, currency.ToMerchant},
		{"to a frozen account", []currency.Part{given}, 500, func(h *currency.Holder) { h.Status = currency.Frozen }, currency.HolderFrozen},
		{"to a closed account", []currency.Part{given}, 500, func(h *currency.Holder) { h.Status = currency.Closed }, currency.HolderClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := bob.holder()
			if tc.to != nil {
				tc.to(&to)
			}
			done, err := gift(tc.amount).Decide(purse(t, tc.purse...), to, rules[1], rules, today)
			wantCode(t, err, tc.want)
			if err == nil && (!slices.Equal(done.Used, []currency.Part{given}) || !slices.Equal(done.Credit, done.Used)) {
				t.Errorf("used %v, credited %v", done.Used, done.Credit)
			}
		})
	}
}

// What is given and claimed keeps its terms, and its face leaves with it.
func TestGiftCarriesItsTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBuckets.Draw(t, "purse")
		rules := currency.Policies{1: goodPolicy(), 2: goodPolicy()}
		done, err := gift(rapid.Int64Range(1, b.Total()+1).Draw(t, "amount")).Decide(b, bob.holder(), rules[1], rules, today)
		if err != nil {
			return
		}
		wellFormed(t, done.Left)
		got := currency.Collect(nil, []currency.Named{{
			Name: currency.NewCreditName(txID(1), 0), Found: true,
			Credit: currency.Credit{Kind: currency.CreditGift, Parts: done.Credit},
		}}, 0)
		both := lefts(done.Left)
		for terms, n := range lefts(got.Buckets) {
			both[terms] += n
		}
		if !maps.Equal(both, lefts(b)) {
			t.Fatalf("%v and %v are not %v", done.Left, got.Buckets, b)
		}
		faces := map[currency.Terms]int64{}
		for _, bucket := range slices.Concat(done.Left, got.Buckets) {
			faces[bucket.Terms] += bucket.Face
		}
		for _, bucket := range b {
			if faces[bucket.Terms] != bucket.Face {
				t.Fatalf("faces of %+v sum up to %d, were %d", bucket.Terms, faces[bucket.Terms], bucket.Face)
			}
		}
	})
}
