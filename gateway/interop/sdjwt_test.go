// SPDX-License-Identifier: Apache-2.0

//go:build interop

package interop_test

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// verifierKey is the subject's public key, as its document has it.
func (s *site) verifierKey(t *testing.T, subject *gatewaytest.Subject) (did.Key, error) {
	t.Helper()
	found, err := s.Resolve(context.Background(), identity.ResolveQuery{DID: subject.DID})
	require.NoError(t, err)
	return found.Version.State.Keys[0].Public()
}

func privateJWK(t *testing.T, s *site, subject *gatewaytest.Subject) object {
	t.Helper()
	public, err := s.verifierKey(t, subject)
	require.NoError(t, err)
	j := public.JWK()
	return object{"kty": j.Kty, "crv": j.Crv, "x": j.X, "y": j.Y, "d": base64.RawURLEncoding.EncodeToString(secret(t, subject))}
}

func TestSDJWTVC(t *testing.T) {
	s := newSite(t)
	s.Multikey = false // its verifier takes the JSON Web Key of the document
	issuer, holder := s.Born("ES256", identity.UnlockNone), s.Born("ES256", identity.UnlockPIN)
	public, err := s.verifierKey(t, holder)
	require.NoError(t, err)
	jwk := public.JWK()
	claims := object{"given_name": "Minji", "degree": object{"name": "BSc", "grade": "A"}, "languages": []any{"ko", "en"}}
	demand := credential.Demand{Challenge: "n-1", Domain: "https://v.example"}
	for name, binding := range map[string]*credential.Binding{"bound to a key": {JWK: &jwk}, "bound to a DID URL": {Kid: holder.Signer.Kid}} {
		t.Run(name, func(t *testing.T) {
			ours, err := credential.SDJWT{
				Type: "https://credentials.example/diploma", Subject: holder.DID, Holder: binding, Claims: claims,
				Disclosable: []string{"given_name", "degree/grade", "languages/1"}, Decoys: 2, Expires: time.Now().Unix() + 3600,
			}.Sign(issuer.Signer)
			require.NoError(t, err)
			shown, err := credential.Presenting{Disclose: []string{"degree/grade"}, Nonce: "n-1", Audience: "https://v.example"}.Present(ours, holder.Signer)
			require.NoError(t, err)
			t.Run("sd-jwt-vc takes our presentation", func(t *testing.T) {
				got := accepts[object](t, "sd-jwt verify", object{"endpoint": s.endpoint, "sdjwt": shown, "nonce": "n-1", "required": []any{"degree.grade"}})
				require.Equal(t, object{"name": "BSc", "grade": "A"}, got["degree"])
				require.NotContains(t, got, "given_name")
			})
			t.Run("sd-jwt-vc refuses it for another nonce", func(t *testing.T) {
				refuses(t, "sd-jwt verify", object{"endpoint": s.endpoint, "sdjwt": shown, "nonce": "n-2"})
			})
			for name, forged := range forgeries(shown) {
				t.Run("sd-jwt-vc refuses it forged in "+name, func(t *testing.T) {
					refuses(t, "sd-jwt verify", object{"endpoint": s.endpoint, "sdjwt": forged, "nonce": "n-1"})
					r, err := s.verifier.Presentation(t.Context(), forged, demand)
					require.True(t, err != nil || !r.Verified)
				})
			}
			t.Run("sd-jwt-vc shows ours", func(t *testing.T) {
				theirs := accepts[string](t, "sd-jwt present", object{
					"endpoint": s.endpoint, "key": privateJWK(t, s, holder), "sdjwt": ours, "frame": object{"given_name": true},
					"binding": object{"iat": time.Now().Unix(), "aud": "https://v.example", "nonce": "n-1"},
				})
				r, err := s.verifier.Presentation(t.Context(), theirs, demand)
				require.NoError(t, err)
				require.True(t, r.Verified, "%+v", r.Checks)
				require.Equal(t, "Minji", r.Claims["given_name"])
			})
		})
	}
	theirs := accepts[string](t, "sd-jwt issue", object{
		"endpoint": s.endpoint, "key": privateJWK(t, s, issuer), "header": object{"kid": issuer.Signer.Kid},
		"claims": object{
			"iss": issuer.DID, "iat": time.Now().Unix(), "vct": "https://credentials.example/diploma", "cnf": object{"jwk": jwk}, "sub": holder.DID,
			"given_name": "Minji", "degree": object{"name": "BSc", "grade": "A"}, "languages": []any{"ko", "en"},
		},
		"frame": object{"_sd": []any{"given_name", "degree"}, "degree": object{"_sd": []any{"grade"}}, "languages": object{"_sd": []any{1}}},
	})
	t.Run("sd-jwt-vc's credential is taken", func(t *testing.T) {
		r := s.verified(t, theirs)
		require.Equal(t, "Minji", r.Claims["given_name"])
		require.Equal(t, []any{"ko", "en"}, r.Claims["languages"])
	})
	for name, forged := range forgeries(theirs) {
		t.Run("sd-jwt-vc's is refused forged in "+name, func(t *testing.T) { s.refused(t, forged) })
	}
	t.Run("sd-jwt-vc's credential is shown by us", func(t *testing.T) {
		shown, err := credential.Presenting{Disclose: []string{"degree/grade", "languages/1"}, Nonce: "n-1", Audience: "https://v.example"}.Present(theirs, holder.Signer)
		require.NoError(t, err)
		r, err := s.verifier.Presentation(t.Context(), shown, demand)
		require.NoError(t, err)
		require.True(t, r.Verified, "%+v", r.Checks)
		accepts[object](t, "sd-jwt verify", object{"endpoint": s.endpoint, "sdjwt": shown, "nonce": "n-1"})
	})
}
