// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/openid"
	"github.com/komsco/trust-platform/gateway/signin"
)

const diploma = "https://credentials.example/diploma"

// office is a gateway that issues for a university, over the real identity contract in
// memory, with a graduate who has a wallet.
type office struct {
	t        *testing.T
	ledger   *gatewaytest.Identities
	api      *rest.API
	door     *doorkeeper.Doorkeeper
	url      string
	issuer   *gatewaytest.Subject
	holder   *gatewaytest.Subject
	verifier *credential.Verifier
	wallet   *openid.Wallet
	skew     time.Duration // of the gateway's clock
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return newOfficeOn(t, gatewaytest.NewIdentities(t))
}

func newOfficeOn(t *testing.T, l *gatewaytest.Identities) *office {
	t.Helper()
	l.At(time.Now().Add(-time.Hour))
	o := &office{t: t, ledger: l, issuer: l.Born("ES256", identity.UnlockNone), holder: l.Born("ES256", identity.UnlockPIN), api: rest.New(nil)}
	server := httptest.NewServer(o.api)
	t.Cleanup(server.Close)
	o.url = server.URL
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	o.door, err = doorkeeper.New(server.URL, key, l)
	require.NoError(t, err)
	now := func() time.Time { return time.Now().Add(o.skew) }
	o.verifier = &credential.Verifier{Ledger: l, Now: now}
	i, err := issuing.New(issuing.Options{
		Party: party.Party{URL: server.URL, Signer: o.issuer.Signer, Verifier: o.verifier, Now: now, Clients: []string{"did:example:registrar"}},
		Kinds: []issuing.Kind{
			{ID: "diploma", Type: diploma, Name: "Diploma", Disclosable: []string{"name", "degree/grade"}, Life: 24 * time.Hour},
			{ID: "card", Type: "https://credentials.example/card"},
			{ID: "record", Type: "https://credentials.example/record", Disclosable: []string{"record", "record/grade"}},
		},
	})
	require.NoError(t, err)
	o.api.WithIdentity(rest.Identity{Ledger: l, Registries: l}).WithSignIn(o.door).WithIssuing(i)
	o.wallet = &openid.Wallet{Verifier: &credential.Verifier{Ledger: l}, Holder: o.holder.Signer}
	return o
}

// signIn is a token of a subject for the gateway itself.
func (o *office) signIn(s *gatewaytest.Subject) string {
	o.t.Helper()
	c, err := o.door.Challenge(o.url, "")
	require.NoError(o.t, err)
	answer, err := signin.Answer(s.Signer, signin.Response{Audience: o.url, Challenge: c.Challenge})
	require.NoError(o.t, err)
	token, _, err := o.door.Token(o.t.Context(), answer)
	require.NoError(o.t, err)
	return token
}

// send sends a body as it is.
func (o *office) send(method, path, media, bearer, body string) (int, http.Header, string) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	require.NoError(o.t, err)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(o.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(o.t, err)
	return res.StatusCode, res.Header, string(raw)
}

func (o *office) sendJSON(path, bearer string, body any) (int, http.Header, string) {
	o.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(o.t, err)
	return o.send(http.MethodPost, path, "application/json", bearer, string(raw))
}

func (o *office) offer(n issuing.NewOffer) issuing.Made {
	o.t.Helper()
	status, header, raw := o.sendJSON("/v1/issuance/offers", o.signIn(o.issuer), n)
	require.Equal(o.t, http.StatusCreated, status, "%s", raw)
	require.Equal(o.t, "no-store", header.Get("Cache-Control"))
	return decode[issuing.Made](o.t, raw)
}

func aDiploma() issuing.NewOffer {
	return issuing.NewOffer{Kind: "diploma", Claims: object{"name": "Minji", "degree": object{"name": "BSc", "grade": "A"}}}
}

func TestWalletTakesAnOffer(t *testing.T) {
	o := newOffice(t)
	stranger := o.ledger.Born("EdDSA", identity.UnlockNone)
	own, public := gatewaytest.NewKey("EdDSA")
	byKey, err := credential.NewSigner(own)
	require.NoError(t, err)
	k1, _ := gatewaytest.NewKey("ES256K")
	byK1, err := credential.NewSigner(k1)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		wallet openid.Wallet
		change func(*issuing.NewOffer)
		value  bool // the offer travels itself, not by its URL
		check  func(credential.Report)
	}{
		"by did:komsco": {wallet: *o.wallet, check: func(r credential.Report) {
			require.Equal(t, object{"kid": o.holder.DID}, r.Claims["cnf"])
		}},
		"by value, for this holder, with a second code": {wallet: *o.wallet, value: true, change: func(n *issuing.NewOffer) {
			n.Holder, n.TxCode = o.holder.DID, true
		}},
		"by did:key": {wallet: openid.Wallet{Verifier: o.wallet.Verifier, Holder: byKey}, check: func(r credential.Report) {
			require.Equal(t, public.JWK().X, r.Claims["cnf"].(object)["jwk"].(object)["x"])
		}},
		"by a key alone":           {wallet: openid.Wallet{Verifier: o.wallet.Verifier, Holder: byKey, KeyAlong: true}},
		"by a secp256k1 key alone": {wallet: openid.Wallet{Verifier: o.wallet.Verifier, Holder: byK1, KeyAlong: true}},
		"by a did:komsco's key alone": {wallet: openid.Wallet{Verifier: o.wallet.Verifier, Holder: stranger.Signer, KeyAlong: true}, check: func(r credential.Report) {
			raw, err := json.Marshal(r)
			require.NoError(t, err)
			require.NotContains(t, string(raw), stranger.DID)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := aDiploma()
			if c.change != nil {
				c.change(&n)
			}
			made := o.offer(n)
			require.Equal(t, n.TxCode, made.TxCode != "")
			link := made.Link
			if c.value {
				link, err = made.Offer.Link()
				require.NoError(t, err)
			}
			offer, err := c.wallet.Offer(t.Context(), link)
			require.NoError(t, err)
			got, err := c.wallet.Accept(t.Context(), offer, "", made.TxCode)
			require.NoError(t, err)
			require.True(t, got.Report.Verified)
			require.Equal(t, o.issuer.DID, got.Report.Issuer)
			require.Equal(t, diploma, got.Report.Claims["vct"])
			paths, err := credential.Disclosures(got.Credential)
			require.NoError(t, err)
			require.Equal(t, []string{"degree/grade", "name"}, paths)
			if c.check != nil {
				c.check(got.Report)
			}
			_, err = c.wallet.Accept(t.Context(), offer, "", made.TxCode)
			require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidGrant}, "an offer serves once")
			if !c.value {
				_, err = c.wallet.Offer(t.Context(), link)
				require.ErrorContains(t, err, "NOT_OFFERED")
			}
		})
	}
}

// Numbers beyond what a double holds are signed, and asked for, as they were sent.
func TestNumbersAsWritten(t *testing.T) {
	const number = json.Number("9007199254740993")
	h := newHiring(t)
	n := aDiploma()
	n.Claims["number"], n.Claims["mean"] = number, json.Number("3.10")
	offer := h.offer(n).Offer
	got, err := h.wallet.Accept(t.Context(), &offer, "", "")
	require.NoError(t, err)
	require.Equal(t, number, got.Report.Claims["number"])
	require.Equal(t, json.Number("3.10"), got.Report.Claims["mean"])
	body := aRequest()
	body["dcql_query"] = query([]any{object{"path": []any{"degree", "grade"}, "values": []any{number}}})
	r, err := h.wallet.Request(t.Context(), h.ask(body).Link)
	require.NoError(t, err)
	require.Equal(t, []any{number}, r.Query.Credentials[0].Claims[0].Values)
}

func TestCredentialOutlivesARotation(t *testing.T) {
	o := newOffice(t)
	offer := o.offer(aDiploma()).Offer
	got, err := o.wallet.Accept(t.Context(), &offer, "diploma", "")
	require.NoError(t, err)
	o.holder.Rotate("EdDSA", identity.UnlockBiometric)
	shown, err := credential.Presenting{Nonce: "n", Audience: "a"}.Present(got.Credential, o.holder.Signer)
	require.NoError(t, err)
	r, err := o.verifier.Presentation(t.Context(), shown, credential.Demand{Challenge: "n", Domain: "a", Unlock: identity.UnlockBiometric})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	// An issuer's key that was rotated away does not go on issuing.
	o.wallet.Holder = o.holder.Signer
	o.issuer.Rotate("ES256", identity.UnlockNone)
	offer = o.offer(aDiploma()).Offer
	_, err = o.wallet.Accept(t.Context(), &offer, "diploma", "")
	require.ErrorIs(t, err, &openid.Error{Code: openid.RequestDenied})
}

func TestOffersRefuse(t *testing.T) {
	o := newOffice(t)
	other := o.ledger.Born("ES256", identity.UnlockNone)
	for name, c := range map[string]struct {
		by     *gatewaytest.Subject
		change func(*issuing.NewOffer)
		status int
		code   string
	}{
		"nobody":                           {nil, nil, 401, "CLIENT_UNKNOWN"},
		"somebody else":                    {other, nil, 403, "CLIENT_REFUSED"},
		"another kind":                     {o.issuer, func(n *issuing.NewOffer) { n.Kind = "degree" }, 404, "NOT_OFFERED"},
		"of the past":                      {o.issuer, func(n *issuing.NewOffer) { n.Expires = 1 }, 400, "BAD_OFFER"},
		"beyond a day":                     {o.issuer, func(n *issuing.NewOffer) { n.Expires = time.Now().Unix() + 90_000 }, 400, "BAD_OFFER"},
		"a holder without DID":             {o.issuer, func(n *issuing.NewOffer) { n.Holder = "minji" }, 400, "BAD_OFFER"},
		"a claim left out":                 {o.issuer, func(n *issuing.NewOffer) { delete(n.Claims, "name") }, 400, "BAD_OFFER"},
		"a claim of the issuer's software": {o.issuer, func(n *issuing.NewOffer) { n.Claims["vct"] = "x" }, 400, "BAD_OFFER"},
		"too many claims":                  {o.issuer, func(n *issuing.NewOffer) { n.Claims["long"] = strings.Repeat("x", 66_000) }, 400, "BAD_OFFER"},
	} {
		t.Run(name, func(t *testing.T) {
			n, bearer := aDiploma(), ""
			if c.change != nil {
				c.change(&n)
			}
			if c.by != nil {
				bearer = o.signIn(c.by)
			}
			status, header, raw := o.sendJSON("/v1/issuance/offers", bearer, n)
			require.Equal(t, c.status, status, "%s", raw)
			require.Contains(t, raw, c.code)
			if status == 401 {
				require.Contains(t, header.Get("WWW-Authenticate"), "Bearer")
			}
		})
	}
	status, _, raw := o.sendJSON("/v1/issuance/offers", "a.b.c", aDiploma())
	require.Equal(t, 400, status, "%s", raw)
	for _, method := range []string{"/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server", "/v1/issuance/offers/x"} {
		server := httptest.NewServer(rest.New(nil))
		res, err := http.Get(server.URL + method) //nolint:noctx // a test
		require.NoError(t, err)
		require.Equal(t, 404, res.StatusCode)
		require.NoError(t, res.Body.Close())
		server.Close()
	}
}

func TestTokenErrors(t *testing.T) {
	o := newOffice(t)
	good := url.Values{"grant_type": {openid.GrantPreAuthorized}, "pre-authorized_code": {"?"}}
	for name, c := range map[string]struct {
		body  func(code string) string
		media string
		want  string
	}{
		"JSON":            {func(string) string { return `{}` }, "application/json", openid.InvalidRequest},
		"nothing":         {func(string) string { return "" }, "", openid.InvalidRequest},
		"no form":         {func(string) string { return "%zz" }, "", openid.InvalidRequest},
		"twice":           {func(code string) string { return good.Encode() + "&grant_type=x" }, "", openid.InvalidRequest},
		"no grant type":   {func(code string) string { return "pre-authorized_code=" + code }, "", openid.InvalidRequest},
		"another grant":   {func(code string) string { return "grant_type=authorization_code&code=" + code }, "", openid.UnsupportedGrantType},
		"no code":         {func(string) string { return "grant_type=" + openid.GrantPreAuthorized }, "", openid.InvalidRequest},
		"an unknown code": {func(string) string { return good.Encode() }, "", openid.InvalidGrant},
		"a second code that is not expected": {func(code string) string {
			return "grant_type=" + openid.GrantPreAuthorized + "&pre-authorized_code=" + code + "&tx_code=1"
		}, "", openid.InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			if c.media == "" {
				c.media = "application/x-www-form-urlencoded"
			}
			code := o.offer(aDiploma()).Offer.Grants.PreAuthorized.Code
			status, header, raw := o.send(http.MethodPost, "/v1/issuance/token", c.media, "", c.body(code))
			require.Equal(t, 400, status, "%s", raw)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.Equal(t, "application/json", header.Get("Content-Type"))
			require.Equal(t, c.want, decode[openid.Error](t, raw).Code, "%s", raw)
		})
	}
	t.Run("a second code is guessed", func(t *testing.T) {
		n := aDiploma()
		n.TxCode = true
		made := o.offer(n)
		_, err := o.wallet.Accept(t.Context(), &made.Offer, "", "")
		require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidRequest})
		wrong := "000000"
		if made.TxCode == wrong {
			wrong = "000001"
		}
		for range 5 {
			_, err = o.wallet.Accept(t.Context(), &made.Offer, "", wrong)
			require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidGrant})
		}
		_, err = o.wallet.Accept(t.Context(), &made.Offer, "", made.TxCode)
		require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidGrant}, "five are enough")
	})
	t.Run("too late", func(t *testing.T) {
		made := o.offer(aDiploma())
		o.skew = issuing.OfferLife
		defer func() { o.skew = 0 }()
		_, err := o.wallet.Accept(t.Context(), &made.Offer, "", "")
		require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidGrant})
	})
}

// access exchanges a new offer's code.
func (o *office) access(n issuing.NewOffer) string {
	o.t.Helper()
	form := url.Values{"grant_type": {openid.GrantPreAuthorized}, "pre-authorized_code": {o.offer(n).Offer.Grants.PreAuthorized.Code}}
	status, _, raw := o.send(http.MethodPost, "/v1/issuance/token", "application/x-www-form-urlencoded", "", form.Encode())
	require.Equal(o.t, 200, status, "%s", raw)
	return decode[openid.Access](o.t, raw).Token
}

func (o *office) nonce() string {
	o.t.Helper()
	status, header, raw := o.send(http.MethodPost, "/v1/issuance/nonce", "", "", "")
	require.Equal(o.t, 200, status, "%s", raw)
	require.Equal(o.t, "no-store", header.Get("Cache-Control"))
	return decode[openid.Nonce](o.t, raw).Nonce
}

func (o *office) proof(claims object, typ string, by credential.Signer) string {
	o.t.Helper()
	proof, err := credential.SignToken(typ, claims, by, false)
	require.NoError(o.t, err)
	return proof
}

func TestCredentialErrors(t *testing.T) {
	o := newOffice(t)
	now := time.Now().Unix()
	request := func(change func(claims, body object)) object {
		claims := object{"aud": o.url, "iat": now, "nonce": o.nonce()}
		body := object{"credential_configuration_id": "diploma"}
		if change != nil {
			change(claims, body)
		}
		if _, there := body["proofs"]; !there {
			body["proofs"] = object{"jwt": []string{o.proof(claims, openid.TypProof, o.holder.Signer)}}
		}
		return body
	}
	stranger := o.ledger.Born("ES256", identity.UnlockNone)
	old := o.ledger.Born("ES256", identity.UnlockNone)
	rotated := old.Signer
	old.Rotate("ES256", identity.UnlockNone)
	forged := func(claims object) string {
		p := o.proof(claims, openid.TypProof, o.holder.Signer)
		at := len(p) - 20
		c := "A"
		if p[at] == 'A' {
			c = "B"
		}
		return p[:at] + c + p[at+1:]
	}
	by := func(s credential.Signer) func(claims, body object) {
		return func(claims, body object) {
			body["proofs"] = object{"jwt": []string{o.proof(claims, openid.TypProof, s)}}
		}
	}
	claim := func(name string, v any) func(claims, _ object) {
		return func(claims, _ object) {
			if claims[name] = v; v == nil {
				delete(claims, name)
			}
		}
	}
	member := func(name string, v any) func(_, body object) {
		return func(_, body object) {
			if body[name] = v; v == nil {
				delete(body, name)
			}
		}
	}
	token := o.access(aDiploma())
	for name, c := range map[string]struct {
		change func(claims, body object)
		want   string
	}{
		"no configuration":           {member("credential_configuration_id", nil), openid.InvalidCredentialRequest},
		"a number for it":            {member("credential_configuration_id", 7), openid.InvalidCredentialRequest},
		"an unknown configuration":   {member("credential_configuration_id", "degree"), openid.UnknownConfiguration},
		"one that was not offered":   {member("credential_configuration_id", "card"), openid.InvalidCredentialRequest},
		"both names":                 {member("credential_identifier", "x"), openid.InvalidCredentialRequest},
		"an identifier":              {func(_, b object) { delete(b, "credential_configuration_id"); b["credential_identifier"] = "x" }, openid.UnknownIdentifier},
		"encryption":                 {member("credential_response_encryption", object{"jwk": object{}, "enc": "A128GCM"}), openid.InvalidEncryption},
		"no proofs":                  {member("proofs", object{}), openid.InvalidProof},
		"an empty list":              {member("proofs", object{"jwt": []string{}}), openid.InvalidProof},
		"another kind of proof":      {member("proofs", object{"di_vp": []string{"x"}}), openid.InvalidProof},
		"two proofs":                 {member("proofs", object{"jwt": []string{"x", "y"}}), openid.InvalidProof},
		"a proof of older drafts":    {member("proof", object{"proof_type": "jwt", "jwt": "x"}), openid.InvalidProof},
		"no JWS":                     {member("proofs", object{"jwt": []string{"x"}}), openid.InvalidProof},
		"another typ":                {func(c, b object) { b["proofs"] = object{"jwt": []string{o.proof(c, "JWT", o.holder.Signer)}} }, openid.InvalidProof},
		"forged":                     {func(c, b object) { b["proofs"] = object{"jwt": []string{forged(c)}} }, openid.InvalidProof},
		"by a key that was rotated":  {by(rotated), openid.InvalidProof},
		"in another's name":          {by(credential.Signer{Key: stranger.Key, Kid: o.holder.Signer.Kid}), openid.InvalidProof},
		"by an unknown DID":          {by(credential.Signer{Key: stranger.Key, Kid: "did:komsco:z6Mk" + strings.Repeat("a", 40) + "#k"}), openid.InvalidProof},
		"for another issuer":         {claim("aud", "https://other.example"), openid.InvalidProof},
		"for two":                    {claim("aud", []string{o.url, "x"}), openid.InvalidProof},
		"no audience":                {claim("aud", nil), openid.InvalidProof},
		"no time":                    {claim("iat", nil), openid.InvalidProof},
		"a time as text":             {claim("iat", "now"), openid.InvalidProof},
		"of an hour ago":             {claim("iat", now-3600), openid.InvalidProof},
		"of an hour to come":         {claim("iat", now+3600), openid.InvalidProof},
		"a client's name":            {claim("iss", "wallet"), openid.InvalidProof},
		"no nonce":                   {claim("nonce", nil), openid.InvalidProof},
		"a nonce of somebody else's": {claim("nonce", "n-0S6_WzA2Mj"), openid.InvalidNonce},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, raw := o.sendJSON("/v1/issuance/credential", token, request(c.change))
			require.Equal(t, 400, status, "%s", raw)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.Equal(t, c.want, decode[openid.Error](t, raw).Code, "%s", raw)
		})
	}
	for name, body := range map[string]string{"nothing": "", "an array": "[]", "twice": `{"proofs":{},"proofs":{}}`, "broken": `{"proofs":`} {
		status, _, raw := o.send(http.MethodPost, "/v1/issuance/credential", "application/json", token, body)
		require.Equal(t, 400, status, "%s: %s", name, raw)
		require.Equal(t, openid.InvalidCredentialRequest, decode[openid.Error](t, raw).Code, "%s: %s", name, raw)
	}
	for name, bad := range map[string]string{"none": "", "unknown": "abc", "that of a sign-in": o.signIn(o.issuer)} {
		status, header, raw := o.sendJSON("/v1/issuance/credential", bad, request(nil))
		require.Equal(t, 401, status, name)
		require.Equal(t, openid.InvalidToken, decode[openid.Error](t, raw).Code)
		require.Equal(t, `Bearer error="invalid_token"`, header.Get("WWW-Authenticate"))
	}
	// None of it cost the holder the offer: the token still serves, once, for one of many at a time.
	bodies := [][]byte{}
	for range 8 {
		raw, err := json.Marshal(request(nil))
		require.NoError(t, err)
		bodies = append(bodies, raw)
	}
	statuses := make([]int, len(bodies))
	var all sync.WaitGroup
	for i, body := range bodies {
		all.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+"/v1/issuance/credential", bytes.NewReader(body))
			if err != nil {
				return
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			if res, err := http.DefaultClient.Do(r); err == nil {
				statuses[i] = res.StatusCode
				_ = res.Body.Close()
			}
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, s := range statuses {
		count[s]++
	}
	require.Equal(t, map[int]int{200: 1, 401: 7}, count)

	t.Run("a nonce serves once", func(t *testing.T) {
		once := o.nonce()
		first, second := o.access(aDiploma()), o.access(aDiploma())
		status, _, raw := o.sendJSON("/v1/issuance/credential", first, request(claim("nonce", once)))
		require.Equal(t, 200, status, "%s", raw)
		status, _, raw = o.sendJSON("/v1/issuance/credential", second, request(claim("nonce", once)))
		require.Equal(t, 400, status)
		require.Equal(t, openid.InvalidNonce, decode[openid.Error](t, raw).Code)
	})
	t.Run("for another holder", func(t *testing.T) {
		n := aDiploma()
		n.Holder = stranger.DID
		status, _, raw := o.sendJSON("/v1/issuance/credential", o.access(n), request(nil))
		require.Equal(t, 400, status)
		require.Equal(t, openid.RequestDenied, decode[openid.Error](t, raw).Code)
	})
	t.Run("the ledger is gone", func(t *testing.T) {
		again := o.access(aDiploma())
		o.ledger.Gone = io.ErrUnexpectedEOF
		status, _, raw := o.sendJSON("/v1/issuance/credential", again, request(nil))
		o.ledger.Gone = nil
		require.Equal(t, 500, status, "%s", raw)
		status, _, raw = o.sendJSON("/v1/issuance/credential", again, request(nil))
		require.Equal(t, 200, status, "%s", raw)
	})
	t.Run("too late", func(t *testing.T) {
		again := o.access(aDiploma())
		o.skew = 6 * time.Minute
		defer func() { o.skew = 0 }()
		status, _, _ := o.sendJSON("/v1/issuance/credential", again, request(nil))
		require.Equal(t, 401, status)
	})
}
