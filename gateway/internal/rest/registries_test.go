// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"crypto"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract" //nolint:depguard // the test runs the real contract
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

// registries is the registries' side of the contract, as the SDK shows it.
type registries struct{ *identities }

func (r registries) Tell(_ context.Context, typ, statement string) (identity.Told, error) {
	function, ok := map[string]string{
		identity.TypSchema: "RegisterSchema", identity.TypStatusList: "OpenStatusList", identity.TypStatus: "SetStatus",
	}[typ]
	if !ok {
		return identity.Told{}, identity.InvalidStatement.Errorf("typ %s", typ)
	}
	raw, err := r.Invoke(r.courier, contract.Name, function, statement)
	return answerOf[identity.Told](r.identities, raw, err)
}

func (r registries) Schema(_ context.Context, ref identity.SchemaRef) (identity.Schema, error) {
	raw, err := r.ask("Schema", identity.SchemaQuery{Ref: ref})
	return answerOf[identity.Schema](r.identities, raw, err)
}

func (r registries) Accredited(_ context.Context, q identity.AccreditedQuery) (identity.AccreditedAnswer, error) {
	raw, err := r.ask("Accredited", q)
	return answerOf[identity.AccreditedAnswer](r.identities, raw, err)
}

func (r registries) RootNames(_ context.Context, did string) (identity.RootNames, error) {
	raw, err := r.ask("RootNames", identity.RootNamesQuery{DID: did})
	return answerOf[identity.RootNames](r.identities, raw, err)
}

func (r registries) StatusAt(_ context.Context, q identity.StatusQuery) (identity.StatusAnswer, error) {
	raw, err := r.ask("Status", q)
	return answerOf[identity.StatusAnswer](r.identities, raw, err)
}

func (r registries) StatusBits(_ context.Context, owner, list string) (identity.StatusBits, error) {
	raw, err := r.ask("StatusBits", identity.StatusQuery{Owner: owner, List: list})
	return answerOf[identity.StatusBits](r.identities, raw, err)
}

func TestRegistries(t *testing.T) {
	s := newRegistry(t)
	server := httptest.NewServer(rest.New(nil).WithIdentity(rest.Identity{
		Ledger: s.ledger, Resolver: resolver.Resolver{Ledger: s.ledger}, Registries: registries{s.ledger},
	}))
	t.Cleanup(server.Close)
	phone := newDevice(t, "ES256")
	id := s.create(phone, nil)
	s.server = server
	tell := func(payload identity.Payload) (int, object) {
		t.Helper()
		return s.post("/v1/registry-statements", object{"statement": signed(t, phone.key, id+"#"+phone.pub.Thumbprint(), payload)})
	}
	schema := identity.RegisterSchema{
		Network: registry.Network, Channel: registry.Channel, Chaincode: registry.Chaincode, V: 1,
		Name: "diploma", Version: 1, Digest: strings.Repeat("ab", 32), URI: "https://schemas.example/diploma",
	}
	status, first := tell(schema)
	require.Equal(t, http.StatusCreated, status, "%v", first)
	ref := strings.TrimPrefix(id, identity.Prefix) + ".diploma.1"
	status, _, got := s.do(http.MethodGet, "/v1/schemas/"+ref, "", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, id, got.(object)["owner"])
	schema.Digest = strings.Repeat("cd", 32)
	status, refused := tell(schema)
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "SCHEMA_EXISTS", refused["code"])

	list := identity.OpenStatusList{
		Network: registry.Network, Channel: registry.Channel, Chaincode: registry.Chaincode, V: 1,
		Name: "2026", Entries: identity.MinEntries, Purpose: identity.Revocation,
	}
	status, refused = tell(list)
	require.Equal(t, http.StatusCreated, status, "%v", refused)
	path := "/v1/status-lists/" + id + "/2026"
	status, before, _ := s.do(http.MethodGet, path, "", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "public, max-age=60", before.Get("Cache-Control"))
	status, refused = tell(identity.SetStatus{
		Network: registry.Network, Channel: registry.Channel, Chaincode: registry.Chaincode, V: 1, List: "2026",
		Changes: []identity.StatusChange{{Index: 5, Set: true}}, Nonce: strings.Repeat("A", 22), Exp: s.ledger.Now().Add(time.Minute).Unix(),
	})
	require.Equal(t, http.StatusCreated, status, "%v", refused)
	_, after, body := s.do(http.MethodGet, path, "", nil)
	require.NotEqual(t, before.Get("ETag"), after.Get("ETag"))
	for match, want := range map[string]int{
		after.Get("ETag"): http.StatusNotModified, `"other", W/` + after.Get("ETag"): http.StatusNotModified, "*": http.StatusNotModified,
		before.Get("ETag"): http.StatusOK, `"other"`: http.StatusOK, "": http.StatusOK,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		r.Header.Set("If-None-Match", match)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, errors.Join(err, res.Body.Close()))
		require.Equal(t, want, res.StatusCode, "%q", match)
		require.Equal(t, want == http.StatusNotModified, len(raw) == 0, "%q", match)
		require.Equal(t, after.Get("ETag"), res.Header.Get("ETag"))
		require.Equal(t, "public, max-age=60", res.Header.Get("Cache-Control"))
	}
	require.EqualValues(t, identity.MinEntries, body.(object)["entries"])
	_, _, entry := s.do(http.MethodGet, path+"/5", "", nil)
	require.Equal(t, true, entry.(object)["set"])

	for path, want := range map[string]string{
		"/v1/schemas/" + ref[:len(ref)-1] + "2": "SCHEMA_UNKNOWN",
		"/v1/schemas/x":                         "INVALID_STATEMENT",
		"/v1/status-lists/" + id + "/none":      "STATUS_LIST_UNKNOWN",
		"/v1/status-lists/" + id + "/none/1":    "STATUS_LIST_UNKNOWN",
		"/v1/status-lists/did:web:x/2026":       "BAD_DID",
		path + "/131072":                        "INVALID_STATEMENT",
		"/v1/roots/none/accreditations/" + id + "?standing=issuer&schema=" + url.QueryEscape(identity.Any):     "ROOT_UNKNOWN",
		"/v1/roots/none/accreditations/" + id + "?standing=king&schema=@":                                      "BAD_REQUEST",
		"/v1/roots/none/accreditations/" + id + "?standing=issuer":                                             "BAD_REQUEST",
		"/v1/roots/none/accreditations/" + id + "?standing=issuer&schema=@&purpose=hiring":                     "INVALID_STATEMENT",
		"/v1/roots/none/accreditations/" + id + "?standing=verifier&schema=@&purpose=hiring&attributes=degree": "ROOT_UNKNOWN",
	} {
		status, _, body := s.do(http.MethodGet, path, "", nil)
		require.GreaterOrEqual(t, status, 400, path)
		require.Equal(t, want, body.(object)["code"], path)
	}
	status, refused = s.post("/v1/registry-statements", object{"statement": "x"})
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "BAD_JWS", refused["code"])

	s.server = httptest.NewServer(rest.New(nil))
	t.Cleanup(s.server.Close)
	status, _, body = s.do(http.MethodGet, path, "", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "LEDGER_UNAVAILABLE", body.(object)["code"])
}

func signed(t *testing.T, key crypto.Signer, kid string, payload identity.Payload) string {
	t.Helper()
	compact, err := jws.Signer{Key: key, Kid: kid}.Sign(payload.Typ(), payload)
	require.NoError(t, err)
	return compact
}
