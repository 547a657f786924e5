// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

func (a *app) reportYear() *cobra.Command {
	var asCSV bool
	cmd := &cobra.Command{
		Use: "year YEAR", Short: "The books of a fiscal year: what became of each fund's budget",
		Long: `The books of a fiscal year, recomputed from your own peer's blocks.

For each programme and fund

  brought + appropriated + deposited + lapsed + clawed back = issued + left
  carried + issued + exchanged in = used + cashed + exchanged out + lapsed
          + held + outstanding

or the command fails. What lapses is in the books of the year it lapses in; returned
is what an appropriation took in again this year (trustctl lapse absorb), waiting
what none took yet. Below stand the appropriations of the year, and those of none.
The year is the calendar year of each programme; it is over once a block of a
later one is there. It closes with the supply at the height that is shown.`,
		Example: "  trustctl report year 2026\n  trustctl report year 2026 --csv > books-2026.csv",
		Args:    arguments("YEAR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			year, err := number("YEAR", args[0])
			if err != nil || year < 2000 || year > 2999 {
				return usage("%q is not a year, 2000 to 2999", args[0])
			}
			if asCSV && a.json {
				return usage("--csv or --json, not both")
			}
			client, from, err := a.onePeer(cmd, "a report")
			if err != nil {
				return err
			}
			report, err := gateway.YearReport(cmd.Context(), client, from.Channel, from.Chaincode, year, a.blocks(cmd))
			switch {
			case err != nil:
				return err
			case a.json:
				return a.print(cmd, report)
			case asCSV:
				return writeYearCSV(cmd.OutOrStdout(), report)
			default:
				return writeYear(cmd.OutOrStdout(), report)
			}
		},
	}
	cmd.Flags().BoolVar(&asCSV, "csv", false, "a line for each fund and each appropriation, as CSV")
	return cmd
}

// yearColumns are a fund's figures in the order of a report.
var yearColumns = []struct {
	name string
	of   func(daybook.YearLine) int64
}{
	{"brought", func(l daybook.YearLine) int64 { return l.Brought }},
	{"appropriated", func(l daybook.YearLine) int64 { return l.Appropriated }},
	{"deposited", func(l daybook.YearLine) int64 { return l.Deposited }},
	{"issued", func(l daybook.YearLine) int64 { return l.Issued }},
	{"carried", func(l daybook.YearLine) int64 { return l.Carried }},
	{"exchanged in", func(l daybook.YearLine) int64 { return l.ExchangedIn }},
	{"exchanged out", func(l daybook.YearLine) int64 { return l.ExchangedOut }},
	{"used", func(l daybook.YearLine) int64 { return l.Used }},
	{"cashed", func(l daybook.YearLine) int64 { return l.Cashed }},
	{"lapsed", func(l daybook.YearLine) int64 { return l.Lapsed }},
	{"returned", func(l daybook.YearLine) int64 { return l.Returned }},
	{"outstanding", func(l daybook.YearLine) int64 { return l.Outstanding }},
	{"left", func(l daybook.YearLine) int64 { return l.Left }},
	{"waiting", func(l daybook.YearLine) int64 { return l.Waiting }},
	{"paid out", func(l daybook.YearLine) int64 { return l.PaidOut }},
	{"clawed back", func(l daybook.YearLine) int64 { return l.ClawedBack }},
	{"held", func(l daybook.YearLine) int64 { return l.Held }},
}

func writeYear(out io.Writer, r daybook.YearReport) error {
	if len(r.Programs) == 0 {
		fmt.Fprintf(out, "%d: no programme yet\n", r.Year)
		return nil
	}
	for _, of := range r.Programs {
		state := "over"
		if !of.Over {
			state = "not over yet"
		}
		fmt.Fprintf(out, "%s in %d, %s: up to height %d, in won\n\n", of.Program, r.Year, state, of.To)
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(t, "fund\t")
		for _, l := range of.Funds {
			fmt.Fprintf(t, "%s\t", l.Fund)
		}
		fmt.Fprintln(t)
		for _, c := range yearColumns {
			fmt.Fprintf(t, "%s\t", c.name)
			for _, l := range of.Funds {
				fmt.Fprintf(t, "%s\t", audit.Won(c.of(l)))
			}
			fmt.Fprintln(t)
		}
		fmt.Fprintln(t)
		fmt.Fprintln(t, "appropriation\tfund\tyear\tamount\treturned\tdrawn\tleft\t")
		for _, b := range of.Appropriations {
			year := "any"
			if b.Year != 0 {
				year = strconv.Itoa(b.Year)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", b.ID, b.Fund, year, audit.Won(b.Amount), audit.Won(b.Returned), audit.Won(b.Drawn), audit.Won(b.Left))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return nil
}

// writeYearCSV writes one table: a fund's line names no appropriation, an
// appropriation's has what was drawn from it in the last column.
func writeYearCSV(out io.Writer, r daybook.YearReport) error {
	w := csv.NewWriter(out)
	head := []string{"year", "program", "fund", "appropriation"}
	for _, c := range yearColumns {
		head = append(head, c.name)
	}
	_ = w.Write(append(head, "drawn")) // errors are the writer's at the end
	for _, of := range r.Programs {
		for _, l := range of.Funds {
			line := []string{strconv.Itoa(r.Year), of.Program, l.Fund, ""}
			for _, c := range yearColumns {
				line = append(line, strconv.FormatInt(c.of(l), 10))
			}
			_ = w.Write(append(line, ""))
		}
		for _, b := range of.Appropriations {
			line := []string{strconv.Itoa(r.Year), of.Program, b.Fund, b.ID}
			for _, c := range yearColumns {
				figure := ""
				switch c.name {
				case "appropriated":
					figure = strconv.FormatInt(b.Amount, 10)
				case "returned":
					figure = strconv.FormatInt(b.Returned, 10)
				case "left":
					figure = strconv.FormatInt(b.Left, 10)
				}
				line = append(line, figure)
			}
			_ = w.Write(append(line, strconv.FormatInt(b.Drawn, 10)))
		}
	}
	w.Flush()
	return w.Error()
}
