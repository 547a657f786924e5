// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/openid"
)

// inLink are the parameters of a request that nobody signed.
func inLink(t *testing.T, made asking.Asked) url.Values {
	t.Helper()
	u, err := url.Parse(made.Link)
	require.NoError(t, err)
	q, err := url.ParseQuery(u.RawQuery)
	require.NoError(t, err)
	return q
}

func linked(q url.Values) string { return openid.RequestScheme + "://?" + q.Encode() }

// Each way of asking is answered in each way, as wallets and verifiers of ours speak.
func TestWalletShowsInEveryMode(t *testing.T) {
	h := newHiring(t)
	anyone := *h.wallet
	anyone.AnyVerifier = true
	for _, prefix := range []string{"decentralized_identifier", "redirect_uri"} {
		for _, mode := range []string{openid.DirectPost, openid.DirectPostJWT} {
			t.Run(prefix+" "+mode, func(t *testing.T) {
				ask := func() asking.Asked {
					body := aRequest([]any{"degree", "grade"})
					body["client_id_prefix"], body["response_mode"] = prefix, mode
					made := h.ask(body)
					require.True(t, strings.HasPrefix(made.ClientID, prefix+":"), made.ClientID)
					return made
				}
				made := ask()
				r, err := anyone.Request(t.Context(), made.Link)
				require.NoError(t, err)
				require.Equal(t, h.url+asking.PathRequests+made.ID+"/response", r.AnswerTo)
				if prefix == "redirect_uri" {
					require.Empty(t, r.Verifier)
					require.Nil(t, r.Standing, "nobody vouches for what is not signed")
					require.Empty(t, made.Request)
					require.Equal(t, "redirect_uri:"+r.AnswerTo, made.ClientID)
					status, _, raw := h.send(http.MethodGet, asking.PathRequests+made.ID+"/object", "", "", "")
					require.Equal(t, 404, status, raw)
					_, err := h.wallet.Request(t.Context(), made.Link)
					require.ErrorIs(t, err, openid.BadRequest, "a wallet that asks for accreditation")
				}
				choices, err := r.Choose([]string{h.held})
				require.NoError(t, err)
				_, err = anyone.Answer(t.Context(), r, choices)
				require.NoError(t, err)
				out := h.outcome(made.ID)
				require.Equal(t, asking.Answered, out.State)
				report := out.Reports["d"]
				for _, check := range []credential.Name{credential.Challenge, credential.Domain, credential.HolderBinding, credential.Purpose} {
					require.Equal(t, credential.OK, report.Of(check).Outcome, "%s", check)
				}
				require.Equal(t, object{"name": "BSc", "grade": "A"}, report.Claims["degree"])
				_, err = anyone.Answer(t.Context(), r, choices)
				require.ErrorContains(t, err, "NOT_OFFERED")

				declined := ask()
				r, err = anyone.Request(t.Context(), declined.Link)
				require.NoError(t, err)
				require.NoError(t, anyone.Decline(t.Context(), r))
				require.Equal(t, "access_denied ", h.outcome(declined.ID).Reason)
			})
		}
	}
	body := aRequest([]any{"name"})
	body["response_mode"] = "fragment"
	status, _, raw := h.sendJSON("/v1/presentation-requests", h.signIn(h.company), body)
	require.Equal(t, 400, status, raw)
	delete(body, "response_mode")
	body["client_id_prefix"] = "x509_hash"
	status, _, raw = h.sendJSON("/v1/presentation-requests", h.signIn(h.company), body)
	require.Equal(t, 400, status, raw)
	body["client_id_prefix"], body["dcql_query"] = "redirect_uri", query(paths([]any{"birthdate"}))
	status, _, raw = h.sendJSON("/v1/presentation-requests", h.signIn(h.company), body)
	require.Equal(t, 403, status, raw)
	require.Contains(t, raw, "OVER_ASKING", "unsigned or not, the gateway asks no more than its verifier may")
}

// keyOf is the key that a request has its answers encrypted to.
func keyOf(t *testing.T, q url.Values) jose.JSONWebKey {
	t.Helper()
	var m struct {
		Keys jose.JSONWebKeySet `json:"jwks"`
		Enc  []string           `json:"encrypted_response_enc_values_supported"`
	}
	require.NoError(t, json.Unmarshal([]byte(q.Get("client_metadata")), &m))
	require.Len(t, m.Keys.Keys, 1)
	require.ElementsMatch(t, []string{"A128GCM", "A256GCM"}, m.Enc)
	key := m.Keys.Keys[0]
	require.True(t, key.IsPublic())
	require.Equal(t, "enc", key.Use)
	require.Equal(t, "ECDH-ES", key.Algorithm)
	return key
}

func sealed(t *testing.T, alg jose.KeyAlgorithm, enc jose.ContentEncryption, key any, kid string, said any) string {
	t.Helper()
	by, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: key, KeyID: kid}, nil)
	require.NoError(t, err)
	plain, isText := said.(string)
	if !isText {
		raw, err := json.Marshal(said)
		require.NoError(t, err)
		plain = string(raw)
	}
	box, err := by.Encrypt([]byte(plain))
	require.NoError(t, err)
	compact, err := box.CompactSerialize()
	require.NoError(t, err)
	return compact
}

func TestEncryptedAnswersRefused(t *testing.T) {
	h := newHiring(t)
	ask := func() (asking.Asked, url.Values) {
		body := aRequest([]any{"name"})
		body["client_id_prefix"], body["response_mode"] = "redirect_uri", openid.DirectPostJWT
		made := h.ask(body)
		return made, inLink(t, made)
	}
	made, q := ask()
	_, theirs := ask()
	key, kid := keyOf(t, q).Key, keyOf(t, q).KeyID
	token := map[string][]string{"d": {h.shown(q.Get("nonce"), made.ClientID, "name")}}
	said := object{"vp_token": token, "state": q.Get("state")}
	plain := url.Values{"vp_token": {h.token(token["d"]...)}, "state": q["state"]}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	good := sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, said)
	in := func(jwe string) url.Values { return url.Values{"response": {jwe}} }
	cut := strings.Split(good, ".")
	cut[3] = "AAAA" + cut[3][4:]
	post := func(id string, form url.Values) (int, string) {
		status, header, raw := h.send(http.MethodPost, asking.PathRequests+id+"/response", "application/x-www-form-urlencoded", "", form.Encode())
		require.True(t, status == 404 || header.Get("Cache-Control") == "no-store", raw)
		return status, raw
	}
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"plain where encrypted was asked": {plain, "not encrypted"},
		"nothing":                         {url.Values{}, "not encrypted"},
		"to a stranger's key":             {in(sealed(t, jose.ECDH_ES, jose.A128GCM, stranger.Public(), kid, said)), "does not decrypt"},
		"to another request's key":        {in(sealed(t, jose.ECDH_ES, jose.A128GCM, keyOf(t, theirs).Key, kid, said)), "does not decrypt"},
		"another kid":                     {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, "other", said)), "encrypted to the key other"},
		"no kid":                          {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, "", said)), "encrypted to the key"},
		"a wrapped key":                   {in(sealed(t, jose.ECDH_ES_A128KW, jose.A128GCM, key, kid, said)), "ECDH-ES"},
		"a shared secret":                 {in(sealed(t, jose.DIRECT, jose.A128GCM, make([]byte, 16), kid, said)), "ECDH-ES"},
		"another content algorithm":       {in(sealed(t, jose.ECDH_ES, jose.A128CBC_HS256, key, kid, said)), "A128GCM"},
		"changed on its way":              {in(strings.Join(cut, ".")), "does not decrypt"},
		"no JWE":                          {in("a.b.c"), "compact JWE"},
		"no object inside":                {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, "[]")), "no JSON object"},
		"a member twice inside":           {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, `{"state":"a","state":"b"}`)), "no JSON object"},
		"the token as text inside":        {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, object{"vp_token": h.token(token["d"]...), "state": q.Get("state")})), "vp_token"},
		"the state outside":               {url.Values{"response": {sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, object{"vp_token": token})}, "state": q["state"]}, "state"},
		"another request's nonce": {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, object{
			"vp_token": object{"d": []any{h.shown(theirs.Get("nonce"), made.ClientID, "name")}}, "state": q.Get("state"),
		})), "CHALLENGE_MISMATCH"},
		"shown to the DID, not to the URL": {in(sealed(t, jose.ECDH_ES, jose.A128GCM, key, kid, object{
			"vp_token": object{"d": []any{h.shown(q.Get("nonce"), openid.ByDID+h.company.DID, "name")}}, "state": q.Get("state"),
		})), "CHALLENGE_MISMATCH"},
	} {
		t.Run(name, func(t *testing.T) {
			status, raw := post(made.ID, c.form)
			require.Equal(t, 400, status, raw)
			require.Equal(t, openid.InvalidRequest, decode[openid.Error](t, raw).Code)
			require.Contains(t, raw, c.says)
			require.Equal(t, asking.Open, h.outcome(made.ID).State)
		})
	}
	t.Run("encrypted where plain was asked", func(t *testing.T) {
		body := aRequest([]any{"name"})
		body["client_id_prefix"] = "redirect_uri"
		open := h.ask(body)
		require.NotContains(t, open.Link, "jwks")
		status, raw := post(open.ID, in(good))
		require.Equal(t, 400, status, raw)
		require.Contains(t, raw, "the answer is encrypted")
	})
	t.Run("an error of a wallet that cannot encrypt", func(t *testing.T) {
		other, q := ask()
		status, raw := post(other.ID, url.Values{"error": {"invalid_request"}, "error_description": {"no such curve"}, "state": {"x"}})
		require.Equal(t, 400, status, raw)
		status, raw = post(other.ID, url.Values{"error": {"invalid_request"}, "error_description": {"no such curve"}, "state": q["state"]})
		require.Equal(t, 200, status, raw)
		require.Equal(t, "invalid_request no such curve", h.outcome(other.ID).Reason)
	})
	// None of it closed the request; the good answer does, and serves once.
	status, raw := post(made.ID, in(good))
	require.Equal(t, 200, status, raw)
	require.Equal(t, asking.Answered, h.outcome(made.ID).State)
	status, raw = post(made.ID, in(good))
	require.Equal(t, 404, status, raw)
	require.Contains(t, raw, "NOT_OFFERED")
	long, q := ask()
	status, raw = post(long.ID, in(sealed(t, jose.ECDH_ES, jose.A256GCM, keyOf(t, q).Key, kid, object{
		"vp_token": object{"d": []any{h.shown(q.Get("nonce"), long.ClientID, "name")}}, "state": q.Get("state"),
	})))
	require.Equal(t, 200, status, raw)
}

// What a wallet refuses of requests in links, and what it tells the verifier then.
func TestWalletRefusesLinks(t *testing.T) {
	h := newHiring(t)
	w := *h.wallet
	w.AnyVerifier = true
	for name, c := range map[string]struct {
		change func(q url.Values)
		want   error
		told   string // error code that reaches the verifier; empty where nobody can be told
	}{
		"as it should be":          {change: func(url.Values) {}},
		"response_uri left out":    {change: func(q url.Values) { q.Del("response_uri") }},
		"unknown parameters":       {change: func(q url.Values) { q.Set("wallet", "x") }},
		"an accreditation claimed": {change: func(q url.Values) { q.Set("verifier_info", `[{"format":"urn:komsco:accreditation"}]`) }},
		"a request object":         {change: func(q url.Values) { q.Set("request", "a.b.c") }, want: openid.BadRequest},
		"a request object elsewhere": {
			change: func(q url.Values) { q.Set("request_uri", h.url+"/x") }, want: openid.BadRequest,
		},
		"answered elsewhere":     {change: func(q url.Values) { q.Set("response_uri", "https://thief.example/r") }, want: openid.BadRequest},
		"a parameter twice":      {change: func(q url.Values) { q.Add("nonce", "n") }, want: openid.BadRequest},
		"metadata of no form":    {change: func(q url.Values) { q.Set("client_metadata", "[]") }, want: openid.BadRequest},
		"metadata twice":         {change: func(q url.Values) { q.Set("client_metadata", `{"jwks":{},"jwks":{}}`) }, want: openid.BadRequest},
		"redirect_uri too":       {change: func(q url.Values) { q.Set("redirect_uri", q.Get("response_uri")) }, want: openid.BadRequest, told: "invalid_request"},
		"a scope":                {change: func(q url.Values) { q.Set("scope", "openid") }, want: openid.BadRequest, told: "invalid_request"},
		"transaction data":       {change: func(q url.Values) { q.Set("transaction_data", `["e30"]`) }, want: openid.BadRequest, told: "invalid_transaction_data"},
		"no nonce":               {change: func(q url.Values) { q.Del("nonce") }, want: openid.BadRequest, told: "invalid_request"},
		"another response type":  {change: func(q url.Values) { q.Set("response_type", "code") }, want: openid.BadRequest, told: "invalid_request"},
		"another response mode":  {change: func(q url.Values) { q.Set("response_mode", "fragment") }, want: openid.BadRequest, told: "invalid_request"},
		"no query":               {change: func(q url.Values) { q.Del("dcql_query") }, want: openid.BadQuery, told: "invalid_request"},
		"no keys":                {change: metadata(`{}`), want: openid.BadRequest, told: "invalid_request"},
		"no metadata":            {change: func(q url.Values) { q.Del("client_metadata") }, want: openid.BadRequest, told: "invalid_request"},
		"no key that is known":   {change: metadata(`{"jwks":{"keys":[7,{"kty":"OKP","crv":"X448","kid":"a","alg":"ECDH-ES","x":"AA"}]}}`), want: openid.BadRequest, told: "invalid_request"},
		"a point on no curve":    {change: metadata(`{"jwks":{"keys":[` + offCurve + `]}}`), want: openid.BadRequest, told: "invalid_request"},
		"an algorithm unknown":   {change: metadata(`{"encrypted_response_enc_values_supported":["A128CBC-HS256"]}`), want: openid.BadRequest, told: "invalid_request"},
		"no algorithm":           {change: metadata(`{"encrypted_response_enc_values_supported":[]}`), want: openid.BadRequest, told: "invalid_request"},
		"a key for another alg":  {change: keyed("alg", "ECDH-ES+A128KW"), want: openid.BadRequest, told: "invalid_request"},
		"a key to sign with":     {change: keyed("use", "sig"), want: openid.BadRequest, told: "invalid_request"},
		"a key without a kid":    {change: keyed("kid", ""), want: openid.BadRequest, told: "invalid_request"},
		"a key without a use":    {change: keyed("use", "")},
		"a private key":          {change: keyed("d", "Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"), want: openid.BadRequest, told: "invalid_request"},
		"nothing said of enc":    {change: func(q url.Values) { q.Set("client_metadata", `{"jwks":`+jwks(q)+`}`) }},
		"answered in the clear":  {change: func(q url.Values) { q.Set("client_id", "redirect_uri:http://v.example/r"); q.Del("response_uri") }, want: openid.BadRequest},
		"nobody to answer":       {change: func(q url.Values) { q.Set("client_id", "redirect_uri:"); q.Del("response_uri") }, want: openid.BadRequest},
		"a prefix that is empty": {change: func(q url.Values) { q.Set("client_id", ":") }, want: openid.BadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			body := aRequest([]any{"name"})
			body["client_id_prefix"], body["response_mode"] = "redirect_uri", openid.DirectPostJWT
			made := h.ask(body)
			q := inLink(t, made)
			c.change(q)
			r, err := w.Request(t.Context(), linked(q))
			if c.want == nil {
				require.NoError(t, err)
				choices, err := r.Choose([]string{h.held})
				require.NoError(t, err)
				_, err = w.Answer(t.Context(), r, choices)
				require.NoError(t, err)
				require.Equal(t, asking.Answered, h.outcome(made.ID).State)
				return
			}
			require.ErrorIs(t, err, c.want)
			if c.told == "" {
				require.True(t, r == nil || w.Refuse(t.Context(), r, err) != nil)
				require.Equal(t, asking.Open, h.outcome(made.ID).State)
				return
			}
			require.NoError(t, w.Refuse(t.Context(), r, err))
			out := h.outcome(made.ID)
			require.Equal(t, asking.Declined, out.State)
			require.True(t, strings.HasPrefix(out.Reason, c.told+" "), out.Reason)
		})
	}
}

// offCurve is a key whose point is not on P-256.
const offCurve = `{"kty":"EC","crv":"P-256","alg":"ECDH-ES","use":"enc","kid":"a",` +
	`"x":"YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk","y":"YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk"}`

// jwks are the keys of a request's metadata.
func jwks(q url.Values) string {
	var m struct {
		Keys json.RawMessage `json:"jwks"`
	}
	_ = json.Unmarshal([]byte(q.Get("client_metadata")), &m) // the test that follows fails
	return string(m.Keys)
}

// metadata replaces members of a request's metadata; {} takes its keys away.
func metadata(with string) func(url.Values) {
	return func(q url.Values) {
		if with != "{}" && !strings.Contains(with, "jwks") {
			with = `{"jwks":` + jwks(q) + `,` + with[1:]
		}
		q.Set("client_metadata", with)
	}
}

// keyed changes a member of the request's key; an empty value takes it away.
func keyed(name, value string) func(url.Values) {
	return func(q url.Values) {
		var set struct {
			Keys []object `json:"keys"`
		}
		_ = json.Unmarshal([]byte(jwks(q)), &set) // the test that follows fails
		if set.Keys[0][name] = value; value == "" {
			delete(set.Keys[0], name)
		}
		raw, _ := json.Marshal(set) // of what was JSON
		q.Set("client_metadata", `{"jwks":`+string(raw)+`}`)
	}
}
