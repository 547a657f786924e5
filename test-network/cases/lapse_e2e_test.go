// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// coupon is a welfare coupon whose last day ends within minutes.
type coupon struct {
	town   *demo.Town
	year   int
	ends   time.Time // of the last day
	grocer *demo.Shop
	people []*demo.Resident
}

// The coupon's figures, in won.
const (
	couponBudget = 500_000
	couponWon    = 100_000 // for each of three
	couponSpent  = 30_000
	couponHeld   = 40_000
)

// lastDay issues coupons for food on the last day that they may be spent: the
// programme's calendar has its midnight in some minutes. One of three people spends
// some, one sets some aside for a shop that never captures it, one does nothing.
func (m *money) lastDay(t *testing.T) *coupon {
	t.Helper()
	ends := time.Now().UTC().Truncate(time.Minute).Add(4 * time.Minute)
	offset := (24*time.Hour - ends.Sub(ends.Truncate(24*time.Hour))) % (24 * time.Hour)
	if offset > 14*time.Hour {
		offset -= 24 * time.Hour
	}
	zone := time.FixedZone("", int(offset.Seconds()))
	today := currency.DayOf(ends.Add(-time.Minute), zone)
	if int(today.After(1))/10_000 != int(today)/10_000 {
		t.Log("the coupons would lapse in the books of another year: not played on its last day")
		return nil
	}
	rules := demo.Rules
	rules.BonusRate, rules.Gifts, rules.Sale = 0, false, nil
	rules.Validity, rules.Grace = currency.Validity{Until: today}, currency.Grace{Lapse: 1, Hold: 1}
	rules.Purposes = []currency.Purpose{{ID: "food", Uses: []currency.Use{{Categories: []string{"market"}}}}}
	town, err := demo.FoundAs(t.Context(), m.p, "coupon", rules, func(p *currency.Program) { p.Zone = ends.In(zone).Format("-07:00") })
	require.NoError(t, err)
	c := &coupon{town: town, year: int(today) / 10_000, ends: ends}
	_, err = m.officer(t, "CityMSP", "treasurer").ProposeAppropriation(t.Context(), currency.ProposeAppropriation{
		Operation: call.Operation{Op: town.Program + ".budget"}, Program: town.Program, ID: "coupons", Fund: "coupons", Amount: couponBudget, Year: c.year,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err = m.officer(t, "KomscoMSP", "approver").ApproveAppropriation(t.Context(), currency.RecordOperation{
			Operation: call.Operation{Op: town.Program + ".yes"}, RecordQuery: currency.RecordQuery{Program: town.Program, ID: "coupons"},
		})
		return err == nil
	}, 20*time.Second, 100*time.Millisecond)
	c.grocer, err = town.Register(t.Context(), "grocer", "11350", "market")
	require.NoError(t, err)
	_, err = town.Register(t.Context(), "cinema", "11350", "culture")
	require.NoError(t, err)
	var rows []currency.Row
	for _, name := range []string{"spends", "holds", "forgets"} {
		r := person(t, town, name)
		c.people, rows = append(c.people, r), append(rows, currency.Row{To: r.Account(), Amount: couponWon})
	}
	done, err := m.officer(t, "CityMSP", "issuer").Issue(t.Context(), gateway.Issue{
		Program: town.Program, Run: "coupons", Unit: "KRW", Source: currency.Benefit, Purpose: "food", Rows: rows,
		Draws: []currency.Draw{{Appropriation: "coupons"}},
	})
	require.NoError(t, err)
	require.Empty(t, done.Failed)
	for _, r := range c.people {
		require.NoError(t, town.Look(t.Context(), r))
	}
	spends, holds := c.people[0], c.people[1]
	order, err := spends.Pay("cinema", 1_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "%v", err)
	spends.Seq--
	require.NoError(t, town.Look(t.Context(), spends))
	order, err = spends.Pay("grocer", couponSpent)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	order, err = holds.Authorise(currency.Authorise{
		Seq: holds.Seq + 1, To: "grocer", Amount: couponHeld, Claims: holds.Claims, Until: time.Now().Add(30 * time.Second).Unix(),
	})
	require.NoError(t, err)
	holds.Seq, holds.Claims = holds.Seq+1, nil
	require.NoError(t, town.API.Order(t.Context(), "/v1/holds", order, nil))
	require.True(t, time.Now().Before(ends), "the coupons were issued and used in time")
	return c
}

// lapsed waits until the last day and its grace are over: what nobody spent goes
// back to its budget, once, and stands in the fiscal year's books.
func (m *money) lapsed(t *testing.T, c *coupon) {
	t.Helper()
	if c == nil {
		return
	}
	guard, treasurer := m.clerk(t, c.town, "KomscoMSP", "guard"), m.clerk(t, c.town, "CityMSP", "treasurer")
	const left = 3*couponWon - couponSpent
	var total int64
	var early bool
	require.Eventually(t, func() bool {
		before := time.Now()
		out, failed, err := guard.run(t, "lapse", "sweep", "--json")
		require.NoError(t, err, failed)
		var swept struct{ Lapsed int64 }
		require.NoError(t, json.Unmarshal([]byte(out), &swept), out)
		total += swept.Lapsed
		early = early || (swept.Lapsed > 0 && before.Before(c.ends.Add(50*time.Second)))
		return total == left
	}, time.Until(c.ends)+3*time.Minute, 2*time.Second, "what nobody spent has lapsed")
	require.False(t, early, "nothing lapses before the last day and its grace are over")
	for i, r := range c.people {
		require.Zero(t, purseOf(t, c.town, r).Total, "person %d", i)
	}
	late, err := c.people[2].Pay("grocer", 1_000)
	require.NoError(t, err)
	err = c.town.API.Order(t.Context(), "/v1/payments", late, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "%v", err)
	out, failed, err := guard.run(t, "lapse", "sweep", "--json")
	require.NoError(t, err, failed)
	require.Contains(t, out, `"lapsed": 0`, "nothing lapses twice")

	// Back into the appropriation that it came from.
	out, failed, err = treasurer.run(t, "lapse", "returns", "--json")
	require.NoError(t, err, failed)
	var returns []call.Entry[currency.FundReturn]
	require.NoError(t, json.Unmarshal([]byte(out), &returns), out)
	var names []string
	for _, r := range returns {
		require.Equal(t, "coupons", r.Record.Fund)
		names = append(names, r.Key[1])
	}
	_, failed, err = treasurer.run(t, "lapse", "absorb", "coupons", strings.Join(names, ","))
	require.NoError(t, err, failed)

	want := daybook.YearLine{
		Fund: "coupons", Appropriated: couponBudget, Issued: 3 * couponWon, Used: couponSpent,
		Lapsed: left, Returned: left, Left: couponBudget - couponSpent,
	}
	var of daybook.YearsOf
	require.Eventually(t, func() bool {
		out, failed, err = treasurer.run(t, "report", "year", fmt.Sprint(c.year), "--json")
		require.NoError(t, err, failed)
		var books daybook.YearReport
		require.NoError(t, json.Unmarshal([]byte(out), &books))
		of = books.Programs[slices.IndexFunc(books.Programs, func(of daybook.YearsOf) bool { return of.Program == c.town.Program })]
		return slices.Equal(of.Funds, []daybook.YearLine{want})
	}, 20*time.Second, 500*time.Millisecond, "the books end with %+v", of.Funds)
	require.Equal(t, []daybook.YearOfOneBudget{{
		ID: "coupons", Fund: "coupons", Year: c.year, Amount: couponBudget, Returned: left, Drawn: 3 * couponWon, Left: couponBudget - couponSpent,
	}}, of.Appropriations)

	whole := m.trustctlTrace(t, "appropriation", "coupons", "--program", c.town.Program)
	require.EqualValues(t, couponBudget, whole.Amount)
	require.Equal(t, map[string]int64{
		"appropriation/" + c.town.Program + "/coupons": couponBudget - couponSpent, "shop/" + c.town.Program + "/grocer": couponSpent,
	}, held(whole), "what lapsed is in the budget again")
}
