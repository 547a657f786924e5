// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

func aDegree(issuer, subject string) object {
	return object{
		"@context": []any{credential.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": issuer,
		"credentialSubject": object{"id": subject, "name": "Minji", "score": 3.5},
	}
}

func TestVCAPI(t *testing.T) {
	o := newOffice(t)
	other := o.ledger.Born("EdDSA", identity.UnlockNone)
	signers := map[string]credential.Signer{o.issuer.DID: o.issuer.Signer, other.DID: other.Signer}
	vc := &rest.VCAPI{Signers: signers, Verifier: o.verifier, Anyone: true}
	o.api.WithVCAPI(vc)
	issue := func(t *testing.T, body any, bearer string) (int, string) {
		t.Helper()
		status, _, raw := o.sendJSON("/credentials/issue", bearer, body)
		return status, raw
	}
	verify := func(t *testing.T, path string, body any) (int, rest.VerifyAnswer) {
		t.Helper()
		status, _, raw := o.sendJSON(path, "", body)
		return status, decode[rest.VerifyAnswer](t, raw)
	}
	for _, issuer := range []string{o.issuer.DID, other.DID} {
		suite := map[string]string{o.issuer.DID: credential.ECDSAJCS, other.DID: credential.EdDSAJCS}[issuer]
		t.Run(suite, func(t *testing.T) {
			status, raw := issue(t, object{"credential": aDegree(issuer, o.holder.DID), "options": object{}}, "")
			require.Equal(t, 201, status, raw)
			issued := decode[map[string]object](t, raw)["verifiableCredential"]
			require.Equal(t, suite, issued["proof"].(object)["cryptosuite"])
			status, said := verify(t, "/credentials/verify", object{"verifiableCredential": issued, "options": object{"checks": []any{"proof"}}})
			require.Equal(t, 200, status, "%+v", said)
			require.True(t, said.Verified)
			require.Empty(t, said.Problems)
			require.Equal(t, suite, said.Report.Format)

			whole, err := json.Marshal(issued)
			require.NoError(t, err)
			vp, err := credential.VP{Credentials: []string{string(whole)}, Challenge: "c", Domain: "d"}.SignIntegrity(o.holder.Signer, time.Now())
			require.NoError(t, err)
			shown := decode[object](t, vp)
			options := object{"challenge": "c", "domain": "d"}
			status, said = verify(t, "/presentations/verify", object{"verifiablePresentation": shown, "options": options})
			require.Equal(t, 200, status, "%+v", said)
			require.Len(t, said.Report.Credentials, 1)
			status, said = verify(t, "/presentations/verify", object{"verifiablePresentation": shown, "options": object{"challenge": "x", "domain": "d"}})
			require.Equal(t, 400, status)
			require.Equal(t, "CHALLENGE_MISMATCH", said.Problems[0].Code)

			issued["credentialSubject"].(object)["name"] = "Jisoo"
			status, said = verify(t, "/credentials/verify", object{"verifiableCredential": issued})
			require.Equal(t, 400, status)
			require.False(t, said.Verified)
			require.Equal(t, "BAD_SIGNATURE", said.Problems[0].Code)
		})
	}
	for name, body := range map[string]any{
		"nothing": object{}, "a number": object{"verifiableCredential": 7}, "no proof": object{"verifiableCredential": aDegree(o.issuer.DID, o.holder.DID)},
		"no JWS": object{"verifiableCredential": "x"}, "an array": []any{}, "options of another form": object{"verifiableCredential": "x", "options": 7},
	} {
		for _, path := range []string{"/credentials/verify", "/presentations/verify"} {
			status, said := verify(t, path, body)
			require.Equal(t, 400, status, name)
			require.False(t, said.Verified)
			require.NotEmpty(t, said.Problems, name)
		}
	}
	good := aDegree(o.issuer.DID, o.holder.DID)
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"nothing":              {object{}, 400, "CREDENTIAL_MALFORMED"},
		"an array":             {[]any{}, 400, "CREDENTIAL_MALFORMED"},
		"another issuer":       {object{"credential": aDegree(o.holder.DID, o.holder.DID)}, 404, "NOT_OFFERED"},
		"no type":              {object{"credential": object{"@context": good["@context"], "issuer": o.issuer.DID, "credentialSubject": object{"a": 1}}}, 400, "CREDENTIAL_MALFORMED"},
		"of VC 1.1":            {object{"credential": object{"@context": []any{"https://www.w3.org/2018/credentials/v1"}, "type": good["type"], "issuer": o.issuer.DID, "credentialSubject": object{"a": 1}}}, 400, "CREDENTIAL_MALFORMED"},
		"with a proof already": {object{"credential": object{"@context": good["@context"], "type": good["type"], "issuer": o.issuer.DID, "credentialSubject": object{"a": 1}, "proof": object{}}}, 400, "CREDENTIAL_MALFORMED"},
	} {
		status, raw := issue(t, c.body, "")
		require.Equal(t, c.status, status, "%s: %s", name, raw)
		require.Contains(t, raw, c.code, name)
	}
	o.ledger.Gone = io.ErrUnexpectedEOF
	status, raw := issue(t, object{"credential": good}, "")
	require.Equal(t, 201, status, raw)
	status, _, _ = o.send("POST", "/credentials/verify", "application/json", "", `{"verifiableCredential":`+raw[len(`{"verifiableCredential":`):])
	require.Equal(t, 500, status)
	o.ledger.Gone = nil

	vc.Anyone = false
	status, raw = issue(t, object{"credential": good}, "")
	require.Equal(t, 401, status, raw)
	status, raw = issue(t, object{"credential": good}, o.signIn(other))
	require.Equal(t, 403, status, raw)
	status, raw = issue(t, object{"credential": good}, o.signIn(o.issuer))
	require.Equal(t, 201, status, raw)
	o.api.WithVCAPI(nil)
	for _, path := range []string{"/credentials/issue", "/credentials/verify", "/presentations/verify"} {
		status, _, raw := o.sendJSON(path, "", object{})
		require.Equal(t, 404, status, raw)
	}
}
