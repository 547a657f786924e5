// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// What an issuer signed before something happened to it stays good, unless its key has
// to be a current one; what it signs after does not.
func TestIssuerOverTime(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(o *office, grant string)
		check   credential.Name
		want    string // code, of what is signed after
		current string // code, of what was signed before, where the key has to be a current one
	}{
		"its key is removed": {func(o *office, _ string) {
			_, gone, _ := strings.Cut(o.issuer.Signer.Kid, "#")
			key, public := gatewaytest.NewKey("ES256")
			jwk := public.JWK()
			other := identity.Key{JWK: &jwk, Unlock: identity.UnlockNone, Purposes: []identity.Purpose{identity.CapabilityInvocation}}
			o.issuer.Do(identity.Operation{Type: identity.Update, AddKeys: []identity.Key{other}, RemoveKeys: []string{gone}},
				o.issuer.Signer, jws.Signer{Key: key, Kid: o.issuer.DID + "#" + other.ID()})
		}, credential.SigningKey, "KEY_NOT_VALID", "KEY_NOT_VALID"},
		"it is suspended": {func(o *office, _ string) {
			o.issuer.Do(identity.Operation{Type: identity.Suspend}, o.issuer.Signer)
		}, credential.SigningKey, "KEY_NOT_VALID", "KEY_NOT_VALID"},
		"it is deactivated": {func(o *office, _ string) {
			o.issuer.Do(identity.Operation{Type: identity.Deactivate}, o.issuer.Signer)
		}, credential.SigningKey, "KEY_NOT_VALID", "KEY_NOT_VALID"},
		"its accreditation is withdrawn": {func(o *office, grant string) {
			w := identity.Withdraw{Grant: grant, Root: "education", Subject: o.issuer.DID, Standing: identity.Issuer, Schema: identity.Any, Region: identity.Any, V: 1}
			w.Network, w.Channel, w.Chaincode = place()
			o.root.Tell(w)
		}, credential.Accreditation, "NOT_ACCREDITED", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, ctx := newOffice(t, "ES256"), t.Context()
			grant := o.accredit(o.issuer, identity.Issuer, "")
			o.ledger.Advance(time.Minute)
			before, err := o.diploma().Sign(o.issuer.Signer)
			require.NoError(t, err)
			o.ledger.Advance(time.Hour)
			signer := o.issuer.Signer
			c.happens(o, grant)
			o.ledger.Advance(time.Hour)

			d := o.demand()
			d.Root = "education"
			r, err := o.verifier.Presentation(ctx, o.show(before), d)
			require.NoError(t, err)
			require.NoError(t, r.Err())
			outcome(t, r, credential.Accreditation, credential.OK, "")

			after, err := o.diploma().Sign(signer)
			require.NoError(t, err)
			r, err = o.verifier.Presentation(ctx, o.show(after), d)
			require.NoError(t, err)
			outcome(t, r, c.check, credential.Failed, c.want)

			d.CurrentKey = true
			r, err = o.verifier.Presentation(ctx, o.show(before), d)
			require.NoError(t, err)
			if c.current != "" {
				outcome(t, r, credential.SigningKey, credential.Failed, c.current)
			}
		})
	}
}

// That the issuer's key has to be a current one holds within presentations of VC 2.0 too.
func TestCurrentKeyInPresentations(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, f.alg)
			issued := o.issue(f, o.alumni())
			o.ledger.Advance(time.Hour)
			o.issuer.Rotate(f.alg, identity.UnlockNone)
			o.ledger.Advance(time.Hour)
			d := o.demand()
			d.CurrentKey = true
			r, err := o.verifier.Presentation(t.Context(), o.present(f, issued), d)
			require.NoError(t, err)
			require.False(t, r.Verified)
			require.Len(t, r.Credentials, 1)
			outcome(t, r.Credentials[0], credential.SigningKey, credential.Failed, "KEY_NOT_VALID")
			r, err = o.verifier.Presentation(t.Context(), o.present(f, o.issue(f, o.alumni())), d)
			require.NoError(t, err)
			require.NoError(t, r.Err())
		})
	}
}

// A status is told as of now or as of a past block; a suspension ends.
func TestStatusOverTime(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	stop := o.openList("stop", identity.Suspension)
	s := o.diploma()
	s.Status = &credential.StatusRef{URI: stop, Index: 77}
	issued, err := s.Sign(o.issuer.Signer)
	require.NoError(t, err)
	check := func(at int64) credential.Check {
		d := o.demand()
		d.StatusTime = at
		r, err := o.verifier.Presentation(ctx, o.show(issued), d)
		require.NoError(t, err)
		return r.Of(credential.Status)
	}
	o.ledger.Advance(time.Hour)
	clear := o.now()
	o.ledger.Advance(time.Hour)
	o.setStatus("stop", 77, true)
	o.ledger.Advance(time.Hour)
	suspended := o.now()
	require.Equal(t, "CREDENTIAL_SUSPENDED", check(0).Code)
	o.ledger.Advance(time.Hour)
	o.setStatus("stop", 77, false)
	o.ledger.Advance(time.Hour)
	for at, want := range map[int64]string{0: "", clear: "", suspended: "CREDENTIAL_SUSPENDED", o.now(): "", 1: "VERSION_UNKNOWN"} {
		got := check(at)
		require.Equal(t, want, got.Code, "as of %d: %s", at, got.Reason)
		require.Equal(t, want == "", got.Outcome == credential.OK)
	}
}
