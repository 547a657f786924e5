// SPDX-License-Identifier: Apache-2.0

package credential_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/credential"
)

// fixed is an issuer of another method with a key that is the same in every run.
func fixed() (public did.Key, signer credential.Signer) {
	seed := sha256.Sum256([]byte("issuer"))
	key := ed25519.NewKeyFromSeed(seed[:])
	return did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)}, jws.Signer{Key: key, Kid: webDID + "#key-1"}
}

const webDID = "did:web:issuer.example"

func webDocument(public did.Key) string {
	jwk, _ := json.Marshal(public.JWK())
	return `{"id":"` + webDID + `","verificationMethod":[{"id":"#key-1","type":"JsonWebKey","controller":"` + webDID + `","publicKeyJwk":` + string(jwk) +
		`}],"assertionMethod":["` + webDID + `#key-1"]}`
}

// Whatever is supplied as the issuer's document: a credential verifies only by a
// document of the issuer that has the signer's key.
func FuzzSuppliedDocument(f *testing.F) {
	public, signer := fixed()
	signed, err := credential.SDJWT{Type: "urn:x", Claims: object{"name": "Minji"}, Issued: 1}.Sign(signer)
	if err != nil {
		f.Fatal(err)
	}
	good := webDocument(public)
	f.Add(good)
	f.Add(strings.Replace(good, `"publicKeyJwk":`, `"publicKeyMultibase":"`+public.Multikey()+`","x":`, 1))
	f.Add(`{"id":"` + webDID + `","assertionMethod":[{"id":"#key-1","publicKeyMultibase":"` + public.Multikey() + `"}]}`)
	f.Add(strings.Replace(good, `"id":`, `"id":"did:web:other.example","id":`, 1))
	f.Add(`{"id":"` + webDID + `","assertionMethod":"#key-1"}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, document string) {
		v := credential.Verifier{Documents: credential.Documents{webDID: json.RawMessage(document)}}
		r, err := v.Credential(context.Background(), signed, credential.Demand{})
		if err != nil {
			t.Fatalf("no report: %v", err)
		}
		if r.Verified && (!strings.Contains(document, public.JWK().X) && !strings.Contains(document, public.Multikey()) && !strings.Contains(document, `\u`)) {
			t.Fatalf("verified by a document without the key: %s", document)
		}
		if !r.Verified && document == good {
			t.Fatalf("the issuer's own document does not do: %+v", r.Checks)
		}
	})
}

// Whatever is said to be an encoded list is refused, or has as many entries as a list
// may have and is the same when it is encoded again.
func FuzzDecodeBits(f *testing.F) {
	for _, n := range []int{0, identity.MinEntries/8 - 1, identity.MinEntries / 8, identity.MaxEntries / 8} {
		bits := make([]byte, n)
		if n > 0 {
			bits[n-1] = 1
		}
		encoded, err := identity.EncodeStatusList(bits)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
		f.Add(encoded[1:])
		f.Add(encoded[:len(encoded)/2])
	}
	f.Add("uH4sI")
	f.Fuzz(func(t *testing.T, encoded string) {
		bits, err := credential.DecodeBits(encoded)
		if err != nil {
			if !errors.Is(err, credential.Malformed) {
				t.Fatalf("%q: %v", encoded, err)
			}
			return
		}
		if len(bits) < identity.MinEntries/8 || len(bits) > 2<<20 {
			t.Fatalf("a list of %d bytes", len(bits))
		}
		again, err := identity.EncodeStatusList(bits)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := credential.DecodeBits(again); err != nil || !slices.Equal(same, bits) {
			t.Fatalf("not the same when encoded again: %v", err)
		}
	})
}

// Whatever is to be shown of whatever: what Select keeps is what was named and what it
// stands in, and nothing else.
func FuzzSelect(f *testing.F) {
	_, signer := fixed()
	good, err := credential.SDJWT{
		Type: "urn:x", Issued: 1, Decoys: 2,
		Claims:      object{"name": "Minji", "address": object{"street": "Jong-ro", "city": "Seoul"}, "nationalities": []any{"KR", "DE"}},
		Disclosable: []string{"name", "address", "address/street", "nationalities/0"},
	}.Sign(signer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "name")
	f.Add(good, "address/street")
	f.Add(good, "nationalities/0")
	f.Add(loop(), "a")
	f.Fuzz(func(t *testing.T, sdjwt, path string) {
		all, err := credential.Disclosures(sdjwt)
		if err != nil {
			return
		}
		shown, err := credential.Select(sdjwt, []string{path})
		if slices.Contains(all, path) != (err == nil) {
			t.Fatalf("%q of %q: %v", path, all, err)
		}
		if err == nil {
			left, err := credential.Disclosures(shown)
			if err != nil || !slices.ContainsFunc(left, func(p string) bool { return anyElement(p) == anyElement(path) }) {
				t.Fatalf("%q was to be shown, %q is: %v", path, left, err)
			}
			for _, other := range left { // what it stands in
				if !strings.HasPrefix(anyElement(path), anyElement(other)) {
					t.Fatalf("%q was to be shown, %q is too", path, other)
				}
			}
		}
		none, err := credential.Select(sdjwt, nil)
		if err != nil || strings.Count(none, "~") != 1 {
			t.Fatalf("nothing was to be shown: %q: %v", none, err)
		}
		whole, err := credential.Select(sdjwt, all)
		if err != nil {
			t.Fatalf("all of %q: %v", all, err)
		}
		if again, err := credential.Disclosures(whole); err != nil || !slices.Equal(again, all) {
			t.Fatalf("all of %q is %q: %v", all, again, err)
		}
	})
}

// anyElement is a path without its indexes, which move up as elements are kept back.
func anyElement(path string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, path)
}

// loop is a credential whose disclosures name each other twice over, thirty deep: who
// followed every way would never come back.
func loop() string {
	_, signer := fixed()
	value, disclosures := `1`, ""
	var digest string
	for range 30 {
		encoded := base64.RawURLEncoding.EncodeToString([]byte(`["salt","a",` + value + `]`))
		sum := sha256.Sum256([]byte(encoded))
		digest = base64.RawURLEncoding.EncodeToString(sum[:])
		disclosures += encoded + "~"
		value = `{"b":{"_sd":["` + digest + `"]},"c":{"_sd":["` + digest + `"]}}`
	}
	compact, err := signer.Sign(credential.FormatSDJWT, object{"_sd": []any{digest}, "iss": webDID, "vct": "urn:x"})
	if err != nil {
		panic(err)
	}
	return compact + "~" + disclosures
}

// Elements have one number each, whatever stands in an array beside them: what a query
// is matched by is what is shown.
func TestSelectElements(t *testing.T) {
	_, signer := fixed()
	element := func(value string) (encoded string, concealed object) {
		encoded = base64.RawURLEncoding.EncodeToString([]byte(`["salt",` + value + `]`))
		sum := sha256.Sum256([]byte(encoded))
		return encoded + "~", object{"...": base64.RawURLEncoding.EncodeToString(sum[:])}
	}
	_, decoy := element(`"decoy"`)
	ko, first := element(`"ko"`)
	en, second := element(`"en"`)
	fr, third := element(`"fr"`)
	compact, err := signer.Sign(credential.FormatSDJWT, object{"languages": []any{decoy, first, "open", second, third}, "vct": "urn:x"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		held  string
		paths []string
		shown map[string][]any // by path
	}{
		"all at hand": {ko + en + fr, []string{"languages/0", "languages/2", "languages/3"}, map[string][]any{
			"languages/0": {"ko", "open"}, "languages/2": {"open", "en"},
		}},
		"one kept back": {en + ko, []string{"languages/0", "languages/2"}, map[string][]any{"languages/2": {"open", "en"}}},
		"the last":      {en, []string{"languages/1"}, map[string][]any{"languages/1": {"open", "en"}}},
	} {
		t.Run(name, func(t *testing.T) {
			paths, err := credential.Disclosures(compact + "~" + c.held)
			require.NoError(t, err)
			require.Equal(t, c.paths, paths)
			for path, want := range c.shown {
				shown, err := credential.Select(compact+"~"+c.held, []string{path})
				require.NoError(t, err)
				claims, err := credential.Revealed(shown)
				require.NoError(t, err)
				require.Equal(t, want, claims["languages"])
			}
		})
	}
}

// A wallet shows what its holder named, whatever the issuer named its claims.
func TestSelectHostile(t *testing.T) {
	_, err := credential.Disclosures(loop())
	require.ErrorIs(t, err, credential.Malformed)
	_, err = credential.Select(loop(), []string{"a"})
	require.ErrorIs(t, err, credential.Malformed)

	_, signer := fixed()
	disclosure := func(name, value string) (encoded, digest string) {
		encoded = base64.RawURLEncoding.EncodeToString([]byte(`["salt","` + name + `",` + value + `]`))
		sum := sha256.Sum256([]byte(encoded))
		return encoded, base64.RawURLEncoding.EncodeToString(sum[:])
	}
	secret, secretDigest := disclosure("a", `"secret"`)
	plain, plainDigest := disclosure("a/b", `"plain"`)
	compact, err := signer.Sign(credential.FormatSDJWT, object{"_sd": []any{secretDigest, plainDigest}})
	require.NoError(t, err)
	shown, err := credential.Select(compact+"~"+secret+"~"+plain+"~", []string{"a/b"})
	require.NoError(t, err)
	require.Equal(t, compact+"~"+plain+"~", shown, "a claim whose name has a stroke stands in nothing")

	inner, innerDigest := disclosure("b", `"another"`)
	compact, err = signer.Sign(credential.FormatSDJWT, object{"_sd": []any{plainDigest}, "a": object{"_sd": []any{innerDigest}}})
	require.NoError(t, err)
	_, err = credential.Select(compact+"~"+inner+"~"+plain+"~", []string{"a/b"})
	require.ErrorIs(t, err, credential.Malformed, "two claims of one path")
}
