// SPDX-License-Identifier: Apache-2.0

package openid_test

import (
	"crypto/ed25519"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/openid"
)

type always string

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// Whatever a request object says, signed by its verifier: the wallet takes it or says
// why not, and takes none without a nonce, or to be answered in the clear.
func FuzzRequestObject(f *testing.F) {
	signer, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(f, err)
	verifier, _, _ := strings.Cut(signer.Kid, "#")
	client := openid.ByDID + verifier
	f.Add(`{"client_id":"` + client + `","response_type":"vp_token","response_mode":"direct_post","response_uri":"https://v.example/r","nonce":"n","state":"s",` +
		`"dcql_query":{"credentials":[{"id":"d","format":"dc+sd-jwt","meta":{"vct_values":["card"]}}]},"verifier_info":[{"format":"x","data":{}}]}`)
	f.Add(`{"client_id":7}`)
	f.Fuzz(func(t *testing.T, said string) {
		claims, err := credential.DecodeObject([]byte(said))
		if err != nil {
			return
		}
		object, err := credential.SignToken(openid.TypRequest, claims, signer, false)
		if err != nil {
			return
		}
		w := openid.Wallet{HTTP: &http.Client{Transport: always(object)}, Verifier: &credential.Verifier{}, AnyVerifier: true, Holder: signer}
		r, err := w.Request(t.Context(), "openid4vp://?"+url.Values{"client_id": {client}, "request_uri": {"https://v.example/o"}}.Encode())
		if err != nil {
			return
		}
		require.Equal(t, verifier, r.Verifier)
		require.NotEmpty(t, claims["nonce"])
		require.NoError(t, openid.CheckURL(claims["response_uri"].(string)))
	})
}

// Whatever a link says, nobody having signed it: the wallet answers to whom the link names as
// its client, over TLS or to this machine, or not at all.
func FuzzRequestLink(f *testing.F) {
	const query = `{"credentials":[{"id":"d","format":"dc+sd-jwt","meta":{"vct_values":["card"]}}]}`
	key := `{"jwks":{"keys":[{"kty":"EC","crv":"P-256","alg":"ECDH-ES","use":"enc","kid":"a","x":"YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk",` +
		`"y":"Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk"}]}}`
	f.Add("redirect_uri:https://v.example/r", "https://v.example/r", "direct_post.jwt", query, key)
	f.Add("redirect_uri:https://v.example/r", "", "direct_post", query, "")
	f.Add("redirect_uri:http://v.example/r", "", "direct_post", query, `{"jwks":{"keys":[7]},"encrypted_response_enc_values_supported":["A128GCM"]}`)
	f.Fuzz(func(t *testing.T, client, to, mode, query, metadata string) {
		sent := ""
		w := openid.Wallet{
			HTTP:     &http.Client{Transport: secure{sentTo{&sent}}},
			Verifier: &credential.Verifier{}, AnyVerifier: true,
		}
		q := url.Values{"client_id": {client}, "response_mode": {mode}, "response_type": {"vp_token"}, "nonce": {"n"}, "dcql_query": {query}}
		for name, v := range map[string]string{"response_uri": to, "client_metadata": metadata} {
			if v != "" {
				q.Set(name, v)
			}
		}
		r, err := w.Request(t.Context(), "openid4vp://?"+q.Encode())
		if err != nil {
			return
		}
		require.Equal(t, client, openid.ByResponse+r.AnswerTo)
		require.NoError(t, w.Decline(t.Context(), r))
		require.Equal(t, mode == openid.DirectPostJWT, strings.HasPrefix(sent, "response="), sent)
	})
}

// sentTo keeps what is sent, and answers that it was taken.
type sentTo struct{ body *string }

func (s sentTo) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	*s.body = string(raw)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func TestRequestLinksThatAreNone(t *testing.T) {
	w := openid.Wallet{Verifier: &credential.Verifier{}}
	for name, link := range map[string]string{
		"nothing": "openid4vp://", "no client": "openid4vp://?request_uri=https%3A%2F%2Fv.example", "twice": "openid4vp://?client_id=a&client_id=b&request_uri=x",
		"in the clear": "openid4vp://?client_id=a&request_uri=http%3A%2F%2Fv.example%2F", "no link": "%zz",
	} {
		_, err := w.Request(t.Context(), link)
		require.Error(t, err, name)
	}
}
