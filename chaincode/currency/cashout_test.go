// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Numbers of Gangnam, 2021: all within 7 days if unused, else the rest less the
// 10% subsidy once 60% was used. 90,000 won were paid for 100,000; or 100,000
// for 110,000.
func TestCashOut(t *testing.T) {
	const last = 2031_03_02 // 60 months after 2026-03-02
	bucket := func(source currency.Source, expiry currency.Day, face, left int64) currency.Bucket {
		return currency.Bucket{Terms: currency.Terms{Policy: 1, Expiry: expiry, Source: source, Origin: string(source)}, Face: face, Left: left}
	}
	resident := alice.holder()
	shop := resident
	shop.Merchant = "bakery"
	for name, tc := range map[string]struct {
		terms          *currency.CashRefund
		held           currency.Buckets
		holder         currency.Holder
		today          currency.Day
		want           *code.Code
		cash, returned int64
		left           int64
	}{
		"unused, the last of 7 days": {
			&currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 100_000), bucket(currency.Subsidy, last, 10_000, 10_000)},
			resident, 2026_03_09, nil, 100_000, 10_000, 0,
		},
		"unused, a day later": {
			&currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 100_000), bucket(currency.Subsidy, last, 10_000, 10_000)},
			resident, 2026_03_10, currency.NotCashable, 0, 0, 0,
		},
		"a won was used within the days": {
			&currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 99_999)},
			resident, 2026_03_02, currency.NotCashable, 0, 0, 0,
		},
		"the subsidy was given away": {
			&currency.CashRefund{Days: 7, Subsidy: 909},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 100_000)},
			resident, 2026_03_02, nil, 90_910, 9_090, 0,
		},
		"60% used": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 40_000)},
			resident, 2027_01_01, nil, 36_000, 4_000, 0,
		},
		"a won less": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 100_000, 40_001)},
			resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
		"what has to be used is rounded up": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 99, 40)}, // 59.4 are 60%
			resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
		"the subsidy is rounded up": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 99, 39)},
			resident, 2027_01_01, nil, 35, 4, 0,
		},
		"each day of buying by itself": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 100, 10), bucket(currency.Principal, last+1, 100, 90)},
			resident, 2027_01_01, nil, 9, 1, 90,
		},
		"what was not bought stays": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Benefit, last, 100, 10), bucket(currency.Principal, last, 100, 10)},
			resident, 2027_01_01, nil, 9, 1, 10,
		},
		"only the subsidy is left": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Subsidy, last, 100, 10)},
			resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
		"expired": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 100, 10)},
			resident, last + 1, currency.NotCashable, 0, 0, 0,
		},
		"terms without cash": {
			nil, currency.Buckets{bucket(currency.Principal, last, 100, 10)}, resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
		"nothing": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000}, nil, resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
		"a shop": {
			&currency.CashRefund{Share: 6000, Subsidy: 1000},
			currency.Buckets{bucket(currency.Principal, last, 100, 10)},
			shop, 2027_01_01, currency.ToMerchant, 0, 0, 0,
		},
		"the largest there is": {
			&currency.CashRefund{Share: 10_000, Subsidy: 10_000 - 1},
			currency.Buckets{bucket(currency.Principal, last, currency.MaxAmount, 1)},
			resident, 2027_01_01, currency.NotCashable, 0, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.CashRefund = tc.terms
			wantCode(t, p.Validate(), nil)
			before := tc.held.Total()
			done, err := currency.CashOut{Holder: alice.account}.Decide(tc.held, tc.holder, currency.Policies{1: p}, tc.today, 0)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			cash, returned, used := currency.Total(done.Cash), currency.Total(done.Returned), currency.Total(done.Used)
			if cash != tc.cash || returned != tc.returned || done.Left.Total() != tc.left {
				t.Errorf("cash %d, returned %d, left %d; want %d, %d, %d", cash, returned, done.Left.Total(), tc.cash, tc.returned, tc.left)
			}
			if used != cash+returned || used+done.Left.Total() != before {
				t.Errorf("of %d won %d leave: %+v", before, used, done)
			}
			for _, p := range append(done.Cash, done.Returned...) {
				if !p.IsPlain() {
					t.Errorf("%+v keeps terms", p)
				}
			}
		})
	}
}
