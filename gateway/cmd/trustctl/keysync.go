// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// holderSync is the key sync, which anybody may call.
func (a *app) holderSync() *cobra.Command {
	return &cobra.Command{
		Use: "sync ACCOUNT...", Short: "Bring accounts' keys in line with their DIDs' documents; anybody may, up to 100 at a time",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("ACCOUNT is missing")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := a.needProgram()
			if err != nil {
				return err
			}
			r := currency.SyncKeys{Program: program}
			for _, arg := range args {
				r.Accounts = append(r.Accounts, account(arg))
			}
			if err := r.Validate(); err != nil {
				return err
			}
			c, err := a.currency(cmd.Context())
			if err != nil {
				return err
			}
			all, err := c.SyncKeys(cmd.Context(), r)
			if err != nil {
				return err
			}
			if a.json {
				return a.print(cmd, all)
			}
			return printSynced(cmd.OutOrStdout(), all)
		},
	}
}

// printSynced writes a line for each account: where its key stands, and whether this
// key sync brought it there.
func printSynced(out io.Writer, all []currency.Synced) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range all {
		stands, moved := "signs", "as before"
		if s.Changed {
			moved = "changed"
		}
		if s.Stopped != "" {
			stands = "stopped: " + string(s.Stopped)
		}
		if s.Code != "" {
			stands, moved = s.Code, ""
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Account, stands, moved)
	}
	return t.Flush()
}
