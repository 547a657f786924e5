// SPDX-License-Identifier: Apache-2.0

package registrar_test

import (
	"context"
	"encoding/json"
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
			if err == nil && answer.State.State != "action" && answer.State.State != "finished" {
				t.Fatalf("%q: %+v", body, answer)
			}
			if refused := code.Of(err); refused != nil && refused.Code.Kind == code.Internal {
				t.Fatalf("%q: %v", body, err)
			}
		}
	})
}
