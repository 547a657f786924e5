// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
)

// What a verifier asks of who presents credentials of VC 2.0, in each form.
func TestVPChecks(t *testing.T) {
	for form, f := range forms {
		o, ctx := newOffice(t, f.alg), t.Context()
		o.accredit(o.company, identity.Verifier, "hiring", "alumniOf", "mean", "year")
		list := o.openList("2026", identity.Revocation)
		o.setStatus("2026", 9, true)
		asking := &credential.Asking{Verifier: o.company.DID, Root: "education", Purpose: "hiring"}
		for name, c := range map[string]struct {
			change func(vc object)
			ask    func(*credential.Demand)
			inside bool // the check is one of the credential's
			check  credential.Name
			want   string
		}{
			"pin for pin":       {ask: func(d *credential.Demand) { d.Unlock = identity.UnlockPIN }, check: credential.UnlockLevel},
			"pin for biometric": {ask: func(d *credential.Demand) { d.Unlock = identity.UnlockBiometric }, check: credential.UnlockLevel, want: "UNLOCK_TOO_LOW"},
			"another domain":    {ask: func(d *credential.Demand) { d.Domain = "https://thief.example" }, check: credential.Domain, want: "CHALLENGE_MISMATCH"},
			"another challenge": {ask: func(d *credential.Demand) { d.Challenge = "n-2" }, check: credential.Challenge, want: "CHALLENGE_MISMATCH"},
			"asking right":      {ask: func(d *credential.Demand) { d.Asking = asking }, inside: true, check: credential.Purpose},
			"shown too much": {
				change: func(vc object) { vc["credentialSubject"].(object)["health"] = "good" },
				ask:    func(d *credential.Demand) { d.Asking = asking }, inside: true, check: credential.Purpose, want: "OVER_ASKING",
			},
			"not accredited": {ask: func(d *credential.Demand) { d.Root = "education" }, inside: true, check: credential.Accreditation, want: "NOT_ACCREDITED"},
			"revoked": {change: func(vc object) {
				vc["credentialStatus"] = object{"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "9", "statusListCredential": list}
			}, inside: true, check: credential.Status, want: "CREDENTIAL_REVOKED"},
			"about another": {change: func(vc object) { vc["credentialSubject"].(object)["id"] = o.company.DID }, inside: true, check: credential.HolderBinding, want: "HOLDER_UNPROVED"},
		} {
			t.Run(form+" "+name, func(t *testing.T) {
				vc, d := o.alumni(), o.demand()
				if c.change != nil {
					c.change(vc)
				}
				if c.ask != nil {
					c.ask(&d)
				}
				r, err := o.verifier.Presentation(ctx, o.present(f, o.issue(f, vc)), d)
				require.NoError(t, err)
				at := r
				if c.inside {
					require.Len(t, r.Credentials, 1)
					at = r.Credentials[0]
				}
				if c.want == "" {
					outcome(t, at, c.check, credential.OK, "")
					require.NoError(t, r.Err())
					return
				}
				outcome(t, at, c.check, credential.Failed, c.want)
				require.False(t, r.Verified, "nor the presentation as a whole")
			})
		}
	}
}
