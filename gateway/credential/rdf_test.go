// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
)

// terms is a context with terms that are not protected, as issuers have them.
const terms = "https://terms.example/v1"

func (o *office) rdfc(document object, by credential.Signer, options object) string {
	o.t.Helper()
	signed, err := o.verifier.SignRDFC(document, by, o.ledger.Now(), options)
	require.NoError(o.t, err)
	return signed
}

// newRDFC is an office with a credential by eddsa-rdfc-2022.
func newRDFC(t *testing.T) (o *office, issued string) {
	o = newOffice(t, "EdDSA")
	o.verifier.Contexts = map[string]json.RawMessage{
		terms: json.RawMessage(`{"@context":{"degree":"https://terms.example/degree","minor":"https://terms.example/minor","Diploma":"https://terms.example/Diploma"}}`),
	}
	return o, o.rdfc(object{
		"@context": []any{credential.ContextV2, terms}, "type": []any{"VerifiableCredential", "Diploma"}, "issuer": o.issuer.DID,
		"credentialSubject": object{"id": o.holder.DID, "degree": "BSc", "minor": "Music"},
	}, o.issuer.Signer, object{"proofPurpose": "assertionMethod"})
}

func asObject(t require.TestingT, text string) (o object) {
	require.NoError(t, json.Unmarshal([]byte(text), &o))
	return o
}

func asText(t require.TestingT, o object) string {
	raw, err := json.Marshal(o)
	require.NoError(t, err)
	return string(raw)
}

// hides are changes that leave the statements of a credential as they are, or say more
// beside them: none may pass, for members are what verifiers read.
var hides = map[string]func(o object){
	"a member that no context knows":      func(o object) { subject(o)["clearance"] = "secret" },
	"one at the top":                      func(o object) { o["clearance"] = "secret" },
	"a type that no context knows":        func(o object) { o["type"] = append(o["type"].([]any), "Passport") },
	"a name that is no URL":               func(o object) { o["relatedResource"] = object{"id": "x", "degree": "PhD"} },
	"null":                                func(o object) { subject(o)["description"] = nil },
	"members swapped by a context":        func(o object) { swap(o, swapped); o["@context"] = append(o["@context"].([]any), swapped) },
	"members swapped further in":          func(o object) { swap(o, swapped); subject(o)["@context"] = swapped },
	"members swapped by absolute names":   func(o object) { s := subject(o); s["https://terms.example/degree"] = s["degree"]; delete(s, "degree") },
	"the subject's id by a keyword":       func(o object) { s := subject(o); s["@id"] = s["id"]; delete(s, "id") },
	"the type by a keyword":               func(o object) { o["@type"] = o["type"]; delete(o, "type") },
	"a node included":                     func(o object) { o["@included"] = []any{object{"id": "did:example:a", "degree": "PhD"}} },
	"the subject in a list of statements": func(o object) { o["credentialSubject"] = object{"@graph": []any{o["credentialSubject"]}} },
	"another value":                       func(o object) { subject(o)["degree"] = "MSc" },
	"a direction":                         func(o object) { subject(o)["description"] = object{"@value": "x", "@direction": "rtl"} },
	"without a type":                      func(o object) { o["type"] = []any{"VerifiableCredential"} },
}

var swapped = object{"degree": "https://terms.example/minor", "minor": "https://terms.example/degree"}

func subject(o object) object { return o["credentialSubject"].(object) }

func swap(o, _ object) {
	s := subject(o)
	s["degree"], s["minor"] = s["minor"], s["degree"]
}

func TestRDFC(t *testing.T) {
	o, issued := newRDFC(t)
	r, err := o.verifier.Credential(t.Context(), issued, credential.Demand{})
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r.Checks)
	for name, hide := range hides {
		t.Run(name, func(t *testing.T) {
			forged := asObject(t, issued)
			hide(forged)
			r, err := o.verifier.Credential(t.Context(), asText(t, forged), credential.Demand{})
			require.True(t, err != nil || !r.Verified, "%+v", r.Claims)
		})
	}
}

func TestRDFCPresentation(t *testing.T) {
	o, issued := newRDFC(t)
	second := o.issue(forms["eddsa-jcs-2022"], o.alumni())
	show := func(by credential.Signer, holder string, credentials ...any) string {
		return o.rdfc(object{
			"@context": []any{credential.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": holder, "verifiableCredential": credentials,
		}, by, object{"proofPurpose": "authentication", "challenge": "n-1", "domain": shown.Audience})
	}
	verify := func(vp string) (credential.Report, error) {
		return o.verifier.Presentation(t.Context(), vp, o.demand())
	}
	vp := show(o.holder.Signer, o.holder.DID, asObject(t, issued))
	r, err := verify(vp)
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r)
	require.Equal(t, credential.EdDSARDFC, r.Format)
	require.Len(t, r.Credentials, 1)
	outcome(t, r.Credentials[0], credential.HolderBinding, credential.OK, "")

	// One without an array, as some software has it.
	alone := o.rdfc(object{
		"@context": []any{credential.ContextV2}, "type": "VerifiablePresentation", "verifiableCredential": asObject(t, issued),
	}, o.holder.Signer, object{"proofPurpose": "authentication", "challenge": "n-1", "domain": shown.Audience})
	r, err = verify(alone)
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r)

	d := o.demand()
	d.Challenge = "n-2"
	r, err = o.verifier.Presentation(t.Context(), vp, d)
	require.NoError(t, err)
	outcome(t, r, credential.Challenge, credential.Failed, "CHALLENGE_MISMATCH")
	r, err = verify(show(o.company.Signer, o.company.DID, asObject(t, issued)))
	require.NoError(t, err)
	outcome(t, r.Credentials[0], credential.HolderBinding, credential.Failed, "HOLDER_UNPROVED")
	r, err = verify(show(o.company.Signer, o.holder.DID, asObject(t, issued)))
	require.NoError(t, err)
	require.False(t, r.Verified)

	change := func(name string, how func(vp object)) {
		t.Run(name, func(t *testing.T) {
			forged := asObject(t, vp)
			how(forged)
			r, err := verify(asText(t, forged))
			require.True(t, err != nil || !r.Verified, "%+v", r)
		})
	}
	for name, hide := range hides {
		change("a credential with "+name, func(vp object) { hide(vp["verifiableCredential"].([]any)[0].(object)) })
	}
	change("another credential", func(vp object) { vp["verifiableCredential"] = []any{asObject(t, second)} })
	change("a credential more", func(vp object) {
		vp["verifiableCredential"] = append(vp["verifiableCredential"].([]any), asObject(t, second))
	})
	change("none", func(vp object) { delete(vp, "verifiableCredential") })
	change("another holder", func(vp object) { vp["holder"] = o.company.DID })
	change("no holder", func(vp object) { delete(vp, "holder") })
	change("a member more", func(vp object) { vp["clearance"] = "secret" })
	change("another challenge", func(vp object) { vp["proof"].(object)["challenge"] = "n-2" })
	change("another domain", func(vp object) { vp["proof"].(object)["domain"] = "https://elsewhere.example" })
	change("another time", func(vp object) { vp["proof"].(object)["created"] = "2026-01-01T00:00:00Z" })
	change("for another purpose", func(vp object) { vp["proof"].(object)["proofPurpose"] = string(identity.AssertionMethod) })
	change("a credential without its context", func(vp object) { delete(vp["verifiableCredential"].([]any)[0].(object), "@context") })
	change("a credential in a context of its own", func(vp object) {
		vp["@context"] = append(vp["@context"].([]any), object{"shown": "https://www.w3.org/2018/credentials#verifiableCredential"})
	})
}
