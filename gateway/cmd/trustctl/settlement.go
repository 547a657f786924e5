// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway/internal/audit"
	"github.com/komsco/trust-platform/gateway/settlement"
)

func (a *app) payoutFile() *cobra.Command {
	var form, out string
	cmd := &cobra.Command{
		Use: "file", Short: "Write the bank's file of what is still to be paid, as CSV or JSON",
		Long: `Write the bank's file of what is still to be paid, as its cashier or an auditor.

A redemption is in every file until it is confirmed (payout confirm-file), always
under the same reference: pay each reference once. Those of frozen accounts and
suspended shops, and those that a case holds, are left out meanwhile. The format is
described in gateway/settlement/SETTLEMENT.md.`,
		Example: "  trustctl payout file --out 2026-11-27.csv\n  trustctl payout file --format json > payouts.json",
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if form != "csv" && form != "json" {
				return usage("--format %s: csv or json", form)
			}
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			file, err := c.PayoutFile(cmd.Context(), program)
			if err != nil {
				return err
			}
			write := file.WriteCSV
			if form == "json" {
				write = file.WriteJSON
			}
			if out == "" {
				sayWithheld(cmd.ErrOrStderr(), file)
				return write(cmd.OutOrStdout())
			}
			if err := writeWhole(out, write); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d payouts, %s %s\n", out, file.Count, audit.Won(file.Total), file.Unit)
			sayWithheld(cmd.ErrOrStderr(), file)
			return nil
		},
	}
	cmd.Flags().StringVar(&form, "format", "csv", "csv or json")
	cmd.Flags().StringVarP(&out, "out", "o", "", "`file` to write, which must not be there yet (default: standard output)")
	return cmd
}

// sayWithheld tells what is not in the file, so that nobody takes it for nothing.
func sayWithheld(w io.Writer, file *settlement.Payouts) {
	var total int64
	for _, r := range file.Withheld {
		total += r.Amount
	}
	if n := len(file.Withheld); n > 0 {
		fmt.Fprintf(w, "%d more, %s %s, are withheld: their accounts are frozen, their shops suspended, or cases hold them (trustctl payout list)\n", n, audit.Won(total), file.Unit)
	}
}

// checkNew fails where a file is there already.
func checkNew(name string) error {
	if _, err := os.Lstat(name); err == nil {
		return usage("%s is there already, and is never written over", name)
	}
	return nil
}

// writeWhole writes a new file: whole, or not at all.
func writeWhole(name string, write func(io.Writer) error) error {
	if err := checkNew(name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".trustctl-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Link(f.Name(), name) // which fails where somebody was faster
}

func (a *app) payoutConfirmFile() *cobra.Command {
	var parallel int
	cmd := &cobra.Command{
		Use: "confirm-file FILE", Short: "Record what the bank's file says it paid, as its cashier",
		Long: `Record what the bank's file says it paid, as its cashier.

FILE is CSV or JSON (- for standard input) with reference, bankref, amount, unit and, if known, the time sent of each transfer, see
gateway/settlement/SETTLEMENT.md. Each row has its own result: paid (recorded now), before (recorded
earlier), repeated (the same row stands further up) or refused, with the reason.
Send the same file again after any interruption: it goes on where it stopped, and
nothing is recorded twice. Exit code 1 where a row was refused.`,
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, name, err := open(cmd, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			file, err := settlement.ReadConfirmations(in)
			if err != nil {
				return usage("%s: %w", name, err)
			}
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			confirming := settlement.Confirming{Program: program, File: file, Parallel: parallel}
			if !a.json {
				p := newProgress(cmd.ErrOrStderr())
				confirming.Progress = func(done, of int) { p.say(int64(done), int64(of), "%s: %d of %d rows", name, done, of) }
			}
			results, err := c.ConfirmPayouts(cmd.Context(), confirming)
			if err != nil && len(results) == 0 {
				return err
			}
			refused, show := 0, a.showConfirmed(cmd, results)
			for _, r := range results {
				if r.Outcome == settlement.Refused {
					refused++
				}
			}
			switch {
			case err != nil:
				return fmt.Errorf("%w; %d of %d rows have their result: the same command goes on from there", err, len(results), len(file.Rows))
			case show != nil:
				return show
			case refused > 0:
				return fmt.Errorf("%d of %d rows were refused", refused, len(file.Rows))
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&parallel, "parallel", 8, "rows under way at a time")
	return cmd
}

// confirmed is the answer to a file of confirmations.
type confirmed struct {
	Paid     int                 `json:"paid"`
	Before   int                 `json:"before"`
	Repeated int                 `json:"repeated"`
	Refused  int                 `json:"refused"`
	Won      int64               `json:"won"` // recorded now
	Rows     []settlement.Result `json:"rows"`
}

func (a *app) showConfirmed(cmd *cobra.Command, results []settlement.Result) error {
	sum := confirmed{Rows: results}
	for _, r := range results {
		switch r.Outcome {
		case settlement.Paid:
			sum.Paid++
			sum.Won += r.Amount
		case settlement.Before:
			sum.Before++
		case settlement.Repeated:
			sum.Repeated++
		case settlement.Refused:
			sum.Refused++
		}
	}
	if a.json {
		return a.print(cmd, sum)
	}
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, r := range results {
		if r.Outcome != settlement.Paid && r.Outcome != settlement.Before {
			fmt.Fprintf(t, "row %d\t%s\t%s\t%s\t%s\n", r.Row, r.Reference, r.BankRef, r.Outcome, r.Detail)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d paid with %s won, %d before, %d repeated, %d refused\n", sum.Paid, audit.Won(sum.Won), sum.Before, sum.Repeated, sum.Refused)
	return err
}
