// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/follow"
)

func (a *app) anchorFollow() *cobra.Command {
	f := follow.Follower{}
	var to string
	cmd := &cobra.Command{
		Use: "follow SOURCE", Short: "Follow another Fabric chain: anchor each header of it, in order and once",
		Long: `Follow another Fabric chain: anchor each header of it, in order and once.

Peer, certificate and channel are those of the chain that is followed; --gateway
is where the source's log is sealed. Nothing is kept on this machine: the log says
where to go on, so the command may be stopped, killed or run twice at any moment.
Connections that fail are tried again for ever.

The ledger checks every header: hash, the one before, and the ordering nodes'
signatures under the chain's own configuration. Exit code 1 when the chain has
forked (both histories are on the ledger then), or when the ledger refuses the
next header for good.`,
		Example: "  trustctl anchor follow ktoken-chain --gateway https://trust.example --profile ktoken",
		Args:    arguments("SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage("--gateway is missing: URL of the gateway that seals the source")
			}
			if err := anchor.CheckID("source", args[0]); err != nil {
				return usage("%w", err)
			}
			s, err := a.one()
			if err != nil {
				return err
			}
			c, err := a.connect(cmd.Context(), s)
			if err != nil {
				return err
			}
			f.Source, f.Chain, f.Log = args[0], follow.Peer{Client: c, Channel: s.Channel}, follow.HTTP{URL: to}
			f.Say = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			if a.json {
				f.Say = slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			}
			if err := f.Run(cmd.Context()); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil // told to stop
		},
	}
	cmd.Flags().StringVar(&to, "gateway", "", "`URL` of the gateway that seals the source")
	cmd.Flags().StringVar(&f.Submitter, "as", "agent", "`name` under which the headers are brought; nothing proves it")
	cmd.Flags().Int64Var(&f.Until, "until", -1, "stop after this `height`; negative: never")
	cmd.Flags().IntVar(&f.Window, "window", 0, "headers under way at once (default 200)")
	return cmd
}
