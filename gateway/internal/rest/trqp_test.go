// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

func TestTRQP(t *testing.T) {
	ids := gatewaytest.NewIdentities(t)
	server := httptest.NewServer(rest.New(nil).WithIdentity(rest.Identity{Registries: ids}))
	t.Cleanup(server.Close)
	ministry, delegate, school := ids.Born("ES256", identity.UnlockNone), ids.Born("ES256", identity.UnlockNone), ids.Born("EdDSA", identity.UnlockNone)
	ids.OpenRoot("education", ministry.DID)
	grant := identity.Accredit{
		V: 1, Network: gatewaytest.Registry.Network, Channel: gatewaytest.Registry.Channel, Chaincode: gatewaytest.Registry.Chaincode,
		Root: "education", Schema: identity.Any, Region: identity.Any, From: 1, Until: time.Now().Add(24 * time.Hour).Unix(),
	}
	grant.Standing, grant.Subject = identity.Delegate, delegate.DID
	ministry.Tell(grant)
	grant.Standing, grant.Subject = identity.Issuer, school.DID
	delegate.Tell(grant)

	ask := func(path string, q rest.TRQPQuery) (int, rest.TRQPAnswer) {
		t.Helper()
		raw, err := json.Marshal(q)
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, bytes.NewReader(raw))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		var a rest.TRQPAnswer
		require.NoError(t, json.NewDecoder(res.Body).Decode(&a))
		return res.StatusCode, a
	}
	q := rest.TRQPQuery{Entity: school.DID, Authority: "education", Action: "issue", Resource: "@"}
	status, a := ask("/authorization", q)
	require.Equal(t, http.StatusOK, status)
	require.True(t, *a.Authorized)
	require.Nil(t, a.Recognized)
	require.NotEmpty(t, a.Evaluated)
	q.Context.Time = "1990-01-01T00:00:00Z"
	_, a = ask("/authorization", q)
	require.False(t, *a.Authorized, "not yet")
	require.Equal(t, q.Context.Time, a.Evaluated)
	q.Context.Time = ""
	q.Action = "verify"
	q.Context.Purpose = "hiring"
	_, a = ask("/authorization", q)
	require.False(t, *a.Authorized)

	q = rest.TRQPQuery{Entity: delegate.DID, Authority: "education", Action: "delegate", Resource: "@"}
	_, a = ask("/recognition", q)
	require.True(t, *a.Recognized)
	require.Nil(t, a.Authorized)
	q.Entity = school.DID
	_, a = ask("/recognition", q)
	require.False(t, *a.Recognized)

	for name, bad := range map[string]struct {
		path   string
		change func(*rest.TRQPQuery)
		want   int
	}{
		"an action of another name":  {"/authorization", func(q *rest.TRQPQuery) { q.Action = "sing" }, 400},
		"a recognition of an issuer": {"/recognition", func(q *rest.TRQPQuery) { q.Action = "issue" }, 400},
		"no DID":                     {"/authorization", func(q *rest.TRQPQuery) { q.Entity = "school" }, 400},
		"no root":                    {"/authorization", func(q *rest.TRQPQuery) { q.Authority = "nowhere" }, 404},
		"no schema":                  {"/authorization", func(q *rest.TRQPQuery) { q.Resource = "x" }, 400},
		"no time":                    {"/authorization", func(q *rest.TRQPQuery) { q.Context.Time = "yesterday" }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			q := q
			bad.change(&q)
			status, _ := ask(bad.path, q)
			require.Equal(t, bad.want, status)
		})
	}
}
