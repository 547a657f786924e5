// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) depositCommands() *cobra.Command {
	confirm := operation[currency.ConfirmDeposit, currency.Deposit]{
		name: "confirm", args: []string{"BANKREF"}, short: "Confirm that money arrived, as the bank's cashier", function: "ConfirmDeposit",
		needs: []string{"fund", "amount"},
		flags: func(f *pflag.FlagSet, r *currency.ConfirmDeposit) {
			f.StringVar(&r.Fund, "fund", "", "the `fund` that what is issued from it belongs to")
			wonVar(f, &r.Amount, "amount", "what arrived")
			f.StringVar(&r.Donor, "donor", "", "`account` id or DID of who gave it: may see where it went")
		},
		fill: func(_ context.Context, r *currency.ConfirmDeposit, program string, args []string) error {
			r.Program, r.Ref, r.Donor = program, args[0], account(r.Donor)
			return nil
		},
	}
	show := query(a, "show", "Show a deposit and what is left of it", []string{"BANKREF"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Deposit, error) {
		return c.Deposit(ctx, program, args[0])
	})
	return a.group("deposit", "Money at the bank that bought value is issued against", confirm.command(a), show)
}

func (a *app) appropriationCommands() *cobra.Command {
	propose := operation[currency.ProposeAppropriation, currency.Appropriation]{
		name: "propose", args: []string{"ID"}, short: "Propose to spend budget, as the issuer's treasurer", function: "ProposeAppropriation",
		needs: []string{"fund", "amount"},
		flags: func(f *pflag.FlagSet, r *currency.ProposeAppropriation) {
			f.StringVar(&r.Fund, "fund", "", "the `fund` that what is issued from it belongs to")
			wonVar(f, &r.Amount, "amount", "what may be spent")
			f.IntVar(&r.Year, "year", 0, "fiscal `year` in whose books it is; 0 is any")
		},
		fill: func(_ context.Context, r *currency.ProposeAppropriation, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
	approve := recordVerb[currency.Appropriation]("approve", "ID", "Agree to it, as an approver of another organisation", "ApproveAppropriation")
	show := query(a, "show", "Show an appropriation and what is left of it", []string{"ID"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Appropriation, error) {
		return c.Appropriation(ctx, program, args[0])
	})
	return a.group("appropriation", "Budget that two people agree to spend", propose.command(a), approve.command(a), show)
}
