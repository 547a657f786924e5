// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

func (o *office) alumni() object {
	return object{
		"@context": []any{credential.ContextV2}, "type": []any{"VerifiableCredential"},
		"credentialSubject": object{"id": o.holder.DID, "alumniOf": "Seoul", "year": 2024, "mean": 3.75},
	}
}

// form is a way to secure credentials and presentations.
type form struct {
	alg  string
	vc   func(vc any, by credential.Signer, at time.Time) (string, error)
	show func(p credential.VP, by credential.Signer, at time.Time) (string, error)
}

var forms = map[string]form{
	"jose ES256":     {"ES256", credential.SignJWT, credential.VP.SignJWT},
	"jose EdDSA":     {"EdDSA", credential.SignJWT, credential.VP.SignJWT},
	"jose ES256K":    {"ES256K", credential.SignJWT, credential.VP.SignJWT},
	"ecdsa-jcs-2019": {"ES256", credential.SignIntegrity, credential.VP.SignIntegrity},
	"eddsa-jcs-2022": {"EdDSA", credential.SignIntegrity, credential.VP.SignIntegrity},
}

func (o *office) issue(f form, vc any) string {
	o.t.Helper()
	issued, err := f.vc(vc, o.issuer.Signer, o.ledger.Now())
	require.NoError(o.t, err)
	return issued
}

func (o *office) present(f form, credentials ...string) string {
	o.t.Helper()
	p := credential.VP{Credentials: credentials, Challenge: "n-1", Domain: shown.Audience}
	out, err := f.show(p, o.holder.Signer, o.ledger.Now())
	require.NoError(o.t, err)
	return out
}

func TestVC(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			o, ctx := newOffice(t, f.alg), t.Context()
			issued := o.issue(f, o.alumni())
			r, err := o.verifier.Credential(ctx, issued, credential.Demand{})
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r.Checks)
			require.Equal(t, o.issuer.DID, r.Issuer)

			old := o.issuer.Signer
			o.ledger.Advance(time.Hour)
			o.issuer.Rotate(f.alg, identity.UnlockNone)
			o.ledger.Advance(time.Hour)
			presentation := o.present(f, issued, issued)
			r, err = o.verifier.Presentation(ctx, presentation, o.demand())
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r)
			require.Len(t, r.Credentials, 2)
			outcome(t, r, credential.HolderBinding, credential.OK, "")
			outcome(t, r, credential.Challenge, credential.OK, "")
			outcome(t, r, credential.Domain, credential.OK, "")
			outcome(t, r.Credentials[0], credential.HolderBinding, credential.OK, "")
			require.Contains(t, r.Credentials[1].Of(credential.SigningKey).Reason, "current version is 2")

			d := o.demand()
			d.Challenge = "n-2"
			r, err = o.verifier.Presentation(ctx, presentation, d)
			require.NoError(t, err)
			outcome(t, r, credential.Challenge, credential.Failed, "CHALLENGE_MISMATCH")

			// What the old key signs now is refused, and so is what another one presents.
			late, err := f.vc(o.alumniBy(o.issuer.DID), old, o.ledger.Now())
			require.NoError(t, err)
			r, err = o.verifier.Credential(ctx, late, credential.Demand{})
			require.NoError(t, err)
			outcome(t, r, credential.SigningKey, credential.Failed, "KEY_NOT_VALID")
			stolen, err := f.show(credential.VP{Credentials: []string{issued}, Challenge: "n-1", Domain: shown.Audience}, o.company.Signer, o.ledger.Now())
			require.NoError(t, err)
			r, err = o.verifier.Presentation(ctx, stolen, o.demand())
			require.NoError(t, err)
			require.False(t, r.Verified)
			outcome(t, r.Credentials[0], credential.HolderBinding, credential.Failed, "HOLDER_UNPROVED")
			require.ErrorIs(t, r.Err(), credential.HolderUnproved)

			// A presentation is no credential, a credential no presentation.
			_, err = o.verifier.Credential(ctx, presentation, credential.Demand{})
			require.Error(t, err)
			_, err = o.verifier.Presentation(ctx, issued, credential.Demand{})
			require.Error(t, err)
		})
	}
}

func (o *office) alumniBy(issuer string) object {
	vc := o.alumni()
	vc["issuer"] = issuer
	return vc
}

// The key may be elsewhere: what is to be signed comes first, the signature later.
func TestDraft(t *testing.T) {
	o, ctx := newOffice(t, "EdDSA"), t.Context()
	vc, err := credential.PrepareIntegrity(o.alumni(), "EdDSA", o.issuer.Signer.Kid, o.ledger.Now())
	require.NoError(t, err)
	signature, err := o.issuer.Signer.SignRaw(vc.Input)
	require.NoError(t, err)
	issued, err := vc.Finish(signature)
	require.NoError(t, err)
	r, err := o.verifier.Credential(ctx, issued, credential.Demand{})
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r.Checks)
	_, err = vc.Finish(signature[1:])
	require.Error(t, err)
	signature[0] ^= 1
	forged, err := vc.Finish(signature)
	require.NoError(t, err)
	r, err = o.verifier.Credential(ctx, forged, credential.Demand{})
	require.NoError(t, err)
	outcome(t, r, credential.Signature, credential.Failed, "BAD_SIGNATURE")
}

func TestVCChecks(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	o.accredit(o.issuer, identity.Issuer, "")
	o.accredit(o.company, identity.Verifier, "hiring", "alumniOf", "mean", "year")
	list := o.openList("2026", identity.Revocation)
	o.setStatus("2026", 9, true)
	entry := func(index, purpose string) object {
		return object{"type": "BitstringStatusListEntry", "statusPurpose": purpose, "statusListIndex": index, "statusListCredential": list}
	}
	schema := []byte(`{"type":"object","required":["credentialSubject"],"properties":{"credentialSubject":{"required":["year"],"properties":{"year":{"type":"integer","minimum":2000}}}}}`)
	digest, err := credential.SchemaDigest(schema)
	require.NoError(t, err)
	register := identity.RegisterSchema{Name: "alumni", Version: 1, Digest: digest, URI: "https://schemas.example/alumni", V: 1}
	register.Network, register.Channel, register.Chaincode = place()
	o.issuer.Tell(register)
	url := site + "/v1/schemas/" + strings.TrimPrefix(o.issuer.DID, identity.Prefix) + ".alumni.1"
	o.verifier.Schemas = credential.Schemas{url: schema}
	stamp := func(d time.Duration) string { return o.ledger.Now().Add(d).Format(time.RFC3339) }
	asking := credential.Asking{Verifier: o.company.DID, Root: "education", Purpose: "hiring"}

	for name, c := range map[string]struct {
		change func(vc object)
		ask    func(*credential.Demand)
		as     func(*credential.Verifier)
		check  credential.Name
		want   string
	}{
		"accredited":         {ask: func(d *credential.Demand) { d.Root = "education" }, check: credential.Accreditation},
		"in a region":        {ask: func(d *credential.Demand) { d.Root, d.Region = "education", "11" }, check: credential.Accreditation},
		"no ledger":          {ask: func(d *credential.Demand) {}, as: func(v *credential.Verifier) { v.Ledger = nil }, check: credential.SigningKey, want: "LEDGER_NEEDED"},
		"expired":            {change: func(vc object) { vc["validUntil"] = stamp(0) }, check: credential.Validity, want: "CREDENTIAL_EXPIRED"},
		"not yet":            {change: func(vc object) { vc["validFrom"] = stamp(time.Hour) }, check: credential.Validity, want: "NOT_YET_VALID"},
		"another type":       {ask: func(d *credential.Demand) { d.Types = []string{"Passport"} }, check: credential.Schema, want: "SCHEMA_MISMATCH"},
		"clear":              {change: func(vc object) { vc["credentialStatus"] = entry("7", "revocation") }, check: credential.Status},
		"revoked":            {change: func(vc object) { vc["credentialStatus"] = entry("9", "revocation") }, check: credential.Status, want: "CREDENTIAL_REVOKED"},
		"one of two revoked": {change: func(vc object) { vc["credentialStatus"] = []any{entry("7", "revocation"), entry("9", "revocation")} }, check: credential.Status, want: "CREDENTIAL_REVOKED"},
		"of another purpose": {change: func(vc object) { vc["credentialStatus"] = entry("7", "suspension") }, check: credential.Status, want: "STATUS_UNPROVED"},
		"index in words":     {change: func(vc object) { vc["credentialStatus"] = entry("+7", "revocation") }, check: credential.Status, want: "CREDENTIAL_MALFORMED"},
		"status of a kind":   {change: func(vc object) { vc["credentialStatus"] = object{"type": "StatusList2021Entry"} }, check: credential.Status, want: "CREDENTIAL_UNSUPPORTED"},
		"as its schema":      {change: func(vc object) { vc["credentialSchema"] = object{"id": url, "type": "JsonSchema"} }, check: credential.Schema},
		"schema unknown":     {change: func(vc object) { vc["credentialSchema"] = object{"id": url + "1", "type": "JsonSchema"} }, check: credential.Schema, want: "SCHEMA_MISMATCH"},
		"schema of a kind":   {change: func(vc object) { vc["credentialSchema"] = object{"id": url, "type": "Shape"} }, check: credential.Schema, want: "CREDENTIAL_UNSUPPORTED"},
		"not as its schema": {change: func(vc object) {
			vc["credentialSchema"] = object{"id": url, "type": "JsonSchema"}
			vc["credentialSubject"].(object)["year"] = 1999
		}, check: credential.Schema, want: "SCHEMA_MISMATCH"},
		"another content":       {change: func(vc object) { vc["credentialSchema"] = object{"id": url, "type": "JsonSchema"} }, as: func(v *credential.Verifier) { v.Schemas = credential.Schemas{url: []byte(`{}`)} }, check: credential.Schema, want: "SCHEMA_MISMATCH"},
		"asking right":          {ask: func(d *credential.Demand) { d.Asking = &asking }, check: credential.Purpose},
		"shown more than asked": {change: func(vc object) { vc["credentialSubject"].(object)["health"] = "good" }, ask: func(d *credential.Demand) { d.Asking = &asking }, check: credential.Purpose, want: "OVER_ASKING"},
	} {
		for _, f := range []string{"jose ES256", "ecdsa-jcs-2019"} {
			t.Run(name+" "+f, func(t *testing.T) {
				vc, d, v := o.alumni(), credential.Demand{}, o.verifier
				if c.change != nil {
					c.change(vc)
				}
				if c.ask != nil {
					c.ask(&d)
				}
				if c.as != nil {
					c.as(&v)
				}
				r, err := v.Credential(ctx, o.issue(forms[f], vc), d)
				require.NoError(t, err)
				if c.want == "" {
					outcome(t, r, c.check, credential.OK, "")
					require.True(t, r.Verified, "%+v", r.Checks)
					return
				}
				outcome(t, r, c.check, credential.Failed, c.want)
			})
		}
	}

	// No verdict where the ledger is out of reach.
	issued := o.issue(forms["jose ES256"], o.alumni())
	o.ledger.Gone = gatewaytest.Gone
	_, err = o.verifier.Credential(ctx, issued, credential.Demand{})
	require.ErrorIs(t, err, gatewaytest.Gone)
}

// Who may issue by one schema may not by another that the credential names beside it.
func TestAccreditedForEachSchema(t *testing.T) {
	o := newOffice(t, "ES256")
	var refs []identity.SchemaRef
	var named []any
	o.verifier.Schemas = credential.Schemas{}
	for _, name := range []string{"a", "b"} {
		digest, err := credential.SchemaDigest([]byte(`{}`))
		require.NoError(t, err)
		register := identity.RegisterSchema{Name: name, Version: 1, Digest: digest, URI: "https://schemas.example/" + name, V: 1}
		register.Network, register.Channel, register.Chaincode = place()
		o.issuer.Tell(register)
		ref := strings.TrimPrefix(o.issuer.DID, identity.Prefix) + "." + name + ".1"
		refs, named = append(refs, identity.SchemaRef(ref)), append(named, object{"id": site + "/v1/schemas/" + ref, "type": "JsonSchema"})
		o.verifier.Schemas[site+"/v1/schemas/"+ref] = json.RawMessage(`{}`)
	}
	grant := identity.Accredit{
		Root: "education", Subject: o.issuer.DID, Standing: identity.Issuer, Schema: refs[0], Region: identity.Any,
		From: o.now(), Until: o.now() + 86400, V: 1,
	}
	grant.Network, grant.Channel, grant.Chaincode = place()
	o.root.Tell(grant)
	other := object{"id": "https://schemas.example/open", "type": "JsonSchema"}
	o.verifier.Schemas[other["id"].(string)] = json.RawMessage(`{}`)
	for name, c := range map[string]struct {
		schemas any
		code    string
	}{
		"its own":              {named[0], ""},
		"beside one of nobody": {[]any{other, named[0]}, ""},
		"another's":            {named[1], "NOT_ACCREDITED"},
		"both":                 {named, "NOT_ACCREDITED"},
		"both, turned round":   {[]any{named[1], named[0]}, "NOT_ACCREDITED"},
		"only one of nobody":   {other, "NOT_ACCREDITED"},
	} {
		t.Run(name, func(t *testing.T) {
			vc := o.alumni()
			vc["credentialSchema"] = c.schemas
			r, err := o.verifier.Credential(t.Context(), o.issue(forms["jose ES256"], vc), credential.Demand{Root: "education"})
			require.NoError(t, err)
			if c.code != "" {
				outcome(t, r, credential.Accreditation, credential.Failed, c.code)
				return
			}
			outcome(t, r, credential.Accreditation, credential.OK, "")
			require.True(t, r.Verified, "%+v", r.Checks)
		})
	}
}

// Reading takes time by the size of what is read, not by its square.
func TestManyNames(t *testing.T) {
	o := newOffice(t, "ES256")
	claims := object{}
	for i := range 9_000 {
		claims[fmt.Sprintf("c%05d", i)] = i
	}
	sdjwt, err := credential.SDJWT{Type: "t", Claims: claims, Disclosable: slices.Collect(maps.Keys(claims)), Issued: o.now()}.Sign(o.issuer.Signer)
	require.NoError(t, err)
	vc := o.alumni()
	for i := range 40_000 {
		vc["credentialSubject"].(object)[fmt.Sprintf("c%05d", i)] = i
	}
	for name, issued := range map[string]string{"disclosures": sdjwt, "members": o.issue(forms["jose ES256"], vc)} {
		t.Run(name, func(t *testing.T) {
			r, err := o.verifier.Credential(t.Context(), issued, credential.Demand{})
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r.Checks)
		})
	}
}

func TestVCRefusesToIssue(t *testing.T) {
	o := newOffice(t, "ES256")
	for name, change := range map[string]func(vc object){
		"no context":        func(vc object) { vc["@context"] = []any{"https://www.w3.org/2018/credentials/v1"} },
		"no type":           func(vc object) { vc["type"] = "Diploma" },
		"no subject":        func(vc object) { delete(vc, "credentialSubject") },
		"an empty subject":  func(vc object) { vc["credentialSubject"] = object{} },
		"a subject in text": func(vc object) { vc["credentialSubject"] = "Minji" },
		"a proof":           func(vc object) { vc["proof"] = object{} },
		"time upside down":  func(vc object) { vc["validFrom"], vc["validUntil"] = "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z" },
		"a date":            func(vc object) { vc["validFrom"] = "2026-03-02" },
		"too many schemas":  func(vc object) { vc["credentialSchema"] = slices.Repeat([]any{object{"id": "urn:x"}}, 17) },
		"issuer no DID":     func(vc object) { vc["issuer"] = "Seoul" },
	} {
		for format, f := range forms {
			if f.alg != "ES256" {
				continue
			}
			vc := o.alumni()
			change(vc)
			_, err := f.vc(vc, o.issuer.Signer, o.ledger.Now())
			require.ErrorIs(t, err, credential.Malformed, "%s %s", name, format)
		}
	}
	_, err := credential.SignJWT(o.alumniBy(o.company.DID), o.issuer.Signer, o.ledger.Now())
	require.ErrorIs(t, err, credential.KeyNotValid)
	inexact := o.alumni()
	inexact["credentialSubject"].(object)["account"] = json.Number("9007199254740993")
	_, err = credential.SignIntegrity(inexact, o.issuer.Signer, o.ledger.Now())
	require.ErrorIs(t, err, credential.Malformed)
	k1 := o.ledger.Born("ES256K", identity.UnlockNone)
	_, err = credential.SignIntegrity(object{"type": []any{"VerifiableCredential"}, "credentialSubject": object{"a": 1}}, k1.Signer, o.ledger.Now())
	require.ErrorIs(t, err, credential.Unsupported)
}

// No bit of a credential or a presentation can be flipped.
func TestVCFlipped(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, f.alg)
			issued := o.issue(f, o.alumni())
			presentation := o.present(f, issued)
			rapid.Check(t, func(t *rapid.T) {
				verify, raw := o.verifier.Credential, []byte(issued)
				if rapid.Bool().Draw(t, "presentation") {
					verify, raw = o.verifier.Presentation, []byte(presentation)
				}
				raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				r, err := verify(context.Background(), string(raw), o.demand())
				if err == nil && r.Verified {
					t.Fatalf("verified: %s", raw)
				}
			})
		})
	}
}

// examples is the context of W3C's vectors.
const examples = "https://www.w3.org/ns/credentials/examples/v2"

func TestW3CVectors(t *testing.T) {
	contexts := map[string]json.RawMessage{examples: json.RawMessage(`{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}`)}
	v := credential.Verifier{Contexts: contexts}
	for _, suite := range []string{credential.ECDSAJCS, credential.EdDSAJCS, credential.EdDSARDFC} {
		t.Run(suite, func(t *testing.T) {
			raw, err := os.ReadFile("testdata/w3c/" + suite + ".json")
			require.NoError(t, err)
			var secured struct {
				Proof struct {
					Method string `json:"verificationMethod"`
				} `json:"proof"`
			}
			require.NoError(t, json.Unmarshal(raw, &secured))
			_, multikey, _ := strings.Cut(secured.Proof.Method, "#")
			key, err := did.ParseMultikey(multikey)
			require.NoError(t, err)
			require.NoError(t, v.VerifyProof(raw, key))
			for _, change := range [][2]string{
				{"The School of Examples", "The School of Example"},
				{"2023-02-24", "2023-02-25"},
				{"alumniOf", "alumnaOf"},
				{"assertionMethod", "authentication"},
				{`"AlumniCredential"`, `"AlumnaCredential"`},
			} {
				forged := bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1)
				require.NotEqual(t, raw, forged)
				require.Error(t, v.VerifyProof(forged, key), "%v", change)
			}
			// A member that no context knows would not be signed.
			require.Error(t, (&credential.Verifier{}).VerifyProof(bytes.Replace(raw, []byte(`"name"`), []byte(`"nom": "x", "name"`), 1), key))
		})
	}
}

// Documents of other methods count where they are supplied.
func TestSuppliedDocument(t *testing.T) {
	ctx := t.Context()
	key, public := gatewaytest.NewKey("EdDSA")
	id := "did:web:university.example"
	by := credential.Signer{Key: key, Kid: id + "#k1"}
	issued, err := credential.SignJWT(object{"type": []any{"VerifiableCredential"}, "credentialSubject": object{"a": 1}}, by, time.Now())
	require.NoError(t, err)
	method := `{"id":"#k1","type":"Multikey","controller":"` + id + `","publicKeyMultibase":"` + public.Multikey() + `"}`
	for name, c := range map[string]struct{ document, want string }{
		"none":            {"", "DID_NOT_RESOLVABLE"},
		"of another":      {`{"id":"did:web:x"}`, "DID_NOT_RESOLVABLE"},
		"by reference":    {`{"id":"` + id + `","verificationMethod":[` + method + `],"assertionMethod":["#k1"]}`, ""},
		"inside":          {`{"id":"` + id + `","assertionMethod":[` + method + `]}`, ""},
		"for another use": {`{"id":"` + id + `","verificationMethod":[` + method + `],"authentication":["#k1"]}`, "KEY_NOT_VALID"},
		"no key":          {`{"id":"` + id + `","assertionMethod":["#k1"]}`, "KEY_NOT_VALID"},
		"twice":           {`{"id":"` + id + `","id":"` + id + `"}`, "CREDENTIAL_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			v := credential.Verifier{Documents: credential.Documents{}}
			if c.document != "" {
				v.Documents[id] = json.RawMessage(c.document)
			}
			r, err := v.Credential(ctx, issued, credential.Demand{})
			require.NoError(t, err)
			if c.want != "" {
				outcome(t, r, credential.SigningKey, credential.Failed, c.want)
				return
			}
			require.True(t, r.Verified, "%+v", r.Checks)
		})
	}
}
