// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// inOrder are rows as an issue opens its run with them.
func inOrder(all []currency.Row) []currency.Row {
	out := make([]currency.Row, 0, len(all))
	for _, place := range byRecipient(all) {
		out = append(out, all[place])
	}
	return out
}

func TestRosterIsLaidByRecipient(t *testing.T) {
	all := rows(7)
	sorted := inOrder(all)
	require.NotEqual(t, all, sorted, "the file is in another order")
	require.True(t, slices.IsSortedFunc(sorted, func(a, b currency.Row) int {
		if a.To < b.To {
			return -1
		}
		return 1
	}))
	r, err := layRoster(all, announce(t, sorted, 3, 3, 1))
	require.NoError(t, err)
	require.Equal(t, [][]currency.Row{sorted[:3], sorted[3:6], sorted[6:]}, r.batches)
	for n, places := range r.places {
		for i, place := range places {
			require.Equal(t, all[place], r.batches[n][i])
		}
	}
}

// A run that was opened by hand, batch for batch, keeps the order of its file, even
// where its first batch alone does not tell.
func TestRosterKeepsTheOrderOfARunOpenedByHand(t *testing.T) {
	sorted := inOrder(rows(7))
	byHand := slices.Concat(sorted[:3], []currency.Row{sorted[5], sorted[4], sorted[6], sorted[3]})
	for _, file := range [][]currency.Row{rows(7), byHand} {
		r, err := layRoster(file, announce(t, file, 3, 3, 1))
		require.NoError(t, err)
		require.Equal(t, [][]currency.Row{file[:3], file[3:6], file[6:]}, r.batches)
		require.Equal(t, [][]int{{0, 1, 2}, {3, 4, 5}, {6}}, r.places)
	}
}

func TestRosterOfAnotherSizeIsRefused(t *testing.T) {
	for n := range 9 {
		if n == 7 {
			continue
		}
		_, err := layRoster(rows(n), announce(t, rows(7), 3, 3, 1))
		require.ErrorIs(t, err, currency.RosterMismatch, "%d rows", n)
		_, err = RosterRoot(currency.Run{ID: "r", Batches: announce(t, rows(7), 7)}, currency.Policy{}, rows(n))
		require.ErrorIs(t, err, currency.RosterMismatch, "%d rows", n)
	}
}

// Whatever the order of a file, repeats included, it is the same issue with the same
// root, and every row is found in its place.
func TestRosterIsTheSameInAnyOrder(t *testing.T) {
	rules := currency.Policy{BonusRate: 1000}
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) currency.Row {
			return currency.Row{To: currency.AccountID(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "to")), Amount: rapid.Int64Range(1, 3).Draw(t, "won")}
		}), 1, 20).Draw(rt, "rows")
		run := currency.Run{ID: "r", Unit: "KRW", Source: currency.Principal, Batches: announce(t, inOrder(all), len(all))}
		root, err := RosterRoot(run, rules, all)
		require.NoError(rt, err)
		require.Equal(rt, currency.RosterRoot(run.Batches), root)
		other := rapid.Permutation(all).Draw(rt, "other")
		again, err := RosterRoot(run, rules, other)
		require.NoError(rt, err)
		require.Equal(rt, root, again)
		require.NoError(rt, Issue{Program: "p", Run: "r", Unit: "KRW", Source: currency.Principal, Rows: other}.check(run, rules))
		laid, err := layRoster(other, run.Batches)
		require.NoError(rt, err)
		seen := map[int]bool{}
		for n, places := range laid.places {
			for i, place := range places {
				require.Equal(rt, other[place], laid.batches[n][i])
				require.False(rt, seen[place])
				seen[place] = true
			}
		}
		require.Len(rt, seen, len(other))
	})
}

func TestCorrectionsFallIntoTheBatchesOfTheirRows(t *testing.T) {
	all := rows(7)
	run := currency.Run{ID: "r", Batches: announce(t, inOrder(all), 3, 3, 1)}
	order := byRecipient(all)
	row := func(n int) currency.CorrectedRow { return currency.CorrectedRow{Row: n, To: all[0].To, Amount: 1000} }
	parts, laid, err := Corrections{ID: "fix", Roster: all, Rows: []currency.CorrectedRow{row(order[6]), row(order[2]), row(order[0])}}.split(run)
	require.NoError(t, err)
	require.Equal(t, []batchCorrection{
		{"fix.0", 0, []currency.CorrectedRow{row(0), row(2)}}, {"fix.2", 2, []currency.CorrectedRow{row(0)}},
	}, parts)
	require.Equal(t, inOrder(all)[6:], laid.batches[2])
	for name, wrong := range map[string][]currency.CorrectedRow{
		"behind the last": {row(7)}, "below the first": {row(-1)}, "twice": {row(4), row(0), row(4)},
	} {
		_, _, err := Corrections{ID: "fix", Roster: all, Rows: wrong}.split(run)
		require.ErrorIs(t, err, currency.InvalidID, name)
	}
	_, _, err = Corrections{ID: "fix", Roster: all[:6], Rows: []currency.CorrectedRow{row(0)}}.split(run)
	require.ErrorIs(t, err, currency.RosterMismatch)
}
