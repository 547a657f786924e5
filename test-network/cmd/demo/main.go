// SPDX-License-Identifier: Apache-2.0

// Command demo brings the platform up, plays a day of local currency on it and
// leaves it running.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/platform"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o platform.Options
	cmd := &cobra.Command{
		Use:           "demo",
		Short:         "Bring the platform up, play a day of local currency and leave it running",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Progress = cmd.ErrOrStderr()
			return run(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "", "state folder (default .network in the repository's root)")
	cmd.Flags().IntVar(&o.BasePort, "base-port", 0, "first of the network's 100 ports (default 7050)")
	cmd.Flags().IntVar(&o.GatewayPort, "gateway-port", 0, "the gateway's port (default where it was, or 8080)")
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o platform.Options, out io.Writer) error {
	started := time.Now()
	p, err := platform.Up(ctx, o)
	if err != nil {
		return err
	}
	defer p.Close() //nolint:errcheck // the program ends
	fmt.Fprintf(out, "\nThe platform is up after %.0f s. A day of local currency:\n\n", time.Since(started).Seconds())
	report, err := demo.Play(ctx, p, demo.Day, func(format string, args ...any) {
		fmt.Fprintf(out, "  %s %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := report.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nWhat entered equals what is explained, as each organisation's own peer tells it:")
	fmt.Fprintln(out, report.Audit)
	fmt.Fprintf(out, `
Played in %.0f s. It is still running; look around:

  %s/docs                                        the HTTP API
  go run ./test-network/cmd/test-network status  every process
  eval "$(go run ./test-network/cmd/test-network env city)"
  peer chaincode query -C %s -n currency -c '{"Args":["Program","{\"program\":\"%s\"}"]}'
  make down                                      stops it
`, report.Took.Seconds(), p.URL, p.Consortium().Channel, report.Program)
	return nil
}
