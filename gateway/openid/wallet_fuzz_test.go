// SPDX-License-Identifier: Apache-2.0

package openid_test

import (
	"crypto/ed25519"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/openid"
)

// byPath answers by the last part of a request's path.
type byPath struct {
	status  int
	media   string
	answers map[string]string
}

func (b byPath) RoundTrip(r *http.Request) (*http.Response, error) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(b.answers[name])), Request: r}
	if name == "credential" {
		res.StatusCode = b.status
		res.Header.Set("Content-Type", b.media)
	}
	return res, nil
}

// Whatever an issuer answers, the wallet takes no credential that does not verify, and
// goes nowhere but over TLS or to this machine.
func FuzzIssuerAnswers(f *testing.F) {
	signer, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(f, err)
	const (
		issuer = `{"credential_issuer":"https://i.example","credential_endpoint":"https://i.example/credential","nonce_endpoint":"https://i.example/nonce",` +
			`"credential_configurations_supported":{"card":{"format":"dc+sd-jwt","vct":"card"}}}`
		server = `{"issuer":"https://i.example","token_endpoint":"https://i.example/token"}`
		token  = `{"access_token":"x","token_type":"bearer","expires_in":1}`
		nonce  = `{"c_nonce":"n"}`
	)
	f.Add(issuer, server, token, nonce, `{"credentials":[{"credential":"a.b.c~"}]}`, 200)
	f.Add(issuer, server, token, nonce, `{"error":"invalid_proof","error_description":"no"}`, 400)
	f.Add(issuer, server, token, nonce, `{"code":"NOT_OFFERED","detail":"no"}`, 404)
	f.Add(`{"credential_issuer":"https://i.example","authorization_servers":["https://s.example"]}`, `{}`, `[]`, `{"c_nonce":7}`, `{"credentials":[]}`, 503)
	offer, err := openid.DecodeOffer([]byte(strings.Replace(anOffer, "https://issuer.example", "https://i.example", 1)))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, issuer, server, token, nonce, issued string, status int) {
		if status < 200 || status > 599 {
			return
		}
		b := byPath{status, "application/json", map[string]string{
			"openid-credential-issuer": issuer, "oauth-authorization-server": server, "token": token, "nonce": nonce, "credential": issued,
		}}
		w := openid.Wallet{HTTP: &http.Client{Transport: secure{b}}, Verifier: &credential.Verifier{}, Holder: signer}
		_, err := w.Accept(t.Context(), offer, "", "")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "in the clear")
	})
}

// secure fails what would go in the clear.
type secure struct{ http.RoundTripper }

func (s secure) RoundTrip(r *http.Request) (*http.Response, error) {
	if host := r.URL.Hostname(); r.URL.Scheme != "https" && host != "localhost" && host != "127.0.0.1" {
		panic("asked in the clear: " + r.URL.String())
	}
	return s.RoundTripper.RoundTrip(r)
}

// What passes as a URL to send secrets to is https, or this machine.
func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"https://a.example/x?y", "http://127.0.0.1:8080", "http://localhost", "http://a.example", "https://u@a.example", "https://[::1]/", "http://localhost.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if openid.CheckURL(s) != nil {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s, nil)
		if err != nil {
			return
		}
		host := r.URL.Hostname()
		require.True(t, r.URL.Scheme == "https" || host == "localhost" || host == "127.0.0.1", "%s", s)
		require.NotEmpty(t, host, "%q", s)
		_, _ = openid.WellKnown(s, "x")
	})
}
