// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) merchantCommands() *cobra.Command {
	register := operation[currency.RegisterMerchant, currency.Merchant]{
		name: "register", args: []string{"ID"}, short: "Take a shop into the programme, as the issuer's merchants officer", function: "RegisterMerchant",
		needs: []string{"did", "region", "category", "payout"},
		flags: func(f *pflag.FlagSet, r *currency.RegisterMerchant) {
			f.StringVar(&r.DID, "did", "", "`DID` whose key signs the shop's orders")
			f.StringVar(&r.Region, "region", "", "`code` of its region")
			f.StringVar(&r.Category, "category", "", "`name` of its business category")
			f.StringVar(&r.Payout, "payout", "", "salted SHA-256 `digest` of the bank account it is paid out to, in hex")
			termsFlags(f, &r.MerchantTerms)
		},
		fill: func(_ context.Context, r *currency.RegisterMerchant, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
	}
	show := query(a, "show", "Show a merchant", []string{"ID"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Merchant, error) {
		return c.Merchant(ctx, program, args[0])
	})
	return a.group(
		"merchant", "Shops that take part", register.command(a),
		becomes("suspend", "Stop payments and redemptions of a merchant", currency.Suspended).command(a),
		becomes("reinstate", "Let a suspended merchant take part again", currency.Active).command(a),
		termsVerb().command(a), salesVerb().command(a), banVerb().command(a), liftVerb().command(a),
		becomes("close", "Close a merchant for good; it may still redeem what it holds", currency.Closed).command(a),
		show,
	)
}

// becomes is a verb that changes a merchant's status.
func becomes(verb, short string, status currency.Status) operation[currency.SetMerchantStatus, currency.Merchant] {
	return operation[currency.SetMerchantStatus, currency.Merchant]{
		name: verb, args: []string{"ID"}, short: short, function: "SetMerchantStatus",
		fill: func(_ context.Context, r *currency.SetMerchantStatus, program string, args []string) error {
			r.Program, r.ID = program, args[0]
			return nil
		},
		settle: func(r *currency.SetMerchantStatus) error {
			if r.Status != "" && r.Status != status {
				return usage("the request makes the merchant %s, %s makes it %s", r.Status, verb, status)
			}
			r.Status = status
			return nil
		},
	}
}
