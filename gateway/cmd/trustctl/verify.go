// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// verified is what a receipt proved.
type verified struct {
	Source     string   `json:"source"`
	Index      uint64   `json:"index"`
	Kind       string   `json:"kind"`
	Algorithm  string   `json:"algorithm"`
	Digest     string   `json:"digest"`
	Submitter  string   `json:"submitter"`
	Origin     string   `json:"origin"`
	Size       uint64   `json:"size"`
	Time       string   `json:"time"`
	Tx         string   `json:"tx"`
	LogKey     string   `json:"logKey"`
	Witnesses  []string `json:"witnesses"`
	Form       string   `json:"form"`           // of the receipt: tlog-proof or cose
	ContentToo bool     `json:"content"`        // whether a file was compared
	File       string   `json:"file,omitempty"` // path of the manifest's file that was proved
	// Block is what FILE, a whole block of another chain, proved.
	Block *transaction `json:"block,omitempty"`
	// Evidence is what the ledger's own block proved.
	Evidence *receipt.Evidence `json:"evidence,omitempty"`
	Stamped  string            `json:"stamped,omitempty"` // time of a time token
}

func (a *app) verifyCommand() *cobra.Command {
	var policy, salt string
	var more moreFlags
	cmd := &cobra.Command{
		Use: "verify RECEIPT [FILE]", Short: "Verify the receipt of an anchored record, and the file it is about, without any network",
		Long: `Verify the receipt of an anchored record, and the file it is about. Receipts come
as text (C2SP tlog-proof) or as COSE (RFC 9942); both are taken, and so is the
proof of one file of a folder (trustctl anchor extract).

No network is used, and nothing is trusted but the keys in the policy file (C2SP
tlog-policy): the keys of logs, and of the witnesses that must have cosigned.

  log trust/trust/anchor/diplomas+5f2a…+AZ…
  witness city city.example+1b2c…+BA…
  quorum city                      # or: quorum none

Take the keys from where you trust them to be right, such as the ledger itself
(trustctl anchor show SOURCE), not from whoever gave you the receipt. Without
--policy, the file policy in the trustctl folder of your configuration is used.
Exit code 1 if anything is not as the receipt says. FILE is - for standard input.

Where the receipt is of another Fabric chain's header, FILE is that whole block as
peer channel fetch writes it, and --tx names a transaction that has to be in it.
That one is included does not say that it was valid: only a witness of that chain
says so (trustctl anchor attest), whom you name with --validity-by.

With --evidence and --ca the ledger's own block proves the checkpoint as well, down
to the certificates of the consortium's authorities: which peers computed and
signed it, and which ordering nodes signed the block.`,
		Example: "  trustctl verify receipt.txt diploma.pdf --policy korea.policy",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("RECEIPT is missing")
			}
			if len(args) > 2 {
				return usage("%q is one argument too many", args[2])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			salted, err := hex.DecodeString(salt)
			if err != nil {
				return usage("--salt is not in hex")
			}
			return a.verify(cmd, p, salted, more, args)
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "`file` that names the keys you trust")
	more.add(cmd)
	more.evidence.add(cmd)
	more.timed.add(cmd)
	cmd.Flags().StringVar(&salt, "salt", "", "`hex` that stands before the content where its digest was taken")
	return cmd
}

func readPolicy(file string) (*receipt.Policy, error) {
	if file == "" {
		dir, err := profileFolder()
		if err != nil {
			return nil, err
		}
		file = filepath.Join(dir, "policy")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("whom do you trust? %w; see trustctl verify --help for what to write into it", err)
	}
	p, err := receipt.ParsePolicy(text)
	if err != nil {
		return nil, usage("%s: %w", file, err)
	}
	return p, nil
}

func (a *app) verify(cmd *cobra.Command, p *receipt.Policy, salt []byte, more moreFlags, args []string) error {
	in, name, err := open(cmd, args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, receipt.MaxLength+1))
	if err != nil {
		return usage("read %s: %w", name, err)
	}
	proof, err := receipt.Check(raw, p)
	if err != nil {
		return err
	}
	compared, whole := "The receipt holds. No file was compared with it.\n", (*transaction)(nil)
	if asked := more.tx != "" || more.validity != ""; asked && (len(args) < 2 || proof.Record.Kind != anchor.Block) {
		return usage("--tx and --validity are about FILE, a whole block, and the receipt of its header; this receipt is of a %s", proof.Record.Kind)
	}
	if len(args) == 2 {
		content, _, err := open(cmd, args[1])
		if err != nil {
			return err
		}
		defer content.Close()
		if proof.Record.Kind == anchor.Block {
			t, words, err := more.check(proof, args[1], content)
			if err != nil {
				return err
			}
			compared, whole = words, &t
		} else if err := proof.CheckContent(salt, content); err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		} else {
			compared = args[1] + " is unchanged: it has the digest that was anchored.\n"
		}
	}
	evidence, err := more.evidence.check(proof)
	if err != nil {
		return err
	}
	stamped, err := more.timed.check(proof)
	if err != nil {
		return err
	}
	if !a.json {
		out := cmd.OutOrStdout()
		fmt.Fprint(out, compared, proof.Words())
		if evidence != nil {
			fmt.Fprint(out, evidence.Words())
		}
		if stamped != nil {
			fmt.Fprint(out, stampWords(*stamped))
		}
		return nil
	}
	v := verified{
		Source: proof.Source, Index: proof.Index, Kind: proof.Record.Kind.String(), Algorithm: proof.Record.Algorithm.String(),
		Digest: hex.EncodeToString(proof.Record.Digest), Submitter: proof.Record.Submitter, Origin: proof.Origin, Size: proof.Size,
		Time: proof.Time.Format("2006-01-02T15:04:05Z07:00"), Tx: proof.Tx, LogKey: proof.LogKey, Witnesses: []string{}, Form: proof.Form, ContentToo: len(args) == 2, Block: whole, Evidence: evidence,
	}
	if stamped != nil {
		v.Stamped = stamped.Time.Format("2006-01-02T15:04:05Z07:00")
	}
	if proof.File != nil {
		v.File = proof.File.Path
	}
	for _, c := range proof.Cosignatures {
		v.Witnesses = append(v.Witnesses, c.Witness)
	}
	return a.print(cmd, v)
}
