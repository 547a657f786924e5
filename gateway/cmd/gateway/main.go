// SPDX-License-Identifier: Apache-2.0

// Command gateway serves the platform's HTTP API: `gateway --help`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := command()
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		return 1
	}
	return 0
}

func command() *cobra.Command {
	var file string
	load := func(cmd *cobra.Command) (config.Config, error) { return config.Load(file, cmd.Flags()) }
	root := &cobra.Command{
		Use:   "gateway",
		Short: "Serve the platform's HTTP API",
		Long: "Serve the platform's HTTP API for residents and merchants. It carries the orders they sign to the ledger and holds no\n" +
			"power over money itself. Every flag is also a name in the file of --config and an environment variable: --peer-endpoint,\n" +
			"peer.endpoint, " + config.EnvPrefix + "_PEER_ENDPOINT.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.ErrOrStderr())
		},
	}
	root.PersistentFlags().StringVar(&file, "config", os.Getenv(config.EnvPrefix+"_CONFIG"), "configuration file (YAML, TOML or JSON)")
	config.Flags(root.PersistentFlags())

	configCommand := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	configCommand.AddCommand(&cobra.Command{
		Use:   "print",
		Short: "Print what is in force as a file, secrets hidden, and say what is missing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd)
			if err != nil {
				return err
			}
			text, err := c.YAML()
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), string(text))
			return c.Validate()
		},
	})
	root.AddCommand(configCommand,
		document("openapi", "Print the API's document, OpenAPI 3.1", func() ([]byte, error) { return rest.New(nil).OpenAPI() }),
		document("errors", "Print every code of the API with its meaning, as Markdown", func() ([]byte, error) { return rest.ErrorsPage(), nil }),
	)
	return root
}

// document is a command that prints something generated from the code, or writes
// it to a file.
func document(name, short string, make func() ([]byte, error)) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := make()
			if err != nil {
				return err
			}
			if file != "" {
				return os.WriteFile(file, text, 0o644) //nolint:gosec // a document for everybody
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "file to write instead of standard output")
	return cmd
}
