// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

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
		name: "forward", args: []string{"ACCOUNT", "CREDIT[,CREDIT…]"}, function: "ForwardCredits",
		short: "Move what waits for a recovered account to the one that took over",
		fill: func(_ context.Context, r *currency.ForwardCredits, program string, args []string) error {
			r.Program, r.Account = program, account(args[0])
			for _, name := range strings.Split(args[1], ",") {
				r.Credits = append(r.Credits, currency.CreditName(name))
			}
			return nil
		},
	}
	return a.group("recovery", "Accounts whose holders lost the key; ACCOUNT is the old account id or DID",
		verb("propose", "Propose a new key for a frozen account, or another account of the same person for a closed one, as a guard of issuer or operator; unfreezing takes it back", "ProposeRecovery"),
		verb("approve", "Carry it out after the cool-down, as an approver of another organisation", "ApproveRecovery"),
		forward.command(a))
}
