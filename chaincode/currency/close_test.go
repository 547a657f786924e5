// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestClose(t *testing.T) {
	until := noon(today)
	resident := alice.holder()
	shop := resident
	shop.Merchant = "bakery"
	for name, tc := range map[string]struct {
		purse  currency.Purse
		holder currency.Holder
		now    time.Time
		want   *code.Code
	}{
		"empty":                     {currency.Purse{Seq: 3}, resident, until, nil},
		"a won is left":             {currency.Purse{Buckets: purse(t, part(1, 2026_12_31, currency.Benefit, "welfare", 1))}, resident, until, currency.NotEmpty},
		"a hold may be captured":    {currency.Purse{HeldUntil: until.Unix()}, resident, until.Add(-time.Hour), currency.NotEmpty},
		"a hold may wait to return": {currency.Purse{HeldUntil: until.Unix()}, resident, until, currency.NotEmpty},
		"holds are over":            {currency.Purse{HeldUntil: until.Unix()}, resident, until.Add(time.Second), nil},
		"a hold is not settled":     {currency.Purse{HeldUntil: until.Unix(), Holds: []int64{2}}, resident, until.Add(time.Second), currency.NotEmpty},
		"a shop":                    {currency.Purse{}, shop, until, currency.HolderState},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := currency.Close{Holder: alice.account}.Decide(tc.purse, tc.holder, tc.now)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			wantCode(t, h.CanAct(), currency.HolderClosed)
			wantCode(t, h.CanReceive(), currency.HolderClosed)
		})
	}
}
