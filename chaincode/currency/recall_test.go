// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestHoldClaims(t *testing.T) {
	claim := currency.Redemption{Merchant: "bakery", Amount: 100, Parts: []currency.Part{part(0, 0, "", "welfare", 100)}}
	paid, recalled, held := claim, claim, claim
	paid.Paid, recalled.Recalled, held.Case = "KB-1", 7, "c-9"
	full := make([]currency.HeldClaim, currency.MaxHeldClaims)
	for _, tc := range []struct {
		name   string
		holder currency.Holder
		about  currency.Case
		claim  currency.Redemption
		amount int64
		want   *code.Code
	}{
		{"all of it", currency.Holder{Status: currency.Frozen}, currency.Case{}, claim, 0, nil},
		{"a part", currency.Holder{Status: currency.Frozen}, currency.Case{}, claim, 40, nil},
		{"of an account that its holder closed", currency.Holder{Status: currency.Closed}, currency.Case{}, claim, 0, nil},
		{"of one that was taken over", currency.Holder{Status: currency.Closed, Successor: "b"}, currency.Case{}, claim, 0, currency.HolderState},
		{"of one that may act", currency.Holder{Status: currency.Active}, currency.Case{}, claim, 0, currency.HolderState},
		{"for a closed case", currency.Holder{Status: currency.Frozen}, currency.Case{ClosedBy: "guard"}, claim, 0, currency.CaseState},
		{"for a case that holds as many as fit", currency.Holder{Status: currency.Frozen}, currency.Case{Claims: full}, claim, 0, currency.CaseState},
		{"more than it is of", currency.Holder{Status: currency.Frozen}, currency.Case{}, claim, 101, currency.InsufficientFunds},
		{"paid", currency.Holder{Status: currency.Frozen}, currency.Case{}, paid, 0, currency.RedemptionPaid},
		{"recalled", currency.Holder{Status: currency.Frozen}, currency.Case{}, recalled, 0, currency.RedemptionRecalled},
		{"held by another case", currency.Holder{Status: currency.Frozen}, currency.Case{}, held, 0, currency.RedemptionHeld},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := currency.HoldFunds{Redemptions: []currency.HeldClaim{{Seq: 3, Amount: tc.amount}}}
			r.ID = "c-1"
			c, claims, err := r.HoldClaims(tc.about, tc.holder, []currency.Redemption{tc.claim}, 1_000)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			want := currency.HeldClaim{Seq: 3, Amount: tc.amount}
			if want.Amount == 0 {
				want.Amount = 100
			}
			if !slices.Equal(c.Claims, []currency.HeldClaim{want}) || len(c.Held) != 0 {
				t.Errorf("the case holds %v and %v", c.Claims, c.Held)
			}
			if got := claims[0]; got.Case != "c-1" || got.Since != 1_000 || got.Amount != 100 {
				t.Errorf("the claim is %+v", got)
			}
			if tc.claim.Case != "" {
				t.Error("the claim before was changed")
			}
		})
	}
}

func TestRecall(t *testing.T) {
	bought, subsidy := part(2, 2026_12_31, currency.Principal, "deposits", 70), part(2, 2026_12_31, currency.Subsidy, "budget", 10)
	shop := currency.Redemption{Merchant: "bakery", Amount: 100, Parts: []currency.Part{part(0, 0, "", "deposits", 60), part(0, 0, "", "welfare", 40)}, Case: "c-1"}
	cash := currency.Redemption{Amount: 65, Parts: []currency.Part{part(0, 0, "", "deposits", 65)}, Case: "c-1"}
	paid, recalled := shop, shop
	paid.Paid, recalled.Recalled = "KB-1", 7
	free := shop.Free()
	var many []currency.Part
	for i := range currency.MaxBuckets {
		many = append(many, part(i+1, 0, currency.Benefit, "welfare", 1))
	}
	for _, tc := range []struct {
		name  string
		claim currency.Redemption
		hold  int64
		held  []currency.Part // by the case before
		want  *code.Code
		now   []currency.Part
		back  []currency.Part
	}{
		{"all", shop, 100, nil, nil, shop.Parts, nil},
		{"a part, in the order of the claim", shop, 70, nil, nil, []currency.Part{part(0, 0, "", "deposits", 60), part(0, 0, "", "welfare", 10)}, []currency.Part{part(0, 0, "", "welfare", 30)}},
		{"beside what it holds", shop, 60, []currency.Part{part(0, 0, "", "deposits", 5)}, nil, []currency.Part{part(0, 0, "", "deposits", 65)}, []currency.Part{part(0, 0, "", "welfare", 40)}},
		{"cash, in the terms it was bought in", cash, 60, nil, nil, []currency.Part{part(2, 2026_12_31, currency.Principal, "deposits", 60)}, []currency.Part{part(2, 2026_12_31, currency.Principal, "deposits", 5)}},
		{"more kinds than fit", shop, 100, many, currency.BucketLimit, nil, nil},
		{"paid", paid, 100, nil, currency.RedemptionPaid, nil, nil},
		{"recalled", recalled, 100, nil, currency.RedemptionRecalled, nil, nil},
		{"held by no case", free, 100, nil, currency.CaseUnknown, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := currency.Case{Held: tc.held, Claims: []currency.HeldClaim{{Seq: 2, Amount: 1}, {Seq: 3, Amount: tc.hold}}}
			got, after, back, err := tc.claim.Recall(c, 3, []currency.Part{subsidy, bought}, 1_000)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if got.Recalled != 1_000 || !slices.Equal(after.Claims, c.Claims[:1]) {
				t.Errorf("recalled at %d, the case holds %v", got.Recalled, after.Claims)
			}
			if !slices.Equal(after.Held, tc.now) || !slices.Equal(back, tc.back) {
				t.Errorf("the case holds %v, %v goes back", after.Held, back)
			}
			if currency.Total(after.Held)-currency.Total(tc.held)+currency.Total(back) != tc.claim.Amount {
				t.Error("the claim is not explained")
			}
			if _, err := got.Pay("KB-2", got.Amount); err == nil {
				t.Error("what was recalled is paid")
			}
		})
	}
}

func TestMonthlyLess(t *testing.T) {
	c := currency.Monthly{Month: 2026_03, Amount: 50}
	for _, tc := range []struct {
		name   string
		amount int64
		month  int
		want   int64
	}{
		{"of this month", 20, 2026_03, 30},
		{"of another", 20, 2026_02, 50},
		{"never below nothing", 60, 2026_03, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := c.Less(tc.amount, tc.month); got.Amount != tc.want || got.Month != c.Month {
				t.Errorf("%+v", got)
			}
		})
	}
}
