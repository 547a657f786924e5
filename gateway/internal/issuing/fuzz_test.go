// SPDX-License-Identifier: Apache-2.0

package issuing

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/openid"
)

func someIssuer(t require.TestingT) (*Issuer, credential.Signer) {
	signer, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(t, err)
	i, err := New(Options{
		Party: party.Party{URL: "https://issuer.example", Signer: signer, Verifier: &credential.Verifier{}}, Kinds: []Kind{{ID: "card", Type: "card"}},
	})
	require.NoError(t, err)
	return i, signer
}

// No form gets a token without an offer's code, and every refusal is one that a wallet
// can read.
func FuzzToken(f *testing.F) {
	i, _ := someIssuer(f)
	f.Add("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=x&tx_code=1")
	f.Add("grant_type=authorization_code&code=x")
	f.Add("a=1&a=2&%zz")
	f.Fuzz(func(t *testing.T, form string) {
		_, err := i.Token(form)
		var said *openid.Error
		require.ErrorAs(t, err, &said)
		require.NotEmpty(t, said.Code)
		for _, c := range said.Description {
			require.True(t, c >= ' ' && c <= '~' && c != '"' && c != '\\', "%q", said.Description)
		}
	})
}

// No body and no proof gets a credential without the nonce of this issuer.
func FuzzCredentialRequest(f *testing.F) {
	i, signer := someIssuer(f)
	proof, err := credential.SignToken(openid.TypProof, map[string]any{"aud": i.URL, "iat": 1, "nonce": "n"}, signer, true)
	require.NoError(f, err)
	f.Add([]byte(`{"credential_configuration_id":"card","proofs":{"jwt":["`+proof+`"]}}`), proof)
	f.Add([]byte(`{"credential_identifier":"x","proofs":{}}`), "a.b.c")
	f.Fuzz(func(t *testing.T, body []byte, proof string) {
		if _, err := readRequest(body, "card", func(id string) bool { return id == "card" }); err != nil {
			require.ErrorAs(t, err, new(*openid.Error))
		}
		_, err := i.prove(t.Context(), proof, "")
		require.Error(t, err)
		_, _ = (&credential.Verifier{}).Token(t.Context(), proof, openid.TypProof, identity.Authentication)
	})
}
