// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency/daybook"
)

// The books of 2026 as TestReportOfAYear of the contract makes them, by hand.
func TestYearIsWritten(t *testing.T) {
	r := daybook.YearReport{Year: 2026, Programs: []daybook.YearsOf{{
		Program: "nowon", To: 42, Over: true,
		Funds: []daybook.YearLine{{
			Fund: "welfare", Appropriated: 100_000, Issued: 85_000, Used: 10_000, Lapsed: 50_000, Returned: 30_000,
			Outstanding: 25_000, Left: 65_000, Waiting: 20_000,
		}},
		Appropriations: []daybook.YearOfOneBudget{{ID: "welfare-2026", Fund: "welfare", Year: 2026, Amount: 100_000, Returned: 30_000, Drawn: 85_000, Left: 45_000}},
	}}}
	require.NoError(t, r.Programs[0].Funds[0].Check())
	var text, csv strings.Builder
	require.NoError(t, writeYear(&text, r))
	require.Contains(t, text.String(), "nowon in 2026, over: up to height 42, in won")
	require.Regexp(t, `outstanding +25,000`, text.String())
	require.Regexp(t, `welfare-2026 +welfare +2026 +100,000 +30,000 +85,000 +45,000`, text.String())
	require.NoError(t, writeYearCSV(&csv, r))
	require.Equal(t, `year,program,fund,appropriation,brought,appropriated,deposited,issued,carried,exchanged in,exchanged out,used,cashed,lapsed,returned,outstanding,left,waiting,paid out,clawed back,held,drawn
2026,nowon,welfare,,0,100000,0,85000,0,0,0,10000,0,50000,30000,25000,65000,20000,0,0,0,
2026,nowon,welfare,welfare-2026,,100000,,,,,,,,,30000,,45000,,,,,85000
`, csv.String())
	wrong := r.Programs[0].Funds[0]
	wrong.Used++
	require.ErrorContains(t, wrong.Check(), "fund welfare: 85000 won were residents', 85001 are explained")
}
