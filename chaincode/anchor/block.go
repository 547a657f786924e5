// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/qbft"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Format is how another chain proves its headers.
type Format string

// The formats. Statements are signed for this ledger by registered keys, whatever
// the chain is made of; headers of the others carry the chain's own signatures.
const (
	Statements  Format = ""
	FabricChain Format = "fabric" // Hyperledger Fabric, Raft or BFT
	QBFTChain   Format = "qbft"   // Besu and GoQuorum
)

// marks are the first byte of a block's body.
var marks = map[Format]byte{FabricChain: 1, QBFTChain: 2}

// BlockHeader is a header that its chain's own signatures prove, as far as it can
// be read without knowing whom the chain trusts.
type BlockHeader struct {
	Format   Format
	Height   int64
	Hash     string // in hex
	Previous string // in hex; empty at height 0
	Fabric   fabric.Block
	QBFT     qbft.Header
	data     []byte
}

// BlockRecord is the record of a header. header is a block of Fabric without its
// data (fabric.Block.Marshal) or a QBFT header in RLP; data is the one envelope of
// a configuration block of Fabric, and nothing otherwise. submitter is who brings
// it.
func BlockRecord(submitter string, f Format, header, data []byte) (Record, error) {
	mark, known := marks[f]
	if !known {
		return Record{}, InvalidRecord.Errorf("format %.20q: %s and %s are known", string(f), FabricChain, QBFTChain)
	}
	r := Record{Kind: Block, Algorithm: SHA256, Submitter: submitter, Body: append([]byte{mark}, header...), Data: data}
	if f == QBFTChain {
		r.Algorithm = Keccak256
	}
	b, err := ReadBlock(r)
	if err != nil {
		return Record{}, err
	}
	r.Digest, err = hex.DecodeString(b.Hash)
	r.Reference = ReferenceOf(strconv.FormatInt(b.Height, 10))
	return r, err
}

// ReadBlock reads the body of a block's record. It returns INVALID_RECORD.
func ReadBlock(r Record) (b BlockHeader, err error) {
	if len(r.Body) == 0 || len(r.Body) > MaxBody {
		return b, InvalidRecord.Errorf("a header of %d bytes, 1 to %d are allowed", len(r.Body), MaxBody)
	}
	b.data = r.Data
	number := uint64(0)
	switch r.Body[0] {
	case marks[FabricChain]:
		b.Format = FabricChain
		if b.Fabric, err = fabric.Parse(r.Body[1:]); err != nil {
			return b, InvalidRecord.Errorf("Fabric header: %w", err)
		}
		hash := b.Fabric.Hash()
		number, b.Hash, b.Previous = b.Fabric.Number, hex.EncodeToString(hash[:]), hex.EncodeToString(b.Fabric.Previous)
	case marks[QBFTChain]:
		b.Format = QBFTChain
		if b.QBFT, err = qbft.Parse(r.Body[1:]); err != nil {
			return b, InvalidRecord.Errorf("QBFT header: %w", err)
		}
		number, b.Hash, b.Previous = b.QBFT.Number, hex.EncodeToString(b.QBFT.Hash[:]), hex.EncodeToString(b.QBFT.Previous[:])
		if len(r.Data) > 0 {
			return b, InvalidRecord.Errorf("%d bytes of data came with a QBFT header, which needs none", len(r.Data))
		}
	default:
		return b, InvalidRecord.Errorf("format %d of a header: 1 (Fabric) and 2 (QBFT) are known", r.Body[0])
	}
	b.Height = int64(number) //nolint:gosec // both parsers bound it
	return b, nil
}

// CheckBlock reads a block's record and checks all that needs no state but the
// source. It returns INVALID_RECORD.
func CheckBlock(r Record, s Source) (BlockHeader, error) {
	b, err := ReadBlock(r)
	if err != nil {
		return b, err
	}
	if s.Headers == nil || s.Headers.Format != b.Format {
		return b, InvalidRecord.Errorf("a %s header, source %s is another chain", b.Format, s.ID)
	}
	want, err := BlockRecord(r.Submitter, b.Format, r.Body[1:], r.Data)
	if err == nil && !bytes.Equal(want.Append(nil), r.Append(nil)) {
		err = InvalidRecord.Errorf("the record is not that of the header in its body")
	}
	return b, err
}

// CheckData returns INVALID_RECORD unless what came along with the header, if anything
// did, is the data that it stands for.
func (b BlockHeader) CheckData() error {
	if len(b.data) == 0 {
		return nil
	}
	return refusal(b.Fabric.CheckData([][]byte{b.data}))
}

// content is the header as the chain's tip takes it.
func (b BlockHeader) content() HeaderContent {
	return HeaderContent{Height: b.Height, Hash: b.Hash, Previous: b.Previous}
}

// ChainTrust is whose signatures a chain's next header needs: what a header has
// stated that was itself checked, back to the one that the source names. It is
// kept under the height of that header.
type ChainTrust struct {
	Height int64         `json:"height"`
	Fabric *fabric.Trust `json:"fabric,omitempty"`
	QBFT   *qbft.Trust   `json:"qbft,omitempty"`
}

// Begin is the trust of a chain whose first header this is: the one that the
// source names. It returns HEADER_UNPINNED, CONFIG_MISSING or INVALID_RECORD.
func (b BlockHeader) Begin(s Source) (ChainTrust, error) {
	if b.Hash != s.Headers.Start {
		return ChainTrust{}, HeaderUnpinned.Errorf("height %d is %s, the source begins with %s", b.Height, b.Hash, s.Headers.Start)
	}
	t := ChainTrust{Height: b.Height}
	switch b.Format {
	case FabricChain:
		trust, err := fabric.Begin(b.Fabric.Header, b.data)
		t.Fabric = &trust
		return t, refusal(err)
	default:
		trust, err := qbft.Begin(b.QBFT)
		t.QBFT = &trust
		return t, refusal(err)
	}
}

// Signed returns SIGNERS_MISSING, BAD_SIGNATURE, CONFIG_SKIPPED or INVALID_RECORD
// unless those whom the chain trusts signed the header. adjacent tells that it
// stands right behind the header which t was in force at.
func (b BlockHeader) Signed(t ChainTrust, adjacent bool) error {
	switch {
	case b.Format == FabricChain && t.Fabric != nil:
		_, err := t.Fabric.Check(b.Fabric)
		return refusal(err)
	case b.Format == QBFTChain && t.QBFT != nil:
		_, _, err := t.QBFT.Check(b.QBFT, adjacent)
		return refusal(err)
	default:
		return code.CorruptState.Errorf("a %s header under the trust of another chain", b.Format)
	}
}

// After is the trust after a header that Signed found good. It returns
// CONFIG_MISSING, SIGNERS_MISSING or INVALID_RECORD.
func (b BlockHeader) After(t ChainTrust, adjacent bool) (ChainTrust, error) {
	if b.Format == FabricChain {
		next, err := t.Fabric.Next(b.Fabric, b.data)
		if err != nil || next.Config == t.Fabric.Config {
			return t, refusal(err)
		}
		return ChainTrust{Height: b.Height, Fabric: &next}, nil
	}
	_, next, err := t.QBFT.Check(b.QBFT, adjacent)
	if err != nil || next.Height == t.QBFT.Height {
		return t, refusal(err)
	}
	return ChainTrust{Height: b.Height, QBFT: &next}, nil
}

// Under is the height of the trust that a header of this height is judged under:
// that which the header in the log was, or for one behind the tip the latest. It
// returns HEADER_UNPINNED for the header that the source names, under which nobody
// signed.
func (t ChainTip) Under(b BlockHeader, at *HeaderAt) (int64, error) {
	if at == nil {
		return t.Trust, nil
	}
	if at.Start {
		return 0, HeaderUnpinned.Errorf("height %d is the one that the source begins with; nobody can sign another", b.Height)
	}
	return at.Under, nil
}

// AdvanceBlock is Advance for a header that its chain's signatures prove.
func (t ChainTip) AdvanceBlock(b BlockHeader, at *HeaderAt, gaps bool) (ChainTip, *Fork, error) {
	return t.Advance(b.content(), false, at, gaps)
}

// refusal gives an error of the chains' own rules its code.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fabric.ErrForged), errors.Is(err, qbft.ErrForged):
		return code.BadSignature.Errorf("%w", err)
	case errors.Is(err, fabric.ErrUnsigned), errors.Is(err, qbft.ErrUnsealed), errors.Is(err, qbft.ErrSet):
		return SignersMissing.Errorf("%w", err)
	case errors.Is(err, fabric.ErrConfig):
		return ConfigSkipped.Errorf("%w", err)
	case errors.Is(err, fabric.ErrNoData):
		return ConfigMissing.Errorf("%w", err)
	default:
		return InvalidRecord.Errorf("%w", err)
	}
}
