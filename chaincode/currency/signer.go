// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// Identity says by which registry of DIDs a programme knows the keys of
// did:komsco, and what it asks of them.
type Identity struct {
	Chaincode string          `json:"chaincode"`        // name of the identity contract on the programme's channel
	Unlock    identity.Unlock `json:"unlock,omitempty"` // the least that a resident's key is unlocked with; any if left out
}

func (i *Identity) validate() error {
	if i == nil {
		return nil
	}
	if err := CheckID("identity chaincode", i.Chaincode); err != nil {
		return err
	}
	if i.Unlock != "" && level(i.Unlock) < 0 {
		return InvalidPolicy.Errorf("unlock %.20q is none of none, pin, biometric", string(i.Unlock))
	}
	return nil
}

// Documents tells what the document of a did:komsco says now, by the programme's
// identity contract.
type Documents func(did string) (identity.State, error)

// level orders the ways to unlock a key, from 0; an unknown one is below all.
func level(u identity.Unlock) int {
	return slices.Index([]identity.Unlock{identity.UnlockNone, identity.UnlockPIN, identity.UnlockBiometric}, u)
}

// least is what the programme asks of the keys of an account. A merchant's tills
// are its own affair.
func (p Program) least(merchant string) identity.Unlock {
	if p.Identity == nil || merchant != "" {
		return ""
	}
	return p.Identity.Unlock
}

// CheckHolderDID returns BAD_DID unless a DID is of a method that accounts may
// have: did:komsco, did:key or did:jwk.
func CheckHolderDID(holder string) error {
	if strings.HasPrefix(holder, identity.Prefix) {
		_, err := identity.ParseDID(holder)
		return err
	}
	_, err := did.Resolve(holder)
	return err
}

// SignerOf is the key by which a DID signs in this programme: the one that kid
// names or, where kid is empty, the one that its document gained last. It returns
// BAD_DID, DID_UNRESOLVED, DID_INACTIVE, KEY_MISMATCH or UNLOCK_LEVEL.
func (p Program) SignerOf(holder, kid, merchant string, docs Documents) (Signer, error) {
	least := p.least(merchant)
	if !strings.HasPrefix(holder, identity.Prefix) {
		m, err := did.Resolve(holder)
		if err == nil && level(least) > 0 {
			err = UnlockTooLow.Errorf("programme %s asks for a key unlocked by %s: a DID of its own method says so, %.40s does not", p.ID, least, holder)
		}
		return Signer{Kid: m.URL, Key: m.Key.Multikey()}, err
	}
	state, err := p.document(holder, docs)
	if err != nil {
		return Signer{}, err
	}
	if kid == "" {
		found, all := newest(holder, state, least)
		if all == 0 {
			err = KeyMismatch.Errorf("%s has no key for authentication that the programme accepts", holder)
		}
		return found, err
	}
	for _, k := range state.Keys {
		if holder+"#"+k.ID() != kid {
			continue
		}
		s, ok := signer(holder, k)
		switch {
		case !ok:
			return s, KeyMismatch.Errorf("%.160s is no key for authentication on P-256 or Ed25519", kid)
		case level(k.Unlock) < level(least):
			return s, UnlockTooLow.Errorf("%.160s is unlocked by %s, programme %s asks for %s", kid, k.Unlock, p.ID, least)
		}
		return s, nil
	}
	return Signer{}, KeyMismatch.Errorf("%.160s is no key of %.80s", kid, holder)
}

// asserter is the key by which an enroller states something here.
func (p Program) asserter(enroller, kid string, docs Documents) (did.Key, error) {
	if !strings.HasPrefix(enroller, identity.Prefix) {
		m, err := did.Resolve(enroller)
		if err == nil && m.URL != kid {
			err = KeyMismatch.Errorf("%.160s is no key of %.100s", kid, enroller)
		}
		return m.Key, err
	}
	state, err := p.document(enroller, docs)
	if err != nil {
		return did.Key{}, err
	}
	for _, k := range state.Keys {
		if enroller+"#"+k.ID() == kid && k.Has(identity.AssertionMethod) {
			return k.Public()
		}
	}
	return did.Key{}, KeyMismatch.Errorf("%.160s is no key for assertions of %.100s", kid, enroller)
}

// document is what an active DID says.
func (p Program) document(holder string, docs Documents) (identity.State, error) {
	if p.Identity == nil || docs == nil {
		return identity.State{}, DIDUnresolved.Errorf("programme %s names no identity contract, so %.80s is nobody here", p.ID, holder)
	}
	state, err := docs(holder)
	switch {
	case err == nil && state.Status != identity.Active:
		err = DIDInactive.Errorf("%.80s is %s", holder, state.Status)
	case code.Of(err) != nil && code.Of(err).Code == identity.DIDUnknown:
		err = DIDUnresolved.Errorf("%.80s is not in the registry of chaincode %s", holder, p.Identity.Chaincode)
	}
	return state, err
}

// Signer is a key that signs for an account.
type Signer struct {
	Kid string `json:"kid"` // DID URL
	Key string `json:"key"` // Multikey
}

func signer(holder string, k identity.Key) (Signer, bool) {
	key, err := k.Public()
	ok := err == nil && k.Has(identity.Authentication) && key.Secp256k1 == nil
	if !ok {
		return Signer{}, false
	}
	return Signer{Kid: holder + "#" + k.ID(), Key: key.Multikey()}, true
}

// newest is the key for authentication that a document gained last, of all that
// are unlocked with at least that much.
func newest(holder string, state identity.State, least identity.Unlock) (last Signer, all int) {
	for _, k := range state.Keys {
		if s, ok := signer(holder, k); ok && level(k.Unlock) >= level(least) {
			last, all = s, all+1
		}
	}
	return last, all
}
