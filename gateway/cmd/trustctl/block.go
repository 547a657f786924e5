// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/spf13/cobra"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// blockFlags ask for more where the receipt is of another chain's header and FILE
// is that whole block.
type blockFlags struct {
	tx, validity string
	by           []string
}

func (f *blockFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tx, "tx", "", "`id` of a transaction that FILE, a whole block of another chain, has to hold")
	cmd.Flags().StringVar(&f.validity, "validity", "", "`file` with a witness's statement of which transactions of that block were valid")
	cmd.Flags().StringArrayVar(&f.by, "validity-by", nil, "`DID` of a witness whom you trust for that statement; several")
}

// moreFlags ask for more than receipt and file.
type moreFlags struct {
	blockFlags
	evidence evidenceFlags
	timed    timeFlags
}

// transaction is what was proved of a block's transaction.
type transaction struct {
	receipt.BlockProof
	Transaction string `json:"transaction,omitempty"`
	Place       *int   `json:"place,omitempty"`    // in the block, from 0
	Valid       *bool  `json:"valid,omitempty"`    // left out where nobody stated it
	Code        string `json:"code,omitempty"`     // Fabric's validation code
	StatedBy    string `json:"statedBy,omitempty"` // DID
}

// check compares a whole block with the header that was anchored. words tell what
// was proved.
func (f *blockFlags) check(p receipt.Proof, name string, content io.Reader) (t transaction, words string, err error) {
	if t.BlockProof, err = receipt.CheckBlock(p.Record, content); err != nil {
		return t, "", fmt.Errorf("%s: %w", name, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s is block %d: it holds the %d transactions that the anchored header stands for, unchanged.\n", name, t.Height, len(t.Transactions))
	if f.tx != "" {
		at, err := t.Find(f.tx)
		if err != nil {
			return t, "", err
		}
		t.Transaction, t.Place = f.tx, &at
		fmt.Fprintf(&b, "Transaction %s is number %d of them, counted from 0.\n", f.tx, at)
	}
	if f.validity == "" {
		b.WriteString("Whether they were valid nobody has stated here: ordering nodes sign what a block holds, not what of it was valid.\n")
		return t, b.String(), nil
	}
	statement, err := os.ReadFile(f.validity)
	if err != nil {
		return t, "", usage("%w", err)
	}
	v, err := t.CheckValidity(string(bytes.TrimSpace(statement)), p.Origin, f.by)
	if err != nil {
		return t, "", err
	}
	t.StatedBy = v.By
	if t.Place == nil {
		valid := bytes.Count(v.Codes, []byte{0})
		fmt.Fprintf(&b, "%s, whom you trust for it, stated that %d of them were valid.\n", v.By, valid)
		return t, b.String(), nil
	}
	code := v.Codes[*t.Place]
	ok := code == byte(peer.TxValidationCode_VALID)
	t.Valid, t.Code = &ok, peer.TxValidationCode(code).String()
	if !ok {
		return t, "", fmt.Errorf("transaction %s is in the block and was not valid: %s stated %s", f.tx, v.By, t.Code)
	}
	fmt.Fprintf(&b, "%s, whom you trust for it, stated that it was valid.\n", v.By)
	return t, b.String(), nil
}

func (a *app) anchorAttest() *cobra.Command {
	var key, origin string
	cmd := &cobra.Command{
		Use: "attest BLOCK", Short: "State, as a witness of another Fabric chain, which transactions of a block were valid",
		Long: `State, as a witness of another Fabric chain, which transactions of a block were
valid. BLOCK is a file with the block as your own peer gives it (peer channel
fetch from the peer, not from an ordering node): the validation codes are what
your peer found. The statement goes to standard output; whoever verifies a
transaction names your DID with --validity-by.`,
		Example: "  trustctl anchor attest 1207.block --key-file witness.pem --origin trust/trust/anchor/ktoken > 1207.validity",
		Args:    arguments("BLOCK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			parts := strings.Split(origin, "/")
			if len(parts) != 4 || anchor.CheckID("source", parts[3]) != nil {
				return usage("--origin %.200q: NETWORK/CHANNEL/CHAINCODE/SOURCE of the log is needed, as its checkpoints begin with", origin)
			}
			signer, id, err := readSigner(key)
			if err != nil {
				return err
			}
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			b, err := fabric.ParseBlock(raw)
			if err == nil {
				err = b.CheckData(b.Envelopes)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if len(b.Flags) != len(b.Envelopes) {
				return fmt.Errorf("%s has validation codes for %d of its %d transactions: take the block from a peer", args[0], len(b.Flags), len(b.Envelopes))
			}
			hash := b.Hash()
			place := anchor.Place{Network: parts[0], Channel: parts[1], Chaincode: parts[2]}
			signed, err := signer.Sign(anchor.TypValidity, anchor.NewValidity(place, parts[3], int64(b.Number), hex.EncodeToString(hash[:]), b.Flags)) //nolint:gosec // ParseBlock bounds it
			if err != nil {
				return err
			}
			if a.json {
				return a.print(cmd, map[string]string{"by": id, "statement": signed})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "stated as %s\n", id)
			fmt.Fprintln(cmd.OutOrStdout(), signed)
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key-file", "", "`file` with your Ed25519 key: openssl genpkey -algorithm ed25519")
	cmd.Flags().StringVar(&origin, "origin", "", "`NETWORK/CHANNEL/CHAINCODE/SOURCE` of the log that holds the block's header")
	return cmd
}

// readSigner reads an Ed25519 key (PEM, PKCS #8), and answers the DID that stands
// for it.
func readSigner(file string) (jws.Signer, string, error) {
	if file == "" {
		return jws.Signer{}, "", usage("--key-file is missing")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return jws.Signer{}, "", usage("%w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return jws.Signer{}, "", usage("%s is not PEM", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return jws.Signer{}, "", usage("%s: %w", file, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return jws.Signer{}, "", usage("%s holds a %T, an Ed25519 key is needed", file, parsed)
	}
	id, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
	return jws.Signer{Key: key, Kid: kid}, id, nil
}
