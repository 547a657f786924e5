// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/openid"
	"github.com/komsco/trust-platform/gateway/signin"
	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/platform"
)

// case14wallets is case 14 by the open standards: the university hands out its diploma
// as a QR code (OpenID4VCI), the applicant's wallet takes it and shows an employer what
// it asks for and no more (OpenID4VP). The gateway is killed while the code is in the
// applicant's hands, and again while the request is. The university suspends the
// diploma by the VC API: it is refused from then on, until it is taken back.
func (n *nation) case14wallets(t *testing.T) {
	ministry, university, employer := n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone)
	applicant := n.register(t, identity.UnlockPIN)
	n.accredit(t, "diplomas", ministry, university)
	at := n.place()
	ministry.tell(t, identity.Accredit{
		V: 1, Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, Root: "diplomas", Schema: identity.Any, Region: identity.Any,
		Standing: identity.Verifier, Subject: employer.did, Purpose: "hiring", Attributes: []string{"degree", "name"}, From: 1, Until: time.Now().Add(24 * time.Hour).Unix(),
	})
	university.tell(t, identity.OpenStatusList{
		V: 1, Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, Name: "diplomas", Entries: identity.MinEntries, Purpose: identity.Suspension,
	})
	n.serveWallets(t, university, employer)
	const diploma = "https://university.example/diploma"

	var made struct {
		Link   string `json:"link"`
		TxCode string `json:"txCode"`
	}
	require.NoError(t, n.as(t, university).Post(t.Context(), "/v1/issuance/offers", map[string]any{
		"kind": "diploma", "holder": applicant.did, "txCode": true, "credentialId": "diploma-2018-77",
		"claims": map[string]any{"name": "Kim Minsu", "degree": "B.Sc. Computer Science", "grade": "3.8", "birthdate": "1994-05-05"},
		"status": map[string]any{"list": n.p.URL + "/v1/status-lists/" + university.did + "/diplomas"},
	}, &made))
	n.killGateway(t)
	w := openid.Wallet{
		HTTP:     &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute},
		Verifier: &credential.Verifier{Ledger: n.registry(t, "CityMSP", "Admin")}, Holder: applicant.Signer,
	}
	offer, err := w.Offer(t.Context(), made.Link)
	require.NoError(t, err)
	got, err := w.Accept(t.Context(), offer, "", made.TxCode)
	require.NoError(t, err)
	require.Equal(t, credential.OK, got.Report.Of(credential.Status).Outcome)
	_, err = w.Accept(t.Context(), offer, "", made.TxCode)
	require.ErrorIs(t, err, &openid.Error{Code: openid.InvalidGrant}, "once")

	type outcome struct {
		State   string                       `json:"state"`
		Refused int                          `json:"refused"`
		Reports map[string]credential.Report `json:"reports"`
	}
	ask := func(name string) (string, error) {
		var asked struct{ ID, Link string }
		err := n.as(t, employer).Post(t.Context(), "/v1/presentation-requests", map[string]any{
			"root": "diplomas", "purpose": "hiring", "issuerRoot": "diplomas", "unlock": "pin",
			"dcql_query": map[string]any{"credentials": []any{map[string]any{
				"id": "d", "format": "dc+sd-jwt", "meta": map[string]any{"vct_values": []any{diploma}},
				"claims": []any{map[string]any{"path": []any{"degree"}}, map[string]any{"path": []any{name}}},
			}}},
		}, &asked)
		return asked.ID + " " + asked.Link, err
	}
	show := func(kill bool) (outcome, error) {
		both, err := ask("name")
		require.NoError(t, err)
		var id, link string
		_, err = fmt.Sscan(both, &id, &link)
		require.NoError(t, err)
		r, err := w.Request(t.Context(), link)
		require.NoError(t, err)
		choices, err := r.Choose([]string{got.Credential})
		require.NoError(t, err)
		if kill {
			n.killGateway(t)
		}
		_, answered := w.Answer(t.Context(), r, choices)
		var out outcome
		require.NoError(t, n.as(t, employer).Get(t.Context(), "/v1/presentation-requests/"+id, "", &out))
		return out, answered
	}
	_, err = ask("birthdate")
	require.True(t, demo.IsCode(err, "OVER_ASKING"), "%v", err)
	out, err := show(true)
	require.NoError(t, err)
	require.Equal(t, "answered", out.State)
	report := out.Reports["d"]
	require.True(t, report.Verified)
	for _, check := range []credential.Name{
		credential.Signature, credential.SigningKey, credential.Validity, credential.Status, credential.Accreditation, credential.HolderBinding,
		credential.Challenge, credential.Domain, credential.UnlockLevel, credential.Purpose,
	} {
		require.Equal(t, credential.OK, report.Of(check).Outcome, "%s: %s", check, report.Of(check).Reason)
	}
	require.Equal(t, "B.Sc. Computer Science", report.Claims["degree"])
	require.NotContains(t, report.Claims, "grade")

	suspend := func(who *subject, purpose string, on bool) error {
		return n.as(t, who).Post(t.Context(), "/credentials/status", map[string]any{
			"credentialId": "diploma-2018-77", "credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": purpose}, "status": on,
		}, nil)
	}
	err = suspend(employer, "suspension", true)
	require.True(t, demo.IsCode(err, "CREDENTIAL_UNKNOWN"), "%v", err)
	err = suspend(university, "revocation", true)
	require.True(t, demo.IsCode(err, "CREDENTIAL_UNKNOWN"), "%v", err)
	require.NoError(t, suspend(university, "suspension", true))
	out, err = show(false)
	require.ErrorContains(t, err, "CREDENTIAL_SUSPENDED")
	require.Equal(t, "open", out.State)
	require.Equal(t, 1, out.Refused)
	report = out.Reports["d"]
	require.Equal(t, "CREDENTIAL_SUSPENDED", report.Of(credential.Status).Code)
	require.Empty(t, report.Claims)
	n.killGateway(t)
	require.NoError(t, suspend(university, "suspension", false), "the way to the entry outlives the process")
	out, err = show(false)
	require.NoError(t, err)
	require.Equal(t, "answered", out.State)
}

// serveWallets has the gateway issue for one party and ask for another, with keys that
// they entrust to it.
func (n *nation) serveWallets(t *testing.T, issuer, verifier *subject) {
	t.Helper()
	key := func(name string, of *subject) string {
		der, err := x509.MarshalPKCS8PrivateKey(of.Key)
		require.NoError(t, err)
		file := filepath.Join(n.p.Dir(), name+".pem")
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
		return fmt.Sprintf("kid: %q, key: %q", of.Kid, file)
	}
	text := fmt.Sprintf(`publicURL: %s
issuing: {%s, kinds: [{id: diploma, type: "https://university.example/diploma", disclosable: [name, degree, grade, birthdate], life: 8760h}]}
asking: {%s}
vcAPI: {on: true, keys: [{%s}]}
`, n.p.URL, key("issuer", issuer), key("verifier", verifier), key("issuer", issuer))
	config := filepath.Join(n.p.Dir(), "wallets.yaml")
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	o := n.options
	o.GatewayArgs = []string{"--config", config}
	again, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// killGateway ends the gateway as a power cut would, and starts it again.
func (n *nation) killGateway(t *testing.T) {
	t.Helper()
	require.NoError(t, n.p.Kill(t.Context(), "gateway"))
	require.NoError(t, n.p.Start(t.Context(), "gateway"))
}

// as is the API for who has signed in to the gateway itself.
func (n *nation) as(t *testing.T, who *subject) *demo.API {
	t.Helper()
	var c signin.Challenge
	require.NoError(t, n.api.Post(t.Context(), "/v1/sign-in/challenges", map[string]any{"audience": n.p.URL}, &c))
	answer, err := signin.Answer(who.Signer, signin.Response{Audience: n.p.URL, Challenge: c.Challenge})
	require.NoError(t, err)
	var out struct{ Token string }
	require.NoError(t, n.api.Post(t.Context(), "/v1/sign-in/tokens", map[string]any{"answer": answer}, &out))
	return &demo.API{URL: n.p.URL, HTTP: &http.Client{Transport: bearer(out.Token), Timeout: time.Minute}}
}

// bearer sends a token along.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}
