// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// hyphened has an account that begins with a hyphen, as one in 64 does, taken for the
// argument that it is: it and what follows go behind "--", the flags among them before.
func hyphened(root *cobra.Command, args []string) []string {
	if slices.Contains(args, "--") {
		return args
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		return args // Execute says why
	}
	var before, behind []string
	for i := 0; i < len(args); i++ {
		f, isFlag := flagOf(cmd, args[i])
		switch {
		case f == nil && hyphenedAccount(args[i]), behind != nil && !isFlag:
			behind = append(behind, args[i])
		default:
			before = append(before, args[i])
			if f != nil && f.NoOptDefVal == "" && !strings.Contains(args[i], "=") && i+1 < len(args) {
				i++ // its value, whatever it begins with
				before = append(before, args[i])
			}
		}
	}
	if behind == nil {
		return args
	}
	return slices.Concat(before, []string{"--"}, behind)
}

// flagOf is the command's flag that an argument names, nil if there is none.
func flagOf(cmd *cobra.Command, arg string) (f *pflag.Flag, isFlag bool) {
	name, _, _ := strings.Cut(arg, "=")
	if long, ok := strings.CutPrefix(name, "--"); ok {
		return cmd.Flag(long), true
	}
	short, ok := strings.CutPrefix(name, "-")
	if ok && len(short) == 1 {
		f = cmd.Flags().ShorthandLookup(short)
	}
	return f, ok && short != ""
}

// hyphenedAccount tells ACCOUNT and ACCOUNT/SEQ that begin with a hyphen.
func hyphenedAccount(arg string) bool {
	account, _, _ := strings.Cut(arg, "/")
	return strings.HasPrefix(account, "-") && currency.CheckAccountID("account", account) == nil
}
