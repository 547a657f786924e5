// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

const site = "https://gateway.example"

type object = map[string]any

// office is a registry with a university that may issue, a graduate, and a company
// that may ask.
type office struct {
	t        *testing.T
	ledger   *gatewaytest.Identities
	root     *gatewaytest.Subject
	issuer   *gatewaytest.Subject
	holder   *gatewaytest.Subject
	company  *gatewaytest.Subject
	verifier credential.Verifier
}

func newOffice(t *testing.T, alg string) *office {
	t.Helper()
	l := gatewaytest.NewIdentities(t)
	o := &office{
		t: t, ledger: l,
		root: l.Born("ES256", identity.UnlockNone), issuer: l.Born(alg, identity.UnlockNone),
		holder: l.Born(alg, identity.UnlockPIN), company: l.Born(alg, identity.UnlockNone),
	}
	o.verifier = credential.Verifier{Ledger: l, Now: l.Now}
	l.OpenRoot("education", o.root.DID)
	return o
}

func place() (network, channel, chaincode string) {
	p := gatewaytest.Registry
	return p.Network, p.Channel, p.Chaincode
}

// accredit has the root accredit a subject for a year, and answers the statement's digest.
func (o *office) accredit(s *gatewaytest.Subject, standing identity.Standing, purpose string, attributes ...string) string {
	o.t.Helper()
	a := identity.Accredit{
		Root: "education", Subject: s.DID, Standing: standing, Schema: identity.Any, Region: identity.Any, Purpose: purpose,
		From: o.now(), Until: o.now() + 365*86400, Attributes: attributes, V: 1,
	}
	a.Network, a.Channel, a.Chaincode = place()
	return o.root.Tell(a)
}

func (o *office) now() int64 { return o.ledger.Now().Unix() }

// openList opens a status list of the issuer's and answers its URL.
func (o *office) openList(name string, purpose identity.StatusPurpose) string {
	o.t.Helper()
	l := identity.OpenStatusList{Name: name, Entries: identity.MinEntries, Purpose: purpose, V: 1}
	l.Network, l.Channel, l.Chaincode = place()
	o.issuer.Tell(l)
	return site + "/v1/status-lists/" + o.issuer.DID + "/" + name
}

func (o *office) setStatus(list string, index int, set bool) {
	o.t.Helper()
	s := identity.SetStatus{
		List: list, Changes: []identity.StatusChange{{Index: index, Set: set}}, Exp: o.now() + 60,
		Nonce: credential.NewNonce(), V: 1,
	}
	s.Network, s.Channel, s.Chaincode = place()
	o.issuer.Tell(s)
}

// outcome asserts what a check of a report says; code is "" unless it failed.
func outcome(t *testing.T, r credential.Report, name credential.Name, want credential.Outcome, code string) {
	t.Helper()
	got := r.Of(name)
	require.Equal(t, want, got.Outcome, "%s: %s %s", name, got.Code, got.Reason)
	require.Equal(t, code, got.Code, "%s: %s", name, got.Reason)
	require.NotEmpty(t, got.Reason, name)
	if want == credential.Failed {
		require.False(t, r.Verified)
		require.Error(t, r.Err())
	}
}

var algorithms = []string{"ES256", "EdDSA", "ES256K"}
