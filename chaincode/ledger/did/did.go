// SPDX-License-Identifier: Apache-2.0

// Package did reads DID URLs and the public keys of the methods that resolve by
// themselves: did:key (W3C CCG did:key v0.7 with Multikey encodings) and
// did:jwk (did:jwk v0.1). Accepted keys are P-256 and Ed25519, and secp256k1
// where the caller names [ES256K] as accepted too.
package did

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/mr-tron/base58"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// MaxLength bounds a DID in bytes; a did:jwk of P-256 takes about 180.
const MaxLength = 512

// Key is a public key with the one JOSE algorithm it is used with (RFC 7518,
// RFC 8037, RFC 8812).
type Key struct {
	Alg       string // "ES256", "EdDSA" or "ES256K"
	P256      *ecdsa.PublicKey
	Ed25519   ed25519.PublicKey
	Secp256k1 *secp256k1.PublicKey
}

// Verify reports whether sig is this key's signature over message. ES256 and
// ES256K signatures are the 64 bytes r‖s of RFC 7518 section 3.4; both s and n−s
// are accepted, so nothing may be identified by its signature.
func (k Key) Verify(message, sig []byte) bool {
	if len(sig) != 64 {
		return false
	}
	switch {
	case k.P256 != nil:
		digest := sha256.Sum256(message)
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		return ecdsa.Verify(k.P256, digest[:], r, s)
	case k.Ed25519 != nil:
		return ed25519.Verify(k.Ed25519, message, sig)
	case k.Secp256k1 != nil:
		return verifySecp256k1(k.Secp256k1, message, sig)
	default:
		return false
	}
}

// Bytes returns the key's public bytes behind its multicodec prefix, as
// Multikey encodes them: compressed point for P-256 and secp256k1.
func (k Key) Bytes() []byte {
	switch {
	case k.P256 != nil:
		return append([]byte{0x80, 0x24}, compress(k.P256)...)
	case k.Secp256k1 != nil:
		return append([]byte{0xe7, 0x01}, k.Secp256k1.SerializeCompressed()...)
	default:
		return append([]byte{0xed, 0x01}, k.Ed25519...)
	}
}

// compress encodes a P-256 point in 33 bytes (SEC 1 section 2.3.3). A key that is
// none is a defect of whoever built it and panics.
func compress(p *ecdsa.PublicKey) []byte {
	point, err := p.Bytes() // 4, x, y
	if err != nil || len(point) != 65 {
		panic("did: not a public key on P-256")
	}
	return append([]byte{2 | point[64]&1}, point[1:33]...)
}

// decompress is the inverse of compress.
func decompress(raw []byte) (*ecdsa.PublicKey, error) {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), raw)
	if x == nil {
		return nil, errors.New("not a point of P-256")
	}
	point := make([]byte, 65)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// Multikey returns the key as a Multikey string (base58btc, "z…").
func (k Key) Multikey() string { return "z" + base58.Encode(k.Bytes()) }

// ParseMultikey reads a Multikey string. It returns BAD_DID for anything but a
// P-256 or Ed25519 key in its one encoding; also names algorithms that are
// accepted besides.
func ParseMultikey(s string, also ...string) (Key, error) {
	if len(s) < 2 || s[0] != 'z' || len(s) > 64 {
		return Key{}, code.BadDID.Errorf("%.64q is not a Multikey in base58btc", s)
	}
	raw, err := base58.Decode(s[1:])
	if err != nil || len(raw) < 3 {
		return Key{}, code.BadDID.Errorf("%.64q is not a Multikey in base58btc", s)
	}
	switch {
	case raw[0] == 0x80 && raw[1] == 0x24 && len(raw) == 35:
		pub, err := decompress(raw[2:])
		if err != nil {
			return Key{}, code.BadDID.Errorf("%q is not a point of P-256", s)
		}
		return Key{Alg: "ES256", P256: pub}, nil
	case raw[0] == 0xed && raw[1] == 0x01 && len(raw) == 34:
		return Key{Alg: "EdDSA", Ed25519: ed25519.PublicKey(raw[2:])}, nil
	case raw[0] == 0xe7 && raw[1] == 0x01 && len(raw) == 35 && slices.Contains(also, ES256K):
		pub, err := secp256k1.ParsePubKey(raw[2:])
		if err != nil {
			return Key{}, code.BadDID.Errorf("%q is not a point of secp256k1", s)
		}
		return Key{Alg: ES256K, Secp256k1: pub}, nil
	default:
		return Key{}, code.BadDID.Errorf("%q is not a key of an accepted type: %s", s, types(also))
	}
}

// OfKey returns the did:key of a key and the DID URL of its one verification
// method.
func OfKey(k Key) (did, url string) {
	m := k.Multikey()
	return "did:key:" + m, "did:key:" + m + "#" + m
}

// Split cuts a DID URL into its DID and fragment. It returns BAD_DID unless
// both are present and well-formed (DID Core section 3.2; no path, no query).
func Split(url string) (did, fragment string, err error) {
	did, fragment, ok := strings.Cut(url, "#")
	if !ok || fragment == "" {
		return "", "", code.BadDID.Errorf("%.80q names no key: a DID URL with a fragment is needed", url)
	}
	if err := Validate(did); err != nil {
		return "", "", err
	}
	if !plain(fragment, "._-") {
		return "", "", code.BadDID.Errorf("fragment %.80q has characters outside A-Z a-z 0-9 . _ -", fragment)
	}
	return did, fragment, nil
}

// Validate checks the form did:method:id of a DID without path, query or
// fragment.
func Validate(did string) error {
	if len(did) > MaxLength {
		return code.BadDID.Errorf("%d bytes long, at most %d", len(did), MaxLength)
	}
	rest, ok := strings.CutPrefix(did, "did:")
	method, id, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || method == "" || id == "" || strings.ToLower(method) != method || !plain(method, "") || !plain(id, "._-:") || strings.HasSuffix(id, ":") {
		return code.BadDID.Errorf("%.80q is not of the form did:method:id", did)
	}
	return nil
}

func plain(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return s != ""
}

// Method is the one verification method of a DID that resolves by itself.
type Method struct {
	URL string // DID URL, the kid of what it signs
	Key Key
}

// Resolve returns the verification method of a did:key or did:jwk, without
// asking anyone. It returns BAD_DID for every other DID; also names algorithms
// accepted besides ES256 and EdDSA.
func Resolve(did string, also ...string) (Method, error) {
	if err := Validate(did); err != nil {
		return Method{}, err
	}
	if id, ok := strings.CutPrefix(did, "did:key:"); ok {
		key, err := ParseMultikey(id, also...)
		return Method{URL: did + "#" + id, Key: key}, err
	}
	if id, ok := strings.CutPrefix(did, "did:jwk:"); ok {
		key, err := parseJWK(id, also)
		return Method{URL: did + "#0", Key: key}, err
	}
	return Method{}, code.BadDID.Errorf("%.40q does not resolve by itself: did:key and did:jwk do", did)
}
