// SPDX-License-Identifier: Apache-2.0

package did

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// JWK is a public key as a JSON Web Key with its required members only, in the
// order that a thumbprint hashes them (RFC 7638).
type JWK struct {
	Crv string `json:"crv"` // P-256, Ed25519 or secp256k1
	Kty string `json:"kty"` // EC or OKP
	X   string `json:"x"`
	Y   string `json:"y,omitempty"`
}

// JWK returns the key as a JSON Web Key.
func (k Key) JWK() JWK {
	b64 := base64.RawURLEncoding.EncodeToString
	point := func(crv string, uncompressed []byte) JWK { // 4, x, y
		return JWK{Crv: crv, Kty: "EC", X: b64(uncompressed[1:33]), Y: b64(uncompressed[33:])}
	}
	switch {
	case k.P256 != nil:
		raw, err := k.P256.Bytes()
		if err != nil || len(raw) != 65 {
			panic("did: not a public key on P-256")
		}
		return point("P-256", raw)
	case k.Secp256k1 != nil:
		return point("secp256k1", k.Secp256k1.SerializeUncompressed())
	default:
		return JWK{Crv: "Ed25519", Kty: "OKP", X: b64(k.Ed25519)}
	}
}

// Thumbprint names a key by itself: SHA-256 over its JSON Web Key, in base64url
// (RFC 7638), 43 characters.
func (k Key) Thumbprint() string {
	raw, err := json.Marshal(k.JWK()) // base64url needs no escapes
	if err != nil {
		panic("did: " + err.Error())
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Key returns the key that the JWK stands for. It returns BAD_DID for anything
// but a P-256 or Ed25519 key in its one encoding; also names algorithms that are
// accepted besides.
func (j JWK) Key(also ...string) (Key, error) {
	strict := base64.RawURLEncoding.Strict()
	x, errX := strict.DecodeString(j.X)
	y, errY := strict.DecodeString(j.Y)
	if errX != nil || errY != nil || strict.EncodeToString(x) != j.X || strict.EncodeToString(y) != j.Y {
		return Key{}, code.BadDID.Errorf("coordinates of the JSON Web Key are not base64url")
	}
	point := append(append([]byte{4}, x...), y...)
	switch {
	case j.Kty == "EC" && j.Crv == "P-256" && len(x) == 32 && len(y) == 32:
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return Key{}, code.BadDID.Errorf("the JSON Web Key is not a point of P-256")
		}
		return Key{Alg: "ES256", P256: pub}, nil
	case j.Kty == "OKP" && j.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize && len(y) == 0:
		return Key{Alg: "EdDSA", Ed25519: ed25519.PublicKey(x)}, nil
	case j.Kty == "EC" && j.Crv == "secp256k1" && len(x) == 32 && len(y) == 32 && slices.Contains(also, ES256K):
		pub, err := secp256k1.ParsePubKey(point)
		if err != nil {
			return Key{}, code.BadDID.Errorf("the JSON Web Key is not a point of secp256k1")
		}
		return Key{Alg: ES256K, Secp256k1: pub}, nil
	default:
		return Key{}, code.BadDID.Errorf("JSON Web Key of kty %.8q crv %.16q: accepted are %s", j.Kty, j.Crv, types(also))
	}
}

// jwk holds the members of a did:jwk that count (RFC 7517, RFC 8037). Others,
// such as kid or alg, are allowed and ignored. A key for encryption has no
// verification method to sign with, as did:jwk says of use.
type jwk struct {
	JWK
	D   string `json:"d"`
	Use string `json:"use"`
}

func parseJWK(encoded string, also []string) (Key, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return Key{}, code.BadDID.Errorf("did:jwk is not base64url")
	}
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return Key{}, code.BadDID.Errorf("did:jwk is not a JSON Web Key")
	}
	if j.D != "" {
		return Key{}, code.BadDID.Errorf("did:jwk carries a private key; it is compromised")
	}
	if j.Use != "" && j.Use != "sig" {
		return Key{}, code.BadDID.Errorf("did:jwk is for use %.8q: a key for signatures is needed", j.Use)
	}
	return j.Key(also...)
}
