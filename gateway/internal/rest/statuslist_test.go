// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

// The signed list is what the ledger has, in both forms, kept by caches for as long as
// it is the same.
func TestSignedStatusList(t *testing.T) {
	l := gatewaytest.NewIdentities(t)
	issuer := l.Born("ES256", identity.UnlockNone)
	place := gatewaytest.Registry
	issuer.Tell(identity.OpenStatusList{
		Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, Name: "2026", Entries: identity.MinEntries, Purpose: identity.Suspension,
	})
	set := func(on bool) {
		l.Advance(time.Minute)
		issuer.Tell(identity.SetStatus{
			Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, List: "2026", Nonce: credential.NewNonce(),
			Changes: []identity.StatusChange{{Index: 77, Set: on}}, Exp: l.Now().Add(time.Minute).Unix(),
		})
	}
	server := httptest.NewServer(rest.New(nil).WithIdentity(rest.Identity{
		Ledger: l, Resolver: resolver.Resolver{Ledger: l}, Registries: l,
		Lists: &publisher.Publisher{Ledger: l, Signers: map[string]credential.Signer{issuer.DID: issuer.Signer}, Now: l.Now},
	}))
	t.Cleanup(server.Close)
	url := server.URL + "/v1/status-lists/" + issuer.DID + "/2026/credential"
	get := func(url string, header ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res, string(body)
	}
	vc := object{
		"type": []any{"VerifiableCredential"}, "credentialSubject": object{"id": "did:example:abc"},
		"credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": "suspension", "statusListIndex": "77", "statusListCredential": url},
	}
	issued, err := credential.SignIntegrity(vc, issuer.Signer, l.Now())
	require.NoError(t, err)
	// Whoever has no ledger, but the issuer's document, reads the status from the list.
	resolved, err := l.Resolve(t.Context(), identity.ResolveQuery{DID: issuer.DID})
	require.NoError(t, err)
	document, err := json.Marshal(resolved.Version.State.Document(issuer.DID))
	require.NoError(t, err)
	sdjwt, err := credential.SDJWT{Type: "t", Claims: object{}, Issued: l.Now().Unix(), Status: &credential.StatusRef{URI: url, Index: 77}}.Sign(issuer.Signer)
	require.NoError(t, err)
	// An SD-JWT VC's entry is read in every form, that of a credential of VC 2.0 in those of its own.
	status := func(media, list string) credential.Check {
		t.Helper()
		v := credential.Verifier{Documents: credential.Documents{issuer.DID: document}, Lists: map[string]string{url: list}, Now: l.Now}
		checks := map[string]credential.Check{}
		for name, c := range map[string]string{"sd-jwt": sdjwt, "vc": issued} {
			r, err := v.Credential(t.Context(), c, credential.Demand{})
			require.NoError(t, err)
			checks[name] = r.Of(credential.Status)
		}
		if strings.HasSuffix(media, credential.FormatStatusToken) {
			require.Equal(t, "CREDENTIAL_UNSUPPORTED", checks["vc"].Code)
		} else {
			require.Equal(t, checks["vc"].Code, checks["sd-jwt"].Code)
		}
		return checks["sd-jwt"]
	}
	for _, media := range []string{"application/vc", "application/vc+jwt", "application/statuslist+jwt"} {
		set(false)
		clear, list := get(url, "Accept", media)
		require.Equal(t, http.StatusOK, clear.StatusCode, list)
		require.Equal(t, media, clear.Header.Get("Content-Type"))
		require.Equal(t, "public, max-age=60", clear.Header.Get("Cache-Control"))
		require.Equal(t, "Accept", clear.Header.Get("Vary"))
		require.NotEmpty(t, clear.Header.Get("Last-Modified"))
		require.Equal(t, credential.OK, status(media, list).Outcome, "%+v", status(media, list))
		again, same := get(url, "Accept", media)
		require.Equal(t, list, same)
		require.Equal(t, clear.Header.Get("ETag"), again.Header.Get("ETag"))
		kept, none := get(url, "Accept", media, "If-None-Match", clear.Header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, kept.StatusCode)
		require.Empty(t, none)

		set(true)
		changed, list := get(url, "Accept", media, "If-None-Match", clear.Header.Get("ETag"))
		require.Equal(t, http.StatusOK, changed.StatusCode)
		require.NotEqual(t, clear.Header.Get("ETag"), changed.Header.Get("ETag"))
		require.Equal(t, "CREDENTIAL_SUSPENDED", status(media, list).Code)
		// What somebody kept is out of date after an hour.
		l.Advance(2 * time.Hour)
		require.Equal(t, "CREDENTIAL_EXPIRED", status(media, list).Code)
		_, renewed := get(url, "Accept", media)
		require.Equal(t, "CREDENTIAL_SUSPENDED", status(media, renewed).Code)
	}
	require.Equal(t, "STATUS_UNPROVED", status("application/vc", issued).Code)

	for path, want := range map[string]string{
		server.URL + "/v1/status-lists/" + issuer.DID + "/none/credential": "STATUS_LIST_UNKNOWN",
		server.URL + "/v1/status-lists/did:key:z6Mk/none/credential":       "STATUS_LIST_UNSIGNED",
	} {
		_, body := get(path)
		require.Contains(t, body, want)
	}
	refused, _ := get(url, "Accept", "text/html")
	require.Equal(t, http.StatusNotAcceptable, refused.StatusCode)

	// One entry, as of the past.
	past := l.Now().Unix()
	set(false)
	_, now := get(server.URL + "/v1/status-lists/" + issuer.DID + "/2026/77")
	require.Contains(t, now, `"set":false`)
	_, then := get(server.URL + "/v1/status-lists/" + issuer.DID + "/2026/77?time=" + strconv.FormatInt(past, 10))
	require.Contains(t, then, `"set":true`)
}
