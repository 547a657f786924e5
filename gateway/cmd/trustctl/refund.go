// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) refundCommands() *cobra.Command {
	forward := operation[currency.ForwardTakings, currency.TakingsForwarded]{
		name: "forward", args: []string{"MERCHANT"}, function: "ForwardTakings",
		short: "Give takings that a merchant has not claimed to a refund that it owes: as anybody who names them, or as an auditor who has them found",
		needs: []string{"account", "seq"},
		flags: func(f *pflag.FlagSet, r *currency.ForwardTakings) {
			f.StringVar(&r.Payment.Holder, "account", "", "account `id` or DID of who paid")
			f.Int64Var(&r.Payment.Seq, "seq", 0, "of the payment")
			creditsVar(f, &r.Credits, "`TX:N` of the merchant's takings; several times for several; found by an auditor or guard if left out")
		},
		fill: func(ctx context.Context, r *currency.ForwardTakings, program string, args []string) error {
			r.Program, r.Merchant, r.Payment.Holder = program, args[0], account(r.Payment.Holder)
			if len(r.Credits) > 0 {
				return nil
			}
			c, err := a.currency(ctx)
			if err != nil {
				return err
			}
			ask := currency.TakingsQuery{OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: program}, Account: r.Payment.Holder}, Seq: r.Payment.Seq}
			for {
				takings, err := c.Takings(ctx, ask)
				switch r.Credits = takings.Credits; {
				case err != nil || len(r.Credits) > 0:
					return err
				case takings.Next == "":
					return currency.NothingClaimed.Errorf("merchant %s has no takings of these funds that it has not claimed", args[0])
				}
				ask.Bookmark = takings.Next
			}
		},
	}
	waiting := query(a, "waiting", "List what a merchant owes, by payer and payment, as an auditor or guard", []string{"MERCHANT"},
		func(ctx context.Context, c *gateway.Currency, program string, args []string) ([]call.Entry[currency.Due], error) {
			m, err := c.Merchant(ctx, program, args[0])
			if err != nil {
				return nil, err
			}
			all := []call.Entry[currency.Due]{}
			for bookmark := ""; ; {
				page, err := c.WaitingRefunds(ctx, program, m.Account, "", 0, bookmark)
				if err != nil {
					return nil, err
				}
				all = append(all, page.Records...)
				if bookmark = page.Next; bookmark == "" {
					return all, nil
				}
			}
		})
	return a.group("refund", "Refunds that wait for their merchant's next takings", waiting, forward.command(a))
}
