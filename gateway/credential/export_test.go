// SPDX-License-Identifier: Apache-2.0

package credential

import "github.com/komsco/trust-platform/chaincode/ledger/did"

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
