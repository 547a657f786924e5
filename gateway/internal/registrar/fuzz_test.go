// SPDX-License-Identifier: Apache-2.0

package registrar_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
)

var (
	place = identity.Place{Network: "trust", Channel: "trust", Chaincode: "identity"}
	at    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// empty is a registry in which nothing is, and which nothing may reach unsigned.
type empty struct{ t *testing.T }

func (e empty) Operate(_ context.Context, signatures ...string) (identity.Outcome, error) {
	s, err := identity.Parse(place, signatures)
	if err != nil {
		e.t.Fatalf("what is no operation was submitted: %v", err)
	}
	_, err = identity.Apply(nil, s, nil, at, "tx")
	return identity.Outcome{}, err
}

func (empty) Resolve(_ context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	if err := q.Validate(); err != nil {
		return identity.Resolved{}, err
	}
	return identity.Resolved{}, identity.DIDUnknown.Errorf("%s", q.DID)
}

// known is a registry with one document, of which a request may be about.
type known struct {
	empty
	last identity.Version
}

func (k known) Operate(_ context.Context, signatures ...string) (identity.Outcome, error) {
	s, err := identity.Parse(place, signatures)
	if err != nil {
		k.t.Fatalf("what is no operation was submitted: %v", err)
	}
	_, err = identity.Apply(&k.last, s, nil, at, "tx")
	return identity.Outcome{}, err
}

func (k known) Resolve(_ context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	if q.DID != k.last.DID || q.Version > 1 {
		return k.empty.Resolve(context.Background(), q)
	}
	return identity.Resolved{Version: k.last, Head: identity.Head{Version: 1, Digest: k.last.Digest}}, nil
}

const (
	someone = "did:komsco:6i2rlsmrz7i3pey55lu6bqdt4poed3li4dukprrpxckzoiivtija"
	theKey  = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
)

// document is one with a key, a service and a recovery controller.
func document(t *testing.T) known {
	return known{empty{t}, identity.Version{DID: someone, Number: 1, Digest: strings.Repeat("ab", 32), State: identity.State{
		Status: identity.Active, Control: identity.Quorum{Threshold: 1},
		Keys: []identity.Key{{
			Multikey: "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw", Unlock: identity.UnlockPIN,
			Purposes: []identity.Purpose{identity.Authentication, identity.CapabilityInvocation},
		}},
		Services: []identity.Service{{ID: "files", Type: "Files", Endpoint: "https://files.example/"}},
		Recovery: &identity.Quorum{Threshold: 1, Controllers: []string{"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}},
	}}}
}

// What a document is to become is asked for as an operation that, if those who must
// sign, the rules would take: a change that answers action is one that is well formed,
// and about this document as it stands.
func FuzzChanges(f *testing.F) {
	f.Add("update", `["addToDidDocument"]`, `[{"authentication":[{"id":"#a","publicKeyJwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}]}]`)
	f.Add("update", `["removeFromDidDocument","addToDidDocument"]`, `[{"service":[{"id":"#files"}]},{"assertionMethod":["#`+theKey+`"]}]`)
	f.Add("rotate", `null`, `[{"id":"`+someone+`","controller":"`+someone+`","verificationMethod":[{"id":"#`+theKey+`"}],"capabilityInvocation":["`+someone+"#"+theKey+`"]}]`)
	f.Add("recover", `["removeFromDidDocument"]`, `[{"verificationMethod":[{"id":"#`+theKey+`"}]}]`)
	f.Add("suspend", `null`, `null`)
	f.Fuzz(func(t *testing.T, typ, how, documents string) {
		k := document(t)
		q := registrar.Request{DID: someone, Document: json.RawMessage(documents), Options: registrar.Options{Operation: identity.Type(typ)}}
		if !json.Valid([]byte(documents)) || json.Unmarshal([]byte(how), &q.Operations) != nil {
			return
		}
		answer, err := (&registrar.Registrar{Place: place, Ledger: k}).Update(t.Context(), q)
		if err != nil {
			if refused := code.Of(err); refused == nil || refused.Code.Kind == code.Internal {
				t.Fatalf("%q %q %q: %v", typ, how, documents, err)
			}
			return
		}
		for kid, request := range answer.State.SigningRequest {
			o := request.Payload
			if err := o.Validate(); err != nil || o.DID != someone || o.Number != 2 || o.Previous != k.last.Digest || o.Type == identity.Create || o.Type == identity.Deactivate {
				t.Fatalf("%s is asked to sign %+v: %v", kid, o, err)
			}
			for _, id := range o.RemoveKeys {
				if id != theKey {
					t.Fatalf("key %s is to be removed, which is not there", id)
				}
			}
		}
	})
}

// Whatever is sent is answered with a request to sign or refused with a code.
func FuzzRequests(f *testing.F) {
	f.Add(`{"didDocument":{"verificationMethod":[{"id":"#a","publicKeyJwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}],"capabilityInvocation":["#a"]}}`)
	f.Add(`{"did":"did:komsco:x","didDocumentOperation":["addToDidDocument"],"didDocument":[{}],"options":{"operation":"rotate"}}`)
	f.Add(`{"jobId":"e30","secret":{"signingResponse":{"a":{"signature":"AA"}}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		var q registrar.Request
		if json.Unmarshal([]byte(body), &q) != nil {
			return
		}
		r := &registrar.Registrar{Place: place, Ledger: empty{t}}
		for _, carry := range []func(context.Context, registrar.Request) (registrar.Answer, error){r.Create, r.Update, r.Deactivate} {
			answer, err := carry(t.Context(), q)
			if err != nil && code.Of(err) == nil {
				t.Fatalf("%q: %v has no code", body, err)
			}
			if err == nil && answer.State.State != registrar.Action && answer.State.State != registrar.Finished {
				t.Fatalf("%q: %+v", body, answer)
			}
			if refused := code.Of(err); refused != nil && refused.Code.Kind == code.Internal {
				t.Fatalf("%q: %v", body, err)
			}
		}
	})
}
