// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// A day's ceiling counts everything that is issued: runs, allotments, and what
// residents buy.
func TestDayCeilingCountsEveryIssue(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo", "hana")
	p := policyOf(nowon, 2)
	p.BatchCeiling, p.PersonCeiling = 770_000, 770_000
	p.Guards = currency.Guards{DayCeiling: 2_000_000, DaySale: 800_000, SaleShares: 2}
	tn.newPolicy(p)
	tn.net.Advance(24 * time.Hour) // what the town issued before is another day's

	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale")) // 1,000,000 of 1,200,000
	tn.refused(currency.DayCeiling, tn.city, "OpenAllotment", tn.json(tn.allot(nowon, "more")))
	rows := []currency.Row{{To: all[0].account, Amount: 200_100}}
	tn.refused(currency.DayCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "spring", currency.Benefit, rows)))
	rows[0].Amount = 200_000
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))

	// An hour before midnight. Purchases of different shares fit one block; those of one share wait in line.
	evening := tn.net.Now().In(korea)
	tn.net.Advance(time.Date(evening.Year(), evening.Month(), evening.Day(), 23, 0, 0, 0, korea).Sub(evening))
	for _, w := range all {
		tn.order("Buy", tn.buy(nowon, w, 300_000))
	}
	first := tn.endorse(tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[0], "KB-1", 300_000, 0)))
	second := tn.endorse(tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[1], "KB-2", 300_000, 3)))
	for i, got := range tn.commit(first, second) {
		require.Equal(t, valid, got, i)
	}
	tn.refused(currency.DayCeiling, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[2], "KB-3", 300_000, 2)))
	tn.net.Advance(2 * time.Hour)
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, all[2], "KB-3", 300_000, 2))
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "more"))

	// All of the day for the sale leaves nothing to officers.
	p.Version, p.Guards.DaySale = 3, 2_000_000
	tn.newPolicy(p)
	tn.net.Advance(24 * time.Hour)
	tn.refused(currency.DayCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "summer", currency.Benefit, rows)))

	// What was ordered under a policy that sold counts where the next one sells nothing.
	tn.order("Buy", tn.buy(nowon, all[0], 300_000))
	p.Version, p.Sale, p.Guards = 4, nil, currency.Guards{DayCeiling: 1_000_000}
	tn.newPolicy(p)
	rows[0].Amount = 700_100
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "autumn", currency.Benefit, rows))
	tn.refused(currency.DayCeiling, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[0], "KB-4", 300_000, 0)))
	rows[0].Amount = 299_900
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "winter", currency.Benefit, rows))
}
