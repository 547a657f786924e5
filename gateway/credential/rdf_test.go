// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// Nodes that are alike take RDFC-1.0 more than anybody's time, before any key is asked.
func TestRDFCAlike(t *testing.T) {
	o, issued := newRDFC(t)
	clique := []any{}
	for i := range 13 {
		var others []any
		for j := range 13 {
			if i != j {
				others = append(others, object{"id": fmt.Sprint("_:n", j)})
			}
		}
		clique = append(clique, object{"id": fmt.Sprint("_:n", i), "degree": others})
	}
	many := func(n int, of func(i int) any) (all []any) {
		for i := range n {
			all = append(all, of(i))
		}
		return all
	}
	leaf := func(int) any { return object{"minor": "x"} }
	branch := func(n int) func(int) any { return func(int) any { return object{"degree": many(n, leaf)} } }
	for name, c := range map[string]struct {
		subjects any
		refused  bool
	}{
		"a clique of names that count here alone": {clique, true},
		"one such name":             {object{"id": "_:n", "degree": "x"}, true},
		"a tree":                    {many(2, branch(12)), true},
		"more values than are read": {many(1000, func(i int) any { return object{"degree": fmt.Sprint(i)} }), true},
		"a credential twice":        {nil, true},
		"many that differ":          {many(100, func(i int) any { return object{"degree": fmt.Sprint(i)} }), false},
		"few that are alike":        {many(2, branch(5)), false},
	} {
		t.Run(name, func(t *testing.T) {
			document := asObject(t, issued)
			document["credentialSubject"] = c.subjects
			if c.subjects == nil {
				document["credentialSubject"] = object{"degree": "BSc"}
				delete(document, "proof")
				document = object{
					"@context": []any{credential.ContextV2}, "type": "VerifiablePresentation", "verifiableCredential": []any{document, document},
				}
			}
			delete(document, "proof")
			_, err := o.verifier.SignRDFC(document, o.issuer.Signer, o.ledger.Now(), object{})
			if !c.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, credential.Malformed)
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

// Whatever a presentation by eddsa-rdfc-2022 is made into: it verifies only where its
// members say what the holder's and the issuer's did, in any order.
func FuzzRDFCPresentation(f *testing.F) {
	public, issuer := fixed()
	holder, err := credential.NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(f, err)
	subject, _, _ := strings.Cut(holder.Kid, "#")
	v := credential.Verifier{
		Documents: credential.Documents{webDID: json.RawMessage(webDocument(public))},
		Contexts:  map[string]json.RawMessage{terms: json.RawMessage(`{"@context":{"degree":"https://terms.example/degree","minor":"https://terms.example/minor"}}`)},
	}
	at := time.Unix(1_800_000_000, 0)
	v.Now = func() time.Time { return at }
	issued, err := v.SignRDFC(object{
		"@context": []any{credential.ContextV2, terms}, "type": []any{"VerifiableCredential"}, "issuer": webDID,
		"credentialSubject": object{"id": subject, "degree": "BSc", "minor": "Music"},
	}, issuer, at, object{"proofPurpose": "assertionMethod"})
	require.NoError(f, err)
	vp, err := v.SignRDFC(object{
		"@context": []any{credential.ContextV2}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{asObject(f, issued)},
	}, holder, at, object{"proofPurpose": "authentication", "challenge": "c"})
	require.NoError(f, err)
	r, err := v.Presentation(f.Context(), vp, credential.Demand{Challenge: "c"})
	require.NoError(f, err)
	require.NoError(f, r.Err())
	good := loosely(asObject(f, vp))
	f.Add(vp)
	for _, hide := range hides {
		o := asObject(f, vp)
		hide(o["verifiableCredential"].([]any)[0].(object))
		f.Add(asText(f, o))
	}
	f.Fuzz(func(t *testing.T, shown string) {
		r, err := v.Presentation(t.Context(), shown, credential.Demand{Challenge: "c"})
		if err == nil && r.Verified {
			require.Equal(t, good, loosely(asObject(t, shown)))
		}
	})
}

// loosely is a value with sets for arrays, and one of one for a set of one.
func loosely(v any) any {
	switch v := v.(type) {
	case object:
		o := object{}
		for name, inner := range v {
			if inner = loosely(inner); !reflect.DeepEqual(inner, []any{}) {
				o[name] = inner
			}
		}
		return o
	case []any:
		all := []any{}
		for _, inner := range v {
			all = append(all, loosely(inner))
		}
		key := func(v any) string {
			raw, _ := json.Marshal(v)
			return string(raw)
		}
		slices.SortFunc(all, func(a, b any) int { return strings.Compare(key(a), key(b)) })
		all = slices.CompactFunc(all, func(a, b any) bool { return key(a) == key(b) })
		if len(all) == 1 {
			return all[0]
		}
		return all
	}
	return v
}

// A list that a URL names is of a DID of this method.
func FuzzParseListURL(f *testing.F) {
	f.Add("https://g.example/v1/status-lists/" + identity.Prefix + strings.Repeat("a", 52) + "/revoked/credential")
	f.Add("http://a?/v1/status-lists/x/y")
	f.Fuzz(func(t *testing.T, url string) {
		owner, list, ok := credential.ParseListURL(url)
		if !ok {
			return
		}
		require.Len(t, owner, len(identity.Prefix)+52)
		require.NotContains(t, list, "/")
		again, same, ok := credential.ParseListURL(credential.ListURL("https://other.example", owner, list))
		require.True(t, ok && again == owner && same == list)
	})
}
