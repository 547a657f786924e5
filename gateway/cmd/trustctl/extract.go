// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

func (a *app) anchorExtract() *cobra.Command {
	var manifest, policy, out string
	cmd := &cobra.Command{
		Use: "extract RECEIPT DIR FILE", Short: "Take the proof of one file out of a manifest and its receipt",
		Long: `Make a proof of one file of an archived folder, which shows nothing of the others:
the file's line, its path through the manifest's tree, and the manifest's receipt.

FILE is a path within DIR, as the manifest has it. Whoever is given the file and
its proof verifies both with trustctl verify PROOF FILE.`,
		Example: "  trustctl anchor extract receipt.txt slips 2026/00001.png --out 00001.proof",
		Args:    arguments("RECEIPT", "DIR", "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if manifest == "" {
				manifest = filepath.Clean(args[1]) + ".manifest"
			}
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			files, _, err := openManifest(args[0], manifest, p)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(args[2])
			index := slices.IndexFunc(files, func(f anchor.File) bool { return f.Path == name })
			if index < 0 {
				return usage("%s has no file %q, of its %d", manifest, name, len(files))
			}
			of, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			proof, err := receipt.NewFileProof(files, index, of)
			if err != nil {
				return err
			}
			raw, err := proof.Marshal()
			if err != nil {
				return err
			}
			if out == "" {
				_, err = cmd.OutOrStdout().Write(raw)
				return err
			}
			if err := os.WriteFile(out, raw, 0o600); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: file %d of %d\n", out, index, len(files))
			return nil
		},
	}
	cmd.Flags().StringVar(&manifest, "manifest", "", "`file` of the manifest; DIR.manifest by default")
	cmd.Flags().StringVar(&policy, "policy", "", "`file` that names the keys you trust (trustctl verify --help)")
	cmd.Flags().StringVar(&out, "out", "", "`file` to write the proof to; standard output by default")
	return cmd
}
