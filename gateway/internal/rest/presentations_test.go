// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/openid"
)

// hiring is an office whose gateway asks too, for a company that is registered for
// name and grade, and whose holder has a diploma.
type hiring struct {
	*office
	company *gatewaytest.Subject
	held    string
}

func newHiring(t *testing.T) *hiring {
	t.Helper()
	h := &hiring{office: newOffice(t)}
	ministry := h.ledger.Born("ES256", identity.UnlockNone)
	h.company = h.ledger.Born("EdDSA", identity.UnlockNone)
	h.ledger.OpenRoot("education", ministry.DID)
	grant := identity.Accredit{
		V: 1, Network: gatewaytest.Registry.Network, Channel: gatewaytest.Registry.Channel, Chaincode: gatewaytest.Registry.Chaincode,
		Root: "education", Schema: identity.Any, Region: identity.Any, From: 1, Until: time.Now().Add(24 * time.Hour).Unix(),
	}
	grant.Standing, grant.Subject = identity.Issuer, h.issuer.DID
	ministry.Tell(grant)
	grant.Standing, grant.Subject, grant.Purpose, grant.Attributes = identity.Verifier, h.company.DID, "hiring", []string{"grade", "name"}
	ministry.Tell(grant)
	h.ledger.At(time.Now()) // grants are in force
	a, err := asking.New(party.Party{URL: h.url, Signer: h.company.Signer, Verifier: h.verifier, Now: h.verifier.Now})
	require.NoError(t, err)
	h.api.WithAsking(a)
	offer := h.offer(aDiploma()).Offer
	got, err := h.wallet.Accept(t.Context(), &offer, "", "")
	require.NoError(t, err)
	h.held = got.Credential
	return h
}

func paths(all ...[]any) (claims []any) {
	for _, p := range all {
		claims = append(claims, object{"path": p})
	}
	return claims
}

func query(claims []any) object {
	c := object{"id": "d", "format": "dc+sd-jwt", "meta": object{"vct_values": []any{diploma}}}
	if claims != nil {
		c["claims"] = claims
	}
	return object{"credentials": []any{c}}
}

func aRequest(claims ...[]any) object {
	return object{"root": "education", "purpose": "hiring", "issuerRoot": "education", "unlock": "pin", "dcql_query": query(paths(claims...))}
}

func (h *hiring) ask(body object) asking.Asked {
	h.t.Helper()
	status, _, raw := h.sendJSON("/v1/presentation-requests", h.signIn(h.company), body)
	require.Equal(h.t, http.StatusCreated, status, "%s", raw)
	return decode[asking.Asked](h.t, raw)
}

func (h *hiring) outcome(id string) asking.Outcome {
	h.t.Helper()
	status, _, raw := h.send(http.MethodGet, "/v1/presentation-requests/"+id, "", h.signIn(h.company), "")
	require.Equal(h.t, 200, status, "%s", raw)
	return decode[asking.Outcome](h.t, raw)
}

func TestWalletShows(t *testing.T) {
	h := newHiring(t)
	for name, c := range map[string]struct {
		query   object
		shown   []string
		claims  object
		missing []string
	}{
		"a grade":      {query(paths([]any{"degree", "grade"})), []string{"degree/grade"}, object{"degree": object{"name": "BSc", "grade": "A"}}, []string{"name"}},
		"two":          {query(paths([]any{"degree", "grade"}, []any{"name"})), []string{"degree/grade", "name"}, object{"name": "Minji"}, nil},
		"nothing more": {query(nil), nil, object{"degree": object{"name": "BSc"}}, []string{"name"}},
		"one of its values": {
			query([]any{object{"path": []any{"degree", "grade"}, "values": []any{"B", "A"}}}),
			[]string{"degree/grade"},
			object{"degree": object{"name": "BSc", "grade": "A"}},
			[]string{"name"},
		},
		"the set that can be had": {func() object {
			q := query([]any{object{"id": "a", "path": []any{"degree", "grade"}, "values": []any{"F"}}, object{"id": "b", "path": []any{"name"}}})
			q["credentials"].([]any)[0].(object)["claim_sets"] = []any{[]any{"a"}, []any{"b"}}
			return q
		}(), []string{"name"}, object{"name": "Minji"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			body := aRequest()
			body["dcql_query"] = c.query
			made := h.ask(body)
			require.Equal(t, asking.Open, h.outcome(made.ID).State)
			r, err := h.wallet.Request(t.Context(), made.Link)
			require.NoError(t, err)
			require.Equal(t, h.company.DID, r.Verifier)
			require.Equal(t, "hiring", r.Standing.Purpose)
			choices, err := r.Choose([]string{"a.b.c", h.held})
			require.NoError(t, err)
			require.Equal(t, c.shown, choices[0].Disclose)
			_, err = h.wallet.Answer(t.Context(), r, choices)
			require.NoError(t, err)
			out := h.outcome(made.ID)
			require.Equal(t, asking.Answered, out.State)
			report := out.Reports["d"]
			require.True(t, report.Verified)
			for _, check := range []credential.Name{
				credential.Signature, credential.SigningKey, credential.Validity, credential.Accreditation, credential.HolderBinding,
				credential.Challenge, credential.Domain, credential.UnlockLevel, credential.Purpose,
			} {
				require.Equal(t, credential.OK, report.Of(check).Outcome, "%s", check)
			}
			require.Equal(t, h.holder.DID, report.Holder)
			for name, v := range c.claims {
				require.Equal(t, v, report.Claims[name])
			}
			for _, name := range c.missing {
				require.NotContains(t, report.Claims, name)
			}
			// Neither the request nor the answer serves twice.
			_, err = h.wallet.Answer(t.Context(), r, choices)
			require.ErrorContains(t, err, "NOT_OFFERED")
			_, err = h.wallet.Request(t.Context(), made.Link)
			require.ErrorContains(t, err, "NOT_OFFERED")
			// Others do not read it.
			status, _, raw := h.send(http.MethodGet, "/v1/presentation-requests/"+made.ID, "", h.signIn(h.issuer), "")
			require.Equal(t, 404, status, "%s", raw)
		})
	}
	t.Run("no", func(t *testing.T) {
		made := h.ask(aRequest([]any{"name"}))
		r, err := h.wallet.Request(t.Context(), made.Link)
		require.NoError(t, err)
		require.NoError(t, h.wallet.Decline(t.Context(), r))
		out := h.outcome(made.ID)
		require.Equal(t, asking.Declined, out.State)
		require.Contains(t, out.Reason, "access_denied")
	})
	t.Run("a registered name within what is not", func(t *testing.T) {
		offer := h.offer(issuing.NewOffer{Kind: "record", Claims: object{"record": object{"grade": "A"}}}).Offer
		got, err := h.wallet.Accept(t.Context(), &offer, "", "")
		require.NoError(t, err)
		body := aRequest([]any{"record", "grade"})
		body["dcql_query"].(object)["credentials"].([]any)[0].(object)["meta"] = object{"vct_values": []any{"https://credentials.example/record"}}
		made := h.ask(body)
		r, err := h.wallet.Request(t.Context(), made.Link)
		require.NoError(t, err)
		choices, err := r.Choose([]string{got.Credential})
		require.NoError(t, err)
		require.Equal(t, []string{"record", "record/grade"}, choices[0].Disclose)
		_, err = h.wallet.Answer(t.Context(), r, choices)
		require.ErrorContains(t, err, "OVER_ASKING")
		require.Equal(t, 0, h.outcome(made.ID).Refused, "nothing was sent")
	})
	t.Run("nothing to show", func(t *testing.T) {
		body := aRequest([]any{"name"})
		body["dcql_query"].(object)["credentials"].([]any)[0].(object)["meta"] = object{"vct_values": []any{"https://credentials.example/card"}}
		r, err := h.wallet.Request(t.Context(), h.ask(body).Link)
		require.NoError(t, err)
		_, err = r.Choose([]string{h.held})
		require.ErrorIs(t, err, openid.NothingToShow)
	})
	t.Run("too late", func(t *testing.T) {
		made := h.ask(aRequest([]any{"name"}))
		r, err := h.wallet.Request(t.Context(), made.Link)
		require.NoError(t, err)
		choices, err := r.Choose([]string{h.held})
		require.NoError(t, err)
		h.skew = asking.Life
		defer func() { h.skew = 0 }()
		_, err = h.wallet.Answer(t.Context(), r, choices)
		require.ErrorContains(t, err, "NOT_OFFERED")
	})
}

func TestRequestsRefuse(t *testing.T) {
	h := newHiring(t)
	first := func(b object) object { return b["dcql_query"].(object)["credentials"].([]any)[0].(object) }
	for name, c := range map[string]struct {
		by     *gatewaytest.Subject
		change func(b object)
		status int
		code   string
	}{
		"nobody":                {nil, nil, 401, "CLIENT_UNKNOWN"},
		"somebody else":         {h.issuer, nil, 403, "CLIENT_REFUSED"},
		"more than registered":  {h.company, func(b object) { b["dcql_query"] = query(paths([]any{"name"}, []any{"birthdate"})) }, 403, "OVER_ASKING"},
		"more by the last name": {h.company, func(b object) { b["dcql_query"] = query(paths([]any{"name"}, []any{"grade", "birthdate", nil})) }, 403, "OVER_ASKING"},
		"another purpose":       {h.company, func(b object) { b["purpose"] = "marketing" }, 403, "NOT_ACCREDITED"},
		"another root":          {h.company, func(b object) { b["root"] = "health" }, 404, "ROOT_UNKNOWN"},
		"no query":              {h.company, func(b object) { delete(b, "dcql_query") }, 400, "BAD_REQUEST"},
		"an empty query":        {h.company, func(b object) { b["dcql_query"] = object{} }, 400, "BAD_QUERY"},
		"no credential sets":    {h.company, func(b object) { b["dcql_query"].(object)["credential_sets"] = []any{} }, 400, "BAD_QUERY"},
		"a set of nothing":      {h.company, func(b object) { b["dcql_query"].(object)["credential_sets"] = []any{object{"options": []any{}}} }, 400, "BAD_QUERY"},
		"a set of what is not asked": {h.company, func(b object) {
			b["dcql_query"].(object)["credential_sets"] = []any{object{"options": []any{[]any{"x"}}}}
		}, 400, "BAD_QUERY"},
		"several":            {h.company, func(b object) { first(b)["multiple"] = true }, 400, "BAD_QUERY"},
		"unbound":            {h.company, func(b object) { first(b)["require_cryptographic_holder_binding"] = false }, 400, "BAD_QUERY"},
		"authorities":        {h.company, func(b object) { first(b)["trusted_authorities"] = []any{} }, 400, "BAD_QUERY"},
		"another format":     {h.company, func(b object) { first(b)["format"] = "mso_mdoc" }, 400, "BAD_QUERY"},
		"no type":            {h.company, func(b object) { first(b)["meta"] = object{} }, 400, "BAD_QUERY"},
		"no id":              {h.company, func(b object) { delete(first(b), "id") }, 400, "BAD_QUERY"},
		"an id of no form":   {h.company, func(b object) { first(b)["id"] = "a b" }, 400, "BAD_QUERY"},
		"no claims":          {h.company, func(b object) { first(b)["claims"] = []any{} }, 400, "BAD_QUERY"},
		"an empty path":      {h.company, func(b object) { first(b)["claims"] = paths([]any{}) }, 400, "BAD_QUERY"},
		"a negative index":   {h.company, func(b object) { first(b)["claims"] = paths([]any{"name", -1}) }, 400, "BAD_QUERY"},
		"an index":           {h.company, func(b object) { first(b)["claims"] = paths([]any{"name", 1}) }, 400, "BAD_QUERY"},
		"a set of no claims": {h.company, func(b object) { first(b)["claim_sets"] = []any{[]any{"x"}} }, 400, "BAD_QUERY"},
		"of the past":        {h.company, func(b object) { b["expires"] = 1 }, 400, "BAD_PRESENTATION_REQUEST"},
		"for an hour":        {h.company, func(b object) { b["expires"] = time.Now().Unix() + 3600 }, 400, "BAD_PRESENTATION_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			body, bearer := aRequest([]any{"name"}), ""
			if c.change != nil {
				c.change(body)
			}
			if c.by != nil {
				bearer = h.signIn(c.by)
			}
			status, _, raw := h.sendJSON("/v1/presentation-requests", bearer, body)
			require.Equal(t, c.status, status, "%s", raw)
			require.Contains(t, raw, c.code)
		})
	}
}

// answer is a form that answers a request, and the claims of the request.
func (h *hiring) answer(made asking.Asked, disclose ...string) (url.Values, object) {
	h.t.Helper()
	status, header, object := h.send(http.MethodGet, strings.TrimPrefix(made.Request, h.url), "", "", "")
	require.Equal(h.t, 200, status)
	require.Equal(h.t, "application/oauth-authz-req+jwt", header.Get("Content-Type"))
	said, err := h.verifier.Token(h.t.Context(), object, openid.TypRequest, identity.Authentication)
	require.NoError(h.t, err)
	return url.Values{"state": {said.Claims["state"].(string)}, "vp_token": {h.token(h.shown(said.Claims["nonce"].(string), made.ClientID, disclose...))}}, said.Claims
}

func (h *hiring) shown(nonce, audience string, disclose ...string) string {
	h.t.Helper()
	p, err := credential.Presenting{Disclose: disclose, Nonce: nonce, Audience: audience}.Present(h.held, h.holder.Signer)
	require.NoError(h.t, err)
	return p
}

func (h *hiring) token(shown ...string) string {
	h.t.Helper()
	raw, err := json.Marshal(map[string][]string{"d": shown})
	require.NoError(h.t, err)
	return string(raw)
}

func TestAnswersRefused(t *testing.T) {
	h := newHiring(t)
	made := h.ask(aRequest([]any{"name"}))
	other := h.ask(aRequest([]any{"name"}))
	_, theirs := h.answer(other, "name")
	good, said := h.answer(made, "name")
	nonce := said["nonce"].(string)
	set := func(name, value string) url.Values {
		f := url.Values{"state": good["state"], "vp_token": good["vp_token"]}
		f.Set(name, value)
		return f
	}
	flipped := func(s string, at int) string {
		c := "A"
		if s[at] == 'A' {
			c = "B"
		}
		return s[:at] + c + s[at+1:]
	}
	one := h.shown(nonce, made.ClientID, "name")
	stolen, err := credential.Presenting{Disclose: []string{"name"}, Nonce: nonce, Audience: made.ClientID}.Present(h.held, h.company.Signer)
	require.NoError(t, err)
	issuerSays := strings.LastIndexByte(one, '~')
	longer := h.shown(nonce, made.ClientID, "name", "degree/grade")
	swapped := one[:issuerSays+1] + longer[strings.LastIndexByte(longer, '~')+1:]
	refused := 0
	for name, c := range map[string]struct {
		form  url.Values
		says  string
		count bool // among the answers that did not verify
	}{
		"no state":                    {url.Values{"vp_token": good["vp_token"]}, "state", false},
		"another request's state":     {set("state", theirs["state"].(string)), "state", false},
		"no token":                    {url.Values{"state": good["state"]}, "vp_token", true},
		"no JSON":                     {set("vp_token", one), "vp_token", true},
		"no array":                    {set("vp_token", `{"d":"x"}`), "vp_token", true},
		"none":                        {set("vp_token", h.token()), "0 presentations", true},
		"nothing of it":               {set("vp_token", "{}"), "lacks what is asked for", true},
		"two":                         {set("vp_token", h.token(one, one)), "2 presentations", true},
		"another id":                  {set("vp_token", `{"e":["x"]}`), "0 of them", true},
		"more":                        {set("vp_token", `{"d":["x~"],"e":["x~"]}`), "answers 2", true},
		"token and error":             {set("error", "access_denied"), "one is needed", true},
		"no credential":               {set("vp_token", h.token("x")), "no dc+sd-jwt", true},
		"no credential in its form":   {set("vp_token", h.token("x~")), "CREDENTIAL_MALFORMED", true},
		"without binding":             {set("vp_token", h.token(one[:issuerSays+1])), "HOLDER_UNPROVED", true},
		"another nonce":               {set("vp_token", h.token(h.shown(theirs["nonce"].(string), made.ClientID, "name"))), "CHALLENGE_MISMATCH", true},
		"another audience":            {set("vp_token", h.token(h.shown(nonce, h.company.DID, "name"))), "CHALLENGE_MISMATCH", true},
		"by somebody else":            {set("vp_token", h.token(stolen)), "HOLDER_UNPROVED", true},
		"less than asked for":         {set("vp_token", h.token(h.shown(nonce, made.ClientID, "degree/grade"))), "does not show", true},
		"another selection's binding": {set("vp_token", h.token(swapped)), "HOLDER_UNPROVED", true},
		"a forged signature":          {set("vp_token", h.token(flipped(one, strings.IndexByte(one, '~')-20))), "BAD_SIGNATURE", true},
		"a forged binding":            {set("vp_token", h.token(flipped(one, len(one)-20))), "BAD_SIGNATURE", true},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, raw := h.send(http.MethodPost, "/v1/presentation-requests/"+made.ID+"/response", "application/x-www-form-urlencoded", "", c.form.Encode())
			require.Equal(t, 400, status, "%s", raw)
			require.Equal(t, openid.InvalidRequest, decode[openid.Error](t, raw).Code)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.Contains(t, raw, c.says)
			if c.count {
				refused++
			}
			out := h.outcome(made.ID)
			require.Equal(t, asking.Open, out.State)
			require.Equal(t, refused, out.Refused)
		})
	}
	for name, media := range map[string]string{"JSON": "application/json", "nothing said": ""} {
		status, _, _ := h.send(http.MethodPost, "/v1/presentation-requests/"+made.ID+"/response", media, "", good.Encode())
		require.Equal(t, 400, status, name)
	}
	h.ledger.Gone = io.ErrUnexpectedEOF
	status, _, _ := h.send(http.MethodPost, "/v1/presentation-requests/"+made.ID+"/response", "application/x-www-form-urlencoded", "", good.Encode())
	require.Equal(t, 500, status)
	h.ledger.Gone = nil
	// None of it closed the request for the holder.
	status, _, raw := h.send(http.MethodPost, "/v1/presentation-requests/"+made.ID+"/response", "application/x-www-form-urlencoded", "", good.Encode())
	require.Equal(t, 200, status, "%s", raw)
	require.Equal(t, asking.Answered, h.outcome(made.ID).State)
	// Shown beyond what was asked for, but not beyond what the verifier may see: taken.
	grades := h.ask(aRequest([]any{"degree", "grade"}))
	full, _ := h.answer(grades, "degree/grade", "name")
	status, _, raw = h.send(http.MethodPost, "/v1/presentation-requests/"+grades.ID+"/response", "application/x-www-form-urlencoded", "", full.Encode())
	require.Equal(t, 200, status, raw)
	// A holder's software that does not look shows what the verifier may not see: refused in the report.
	offer := h.offer(issuing.NewOffer{Kind: "record", Claims: object{"record": object{"grade": "A"}}}).Offer
	got, err := h.wallet.Accept(t.Context(), &offer, "", "")
	require.NoError(t, err)
	h.held = got.Credential
	body := aRequest([]any{"record", "grade"})
	body["dcql_query"].(object)["credentials"].([]any)[0].(object)["meta"] = object{"vct_values": []any{"https://credentials.example/record"}}
	records := h.ask(body)
	blunt, _ := h.answer(records, "record/grade")
	status, _, raw = h.send(http.MethodPost, "/v1/presentation-requests/"+records.ID+"/response", "application/x-www-form-urlencoded", "", blunt.Encode())
	require.Equal(t, 400, status, raw)
	require.Contains(t, raw, "OVER_ASKING")
	out := h.outcome(records.ID)
	report := out.Reports["d"]
	require.Equal(t, "OVER_ASKING", report.Of(credential.Purpose).Code)
	require.Nil(t, report.Claims, "nor does the verifier read it in the report")
}

// A wallet refuses requests that a verifier should not have made, whatever gateway
// served them.
func TestWalletRefusesRequests(t *testing.T) {
	h := newHiring(t)
	now := time.Now().Unix()
	standing, err := json.Marshal(openid.Standing{Root: "education", Purpose: "hiring"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(o *openid.RequestObject)
		by     credential.Signer
		typ    string
		want   string
	}{
		"as it should be": {want: ""},
		"more than registered": {change: func(o *openid.RequestObject) {
			raw, err := json.Marshal(query(paths([]any{"birthdate"})))
			require.NoError(t, err)
			o.Query = raw
		}, want: "OVER_ASKING"},
		"for another purpose": {change: func(o *openid.RequestObject) {
			o.Info[0].Data = []byte(`{"root":"education","purpose":"marketing"}`)
		}, want: "NOT_ACCREDITED"},
		"by nobody's word":        {change: func(o *openid.RequestObject) { o.Info = nil }, want: "BAD_PRESENTATION_REQUEST"},
		"by another's key":        {by: h.issuer.Signer, want: "BAD_PRESENTATION_REQUEST"},
		"signed by a stranger":    {by: credential.Signer{Key: h.issuer.Key, Kid: h.company.Signer.Kid}, want: "BAD_SIGNATURE"},
		"another typ":             {typ: "JWT", want: "CREDENTIAL_UNSUPPORTED"},
		"another client":          {change: func(o *openid.RequestObject) { o.ClientID = openid.ByDID + h.issuer.DID }, want: "BAD_PRESENTATION_REQUEST"},
		"another prefix":          {change: func(o *openid.RequestObject) { o.ClientID = "redirect_uri:https://v.example" }, want: "BAD_PRESENTATION_REQUEST"},
		"another response type":   {change: func(o *openid.RequestObject) { o.ResponseType = "id_token" }, want: "BAD_PRESENTATION_REQUEST"},
		"another response mode":   {change: func(o *openid.RequestObject) { o.ResponseMode = "fragment" }, want: "BAD_PRESENTATION_REQUEST"},
		"no nonce":                {change: func(o *openid.RequestObject) { o.Nonce = "" }, want: "BAD_PRESENTATION_REQUEST"},
		"for another audience":    {change: func(o *openid.RequestObject) { o.Audience = "https://w.example" }, want: "BAD_PRESENTATION_REQUEST"},
		"of the past":             {change: func(o *openid.RequestObject) { o.Expires = now - 1 }, want: "BAD_PRESENTATION_REQUEST"},
		"answered in the clear":   {change: func(o *openid.RequestObject) { o.ResponseURI = "http://v.example/answer" }, want: "BAD_PRESENTATION_REQUEST"},
		"a query of another form": {change: func(o *openid.RequestObject) { o.Query = []byte(`{"credentials":{}}`) }, want: "BAD_QUERY"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openid.NewRequestObject(h.company.DID)
			o.Nonce, o.State, o.Issued, o.Expires, o.ResponseURI = "n", "s", now, now+60, h.url+"/answer"
			o.Info = []openid.VerifierInfo{{Format: "other", Data: []byte(`"x"`)}, {Format: openid.Accreditation, Data: standing}}
			raw, err := json.Marshal(query(paths([]any{"name"})))
			require.NoError(t, err)
			o.Query = raw
			if c.typ == "" {
				c.typ = openid.TypRequest
			}
			if c.by.Key == nil {
				c.by = h.company.Signer
			}
			o.Info = o.Info[1:]
			if c.change != nil {
				c.change(&o)
			}
			signed, err := credential.SignToken(c.typ, o, c.by, false)
			require.NoError(t, err)
			r, err := h.serve(t, signed, openid.ByDID+h.company.DID)
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, h.company.DID, r.Verifier)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// serve has the wallet fetch a request object from somewhere.
func (h *hiring) serve(t *testing.T, object, client string) (*openid.Request, error) {
	t.Helper()
	w := *h.wallet
	w.HTTP = &http.Client{Transport: always(object)}
	return w.Request(t.Context(), "openid4vp://?"+url.Values{"client_id": {client}, "request_uri": {"https://verifier.example/r"}}.Encode())
}

// always answers every request by the same body.
type always string

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}
