// SPDX-License-Identifier: Apache-2.0

//go:build interop

package interop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// tampered are a secured document with something else in it.
func tampered(t *testing.T, secured object) map[string]object {
	t.Helper()
	all := map[string]object{}
	for name, change := range map[string]func(object){
		"the subject": func(o object) { o["credentialSubject"].(object)["name"] = "Mallory" },
		"the issuer":  func(o object) { o["issuer"] = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2" },
		"the time":    func(o object) { o["proof"].(object)["created"] = "2026-01-01T00:00:00Z" },
		"the proof": func(o object) {
			p := o["proof"].(object)
			value := []byte(p["proofValue"].(string))
			if value[9]++; value[9] > 'y' || value[9] == 'I' || value[9] == 'O' || value[9] == 'l' || value[9] == ':' {
				value[9] = '2'
			}
			p["proofValue"] = string(value)
		},
		"a member more":         func(o object) { o["description"] = "added" },
		"a member nobody knows": func(o object) { o["credentialSubject"].(object)["clearance"] = "secret" },
	} {
		o := parsed(t, written(t, secured))
		change(o)
		all[name] = o
	}
	return all
}

// shownOf is the first credential of a presentation.
func shownOf(vp object) object {
	if one, ok := vp["verifiableCredential"].(object); ok {
		return one
	}
	return vp["verifiableCredential"].([]any)[0].(object)
}

func TestDataIntegrity(t *testing.T) {
	for _, suite := range []string{credential.ECDSAJCS, credential.EdDSAJCS, credential.EdDSARDFC} {
		t.Run(suite, func(t *testing.T) {
			alg := "EdDSA"
			if suite == credential.ECDSAJCS {
				alg = "ES256"
			}
			s := newSite(t)
			issuer, holder := s.Born(alg, identity.UnlockNone), s.Born(alg, identity.UnlockPIN)
			public, err := s.verifierKey(t, issuer)
			require.NoError(t, err)
			if suite != credential.EdDSARDFC { // which is verified only
				text, err := credential.SignIntegrity(degree(holder.DID), issuer.Signer, time.Now())
				require.NoError(t, err)
				ours := parsed(t, text)
				t.Run("vc takes our credential", func(t *testing.T) {
					require.True(t, accepts[bool](t, "vc verify", object{"endpoint": s.endpoint, "credential": ours}))
				})
				for name, forged := range tampered(t, ours) {
					t.Run("vc refuses ours with another of "+name, func(t *testing.T) {
						refuses(t, "vc verify", object{"endpoint": s.endpoint, "credential": forged})
						s.refused(t, written(t, forged))
					})
				}
				t.Run("vc takes our presentation", func(t *testing.T) {
					vp, err := credential.VP{Credentials: []string{text}, Challenge: "n-1", Domain: "https://v.example"}.SignIntegrity(holder.Signer, time.Now())
					require.NoError(t, err)
					args := object{"endpoint": s.endpoint, "presentation": parsed(t, vp), "challenge": "n-1", "domain": "https://v.example"}
					require.True(t, accepts[bool](t, "vc verify presentation", args))
					args["challenge"] = "n-2"
					refuses(t, "vc verify presentation", args)
				})
			}
			unsigned := degree(holder.DID)
			unsigned["issuer"] = issuer.DID
			theirs := accepts[object](t, "vc issue", object{
				"endpoint": s.endpoint, "credential": unsigned, "suite": suite, "key": multikey(t, issuer, public), "date": time.Now().UTC().Format(time.RFC3339),
			})
			t.Run("vc's credential is taken", func(t *testing.T) {
				r := s.verified(t, written(t, theirs))
				require.Equal(t, suite, r.Format)
			})
			for name, forged := range tampered(t, theirs) {
				t.Run("vc's is refused with another of "+name, func(t *testing.T) { s.refused(t, written(t, forged)) })
			}
			t.Run("vc's presentation is taken", func(t *testing.T) {
				key, err := s.verifierKey(t, holder)
				require.NoError(t, err)
				vp := accepts[object](t, "vc present", object{
					"endpoint": s.endpoint, "credentials": []any{theirs}, "holder": holder.DID, "challenge": "n-1", "domain": "https://v.example",
					"suite": suite, "key": multikey(t, holder, key), "date": time.Now().UTC().Format(time.RFC3339),
				})
				r, err := s.verifier.Presentation(t.Context(), written(t, vp), credential.Demand{Challenge: "n-1", Domain: "https://v.example"})
				require.NoError(t, err)
				require.True(t, r.Verified, "%+v", r)
				for name, change := range map[string]func(vp object){
					"the holder":     func(vp object) { vp["holder"] = issuer.DID },
					"the credential": func(vp object) { shownOf(vp)["credentialSubject"].(object)["name"] = "Mallory" },
					"a member more":  func(vp object) { shownOf(vp)["credentialSubject"].(object)["clearance"] = "secret" },
				} {
					forged := parsed(t, written(t, vp))
					change(forged)
					r, err := s.verifier.Presentation(t.Context(), written(t, forged), credential.Demand{Challenge: "n-1", Domain: "https://v.example"})
					require.True(t, err != nil || !r.Verified, "another of %s: %+v", name, r)
				}
				r, err = s.verifier.Presentation(t.Context(), written(t, vp), credential.Demand{Challenge: "n-2"})
				require.NoError(t, err)
				require.False(t, r.Verified)
			})
		})
	}
}

// vc-bitstring-status-list reads the signed list that the gateway serves.
func TestBitstringStatusList(t *testing.T) {
	s := newSite(t)
	issuer := s.Born("ES256", identity.UnlockNone)
	s.lists.Signers[issuer.DID] = issuer.Signer
	place := gatewaytest.Registry
	for _, purpose := range []identity.StatusPurpose{identity.Revocation, identity.Suspension} {
		name := string(purpose)
		issuer.Tell(identity.OpenStatusList{
			Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, Name: name, Entries: identity.MinEntries, Purpose: purpose,
		})
		issuer.Tell(identity.SetStatus{
			Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, List: name, Nonce: credential.NewNonce(),
			Changes: []identity.StatusChange{{Index: 77, Set: true}, {Index: 131_071, Set: true}}, Exp: s.Now().Add(time.Minute).Unix(),
		})
		url := s.url + "/v1/status-lists/" + issuer.DID + "/" + name + "/credential"
		for index, set := range map[string]bool{"76": false, "77": true, "78": false, "131071": true, "0": false} {
			t.Run(name+" "+index, func(t *testing.T) {
				vc := degree("did:example:a")
				vc["credentialStatus"] = object{
					"id": url + "#" + index, "type": "BitstringStatusListEntry", "statusPurpose": name, "statusListIndex": index, "statusListCredential": url,
				}
				text, err := credential.SignIntegrity(vc, issuer.Signer, time.Now())
				require.NoError(t, err)
				r, err := s.verifier.Credential(t.Context(), text, credential.Demand{})
				require.NoError(t, err)
				require.Equal(t, !set, r.Verified)
				args := object{"endpoint": s.endpoint, "credential": parsed(t, text), "lists": object{url: url}}
				require.Equal(t, set, accepts[bool](t, "status", args))
				list := parsed(t, text)
				list["credentialStatus"].(object)["statusListIndex"] = "131072"
				args["credential"] = list
				refuses(t, "status", args)
			})
		}
		t.Run(name+" of a list that its issuer did not sign", func(t *testing.T) {
			vc := degree("did:example:a")
			vc["issuer"] = s.Born("ES256", identity.UnlockNone).DID
			vc["credentialStatus"] = object{"type": "BitstringStatusListEntry", "statusPurpose": name, "statusListIndex": "1", "statusListCredential": url}
			refuses(t, "status", object{"endpoint": s.endpoint, "credential": vc, "lists": object{url: url}})
		})
	}
}
