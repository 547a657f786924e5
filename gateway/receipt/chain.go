// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
)

// maxBlock bounds a whole block that is compared with its header, in bytes.
const maxBlock = 128 << 20

// BlockProof is what a whole block of another Fabric chain proves against its
// anchored header: that these transactions, all of them and in this order, are what
// the header stands for. That any of them was valid it does not prove.
type BlockProof struct {
	Height       uint64   `json:"height"`
	Hash         string   `json:"hash"`
	Transactions []string `json:"transactions"` // ids in the block's order, empty where one has none
	// Flags are what the block says of each transaction's validity. They are no part of
	// the header, and nobody signed them: see CheckValidity.
	Flags []byte `json:"-"`
}

// CheckBlock compares a whole block (protobuf common.Block, as peer channel fetch
// writes it) with the header in a record. It returns ErrOther or ErrMalformed.
func CheckBlock(r anchor.Record, content io.Reader) (BlockProof, error) {
	var p BlockProof
	header, err := anchor.ReadBlock(r)
	if err != nil {
		return p, malformed("record: %w", err)
	}
	if header.Format != anchor.FabricChain {
		return p, malformed("a header of a %s chain; whole blocks are compared with headers of Fabric alone", header.Format)
	}
	raw, err := io.ReadAll(io.LimitReader(content, maxBlock+1))
	if err != nil {
		return p, err
	}
	if len(raw) > maxBlock {
		return p, malformed("a block of more than %d bytes", maxBlock)
	}
	b, err := fabric.ParseBlock(raw)
	if err != nil {
		return p, malformed("block: %w", err)
	}
	if b.Hash() != header.Fabric.Hash() {
		return p, fmt.Errorf("%w: block %d has another header than block %d, which was anchored", ErrOther, b.Number, header.Height)
	}
	if err := b.CheckData(b.Envelopes); err != nil {
		return p, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return BlockProof{Height: b.Number, Hash: header.Hash, Transactions: fabric.TransactionIDs(b.Envelopes), Flags: b.Flags}, nil
}

// Find is the place of a transaction in the block. It returns ErrNotIncluded.
func (p BlockProof) Find(tx string) (int, error) {
	at := slices.Index(p.Transactions, tx)
	if tx == "" || at < 0 {
		return 0, fmt.Errorf("%w: block %d has %d transactions, none is %.100q", ErrNotIncluded, p.Height, len(p.Transactions), tx)
	}
	return at, nil
}

// Validity is what a witness of the other chain signed about a block's
// transactions.
type Validity struct {
	By    string // DID
	Codes []byte // of each transaction; 0 is valid
}

// CheckValidity checks a witness's statement about the block: that it is of this
// source's block, covers its transactions, and was signed by one of those whom the
// caller trusts for it. It returns ErrMalformed, ErrOther or ErrUntrusted.
func (p BlockProof) CheckValidity(statement string, origin string, trusted []string) (Validity, error) {
	c, by, err := anchor.ParseValidity(statement)
	if err != nil {
		return Validity{}, malformed("statement of validity: %w", err)
	}
	if c.Source == "" || !strings.HasSuffix(origin, "/"+c.Source) || origin != anchor.Origin(anchor.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.Chaincode}, c.Source) {
		return Validity{}, fmt.Errorf("%w: the statement of validity is for another log", ErrOther)
	}
	flags, err := c.Codes()
	if err != nil {
		return Validity{}, malformed("statement of validity: %w", err)
	}
	if c.Hash != p.Hash || len(flags) != len(p.Transactions) {
		return Validity{}, fmt.Errorf("%w: the statement of validity is about %d transactions of block %s, this is block %s with %d",
			ErrOther, len(flags), c.Hash, p.Hash, len(p.Transactions))
	}
	if !slices.Contains(trusted, by) {
		return Validity{}, fmt.Errorf("%w: %.100s stated the validity, whom you did not name", ErrUntrusted, by)
	}
	return Validity{By: by, Codes: flags}, nil
}

// blockWords says what the signatures in an anchored header are.
func blockWords(b *strings.Builder, r anchor.Record) {
	header, err := anchor.ReadBlock(r)
	if err != nil {
		return // Verify has read the record; what is no header says nothing
	}
	fmt.Fprintf(b, "  Block %d of that chain, brought by %s.\n", header.Height, r.Submitter)
	switch header.Format {
	case anchor.FabricChain:
		signers := header.Fabric.Signers()
		switch len(signers) {
		case 0:
			b.WriteString("  Its first block, which nobody signs: the ledger took it because the source names its hash.\n")
		case 1:
			fmt.Fprintf(b, "  It carries the signature of one ordering node alone, %s, which the ledger checked under the chain's\n"+
				"  own configuration. That this is the chain's one history rests on that node.\n", signers[0])
		default:
			fmt.Fprintf(b, "  It carries %d signatures in the name of ordering nodes (%s);\n"+
				"  the ledger checked that those which hold suffice under the chain's own configuration.\n", len(signers), strings.Join(signers, ", "))
		}
	case anchor.QBFTChain:
		fmt.Fprintf(b, "  It carries %d seals of the chain's %d validators; the ledger checked that %d of them suffice.\n",
			len(header.QBFT.Seals), len(header.QBFT.Validators), len(header.QBFT.Seals))
	case anchor.Statements:
	}
}
