// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// Documents are DID documents by their DID: of other methods, such as did:web, and of
// did:komsco for who verifies without a ledger. They are supplied by who verifies and
// vouches for them.
type Documents map[string]json.RawMessage

// foundKey is a key of a document.
type foundKey struct {
	Key    did.Key
	Unlock identity.Unlock // "" where the method does not tell
	Where  string          // for a check's reason
}

// keyAt finds the key of a DID URL for a purpose, in the document as it was at a
// time (Unix seconds), 0 for now. It returns KEY_NOT_VALID, DID_NOT_RESOLVABLE or
// BAD_DID.
func (v *Verifier) keyAt(ctx context.Context, url string, purpose identity.Purpose, at int64) (foundKey, error) {
	id, _, err := did.Split(url)
	if err != nil {
		return foundKey{}, err
	}
	switch {
	case strings.HasPrefix(id, identity.Prefix) && v.Ledger != nil:
		return v.komscoKey(ctx, id, url, purpose, at)
	case strings.HasPrefix(id, "did:key:"), strings.HasPrefix(id, "did:jwk:"):
		m, err := did.Resolve(id, did.ES256K)
		if err != nil {
			return foundKey{}, err
		}
		if m.URL != url {
			return foundKey{}, KeyNotValid.Errorf("%.160s is not the one key of its DID", url)
		}
		return foundKey{Key: m.Key, Where: "the DID's own key"}, nil
	default:
		raw, supplied := v.Documents[id]
		if !supplied && v.Web != nil && strings.HasPrefix(id, "did:web:") {
			if raw, err = v.Web(ctx, id); err != nil {
				return foundKey{}, err
			}
			found, err := suppliedKey(raw, id, url, purpose)
			found.Where = "the document at the DID's host now"
			return found, err
		}
		if !supplied && strings.HasPrefix(id, identity.Prefix) {
			return foundKey{}, NotRegistryHere.Errorf("%s is on the ledger", id)
		}
		if !supplied {
			return foundKey{}, NotResolvable.Errorf("%.160s: documents of this method are to be supplied", id)
		}
		return suppliedKey(raw, id, url, purpose)
	}
}

func (v *Verifier) komscoKey(ctx context.Context, id, url string, purpose identity.Purpose, at int64) (foundKey, error) {
	found, err := v.Ledger.Resolve(ctx, identity.ResolveQuery{DID: id, Time: at})
	if err != nil {
		return foundKey{}, err
	}
	version, state := found.Version.Number, found.Version.State
	when := "now"
	if at != 0 {
		when = "at " + stamp(at)
	}
	if state.Status != identity.Active {
		return foundKey{}, KeyNotValid.Errorf("%s is %s in version %d, in force %s", id, state.Status, version, when)
	}
	for _, k := range state.Keys {
		if id+"#"+k.ID() != url {
			continue
		}
		if !k.Has(purpose) {
			return foundKey{}, KeyNotValid.Errorf("%s is not for %s in version %d, in force %s", url, purpose, version, when)
		}
		key, err := k.Public()
		f := foundKey{Key: key, Unlock: k.Unlock, Where: "version " + itoa(version) + ", in force " + when}
		if version != found.Head.Version {
			f.Where += "; the current version is " + itoa(found.Head.Version) + ", " + string(found.Head.Status)
		}
		return f, err
	}
	return foundKey{}, KeyNotValid.Errorf("%s is not in version %d, in force %s", url, version, when)
}

// anyDocument is what is read of a document of another method.
type anyDocument struct {
	ID                 string        `json:"id"`
	VerificationMethod []anyMethod   `json:"verificationMethod"`
	AssertionMethod    []methodOrRef `json:"assertionMethod"`
	Authentication     []methodOrRef `json:"authentication"`
}

type anyMethod struct {
	ID       string   `json:"id"`
	JWK      *did.JWK `json:"publicKeyJwk"`
	Multikey string   `json:"publicKeyMultibase"`
	Revoked  string   `json:"revoked"`
	Expires  string   `json:"expires"`
}

// methodOrRef is a verification method, or the id of one.
type methodOrRef struct{ anyMethod }

// UnmarshalJSON implements json.Unmarshaler.
func (m *methodOrRef) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &m.ID)
	}
	return Decode(raw, &m.anyMethod)
}

func (m anyMethod) whole() bool { return m.JWK != nil || m.Multikey != "" }

func suppliedKey(raw json.RawMessage, id, url string, purpose identity.Purpose) (foundKey, error) {
	var d anyDocument
	if err := Decode(raw, &d); err != nil {
		return foundKey{}, fmt.Errorf("the supplied document of %.160s: %w", id, err)
	}
	if d.ID != id {
		return foundKey{}, NotResolvable.Errorf("the supplied document is of %.160s, not of %.160s", d.ID, id)
	}
	relation := d.AssertionMethod
	if purpose == identity.Authentication {
		relation = d.Authentication
	}
	absolute := func(ref string) string {
		if strings.HasPrefix(ref, "#") {
			return id + ref
		}
		return ref
	}
	i := slices.IndexFunc(relation, func(m methodOrRef) bool { return absolute(m.ID) == url })
	if i < 0 {
		return foundKey{}, KeyNotValid.Errorf("%.160s is not for %s in the supplied document", url, purpose)
	}
	method := relation[i].anyMethod
	if !method.whole() {
		i = slices.IndexFunc(d.VerificationMethod, func(m anyMethod) bool { return absolute(m.ID) == url })
		if i < 0 {
			return foundKey{}, KeyNotValid.Errorf("%.160s has no key in the supplied document", url)
		}
		method = d.VerificationMethod[i]
	}
	if method.Revoked != "" || method.Expires != "" {
		return foundKey{}, Unsupported.Errorf("%.160s: a key with revoked or expires", url)
	}
	key, err := identity.Key{JWK: method.JWK, Multikey: method.Multikey}.Public()
	return foundKey{Key: key, Where: "the document that was supplied"}, err
}
