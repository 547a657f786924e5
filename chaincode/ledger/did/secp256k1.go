// SPDX-License-Identifier: Apache-2.0

package did

import (
	"crypto"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// ES256K is ECDSA on secp256k1 with SHA-256 (RFC 8812). It is accepted only by
// who asks for it: money is moved by ES256 and EdDSA.
const ES256K = "ES256K"

// types lists the accepted types of keys for error messages.
func types(also []string) string {
	for _, alg := range also {
		if alg == ES256K {
			return "P-256, Ed25519, secp256k1"
		}
	}
	return "P-256, Ed25519"
}

func verifySecp256k1(key *secp256k1.PublicKey, message, sig []byte) bool {
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
		return false // 0 < r, s < n
	}
	digest := sha256.Sum256(message)
	return ecdsa.NewSignature(&r, &s).Verify(digest[:], key)
}

// Secp256k1Signer is a private key on secp256k1 as a [crypto.Signer]: digests of
// 32 bytes, signatures in DER with the lower s, which other libraries insist on.
type Secp256k1Signer struct{ Key *secp256k1.PrivateKey }

// Public returns a *secp256k1.PublicKey.
func (s Secp256k1Signer) Public() crypto.PublicKey { return s.Key.PubKey() }

// Sign signs deterministically (RFC 6979); no randomness is read.
func (s Secp256k1Signer) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	if len(digest) != sha256.Size {
		return nil, errors.New("ES256K signs a SHA-256 digest of 32 bytes")
	}
	return ecdsa.Sign(s.Key, digest).Serialize(), nil
}
