// SPDX-License-Identifier: Apache-2.0

package anchor

import (
	"encoding/hex"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypDeposit is the typ of the JWS with which a submitter deposits a digest
// under a DID. The sealer checks it; the ledger sees the DID alone.
const TypDeposit = "deposit+jws"

// DepositContent is what the submitter signs.
type DepositContent struct {
	Algorithm Algorithm `json:"algorithm"`
	Chaincode string    `json:"chaincode"`
	Channel   string    `json:"channel"`
	Digest    string    `json:"digest"` // in hex
	Kind      Kind      `json:"kind"`   // notarise or manifest
	Network   string    `json:"network"`
	Reference string    `json:"reference"` // SHA-256 in hex, or empty
	Source    string    `json:"source"`
	V         int       `json:"v"`
}

// NewDeposit is a deposit's content, bound to its place.
func NewDeposit(p Place, source string, r Record) DepositContent {
	return DepositContent{
		Algorithm: r.Algorithm, Digest: hex.EncodeToString(r.Digest), Kind: r.Kind, Reference: hex.EncodeToString(r.Reference),
		Chaincode: p.Chaincode, Channel: p.Channel, Network: p.Network, Source: source, V: 1,
	}
}

// DepositRecord is the record of a deposit that its submitter signed. It returns
// BAD_JWS, BAD_DID, BAD_SIGNATURE, ELSEWHERE, INVALID_RECORD or SIGNERS_MISSING.
func DepositRecord(compact string, p Place, source string) (Record, error) {
	var (
		r Record
		c DepositContent
	)
	m, err := jws.Parse(compact)
	if err != nil {
		return r, err
	}
	if m.Header.Typ != TypDeposit {
		return r, InvalidRecord.Errorf("typ is %.40q, expected %s", m.Header.Typ, TypDeposit)
	}
	if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
		return r, InvalidRecord.Errorf("deposit %w", err)
	}
	if err := p.Check(c.V, c.Network, c.Channel, c.Chaincode); err != nil {
		return r, err
	}
	if c.Source != source {
		return r, Elsewhere.Errorf("the deposit is for source %.48q", c.Source)
	}
	if c.Kind != Notarise && c.Kind != Manifest {
		return r, InvalidRecord.Errorf("a deposit is a %s or a %s", Notarise, Manifest)
	}
	if r, err = NewRecord(c.Kind, c.Algorithm, c.Digest, c.Reference); err != nil {
		return r, err
	}
	if r.Submitter, _, err = did.Split(m.Header.Kid); err != nil {
		return r, err
	}
	method, err := did.Resolve(r.Submitter)
	if err != nil {
		return r, err
	}
	if err := verifyAs(m, method); err != nil {
		return r, err
	}
	return r, r.Validate()
}

// NewRecord is a record of a digest and a reference in lower-case hex, the latter
// empty if there is none. Its submitter is still to be filled in.
func NewRecord(k Kind, a Algorithm, digest, reference string) (Record, error) {
	r := Record{Kind: k, Algorithm: a}
	var err error
	if r.Digest, err = hex.DecodeString(digest); err != nil || hex.EncodeToString(r.Digest) != digest {
		return r, InvalidRecord.Errorf("digest %.140q is not in lower-case hex", digest)
	}
	if size := a.Size(); size == 0 || len(r.Digest) != size {
		return r, InvalidRecord.Errorf("digest of %d bytes in %s, which has %d", len(r.Digest), a, size)
	}
	if reference == "" {
		return r, nil
	}
	if err := CheckDigest("reference", reference); err != nil {
		return r, err
	}
	r.Reference, _ = hex.DecodeString(reference) // was checked
	return r, nil
}
