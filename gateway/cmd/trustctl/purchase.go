// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) allotmentCommands() *cobra.Command {
	open := operation[currency.OpenAllotment, currency.Allotment]{
		name: "open", args: []string{"ID"}, short: "Set budget aside for incentives of purchases, or for rewards, as the issuer's issuing officer", function: "OpenAllotment",
		needs: []string{"appropriation", "unit", "amount"},
		flags: func(f *pflag.FlagSet, r *currency.OpenAllotment) {
			f.StringVar(&r.Appropriation, "appropriation", "", "`id` of the appropriation it is drawn from")
			f.StringVar(&r.Unit, "unit", "", "what the amount is counted in")
			f.StringVar((*string)(&r.Source), "source", string(currency.Subsidy), "what it pays: subsidy of purchases, or reward of activities and cashback")
			purposeVar(f, &r.Purpose)
			f.IntVar(&r.Tranches, "tranches", 100, "into how many equal parts it is cut: as many purchases are confirmed at the same time")
			wonVar(f, &r.Amount, "amount", "what is set aside, in all")
		},
		fill: func(_ context.Context, r *currency.OpenAllotment, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
	tranche := -1
	show := query(a, "show", "Show an allotment, or what one tranche of it holds", []string{"ID"},
		func(ctx context.Context, c *gateway.Currency, program string, args []string) (any, error) {
			if tranche >= 0 {
				return c.Tranche(ctx, program, args[0], tranche)
			}
			return c.Allotment(ctx, program, args[0])
		})
	show.Flags().IntVar(&tranche, "tranche", -1, "`number` of the tranche, from 0")
	stop := operation[currency.StopAllotment, currency.Allotment]{
		name: "stop", args: []string{"ID", "REASON"}, function: "StopAllotment",
		short: "End all drawing from an allotment, as a guard of another organisation; REASON is a reference",
		fill: func(_ context.Context, r *currency.StopAllotment, program string, args []string) error {
			r.Program, r.ID, r.Reason = program, args[0], args[1]
			return nil
		},
	}
	return a.group("allotment", "Budget set aside for incentives of purchases and for rewards", open.command(a), stop.command(a),
		recordVerb[currency.Allotment]("close", "ID", "End an allotment; what is left goes back", "CloseAllotment").command(a), show)
}

func (a *app) purchaseCommands() *cobra.Command {
	confirm := operation[currency.ConfirmPurchase, currency.Purchase]{
		name: "confirm", args: []string{"BANKREF"}, short: "Confirm the deposit for a purchase, as the bank's cashier", function: "ConfirmPurchase",
		needs: []string{"account", "seq", "amount"},
		flags: func(f *pflag.FlagSet, r *currency.ConfirmPurchase) {
			f.StringVar(&r.Account, "account", "", "the buyer's account `id`")
			f.Int64Var(&r.Seq, "seq", 0, "of the purchase order")
			wonVar(f, &r.Amount, "amount", "what arrived, which must be what is due")
			f.StringVar(&r.Allotment, "allotment", "", "`id` of the allotment that pays the incentive")
			f.IntVar(&r.Tranche, "tranche", 0, "`number` of its tranche, from 0")
		},
		fill: func(_ context.Context, r *currency.ConfirmPurchase, program string, args []string) error {
			r.Program, r.Ref, r.Account = program, args[0], account(r.Account)
			return nil
		},
	}
	show := query(a, "show", "Show what an account ordered to buy", []string{"ACCOUNT", "SEQ"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Purchase, error) {
		seq, err := number("SEQ", args[1])
		if err != nil {
			return currency.Purchase{}, err
		}
		return c.Purchase(ctx, program, account(args[0]), int64(seq))
	})
	return a.group("purchase", "What residents buy and the bank confirms", confirm.command(a), show)
}
