// SPDX-License-Identifier: Apache-2.0

// Command bench measures the platform on a fresh network of its own and writes
// the reports to .bench.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/network"
	"github.com/komsco/trust-platform/network/fabric"
	"github.com/komsco/trust-platform/test-network/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	var (
		o              bench.Options
		b              = network.Default().Batch
		out            string
		quick, profile bool
	)
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure payments a second beside a no-op, the usual token and what signatures allow",
		Args:  cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			o.Progress, o.Blocks = cmd.ErrOrStderr(), &b
			if quick {
				o.Quick()
			}
			if out == "" {
				root, err := fabric.Root()
				if err != nil {
					return err
				}
				out = filepath.Join(root, ".bench")
			}
			if profile {
				o.Profiles = out
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := bench.Run(cmd.Context(), o)
			if r == nil {
				return err
			}
			w := cmd.OutOrStdout()
			err = errors.Join(err, r.Save(out), r.Summary(w))
			fmt.Fprintf(w, "\nThe report is in %s: report.md, report.json, report.svg\n\n", out)
			r.Lines(w)
			return err
		},
	}
	f := cmd.PersistentFlags()
	f.BoolVar(&quick, "quick", false, "one short round, to see that it works")
	f.StringVar(&out, "out", "", "folder of the reports (default .bench in the repository's root)")
	f.StringVar(&o.Dir, "dir", "", "state folder of the network, removed before and after (default .bench/network)")
	f.IntVar(&o.BasePort, "base-port", 0, "first of the network's 100 ports (default 26000)")
	f.IntVar(&o.GatewayPort, "gateway-port", 0, "the gateway's port (default 26199)")
	f.IntVar(&o.Rounds, "rounds", 0, "how often each workload is measured (default 5)")
	f.DurationVar(&o.Window, "window", 0, "how long each is measured (default 10s)")
	f.DurationVar(&o.Warm, "warm", 0, "how long each runs before it is measured (default 3s)")
	f.IntVar(&o.Payers, "payers", 0, "residents who pay (default 16000)")
	f.IntVar(&o.Shops, "shops", 0, "shops (default 200)")
	f.IntVar(&o.Welfare, "welfare", 0, "rows of the welfare run (default 100000)")
	f.IntVar(&o.Lanes, "lanes", 0, "lanes of the SDK and the gateway (default the SDK's)")
	f.IntVar(&o.InFlight, "in-flight", 0, "transactions of a lane on their way at a time (default the SDK's)")
	f.IntVar(&o.Batch, "batch", 0, "orders in a transaction at most (default the SDK's)")
	f.DurationVar(&b.Timeout, "block-timeout", b.Timeout, "after which the orderer cuts a block")
	f.IntVar(&b.MaxMessages, "block-messages", b.MaxMessages, "transactions in a block at most")
	f.IntVar(&b.PreferredBytes, "block-bytes", b.PreferredBytes, "size at which the orderer cuts a block")
	f.StringSliceVar(&o.Only, "only", nil, "workloads to measure, by name (default all)")
	f.BoolVar(&profile, "profile", false, "take CPU profiles of our processes during the first hot payments")
	f.BoolVar(&o.Keep, "keep", false, "leave the network running")
	cmd.AddCommand(sweepCommand(&o, &out), growthCommand(&o, &out), modelCommand(&out))
	return cmd
}
