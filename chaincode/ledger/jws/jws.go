// SPDX-License-Identifier: Apache-2.0

// Package jws reads and writes the one form of JSON Web Signature that the
// platform accepts (RFC 7515 compact serialisation): a protected header of
// exactly alg, kid and typ, header and payload in canonical JSON (RFC 8785),
// base64url without padding and without stray bits, ES256 or EdDSA with
// signatures of 64 bytes, and ES256K where the caller asks for it. Whatever has
// two spellings is refused, so the bytes that were signed say one thing only.
package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// MaxLength bounds a compact JWS in bytes. An order that names 500 credits, the
// most that one may, takes about 49,000.
const MaxLength = 64 << 10

// Header is the protected header.
type Header struct {
	Alg string `json:"alg"` // ES256, EdDSA or, where accepted, ES256K
	Kid string `json:"kid"` // DID URL of the signing key
	Typ string `json:"typ"` // names the kind of statement
}

// Message is a parsed JWS whose signature was not checked yet.
type Message struct {
	Header    Header
	Payload   []byte // canonical JSON, decoded from base64url
	Signature []byte // 64 bytes
	input     string
}

// Digest is SHA-256 over the signing input. It identifies the statement; the
// signature does not, because ECDSA has two for each.
func (m *Message) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(m.input)) }

// SigningInput is what the signature is over: header and payload as encoded.
func (m *Message) SigningInput() string { return m.input }

// Parse reads a compact JWS. It returns BAD_JWS for every other form; the
// payload's own fields are the caller's to decode, with DecodeCanonical. also
// names algorithms accepted besides ES256 and EdDSA.
func Parse(compact string, also ...string) (*Message, error) {
	if len(compact) > MaxLength {
		return nil, code.BadJWS.Errorf("%d bytes long, at most %d", len(compact), MaxLength)
	}
	dot2 := strings.LastIndexByte(compact, '.')
	dot1 := strings.IndexByte(compact, '.')
	if dot1 <= 0 || dot2 <= dot1+1 || strings.Count(compact, ".") != 2 {
		return nil, code.BadJWS.Errorf("expected header.payload.signature")
	}
	header, err := decode(compact[:dot1])
	if err != nil {
		return nil, code.BadJWS.Errorf("header %w", err)
	}
	payload, err := decode(compact[dot1+1 : dot2])
	if err != nil {
		return nil, code.BadJWS.Errorf("payload %w", err)
	}
	sig, err := decode(compact[dot2+1:])
	if err != nil {
		return nil, code.BadJWS.Errorf("signature %w", err)
	}
	if len(sig) != 64 {
		return nil, code.BadJWS.Errorf("signature has %d bytes, ES256 and EdDSA have 64", len(sig))
	}
	m := &Message{Payload: payload, Signature: sig, input: compact[:dot2]}
	if err := DecodeCanonical(header, &m.Header); err != nil {
		return nil, code.BadJWS.Errorf("header %w", err)
	}
	if accepted := append([]string{"ES256", "EdDSA"}, also...); !slices.Contains(accepted, m.Header.Alg) {
		return nil, code.BadJWS.Errorf("alg %.16q: accepted are %s", m.Header.Alg, strings.Join(accepted, ", "))
	}
	return m, nil
}

// Verify checks the signature under key. It returns BAD_SIGNATURE.
func (m *Message) Verify(key did.Key) error {
	if key.Alg != m.Header.Alg {
		return code.BadSignature.Errorf("signed as %s by a key for %s", m.Header.Alg, key.Alg)
	}
	if !key.Verify([]byte(m.input), m.Signature) {
		return code.BadSignature.Errorf("the signature does not verify under %.80s", m.Header.Kid)
	}
	return nil
}

// Signer signs with a key that may live elsewhere, in a phone's secure element
// or an HSM. Ed25519 signers get the message, others its SHA-256, as
// crypto.Signer defines.
type Signer struct {
	Key crypto.Signer // *ecdsa.PrivateKey on P-256, ed25519.PrivateKey, did.Secp256k1Signer, or hardware with such a public key
	Kid string        // DID URL of the key
}

// Sign returns the compact JWS of payload under typ.
func (s Signer) Sign(typ string, payload any) (string, error) {
	alg := "ES256"
	switch s.Key.Public().(type) {
	case ed25519.PublicKey:
		alg = "EdDSA"
	case *secp256k1.PublicKey:
		alg = did.ES256K
	}
	input, err := SigningInput(Header{Alg: alg, Kid: s.Kid, Typ: typ}, payload)
	if err != nil {
		return "", err
	}
	sig, err := s.SignRaw([]byte(input))
	if err != nil {
		return "", fmt.Errorf("sign as %s: %w", s.Kid, err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// SigningInput is what is to be signed for a payload, where the key is somewhere
// that has no [Signer]: the compact JWS is this, a dot and the signature's 64
// bytes in base64url.
func SigningInput(h Header, payload any) (string, error) {
	header, err := Canonical(h)
	if err != nil {
		return "", err
	}
	body, err := Canonical(payload)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body), nil
}

// SignRaw signs bytes as they are, for other forms than the compact JWS: the 64
// bytes of the signature.
func (s Signer) SignRaw(input []byte) ([]byte, error) {
	switch pub := s.Key.Public().(type) {
	case ed25519.PublicKey:
		return s.Key.Sign(rand.Reader, input, crypto.Hash(0))
	case *ecdsa.PublicKey, *secp256k1.PublicKey:
		digest := sha256.Sum256(input)
		der, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		var sig struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &sig); err != nil {
			return nil, err
		}
		raw := make([]byte, 64)
		sig.R.FillBytes(raw[:32])
		sig.S.FillBytes(raw[32:])
		return raw, nil
	default:
		return nil, fmt.Errorf("key of type %T: P-256, Ed25519 and secp256k1 sign", pub)
	}
}

var b64 = base64.RawURLEncoding.Strict()

// decode refuses what encoding/base64 lets pass: line breaks inside the text.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("has line breaks")
	}
	raw, err := b64.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("is not base64url without padding")
	}
	return raw, nil
}
