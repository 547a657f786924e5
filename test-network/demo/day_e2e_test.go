// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package demo_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/test-network/demo"
)

// TestDay plays the demo's day on a real network, as make demo does, and then a
// second one beside it.
func TestDay(t *testing.T) {
	p, _ := start(t)
	for _, program := range []string{"nowon", "nowon-2"} {
		report, err := demo.Play(t.Context(), p, demo.Day, t.Logf)
		require.NoError(t, err)
		require.Equal(t, program, report.Program)
		require.Equal(t, 200, report.Accounts)
		require.EqualValues(t, 200*55_000, report.Issued)
		require.Equal(t, 1200, report.Paid)
		require.EqualValues(t, 1000*3_000+200*4_500, report.PaidWon)
		require.Equal(t, 40, report.Gifts)
		require.EqualValues(t, 1000*3_000-2_000, report.PaidOutWon)
		require.Contains(t, report.Refusal, "UNIT_MISMATCH")
		require.Zero(t, report.Audit.Conflicts, "transactions that conflicted")
		require.Len(t, report.Audit.Peers, 3, "every organisation told its own")
		require.NoError(t, report.Audit.Err())

		var table strings.Builder
		require.NoError(t, report.Write(&table))
		require.Contains(t, table.String(), "3,900,000")
	}
}
