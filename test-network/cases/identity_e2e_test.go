// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/signin"
	"github.com/komsco/trust-platform/gateway/ticket"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/networktest"
	"github.com/komsco/trust-platform/test-network/platform"
)

// TestIdentity plays the cases of mobile identity on one network.
func TestIdentity(t *testing.T) {
	o := platform.Options{Options: testnetwork.Options{
		Dir: filepath.Join(t.TempDir(), "network"), BasePort: networktest.FreeBasePort(t), Progress: os.Stderr,
	}}
	o.GatewayPort = o.BasePort + network.PortSpan - 1
	networktest.StopAtEnd(t, o.Dir)
	p, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	n := &nation{p: p, options: o, api: demo.NewAPI(p.URL)}
	n.appoint(t)

	t.Run("Case02MobileID", n.case02)
	t.Run("Case14Certificates", n.case14)
	t.Run("Case18SharedLogin", n.case18)
	t.Run("Case19EResidency", n.case19)
	t.Run("Case14ByWallets", n.case14wallets)
}

// nation is what the cases share.
type nation struct {
	p       *platform.Platform
	options platform.Options
	api     *demo.API
}

func (n *nation) place() identity.Place {
	c := n.p.Consortium()
	return identity.Place{Network: c.Network, Channel: c.Channel, Chaincode: "identity"}
}

func (n *nation) registry(t *testing.T, msp, name string) *gateway.Identity {
	t.Helper()
	c, err := n.p.Client(t.Context(), msp, name)
	require.NoError(t, err)
	return c.Identity(n.p.Consortium().Channel, "identity")
}

// appoint has two organisations name who opens roots of accreditation.
func (n *nation) appoint(t *testing.T) {
	t.Helper()
	for _, g := range []struct {
		msp, name string
		role      call.Role
	}{{"KomscoMSP", "approver", identity.RoleRegistrar}, {"CityMSP", "planner", identity.RoleApprover}} {
		user, err := n.p.User(g.msp, g.name)
		require.NoError(t, err)
		_, err = n.registry(t, g.msp, "Admin").GrantRole(t.Context(), call.SetRole{
			Operation: call.Operation{Op: "appoint." + g.name}, Name: user.CommonName, Role: g.role,
		})
		require.NoError(t, err)
	}
}

// subject is somebody with a DID and one key.
type subject struct {
	jws.Signer
	n    *nation
	did  string
	last identity.Outcome
}

// register registers a DID over HTTP. The key never leaves whoever holds it.
func (n *nation) register(t *testing.T, unlock identity.Unlock) *subject {
	t.Helper()
	p := &subject{n: n}
	key := p.draw(t, unlock)
	entropy := make([]byte, 16)
	_, _ = rand.Read(entropy)
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, AddKeys: []identity.Key{key},
		Entropy: base64.RawURLEncoding.EncodeToString(entropy),
	}.At(n.place())
	var err error
	p.did, err = o.Subject()
	require.NoError(t, err)
	p.Kid = p.did + "#" + key.ID()
	require.NoError(t, p.operate(t, o, p.Signer))
	return p
}

func (p *subject) draw(t *testing.T, unlock identity.Unlock) identity.Key {
	t.Helper()
	key, err := gateway.NewKey()
	require.NoError(t, err)
	p.Signer = jws.Signer{Key: key}
	jwk := did.Key{Alg: "ES256", P256: &key.PublicKey}.JWK()
	return identity.Key{
		JWK: &jwk, Unlock: unlock,
		Purposes: []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation},
	}
}

func (p *subject) operate(t *testing.T, o identity.Operation, signers ...jws.Signer) error {
	t.Helper()
	signatures, err := o.Sign(signers...)
	require.NoError(t, err)
	return p.n.api.Post(t.Context(), "/v1/did-operations", map[string]any{"signatures": signatures}, &p.last)
}

func (p *subject) become(t *testing.T, what identity.Type) {
	t.Helper()
	o := identity.Operation{Type: what, DID: p.did, Number: p.last.Version + 1, Previous: p.last.Digest}.At(p.n.place())
	require.NoError(t, p.operate(t, o, p.Signer))
}

// replace puts the key of a new phone in the place of the old one's.
func (p *subject) replace(t *testing.T, unlock identity.Unlock) {
	t.Helper()
	old := p.Signer
	key := p.draw(t, unlock)
	p.Kid = p.did + "#" + key.ID()
	o := identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{key}, DID: p.did, Number: p.last.Version + 1, Previous: p.last.Digest}.At(p.n.place())
	require.NoError(t, p.operate(t, o, old, p.Signer))
}

// holder is the subject's wallet in a programme.
func (p *subject) holder(t *testing.T, program string) *demo.Resident {
	t.Helper()
	place := p.n.place()
	w, err := gateway.NewWallet(p.Key, currency.Place{Network: place.Network, Channel: place.Channel, Chaincode: "currency"})
	require.NoError(t, err)
	w, err = w.Of(p.did)
	require.NoError(t, err)
	return &demo.Resident{Wallet: w, Holder: w.In(program)}
}

// tell makes a statement to the registries over HTTP.
func (p *subject) tell(t *testing.T, s identity.Payload) {
	t.Helper()
	compact, err := p.Sign(s.Typ(), s)
	require.NoError(t, err)
	require.EventuallyWithT(t, func(t2 *assert.CollectT) { // the gateway's peer may be a block behind what the statement builds on
		require.NoError(t2, p.n.api.Post(t.Context(), "/v1/registry-statements", map[string]any{"statement": compact}, nil))
	}, patience, 10*tick, s.Typ())
}

// accredit opens a root of a name for a party, by two organisations, and accredits
// an issuer under it.
func (n *nation) accredit(t *testing.T, name string, root, issuer *subject) {
	t.Helper()
	r := identity.ProposeRoot{Operation: call.Operation{Op: "propose." + name}, Name: name, DID: root.did}
	_, err := n.registry(t, "KomscoMSP", "approver").ProposeRoot(t.Context(), r)
	require.NoError(t, err)
	r.Op = "approve." + name
	require.Eventually(t, func() bool { // the other organisation's peer has the proposal's block
		_, err = n.registry(t, "CityMSP", "planner").ApproveRoot(t.Context(), identity.ApproveRoot{ProposeRoot: r})
		return err == nil
	}, 20*time.Second, 100*time.Millisecond)
	at := n.place()
	root.tell(t, identity.Accredit{
		V: 1, Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, Root: name, Schema: identity.Any, Region: identity.Any,
		Standing: identity.Issuer, Subject: issuer.did, From: 1, Until: time.Now().Add(24 * time.Hour).Unix(),
	})
}

// signIn asks for a challenge over HTTP, answers it and gets a token.
func (n *nation) signIn(t *testing.T, who *subject, audience string, unlock identity.Unlock, pairwise bool) (string, error) {
	t.Helper()
	var c signin.Challenge
	require.NoError(t, n.api.Post(t.Context(), "/v1/sign-in/challenges", map[string]any{"audience": audience, "unlock": unlock}, &c))
	answer, err := signin.Answer(who.Signer, signin.Response{Audience: audience, Challenge: c.Challenge, Nonce: "session-1", Pairwise: pairwise})
	require.NoError(t, err)
	var out struct {
		Token string `json:"token"`
	}
	err = n.api.Post(t.Context(), "/v1/sign-in/tokens", map[string]any{"answer": answer}, &out)
	if err == nil { // the challenge serves once
		again := n.api.Post(t.Context(), "/v1/sign-in/tokens", map[string]any{"answer": answer}, nil)
		require.True(t, demo.IsCode(again, "CHALLENGE_USED"), "%v", again)
	}
	return out.Token, err
}

// institution is the check of tokens at an audience, by the gateway's published keys.
func (n *nation) institution(t *testing.T, audience string, unlock identity.Unlock) signin.Verifier {
	t.Helper()
	v := signin.Verifier{Issuer: n.p.URL, Audience: audience, Unlock: unlock}
	require.NoError(t, n.api.Get(t.Context(), "/.well-known/jwks.json", "", &v.Keys))
	return v
}

// case02: a person's phone holds a key that a fingerprint or a PIN unlocks. With it
// she opens an account, receives an allowance to which the welfare office found her
// entitled, without anybody seeing on the ledger that it is hers, and pays. A key
// that nothing protects is refused. When she changes phones, her account follows
// by itself, and the old phone is worth nothing.
func (n *nation) case02(t *testing.T) {
	rules := demo.Rules
	rules.BonusRate, rules.Denomination = 0, 1000
	town, err := demo.FoundAs(t.Context(), n.p, "allowance", rules, func(p *currency.Program) {
		p.Open, p.Enrollers = true, nil
		p.Identity = &currency.Identity{Chaincode: "identity", Unlock: identity.UnlockPIN}
	})
	require.NoError(t, err)
	require.NoError(t, town.Appropriate(t.Context(), "welfare", 10_000_000))
	_, err = town.Register(t.Context(), "market", "11350", "market")
	require.NoError(t, err)

	ministry, office := n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone)
	n.accredit(t, "welfare", ministry, office)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	clerk, err := ticket.NewIssuer(key)
	require.NoError(t, err)
	at := n.place()
	stated, err := office.Sign(currency.TypTicketKey, currency.TicketKey{
		V: 1, Network: at.Network, Channel: at.Channel, Program: town.Program, Series: "spring", Key: clerk.PublicKey(),
	})
	require.NoError(t, err)
	issuer, err := n.p.Officer(t.Context(), "CityMSP", "issuer")
	require.NoError(t, err)
	series, err := issuer.OpenTickets(t.Context(), currency.OpenTickets{
		Operation: call.Operation{Op: town.Program + ".spring"}, Program: town.Program, ID: "spring", Unit: "KRW", Appropriation: "welfare",
		Each: 200_000, Count: 40, Tranches: 8, Until: time.Now().Add(24 * time.Hour).Unix(),
		Root: "welfare", Schema: identity.Any, Region: identity.Any, Key: stated,
	})
	require.NoError(t, err)

	unprotected := n.register(t, identity.UnlockNone)
	order, err := unprotected.holder(t, town.Program).Open("")
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/accounts", order, nil)
	require.True(t, demo.IsCode(err, "UNLOCK_LEVEL"), "%v", err)

	younghee := n.register(t, identity.UnlockBiometric)
	r := younghee.holder(t, town.Program)
	order, err = r.Open("")
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/accounts", order, nil))

	// The office knows who has the right and signs once; what it signs it cannot see.
	pending, err := ticket.Ask(currency.Place{Network: at.Network, Channel: at.Channel, Chaincode: "currency"}, series, r.Wallet.Account)
	require.NoError(t, err)
	answer, err := clerk.Sign(pending.Blinded)
	require.NoError(t, err)
	mine, err := pending.Finish(answer)
	require.NoError(t, err)
	mine.Seq = 1
	order, err = r.Present(mine)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/tickets", order, nil))
	mine.Seq = 2
	order, err = r.Present(mine)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/tickets", order, nil)
	require.True(t, demo.IsCode(err, "TICKET_USED"), "%v", err)
	r.Seq = 1
	require.NoError(t, town.Look(t.Context(), r))
	require.Len(t, r.Claims, 1)
	order, err = r.Pay("market", 50_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))

	// A new phone: nobody but she does anything about it.
	old := r
	younghee.replace(t, identity.UnlockPIN)
	r = younghee.holder(t, town.Program)
	require.Eventually(t, func() bool { // until then the gateway's key sync is on its way
		r.Seq = 2
		order, err = r.Pay("market", 30_000)
		require.NoError(t, err)
		err = town.API.Order(t.Context(), "/v1/payments", order, nil)
		return err == nil || !demo.IsCode(err, "KEY_MISMATCH")
	}, 30*time.Second, 100*time.Millisecond)
	require.NoError(t, err)
	old.Seq = 3
	order, err = old.Pay("market", 1_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "KEY_MISMATCH"), "%v", err)

	// She loses it and suspends the DID: the money waits for her.
	younghee.become(t, identity.Suspend)
	r.Seq = 3
	require.Eventually(t, func() bool {
		order, err = r.Pay("market", 1_000)
		require.NoError(t, err)
		if err = town.API.Order(t.Context(), "/v1/payments", order, nil); err != nil { // until the key sync, payments go on
			r.Seq--
		}
		return demo.IsCode(err, "KEY_STOPPED")
	}, 30*time.Second, 100*time.Millisecond)
	// Anybody may ask where the account stands, and have it brought in line at once when she finds the phone again.
	sync := func() currency.Synced {
		var out struct{ Accounts []currency.Synced }
		require.NoError(t, n.api.Post(t.Context(), "/v1/programs/"+town.Program+"/key-syncs", map[string]any{"accounts": []string{r.Wallet.Account}}, &out))
		require.Len(t, out.Accounts, 1)
		return out.Accounts[0]
	}
	require.Equal(t, currency.StopSuspended, sync().Stopped)
	younghee.become(t, identity.Resume)
	require.Eventually(t, func() bool { return sync().Stopped == "" }, 20*time.Second, 100*time.Millisecond)
	order, err = r.Pay("market", 1_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))

	var clients []*gateway.Client
	for _, org := range n.p.Orgs() {
		c, err := n.p.Client(t.Context(), org.MSPID, "Admin")
		require.NoError(t, err)
		clients = append(clients, c)
	}
	report, err := gateway.Audit(t.Context(), clients, n.p.Consortium().Channel, "currency", 0, nil)
	require.NoError(t, errors.Join(err, report.Err()))
}

// case14: a university gives its graduates diplomas that they hold themselves. An
// applicant shows an employer the degree and nothing else; the employer checks it
// with the university's signature, and that it is the applicant's.
func (n *nation) case14(t *testing.T) {
	ministry, university, applicant, other := n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone), n.register(t, identity.UnlockPIN), n.register(t, identity.UnlockPIN)
	n.accredit(t, "education", ministry, university)
	diploma := func(by *subject) string {
		sd, err := credential.SDJWT{
			Type:        "https://university.example/diploma",
			Claims:      credential.Object{"degree": "B.Sc. Computer Science", "graduated": "2018-02", "name": "Kim Minsu", "birthdate": "1994-05-05", "grade": "3.8"},
			Disclosable: []string{"name", "birthdate", "grade", "degree"}, Holder: &credential.Binding{Kid: applicant.did},
			Expires: time.Now().Add(24 * time.Hour).Unix(),
		}.Sign(by.Signer)
		require.NoError(t, err)
		return sd
	}
	const employer = "https://employer.example"
	show := func(sd string, who *subject, nonce string) string {
		shown, err := credential.Presenting{Disclose: []string{"degree"}, Nonce: nonce, Audience: employer}.Present(sd, who.Signer)
		require.NoError(t, err)
		return shown
	}
	c, err := n.p.Client(t.Context(), "BankMSP", "Admin") // any member's peer tells it
	require.NoError(t, err)
	v := credential.Verifier{Ledger: c.Identity(n.p.Consortium().Channel, "identity")}
	demand := credential.Demand{Challenge: "application-77", Domain: employer, Root: "education", Unlock: identity.UnlockPIN}
	check := func(shown string) credential.Report {
		r, err := v.Presentation(t.Context(), shown, demand)
		require.NoError(t, err)
		return r
	}
	sd := diploma(university)
	var r credential.Report
	require.Eventually(t, func() bool { // once the bank's peer has what was accredited
		r = check(show(sd, applicant, "application-77"))
		return r.Verified
	}, patience, 5*tick)
	require.NoError(t, r.Err())
	require.Equal(t, "B.Sc. Computer Science", r.Claims["degree"])
	require.NotContains(t, r.Claims, "birthdate")
	require.NotContains(t, r.Claims, "name")

	for name, shown := range map[string]string{
		"shown by another":                show(sd, other, "application-77"),
		"for another application":         show(sd, applicant, "application-78"),
		"of a mill without accreditation": show(diploma(other), applicant, "application-77"),
	} {
		r := check(shown)
		require.False(t, r.Verified, name)
	}
	// Versions and credentials carry whole seconds: the next version is of a later one.
	issued := time.Now().Unix()
	require.Eventually(t, func() bool { return time.Now().Unix() > issued }, 5*time.Second, 50*time.Millisecond)
	// The university's key is replaced; diplomas of before stay good.
	university.replace(t, identity.UnlockNone)
	require.EqualValues(t, 2, university.last.Version)
	r = check(show(sd, applicant, "application-77"))
	require.NoError(t, r.Err())
	// The applicant's DID is suspended: nothing is shown with it.
	applicant.become(t, identity.Suspend)
	require.Eventually(t, func() bool { // once the bank's peer has that block
		r = check(show(sd, applicant, "application-77"))
		return !r.Verified
	}, 20*time.Second, 100*time.Millisecond)
}

// case18: one registration, and two banks and an insurer know the customer. Each
// asks for the level it wants; they cannot join what they know unless he shows
// them his DID.
func (n *nation) case18(t *testing.T) {
	const bank, otherBank, insurer = "https://bank.example", "https://other-bank.example", "https://insurer.example"
	minsu := n.register(t, identity.UnlockPIN)
	subjects := map[string]bool{}
	for _, audience := range []string{bank, otherBank, insurer} {
		token, err := n.signIn(t, minsu, audience, identity.UnlockPIN, true)
		require.NoError(t, err)
		v := n.institution(t, audience, identity.UnlockPIN)
		claims, err := v.Verify(token, "session-1", time.Now())
		require.NoError(t, err)
		require.Empty(t, claims.DID)
		subjects[claims.Subject] = true
		token, err = n.signIn(t, minsu, audience, identity.UnlockPIN, true)
		require.NoError(t, err)
		again, err := v.Verify(token, "session-1", time.Now())
		require.NoError(t, err)
		require.Equal(t, claims.Subject, again.Subject, "the customer is known again")
		for _, elsewhere := range []string{bank, otherBank, insurer} {
			if elsewhere != audience {
				_, err = n.institution(t, elsewhere, "").Verify(token, "session-1", time.Now())
				require.ErrorIs(t, err, signin.TokenRefused)
			}
		}
	}
	require.Len(t, subjects, 3)

	// A transfer asks for the fingerprint: a PIN is not enough.
	_, err := n.signIn(t, minsu, bank, identity.UnlockBiometric, false)
	require.True(t, demo.IsCode(err, "SIGN_IN_LEVEL"), "%v", err)
	minsu.replace(t, identity.UnlockBiometric)
	token, err := n.signIn(t, minsu, bank, identity.UnlockBiometric, false)
	require.NoError(t, err)
	claims, err := n.institution(t, bank, identity.UnlockBiometric).Verify(token, "session-1", time.Now())
	require.NoError(t, err)
	require.Equal(t, minsu.did, claims.DID)

	minsu.become(t, identity.Suspend)
	_, err = n.signIn(t, minsu, bank, "none", false)
	require.True(t, demo.IsCode(err, "SIGN_IN_KEY"), "%v", err)
}

// case19: somebody abroad registers a DID from there, is given an e-residency
// credential by the agency, signs in to a service with it and opens an account. The
// agency withdraws it: the service no longer accepts it.
func (n *nation) case19(t *testing.T) {
	ministry, agency, maria := n.register(t, identity.UnlockNone), n.register(t, identity.UnlockNone), n.register(t, identity.UnlockBiometric)
	n.accredit(t, "residency", ministry, agency)
	at := n.place()
	agency.tell(t, identity.OpenStatusList{
		V: 1, Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, Name: "e-residents", Entries: identity.MinEntries, Purpose: identity.Revocation,
	})
	card, err := credential.SDJWT{
		Type:        "https://agency.example/e-resident",
		Claims:      credential.Object{"e_resident": true, "nationality": "EE", "name": "Maria Tamm"},
		Disclosable: []string{"nationality", "name"}, Holder: &credential.Binding{Kid: maria.did},
		Expires: time.Now().Add(24 * time.Hour).Unix(),
		Status:  &credential.StatusRef{URI: n.p.URL + "/v1/status-lists/" + agency.did + "/e-residents", Index: 4711},
	}.Sign(agency.Signer)
	require.NoError(t, err)

	const service = "https://company-register.example"
	v := credential.Verifier{Ledger: n.registry(t, "CityMSP", "Admin")}
	present := func(statusTime int64) credential.Report {
		token, err := n.signIn(t, maria, service, identity.UnlockBiometric, false)
		require.NoError(t, err)
		claims, err := n.institution(t, service, identity.UnlockBiometric).Verify(token, "session-1", time.Now())
		require.NoError(t, err)
		require.Equal(t, maria.did, claims.DID)
		shown, err := credential.Presenting{Nonce: claims.ID, Audience: service}.Present(card, maria.Signer)
		require.NoError(t, err)
		r, err := v.Presentation(t.Context(), shown, credential.Demand{
			Challenge: claims.ID, Domain: service, Root: "residency", Unlock: identity.UnlockBiometric, StatusTime: statusTime,
		})
		require.NoError(t, err)
		return r
	}
	r := present(0)
	require.NoError(t, r.Err())
	require.Equal(t, true, r.Claims["e_resident"])
	signedUp := time.Now().Unix()

	town, err := demo.FoundAs(t.Context(), n.p, "e-resident", demo.Rules, func(p *currency.Program) {
		p.Open, p.Enrollers = true, nil
		p.Identity = &currency.Identity{Chaincode: "identity", Unlock: identity.UnlockBiometric}
	})
	require.NoError(t, err)
	order, err := maria.holder(t, town.Program).Open("")
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/accounts", order, nil))

	// Statuses carry whole seconds: what comes is of a later one.
	require.Eventually(t, func() bool { return time.Now().Unix() > signedUp }, 5*time.Second, 50*time.Millisecond)
	agency.tell(t, identity.SetStatus{
		V: 1, Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, List: "e-residents", Exp: time.Now().Add(time.Minute).Unix(),
		Nonce: credential.NewNonce(), Changes: []identity.StatusChange{{Index: 4711, Set: true}},
	})
	require.Eventually(t, func() bool { return !present(0).Verified }, 20*time.Second, 100*time.Millisecond)
	r = present(0)
	require.Equal(t, "CREDENTIAL_REVOKED", r.Of(credential.Status).Code)

	// Whether she had it when she signed up can be told for ever, by the block that was the last one then.
	r = present(signedUp)
	require.NoError(t, r.Err())
	var now, then identity.StatusAnswer
	entry := "/v1/status-lists/" + agency.did + "/e-residents/4711"
	require.NoError(t, n.api.Get(t.Context(), entry, "", &now))
	require.True(t, now.Set)
	require.Regexp(t, "^[0-9a-f]{64}$", now.Tx, "whose block has the agency's signed statement")
	require.NoError(t, n.api.Get(t.Context(), entry+"?time="+strconv.FormatInt(signedUp, 10), "", &then))
	require.False(t, then.Set)
	require.Error(t, n.api.Get(t.Context(), entry+"?time=1", "", &then), "the list was not opened yet")
}
