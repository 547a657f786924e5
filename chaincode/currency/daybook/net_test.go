// SPDX-License-Identifier: Apache-2.0

package daybook_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency/daybook"
)

func TestNetsConserve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		org := rapid.SampledFrom([]string{"A", "B", "C", "D", "E"})
		var all []daybook.Obligation
		for range rapid.IntRange(0, 30).Draw(t, "obligations") {
			all = append(all, daybook.Obligation{
				Debtor: org.Draw(t, "debtor"), Creditor: org.Draw(t, "creditor"), Amount: rapid.Int64Range(1, 1_000_000).Draw(t, "won"),
			})
		}
		positions, transfers := daybook.Net(all)
		left, total := map[string]int64{}, int64(0)
		for _, p := range positions {
			require.Equal(t, p.Owed-p.Owes, p.Net)
			left[p.Organisation] = p.Net
			total += p.Net
		}
		require.Zero(t, total)
		for _, tr := range transfers {
			require.Positive(t, tr.Amount)
			require.NotEqual(t, tr.From, tr.To)
			left[tr.From] += tr.Amount
			left[tr.To] -= tr.Amount
		}
		for o, won := range left {
			require.Zero(t, won, o)
		}
		require.Less(t, len(transfers), max(len(positions), 1))

		// The order in which things happened says nothing.
		again, same := daybook.Net(rapid.Permutation(all).Draw(t, "order"))
		require.Equal(t, positions, again)
		require.Equal(t, transfers, same)
	})
}

func TestNet(t *testing.T) {
	positions, transfers := daybook.Net([]daybook.Obligation{
		{Debtor: "City", Creditor: "Bank", Amount: 100},
		{Debtor: "Bank", Creditor: "City", Amount: 30},
		{Debtor: "Town", Creditor: "Bank", Amount: 50},
		{Debtor: "Town", Creditor: "City", Amount: 20},
	})
	require.Equal(t, []daybook.Position{
		{Organisation: "Bank", Owed: 150, Owes: 30, Net: 120},
		{Organisation: "City", Owed: 50, Owes: 100, Net: -50},
		{Organisation: "Town", Owes: 70, Net: -70},
	}, positions)
	require.Equal(t, []daybook.Transfer{{From: "Town", To: "Bank", Amount: 70}, {From: "City", To: "Bank", Amount: 50}}, transfers)
}

func TestLineThatDoesNotTie(t *testing.T) {
	l := daybook.Line{
		Program: "nowon", Fund: "city",
		Opening: map[daybook.Side]int64{daybook.Undrawn: 100, daybook.Residents: 10},
		Flows:   map[daybook.Flow]int64{daybook.Issued: 40, daybook.Used: 30},
		Closing: map[daybook.Side]int64{daybook.Undrawn: 60, daybook.Residents: 20, daybook.Shops: 30},
	}
	require.NoError(t, l.Check())
	l.Closing[daybook.Shops] = 31
	require.ErrorContains(t, l.Check(), "programme nowon fund city: shops opened with 0 won and by the day's flows close with 30, the records hold 31")
	l.Closing[daybook.Shops], l.Closing[daybook.Residents], l.Flows[daybook.Used] = -30, 80, -30
	require.ErrorContains(t, l.Check(), "-30 won used")
}
