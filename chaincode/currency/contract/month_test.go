// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// A month is one of the programme's calendar: it ends at midnight in Korea, nine hours
// before Greenwich. Orders reach the ledger by clocks that differ by up to a quarter of
// an hour; one that is late brings no month back, nor what could be bought in it.
func TestMonthOfPurchases(t *testing.T) {
	tn := newTown(t)
	w := tn.newcomer(nowon, "minsu")
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	tranche := 0
	buy := func(won int64) {
		t.Helper()
		tn.order("Buy", tn.buy(nowon, w, won))
		tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, w, tn.op().Op, won, tranche))
		tranche++
	}
	refused := func(won int64) {
		t.Helper()
		tn.refused(currency.PurchaseCap, tn.courier, "Buy", tn.buy(nowon, w, won))
		w.seq[nowon]--
	}
	midnight := time.Date(2026, 4, 1, 0, 0, 0, 0, korea)
	tn.net.At(midnight.Add(-time.Minute))
	buy(700_000)
	tn.net.At(midnight.Add(-time.Second))
	refused(100)
	tn.net.At(midnight)
	buy(400_000)
	tn.net.At(midnight.Add(-10 * time.Minute))
	refused(300_100)
	buy(300_000)
	tn.net.At(midnight.Add(5 * time.Minute))
	refused(100)
}

// What a shop may redeem a month is not passed by a late clock either.
func TestMonthOfRedemptions(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	p := policyOf(nowon, 2)
	p.Shops.Redemption = &currency.RedemptionRule{Base: 10_000}
	tn.newPolicy(p)
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 60_000))
	midnight := time.Date(2026, 4, 1, 0, 0, 0, 0, korea)
	tn.net.At(midnight.Add(-time.Second))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 10_000, paid.Credit))
	tn.net.At(midnight)
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 6_000))
	tn.net.At(midnight.Add(-10 * time.Minute))
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 4_001))
	tn.stall.seq[nowon]--
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 4_000))
	tn.net.At(midnight.Add(5 * time.Minute))
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 1))
	m, _ := record[currency.Monthly](tn, currency.TableMonth, nowon, "stall")
	require.Equal(t, currency.Monthly{Month: 202604, Amount: 10_000}, m)
}
