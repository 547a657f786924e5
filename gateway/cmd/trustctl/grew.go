// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/gateway/receipt"
)

// growth is a proof of consistency as gateways answer it.
type growth struct {
	From   uint64   `json:"from"`
	To     uint64   `json:"to"`
	Hashes []string `json:"hashes"`
}

func (a *app) anchorGrew() *cobra.Command {
	var policy, url, proof string
	cmd := &cobra.Command{
		Use: "grew OLD NEW", Short: "Verify that a log only grew between two of its checkpoints, that nothing of it was rewritten",
		Long: `Verify that a log only grew from one checkpoint to another (RFC 9162 section 2.1.4).

OLD and NEW are signed checkpoints (/v1/logs/SOURCE/checkpoint/SIZE) or receipts,
which hold one. The proof comes from a gateway (--gateway), or from a file that it
answered before (--proof). Exit code 1 unless the log only grew.`,
		Example: "  trustctl anchor grew receipt-2026.txt receipt-2031.txt --gateway https://gateway.example",
		Args:    arguments("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (url == "") == (proof == "") {
				return usage("one of --gateway and --proof is needed")
			}
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			var ends [2]receipt.Checkpoint
			for i, file := range args {
				if ends[i], err = readCheckpoint(file, p); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			}
			from, to := ends[0], ends[1]
			var raw []byte
			if proof != "" {
				raw, err = os.ReadFile(proof)
				if err != nil {
					return usage("%w", err)
				}
			} else {
				source := from.Origin[strings.LastIndexByte(from.Origin, '/')+1:]
				raw, err = fetch(cmd.Context(), fmt.Sprintf("%s/v1/sources/%s/consistency?from=%d&to=%d", strings.TrimSuffix(url, "/"), source, from.Size, to.Size))
				if err != nil {
					return err
				}
			}
			if err := checkGrowth(from, to, raw); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s only grew: the %d records of %s are the first of the %d of %s.\n",
				from.Origin, from.Size, from.Time.Format("2006-01-02T15:04:05Z07:00"), to.Size, to.Time.Format("2006-01-02T15:04:05Z07:00"))
			return nil
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "`file` that names the keys you trust (trustctl verify --help)")
	cmd.Flags().StringVar(&url, "gateway", "", "`URL` of a gateway that proves it")
	cmd.Flags().StringVar(&proof, "proof", "", "`file` with the proof")
	return cmd
}

// readCheckpoint opens a signed checkpoint, alone or in a receipt of either form.
func readCheckpoint(file string, p *receipt.Policy) (receipt.Checkpoint, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return receipt.Checkpoint{}, usage("%w", err)
	}
	if receipt.IsReceipt(raw) {
		proof, err := receipt.Check(raw, p)
		return proof.Checkpoint, err
	}
	c, _, _, err := receipt.Open(raw, p)
	return c, err
}

func checkGrowth(from, to receipt.Checkpoint, raw []byte) error {
	var g growth
	if err := json.Unmarshal(raw, &g); err != nil {
		return fmt.Errorf("the proof cannot be read: %w", err)
	}
	if g.From != from.Size || g.To != to.Size {
		return fmt.Errorf("the proof is from %d records to %d, the checkpoints are of %d and %d", g.From, g.To, from.Size, to.Size)
	}
	hashes := make([][receipt.HashSize]byte, len(g.Hashes))
	for i, text := range g.Hashes {
		h, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(h) != receipt.HashSize {
			return fmt.Errorf("the proof's hash %d is not 32 bytes in base64", i)
		}
		hashes[i] = [receipt.HashSize]byte(h)
	}
	return receipt.CheckConsistency(from, to, hashes)
}
