// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway"
)

func (a *app) auditCommand() *cobra.Command {
	var height uint64
	cmd := &cobra.Command{
		Use: "audit", Short: "Recompute the supply of money from your own peer's blocks; compare several peers",
		Long: `Recompute the supply of money from your own peer's blocks.

Reads every block from the first one, valid transactions only, and checks after
each block that for every programme and fund

  entered = funds + reserved + credits + purses + holds + redemptions + cases
          + paid out + cashed out + returned

The first block at which it does not hold is named. With several --profile (an
organisation each, read with its own identity) or several --peer, the peers are
compared block by block and the first difference is named. Exit code 1 if money is
not explained or peers differ.

Memory: some 300 to 700 bytes for each account, deposit, run, unclaimed credit and
redemption, for each peer; blocks are not kept. The peer must hold all blocks: one
that joined from a snapshot does not.`,
		Example: "  trustctl audit\n  trustctl audit --profile komsco --profile city --profile bank --height 1200",
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := a.resolve()
			if err != nil {
				return err
			}
			clients := make([]*gateway.Client, len(all))
			for i, s := range all {
				if s.Channel != all[0].Channel || s.Chaincode != all[0].Chaincode {
					return usage("the profiles name %s on %s and %s on %s; give --channel and --chaincode",
						all[0].Chaincode, all[0].Channel, s.Chaincode, s.Channel)
				}
				if clients[i], err = a.connect(cmd.Context(), s); err != nil {
					return err
				}
			}
			report, err := gateway.Audit(cmd.Context(), clients, all[0].Channel, all[0].Chaincode, height, a.blocks(cmd))
			var (
				violation  *gateway.AuditViolation
				difference *gateway.AuditDifference
			)
			if err != nil && !errors.As(err, &violation) && !errors.As(err, &difference) {
				return err
			}
			if a.json {
				if err := a.print(cmd, report); err != nil {
					return err
				}
			} else {
				fmt.Fprint(cmd.OutOrStdout(), report)
			}
			return err
		},
	}
	cmd.Flags().Uint64Var(&height, "height", 0, "number of `blocks` to read; 0 is all there are")
	return cmd
}
