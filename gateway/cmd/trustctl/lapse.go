// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) lapseCommands() *cobra.Command {
	absorb := operation[currency.AbsorbReturns, currency.Appropriation]{
		name: "absorb", args: []string{"APPROPRIATION", "TX[,TX…]"}, function: "AbsorbReturns",
		short: "Put what came back into an appropriation of the same fund and year, as the issuer's treasurer",
		fill: func(_ context.Context, r *currency.AbsorbReturns, program string, args []string) error {
			r.Program, r.ID, r.Returns = program, args[0], strings.Split(args[1], ",")
			return nil
		},
	}
	returns := query(a, "returns", "List what came back to the funds, by fund and transaction", nil, func(ctx context.Context, c *gateway.Currency, program string, _ []string) ([]call.Entry[currency.FundReturn], error) {
		all := []call.Entry[currency.FundReturn]{}
		for bookmark := ""; ; {
			page, err := c.FundReturns(ctx, program, 0, bookmark)
			if err != nil {
				return nil, err
			}
			all = append(all, page.Records...)
			if bookmark = page.Next; bookmark == "" {
				return all, nil
			}
		}
	})
	return a.group("lapse", "What nobody spent in time, on its way back to its fund", a.lapseSweep(), absorb.command(a), returns)
}

// sweepDone sums up all sweeps of a command.
type sweepDone struct {
	Sweeps   int                `json:"sweeps"`
	Lapsed   int64              `json:"lapsed"`   // won
	Released int                `json:"released"` // holds
	Skipped  []currency.Skipped `json:"skipped,omitempty"`
}

func (a *app) lapseSweep() *cobra.Command {
	return &cobra.Command{
		Use: "sweep", Short: "Find what has lapsed, as an auditor, and give it back to its funds; holds to their payers",
		Long: `Find what has lapsed, as an auditor, and give it back to its funds.

Goes through all purses and unclaimed credits of the programme and sweeps what is
past its last day by a whole day, up to 500 at a time; holds that nobody captured
go back to their payers an hour after their deadline. It may be stopped and
started again, and run by several at once: nothing lapses twice.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			var done sweepDone
			for _, of := range []string{currency.LapsingHolds, currency.LapsingPurses, currency.LapsingCredits} {
				if err := sweepAll(cmd.Context(), c, program, of, &done); err != nil {
					return err
				}
			}
			return a.print(cmd, done)
		},
	}
}

func sweepAll(ctx context.Context, c *gateway.Currency, program, of string, done *sweepDone) error {
	for bookmark := ""; ; {
		page, err := c.Lapsing(ctx, currency.LapsingQuery{
			PageQuery: currency.PageQuery{Program: program, Limit: currency.MaxSweep, Bookmark: bookmark}, Of: of,
		})
		if err != nil {
			return err
		}
		if len(page.Purses)+len(page.Credits)+len(page.Holds) > 0 {
			swept, err := c.Sweep(ctx, currency.Sweep{
				Operation: call.Operation{Op: "op-" + strings.ToLower(rand.Text()[:16])},
				Program:   program, Purses: page.Purses, Credits: page.Credits, Holds: page.Holds,
			})
			if err != nil {
				return err
			}
			done.Sweeps++
			done.Lapsed += swept.Lapsed
			done.Released += len(swept.Released)
			done.Skipped = append(done.Skipped, swept.Skipped...)
		}
		if bookmark = page.Next; bookmark == "" {
			return nil
		}
	}
}
