// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Signer is a key with the DID URL under which others find it.
type Signer = jws.Signer

// Draft is a credential or presentation that waits for its signature, which may be
// made where the key is.
type Draft struct {
	Alg   string // ES256, EdDSA or ES256K
	Kid   string // DID URL of the key that is to sign
	Input []byte // what to sign: the message, which ES256 and ES256K hash with SHA-256

	finish func(signature []byte) (string, error)
}

// Finish puts the signature in: 64 bytes, r‖s for ES256 and ES256K. It does not
// verify it; BAD_SIGNATURE is for another length.
func (d Draft) Finish(signature []byte) (string, error) {
	if len(signature) != 64 {
		return "", code.BadSignature.Errorf("%d bytes, a signature has 64", len(signature))
	}
	return d.finish(signature)
}

// sign has a signer finish the draft.
func (d Draft) sign(s Signer) (string, error) {
	signature, err := s.SignRaw(d.Input)
	if err != nil {
		return "", err
	}
	return d.Finish(signature)
}

// algOf is the JOSE algorithm of a signer's key. It returns BAD_DID for a key of
// another type, or a kid that is no DID URL.
func algOf(s Signer) (string, error) {
	if _, _, err := did.Split(s.Kid); err != nil {
		return "", err
	}
	key, err := publicOf(s.Key)
	return key.Alg, err
}

func publicOf(key crypto.Signer) (did.Key, error) {
	switch pub := key.Public().(type) {
	case ed25519.PublicKey:
		return did.Key{Alg: "EdDSA", Ed25519: pub}, nil
	case *ecdsa.PublicKey:
		if pub.Curve == elliptic.P256() {
			return did.Key{Alg: "ES256", P256: pub}, nil
		}
	case *secp256k1.PublicKey:
		return did.Key{Alg: did.ES256K, Secp256k1: pub}, nil
	}
	return did.Key{}, code.BadDID.Errorf("key of type %T: P-256, Ed25519 and secp256k1 sign", key.Public())
}

// NewSigner is the signer of a key under its did:key.
func NewSigner(key crypto.Signer) (Signer, error) {
	public, err := publicOf(key)
	if err != nil {
		return Signer{}, err
	}
	_, url := did.OfKey(public)
	return Signer{Key: key, Kid: url}, nil
}
