// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestMerchantStatus(t *testing.T) {
	for _, tc := range []struct {
		status       currency.Status
		paid, redeem *code.Code
		become       map[currency.Status]*code.Code
	}{
		{currency.Active, nil, nil, map[currency.Status]*code.Code{
			currency.Active: currency.MerchantState, currency.Suspended: nil, currency.Closed: nil,
			currency.Frozen: currency.MerchantState, "": currency.MerchantState,
		}},
		{currency.Suspended, currency.MerchantSuspended, currency.MerchantSuspended, map[currency.Status]*code.Code{
			currency.Active: nil, currency.Suspended: currency.MerchantState, currency.Closed: nil,
		}},
		{currency.Closed, currency.MerchantClosed, nil, map[currency.Status]*code.Code{
			currency.Active: currency.MerchantState, currency.Suspended: currency.MerchantState, currency.Closed: currency.MerchantState,
		}},
	} {
		t.Run(string(tc.status), func(t *testing.T) {
			m := goodMerchant()
			m.Status = tc.status
			wantCode(t, m.CanBePaid(today), tc.paid)
			wantCode(t, m.CanRedeem(), tc.redeem)
			for status, want := range tc.become {
				next, err := m.Become(status, 1_800_000_000)
				wantCode(t, err, want)
				if wantNext := m; err != nil && next != wantNext || err == nil && (next.Status != status || next.Since != 1_800_000_000) {
					t.Errorf("%s became %s", tc.status, next.Status)
				}
			}
		})
	}
}

func TestRegisterMerchant(t *testing.T) {
	for _, tc := range []struct {
		name     string
		malleate func(*currency.RegisterMerchant)
		want     *code.Code
	}{
		{"good", func(*currency.RegisterMerchant) {}, nil},
		{"no programme", func(r *currency.RegisterMerchant) { r.Program = "" }, currency.InvalidID},
		{"no id", func(r *currency.RegisterMerchant) { r.ID = "" }, currency.InvalidID},
		{"no region", func(r *currency.RegisterMerchant) { r.Region = "" }, currency.InvalidID},
		{"no category", func(r *currency.RegisterMerchant) { r.Category = "" }, currency.InvalidID},
		{"a DID that does not resolve", func(r *currency.RegisterMerchant) { r.DID = "did:web:shop.example" }, code.BadDID},
		{"a bank account in the clear", func(r *currency.RegisterMerchant) { r.Payout = "110-234-567890" }, currency.InvalidID},
		{"a digest in capitals", func(r *currency.RegisterMerchant) { r.Payout = strings.ToUpper(digest) }, currency.InvalidID},
		{"a digest cut short", func(r *currency.RegisterMerchant) { r.Payout = digest[2:] }, currency.InvalidID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := currency.RegisterMerchant{
				Program: "nowon", ID: "bakery", DID: bakery.did, Region: "11350", Category: "food", Payout: digest,
			}
			tc.malleate(&r)
			wantCode(t, r.Validate(), tc.want)
		})
	}
	wantCode(t, currency.SetMerchantStatus{Program: "nowon", ID: "bakery", Status: currency.Closed}.Validate(), nil)
	wantCode(t, currency.SetMerchantStatus{Program: "nowon", Status: currency.Closed}.Validate(), currency.InvalidID)
}
