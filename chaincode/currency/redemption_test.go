// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestRedeem(t *testing.T) {
	till := []currency.Part{part(1, 2026_03_01, currency.Reward, "deposits", 30), part(0, 0, "", "deposits", 50), part(0, 0, "", "welfare", 100)}
	for _, tc := range []struct {
		name   string
		status currency.Status
		amount int64
		want   *code.Code
		used   []currency.Part
		owed   []currency.Part
	}{
		{"all, with terms or without, by fund", currency.Active, 180, nil, till, nil},
		{"a part", currency.Active, 60, nil, []currency.Part{till[0], part(0, 0, "", "deposits", 30)}, nil},
		{"a won more", currency.Active, 181, currency.InsufficientFunds, nil, nil},
		{"while suspended", currency.Suspended, 1, currency.MerchantSuspended, nil, nil},
		{"after closing", currency.Closed, 180, nil, till, nil},
		{"what no refund waits for", currency.Active, 100, nil, till[2:], till[:1]},
		{"what a refund waits for", currency.Active, 101, currency.InsufficientFunds, nil, till[:1]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := goodMerchant()
			m.Status = tc.status
			b := purse(t, till...)
			left, used, err := currency.Redeem{Amount: tc.amount}.Decide(b, m, currency.Owed{}.Add(tc.owed), goodPolicy(), currency.Monthly{})
			wantCode(t, err, tc.want)
			if !slices.Equal(used, tc.used) {
				t.Errorf("redeemed %v, want %v", used, tc.used)
			}
			if err == nil && left.Total() != b.Total()-tc.amount {
				t.Errorf("%d won are left", left.Total())
			}
		})
	}
}

func TestPayOut(t *testing.T) {
	r := currency.Redemption{Merchant: "bakery", Amount: 180, Payout: digest}
	for _, amount := range []int64{0, 179, 181} {
		same, err := r.Pay("KB-9", amount)
		wantCode(t, err, currency.InvalidAmount)
		if same.Paid != "" {
			t.Error("a refused payout counts")
		}
	}
	paid, err := r.Pay("KB-9", 180)
	wantCode(t, err, nil)
	if paid.Paid != "KB-9" {
		t.Errorf("paid under %q", paid.Paid)
	}
	again, err := paid.Pay("KB-10", 180)
	wantCode(t, err, currency.RedemptionPaid)
	if again.Paid != "KB-9" {
		t.Errorf("the second reference took the first one's place")
	}
}

func TestConfirmPayout(t *testing.T) {
	for _, tc := range []struct {
		name     string
		malleate func(*currency.ConfirmPayout)
		want     *code.Code
	}{
		{"good", func(*currency.ConfirmPayout) {}, nil},
		{"no programme", func(r *currency.ConfirmPayout) { r.Program = "" }, currency.InvalidID},
		{"no reference", func(r *currency.ConfirmPayout) { r.Ref = "" }, currency.InvalidID},
		{"no amount", func(r *currency.ConfirmPayout) { r.Amount = 0 }, currency.InvalidAmount},
		{"no account", func(r *currency.ConfirmPayout) { r.Account = "" }, currency.InvalidID},
		{"no seq", func(r *currency.ConfirmPayout) { r.Seq = 0 }, currency.InvalidID},
		{"a seq that is no key", func(r *currency.ConfirmPayout) { r.Seq = currency.MaxAmount + 1 }, currency.InvalidID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := currency.ConfirmPayout{Program: "nowon", Ref: "KB-9", Account: bakery.account, Seq: 1, Amount: 180}
			tc.malleate(&r)
			wantCode(t, r.Validate(), tc.want)
		})
	}
}
