// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func (a *app) recoveryCommands() *cobra.Command {
	verb := func(name, short, function string) *cobra.Command {
		return operation[currency.ProposeRecovery, currency.Holder]{
			name: name, args: []string{"ACCOUNT", "NEW-DID"}, short: short, function: function,
			fill: func(_ context.Context, r *currency.ProposeRecovery, program string, args []string) error {
				r.Program, r.Account, r.DID = program, account(args[0]), args[1]
				return nil
			},
		}.command(a)
	}
	forward := operation[currency.ForwardCredits, currency.Forwarded]{
		name: "forward", args: []string{"ACCOUNT"}, function: "ForwardCredits",
		short: "Move what waits for a recovered account, up to 500 credits, to the one that took over: as anybody who names it, or as an auditor all of it",
		flags: func(f *pflag.FlagSet, r *currency.ForwardCredits) {
			creditsVar(f, &r.Credits, "`TX:N` of a credit; several times for several; found by an auditor or guard if left out")
		},
		fill: func(ctx context.Context, r *currency.ForwardCredits, program string, args []string) error {
			r.Program, r.Account = program, account(args[0])
			if len(r.Credits) > 0 {
				return nil
			}
			c, err := a.currency(ctx)
			if err != nil {
				return err
			}
			found, err := waitingCredits(ctx, c, program, r.Account, currency.MaxClaims)
			if err == nil && len(found) == 0 {
				err = currency.NothingClaimed.Errorf("nothing waits for account %s", r.Account)
			}
			for _, w := range found {
				r.Credits = append(r.Credits, w.Name)
			}
			return err
		},
	}
	return a.group("recovery", "Accounts whose holders lost the key; ACCOUNT is the old account id or DID",
		verb("propose", "Propose a new key for a frozen account, or another account of the same person for a closed one, as a guard of issuer or operator; unfreezing takes it back", "ProposeRecovery"),
		verb("approve", "Carry it out after the cool-down, as an approver of another organisation", "ApproveRecovery"),
		forward.command(a))
}
