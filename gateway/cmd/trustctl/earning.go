// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

func (a *app) earningCommands() *cobra.Command {
	submit := operation[currency.SubmitAttestation, currency.Rewarded]{
		name: "submit", args: []string{"ATTESTATION"}, short: "Credit who an attestation names; anybody may", function: "SubmitAttestation",
		flags: func(f *pflag.FlagSet, r *currency.SubmitAttestation) {
			f.IntVar(&r.Tranche, "tranche", 0, "`number` of the tranche that pays, from 0")
		},
		fill: func(_ context.Context, r *currency.SubmitAttestation, program string, args []string) error {
			r.Program, r.Attestation = program, args[0]
			return nil
		},
	}
	show := query(a, "show", "Show what an evidence was credited for", []string{"EVIDENCE"}, func(ctx context.Context, c *gateway.Currency, program string, args []string) (currency.Evidence, error) {
		return c.Evidence(ctx, program, args[0])
	})
	return a.group("earning", "What members earn on an organisation's word", submit.command(a), show)
}
