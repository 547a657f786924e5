// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

func (o *office) diploma() credential.SDJWT {
	return credential.SDJWT{
		Type: "https://credentials.example/diploma", Subject: o.holder.DID, Holder: &credential.Binding{Kid: o.holder.DID},
		Claims: object{
			"given_name": "Minji", "degree": object{"name": "BSc", "year": 2024, "grade": "A"},
			"languages": []any{"ko", "en", "fr"}, "school": "Seoul",
		},
		Disclosable: []string{"given_name", "degree", "degree/grade", "languages/1", "languages/2"},
		Decoys:      3, Issued: o.now(), Expires: o.now() + 86400,
	}
}

var shown = credential.Presenting{Disclose: []string{"degree/grade", "languages/1"}, Nonce: "n-1", Audience: "https://company.example"}

func (o *office) demand() credential.Demand {
	return credential.Demand{Challenge: shown.Nonce, Domain: shown.Audience}
}

func (o *office) show(sdjwt string) string {
	o.t.Helper()
	p := shown
	p.Issued = o.now()
	out, err := p.Present(sdjwt, o.holder.Signer)
	require.NoError(o.t, err)
	return out
}

func TestSDJWT(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(alg, func(t *testing.T) {
			o, ctx := newOffice(t, alg), t.Context()
			issued, err := o.diploma().Sign(o.issuer.Signer)
			require.NoError(t, err)
			r, err := o.verifier.Credential(ctx, issued, credential.Demand{})
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r.Checks)
			require.Equal(t, "Minji", r.Claims["given_name"])
			outcome(t, r, credential.HolderBinding, credential.NotChecked, "")

			paths, err := credential.Disclosures(issued)
			require.NoError(t, err)
			require.Equal(t, []string{"degree", "degree/grade", "given_name", "languages/1", "languages/2"}, paths)

			r, err = o.verifier.Presentation(ctx, o.show(issued), o.demand())
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r.Checks)
			require.Equal(t, o.holder.DID, r.Holder)
			require.Equal(t, o.issuer.DID, r.Issuer)
			require.NotContains(t, r.Claims, "given_name")
			require.Equal(t, "A", r.Claims["degree"].(object)["grade"])
			require.Equal(t, []any{"ko", "en"}, r.Claims["languages"])
			for _, name := range []credential.Name{
				credential.Signature, credential.SigningKey, credential.Validity, credential.HolderBinding, credential.Challenge, credential.Domain,
			} {
				outcome(t, r, name, credential.OK, "")
			}
			outcome(t, r, credential.Accreditation, credential.NotChecked, "")
		})
	}
}

// What was signed before a rotation still verifies; what the old key signs after it
// does not.
func TestSDJWTOverARotation(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	before, err := o.diploma().Sign(o.issuer.Signer)
	require.NoError(t, err)
	old := o.issuer.Signer
	o.ledger.Advance(time.Hour)
	o.issuer.Rotate("EdDSA", identity.UnlockNone)
	o.ledger.Advance(time.Hour)

	r, err := o.verifier.Presentation(ctx, o.show(before), o.demand())
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r.Checks)
	require.Contains(t, r.Of(credential.SigningKey).Reason, "version 1")
	require.Contains(t, r.Of(credential.SigningKey).Reason, "current version is 2")

	strict := o.demand()
	strict.CurrentKey = true
	r, err = o.verifier.Presentation(ctx, o.show(before), strict)
	require.NoError(t, err)
	outcome(t, r, credential.SigningKey, credential.Failed, "KEY_NOT_VALID")

	late, err := o.diploma().Sign(old)
	require.NoError(t, err)
	r, err = o.verifier.Presentation(ctx, o.show(late), o.demand())
	require.NoError(t, err)
	outcome(t, r, credential.SigningKey, credential.Failed, "KEY_NOT_VALID")
	outcome(t, r, credential.Signature, credential.NotChecked, "")

	// The holder's key, though, has to be the present one.
	shownBefore := o.show(before)
	o.holder.Rotate("ES256", identity.UnlockBiometric)
	r, err = o.verifier.Presentation(ctx, shownBefore, o.demand())
	require.NoError(t, err)
	outcome(t, r, credential.HolderBinding, credential.Failed, "KEY_NOT_VALID")
	d := o.demand()
	d.Unlock = identity.UnlockBiometric
	r, err = o.verifier.Presentation(ctx, o.show(before), d)
	require.NoError(t, err)
	require.True(t, r.Verified, "%+v", r.Checks)
	outcome(t, r, credential.UnlockLevel, credential.OK, "")
}

func TestSDJWTChecks(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	o.accredit(o.company, identity.Verifier, "hiring", "degree", "grade")
	list := o.openList("2026", identity.Revocation)
	stop := o.openList("stop", identity.Suspension)
	asking := &credential.Asking{Verifier: o.company.DID, Root: "education", Purpose: "hiring"}
	for name, c := range map[string]struct {
		issue func(*credential.SDJWT)
		do    func()
		ask   func(*credential.Demand)
		check credential.Name
		want  string // code; "" for ok
	}{
		"expired":              {issue: func(s *credential.SDJWT) { s.Expires = o.now() }, check: credential.Validity, want: "CREDENTIAL_EXPIRED"},
		"of the future":        {issue: func(s *credential.SDJWT) { s.NotBefore = o.now() + 3600 }, check: credential.Validity, want: "NOT_YET_VALID"},
		"issued in the future": {issue: func(s *credential.SDJWT) { s.Issued = o.now() + 3600 }, check: credential.Validity, want: "NOT_YET_VALID"},
		"before the key":       {issue: func(s *credential.SDJWT) { s.Issued = o.now() - 3600 }, check: credential.SigningKey, want: "VERSION_UNKNOWN"},
		"another challenge":    {ask: func(d *credential.Demand) { d.Challenge = "n-2" }, check: credential.Challenge, want: "CHALLENGE_MISMATCH"},
		"another domain":       {ask: func(d *credential.Demand) { d.Domain = "https://thief.example" }, check: credential.Domain, want: "CHALLENGE_MISMATCH"},
		"another type":         {ask: func(d *credential.Demand) { d.Types = []string{"passport"} }, check: credential.Schema, want: "SCHEMA_MISMATCH"},
		"a bearer's":           {issue: func(s *credential.SDJWT) { s.Holder = nil }, check: credential.HolderBinding, want: "HOLDER_UNPROVED"},
		"another holder's":     {issue: func(s *credential.SDJWT) { s.Holder.Kid = o.company.DID }, check: credential.HolderBinding, want: "HOLDER_UNPROVED"},
		"pin for biometric":    {ask: func(d *credential.Demand) { d.Unlock = identity.UnlockBiometric }, check: credential.UnlockLevel, want: "UNLOCK_TOO_LOW"},
		"pin for pin":          {ask: func(d *credential.Demand) { d.Unlock = identity.UnlockPIN }, check: credential.UnlockLevel},
		"not accredited":       {ask: func(d *credential.Demand) { d.Root = "education" }, check: credential.Accreditation, want: "NOT_ACCREDITED"},
		"no such root":         {ask: func(d *credential.Demand) { d.Root = "nobody" }, check: credential.Accreditation, want: "ROOT_UNKNOWN"},
		"asking too much":      {ask: func(d *credential.Demand) { d.Asking = asking }, do: func() { asking.Attributes = []string{"given_name"} }, check: credential.Purpose, want: "OVER_ASKING"},
		"asking right":         {issue: func(s *credential.SDJWT) { s.Disclosable = []string{"degree/grade", "languages/1"} }, do: func() { asking.Attributes = []string{"grade"} }, ask: func(d *credential.Demand) { d.Asking = asking }, check: credential.Purpose},
		"for another purpose":  {ask: func(d *credential.Demand) { other := *asking; other.Purpose = "ads"; d.Asking = &other }, check: credential.Purpose, want: "NOT_ACCREDITED"},
		"a clear entry":        {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: list, Index: 7} }, check: credential.Status},
		"revoked":              {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: list, Index: 9} }, do: func() { o.setStatus("2026", 9, true) }, check: credential.Status, want: "CREDENTIAL_REVOKED"},
		"suspended":            {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: stop, Index: 9} }, do: func() { o.setStatus("stop", 9, true) }, check: credential.Status, want: "CREDENTIAL_SUSPENDED"},
		"no such list":         {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: list + "9", Index: 9} }, check: credential.Status, want: "STATUS_LIST_UNKNOWN"},
		"another's list": {issue: func(s *credential.SDJWT) {
			s.Status = &credential.StatusRef{URI: strings.Replace(list, o.issuer.DID, o.company.DID, 1), Index: 9}
		}, check: credential.Status, want: "STATUS_UNPROVED"},
		"a list elsewhere":      {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: "https://x.example/list", Index: 9} }, check: credential.Status, want: "STATUS_UNPROVED"},
		"an entry out of bound": {issue: func(s *credential.SDJWT) { s.Status = &credential.StatusRef{URI: list, Index: 1 << 20} }, check: credential.Status, want: "INVALID_STATEMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := o.diploma(), o.demand()
			if c.issue != nil {
				c.issue(&s)
			}
			issued, err := s.Sign(o.issuer.Signer)
			require.NoError(t, err)
			if c.do != nil {
				c.do()
			}
			if c.ask != nil {
				c.ask(&d)
			}
			r, err := o.verifier.Presentation(ctx, o.show(issued), d)
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

// A credential bound to a key itself needs no document of the holder; under a DID it
// needs that too.
func TestSDJWTBoundToAKey(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	s := o.diploma()
	jwk := did.Key{Alg: "ES256", P256: o.holder.Key.Public().(*ecdsa.PublicKey)}.JWK()
	for name, subject := range map[string]string{"anonymous": "", "of a DID": o.holder.DID} {
		t.Run(name, func(t *testing.T) {
			s.Subject, s.Holder = subject, &credential.Binding{JWK: &jwk}
			issued, err := s.Sign(o.issuer.Signer)
			require.NoError(t, err)
			r, err := o.verifier.Presentation(ctx, o.show(issued), o.demand())
			require.NoError(t, err)
			require.True(t, r.Verified, "%+v", r.Checks)
			require.Equal(t, subject, r.Holder)
			stolen, err := credential.Presenting{Nonce: "n-1", Audience: shown.Audience, Issued: o.now()}.Present(issued, o.company.Signer)
			require.NoError(t, err)
			r, err = o.verifier.Presentation(ctx, stolen, o.demand())
			require.NoError(t, err)
			require.Equal(t, credential.Failed, r.Of(credential.HolderBinding).Outcome)
		})
	}
}

// Disclosures cannot be added, exchanged or taken away after the holder signed.
func TestSDJWTForged(t *testing.T) {
	o, ctx := newOffice(t, "ES256"), t.Context()
	issued, err := o.diploma().Sign(o.issuer.Signer)
	require.NoError(t, err)
	presented := o.show(issued)
	parts := strings.Split(presented, "~")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`["salt","degree",{"name":"PhD"}]`))
	for name, s := range map[string]string{
		"a disclosure more":    strings.Join(append(append([]string{parts[0], forged}, parts[1:len(parts)-1]...), parts[len(parts)-1]), "~"),
		"a disclosure twice":   strings.Join(append([]string{parts[0], parts[1]}, parts[1:]...), "~"),
		"a disclosure less":    strings.Join(append([]string{parts[0]}, parts[2:]...), "~"),
		"the binding cut off":  presented[:strings.LastIndex(presented, "~")+1],
		"the whole credential": issued + parts[len(parts)-1],
	} {
		t.Run(name, func(t *testing.T) {
			r, err := o.verifier.Presentation(ctx, s, o.demand())
			require.True(t, err != nil || !r.Verified, "%+v", r.Checks)
		})
	}
}

// No bit of a presentation can be flipped.
func TestSDJWTFlipped(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(alg, func(t *testing.T) {
			o := newOffice(t, alg)
			issued, err := o.diploma().Sign(o.issuer.Signer)
			require.NoError(t, err)
			presented := o.show(issued)
			rapid.Check(t, func(t *rapid.T) {
				raw := []byte(presented)
				raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				r, err := o.verifier.Presentation(context.Background(), string(raw), o.demand())
				if err == nil && r.Verified {
					t.Fatalf("verified: %s", raw)
				}
			})
		})
	}
}

func TestSDJWTRefusesToIssue(t *testing.T) {
	o := newOffice(t, "ES256")
	for name, change := range map[string]func(*credential.SDJWT){
		"no type":            func(s *credential.SDJWT) { s.Type = "" },
		"a registered claim": func(s *credential.SDJWT) { s.Claims["iss"] = "did:web:thief.example" },
		"nothing there":      func(s *credential.SDJWT) { s.Disclosable = []string{"none"} },
		"a path twice":       func(s *credential.SDJWT) { s.Disclosable = []string{"degree", "degree"} },
		"beyond an array":    func(s *credential.SDJWT) { s.Disclosable = []string{"languages/3"} },
		"below a string":     func(s *credential.SDJWT) { s.Disclosable = []string{"school/x"} },
		"bound to nothing":   func(s *credential.SDJWT) { s.Holder = &credential.Binding{} },
		"before time":        func(s *credential.SDJWT) { s.Expires = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := o.diploma()
			change(&s)
			_, err := s.Sign(o.issuer.Signer)
			require.ErrorIs(t, err, credential.Malformed)
		})
	}
	issued, err := o.diploma().Sign(o.issuer.Signer)
	require.NoError(t, err)
	_, err = credential.Presenting{Disclose: []string{"none"}, Nonce: "n", Audience: "a"}.Present(issued, o.holder.Signer)
	require.ErrorIs(t, err, credential.Malformed)
	_, err = credential.Presenting{Nonce: "n"}.Present(issued, o.holder.Signer)
	require.ErrorIs(t, err, credential.Malformed)
}

func FuzzCredential(f *testing.F) {
	f.Add("eyJhbGciOiJFZERTQSIsImtpZCI6ImRpZDprZXk6eCIsInR5cCI6ImRjK3NkLWp3dCJ9.e30.AA~WyJzIiwibiIsMV0~")
	f.Add(`{"proof":{}}`)
	v := credential.Verifier{}
	f.Fuzz(func(t *testing.T, s string) {
		for _, verify := range []func(context.Context, string, credential.Demand) (credential.Report, error){v.Credential, v.Presentation} {
			if r, err := verify(context.Background(), s, credential.Demand{}); err == nil && r.Verified {
				t.Fatalf("verified: %+v", r)
			}
		}
	})
}

// A binding's own times count where it has them.
func TestBindingTimes(t *testing.T) {
	o := newOffice(t, "ES256")
	issued, err := credential.SDJWT{Type: "t", Holder: &credential.Binding{Kid: o.holder.DID}, Claims: object{"a": 1}, Issued: o.now()}.Sign(o.issuer.Signer)
	require.NoError(t, err)
	shown, err := credential.Presenting{Nonce: "n", Audience: "a", Issued: o.now()}.Present(issued, o.holder.Signer)
	require.NoError(t, err)
	body := strings.Split(shown[len(issued):], ".")[1]
	raw, err := base64.RawURLEncoding.DecodeString(body)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		claim string
		value any
		code  string
	}{
		"good until later": {"exp", o.now() + 60, ""},
		"good from before": {"nbf", o.now() - 60, ""},
		"over":             {"exp", o.now() - 1, "CREDENTIAL_EXPIRED"},
		"over this second": {"exp", o.now(), "CREDENTIAL_EXPIRED"},
		"to come":          {"nbf", o.now() + 120, "NOT_YET_VALID"},
		"no time":          {"exp", "soon", "CREDENTIAL_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			var claims object
			require.NoError(t, json.Unmarshal(raw, &claims))
			claims["iat"], claims[c.claim] = o.now(), c.value
			binding, err := credential.SignToken(credential.TypBinding, claims, o.holder.Signer, false)
			require.NoError(t, err)
			r, err := o.verifier.Presentation(t.Context(), issued+binding, credential.Demand{Challenge: "n", Domain: "a"})
			require.NoError(t, err)
			if c.code == "" {
				require.NoError(t, r.Err())
				return
			}
			outcome(t, r, credential.HolderBinding, credential.Failed, c.code)
		})
	}
}

// A binding need not name its key where the credential does and its subject has no other.
func TestBindingWithoutKid(t *testing.T) {
	o := newOffice(t, "ES256")
	for _, alg := range algorithms {
		key, public := gatewaytest.NewKey(alg)
		holder, err := credential.NewSigner(key)
		require.NoError(t, err)
		jwk := public.JWK()
		raw, err := json.Marshal(jwk)
		require.NoError(t, err)
		other, _, _ := strings.Cut(o.holder.Signer.Kid, "#")
		of, _, _ := strings.Cut(holder.Kid, "#")
		for subject, code := range map[string]string{
			"": "",
			of: "",
			"did:jwk:" + base64.RawURLEncoding.EncodeToString(raw): "",
			other: "KEY_NOT_VALID",
		} {
			issued, err := credential.SDJWT{Type: "t", Claims: object{"a": 1}, Subject: subject, Holder: &credential.Binding{JWK: &jwk}, Issued: o.now()}.Sign(o.issuer.Signer)
			require.NoError(t, err)
			draft, err := credential.Presenting{Nonce: "n", Audience: "a", Issued: o.now()}.Prepare(issued, alg, "")
			require.NoError(t, err)
			signature, err := holder.SignRaw(draft.Input)
			require.NoError(t, err)
			shown, err := draft.Finish(signature)
			require.NoError(t, err)
			r, err := o.verifier.Presentation(t.Context(), shown, credential.Demand{Challenge: "n", Domain: "a"})
			require.NoError(t, err)
			if code != "" {
				outcome(t, r, credential.HolderBinding, credential.Failed, code)
				continue
			}
			outcome(t, r, credential.HolderBinding, credential.OK, "")
			require.Equal(t, subject, r.Holder)
		}
	}
}

// A proof brings its key along, of any kind, and never its secret. What the header says
// is read from the bytes that are signed.
func TestTokenWithItsKey(t *testing.T) {
	v := credential.Verifier{}
	for _, alg := range algorithms {
		t.Run(alg, func(t *testing.T) {
			key, public := gatewaytest.NewKey(alg)
			signer, err := credential.NewSigner(key)
			require.NoError(t, err)
			proof, err := credential.SignToken("proof+jwt", object{"nonce": "n"}, signer, true)
			require.NoError(t, err)
			got, err := v.Token(t.Context(), proof, "proof+jwt", identity.Authentication)
			require.NoError(t, err)
			require.Equal(t, public.Thumbprint(), got.Key.Thumbprint())
			require.Empty(t, got.Kid)

			parts := strings.Split(proof, ".")
			raw, err := base64.RawURLEncoding.DecodeString(parts[0])
			require.NoError(t, err)
			for name, c := range map[string]struct {
				change func(header object)
				want   error
			}{
				"with its secret":     {func(h object) { h["jwk"].(object)["d"] = "AA" }, credential.Malformed},
				"with a kid too":      {func(h object) { h["kid"] = signer.Kid }, credential.Malformed},
				"a kid that is none":  {func(h object) { h["kid"] = 1 }, credential.Malformed},
				"with no key":         {func(h object) { delete(h, "jwk") }, credential.Malformed},
				"null for a key":      {func(h object) { h["jwk"] = nil }, credential.Malformed},
				"a certificate":       {func(h object) { h["x5c"] = []any{"AA"} }, credential.Malformed},
				"another algorithm":   {func(h object) { h["alg"] = "HS256" }, credential.Unsupported},
				"none":                {func(h object) { h["alg"] = "none" }, credential.Unsupported},
				"of another type":     {func(h object) { h["typ"] = "jwt" }, credential.Unsupported},
				"what is not signed":  {func(h object) { h["note"] = "x" }, code.BadSignature},
				"with what is not ok": {func(h object) { h["crit"] = []any{"exp"} }, credential.Unsupported},
			} {
				header := asObject(t, string(raw))
				c.change(header)
				changed := base64.RawURLEncoding.EncodeToString([]byte(asText(t, header))) + "." + parts[1] + "." + parts[2]
				_, err := v.Token(t.Context(), changed, "proof+jwt", identity.Authentication)
				require.ErrorIs(t, err, c.want, name)
			}
		})
	}
}
