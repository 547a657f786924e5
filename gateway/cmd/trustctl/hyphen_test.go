// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHyphenedAccounts(t *testing.T) {
	const one, two = "-tNLJd9vnDXsiEdPVWgCng", "--NLJd9vnDXsiEdPVWgCng"
	for given, want := range map[string]string{
		"trace receipt " + one + "/1 --peer localhost:1 --json": "trace receipt --peer localhost:1 --json -- " + one + "/1",
		"--json trace receipt " + two + "/1":                    "--json trace receipt -- " + two + "/1",
		"holder freeze " + one + " --case=c":                    "holder freeze --case=c -- " + one,
		"fraud open " + one + " c-1 --receipt " + one + "/2":    "fraud open --receipt " + one + "/2 -- " + one + " c-1",
		"fraud open abc c-1 --receipt " + one + "/2":            "", // a flag's value
		"holder freeze -- " + one:                               "",
		"holder freeze abc -h":                                  "",
		"holder freeze --nothing abc":                           "",
		"holder freeze -tNLJd9vnDXsiEdPVWgCn":                   "", // too short for an account
	} {
		if want == "" {
			want = given
		}
		require.Equal(t, want, strings.Join(hyphened((&app{}).root(), strings.Fields(given)), " "))
	}
}
