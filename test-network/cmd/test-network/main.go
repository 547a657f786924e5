// SPDX-License-Identifier: Apache-2.0

// Command test-network runs a whole consortium on this machine: `test-network up` and `test-network --help`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/network/fabric"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/platform"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := command()
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "test-network:", err)
		return 1
	}
	return 0
}

func command() *cobra.Command {
	var dir string
	root := &cobra.Command{
		Use:           "test-network",
		Short:         "Run a whole consortium on this machine",
		Long:          "Run a whole consortium on this machine: peers, ordering nodes, chaincodes and services as native processes.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&dir, "dir", "", "state folder (default .network in the repository's root)")
	open := func(cmd *cobra.Command) (*testnetwork.Network, error) {
		n, err := testnetwork.Open(dir)
		if err == nil {
			n.SetProgress(cmd.ErrOrStderr())
		}
		return n, err
	}
	root.AddCommand(
		buildCommand(), upCommand(&dir), downCommand(&dir), resetCommand(&dir),
		statusCommand(open), logsCommand(open), envCommand(open), deployCommand(open),
	)
	return root
}

// opener finds the network that the flags name.
type opener func(*cobra.Command) (*testnetwork.Network, error)

func buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build Fabric's programs if the pin has changed, and print their folder; up does it by itself",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := fabric.Root()
			if err != nil {
				return err
			}
			dir, err := fabric.Programs(cmd.Context(), root, cmd.ErrOrStderr())
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), dir)
			}
			return err
		},
	}
}

func upCommand(dir *string) *cobra.Command {
	var (
		o           testnetwork.Options
		whole       bool
		gatewayPort int
	)
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make a network, or resume what was stopped or killed, and wait until it works",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Progress = *dir, cmd.ErrOrStderr()
			if !whole {
				_, err := testnetwork.Up(cmd.Context(), o)
				return err
			}
			p, err := platform.Up(cmd.Context(), platform.Options{Options: o, GatewayPort: gatewayPort})
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "The platform is up: %s/docs\n", p.URL)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&whole, "platform", false, "with the consortium's contracts and the HTTP gateway")
	flags.IntVar(&gatewayPort, "gateway-port", 0, "with --platform, the gateway's port (default where it was, or 8080)")
	flags.IntVar(&o.BasePort, "base-port", 0, "first of 100 ports (default that of the existing network, or 7050)")
	flags.IntVar(&o.Orderers, "orderers", 0, "ordering nodes: 1 or 3 with Raft, 4 with BFT (default that of the existing network, or the consortium's)")
	flags.BoolVar(&o.BFT, "bft", false, "order by BFT instead of Raft")
	flags.BoolVar(&o.ChaincodePerOrg, "chaincode-per-org", false, "in a new network, run a process of each chaincode for each organisation")
	return cmd
}

func downCommand(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop the network; its ledgers stay",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return testnetwork.Down(cmd.Context(), *dir, cmd.ErrOrStderr())
		},
	}
}

func resetCommand(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "reset",
		Short: "Stop the network and remove it with its ledgers",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return testnetwork.Reset(cmd.Context(), *dir, cmd.ErrOrStderr())
		},
	}
}
