// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
)

// Whatever is sent to the VC API is answered with a code and below 500; a credential or
// presentation verifies only where it says what was signed, and a status changes only
// where the body names the one credential that there is.
func FuzzVCAPI(f *testing.F) {
	l := gatewaytest.NewIdentities(quiet{f})
	l.At(time.Now())
	issuer := l.Born("ES256", identity.UnlockNone)
	place := gatewaytest.Registry
	issuer.Tell(identity.OpenStatusList{
		Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, V: 1, Name: "revoked", Entries: identity.MinEntries, Purpose: identity.Revocation,
	})
	signers := map[string]credential.Signer{issuer.DID: issuer.Signer}
	kept, err := statuses.Open(statuses.Options{Ledger: l, Place: place, Signers: signers, Now: l.Now})
	require.NoError(f, err)
	f.Cleanup(func() { _ = kept.Close() })
	const only = "urn:uuid:the-only-one"
	_, err = kept.Draw(f.Context(), issuer.DID, "revoked", only)
	require.NoError(f, err)
	api := rest.New(nil).WithIdentity(rest.Identity{Ledger: l, Registries: l}).WithVCAPI(&rest.VCAPI{
		Signers: signers, Verifier: &credential.Verifier{Ledger: l}, Statuses: kept, Anyone: true,
	})

	own, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(f, err)
	holder, _, _ := strings.Cut(own.Kid, "#")
	issued, err := credential.SignIntegrity(object{"type": []any{"VerifiableCredential"}, "credentialSubject": object{"id": holder, "n": 1.5}}, own, time.Unix(1_800_000_000, 0))
	require.NoError(f, err)
	vp, err := credential.VP{Credentials: []string{issued}, Challenge: "c", Domain: "d"}.SignIntegrity(own, time.Unix(1_800_000_000, 0))
	require.NoError(f, err)
	paths := []string{"/credentials/verify", "/presentations/verify", "/credentials/status", "/credentials/issue"}
	members := []string{"verifiableCredential", "verifiablePresentation"}
	good := []any{asAny(f, issued), asAny(f, vp)}
	f.Add(byte(0), `{"verifiableCredential":`+issued+`,"options":{}}`)
	f.Add(byte(1), `{"verifiablePresentation":`+vp+`,"options":{"challenge":"c","domain":"d"}}`)
	f.Add(byte(1), `{"verifiablePresentation":"a.b.c"}`)
	f.Add(byte(0), `{"verifiableCredential":"a.b.c~WyJzIiwibiIsMV0~"}`)
	f.Add(byte(2), `{"credentialId":"`+only+`","credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation"}}`)
	f.Add(byte(2), `{"credentialId":"x","credentialStatus":{"type":"BitstringStatusList","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"`+
		credential.ListURL("https://g.example", issuer.DID, "revoked")+`"},"status":true,"indexAllocator":""}`)
	f.Add(byte(3), `{"credential":{"@context":["`+credential.ContextV2+`"],"type":["VerifiableCredential"],"issuer":"`+issuer.DID+`","credentialSubject":{"a":1},`+
		`"credentialStatus":[{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"x"}]},"options":{"credentialId":"y"}}`)
	f.Fuzz(func(t *testing.T, which byte, body string) {
		path := paths[int(which)%len(paths)]
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		height := l.Height()
		api.ServeHTTP(w, r)
		var said struct {
			Code     string
			Problems []struct{ Code string } `json:"problemDetails"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said), "%s", w.Body)
		require.Less(t, w.Code, 500, "%s", w.Body)
		if w.Code >= 400 {
			require.True(t, said.Code != "" || len(said.Problems) > 0 && said.Problems[0].Code != "", "%s", w.Body)
			require.Equal(t, height, l.Height())
			return
		}
		switch n := int(which) % len(paths); n {
		case 0, 1:
			sent := asAny(t, body).(object)[members[n]]
			require.True(t, reflect.DeepEqual(sent, good[n]), "verified: %s", body)
		case 2:
			require.True(t, strings.Contains(body, issuer.DID) || asAny(t, body).(object)["credentialId"] == only, "%s", body)
		}
	})
}

func asAny(t require.TestingT, text string) (v any) {
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}
