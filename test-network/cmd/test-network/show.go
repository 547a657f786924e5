// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	testnetwork "github.com/komsco/trust-platform/test-network"
)

func statusCommand(open opener) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show every process: running or crashed, port, block height",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := open(cmd)
			if err != nil {
				return err
			}
			nodes, err := n.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				out := json.NewEncoder(cmd.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(nodes)
			}
			return printStatus(cmd.OutOrStdout(), nodes)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printStatus(w io.Writer, nodes []testnetwork.Node) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tKIND\tSTATE\tPID\tPORT\tBLOCKS")
	for _, n := range nodes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", n.Name, n.Kind, n.State, number(n.PID), number(n.Port), number(n.Height))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, n := range nodes {
		if n.Problem != "" {
			fmt.Fprintf(w, "\n%s %s; the end of its log, more by `test-network logs %s`:\n%s\n", n.Name, n.State, n.Name, n.Problem)
		}
	}
	return nil
}

func number[T int | uint64](value T) string {
	if value == 0 {
		return "-"
	}
	return fmt.Sprint(value)
}

func logsCommand(open opener) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs NODE",
		Short: "Print the log of a process; a unique beginning of its name will do",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := open(cmd)
			if err != nil {
				return err
			}
			path, err := n.Log(args[0])
			if err != nil {
				return err
			}
			return printLog(cmd.Context(), cmd.OutOrStdout(), path, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as the log grows")
	return cmd
}

// followInterval is how often a followed log is looked at.
const followInterval = 200 * time.Millisecond

func printLog(ctx context.Context, w io.Writer, path string, follow bool) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it was never started, so it has no log")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if _, err := io.Copy(w, f); err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followInterval):
		}
	}
}

func envCommand(open opener) *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:   "env ORG",
		Short: "Print what makes the plain peer program act for an organisation (name or MSP id)",
		Example: `  eval "$(test-network env komsco)"
  peer chaincode query -C $CHANNEL -n noop -c '{"Args":["get","k"]}'
  peer chaincode invoke $INVOKE -C $CHANNEL -n noop -c '{"Args":["put","k","v"]}'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := open(cmd)
			if err != nil {
				return err
			}
			env, err := n.Env(args[0], user)
			if err != nil {
				return err
			}
			for _, line := range env {
				name, value, _ := strings.Cut(line, "=")
				fmt.Fprintf(cmd.OutOrStdout(), "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "whose certificate; issued if there is none (default the organisation's admin)")
	return cmd
}

func deployCommand(open opener) *cobra.Command {
	var cc testnetwork.Chaincode
	cmd := &cobra.Command{
		Use:   "deploy NAME",
		Short: "Build, start and commit a chaincode, or upgrade it; one of the consortium needs no flags",
		Example: `  test-network deploy currency
  test-network deploy noop --package ./test-network/cmd/noop --version 1.1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := open(cmd)
			if err != nil {
				return err
			}
			cc.Name = args[0]
			if cc.Package == "" && cc.Program == "" {
				known, err := n.Chaincode(cc.Name)
				if err != nil {
					return err
				}
				cc.Package = known.Package
				if cc.Version == "" {
					cc.Version = known.Version
				}
				if cc.Policy == "" {
					cc.Policy = known.Policy
				}
			}
			return n.Deploy(cmd.Context(), cc)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cc.Package, "package", "", "Go package of its main, an import path or a folder from the repository's root")
	flags.StringVar(&cc.Program, "program", "", "built program, instead of --package")
	flags.StringVar(&cc.Version, "version", "", "version; a new one upgrades (default the consortium's, or 1.0)")
	flags.IntVar(&cc.Sequence, "sequence", 0, "sequence that the channel has to expect (default whatever it does)")
	flags.StringVar(&cc.Policy, "policy", "", "signature policy (default the channel's)")
	flags.BoolVar(&cc.Plain, "plain", false, "no TLS between peers and chaincode, to measure what it costs")
	flags.StringArrayVar(&cc.Env, "env", nil, "NAME=value for its process, repeatable")
	return cmd
}
