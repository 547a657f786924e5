// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

func (a *app) reportCommands() *cobra.Command {
	return a.group("report", "What a day or a fiscal year made of the money", a.reportDay(), a.reportYear())
}

func (a *app) reportDay() *cobra.Command {
	return &cobra.Command{
		Use: "day YYYY-MM-DD", Short: "The books of a day, and what organisations owe one another for it",
		Long: `The books of a day, recomputed from your own peer's blocks.

For each programme and fund: what each side opened with, what flowed, what it
closed with. Opening and flows make the closing on every side, or the command fails; and
opening and closing are the supply at the heights that are shown (trustctl audit
--height). Any organisation gets the same from its own peer.

Behind each fund stands the programme's bank, where it began with a deposit, or its issuer,
where it began with an appropriation. From what the bank paid out, was paid in and
from exchanges follows what organisations owe one another, netted over all
programmes, and the fewest transfers that settle it.

The day is that of each programme's own calendar. It is over once a block of a
later day is there; until then figures may still grow.`,
		Example: "  trustctl report day 2026-11-27\n  trustctl report day 2026-11-27 --json",
		Args:    arguments("YYYY-MM-DD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := time.Parse(time.DateOnly, args[0])
			if err != nil {
				return usage("%q is not a day such as 2026-11-27", args[0])
			}
			client, from, err := a.onePeer(cmd, "a report")
			if err != nil {
				return err
			}
			report, err := gateway.DayReport(cmd.Context(), client, from.Channel, from.Chaincode, currency.DayOf(at, time.UTC), a.blocks(cmd))
			if err != nil {
				return err
			}
			if a.json {
				return a.print(cmd, report)
			}
			return writeReport(cmd.OutOrStdout(), report)
		},
	}
}

// onePeer connects to the one peer whose blocks a report or a trace is made from.
func (a *app) onePeer(cmd *cobra.Command, what string) (*gateway.Client, settings, error) {
	all, err := a.resolve()
	if err != nil {
		return nil, settings{}, err
	}
	if len(all) != 1 {
		return nil, settings{}, usage("%s is made from one peer, %d are named", what, len(all))
	}
	client, err := a.connect(cmd.Context(), all[0])
	return client, all[0], err
}

// blocks tells how far a reading of blocks has come, unless JSON is asked for.
func (a *app) blocks(cmd *cobra.Command) func(done, of uint64) {
	p := newProgress(cmd.ErrOrStderr())
	return func(done, of uint64) {
		if !a.json && (!p.tty || done%50 == 0 || done == of) {
			p.say(int64(done), int64(of), "block %d of %d", done, of) //nolint:gosec // heights are far below 2^63
		}
	}
}

func writeReport(out io.Writer, r daybook.Report) error {
	if len(r.Programs) == 0 {
		fmt.Fprintf(out, "%s: no programme yet\n", r.Day)
		return nil
	}
	for _, of := range r.Programs {
		state := "over"
		if !of.Over {
			state = "not over yet"
		}
		fmt.Fprintf(out, "%s on %s, %s: from height %d to %d, in won\n\n", of.Program, r.Day, state, of.From, of.To)
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		row := func(name string, value func(daybook.Line) int64) {
			fmt.Fprintf(t, "%s\t", name)
			for _, l := range of.Lines {
				fmt.Fprintf(t, "%s\t", audit.Won(value(l)))
			}
			fmt.Fprintln(t)
		}
		fmt.Fprint(t, "fund\t")
		for _, l := range of.Lines {
			fmt.Fprintf(t, "%s\t", l.Fund)
		}
		fmt.Fprintln(t)
		for _, s := range daybook.Sides {
			row("opening "+string(s), func(l daybook.Line) int64 { return l.Opening[s] })
		}
		for _, f := range daybook.Flows {
			row(string(f), func(l daybook.Line) int64 { return l.Flows[f] })
		}
		for _, s := range daybook.Sides {
			row("closing "+string(s), func(l daybook.Line) int64 { return l.Closing[s] })
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "organisation\tis owed\towes\tnet")
	for _, p := range r.Positions {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Organisation, audit.Won(p.Owed), audit.Won(p.Owes), audit.Won(p.Net))
	}
	if len(r.Positions) == 0 {
		fmt.Fprintln(t, "(nobody owes anybody)")
	}
	for _, s := range r.Transfers {
		fmt.Fprintf(t, "%s pays %s\t%s\n", s.From, s.To, audit.Won(s.Amount))
	}
	return t.Flush()
}
