// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func TestPrintSynced(t *testing.T) {
	var out strings.Builder
	require.NoError(t, printSynced(&out, []currency.Synced{
		{Account: "AAAAAAAAAAAAAAAAAAAAAA"},
		{Account: "BBBBBBBBBBBBBBBBBBBBBB", Changed: true, Stopped: currency.StopSuspended},
		{Account: "CCCCCCCCCCCCCCCCCCCCCC", Changed: true},
		{Account: "DDDDDDDDDDDDDDDDDDDDDD", Code: "HOLDER_UNKNOWN"},
	}))
	var lines [][]string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		lines = append(lines, strings.Fields(line))
	}
	require.Equal(t, [][]string{
		{"AAAAAAAAAAAAAAAAAAAAAA", "signs", "as", "before"},
		{"BBBBBBBBBBBBBBBBBBBBBB", "stopped:", "suspended", "changed"},
		{"CCCCCCCCCCCCCCCCCCCCCC", "signs", "changed"},
		{"DDDDDDDDDDDDDDDDDDDDDD", "HOLDER_UNKNOWN"},
	}, lines)
}
