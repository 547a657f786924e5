// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/audit"
)

func (a *app) payoutCommands() *cobra.Command {
	confirm := operation[currency.ConfirmPayout, currency.Payout]{
		name: "confirm", args: []string{"BANKREF"}, short: "Confirm that a redemption was paid, as the bank's cashier", function: "ConfirmPayout",
		needs: []string{"account", "seq", "amount"},
		flags: func(f *pflag.FlagSet, r *currency.ConfirmPayout) {
			f.StringVar(&r.Account, "account", "", "the merchant's account `id`")
			f.Int64Var(&r.Seq, "seq", 0, "of the redemption")
			wonVar(f, &r.Amount, "amount", "what was paid, which must be what was claimed")
			f.Var(momentFlag{&r.Sent}, "sent", "when the transfer left the bank, where the account was frozen since; now by default")
		},
		fill: func(_ context.Context, r *currency.ConfirmPayout, program string, args []string) error {
			r.Program, r.Ref, r.Account = program, args[0], account(r.Account)
			return nil
		},
	}
	show := query(a, "show", "Show the payout of a bank reference", []string{"BANKREF"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Payout, error) {
		return c.Payout(ctx, program, args[0])
	})
	recall := operation[currency.RecallPayout, currency.Redemption]{
		name: "recall", short: "Say that a redemption which a case holds was not paid and will not be, as the bank's cashier: its money goes to the case", function: "RecallPayout",
		needs: []string{"account", "seq"},
		flags: func(f *pflag.FlagSet, r *currency.RecallPayout) {
			f.StringVar(&r.Account, "account", "", "account `id` of who claimed")
			f.Int64Var(&r.Seq, "seq", 0, "of the redemption")
		},
		fill: func(_ context.Context, r *currency.RecallPayout, program string, _ []string) error {
			r.Program, r.Account = program, account(r.Account)
			return nil
		},
	}
	return a.group("payout", "What merchants claimed and the bank pays", confirm.command(a), recall.command(a), a.payoutFile(), a.payoutConfirmFile(), a.payoutList(), show)
}

// claim is a redemption as the list shows it.
type claim struct {
	Account string `json:"account"`
	Seq     int64  `json:"seq"`
	currency.UnpaidRedemption
}

func (a *app) payoutList() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the redemptions that are still to be paid", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, program, err := a.inProgram(cmd.Context())
			if err != nil {
				return err
			}
			claims, err := redemptions(cmd.Context(), c, program, all)
			if err != nil {
				return err
			}
			if a.json {
				return a.print(cmd, claims)
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "account\tseq\tmerchant\twon\tclaimed\tto (digest)\tpaid under\twithheld")
			var total int64
			for _, r := range claims {
				total += r.Amount
				fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%.16s…\t%s\t%s\n", r.Account, r.Seq, r.Merchant, audit.Won(r.Amount),
					time.Unix(r.At, 0).Format(time.RFC3339), r.Payout, r.Paid, why(r.Withheld))
			}
			fmt.Fprintf(t, "%d redemptions\t\t\t%s\n", len(claims), audit.Won(total))
			return t.Flush()
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that were paid, too, which reads every redemption that ever was")
	return cmd
}

// why says why a redemption is withheld.
func why(w *currency.Withholding) string {
	if w == nil {
		return ""
	}
	return strings.TrimSpace(w.Code + " " + w.Reason)
}

func redemptions(ctx context.Context, c *gateway.Currency, program string, all bool) ([]claim, error) {
	claims := []claim{}
	add := func(key []string, r currency.UnpaidRedemption) error {
		if len(key) != 2 {
			return fmt.Errorf("redemption key %q: account and sequence number are expected", key)
		}
		seq, err := strconv.ParseInt(key[1], 10, 64)
		if err != nil {
			return fmt.Errorf("redemption key %q: %w", key, err)
		}
		claims = append(claims, claim{key[0], seq, r})
		return nil
	}
	if !all {
		err := everyPage(func(bookmark string) (call.Page[currency.UnpaidRedemption], error) {
			return c.Unpaid(ctx, program, 0, bookmark)
		}, add)
		return claims, err
	}
	err := everyPage(func(bookmark string) (call.Page[currency.Redemption], error) {
		return c.Redemptions(ctx, program, 0, bookmark)
	}, func(key []string, r currency.Redemption) error {
		return add(key, currency.UnpaidRedemption{Redemption: r})
	})
	return claims, err
}

// everyPage goes through all records of a list.
func everyPage[T any](page func(bookmark string) (call.Page[T], error), each func(key []string, record T) error) error {
	for bookmark := ""; ; {
		p, err := page(bookmark)
		if err != nil {
			return err
		}
		for _, e := range p.Records {
			if err := each(e.Key, e.Record); err != nil {
				return err
			}
		}
		if bookmark = p.Next; bookmark == "" {
			return nil
		}
	}
}
