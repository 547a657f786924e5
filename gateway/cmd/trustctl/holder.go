// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) holderCommands() *cobra.Command {
	verb := func(name, short, function string) *cobra.Command {
		return operation[currency.SetFreeze, currency.Holder]{
			name: name, args: []string{"ACCOUNT"}, short: short, function: function,
			needs: []string{"reason"},
			flags: func(f *pflag.FlagSet, r *currency.SetFreeze) {
				f.StringVar(&r.Reason, "reason", "", "your `reference`, e.g. of a case; no text about people")
			},
			fill: func(_ context.Context, r *currency.SetFreeze, program string, args []string) error {
				r.Program, r.Account = program, account(args[0])
				return nil
			},
		}.command(a)
	}
	show := query(a, "show", "Show an account's record, as an auditor or guard", []string{"ACCOUNT"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Holder, error) {
		return c.Holder(ctx, program, account(args[0]))
	})
	g := a.group("holder", "Residents' and merchants' accounts; ACCOUNT is an account id or a DID",
		verb("freeze", "Stop an account at once, as a guard of issuer or operator", "FreezeHolder"),
		verb("unfreeze", "Let a frozen account act again", "UnfreezeHolder"), a.holderSync(), show, a.holderCredits())
	return g
}
