// SPDX-License-Identifier: Apache-2.0

// Package did reads DID URLs and the public keys of the methods that resolve by
// themselves: did:key (W3C CCG did:key v0.7 with Multikey encodings) and
// did:jwk (did:jwk v0.1). Accepted keys are P-256 and Ed25519.
package did

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// MaxLength bounds a DID in bytes; a did:jwk of P-256 takes about 180.
const MaxLength = 512

// Key is a public key with the one JOSE algorithm it is used with (RFC 7518,
// RFC 8037).
type Key struct {
	Alg     string // "ES256" or "EdDSA"
	P256    *ecdsa.PublicKey
	Ed25519 ed25519.PublicKey
}

// Verify reports whether sig is this key's signature over message. ES256
// signatures are the 64 bytes r‖s of RFC 7518 section 3.4; both s and n−s are
// accepted, so nothing may be identified by its signature.
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
	default:
		return false
	}
}

// Bytes returns the key's public bytes behind its multicodec prefix, as
// Multikey encodes them: compressed point for P-256.
func (k Key) Bytes() []byte {
	if k.P256 != nil {
		return append([]byte{0x80, 0x24}, compress(k.P256)...)
	}
	return append([]byte{0xed, 0x01}, k.Ed25519...)
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
// P-256 or Ed25519 key in its one encoding.
func ParseMultikey(s string) (Key, error) {
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
	default:
		return Key{}, code.BadDID.Errorf("%q is neither a P-256 nor an Ed25519 key", s)
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
// asking anyone. It returns BAD_DID for every other DID.
func Resolve(did string) (Method, error) {
	if err := Validate(did); err != nil {
		return Method{}, err
	}
	if id, ok := strings.CutPrefix(did, "did:key:"); ok {
		key, err := ParseMultikey(id)
		return Method{URL: did + "#" + id, Key: key}, err
	}
	if id, ok := strings.CutPrefix(did, "did:jwk:"); ok {
		key, err := parseJWK(id)
		return Method{URL: did + "#0", Key: key}, err
	}
	return Method{}, code.BadDID.Errorf("%.40q does not resolve by itself: did:key and did:jwk do", did)
}

// jwk holds the members of a public key that count (RFC 7517, RFC 8037).
// Others, such as kid or alg, are allowed and ignored. A key for encryption has
// no verification method to sign with, as did:jwk says of use.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	D   string `json:"d"`
	Use string `json:"use"`
}

func parseJWK(encoded string) (Key, error) {
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
	x, errX := base64.RawURLEncoding.Strict().DecodeString(j.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(j.Y)
	if errX != nil || errY != nil {
		return Key{}, code.BadDID.Errorf("coordinates of did:jwk are not base64url")
	}
	switch {
	case j.Kty == "EC" && j.Crv == "P-256" && len(x) == 32 && len(y) == 32:
		point := append(append([]byte{4}, x...), y...)
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return Key{}, code.BadDID.Errorf("did:jwk is not a point of P-256")
		}
		return Key{Alg: "ES256", P256: pub}, nil
	case j.Kty == "OKP" && j.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize && len(y) == 0:
		return Key{Alg: "EdDSA", Ed25519: ed25519.PublicKey(x)}, nil
	default:
		return Key{}, code.BadDID.Errorf("did:jwk of kty %.8q crv %.16q: P-256 and Ed25519 are accepted", j.Kty, j.Crv)
	}
}
