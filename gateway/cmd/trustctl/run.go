// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) runCommands() *cobra.Command {
	issue, show := a.runIssue(), a.runShow()
	return a.group("run", "Issue runs, step by step (trustctl issue does all of it)",
		a.runOpen(), a.runApprove(), issue, a.runStop(), a.runCorrect(), a.runApproveCorrection(), a.runCorrection(),
		recordVerb[currency.Run]("close", "ID", "End a run; what was not issued goes back", "CloseRun").command(a), show)
}

func (a *app) runOpen() *cobra.Command {
	var (
		rows                     string
		batchRows                int
		repeats                  bool
		deposits, appropriations []string
		cmd                      *cobra.Command
	)
	open := operation[currency.OpenRun, currency.Run]{
		name: "open", args: []string{"ID"}, short: "Reserve money for the rows of a file, as the issuer's issuing officer", function: "OpenRun",
		needs: []string{"rows", "unit", "source"},
		flags: func(f *pflag.FlagSet, r *currency.OpenRun) {
			f.StringVar(&rows, "rows", "", "`file` of account,amount lines, as for trustctl issue")
			f.IntVar(&batchRows, "batch-rows", 500, "rows in a batch, at most 1000")
			f.BoolVar(&repeats, "allow-repeats", false, "an account may stand on several lines")
			f.StringVar(&r.Unit, "unit", "", "what the file is counted in")
			sourceVar(f, &r.Source)
			purposeVar(f, &r.Purpose)
			f.StringArrayVar(&deposits, "deposit", nil, "`REF=AMOUNT` drawn from a deposit")
			f.StringArrayVar(&appropriations, "appropriation", nil, "`ID=AMOUNT` drawn from an appropriation")
		},
		fill: func(ctx context.Context, r *currency.OpenRun, program string, args []string) (err error) {
			r.Program, r.ID = program, args[0]
			if r.Draws, err = parseDraws(deposits, appropriations); err != nil {
				return err
			}
			all, err := readRows(cmd, rows, repeats)
			if err != nil {
				return err
			}
			if batchRows < 1 || batchRows > currency.MaxRows {
				return usage("--batch-rows %d: 1 to %d", batchRows, currency.MaxRows)
			}
			c, err := a.currency(ctx)
			if err != nil {
				return err
			}
			rules, err := c.Policy(ctx, program, 0)
			if err != nil {
				return err
			}
			for batch := range slices.Chunk(all, batchRows) {
				announced, err := currency.Announce(batch, r.Source, rules)
				if err != nil {
					return err
				}
				r.Batches = append(r.Batches, announced)
			}
			return nil
		},
	}
	cmd = open.command(a)
	return cmd
}

func (a *app) runApprove() *cobra.Command {
	var (
		rows string
		cmd  *cobra.Command
	)
	approve := operation[currency.ApproveRun, currency.Run]{
		name: "approve", args: []string{"ID"}, function: "ApproveRun",
		short: "Approve a run for the rows of your own copy of the file, as an approver of another organisation",
		needs: []string{"rows"},
		flags: func(f *pflag.FlagSet, _ *currency.ApproveRun) {
			f.StringVar(&rows, "rows", "", "the `file` as you know it; the root of its roster is what you approve")
		},
		fill: func(ctx context.Context, r *currency.ApproveRun, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			all, err := readRows(cmd, rows, true)
			if err != nil {
				return err
			}
			c, err := a.currency(ctx)
			if err != nil {
				return err
			}
			run, err := c.Run(ctx, program, r.ID)
			if err != nil {
				return err
			}
			rules, err := c.Policy(ctx, program, run.Policy)
			if err != nil {
				return err
			}
			r.Root, err = gateway.RosterRoot(run, rules, all)
			return err
		},
	}
	cmd = approve.command(a)
	return cmd
}

func (a *app) runStop() *cobra.Command {
	return operation[currency.StopRun, currency.Run]{
		name: "stop", args: []string{"ID", "REASON"}, function: "StopRun",
		short: "Stop a run before it is issued any further, as a guard of another organisation; REASON is a reference",
		fill: func(_ context.Context, r *currency.StopRun, program string, args []string) error {
			r.Program, r.ID, r.Reason = program, args[0], args[1]
			return nil
		},
	}.command(a)
}

func (a *app) runIssue() *cobra.Command {
	var (
		rows string
		cmd  *cobra.Command
	)
	issue := operation[currency.IssueBatch, currency.Batch]{
		name: "issue", args: []string{"ID", "BATCH"}, short: "Issue one batch of an open run; the first is 0", function: "IssueBatch",
		needs: []string{"rows"},
		flags: func(f *pflag.FlagSet, _ *currency.IssueBatch) {
			f.StringVar(&rows, "rows", "", "the `file` that the run was opened with")
		},
		fill: func(ctx context.Context, r *currency.IssueBatch, program string, args []string) (err error) {
			r.Program, r.Run = program, args[0]
			if r.Batch, err = number("BATCH", args[1]); err != nil {
				return err
			}
			all, err := readRows(cmd, rows, true) // the run decided on repeats
			if err != nil {
				return err
			}
			c, err := a.currency(ctx)
			if err != nil {
				return err
			}
			run, err := c.Run(ctx, program, r.Run)
			if err != nil {
				return err
			}
			if r.Batch >= len(run.Batches) {
				return currency.BatchUnknown.Errorf("batch %d: run %s announced %d, from 0", r.Batch, run.ID, len(run.Batches))
			}
			batches, err := gateway.Batches(run, all)
			if err != nil {
				return err
			}
			r.Rows = batches[r.Batch]
			return nil
		},
	}
	cmd = issue.command(a)
	return cmd
}

func (a *app) runShow() *cobra.Command {
	batch := -1
	cmd := query(a, "show", "Show a run, or what one batch of it issued", []string{"ID"},
		func(ctx context.Context, c *gateway.Currency, program string, args []string) (any, error) {
			if batch >= 0 {
				return c.Batch(ctx, program, args[0], batch)
			}
			return c.Run(ctx, program, args[0])
		})
	cmd.Flags().IntVar(&batch, "batch", -1, "`number` of the batch, from 0")
	return cmd
}
