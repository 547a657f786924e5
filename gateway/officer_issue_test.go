// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

func rows(n int) []currency.Row {
	all := make([]currency.Row, n)
	for i := range all {
		all[i] = currency.Row{To: currency.AccountID(string(rune('a' + i))), Amount: int64(i+1) * 1000}
	}
	return all
}

func announce(t *testing.T, all []currency.Row, sizes ...int) []currency.Announced {
	t.Helper()
	var announced []currency.Announced
	for _, n := range sizes {
		a, err := currency.Announce(all[:n], currency.Principal, currency.Policy{BonusRate: 1000})
		require.NoError(t, err)
		announced, all = append(announced, a), all[n:]
	}
	require.Empty(t, all)
	return announced
}

func TestIssueIsTakenUpOnlyForTheSameRows(t *testing.T) {
	all := rows(5)
	rules := currency.Policy{BonusRate: 1000}
	run := currency.Run{ID: "r", Unit: "KRW", Source: currency.Principal, Batches: announce(t, all, 3, 2)}
	sound := Issue{Program: "p", Run: "r", Unit: "KRW", Source: currency.Principal, Rows: all}
	require.NoError(t, sound.check(run, rules))
	for name, change := range map[string]func(*Issue){
		"another unit":      func(i *Issue) { i.Unit = "share" },
		"another source":    func(i *Issue) { i.Source = currency.Benefit },
		"a row less":        func(i *Issue) { i.Rows = i.Rows[:4] },
		"another amount":    func(i *Issue) { i.Rows = rows(5); i.Rows[4].Amount++ },
		"another recipient": func(i *Issue) { i.Rows = rows(5); i.Rows[0].To = currency.AccountID("z") },
		"no rows":           func(i *Issue) { i.Rows = nil },
	} {
		t.Run(name, func(t *testing.T) {
			other := sound
			change(&other)
			require.ErrorIs(t, other.check(run, rules), currency.RunExists)
		})
	}
}

func TestDrawsAreFilled(t *testing.T) {
	for _, test := range []struct {
		name   string
		source currency.Source
		draws  []currency.Draw
		want   []currency.Draw
	}{
		{
			"what is needed", currency.Principal,
			[]currency.Draw{{Deposit: "d"}, {Appropriation: "a"}},
			[]currency.Draw{{Deposit: "d", Amount: 1000}, {Appropriation: "a", Amount: 100}},
		},
		{
			"given amounts stay, the last gives the rest", currency.Principal,
			[]currency.Draw{{Deposit: "d", Amount: 400}, {Deposit: "e"}, {Appropriation: "a", Amount: 7}},
			[]currency.Draw{{Deposit: "d", Amount: 400}, {Deposit: "e", Amount: 600}, {Appropriation: "a", Amount: 7}},
		},
		{
			"benefits come from appropriations", currency.Benefit,
			[]currency.Draw{{Appropriation: "a"}},
			[]currency.Draw{{Appropriation: "a", Amount: 1000}},
		},
		{
			"what is not needed is left out", currency.Principal,
			[]currency.Draw{{Deposit: "d", Amount: 1000}, {Deposit: "e"}},
			[]currency.Draw{{Deposit: "d", Amount: 1000}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c *Currency // nothing has to be asked
			got, err := c.fill(t.Context(), Issue{Source: test.source, Draws: test.draws}, 1000, 100)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestIssueOperationsAreItsOwn(t *testing.T) {
	seen := map[call.Operation]bool{}
	for _, i := range []Issue{{Program: "p", Run: "r"}, {Program: "p", Run: "s"}, {Program: "q", Run: "r"}} {
		for _, step := range []string{"open", "0", "1", "close"} {
			op := i.operation(step)
			require.False(t, seen[op])
			require.LessOrEqual(t, len(op.Op), 64)
			require.Equal(t, op, i.operation(step))
			seen[op] = true
		}
	}
}

func TestIssueRefusesBatchesThatAreTooLarge(t *testing.T) {
	var c *Currency // refused before anything is asked
	for _, n := range []int{-1, currency.MaxRows + 1} {
		_, err := c.Issue(t.Context(), Issue{BatchRows: n})
		require.ErrorIs(t, err, currency.TooLarge)
	}
}
