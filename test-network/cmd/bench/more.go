// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/test-network/bench"
)

func sweepCommand(o *bench.Options, out *string) *cobra.Command {
	g := bench.Grid{
		Timeouts: []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond},
		Messages: []int{500}, Bytes: []int{2 << 20},
		Lanes: []int{2, 4}, Batches: []int{250, 500, 1000},
	}
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Measure hot payments, the floor and the usual token over block settings, lanes and batch sizes",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := bench.Sweep(cmd.Context(), *o, g)
			err = errors.Join(err, bench.SaveSweep(*out, all))
			fmt.Fprintf(cmd.OutOrStdout(), "The table is in %s/sweep.md\n", *out)
			return err
		},
	}
	f := cmd.Flags()
	f.DurationSliceVar(&g.Timeouts, "timeouts", g.Timeouts, "after which the orderer cuts a block")
	f.IntSliceVar(&g.Messages, "messages", g.Messages, "transactions in a block at most")
	f.IntSliceVar(&g.Bytes, "bytes", g.Bytes, "size at which the orderer cuts a block")
	f.IntSliceVar(&g.Lanes, "try-lanes", g.Lanes, "numbers of lanes")
	f.IntSliceVar(&g.Batches, "try-batches", g.Batches, "orders in a transaction at most")
	return cmd
}

func growthCommand(o *bench.Options, out *string) *cobra.Command {
	var accounts, receipts int
	cmd := &cobra.Command{
		Use:   "growth",
		Short: "Load many accounts and receipts; measure payments and the audit before and after",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			g, err := bench.Grow(cmd.Context(), *o, accounts, receipts)
			if g == nil {
				return err
			}
			w := cmd.OutOrStdout()
			for _, s := range g.Stages {
				fmt.Fprintf(w, "%d accounts, %d receipts: %.0f payments/s, %.3f ms of CPU each; audit of %d blocks in %.1f s with %.0f MiB; a peer's ledger takes %d MiB\n",
					s.Accounts, s.Receipts, s.Hot.PerSecond, s.CPU, s.Audit.Blocks, s.Audit.Seconds, s.Audit.Peak, s.Disk>>20)
			}
			fmt.Fprintf(w, "ratio growth_cost %.3f\n", g.Cost)
			return errors.Join(err, g.Save(*out))
		},
	}
	cmd.Flags().IntVar(&accounts, "accounts", 1_000_000, "accounts at the end")
	cmd.Flags().IntVar(&receipts, "receipts", 2_000_000, "receipts at the end")
	return cmd
}

func modelCommand(out *string) *cobra.Command {
	return &cobra.Command{
		Use:   "model",
		Short: "Calculate from the last report what larger machines would carry: a model, not a measurement",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := bench.ReadModel(*out)
			if err != nil {
				return err
			}
			m.Write(cmd.OutOrStdout())
			return nil
		},
	}
}
