// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/base64"

	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypOperation is the typ of an operation's signatures.
const TypOperation = "did-operation+jws"

// MaxPayload bounds an operation, in bytes, and MaxSignatures those who sign it.
const (
	MaxPayload    = 24 << 10
	MaxSignatures = 40
)

// Type is what an operation does.
type Type string

// The operations. METHOD.md section 4 says what each may carry and who must sign.
const (
	Create     Type = "create"
	Update     Type = "update"     // adds and removes keys and services, sets control and recovery
	Rotate     Type = "rotate"     // replaces all control keys
	Suspend    Type = "suspend"    // takes every verification relationship away until it is resumed
	Resume     Type = "resume"     // gives them back
	Recover    Type = "recover"    // replaces all keys, by the recovery controllers
	Deactivate Type = "deactivate" // ends the DID, for good
)

// Place is where an operation counts, and nowhere else.
type Place struct {
	Network   string `json:"network"`
	Channel   string `json:"channel"`
	Chaincode string `json:"chaincode"`
}

// Operation is one link of a document's history. Its canonical JSON (RFC 8785) is
// the payload of every signature on it.
type Operation struct {
	AddKeys        []Key     `json:"addKeys,omitempty"`
	AddServices    []Service `json:"addServices,omitempty"`
	Chaincode      string    `json:"chaincode"`
	Channel        string    `json:"channel"`
	Control        *Quorum   `json:"control,omitempty"`       // left out: as before; in a create, 1 of the control keys
	DID            string    `json:"did"`                     // Placeholder in a create
	Entropy        string    `json:"entropy,omitempty"`       // of a create: 16 fresh bytes in base64url, 22 characters
	Network        string    `json:"network"`                 //
	NextKeyHashes  []string  `json:"nextKeyHashes,omitempty"` // ids of the keys of the next rotation, ascending
	Number         int64     `json:"number"`                  // 1, then one more than the version before
	Previous       string    `json:"previous,omitempty"`      // digest of the operation before, hex
	Recovery       *Quorum   `json:"recovery,omitempty"`      // left out: as before; in a create, none
	RemoveKeys     []string  `json:"removeKeys,omitempty"`    // ids, ascending
	RemoveServices []string  `json:"removeServices,omitempty"`
	Type           Type      `json:"type"`
	V              int       `json:"v"` // 1
}

// At binds the operation to a place.
func (o Operation) At(p Place) Operation {
	o.V, o.Network, o.Channel, o.Chaincode = 1, p.Network, p.Channel, p.Chaincode
	return o
}

// Payload is the operation's canonical JSON: what is signed and hashed.
func (o Operation) Payload() ([]byte, error) { return jws.Canonical(o) }

// Subject is the DID that the operation is about; of a create, the one it makes.
func (o Operation) Subject() (string, error) {
	if o.Type != Create {
		return o.DID, nil
	}
	payload, err := o.Payload()
	return Prefix + idOf(payload), err
}

// Sign has each signer sign the operation, under the key that its Kid names.
func (o Operation) Sign(signers ...jws.Signer) ([]string, error) {
	compacts := make([]string, len(signers))
	for i, s := range signers {
		var err error
		if compacts[i], err = s.Sign(TypOperation, o); err != nil {
			return nil, err
		}
	}
	return compacts, nil
}

// Validate checks the form. It returns INVALID_OPERATION, INVALID_KEY,
// INVALID_SERVICE, BAD_DID or TOO_LARGE.
func (o Operation) Validate() error {
	if err := o.checkMembers(); err != nil {
		return err
	}
	if err := o.checkChain(); err != nil {
		return err
	}
	if len(o.AddKeys) > MaxKeys || len(o.RemoveKeys) > MaxKeys || len(o.AddServices) > MaxServices ||
		len(o.RemoveServices) > MaxServices || len(o.NextKeyHashes) > MaxKeys {
		return TooLarge.Errorf("at most %d keys and %d services are added, removed or committed to", MaxKeys, MaxServices)
	}
	ids := map[string]bool{}
	for _, k := range o.AddKeys {
		if err := k.Validate(); err != nil {
			return err
		}
		if ids[k.ID()] {
			return InvalidKey.Errorf("key %s is added twice", k.ID())
		}
		ids[k.ID()] = true
	}
	for _, s := range o.AddServices {
		if err := s.Validate(); err != nil {
			return err
		}
		if ids[s.ID] {
			return InvalidService.Errorf("service %s is added twice", s.ID)
		}
		ids[s.ID] = true
	}
	if !ascending(o.RemoveKeys) || !ascending(o.RemoveServices) || !ascending(o.NextKeyHashes) {
		return InvalidOperation.Errorf("removeKeys, removeServices and nextKeyHashes are distinct and in order")
	}
	for _, h := range o.NextKeyHashes {
		if raw, err := base64.RawURLEncoding.Strict().DecodeString(h); err != nil || len(raw) != 32 || len(h) != 43 {
			return InvalidOperation.Errorf("nextKeyHashes: %.50q is not a key's thumbprint (43 characters of base64url)", h)
		}
	}
	return nil
}

// checkChain checks what makes the operation a link of its chain.
func (o Operation) checkChain() error {
	if o.Type != Create {
		if _, err := ParseDID(o.DID); err != nil {
			return err
		}
		if o.Number < 2 || o.Number > 1<<40 || !isDigest(o.Previous) || o.Entropy != "" {
			return InvalidOperation.Errorf("%s: number above 1, the digest of the operation before and no entropy are needed", o.Type)
		}
		return nil
	}
	entropy, err := base64.RawURLEncoding.Strict().DecodeString(o.Entropy)
	if err != nil || len(entropy) != 16 || len(o.Entropy) != 22 {
		return InvalidOperation.Errorf("create: entropy is 16 fresh bytes in base64url, 22 characters")
	}
	if o.DID != Placeholder || o.Number != 1 || o.Previous != "" {
		return InvalidOperation.Errorf("create: did %s, number 1 and no previous are needed", Placeholder)
	}
	return nil
}

// checkMembers holds an operation to the members of its type.
func (o Operation) checkMembers() error {
	type members struct{ addKeys, removeKeys, addServices, removeServices, quorums, next bool }
	allowed, known := map[Type]members{
		Create:     {addKeys: true, addServices: true, quorums: true, next: true},
		Update:     {addKeys: true, removeKeys: true, addServices: true, removeServices: true, quorums: true},
		Rotate:     {addKeys: true, removeKeys: true, quorums: true, next: true},
		Suspend:    {},
		Resume:     {},
		Recover:    {addKeys: true, quorums: true, next: true},
		Deactivate: {},
	}[o.Type]
	if !known {
		return InvalidOperation.Errorf("type %.20q is none of create, update, rotate, suspend, resume, recover, deactivate", string(o.Type))
	}
	for _, m := range []struct {
		name     string
		has, may bool
	}{
		{"addKeys", len(o.AddKeys) > 0, allowed.addKeys},
		{"removeKeys", len(o.RemoveKeys) > 0, allowed.removeKeys},
		{"addServices", len(o.AddServices) > 0, allowed.addServices},
		{"removeServices", len(o.RemoveServices) > 0, allowed.removeServices},
		{"control", o.Control != nil, allowed.quorums},
		{"recovery", o.Recovery != nil, allowed.quorums},
		{"nextKeyHashes", len(o.NextKeyHashes) > 0, allowed.next},
	} {
		if m.has && !m.may {
			return InvalidOperation.Errorf("%s takes no %s", o.Type, m.name)
		}
	}
	if o.Type == Update && !o.changesKeys() && len(o.AddServices)+len(o.RemoveServices) == 0 {
		return InvalidOperation.Errorf("the update changes nothing")
	}
	return nil
}

// changesKeys reports whether the operation touches more than services.
func (o Operation) changesKeys() bool {
	return len(o.AddKeys)+len(o.RemoveKeys) > 0 || o.Control != nil || o.Recovery != nil
}
