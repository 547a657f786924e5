// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestREADME holds the README to what the program takes.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)

	commands := regexp.MustCompile(`(?m)^trustctl .*$`).FindAllString(string(text), -1)
	require.GreaterOrEqual(t, len(commands), 5)
	for _, command := range commands {
		var out, errs bytes.Buffer
		args := append(strings.Fields(command)[1:], "--help") // parses every flag, runs nothing
		require.Zero(t, run(args, strings.NewReader(""), &out, &errs), "%s: %s", command, errs.String())
		require.Contains(t, out.String(), "Usage:\n  trustctl "+args[0])
	}

	profile := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, profile)
	file := filepath.Join(t.TempDir(), "profile.yaml")
	require.NoError(t, os.WriteFile(file, profile[1], 0o600))
	s, err := readProfile(file)
	require.NoError(t, err)
	require.NoError(t, s.check())
	require.Equal(t, "CityMSP", s.MSP)
}

// TestVerbs holds the verbs to the officers' functions
// of the contract: none is missing, each takes a file and an operation id.
func TestVerbs(t *testing.T) {
	a := &app{}
	verbs := 0
	for _, noun := range a.root().Commands() {
		for _, verb := range noun.Commands() {
			if verb.Flags().Lookup("op") == nil || noun.Name() == "anchor" { // which is another contract
				continue
			}
			verbs++
			require.NotNil(t, verb.Flags().Lookup("file"), verb.CommandPath())
			require.NotEmpty(t, verb.Short, verb.CommandPath())
		}
	}
	// GrantRole, RevokeRole; DefineProgram, ProposePolicy, ApprovePolicy;
	// ConfirmDeposit, ProposeAppropriation, ApproveAppropriation; OpenRun,
	// IssueBatch, CloseRun; RegisterMerchant, SetMerchantStatus under three names;
	// FreezeHolder, UnfreezeHolder; ConfirmPayout; AbsorbReturns;
	// ProposeRecovery, ApproveRecovery, ForwardCredits;
	// OpenAllotment, CloseAllotment; ConfirmPurchase; ForwardTakings;
	// SetMerchantTerms, VerifySales, BanMerchant, LiftBan.
	require.GreaterOrEqual(t, verbs, 30)
}
