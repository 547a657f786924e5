// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

// waiting is a credit that an account has not claimed.
type waiting struct {
	Name   currency.CreditName `json:"credit"`
	Amount int64               `json:"amount"` // won
	currency.Credit
}

func (a *app) holderCredits() *cobra.Command {
	return &cobra.Command{
		Use: "credits ACCOUNT", Short: "List what waits for an account and by which names, as an auditor or guard", Args: arguments("ACCOUNT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			all, err := waitingCredits(cmd.Context(), c, program, account(args[0]), 0)
			if err != nil {
				return err
			}
			if a.json {
				return a.print(cmd, all)
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "credit\tkind\tfrom\twon\tsince")
			var total int64
			for _, w := range all {
				total += w.Amount
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", w.Name, w.Kind, w.From, audit.Won(w.Amount), time.Unix(w.At, 0).Format(time.RFC3339))
			}
			fmt.Fprintf(t, "%d credits\t\t\t%s\n", len(all), audit.Won(total))
			return t.Flush()
		},
	}
}

// waitingCredits are the credits that an account has not claimed, at most so many; 0 is all.
func waitingCredits(ctx context.Context, c *gateway.Currency, program, account string, most int) ([]waiting, error) {
	all := []waiting{}
	for bookmark := ""; ; {
		page, err := c.Credits(ctx, program, account, "", most, bookmark)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Records {
			name, err := gateway.CreditName(e)
			if err != nil {
				return nil, err
			}
			all = append(all, waiting{name, currency.Total(e.Record.Parts), e.Record})
		}
		if bookmark = page.Next; bookmark == "" || most > 0 && len(all) >= most {
			return all, nil
		}
	}
}

// creditsVar is the flag that names credits.
func creditsVar(f *pflag.FlagSet, to *[]currency.CreditName, text string) {
	f.Var(creditsFlag{to}, "credit", text)
}

// creditsFlag holds credits by name, several separated by commas or each with the flag of its own.
type creditsFlag struct{ to *[]currency.CreditName }

func (f creditsFlag) String() string {
	if f.to == nil || len(*f.to) == 0 {
		return ""
	}
	return fmt.Sprint(*f.to)
}

func (f creditsFlag) Set(s string) error {
	for name := range strings.SplitSeq(s, ",") {
		if _, _, err := currency.CreditName(name).Split(); err != nil {
			return err
		}
		*f.to = append(*f.to, currency.CreditName(name))
	}
	return nil
}

func (creditsFlag) Type() string { return "tx:n" }
