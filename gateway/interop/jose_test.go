// SPDX-License-Identifier: Apache-2.0

//go:build interop

package interop_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// secret is a private key's bytes.
func secret(t *testing.T, s *gatewaytest.Subject) []byte {
	t.Helper()
	switch k := s.Key.(type) {
	case *ecdsa.PrivateKey:
		raw, err := k.Bytes()
		require.NoError(t, err)
		return raw
	case ed25519.PrivateKey:
		return k
	default:
		return k.(did.Secp256k1Signer).Key.Serialize()
	}
}

func TestDIDJWT(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", "ES256K"} {
		t.Run(alg, func(t *testing.T) {
			s := newSite(t)
			issuer, holder := s.Born(alg, identity.UnlockNone), s.Born(alg, identity.UnlockPIN)
			ours, err := credential.SignJWT(degree(holder.DID), issuer.Signer, time.Now())
			require.NoError(t, err)
			type result struct {
				Issuer, Signer string
				Verified       bool
			}
			t.Run("takes our credential", func(t *testing.T) {
				r := accepts[result](t, "did-jwt verify", object{"endpoint": s.endpoint, "jwt": ours, "purpose": "assertionMethod"})
				require.Equal(t, result{issuer.DID, issuer.Signer.Kid, true}, r)
			})
			t.Run("takes our presentation", func(t *testing.T) {
				vp, err := credential.VP{Credentials: []string{ours}, Challenge: "n", Domain: "https://v.example"}.SignJWT(holder.Signer, time.Now())
				require.NoError(t, err)
				r := accepts[result](t, "did-jwt verify", object{"endpoint": s.endpoint, "jwt": vp, "audience": "https://v.example", "purpose": "authentication"})
				require.Equal(t, holder.DID, r.Issuer)
				refuses(t, "did-jwt verify", object{"endpoint": s.endpoint, "jwt": vp, "audience": "https://thief.example"})
			})
			for name, forged := range forgeries(ours) {
				t.Run("refuses ours forged in "+name, func(t *testing.T) {
					refuses(t, "did-jwt verify", object{"endpoint": s.endpoint, "jwt": forged})
					s.refused(t, forged)
				})
			}
			theirs := accepts[string](t, "did-jwt create", object{
				"payload": func() object { vc := degree(holder.DID); vc["issuer"] = issuer.DID; return vc }(), "issuer": issuer.DID, "alg": alg,
				"secret": base64.RawURLEncoding.EncodeToString(secret(t, issuer)), "header": object{"typ": credential.FormatVCJWT, "kid": issuer.Signer.Kid},
			})
			t.Run("is taken", func(t *testing.T) { require.Equal(t, issuer.DID, s.verified(t, theirs).Issuer) })
			for name, forged := range forgeries(theirs) {
				t.Run("is refused forged in "+name, func(t *testing.T) { s.refused(t, forged) })
			}
			t.Run("refuses a key that was rotated away", func(t *testing.T) {
				issuer.Rotate(alg, identity.UnlockNone)
				refuses(t, "did-jwt verify", object{"endpoint": s.endpoint, "jwt": ours})
			})
		})
	}
}

// did-jwt-vc speaks VC 1.1, whose credential is inside a claim named vc. VC-JOSE-COSE
// forbids that claim, and so do we.
func TestDIDJWTVC(t *testing.T) {
	s := newSite(t)
	issuer := s.Born("ES256", identity.UnlockNone)
	old := accepts[string](t, "did-jwt-vc create", object{
		"payload": object{"vc": object{
			"@context": []any{"https://www.w3.org/2018/credentials/v1"}, "type": []any{"VerifiableCredential"}, "credentialSubject": object{"name": "Minji"},
		}, "sub": "did:example:a"}, "issuer": issuer.DID, "alg": "ES256", "secret": base64.RawURLEncoding.EncodeToString(secret(t, issuer)),
	})
	t.Run("verifies by our documents", func(t *testing.T) {
		r := accepts[struct{ Issuer string }](t, "did-jwt-vc verify", object{"endpoint": s.endpoint, "jwt": old})
		require.Equal(t, issuer.DID, r.Issuer)
	})
	for name, forged := range forgeries(old) {
		t.Run("refuses by our documents what is forged in "+name, func(t *testing.T) {
			refuses(t, "did-jwt-vc verify", object{"endpoint": s.endpoint, "jwt": forged})
		})
	}
	t.Run("VC 1.1 is refused here", func(t *testing.T) { s.refused(t, old) })
}

// multikey is a key pair as the libraries for Data Integrity take it.
func multikey(t *testing.T, s *gatewaytest.Subject, public did.Key) object {
	t.Helper()
	prefix := []byte{0x86, 0x26}
	raw := secret(t, s)
	if public.Alg == "EdDSA" {
		prefix, raw = []byte{0x80, 0x26}, raw[:32]
	}
	return object{
		"@context": "https://w3id.org/security/multikey/v1", "type": "Multikey", "id": s.Signer.Kid, "controller": s.DID,
		"publicKeyMultibase": public.Multikey(), "secretKeyMultibase": "z" + base58.Encode(append(prefix, raw...)),
	}
}
