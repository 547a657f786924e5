// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypValidity is the typ of the JWS with which a witness of another chain states
// what its own peer found of a block's transactions.
const TypValidity = "validity+jws"

// MaxCodes bounds the transactions of a block that are stated.
const MaxCodes = 15_000

// ValidityContent is what a witness of another chain signs. A chain's ordering
// nodes sign which transactions a block holds, never which of them were valid:
// that is for those to say who ran a peer.
type ValidityContent struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Flags     string `json:"flags"` // validation code of each transaction, in hex; 00 is valid
	Hash      string `json:"hash"`  // of the block's header, in hex
	Height    int64  `json:"height"`
	Network   string `json:"network"`
	Source    string `json:"source"`
	V         int    `json:"v"`
}

// NewValidity is a statement about a block, bound to the log that its header is in.
func NewValidity(p Place, source string, height int64, hash string, codes []byte) ValidityContent {
	return ValidityContent{
		Chaincode: p.Chaincode, Channel: p.Channel, Network: p.Network, V: 1,
		Source: source, Height: height, Hash: hash, Flags: hex.EncodeToString(codes),
	}
}

// Codes are the validation codes, one for each transaction.
func (c ValidityContent) Codes() ([]byte, error) {
	codes, err := hex.DecodeString(c.Flags)
	if err != nil || len(codes) > MaxCodes || hex.EncodeToString(codes) != c.Flags {
		return nil, InvalidRecord.Errorf("flags of %d characters: two lower-case hex digits for each transaction are needed, at most %d", len(c.Flags), MaxCodes)
	}
	return codes, nil
}

// ParseValidity reads a statement and checks that the DID it answers signed it.
// It returns BAD_JWS, BAD_DID, BAD_SIGNATURE, INVALID_RECORD or INVALID_ID.
func ParseValidity(compact string) (c ValidityContent, by string, err error) {
	m, err := jws.Parse(compact)
	if err != nil {
		return c, "", err
	}
	if m.Header.Typ != TypValidity {
		return c, "", InvalidRecord.Errorf("typ is %.40q, expected %s", m.Header.Typ, TypValidity)
	}
	if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
		return c, "", InvalidRecord.Errorf("statement %w", err)
	}
	if c.V != 1 || c.Height < 0 || c.Height > MaxHeight {
		return c, "", InvalidRecord.Errorf("statement of version %d about height %d", c.V, c.Height)
	}
	if err := CheckDigest("hash", c.Hash); err != nil {
		return c, "", err
	}
	if by, _, err = did.Split(m.Header.Kid); err != nil {
		return c, "", err
	}
	method, err := did.Resolve(by)
	if err != nil {
		return c, "", err
	}
	return c, by, verifyAs(m, method)
}
