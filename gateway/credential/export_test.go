// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto"
	"time"

	"github.com/mr-tron/base58"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// SignRDFC secures a document by eddsa-rdfc-2022, which only others sign by.
func (v *Verifier) SignRDFC(document Object, by Signer, created time.Time, options Object) (string, error) {
	o, err := normal(document)
	if err != nil {
		return "", err
	}
	proof, err := normal(options)
	if err != nil {
		return "", err
	}
	proof["type"], proof["cryptosuite"], proof["verificationMethod"] = "DataIntegrityProof", EdDSARDFC, by.Kid
	proof["created"] = created.UTC().Format(time.RFC3339)
	data, err := hashData(v, EdDSARDFC, o, proof)
	if err != nil {
		return "", err
	}
	signature, err := by.Key.Sign(nil, data, crypto.Hash(0))
	if err != nil {
		return "", err
	}
	proof["proofValue"] = "z" + base58.Encode(signature)
	o["proof"] = proof
	raw, err := encode(o)
	return string(raw), err
}

// VerifyProof verifies only the proof of a secured document, under a key: W3C's
// vectors name issuers and keys by URLs, which nothing resolves.
func (v *Verifier) VerifyProof(secured []byte, key did.Key) error {
	o, err := decodeObject(secured)
	if err != nil {
		return err
	}
	p, err := readProof(o)
	if err != nil {
		return err
	}
	return p.verify(v, key)
}
