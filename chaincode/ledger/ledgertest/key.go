// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"io"
	"math/big"
)

// deriveKey makes a P-256 key of the parts: the same ones give the same key.
func deriveKey(parts ...string) (*ecdsa.PrivateKey, error) {
	seed := digest(append([]string{"ledgertest key"}, parts...)...)
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
}

// deterministic signs as RFC 6979 says, whatever randomness it is offered.
type deterministic struct{ key *ecdsa.PrivateKey }

func (d deterministic) Public() crypto.PublicKey { return d.key.Public() }

func (d deterministic) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.key.Sign(nil, digest, opts)
}

// signMessage signs as a Fabric client does: SHA-256, and of the two valid
// values of s the lower one, which is all that an MSP accepts.
func signMessage(key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	signature, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &rs); err != nil {
		return nil, err
	}
	order := key.Params().N
	if half := new(big.Int).Rsh(order, 1); rs.S.Cmp(half) > 0 {
		rs.S.Sub(order, rs.S)
	}
	return asn1.Marshal(rs)
}
