// SPDX-License-Identifier: Apache-2.0

package asking_test

import (
	"context"
	"encoding/json"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/openid"
)

const card = "https://c.example/card"

// counter is a company that may ask for a name, and a holder with a card.
type counter struct {
	t       tb
	ledger  *gatewaytest.Identities
	company *gatewaytest.Subject
	holder  *gatewaytest.Subject
	held    string
	file    string
	late    time.Duration
}

// tb is a test, or a fuzz target's setting-up.
type tb interface {
	gatewaytest.TB
	Context() context.Context
	TempDir() string
	Errorf(format string, args ...any)
	FailNow()
}

// quiet is testing.F for a ledger that lives on while targets run, when F's own Helper
// panics.
type quiet struct{ *testing.F }

func (quiet) Helper() {}

func (quiet) Context() context.Context { return context.Background() }

func newCounter(t tb) *counter {
	l := gatewaytest.NewIdentities(t)
	l.At(time.Now().Add(-time.Hour))
	c := &counter{t: t, ledger: l, file: filepath.Join(t.TempDir(), "shelf.db")}
	root, issuer := l.Born("ES256", identity.UnlockNone), l.Born("ES256", identity.UnlockNone)
	c.company, c.holder = l.Born("EdDSA", identity.UnlockNone), l.Born("ES256", identity.UnlockPIN)
	l.OpenRoot("club", root.DID)
	p := gatewaytest.Registry
	root.Tell(identity.Accredit{
		V: 1, Network: p.Network, Channel: p.Channel, Chaincode: p.Chaincode, Root: "club", Schema: identity.Any, Region: identity.Any, From: 1,
		Until: time.Now().Add(24 * time.Hour).Unix(), Standing: identity.Verifier, Subject: c.company.DID, Purpose: "entry", Attributes: []string{"name"},
	})
	l.At(time.Now())
	var err error
	c.held, err = credential.SDJWT{
		Type: card, Claims: credential.Object{"name": "Minji", "number": 9007199254740991}, Disclosable: []string{"name"},
		Holder: &credential.Binding{Kid: c.holder.DID}, Issued: time.Now().Unix(),
	}.Sign(issuer.Signer)
	require.NoError(t, err)
	return c
}

func (c *counter) now() time.Time { return time.Now().Add(c.late) }

// asker opens the gateway's side, as a start does.
func (c *counter) asker() (*asking.Asker, func()) {
	c.t.Helper()
	kept, err := shelf.Open(c.file, c.now)
	require.NoError(c.t, err)
	a, err := asking.New(party.Party{
		URL: "https://v.example/", Signer: c.company.Signer, Clients: []string{"did:example:guard"}, Shelf: kept, Now: c.now,
		Verifier: &credential.Verifier{Ledger: c.ledger, Now: c.now},
	})
	require.NoError(c.t, err)
	return a, func() { require.NoError(c.t, kept.Close()) }
}

func aRequest() asking.NewRequest {
	return asking.NewRequest{
		Standing: openid.Standing{Root: "club", Purpose: "entry"},
		Query: map[string]any{"credentials": []any{map[string]any{
			"id": "c", "format": "dc+sd-jwt", "meta": map[string]any{"vct_values": []any{card}}, "claims": []any{map[string]any{"path": []any{"name"}}},
		}}},
	}
}

// answer is a form that shows what is disclosed, for the request as wallets fetch it.
func (c *counter) answer(a *asking.Asker, id string, disclose ...string) string {
	c.t.Helper()
	object, err := a.Object(id)
	require.NoError(c.t, err)
	said, err := a.Verifier.Token(c.t.Context(), object, openid.TypRequest, identity.Authentication)
	require.NoError(c.t, err)
	shown, err := credential.Presenting{
		Disclose: disclose, Nonce: said.Claims["nonce"].(string), Audience: said.Claims["client_id"].(string),
	}.Present(c.held, c.holder.Signer)
	require.NoError(c.t, err)
	token, err := json.Marshal(map[string][]string{"c": {shown}})
	require.NoError(c.t, err)
	return url.Values{"state": {said.Claims["state"].(string)}, "vp_token": {string(token)}}.Encode()
}

// A request that was shown is answered after a restart, and its outcome read after
// another, for as long as they are kept.
func TestRequestsOutliveARestart(t *testing.T) {
	c := newCounter(t)
	a, stop := c.asker()
	made, err := a.Ask(t.Context(), "did:example:guard", aRequest())
	require.NoError(t, err)
	require.Equal(t, "https://v.example"+asking.PathRequests+made.ID+"/object", made.Request)
	err = a.Answer(t.Context(), made.ID, c.answer(a, made.ID))
	require.ErrorContains(t, err, "does not show what is asked for")
	object, err := a.Object(made.ID)
	require.NoError(t, err)
	stop()

	a, stop = c.asker()
	same, err := a.Object(made.ID)
	require.NoError(t, err)
	require.Equal(t, object, same)
	out, err := a.Outcome("did:example:guard", made.ID)
	require.NoError(t, err)
	require.Equal(t, asking.Open, out.State)
	require.Equal(t, 1, out.Refused)
	require.Nil(t, out.Reports["c"].Claims, "nothing of what did not verify")
	form := c.answer(a, made.ID, "name")
	require.NoError(t, a.Answer(t.Context(), made.ID, form))
	stop()

	a, stop = c.asker()
	defer stop()
	require.ErrorIs(t, a.Answer(t.Context(), made.ID, form), openid.NotOffered)
	out, err = a.Outcome("did:example:guard", made.ID)
	require.NoError(t, err)
	require.Equal(t, asking.Answered, out.State)
	report := out.Reports["c"]
	require.True(t, report.Verified)
	require.Equal(t, "Minji", report.Claims["name"])
	require.Equal(t, json.Number("9007199254740991"), report.Claims["number"])
	require.Equal(t, credential.OK, report.Of(credential.Purpose).Outcome)
	_, err = a.Outcome(c.company.DID, made.ID)
	require.ErrorIs(t, err, openid.NotOffered, "of who made it alone")
	c.late = asking.Life + 10*time.Minute
	_, err = a.Outcome("did:example:guard", made.ID)
	require.ErrorIs(t, err, openid.NotOffered)
}

func TestAskRefuses(t *testing.T) {
	c := newCounter(t)
	a, stop := c.asker()
	defer stop()
	more := aRequest()
	more.Query["credentials"].([]any)[0].(map[string]any)["claims"] = []any{map[string]any{"path": []any{"number"}}}
	indexed := aRequest()
	indexed.Query["credentials"].([]any)[0].(map[string]any)["claims"] = []any{map[string]any{"path": []any{"name", 1}}}
	long := aRequest()
	long.Expires = time.Now().Add(11 * time.Minute).Unix()
	for name, tried := range map[string]struct {
		client string
		n      asking.NewRequest
		want   error
	}{
		"somebody else":        {"did:example:other", aRequest(), openid.ClientRefused},
		"no query":             {c.company.DID, asking.NewRequest{Standing: openid.Standing{Root: "club", Purpose: "entry"}}, openid.BadQuery},
		"more than registered": {c.company.DID, more, identity.OverAsking},
		"an index":             {c.company.DID, indexed, openid.BadQuery},
		"for too long":         {c.company.DID, long, openid.BadRequest},
	} {
		_, err := a.Ask(t.Context(), tried.client, tried.n)
		require.ErrorIs(t, err, tried.want, name)
	}
	_, err := a.Object("nothing")
	require.ErrorIs(t, err, openid.NotOffered)
	require.ErrorIs(t, a.Answer(t.Context(), "nothing", "state=x&vp_token={}"), openid.NotOffered)
	require.ErrorIs(t, a.Answer(t.Context(), "nothing", "a=1&a=2"), &openid.Error{Code: openid.InvalidRequest})

	for name, p := range map[string]party.Party{
		"no ledger":    {URL: "https://v.example", Signer: c.company.Signer, Verifier: &credential.Verifier{}},
		"no verifier":  {URL: "https://v.example", Signer: c.company.Signer},
		"no signer":    {URL: "https://v.example", Verifier: &credential.Verifier{Ledger: c.ledger}},
		"in the clear": {URL: "http://v.example", Signer: c.company.Signer, Verifier: &credential.Verifier{Ledger: c.ledger}},
	} {
		_, err := asking.New(p)
		require.Error(t, err, name)
	}
}

// What is shown in another format, which nobody asked for and whose claims would stand
// within a report, does not reach the verifier.
func TestNothingOfAnotherFormat(t *testing.T) {
	c := newCounter(t)
	a, stop := c.asker()
	defer stop()
	made, err := a.Ask(t.Context(), c.company.DID, aRequest())
	require.NoError(t, err)
	form, err := url.ParseQuery(c.answer(a, made.ID, "name"))
	require.NoError(t, err)
	health, err := credential.SignJWT(credential.Object{
		"type": []any{"VerifiableCredential"}, "credentialSubject": credential.Object{"id": c.holder.DID, "health": "poor"},
	}, c.holder.Signer, c.now())
	require.NoError(t, err)
	for name, show := range map[string]func(credential.VP, credential.Signer, time.Time) (string, error){
		"vp+jwt": credential.VP.SignJWT, "ecdsa-jcs-2019": credential.VP.SignIntegrity,
	} {
		t.Run(name, func(t *testing.T) {
			shown, err := show(credential.VP{Credentials: []string{health}}, c.holder.Signer, c.now())
			require.NoError(t, err)
			token, err := json.Marshal(map[string][]string{"c": {shown}})
			require.NoError(t, err)
			form.Set("vp_token", string(token))
			require.ErrorIs(t, a.Answer(t.Context(), made.ID, form.Encode()), &openid.Error{Code: openid.InvalidRequest})
			out, err := a.Outcome(c.company.DID, made.ID)
			require.NoError(t, err)
			said, err := json.Marshal(out)
			require.NoError(t, err)
			require.NotContains(t, string(said), "poor")
			require.NotContains(t, string(said), "health")
		})
	}
}

// Of many who answer at a time one counts; who declines closes it for all.
func TestOneAnswerCounts(t *testing.T) {
	c := newCounter(t)
	a, stop := c.asker()
	defer stop()
	made, err := a.Ask(t.Context(), c.company.DID, aRequest())
	require.NoError(t, err)
	form := c.answer(a, made.ID, "name")
	errs := make([]error, 8)
	var all sync.WaitGroup
	for n := range errs {
		all.Go(func() { errs[n] = a.Answer(t.Context(), made.ID, form) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	require.Equal(t, 1, won, "%v", errs)

	made, err = a.Ask(t.Context(), c.company.DID, aRequest())
	require.NoError(t, err)
	form = c.answer(a, made.ID, "name")
	state, err := url.ParseQuery(form)
	require.NoError(t, err)
	require.NoError(t, a.Answer(t.Context(), made.ID, url.Values{"state": state["state"], "error": {"access_denied"}}.Encode()))
	require.ErrorIs(t, a.Answer(t.Context(), made.ID, form), openid.NotOffered)
	out, err := a.Outcome(c.company.DID, made.ID)
	require.NoError(t, err)
	require.Equal(t, asking.Declined, out.State)
	require.Empty(t, out.Reports)

	// The ledger gone, there is no verdict, and the request stays open.
	made, err = a.Ask(t.Context(), c.company.DID, aRequest())
	require.NoError(t, err)
	form = c.answer(a, made.ID, "name")
	c.ledger.Gone = gatewaytest.Gone
	require.ErrorIs(t, a.Answer(t.Context(), made.ID, form), gatewaytest.Gone)
	c.ledger.Gone = nil
	out, err = a.Outcome(c.company.DID, made.ID)
	require.NoError(t, err)
	require.Equal(t, asking.Outcome{State: asking.Open, Expires: made.Expires}, out, "nobody was refused")
	require.NoError(t, a.Answer(t.Context(), made.ID, form))
}
