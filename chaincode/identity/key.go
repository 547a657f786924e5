// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// MaxKeys bounds the keys of a document.
const MaxKeys = 16

// Purpose is a verification relationship (DID Core section 5.3).
type Purpose string

// The purposes of signing keys. A key for [CapabilityInvocation] is a control key:
// it has a say in what the document becomes.
const (
	AssertionMethod      Purpose = "assertionMethod"
	Authentication       Purpose = "authentication"
	CapabilityDelegation Purpose = "capabilityDelegation"
	CapabilityInvocation Purpose = "capabilityInvocation"
)

// Unlock says what a key's device asks of its holder before it signs.
type Unlock string

// The unlock levels, in rising order.
const (
	UnlockNone      Unlock = "none"
	UnlockPIN       Unlock = "pin"
	UnlockBiometric Unlock = "biometric"
)

// Key is a public key of a document: one of JWK and Multikey.
type Key struct {
	Attestation string    `json:"attestation,omitempty"` // SHA-256 of the hardware's attestation, hex
	JWK         *did.JWK  `json:"publicKeyJwk,omitempty"`
	Multikey    string    `json:"publicKeyMultibase,omitempty"`
	Purposes    []Purpose `json:"purposes"` // at least one, in alphabetical order
	Unlock      Unlock    `json:"unlock"`
}

// Public returns the key itself: P-256, Ed25519 or secp256k1. It returns
// INVALID_KEY.
func (k Key) Public() (did.Key, error) {
	var (
		key did.Key
		err error
	)
	switch {
	case (k.JWK == nil) == (k.Multikey == ""):
		return key, InvalidKey.Errorf("one of publicKeyJwk and publicKeyMultibase is needed")
	case k.JWK != nil:
		key, err = k.JWK.Key(did.ES256K)
	default:
		key, err = did.ParseMultikey(k.Multikey, did.ES256K)
	}
	if err != nil {
		return key, InvalidKey.Errorf("%w", err)
	}
	return key, nil
}

// ID names the key: its thumbprint (RFC 7638), 43 characters. It is the fragment
// of the key's DID URL, so such a URL names the same key in every version, and
// it is what a document that commits to its next keys publishes.
func (k Key) ID() string {
	key, err := k.Public()
	if err != nil {
		return ""
	}
	return key.Thumbprint()
}

// Has reports whether the key serves a purpose.
func (k Key) Has(p Purpose) bool { return slices.Contains(k.Purposes, p) }

// Validate returns INVALID_KEY unless the key is well-formed.
func (k Key) Validate() error {
	if _, err := k.Public(); err != nil {
		return err
	}
	if len(k.Purposes) == 0 || !ascending(k.Purposes) {
		return InvalidKey.Errorf("purposes %v: one or more are needed, distinct and in alphabetical order", k.Purposes)
	}
	for _, p := range k.Purposes {
		switch p {
		case AssertionMethod, Authentication, CapabilityDelegation, CapabilityInvocation:
		default:
			return InvalidKey.Errorf("purpose %.40q is none of assertionMethod, authentication, capabilityDelegation, capabilityInvocation", string(p))
		}
	}
	switch k.Unlock {
	case UnlockNone, UnlockPIN, UnlockBiometric:
	default:
		return InvalidKey.Errorf("unlock %.20q is none of none, pin, biometric", string(k.Unlock))
	}
	if k.Attestation != "" && !isDigest(k.Attestation) {
		return InvalidKey.Errorf("attestation %.80q is not a SHA-256 digest in 64 lower-case hex digits", k.Attestation)
	}
	return nil
}

// ascending reports whether the items are in order and distinct, so that a set
// has one spelling.
func ascending[T ~string](items []T) bool {
	for i := 1; i < len(items); i++ {
		if items[i-1] >= items[i] {
			return false
		}
	}
	return true
}

func isDigest(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 32 && strings.ToLower(s) == s
}
