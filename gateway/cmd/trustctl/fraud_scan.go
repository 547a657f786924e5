// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

func (a *app) fraudScan() *cobra.Command {
	var (
		q     gateway.FraudQuestion
		since string
		all   bool
	)
	cmd := &cobra.Command{
		Use: "scan", Short: "Find payments and gifts that reach the policy's fraud thresholds, in your own peer's blocks",
		Long: `Find payments and gifts that reach the policy's fraud thresholds.

Reads every block of your own peer from the first one. Each flag is a line: threshold,
how many payments or gifts over how much, when, which accounts have a part in it (a
shop's first), and the flags of trustctl fraud open for a case about any of them, which the
ledger accepts as they are. What cases are about already is left out, unless --all.

Thresholds of a policy that is only proposed can be tried with --policy; a case by
them is refused until it is approved. The peer must hold all blocks: one that joined
from a snapshot does not.`,
		Example: "  trustctl fraud scan --program nowon --since 2026-11-01\n  trustctl fraud scan --program nowon --policy 3 --all --json",
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if q.Program, err = a.needProgram(); err != nil {
				return err
			}
			if _, err = moment(since, time.UTC); err != nil {
				return err // before anything is asked
			}
			client, from, err := a.onePeer(cmd, "a scan")
			if err != nil {
				return err
			}
			money := client.Currency(from.Channel, from.Chaincode)
			program, err := money.Program(cmd.Context(), q.Program)
			if err != nil {
				return err
			}
			zone := program.Location()
			if q.Since, err = moment(since, zone); err != nil {
				return err
			}
			found, err := money.FraudFlags(cmd.Context(), q, a.blocks(cmd))
			if err != nil {
				return err
			}
			flags := []gateway.FraudFlag{}
			for _, f := range found {
				if all || f.New > 0 {
					flags = append(flags, f)
				}
			}
			if a.json {
				return a.print(cmd, flags)
			}
			writeFlags(cmd.OutOrStdout(), flags, len(found)-len(flags), zone)
			return nil
		},
	}
	cmd.Flags().IntVar(&q.Policy, "policy", 0, "`version` of the policy whose thresholds are meant; 0 is the one in force")
	cmd.Flags().StringVar(&since, "since", "", "leave out what ended before this `day` of the programme's calendar (2026-11-01) or moment (RFC 3339)")
	cmd.Flags().BoolVar(&all, "all", false, "show what cases are about already, too")
	cmd.Flags().Uint64Var(&q.Height, "height", 0, "number of `blocks` to read; 0 is all there are")
	return cmd
}

// moment reads the beginning of a day in a zone, or a moment; empty is the zero time.
func moment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage("%q is neither a day such as 2026-11-27 nor a moment such as 2026-11-27T09:00:00+09:00", text)
}

func writeFlags(out io.Writer, flags []gateway.FraudFlag, known int, zone *time.Location) {
	clock := func(at int64) string { return time.Unix(at, 0).In(zone).Format(time.RFC3339) }
	for _, f := range flags {
		what := "payments at " + f.Shop
		if f.Shop == "" {
			what = "gifts in a ring"
		}
		names := make([]string, len(f.Receipts))
		for i, r := range f.Receipts {
			names[i] = r.String()
		}
		fmt.Fprintf(out, "%s: %d %s, %s won, %s to %s, %d new; about %s; --rule %s --policy %d --receipt %s\n",
			f.Rule, f.Found.Count, what, audit.Won(f.Found.Won), clock(f.Found.First), clock(f.Found.Last), f.New,
			strings.Join(f.Accounts, " "), f.Rule, f.Policy, strings.Join(names, ","))
	}
	fmt.Fprintf(out, "%d flags, %d more that cases are about already\n", len(flags), known)
}
