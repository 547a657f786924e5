// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestBan(t *testing.T) {
	p, m := goodPolicy(), goodMerchant()
	p.Shops = &currency.Shops{Bans: []currency.BanRule{{Reason: "fraud", Months: 12}, {Reason: "limits", Months: 6}}}
	_, _, err := m.Ban("fraud", p, "CityMSP/officer", today, 7)
	wantCode(t, err, currency.BusinessUnknown)
	m.Business = digest
	_, _, err = m.Ban("rudeness", p, "CityMSP/officer", today, 7)
	wantCode(t, err, currency.InvalidPolicy)
	for reason, until := range map[string]currency.Day{"fraud": 2027_03_02, "limits": 2026_09_02} {
		out, ban, err := m.Ban(reason, p, "CityMSP/officer", today, 7)
		wantCode(t, err, nil)
		if out.Status != currency.Closed || out.Since != 7 || ban.Until != until {
			t.Errorf("%s: %s since %d, banned until %s", reason, out.Status, out.Since, ban.Until)
		}
		if again, _, _ := out.Ban(reason, p, "CityMSP/officer", today, 8); again.Since != 7 {
			t.Errorf("closed since %d", again.Since)
		}
		wantCode(t, ban.Check(until), currency.MerchantBanned)
		wantCode(t, ban.Check(until.After(1)), nil)
		ban.Lifted = "CityMSP/officer"
		wantCode(t, ban.Check(today), nil)
	}
}

func TestBusinessListsItsMerchants(t *testing.T) {
	var b currency.Business
	for i := range currency.MaxShops {
		var err error
		b, err = b.With(fmt.Sprintf("shop-%d", i))
		wantCode(t, err, nil)
	}
	_, err := b.With("one-more")
	wantCode(t, err, currency.TooLarge)
	same, err := b.With("shop-7")
	wantCode(t, err, nil)
	if less := b.Without("shop-7"); len(same.Merchants) != 100 || len(less.Merchants) != 99 || len(b.Merchants) != 100 || slices.Contains(less.Merchants, "shop-7") {
		t.Errorf("%d, %d without one, of %d", len(same.Merchants), len(less.Merchants), len(b.Merchants))
	}
}

func TestRedemptionCap(t *testing.T) {
	p, m := goodPolicy(), goodMerchant()
	p.Shops = &currency.Shops{Redemption: &currency.RedemptionRule{Base: 1_000, Share: 15_000}}
	m.Sales = 2_001
	if most := p.Shops.Cap(m); most != 4_001 { // 1,000 + 150% of 2,001
		t.Fatalf("cap %d", most)
	}
	b := purse(t, part(0, 0, "", "deposits", 9_000))
	for _, tc := range []struct {
		amount int64
		before currency.Monthly
		want   *code.Code
	}{
		{4_001, currency.Monthly{}, nil},
		{4_002, currency.Monthly{}, currency.RedemptionCap},
		{1, currency.Monthly{Month: 202603, Amount: 4_000}, nil},
		{2, currency.Monthly{Month: 202603, Amount: 4_000}, currency.RedemptionCap},
		{4_001, currency.Monthly{Month: 202602, Amount: 4_000}, nil},
		{1, currency.Monthly{Month: 202604, Amount: 4_000}, nil}, // by a clock that is late
		{2, currency.Monthly{Month: 202604, Amount: 4_000}, currency.RedemptionCap},
	} {
		_, _, err := currency.Redeem{Amount: tc.amount}.Decide(b, m, currency.Owed{}, p, tc.before.In(today))
		wantCode(t, err, tc.want)
	}
	m.Sales = currency.MaxAmount
	p.Shops.Redemption.Share = 100_000
	if most := p.Shops.Cap(m); most != currency.MaxAmount {
		t.Errorf("cap %d", most)
	}
}

func TestShopsForm(t *testing.T) {
	for name, tc := range map[string]struct {
		shops currency.Shops
		want  *code.Code
	}{
		"empty":          {currency.Shops{}, nil},
		"no reason":      {currency.Shops{Bans: []currency.BanRule{{Months: 1}}}, currency.InvalidID},
		"no months":      {currency.Shops{Bans: []currency.BanRule{{Reason: "fraud"}}}, currency.InvalidPolicy},
		"twice":          {currency.Shops{Bans: []currency.BanRule{{"fraud", 1}, {"fraud", 2}}}, currency.InvalidPolicy},
		"many":           {currency.Shops{Bans: make([]currency.BanRule, 33)}, currency.InvalidPolicy},
		"no base":        {currency.Shops{Redemption: &currency.RedemptionRule{}}, currency.InvalidAmount},
		"negative share": {currency.Shops{Redemption: &currency.RedemptionRule{Base: 1, Share: -1}}, currency.InvalidPolicy},
	} {
		p := goodPolicy()
		p.Shops = &tc.shops
		t.Run(name, func(t *testing.T) { wantCode(t, p.Validate(), tc.want) })
	}
}
