// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// Gimpo's year: 10,000,000,000 won issued, spent in member shops and paid out by
// the bank. The totals are the case's; the year is told in a day: 5,000 residents
// buy 2,000,000 won each, which is what a person may hold, and spend it at once.
func (m *money) case09(t *testing.T) {
	const (
		residents = 5_000
		each      = 2_000_000
		year      = residents * each
		shops     = 10
		batch     = 500
	)
	rules := demo.Rules
	rules.BonusRate, rules.HoldingCap, rules.PersonCeiling, rules.BatchCeiling = 0, each, each, batch*each
	rules.Regions = []string{"41570"}
	town, err := demo.Found(t.Context(), m.p, "gimpo", rules)
	require.NoError(t, err)
	var members []*demo.Shop
	for _, id := range []string{"s-0", "s-1", "s-2", "s-3", "s-4", "s-5", "s-6", "s-7", "s-8", "s-9"} {
		shop, err := town.Register(t.Context(), id, "41570", "market")
		require.NoError(t, err)
		members = append(members, shop)
	}
	require.Len(t, members, shops)
	stranger, err := town.Register(t.Context(), "seoul", "11350", "market")
	require.NoError(t, err)

	people := make([]*demo.Resident, residents)
	orders := make([]string, residents)
	for i := range people {
		people[i], orders[i], err = town.Newcomer(fmt.Sprintf("gimpo-%d", i))
		require.NoError(t, err)
	}
	began := time.Now()
	require.NoError(t, town.API.Orders(t.Context(), orders))
	t.Logf("%d accounts in %s", residents, time.Since(began).Round(time.Millisecond))

	require.NoError(t, town.Deposit(t.Context(), "year", year))
	rows := make([]currency.Row, residents)
	for i, r := range people {
		rows[i] = currency.Row{To: r.Account(), Amount: each}
	}
	began = time.Now()
	done, err := m.officer(t, "CityMSP", "issuer").Issue(t.Context(), gateway.Issue{
		Program: town.Program, Run: "year", Unit: "KRW", Source: currency.Principal, Rows: rows, BatchRows: batch,
		Draws: []currency.Draw{{Deposit: "year", Amount: year}},
	})
	require.NoError(t, err)
	require.Empty(t, done.Failed)
	require.EqualValues(t, year, done.Issued)
	t.Logf("%d won issued in %s", done.Issued, time.Since(began).Round(time.Millisecond))

	issuer := m.officer(t, "CityMSP", "issuer")
	batches, err := gateway.Batches(done.Run, rows)
	require.NoError(t, err)
	byAccount := make(map[string]*demo.Resident, residents)
	for _, r := range people {
		byAccount[r.Account()] = r
	}
	for n := range batches {
		issued, err := issuer.Batch(t.Context(), town.Program, "year", n)
		require.NoError(t, err)
		for row, r := range batches[n] { // row by row, a credit each
			byAccount[r.To].Claims = []currency.CreditName{currency.NewCreditName(issued.Tx, row)}
		}
	}
	first := people[0].Claims
	order, err := people[0].Pay(stranger.ID, 1_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "in Seoul: %v", err)
	people[0].Seq--
	people[0].Claims = first

	for i, r := range people {
		orders[i], err = r.Pay(members[i%shops].ID, each)
		require.NoError(t, err)
	}
	began = time.Now()
	require.NoError(t, town.API.Orders(t.Context(), orders))
	t.Logf("%d won spent in %d payments in %s", int64(year), residents, time.Since(began).Round(time.Millisecond))

	cashier := m.officer(t, "BankMSP", "cashier")
	var paid int64
	for _, shop := range members {
		require.NoError(t, town.Look(t.Context(), shop.Resident))
		order, err := shop.CashIn(year / shops)
		require.NoError(t, err)
		require.NoError(t, town.API.Order(t.Context(), "/v1/redemptions", order, nil))
		require.Eventually(t, func() bool {
			_, err := cashier.Redemption(t.Context(), town.Program, shop.Account(), shop.Seq)
			return err == nil
		}, patience, tick)
		p, err := cashier.ConfirmPayout(t.Context(), currency.ConfirmPayout{
			Operation: call.Operation{Op: town.Program + ".pay." + shop.ID}, Program: town.Program, Ref: "transfer-" + shop.ID,
			Account: shop.Account(), Seq: shop.Seq, Amount: year / shops,
		})
		require.NoError(t, err)
		paid += p.Amount
	}
	require.EqualValues(t, year, paid)
}
