// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract" //nolint:depguard // the test runs the real contract
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

var registry = identity.Place{Network: "trust", Channel: "trust", Chaincode: contract.Name}

// identities is the identity contract on an in-memory Fabric, as the SDK shows it.
type identities struct {
	*ledgertest.Network
	courier *ledgertest.Caller
	gone    error // what every call fails with, if anything
}

func (i *identities) Operate(_ context.Context, signatures ...string) (identity.Outcome, error) {
	args := make([]any, len(signatures))
	for n, s := range signatures {
		args[n] = s
	}
	raw, err := i.Invoke(i.courier, contract.Name, "Operate", args...)
	return answerOf[identity.Outcome](i, raw, err)
}

func (i *identities) Resolve(_ context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	raw, err := i.ask("Resolve", q)
	return answerOf[identity.Resolved](i, raw, err)
}

func (i *identities) History(_ context.Context, q identity.HistoryQuery) ([]identity.Version, error) {
	raw, err := i.ask("History", q)
	return answerOf[[]identity.Version](i, raw, err)
}

func (i *identities) ask(function string, query any) ([]byte, error) {
	arg, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}
	return i.Query(i.courier, contract.Name, function, string(arg))
}

func answerOf[T any](i *identities, raw []byte, err error) (v T, _ error) {
	var e *ledgertest.EndorseError
	switch {
	case i.gone != nil:
		return v, i.gone
	case errors.As(err, &e):
		failed := &gateway.Error{Phase: gateway.PhaseEndorse, Cause: err}
		if refusal := identity.Codes.Parse(e.Message); refusal != nil {
			failed.Code, failed.Detail = refusal.Code, refusal.Detail()
		}
		return v, failed
	case err != nil:
		return v, err
	}
	return v, json.Unmarshal(raw, &v)
}

// registrySite is the API over the identity contract.
type registrySite struct {
	t      *testing.T
	ledger *identities
	server *httptest.Server
}

func newRegistry(t *testing.T) *registrySite {
	t.Helper()
	net := ledgertest.New(t, ledgertest.Chaincode(contract.Name, contract.New(ledger.Config{Name: contract.Name, Network: registry.Network})))
	l := &identities{Network: net, courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client)}
	api := rest.New(nil).WithIdentity(rest.Identity{
		Ledger: l, Resolver: resolver.Resolver{Ledger: l}, Registrar: registrar.Registrar{Place: registry, Ledger: l},
	})
	s := &registrySite{t: t, ledger: l, server: httptest.NewServer(api)}
	t.Cleanup(s.server.Close)
	return s
}

type object = map[string]any

// get resolves; the answer's body is decoded where it is JSON.
func (s *registrySite) get(identifier, accept string) (int, http.Header, any) {
	s.t.Helper()
	return s.do(http.MethodGet, "/1.0/identifiers/"+identifier, accept, nil)
}

func (s *registrySite) post(path string, body any) (int, object) {
	s.t.Helper()
	status, _, answer := s.do(http.MethodPost, path, "", body)
	o, ok := answer.(object)
	require.True(s.t, ok, "%v", answer)
	return status, o
}

func (s *registrySite) do(method, path, accept string, body any) (int, http.Header, any) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, bytes.NewReader(raw))
	require.NoError(s.t, err)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	var v any
	if json.Unmarshal(text, &v) != nil {
		v = string(text)
	}
	return res.StatusCode, res.Header, v
}

// device holds a key that never leaves it: it signs what it is asked to.
type device struct {
	key crypto.Signer
	pub did.Key
}

func newDevice(t *testing.T, alg string) device {
	t.Helper()
	switch alg {
	case "ES256":
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		return device{k, did.Key{Alg: alg, P256: &k.PublicKey}}
	case "ES256K":
		k, err := secp256k1.GeneratePrivateKey()
		require.NoError(t, err)
		return device{did.Secp256k1Signer{Key: k}, did.Key{Alg: alg, Secp256k1: k.PubKey()}}
	default:
		pub, k, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		return device{k, did.Key{Alg: alg, Ed25519: pub}}
	}
}

// method is the device's key as a client describes it.
func (d device) method(id string) object {
	return object{"id": id, "type": "JsonWebKey2020", "publicKeyJwk": d.pub.JWK(), "unlock": "pin"}
}

// answers signs those requests that are for the device's key.
func (d device) answers(t *testing.T, state object) object {
	t.Helper()
	out := object{}
	for id, v := range state["signingRequest"].(object) {
		request := v.(object)
		if !strings.HasSuffix(request["kid"].(string), "#"+d.pub.Thumbprint()) {
			continue
		}
		require.Equal(t, d.pub.Alg, request["alg"])
		input, err := base64.StdEncoding.DecodeString(request["serializedPayload"].(string))
		require.NoError(t, err)
		// A signer's own output, taken apart: what it signs is exactly the payload it was sent.
		var o identity.Operation
		raw, err := json.Marshal(request["payload"])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &o))
		compact, err := jws.Signer{Key: d.key, Kid: request["kid"].(string)}.Sign(identity.TypOperation, o)
		require.NoError(t, err)
		signed, signature := compact[:strings.LastIndexByte(compact, '.')], compact[strings.LastIndexByte(compact, '.')+1:]
		require.Equal(t, string(input), signed)
		out[id] = object{"signature": signature, "alg": d.pub.Alg}
	}
	return out
}

// register carries a registration through both steps.
func (s *registrySite) register(path string, request object, devices ...device) (int, object) {
	s.t.Helper()
	status, first := s.post(path, request)
	require.Equal(s.t, http.StatusOK, status, "%v", first)
	state := first["didState"].(object)
	require.Equal(s.t, "signPayload", state["action"], "%v", first)
	responses := object{}
	for _, d := range devices {
		for id, r := range d.answers(s.t, state) {
			responses[id] = r
		}
	}
	return s.post(path, object{"jobId": first["jobId"], "secret": object{"signingResponse": responses}})
}

func (s *registrySite) create(d device, more object) string {
	s.t.Helper()
	document := object{
		"@context": []string{"https://www.w3.org/ns/did/v1"}, "verificationMethod": []object{d.method("#phone")},
		"authentication": []string{"#phone"}, "assertionMethod": []string{"#phone"}, "capabilityInvocation": []string{"#phone"},
		"service": []object{{"id": "#files", "type": "Files", "serviceEndpoint": "https://files.example/a/?x=1"}},
	}
	request := object{"options": object{"clientSecretMode": true}, "secret": object{}, "didDocument": document}
	for k, v := range more {
		request[k] = v
	}
	status, done := s.register("/1.0/create", request, d)
	require.Equal(s.t, http.StatusCreated, status, "%v", done)
	require.Equal(s.t, "finished", done["didState"].(object)["state"])
	return done["didState"].(object)["did"].(string)
}

// A document's life through the registrar, resolved at every step.
func TestRegistration(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", "ES256K"} {
		t.Run(alg, func(t *testing.T) {
			s := newRegistry(t)
			phone, tablet := newDevice(t, alg), newDevice(t, "ES256")
			id := s.create(phone, nil)

			status, header, result := s.get(id, "application/did-resolution")
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "application/did-resolution", header.Get("Content-Type"))
			document := result.(object)["didDocument"].(object)
			require.Equal(t, id, document["id"])
			kid := id + "#" + phone.pub.Thumbprint()
			require.Equal(t, []any{kid}, document["authentication"])
			require.Equal(t, "pin", document["verificationMethod"].([]any)[0].(object)["unlock"])

			// The tablet's key is added, and the service taken away, by saying what the document is to be.
			set := object{
				"verificationMethod": []object{phone.method(kid), tablet.method("#tablet")},
				"authentication":     []string{kid, "#tablet"}, "assertionMethod": []string{kid}, "capabilityInvocation": []string{kid},
			}
			status, done := s.register("/1.0/update", object{"did": id, "didDocument": set}, phone, tablet)
			require.Equal(t, http.StatusOK, status, "%v", done)
			document = done["didState"].(object)["didDocument"].(object)
			require.Len(t, document["authentication"], 2)
			require.NotContains(t, document, "service")

			// Without the new key's own signature it is not taken.
			other := newDevice(t, "EdDSA")
			add := object{"did": id, "didDocumentOperation": []string{"addToDidDocument"}, "didDocument": []object{{
				"verificationMethod": []object{other.method("#o")}, "authentication": []string{"#o"},
			}}}
			status, done = s.register("/1.0/update", add, phone)
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, "POSSESSION_UNPROVED", done["didState"].(object)["reason"])
			require.Equal(t, "failed", done["didState"].(object)["state"])

			for _, step := range []struct {
				operation string
				methods   int
			}{{"suspend", 0}, {"resume", 2}} {
				status, done = s.register("/1.0/update", object{"did": id, "options": object{"operation": step.operation}}, phone)
				require.Equal(t, http.StatusOK, status, "%v", done)
				require.Len(t, done["didState"].(object)["didDocument"].(object)["verificationMethod"], 2)
				if step.methods == 0 {
					require.NotContains(t, done["didState"].(object)["didDocument"], "authentication")
				}
			}
			rotated := object{"verificationMethod": []object{other.method("#o")}, "capabilityInvocation": []string{"#o"}}
			status, done = s.register("/1.0/update", object{
				"did": id, "options": object{"operation": "rotate"}, "didDocumentOperation": []string{"addToDidDocument"}, "didDocument": []object{rotated},
			}, phone, other)
			require.Equal(t, http.StatusOK, status, "%v", done)
			require.Equal(t, []any{id + "#" + other.pub.Thumbprint()}, done["didState"].(object)["didDocument"].(object)["capabilityInvocation"])

			status, done = s.register("/1.0/deactivate", object{"did": id}, other)
			require.Equal(t, http.StatusOK, status, "%v", done)
			status, _, result = s.get(id, "application/did-resolution")
			require.Equal(t, http.StatusGone, status)
			require.Nil(t, result.(object)["didDocument"])
			status, done = s.post("/1.0/update", object{"did": id, "options": object{"operation": "resume"}})
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, "DID_DEACTIVATED", done["didState"].(object)["reason"], "nobody is asked to sign what cannot be")

			status, _, history := s.do(http.MethodGet, "/v1/dids/"+id+"/history", "", nil)
			require.Equal(t, http.StatusOK, status)
			raw, err := json.Marshal(history)
			require.NoError(t, err)
			var versions []identity.Version
			require.NoError(t, json.Unmarshal(raw, &versions))
			require.Len(t, versions, 6)
			require.NoError(t, identity.Verify(registry, versions, nil), "what the API shows can be checked without trusting it")
		})
	}
}

// The form of the answer goes by Accept, errors in the dialect of the form.
func TestContentNegotiation(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "ES256")
	id := s.create(phone, nil)
	unknown := identity.Prefix + strings.Repeat("a", 52)
	profile := `application/ld+json;profile="https://w3id.org/did-resolution"`

	for _, tc := range []struct {
		accept, media string
		whole         bool
		dialect       string // of errors
	}{
		{"", "application/did-resolution", true, "v1"},
		{"*/*", "application/did-resolution", true, "v1"},
		{"application/did-resolution", "application/did-resolution", true, "v1"},
		{"text/html, application/did-resolution;q=0.5, */*;q=0.1", "application/did-resolution", true, "v1"},
		{"application/json", "application/json", true, "v1"},
		{profile, profile, true, "core"},
		{"application/did", "application/did", false, "v1"},
		{"application/did+json", "application/did+json", false, "core"},
		{"application/did+ld+json", "application/did+ld+json", false, "core"},
		{"application/did;q=0.1, application/did+json;q=0.9", "application/did+json", false, "core"},
	} {
		t.Run(tc.accept, func(t *testing.T) {
			status, header, body := s.get(id, tc.accept)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, tc.media, header.Get("Content-Type"))
			require.Equal(t, "Accept", header.Get("Vary"))
			if !tc.whole {
				require.Equal(t, id, body.(object)["id"])
			} else {
				require.Equal(t, id, body.(object)["didDocument"].(object)["id"])
				require.Equal(t, map[string]string{"v1": "application/did", "core": "application/did+ld+json"}[tc.dialect],
					body.(object)["didResolutionMetadata"].(object)["contentType"])
			}
			status, _, body = s.get(unknown, tc.accept)
			require.Equal(t, http.StatusNotFound, status)
			require.Nil(t, body.(object)["didDocument"])
			require.Equal(t, object{}, body.(object)["didDocumentMetadata"])
			failure := body.(object)["didResolutionMetadata"].(object)["error"]
			if tc.dialect == "core" {
				require.Equal(t, "notFound", failure)
			} else {
				require.Equal(t, "https://www.w3.org/ns/did#NOT_FOUND", failure.(object)["type"])
				require.NotEmpty(t, failure.(object)["title"])
			}
		})
	}
	status, _, body := s.get(id, "text/html")
	require.Equal(t, http.StatusNotAcceptable, status)
	require.Equal(t, "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED", body.(object)["didResolutionMetadata"].(object)["error"].(object)["type"])
}

// Every error of the standard with its status.
func TestResolutionErrors(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "EdDSA")
	id := s.create(phone, nil)
	key, _ := did.OfKey(phone.pub)
	for identifier, want := range map[string]struct {
		status int
		name   string
	}{
		"did:komsco:abc":                        {400, "INVALID_DID"},
		"did:komsco:" + strings.Repeat("A", 52): {400, "INVALID_DID"},
		"did:key:z6Mkbroken":                    {400, "INVALID_DID"},
		"nonsense":                              {400, "INVALID_DID"},
		"did:":                                  {400, "INVALID_DID"},
		"did:example:123":                       {501, "METHOD_NOT_SUPPORTED"},
		id + "?versionId=0":                     {400, "INVALID_OPTIONS"},
		id + "?versionId=01":                    {400, "INVALID_OPTIONS"},
		id + "?versionId=-1":                    {400, "INVALID_OPTIONS"},
		id + "?versionId=one":                   {400, "INVALID_OPTIONS"},
		id + "?versionId=1&versionId=1":         {400, "INVALID_OPTIONS"},
		id + "?versionTime=yesterday":           {400, "INVALID_OPTIONS"},
		id + "?versionId=1&versionTime=2026-03-02T00:00:00Z": {400, "INVALID_OPTIONS"},
		id + "?expandRelativeUrls=maybe":                     {400, "INVALID_OPTIONS"},
		id + "?service=":                                     {400, "INVALID_OPTIONS"},
		id + "?serviceType=":                                 {400, "INVALID_OPTIONS"},
		id + "?versionId=2":                                  {404, "NOT_FOUND"},
		id + "?versionTime=2020-01-01T00:00:00Z":             {404, "NOT_FOUND"},
		id + "?transformKeys=x":                              {501, "FEATURE_NOT_SUPPORTED"},
		key + "?versionId=1":                                 {501, "FEATURE_NOT_SUPPORTED"},
	} {
		t.Run(identifier, func(t *testing.T) {
			status, header, body := s.get(identifier, "")
			require.Equal(t, want.status, status)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.Equal(t, "https://www.w3.org/ns/did#"+want.name, body.(object)["didResolutionMetadata"].(object)["error"].(object)["type"])
			require.Nil(t, body.(object)["didDocument"])
		})
	}
	s.ledger.gone = errors.New("connection refused by 10.0.0.1")
	status, _, body := s.get(id, "")
	require.Equal(t, http.StatusInternalServerError, status)
	failure := body.(object)["didResolutionMetadata"].(object)["error"].(object)
	require.Equal(t, "https://www.w3.org/ns/did#INTERNAL_ERROR", failure["type"])
	require.NotContains(t, failure["detail"], "10.0.0.1", "what is inside stays inside")
}

// Versions by number and time, with what came before and after; the current state
// of a deactivated DID is gone while its older versions stay.
func TestVersions(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "ES256")
	id := s.create(phone, nil)
	times := []time.Time{s.ledger.Now()}
	for _, operation := range []string{"suspend", "resume"} {
		s.ledger.Advance(time.Hour)
		status, done := s.register("/1.0/update", object{"did": id, "options": object{"operation": operation}}, phone)
		require.Equal(t, http.StatusOK, status, "%v", done)
		times = append(times, s.ledger.Now())
	}
	s.ledger.Advance(time.Hour)
	status, done := s.register("/1.0/deactivate", object{"did": id}, phone)
	require.Equal(t, http.StatusOK, status, "%v", done)
	times = append(times, s.ledger.Now())
	stamp := func(n int) string { return times[n-1].UTC().Format(time.RFC3339) }

	metadata := func(query string, want int) object {
		t.Helper()
		// As the binding has it: the DID encoded, options in the query.
		status, _, body := s.get(url.QueryEscape(id)+query, "")
		require.Equal(t, want, status, query)
		if want == http.StatusGone {
			require.Nil(t, body.(object)["didDocument"])
		} else {
			require.Equal(t, id, body.(object)["didDocument"].(object)["id"])
		}
		m := body.(object)["didDocumentMetadata"].(object)
		delete(m, "method")
		return m
	}
	last := object{"created": stamp(1), "updated": stamp(4), "versionId": "4", "previousVersionId": "3", "deactivated": true}
	require.Equal(t, last, metadata("", http.StatusGone))
	require.Equal(t, last, metadata("?versionId=4", http.StatusGone))
	require.Equal(t, last, metadata("?versionTime="+url.QueryEscape(stamp(4)), http.StatusGone))
	require.Equal(t, object{"created": stamp(1), "versionId": "1", "nextUpdate": stamp(2), "nextVersionId": "2"}, metadata("?versionId=1", http.StatusOK))
	second := object{"created": stamp(1), "updated": stamp(2), "versionId": "2", "nextUpdate": stamp(3), "nextVersionId": "3", "previousVersionId": "1"}
	require.Equal(t, second, metadata("?versionId=2", http.StatusOK))
	require.Equal(t, second, metadata("?versionTime="+url.QueryEscape(times[2].Add(-time.Second).UTC().Format(time.RFC3339)), http.StatusOK))

	status, _, body := s.get(id, "application/did")
	require.Equal(t, http.StatusGone, status)
	require.Nil(t, body)
	_, header, _ := s.get(id+"?versionId=1", "")
	require.Contains(t, header.Get("Cache-Control"), "max-age")
	_, header, _ = s.get(id, "")
	require.Equal(t, "no-cache", header.Get("Cache-Control"))
}

func TestDereferencing(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "ES256K")
	id := s.create(phone, nil)
	kid := id + "#" + phone.pub.Thumbprint()
	full := "application/did-url-dereferencing"

	status, header, body := s.get(url.QueryEscape(kid), "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, full, header.Get("Content-Type"))
	require.Equal(t, kid, body.(object)["content"].(object)["id"])
	require.Equal(t, "1", body.(object)["contentMetadata"].(object)["versionId"])
	require.Contains(t, body.(object)["dereferencingMetadata"], "contentType")
	_, _, body = s.get(url.QueryEscape(kid), "application/did")
	require.Equal(t, "JsonWebKey2020", body.(object)["type"])
	_, _, body = s.get(url.QueryEscape(id+"#files"), "application/did")
	require.Equal(t, "Files", body.(object)["type"])
	_, _, body = s.get(id, full)
	require.Equal(t, id, body.(object)["content"].(object)["id"])

	for path, want := range map[string]string{
		id + "?service=files": "https://files.example/a/?x=1",
		id + "?service=files&relativeRef=" + url.QueryEscape("b/c.pdf?y=2"):             "https://files.example/a/b/c.pdf?y=2",
		url.QueryEscape(id + "?service=files&relativeRef=/resume.pdf"):                  "https://files.example/resume.pdf",
		url.QueryEscape(id + "?service=files&relativeRef=/resume.pdf&versionId=1#page"): "https://files.example/resume.pdf#page",
	} {
		status, header, body := s.get(path, "text/uri-list")
		require.Equal(t, http.StatusSeeOther, status, path)
		require.Equal(t, want, header.Get("Location"))
		require.Empty(t, body)
		_, _, body = s.get(path, full)
		require.Len(t, body.(object)["content"].(object)["service"], 1)
		require.Equal(t, "application/did", body.(object)["dereferencingMetadata"].(object)["contentType"])
	}
	for path, want := range map[string]int{
		url.QueryEscape(id + "#none"): 404,
		id + "?service=none":          404,
		id + "?relativeRef=/x":        400,
		id + "?service=files&relativeRef=" + url.QueryEscape("https://evil.example"): 400,
		id + "?service=files&relativeRef=//evil.example":                             400,
		url.QueryEscape(id + "#"):                                                    400,
		id + "/path":                                                                 404,
		id + "?serviceType=None":                                                     404,
		id + "?service=files&serviceType=None":                                       404,
		url.QueryEscape(kid) + "?verificationRelationship=capabilityDelegation":      500,
		url.QueryEscape(id+"#files") + "?verificationRelationship=authentication":    500,
		id + "?verificationRelationship=authentication":                              400,
	} {
		status, _, body := s.get(path, full)
		require.Equal(t, want, status, path)
		require.Contains(t, body.(object)["dereferencingMetadata"], "error", path)
	}
}

// Services are selected by id, in each of its spellings, and by type.
func TestServices(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "ES256")
	id := s.create(phone, nil)
	add := object{"did": id, "didDocumentOperation": []string{"addToDidDocument"}, "didDocument": []object{{
		"service": []object{{"id": "#mail", "type": "Mail", "serviceEndpoint": "mailto:a@b.example"}, {"id": "#more", "type": "Files", "serviceEndpoint": "https://more.example/#top"}},
	}}}
	status, done := s.register("/1.0/update", add, phone)
	require.Equal(t, http.StatusOK, status, "%v", done)
	for query, want := range map[string][]string{
		"service=files":                            {"files"},
		"service=" + url.QueryEscape("#files"):     {"files"},
		"service=" + url.QueryEscape(id+"#files"):  {"files"},
		"serviceType=Files":                        {"files", "more"},
		"serviceType=Mail":                         {"mail"},
		"service=more&serviceType=Files":           {"more"},
		"service=files&versionId=1":                {"files"},
		"serviceType=Files&relativeRef=%2Fa%3Fb=c": {"files", "more"},
	} {
		status, _, body := s.get(id+"?"+query, "application/did")
		require.Equal(t, http.StatusOK, status, query)
		var got []string
		for _, service := range body.(object)["service"].([]any) {
			got = append(got, strings.TrimPrefix(service.(object)["id"].(string), id+"#"))
		}
		require.Equal(t, want, got, query)
		require.Contains(t, body, "verificationMethod", "the rest of the document is there")
	}
	_, header, _ := s.get(id+"?serviceType=Files", "text/uri-list")
	require.Equal(t, "https://files.example/a/?x=1", header.Get("Location"), "of several, the first")
	_, header, _ = s.get(id+"?service=files&relativeRef="+url.QueryEscape("/이력서.pdf"), "text/uri-list")
	require.Equal(t, "https://files.example/%EC%9D%B4%EB%A0%A5%EC%84%9C.pdf", header.Get("Location"))
	status, _, _ = s.get(url.QueryEscape(id+"?service=more#page"), "text/uri-list")
	require.Equal(t, http.StatusBadRequest, status, "two fragments")
	status, _, _ = s.get(id+"?service=mail&relativeRef=x", "text/uri-list")
	require.Equal(t, http.StatusBadRequest, status, "a mailbox has nothing relative to it")
	status, _, _ = s.get(id+"?service=mail&relativeRef=x", "application/did")
	require.Equal(t, http.StatusOK, status, "the document has the service all the same")
	status, _, body := s.get(id, "text/uri-list")
	require.Equal(t, http.StatusNotAcceptable, status, "%v", body)
}

func TestKeyMethods(t *testing.T) {
	s := newRegistry(t)
	for _, alg := range []string{"ES256", "EdDSA", "ES256K"} {
		d := newDevice(t, alg)
		key, kid := did.OfKey(d.pub)
		status, _, body := s.get(key, "application/did")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, []any{kid}, body.(object)["authentication"])
		raw, err := json.Marshal(d.pub.JWK())
		require.NoError(t, err)
		jwk := "did:jwk:" + base64.RawURLEncoding.EncodeToString(raw)
		status, _, body = s.get(jwk, "application/did")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, jwk+"#0", body.(object)["verificationMethod"].([]any)[0].(object)["id"])
		status, _, _ = s.get(key+"?versionTime=2026-03-02T00:00:00Z", "")
		require.Equal(t, http.StatusOK, status)
	}
}

// What a registration may not be.
func TestBadRegistrations(t *testing.T) {
	s := newRegistry(t)
	phone, thief := newDevice(t, "ES256"), newDevice(t, "ES256")
	id := s.create(phone, nil)
	_, create := s.post("/1.0/create", object{"didDocument": object{"verificationMethod": []object{phone.method("#a")}, "capabilityInvocation": []string{"#a"}}})
	job := create["jobId"].(string)
	kid := create["didState"].(object)["did"].(string) + "#" + phone.pub.Thumbprint()
	for name, tc := range map[string]struct {
		path   string
		body   any
		reason string
	}{
		"no document":              {"create", object{}, "BAD_REQUEST"},
		"a list":                   {"create", []int{}, "BAD_REQUEST"},
		"another method":           {"create", object{"method": "web", "didDocument": object{}}, "BAD_REQUEST"},
		"keys at the server":       {"create", object{"options": object{"clientSecretMode": false}, "didDocument": object{}}, "BAD_REQUEST"},
		"a key without purpose":    {"create", object{"didDocument": object{"verificationMethod": []object{phone.method("#a")}}}, "INVALID_KEY"},
		"a purpose without key":    {"create", object{"didDocument": object{"authentication": []string{"#a"}}}, "BAD_REQUEST"},
		"an unknown DID":           {"update", object{"did": identity.Prefix + strings.Repeat("a", 52)}, "DID_UNKNOWN"},
		"no DID":                   {"deactivate", object{}, "BAD_DID"},
		"an update of nothing":     {"update", object{"did": id}, "INVALID_OPERATION"},
		"an unknown way":           {"update", object{"did": id, "didDocumentOperation": []string{"patch"}, "didDocument": []object{{}}}, "BAD_REQUEST"},
		"more ways than documents": {"update", object{"did": id, "didDocumentOperation": []string{"addToDidDocument", "addToDidDocument"}, "didDocument": []object{{}}}, "BAD_REQUEST"},
		"a job that is none":       {"create", object{"jobId": "e30"}, "BAD_REQUEST"},
		"a job that is no base64":  {"create", object{"jobId": "!"}, "BAD_REQUEST"},
		"a job of another kind":    {"deactivate", object{"jobId": job}, "BAD_REQUEST"},
		"an answer to no request":  {"create", object{"jobId": job, "secret": object{"signingResponse": object{"x": object{"signature": ""}}}}, "BAD_REQUEST"},
		"no signature":             {"create", object{"jobId": job, "secret": object{"signingResponse": object{kid: object{}}}}, "BAD_REQUEST"},
		"a wrong signature":        {"create", object{"jobId": job, "secret": object{"signingResponse": object{kid: object{"signature": strings.Repeat("A", 86)}}}}, "BAD_SIGNATURE"},
		"a signature of no base64": {"create", object{"jobId": job, "secret": object{"signingResponse": object{kid: object{"signature": "%"}}}}, "BAD_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			height := s.ledger.Height()
			status, body := s.post("/1.0/"+tc.path, tc.body)
			require.Equal(t, http.StatusBadRequest, status, "%v", body)
			require.Equal(t, "failed", body["didState"].(object)["state"])
			require.Equal(t, tc.reason, body["didState"].(object)["reason"], "%v", body)
			require.Equal(t, height, s.ledger.Height())
		})
	}
	// A thief who holds the job and another key gains nothing.
	_, first := s.post("/1.0/deactivate", object{"did": id})
	state := first["didState"].(object)
	own := id + "#" + phone.pub.Thumbprint()
	input, err := base64.StdEncoding.DecodeString(state["signingRequest"].(object)[own].(object)["serializedPayload"].(string))
	require.NoError(t, err)
	require.NotEmpty(t, input)
	compact, err := jws.Signer{Key: thief.key, Kid: own}.Sign(identity.TypOperation, json.RawMessage(`{}`))
	require.NoError(t, err)
	status, body := s.post("/1.0/deactivate", object{"jobId": first["jobId"], "secret": object{"signingResponse": object{own: object{"signature": compact[strings.LastIndexByte(compact, '.')+1:]}}}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "BAD_SIGNATURE", body["didState"].(object)["reason"])

	huge := object{"jobId": strings.Repeat("A", 300<<10)}
	status, body = s.post("/1.0/create", huge)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "BODY_TOO_LARGE", body["didState"].(object)["reason"])
}

// Devices that hold code sign operations themselves.
func TestDIDOperations(t *testing.T) {
	s := newRegistry(t)
	phone := newDevice(t, "EdDSA")
	jwk := phone.pub.JWK()
	o := identity.Begin(registry, identity.Key{JWK: &jwk, Purposes: []identity.Purpose{identity.CapabilityInvocation}, Unlock: identity.UnlockPIN})
	subject, err := o.Subject()
	require.NoError(t, err)
	signatures, err := o.Sign(jws.Signer{Key: phone.key, Kid: subject + "#" + phone.pub.Thumbprint()})
	require.NoError(t, err)
	for range 2 { // the second time is the first result
		status, body := s.post("/v1/did-operations", object{"signatures": signatures})
		require.Equal(t, http.StatusCreated, status, "%v", body)
		require.Equal(t, subject, body["did"])
	}
	status, body := s.post("/v1/did-operations", object{"signatures": []string{"x"}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "BAD_JWS", body["code"])
	status, _, unknown := s.do(http.MethodGet, "/v1/dids/"+identity.Prefix+strings.Repeat("a", 52)+"/history?from="+strconv.Itoa(1), "", nil)
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "DID_UNKNOWN", unknown.(object)["code"])
}

// A gateway without an identity contract says so, and still resolves what needs none.
func TestWithoutIdentityContract(t *testing.T) {
	s := &registrySite{t: t, server: httptest.NewServer(rest.New(nil))}
	t.Cleanup(s.server.Close)
	key, _ := did.OfKey(newDevice(t, "ES256").pub)
	status, _, _ := s.get(key, "")
	require.Equal(t, http.StatusOK, status)
	status, _, _ = s.get(identity.Prefix+strings.Repeat("a", 52), "")
	require.Equal(t, http.StatusInternalServerError, status)
	status, body := s.post("/1.0/create", object{})
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "LEDGER_UNAVAILABLE", body["didState"].(object)["reason"])
}
