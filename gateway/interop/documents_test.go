// SPDX-License-Identifier: Apache-2.0

//go:build interop

package interop_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// document is what the gateway serves of a DID, as JSON-LD.
func (s *site) document(t *testing.T, id string) object {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+id, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "application/did+ld+json")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s", raw)
	var o object
	require.NoError(t, json.Unmarshal(raw, &o))
	return o
}

// A JSON-LD processor in safe mode understands every term of a document, those of our
// method too, and refuses one with a term that means nothing.
func TestJSONLD(t *testing.T) {
	s := newSite(t)
	subject := s.Born("ES256", identity.UnlockBiometric)
	d := s.document(t, subject.DID)
	method := d["verificationMethod"].([]any)[0].(object)
	statements := accepts[int](t, "jsonld", object{"document": d})
	require.Greater(t, statements, 6)
	method["colour"] = "red"
	refuses(t, "jsonld", object{"document": d})
	delete(method, "colour")
	delete(method, "unlock")
	require.Equal(t, statements-1, accepts[int](t, "jsonld", object{"document": d}), "how a key is unlocked is a statement about it")

	subject.Do(identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: "files", Type: "LinkedDomains", Endpoint: "https://files.example/"}}}, subject.Signer)
	require.Equal(t, statements+3, accepts[int](t, "jsonld", object{"document": s.document(t, subject.DID)}), "there is a service, of a type, at an endpoint")
	subject.Do(identity.Operation{Type: identity.Suspend}, subject.Signer)
	require.Positive(t, accepts[int](t, "jsonld", object{"document": s.document(t, subject.DID)}))
}

// A did:key document says what another resolver's says of the same DID.
func TestDIDKey(t *testing.T) {
	s := newSite(t)
	for _, alg := range []string{"ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			_, public := gatewaytest.NewKey(alg)
			id, kid := did.OfKey(public)
			theirs := accepts[object](t, "did:key", object{"did": id})
			ours := s.document(t, id)
			require.Equal(t, theirs["id"], ours["id"])
			method := ours["verificationMethod"].([]any)[0].(object)
			require.Equal(t, kid, method["id"])
			require.Equal(t, strings.TrimPrefix(id, "did:key:"), method["publicKeyMultibase"])
			want := theirs["verificationMethod"].([]any)[0].(object)
			require.Equal(t, want["id"], method["id"])
			require.Equal(t, want["publicKeyMultibase"], method["publicKeyMultibase"])
			require.Equal(t, want["controller"], method["controller"])
			for _, purpose := range []string{"assertionMethod", "authentication", "capabilityDelegation", "capabilityInvocation"} {
				require.Equal(t, theirs[purpose], ours[purpose], purpose)
			}
		})
	}
	refuses(t, "did:key", object{"did": "did:key:z6Mkbroken"})
}
