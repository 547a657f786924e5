// SPDX-License-Identifier: Apache-2.0

//go:build interop

package interop_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/openid"
)

// A wallet of other people's libraries takes our offers and answers our requests.
func TestWallets(t *testing.T) {
	s := newSite(t)
	s.Multikey = false // sd-jwt's verifier takes the JSON Web Key of the document
	const diploma = "https://credentials.example/diploma"
	ministry, issuer := s.Born("ES256", identity.UnlockNone), s.Born("ES256", identity.UnlockNone)
	company, holder := s.Born("ES256", identity.UnlockNone), s.Born("ES256", identity.UnlockPIN)
	s.OpenRoot("education", ministry.DID)
	ministry.Tell(identity.Accredit{
		V: 1, Network: gatewaytest.Registry.Network, Channel: gatewaytest.Registry.Channel, Chaincode: gatewaytest.Registry.Chaincode,
		Root: "education", Schema: identity.Any, Region: identity.Any, From: 1, Until: time.Now().Add(time.Hour).Unix(),
		Standing: identity.Verifier, Subject: company.DID, Purpose: "hiring", Attributes: []string{"given_name", "grade"},
	})
	s.At(time.Now())
	api := rest.New(nil).WithIdentity(rest.Identity{Ledger: s, Resolver: resolver.Resolver{Ledger: s}, Registries: s})
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	door, err := doorkeeper.New(server.URL, key, s)
	require.NoError(t, err)
	i, err := issuing.New(issuing.Options{
		Party: party.Party{URL: server.URL, Signer: issuer.Signer, Verifier: &s.verifier},
		Kinds: []issuing.Kind{{ID: "diploma", Type: diploma, Name: "Diploma", Disclosable: []string{"given_name", "degree/grade"}}},
	})
	require.NoError(t, err)
	a, err := asking.New(party.Party{URL: server.URL, Signer: company.Signer, Verifier: &s.verifier})
	require.NoError(t, err)
	api.WithSignIn(door).WithIssuing(i).WithAsking(a)
	offer := func(txCode bool) issuing.Made {
		made, err := i.Offer(t.Context(), issuer.DID, issuing.NewOffer{
			Kind: "diploma", TxCode: txCode, Claims: object{"given_name": "Minji", "degree": object{"name": "BSc", "grade": "A"}},
		})
		require.NoError(t, err)
		return made
	}
	secretKey := privateJWK(t, s, holder)
	accept := func(link string, more object) object {
		args := object{"endpoint": s.endpoint, "link": link, "key": secretKey}
		for k, v := range more {
			args[k] = v
		}
		return args
	}
	var byKey string
	t.Run("openid4vci takes an offer by reference, for its key", func(t *testing.T) {
		byKey = accepts[string](t, "vci accept", accept(offer(false).Link, nil))
		r := s.verified(t, byKey)
		require.Equal(t, issuer.DID, r.Issuer)
		require.Equal(t, secretKey["x"], r.Claims["cnf"].(object)["jwk"].(object)["x"])
	})
	t.Run("openid4vci takes an offer by value, with a second code, for a DID", func(t *testing.T) {
		made := offer(true)
		link, err := made.Offer.Link()
		require.NoError(t, err)
		got := accepts[string](t, "vci accept", accept(link, object{"txCode": made.TxCode, "kid": holder.Signer.Kid}))
		require.Equal(t, object{"kid": holder.DID}, s.verified(t, got).Claims["cnf"])
	})
	for name, more := range map[string]object{
		"a nonce of its own":    {"nonce": "mine"},
		"another typ":           {"typ": "JWT"},
		"a DID of somebody":     {"kid": company.Signer.Kid},
		"a second code unasked": {"txCode": "123456"},
	} {
		t.Run("refused from openid4vci: "+name, func(t *testing.T) { refuses(t, "vci accept", accept(offer(false).Link, more)) })
	}
	t.Run("refused from openid4vci: an offer that served", func(t *testing.T) {
		made := offer(false)
		link, err := made.Offer.Link()
		require.NoError(t, err)
		accepts[string](t, "vci accept", accept(link, nil))
		refuses(t, "vci accept", accept(link, nil))
	})

	askBy := func(prefix, mode string, path ...any) asking.Asked {
		made, err := a.Ask(t.Context(), company.DID, asking.NewRequest{
			Standing: openid.Standing{Root: "education", Purpose: "hiring"}, Prefix: prefix, Mode: mode,
			Query: object{"credentials": []any{object{
				"id": "d", "format": "dc+sd-jwt", "meta": object{"vct_values": []any{diploma}}, "claims": []any{object{"path": path}},
			}}},
		})
		require.NoError(t, err)
		return made
	}
	ask := func(path ...any) asking.Asked { return askBy("", "", path...) }
	grade := object{"degree": object{"grade": true}}
	show := func(made asking.Asked, more object) object {
		args := accept(made.Link, more)
		args["sdjwt"] = byKey
		if args["frame"] == nil {
			args["frame"] = grade
		}
		return args
	}
	t.Run("openid4vp answers with what dcql finds", func(t *testing.T) {
		made := ask("degree", "grade")
		got := accepts[object](t, "vp answer", show(made, nil))
		require.EqualValues(t, 100, got["version"], "the library takes the request for one of 1.0")
		require.Equal(t, "decentralized_identifier", got["prefix"])
		out, err := a.Outcome(company.DID, made.ID)
		require.NoError(t, err)
		require.Equal(t, asking.Answered, out.State)
		report := out.Reports["d"]
		require.Equal(t, object{"name": "BSc", "grade": "A"}, report.Claims["degree"])
		require.NotContains(t, report.Claims, "given_name")
		require.Equal(t, credential.OK, report.Of(credential.Purpose).Outcome)
	})
	t.Run("refused from openid4vp: another nonce", func(t *testing.T) {
		refuses(t, "vp answer", show(ask("degree", "grade"), object{"nonce": "mine"}))
	})
	t.Run("refused from openid4vp: less than asked for", func(t *testing.T) {
		refuses(t, "vp answer", show(ask("given_name"), nil))
	})
	t.Run("refused from openid4vp: another's key", func(t *testing.T) {
		refuses(t, "vp answer", show(ask("degree", "grade"), object{"key": privateJWK(t, s, company)}))
	})
	for _, prefix := range []string{"decentralized_identifier", "redirect_uri"} {
		for _, mode := range []string{openid.DirectPost, openid.DirectPostJWT} {
			t.Run("openid4vp answers "+prefix+" by "+mode, func(t *testing.T) {
				made := askBy(prefix, mode, "degree", "grade")
				got := accepts[object](t, "vp answer", show(made, nil))
				require.Equal(t, prefix, got["prefix"])
				out, err := a.Outcome(company.DID, made.ID)
				require.NoError(t, err)
				require.Equal(t, asking.Answered, out.State)
				report := out.Reports["d"]
				require.Equal(t, object{"name": "BSc", "grade": "A"}, report.Claims["degree"])
			})
		}
	}
	mine, err := openid.NewAnswerKey()
	require.NoError(t, err)
	thief := parsed(t, written(t, mine.Public()))
	for name, more := range map[string]object{
		"to another's key":                {"to": thief},
		"by another algorithm":            {"enc": "A128CBC-HS256"},
		"by a kid of its own":             {"kid": "mine"},
		"plain where encrypted was asked": {"plain": true},
	} {
		t.Run("refused from openid4vp: "+name, func(t *testing.T) {
			made := askBy("redirect_uri", openid.DirectPostJWT, "degree", "grade")
			refuses(t, "vp answer", show(made, more))
			out, err := a.Outcome(company.DID, made.ID)
			require.NoError(t, err)
			require.Equal(t, asking.Open, out.State)
			require.Equal(t, 1, out.Refused, "it reached us")
		})
	}
	made := ask("degree", "grade")
	res, err := http.Get(made.Request) //nolint:noctx // a test
	require.NoError(t, err)
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	for name, forged := range forgeries(string(raw)) {
		t.Run("openid4vp refuses the request forged in "+name, func(t *testing.T) {
			refuses(t, "vp answer", show(made, object{"request": forged}))
		})
	}
	t.Run("openid4vp takes it as it was", func(t *testing.T) {
		accepts[object](t, "vp answer", show(made, object{"request": string(raw)}))
	})
}

// A verifier of other people's libraries asks in a link, our wallet answers, encrypted; the
// library reads it.
func TestTheirVerifier(t *testing.T) {
	s := newSite(t)
	s.Multikey = false
	issuer, holder := s.Born("ES256", identity.UnlockNone), s.Born("ES256", identity.UnlockPIN)
	s.At(time.Now())
	const card = "https://credentials.example/card"
	held, err := credential.SDJWT{
		Type: card, Claims: object{"name": "Minji", "year": "1994"}, Disclosable: []string{"name", "year"},
		Holder: &credential.Binding{Kid: holder.Signer.Kid}, Issued: time.Now().Unix(),
	}.Sign(issuer.Signer)
	require.NoError(t, err)
	posted := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posted = r.PostFormValue("response")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	key, err := openid.NewAnswerKey()
	require.NoError(t, err)
	secret := parsed(t, written(t, key))
	for _, enc := range []string{"", "A128GCM", "A256GCM"} {
		t.Run("enc "+enc, func(t *testing.T) {
			metadata := object{
				"jwks":                 object{"keys": []any{parsed(t, written(t, key.Public()))}},
				"vp_formats_supported": object{"dc+sd-jwt": object{"sd-jwt_alg_values": []string{"ES256"}, "kb-jwt_alg_values": []string{"ES256"}}},
			}
			if enc != "" {
				metadata["encrypted_response_enc_values_supported"] = []string{"A128CBC-HS256", enc}
			}
			request := object{
				"response_type": "vp_token", "response_mode": openid.DirectPostJWT, "client_id": "redirect_uri:" + server.URL, "response_uri": server.URL,
				"nonce": "n-1", "state": "s-1", "client_metadata": metadata,
				"dcql_query": object{"credentials": []any{object{
					"id": "c", "format": "dc+sd-jwt", "meta": object{"vct_values": []any{card}}, "claims": []any{object{"path": []any{"name"}}},
				}}},
			}
			link := accepts[string](t, "vp ask", request)
			w := openid.Wallet{Verifier: &s.verifier, Holder: holder.Signer, AnyVerifier: true}
			r, err := w.Request(t.Context(), link)
			require.NoError(t, err)
			choices, err := r.Choose([]string{held})
			require.NoError(t, err)
			_, err = w.Answer(t.Context(), r, choices)
			require.NoError(t, err)
			said := accepts[object](t, "vp read", object{"request": request, "response": posted, "key": secret})
			require.Equal(t, "s-1", said["state"])
			shown := said["vp_token"].(object)["c"].([]any)[0].(string)
			payload := accepts[object](t, "sd-jwt verify", object{"endpoint": s.endpoint, "sdjwt": shown, "nonce": "n-1", "required": []string{"name"}})
			require.Equal(t, "Minji", payload["name"])
			require.NotContains(t, payload, "year")
			head, _, _ := strings.Cut(posted, ".")
			header, err := base64.RawURLEncoding.DecodeString(head)
			require.NoError(t, err)
			require.Equal(t, cmp.Or(enc, "A128GCM"), parsed(t, string(header))["enc"])
			other, err := openid.NewAnswerKey()
			require.NoError(t, err)
			refuses(t, "vp read", object{"request": request, "response": posted, "key": parsed(t, written(t, other))})
		})
	}
}
