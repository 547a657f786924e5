// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/telemetry"
)

// trust is a registry with an authority over two fields and those it has a say on.
type trust struct {
	*registrySite
	ids                                *gatewaytest.Identities
	ministry, delegate, school, office *gatewaytest.Subject
	abroad                             *gatewaytest.Subject // another authority, recognised as a peer
}

func newTrust(t *testing.T) *trust {
	t.Helper()
	ids := gatewaytest.NewIdentities(t)
	api := rest.New(nil).WithIdentity(rest.Identity{Registries: ids, Ledger: ids, Resolver: resolver.Resolver{Ledger: ids}})
	s := &trust{registrySite: &registrySite{t: t, server: httptest.NewServer(api)}, ids: ids}
	t.Cleanup(s.server.Close)
	born := func() *gatewaytest.Subject { return ids.Born("ES256", identity.UnlockNone) }
	s.ministry, s.delegate, s.school, s.office, s.abroad = born(), born(), born(), born(), born()
	s.ministry.Do(identity.Operation{Type: identity.Update, AddServices: []identity.Service{
		{ID: "framework", Type: "GovernanceFramework", Endpoint: "https://edu.example/framework"},
		{ID: "trqp", Type: "TRQP", Endpoint: "https://gateway.example"},
	}}, s.ministry.Signer)
	ids.OpenRoot("education", s.ministry.DID)
	ids.OpenRoot("licences", s.ministry.DID)
	ids.OpenRoot("abroad", s.abroad.DID)
	grant := func(by *gatewaytest.Subject, root string, to *gatewaytest.Subject, standing identity.Standing, change func(*identity.Accredit)) string {
		a := identity.Accredit{
			V: 1, Network: gatewaytest.Registry.Network, Channel: gatewaytest.Registry.Channel, Chaincode: gatewaytest.Registry.Chaincode,
			Root: root, Schema: identity.Any, Region: identity.Any, From: 1, Until: time.Now().Add(1000 * time.Hour).Unix(), Standing: standing, Subject: to.DID,
		}
		if change != nil {
			change(&a)
		}
		return by.Tell(a)
	}
	grant(s.ministry, "education", s.delegate, identity.Delegate, nil)
	grant(s.delegate, "education", s.school, identity.Issuer, nil)
	grant(s.ministry, "education", s.abroad, identity.Peer, nil)
	grant(s.ministry, "education", s.office, identity.Verifier, func(a *identity.Accredit) { a.Purpose, a.Attributes = "hiring", []string{"degree"} })
	grant(s.ministry, "licences", s.office, identity.Issuer, func(a *identity.Accredit) { a.Region = "KR-11" })
	return s
}

func (s *trust) ask(path string, query object) (int, http.Header, object) {
	s.t.Helper()
	status, header, body := s.do(http.MethodPost, path, "", query)
	require.IsType(s.t, object{}, body, "%v", body)
	return status, header, body.(object)
}

// ToIP TRQP v2.0 (approved), the statements that hold an endpoint to something, in
// both queries.
func TestTRQPStatements(t *testing.T) {
	s := newTrust(t)
	good := func(path string) object {
		q := object{"entity_id": s.school.DID, "authority_id": s.ministry.DID, "action": "issue", "resource": "@"}
		if path == "/recognition" {
			q["entity_id"] = s.abroad.DID
		}
		return q
	}
	for path, said := range map[string]string{"/authorization": "authorized", "/recognition": "recognized"} {
		t.Run(path+": 200 with a body of the response schema", func(t *testing.T) {
			before := time.Now().Add(-time.Second)
			status, header, body := s.ask(path, good(path))
			require.Equal(t, http.StatusOK, status, "%v", body)
			require.Equal(t, "application/json", header.Get("Content-Type"))
			for _, member := range []string{"entity_id", "authority_id", "action", "resource"} {
				require.Equal(t, good(path)[member], body[member], "REQUIRED, as asked")
			}
			require.Equal(t, true, body[said], "REQUIRED, boolean")
			require.NotContains(t, body, map[string]string{"authorized": "recognized", "recognized": "authorized"}[said])
			require.Regexp(t, moment, body["time_evaluated"], "REQUIRED")
			at, err := time.Parse(time.RFC3339, body["time_evaluated"].(string))
			require.NoError(t, err)
			require.False(t, at.Before(before.Truncate(time.Second)), "the server's time of executing the query")
			require.NotContains(t, body, "time_requested", "nothing was requested")
			require.IsType(t, "", body["message"])
		})
		t.Run(path+": context MUST be processed as an object, and comes back as supplied", func(t *testing.T) {
			q := good(path)
			q["context"] = object{"time": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "locator": "anything"}
			status, _, body := s.ask(path, q)
			require.Equal(t, http.StatusOK, status, "%v", body)
			require.Equal(t, q["context"], body["context"])
			require.Equal(t, true, body[said])
		})
		t.Run(path+": time MUST be the datetime as of which the statement is valid; it comes back as time_requested", func(t *testing.T) {
			q := good(path)
			q["context"] = object{"time": "1990-01-01T00:00:00Z"}
			_, _, body := s.ask(path, q)
			require.Equal(t, false, body[said])
			require.Equal(t, "1990-01-01T00:00:00Z", body["time_requested"])
			require.NotEqual(t, body["time_requested"], body["time_evaluated"])
		})
		for name, value := range map[string]string{"blank is the server's time": "", "a fraction": time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05.25Z"), "+00:00 is Z": time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05+00:00")} {
			t.Run(path+": time may be "+name, func(t *testing.T) {
				q := good(path)
				q["context"] = object{"time": value}
				status, _, body := s.ask(path, q)
				require.Equal(t, http.StatusOK, status, "%v", body)
				require.Equal(t, true, body[said])
			})
		}
		t.Run(path+": conditions MAY be added; one that is not known cannot be said to hold", func(t *testing.T) {
			q := good(path)
			q["context"] = object{"jurisdiction": "KR"}
			status, _, body := s.ask(path, q)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, false, body[said])
			require.Contains(t, body["message"], "jurisdiction")
		})
		t.Run(path+": members beyond the schema's are no error", func(t *testing.T) {
			q := good(path)
			q["more"] = 1
			status, _, body := s.ask(path, q)
			require.Equal(t, http.StatusOK, status, "%v", body)
		})
		t.Run(path+": entity_id need not be globally unique, nor of a kind known here", func(t *testing.T) {
			for _, entity := range []string{"user-1234", "did:web:school.example", "https://school.example/", identity.Prefix + strings.Repeat("a", 52)} {
				q := good(path)
				q["entity_id"] = entity
				status, _, body := s.ask(path, q)
				require.Equal(t, http.StatusOK, status, "%s: %v", entity, body)
				require.Equal(t, false, body[said])
			}
		})
		for name, bad := range map[string]struct {
			member string
			value  any // nil: the member is missing
			want   int
		}{
			"entity_id is REQUIRED":                    {"entity_id", nil, 400},
			"authority_id is REQUIRED":                 {"authority_id", nil, 400},
			"action is REQUIRED":                       {"action", nil, 400},
			"resource is REQUIRED":                     {"resource", nil, 400},
			"action MUST NOT be empty":                 {"action", "", 400},
			"resource MUST NOT be empty":               {"resource", "", 400},
			"entity_id MUST conform to RFC 3986":       {"entity_id", "the school", 400},
			"authority_id MUST conform to RFC 3986":    {"authority_id", "did:komsco:교육", 400},
			"action MUST conform to RFC 3986":          {"action", "<issue>", 400},
			"resource MUST conform to RFC 3986":        {"resource", "100%", 400},
			"identifiers are single strings":           {"entity_id", []string{"a", "b"}, 400},
			"authority_id MUST be globally unique":     {"authority_id", "education", 400},
			"a did:komsco MUST be one":                 {"entity_id", "did:komsco:school", 400},
			"context MUST be an object":                {"context", "now", 400},
			"members of context are strings":           {"context", object{"region": 11}, 400},
			"time MUST be RFC 3339":                    {"context", object{"time": "yesterday"}, 400},
			"time MUST have the offset Z":              {"context", object{"time": "2026-03-02T12:00:00+09:00"}, 400},
			"an unknown authority is 404":              {"authority_id", s.school.DID, 404},
			"an authority of another kind is 404":      {"authority_id", "https://registry.example/", 404},
			"an unknown root of the authority is 404":  {"context", object{"root": "abroad"}, 404},
			"an unknown action is 404":                 {"action", "sing", 404},
			"an unknown resource is 404":               {"resource", "country:state:driverlicense", 404},
			"a region that cannot be is a bad request": {"context", object{"region": strings.Repeat("x", 17)}, 400},
		} {
			t.Run(path+": "+name, func(t *testing.T) {
				q := good(path)
				if q[bad.member] = bad.value; bad.value == nil {
					delete(q, bad.member)
				}
				status, header, body := s.ask(path, q)
				require.Equal(t, bad.want, status, "%v", body)
				require.Equal(t, "application/problem+json", header.Get("Content-Type"), "errors MUST be Problem Details")
				for _, member := range []string{"type", "title", "status", "detail"} {
					require.NotEmpty(t, body[member])
				}
				require.EqualValues(t, bad.want, body["status"])
			})
		}
		t.Run(path+": invalid JSON is 400", func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader("{"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Equal(t, http.StatusBadRequest, res.StatusCode)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
		})
		t.Run(path+": queries MUST be sent as POST and as JSON", func(t *testing.T) {
			status, _, _ := s.do(http.MethodGet, path, "", nil)
			require.Equal(t, http.StatusMethodNotAllowed, status)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader("{}"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "text/plain")
			res, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Equal(t, http.StatusUnsupportedMediaType, res.StatusCode)
		})
		t.Run(path+": an unexpected failure is a problem too", func(t *testing.T) {
			s.ids.Gone = http.ErrServerClosed
			defer func() { s.ids.Gone = nil }()
			status, header, body := s.ask(path, good(path))
			require.Equal(t, http.StatusInternalServerError, status)
			require.Equal(t, "application/problem+json", header.Get("Content-Type"))
			require.NotContains(t, body["detail"], "Server closed")
		})
	}
	t.Run("X-Request-ID, where sent, comes back", func(t *testing.T) {
		const id = "d4f34c12-9b7a-4e3a-a5d1-7e4f8c2c9f10"
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/authorization", strings.NewReader("{}"))
		r.Header.Set("X-Request-ID", id)
		telemetry.HTTP(s.server.Config.Handler, telemetry.NewRegistry(), slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		require.Equal(t, id, w.Header().Get("X-Request-ID"))
	})
	t.Run("the governance framework MUST be discoverable by authority_id, and the endpoint SHOULD be", func(t *testing.T) {
		for _, kind := range []string{"GovernanceFramework", "TRQP"} {
			status, header, _ := s.do(http.MethodGet, "/1.0/identifiers/"+url.QueryEscape(s.ministry.DID)+"?serviceType="+kind, "text/uri-list", nil)
			require.Equal(t, http.StatusSeeOther, status)
			require.NotEmpty(t, header.Get("Location"))
		}
	})
}

// What the registry has is what the queries answer.
func TestTRQPAnswers(t *testing.T) {
	s := newTrust(t)
	for name, tc := range map[string]struct {
		path, action string
		entity       *gatewaytest.Subject
		context      object
		want         bool
	}{
		"an issuer by a delegate":                        {"/authorization", "issue", s.school, nil, true},
		"an issuer under the root that is named":         {"/authorization", "issue", s.school, object{"root": "education"}, true},
		"an issuer under another root of the authority":  {"/authorization", "issue", s.school, object{"root": "licences"}, false},
		"an issuer for a region is none for all":         {"/authorization", "issue", s.office, nil, false},
		"an issuer in the region, found in either field": {"/authorization", "issue", s.office, object{"region": "KR-11"}, true},
		"a delegate may delegate":                        {"/authorization", "delegate", s.delegate, nil, true},
		"a delegate is no issuer":                        {"/authorization", "issue", s.delegate, nil, false},
		"a verifier for its purpose":                     {"/authorization", "verify", s.office, object{"purpose": "hiring"}, true},
		"a verifier for another purpose":                 {"/authorization", "verify", s.office, object{"purpose": "lending"}, false},
		"a verifier for none":                            {"/authorization", "verify", s.office, nil, false},
		"a peer is recognised, whatever it does":         {"/recognition", "issue", s.abroad, nil, true},
		"a peer has no rights under this root":           {"/authorization", "delegate", s.abroad, nil, false},
		"a delegate is recognised":                       {"/recognition", "verify", s.delegate, nil, true},
		"an issuer is no authority":                      {"/recognition", "issue", s.school, nil, false},
		"a peer is recognised in its field":              {"/recognition", "issue", s.abroad, object{"root": "licences"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			q := object{"entity_id": tc.entity.DID, "authority_id": s.ministry.DID, "action": tc.action, "resource": "@"}
			if tc.context != nil {
				q["context"] = tc.context
			}
			status, _, body := s.ask(tc.path, q)
			require.Equal(t, http.StatusOK, status, "%v", body)
			require.Equal(t, tc.want, body[map[string]string{"/authorization": "authorized", "/recognition": "recognized"}[tc.path]], "%v", body)
		})
	}
	// Who is only a peer accredits nobody under this root.
	_, err := s.ids.Tell(t.Context(), identity.TypAccreditation, gatewaytest.Must(s.abroad.Signer.Sign(identity.TypAccreditation, identity.Accredit{
		V: 1, Network: gatewaytest.Registry.Network, Channel: gatewaytest.Registry.Channel, Chaincode: gatewaytest.Registry.Chaincode,
		Root: "education", Schema: identity.Any, Region: identity.Any, From: 1, Until: 2, Standing: identity.Issuer, Subject: s.office.DID,
	})))
	require.ErrorIs(t, err, identity.NotAccredited)
}

// A standing ends with the document of anybody on the way to the root, and with time
// the answer is what it was.
func TestTRQPAsksForActiveDocuments(t *testing.T) {
	s := newTrust(t)
	ask := func(path string, entity *gatewaytest.Subject, at time.Time) bool {
		t.Helper()
		q := object{"entity_id": entity.DID, "authority_id": s.ministry.DID, "action": "issue", "resource": "@"}
		if !at.IsZero() {
			q["context"] = object{"time": at.UTC().Format(time.RFC3339)}
		}
		status, _, body := s.ask(path, q)
		require.Equal(t, http.StatusOK, status, "%v", body)
		holds, ok := body[map[string]string{"/authorization": "authorized", "/recognition": "recognized"}[path]].(bool)
		require.True(t, ok, "%v", body)
		return holds
	}
	require.True(t, ask("/authorization", s.school, time.Time{}))
	require.True(t, ask("/recognition", s.delegate, time.Time{}))
	before := s.ids.Now()
	s.ids.Advance(time.Minute)
	s.delegate.Do(identity.Operation{Type: identity.Suspend}, s.delegate.Signer)
	require.False(t, ask("/authorization", s.school, time.Time{}), "by a suspended delegate")
	require.False(t, ask("/recognition", s.delegate, time.Time{}))
	require.True(t, ask("/authorization", s.school, before))
	require.False(t, ask("/authorization", s.school, s.ids.Now()))
	require.True(t, ask("/recognition", s.abroad, time.Time{}), "others keep what they have")
	s.ids.Advance(time.Minute)
	s.delegate.Do(identity.Operation{Type: identity.Resume}, s.delegate.Signer)
	require.True(t, ask("/authorization", s.school, time.Time{}))
	s.abroad.Do(identity.Operation{Type: identity.Deactivate}, s.abroad.Signer)
	require.False(t, ask("/recognition", s.abroad, time.Time{}))
	s.ministry.Do(identity.Operation{Type: identity.Suspend}, s.ministry.Signer)
	require.False(t, ask("/authorization", s.school, time.Time{}), "the root itself is suspended")
	require.True(t, ask("/authorization", s.school, before))
}

// fuzzing is a test whose helpers may be called from within a fuzz target.
type fuzzing struct{ testing.TB }

// Helper implements testing.TB.
func (fuzzing) Helper() {}

// Whatever is asked is answered with a verdict or a problem.
func FuzzTRQP(f *testing.F) {
	ids := gatewaytest.NewIdentities(fuzzing{f})
	root := ids.Born("ES256", identity.UnlockNone)
	ids.OpenRoot("education", root.DID)
	api := rest.New(nil).WithIdentity(rest.Identity{Registries: ids})
	f.Add(`{"entity_id":"` + root.DID + `","authority_id":"` + root.DID + `","action":"delegate","resource":"@"}`)
	f.Add(`{"entity_id":"a","authority_id":"` + root.DID + `","action":"verify","resource":"@","context":{"time":"2026-03-02T12:00:00Z","purpose":"hiring","region":"KR-11","root":"education"}}`)
	f.Add(`{"entity_id":"did:web:a%20b","authority_id":"did:komsco:","action":"issue","resource":"a.b.1","context":{"jurisdiction":""}}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/authorization", "/recognition"} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			api.ServeHTTP(w, r)
			var answer struct{ Authorized, Recognized *bool }
			switch {
			case w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), &answer) == nil && (answer.Authorized != nil) == (path == "/authorization") && (answer.Recognized != nil) == (path == "/recognition"):
			case (w.Code == http.StatusBadRequest || w.Code == http.StatusNotFound) && w.Header().Get("Content-Type") == "application/problem+json":
			default:
				t.Fatalf("%s %q: %d %s", path, body, w.Code, w.Body)
			}
		}
	})
}
