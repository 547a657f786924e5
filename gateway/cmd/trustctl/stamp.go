// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway/receipt"
	"github.com/komsco/trust-platform/gateway/receipt/timetoken"
)

func (a *app) anchorStamp() *cobra.Command {
	var policy, url, out, roots string
	cmd := &cobra.Command{
		Use: "stamp RECEIPT", Short: "Have a time stamping authority (RFC 3161) say when it saw a receipt's checkpoint",
		Long: `Have a time stamping authority of your choice stamp the checkpoint in a receipt, so
that the time does not rest on the consortium alone. Keep the token beside the
receipt; trustctl verify RECEIPT --time TOKEN --time-roots ROOTS.pem checks both
without any network, and openssl ts -verify checks the token alone.`,
		Example: "  trustctl anchor stamp receipt.txt --tsa https://tsa.example --time-roots tsa-roots.pem --out receipt.tsr",
		Args:    arguments("RECEIPT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url == "" || out == "" || roots == "" {
				return usage("--tsa, --time-roots and --out are needed")
			}
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			trusted, err := readRoots(roots)
			if err != nil {
				return err
			}
			c, err := readCheckpoint(args[0], p)
			if err != nil {
				return err
			}
			token, err := timetoken.Ask(cmd.Context(), url, c)
			if err != nil {
				return err
			}
			stamp, err := timetoken.Verify(token, c, trusted)
			if err != nil {
				return err
			}
			if err := os.WriteFile(out, token, 0o600); err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), stampWords(stamp))
			return nil
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "`file` that names the keys you trust (trustctl verify --help)")
	cmd.Flags().StringVar(&url, "tsa", "", "`URL` of the authority")
	cmd.Flags().StringVar(&roots, "time-roots", "", "`file` of the root certificates that you trust for time, PEM")
	cmd.Flags().StringVar(&out, "out", "", "`file` to write the token to")
	return cmd
}

func readRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("%w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usage("%s holds no certificate in PEM", file)
	}
	return pool, nil
}

// timeFlags name a time token and whom to trust for time.
type timeFlags struct{ token, roots string }

func (f *timeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.token, "time", "", "`file` of a time token of the receipt's checkpoint (trustctl anchor stamp)")
	cmd.Flags().StringVar(&f.roots, "time-roots", "", "`file` of the root certificates that you trust for time, PEM")
}

// check verifies the token, if one is named, over a proof's checkpoint.
func (f timeFlags) check(p receipt.Proof) (*timetoken.Stamp, error) {
	if f.token == "" {
		return nil, nil
	}
	if f.roots == "" {
		return nil, usage("whom do you trust for time? --time-roots is needed with --time")
	}
	trusted, err := readRoots(f.roots)
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(f.token)
	if err != nil {
		return nil, usage("%w", err)
	}
	s, err := timetoken.Verify(token, p.Checkpoint, trusted)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.token, err)
	}
	return &s, nil
}

func stampWords(s timetoken.Stamp) string {
	return fmt.Sprintf("Time stamping authority %s had seen that tree by %s (token %s).\n", s.Authority, s.Time.Format(time.RFC3339), s.Serial)
}
