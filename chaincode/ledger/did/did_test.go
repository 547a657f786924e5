// SPDX-License-Identifier: Apache-2.0

package did_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// Test vectors of the W3C CCG's did:key specification (v0.7, appendix) and of
// did:jwk (v0.1, examples).
const (
	keyEd25519 = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
	keyP256    = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	keyP256b   = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
	jwkP256    = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
	jwkX25519  = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9"
)

func TestResolveKey(t *testing.T) {
	for multikey, alg := range map[string]string{keyEd25519: "EdDSA", keyP256: "ES256", keyP256b: "ES256"} {
		m, err := did.Resolve("did:key:" + multikey)
		if err != nil {
			t.Fatalf("%s: %v", multikey, err)
		}
		if m.URL != "did:key:"+multikey+"#"+multikey || m.Key.Alg != alg || m.Key.Multikey() != multikey {
			t.Errorf("%s resolves to %s, %s %s", multikey, m.URL, m.Key.Alg, m.Key.Multikey())
		}
		if d, url := did.OfKey(m.Key); d != "did:key:"+multikey || url != m.URL {
			t.Errorf("the key is of %s, %s", d, url)
		}
	}
	m, err := did.Resolve("did:key:" + keyP256)
	if err != nil {
		t.Fatal(err)
	}
	point, err := m.Key.P256.Bytes()
	if err != nil || !elliptic.P256().IsOnCurve(new(big.Int).SetBytes(point[1:33]), new(big.Int).SetBytes(point[33:])) { //nolint:staticcheck // the independent check
		t.Errorf("decompressed to %x %v", point, err)
	}
}

func TestResolveJWK(t *testing.T) {
	m, err := did.Resolve(jwkP256)
	if err != nil {
		t.Fatal(err)
	}
	point, err := m.Key.P256.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	if m.URL != jwkP256+"#0" || m.Key.Alg != "ES256" ||
		b64(point[1:33]) != "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0" || b64(point[33:]) != "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE" {
		t.Errorf("resolves to %s with %x", m.URL, point)
	}
	// RFC 8037 appendix A.2.
	m, err = did.Resolve(jwk(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil || m.Key.Alg != "EdDSA" || hex.EncodeToString(m.Key.Ed25519) != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Errorf("resolves to %x %v", m.Key.Ed25519, err)
	}
}

func jwk(text string) string { return "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestResolveRefuses(t *testing.T) {
	const x, y = "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0", "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"
	raw, err := base58.Decode(keyP256[1:])
	if err != nil {
		t.Fatal(err)
	}
	multikey := func(change func([]byte) []byte) string {
		return "did:key:z" + base58.Encode(change(append([]byte{}, raw...)))
	}
	for name, d := range map[string]string{
		"nothing":                 "",
		"no DID":                  "key:" + keyP256,
		"DID in capitals":         "DID:key:" + keyP256,
		"method in capitals":      "did:KEY:" + keyP256,
		"no id":                   "did:key:",
		"no method":               "did::" + keyP256,
		"another method":          "did:web:city.example",
		"a fragment":              "did:key:" + keyP256 + "#" + keyP256,
		"a query":                 "did:key:" + keyP256 + "?a=b",
		"a path":                  "did:key:" + keyP256 + "/a",
		"white space":             "did:key:" + keyP256 + " ",
		"a colon at the end":      "did:key:" + keyP256 + ":",
		"too long":                "did:jwk:" + strings.Repeat("A", did.MaxLength),
		"base58 of another kind":  "did:key:Z" + keyP256[1:],
		"no base58":               "did:key:z0" + keyP256[2:],
		"a leading zero byte":     "did:key:z1" + keyP256[1:],
		"a byte short":            multikey(func(b []byte) []byte { return b[:len(b)-1] }),
		"a byte more":             multikey(func(b []byte) []byte { return append(b, 0) }),
		"secp256k1":               "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
		"X25519":                  "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
		"P-384":                   "did:key:z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
		"an uncompressed point":   multikey(func(b []byte) []byte { b[2] = 4; return b }),
		"a point off the curve":   multikey(func(b []byte) []byte { copy(b[3:], make([]byte, 31)); b[34] = 4; return b }),
		"an x above the prime":    multikey(func(b []byte) []byte { copy(b[3:], strings.Repeat("\xff", 32)); return b }),
		"a jwk with padding":      jwk(`{"kty":"EC"}`) + "=",
		"a jwk that is no JSON":   jwk("hello"),
		"a jwk and more":          jwk(`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `"}{}`),
		"a private key":           jwk(`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `","d":"AAAA"}`),
		"a key for encryption":    jwk(`{"kty":"EC","crv":"P-256","use":"enc","x":"` + x + `","y":"` + y + `"}`),
		"another curve":           jwk(`{"kty":"EC","crv":"secp256k1","x":"` + x + `","y":"` + y + `"}`),
		"another type":            jwk(`{"kty":"RSA","crv":"P-256","x":"` + x + `","y":"` + y + `"}`),
		"no y":                    jwk(`{"kty":"EC","crv":"P-256","x":"` + x + `"}`),
		"y of another point":      jwk(`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + x + `"}`),
		"x a byte short":          jwk(`{"kty":"EC","crv":"P-256","x":"` + x[:42] + `","y":"` + y + `"}`),
		"x with stray bits":       jwk(`{"kty":"EC","crv":"P-256","x":"` + x[:42] + `1","y":"` + y + `"}`),
		"an Edwards key with a y": jwk(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","y":"` + y + `"}`),
		"the X25519 example":      jwkX25519,
		"X25519 for signatures":   jwk(`{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}`),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := did.Resolve(d); !errors.Is(err, code.BadDID) {
				t.Errorf("%s resolves to %+v, %v", d, m, err)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	d, fragment, err := did.Split("did:key:" + keyP256 + "#" + keyP256)
	if err != nil || d != "did:key:"+keyP256 || fragment != keyP256 {
		t.Errorf("%s %s %v", d, fragment, err)
	}
	for _, url := range []string{
		"", "#", "did:key:z", "did:key:z#", "#0", "did:key:z#a#b", "did:key:z#a b", "did:key:z#a%20", "did:key:z?x#0", "did:key:z/p#0", "did:key:z:#0",
	} {
		if _, _, err := did.Split(url); !errors.Is(err, code.BadDID) {
			t.Errorf("%q splits: %v", url, err)
		}
	}
}

func TestVerify(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := did.Key{Alg: "ES256", P256: &private.PublicKey}
	message := []byte("700 won an hour")
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	n := elliptic.P256().Params().N
	raw := func(r, s *big.Int) []byte {
		b := make([]byte, 64)
		r.FillBytes(b[:32])
		s.FillBytes(b[32:])
		return b
	}
	zero := new(big.Int)
	for _, tc := range []struct {
		name string
		sig  []byte
		want bool
	}{
		{"s", raw(r, s), true},
		{"n-s", raw(r, new(big.Int).Sub(n, s)), true},
		{"r and s changed round", raw(s, r), false},
		{"r is 0", raw(zero, s), false},
		{"s is 0", raw(r, zero), false},
		{"both are 0", raw(zero, zero), false},
		{"s is n", raw(r, n), false},
		{"r is n", raw(n, s), false},
		{"63 bytes", raw(r, s)[:63], false},
		{"65 bytes", append(raw(r, s), 0), false},
		{"nothing", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := key.Verify(message, tc.sig); got != tc.want {
				t.Errorf("verifies: %t", got)
			}
		})
	}
	if (did.Key{Alg: "ES256"}).Verify(message, raw(r, s)) {
		t.Error("a key of nothing verifies")
	}
	// S below the group's order is the only one for Ed25519 (RFC 8032 section 5.1.7).
	private2 := ed25519.NewKeyFromSeed(digest[:])
	edKey := did.Key{Alg: "EdDSA", Ed25519: private2.Public().(ed25519.PublicKey)}
	sig := ed25519.Sign(private2, message)
	if !edKey.Verify(message, sig) {
		t.Error("does not verify")
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	little := func(b []byte) []byte {
		out := make([]byte, len(b))
		for i := range b {
			out[i] = b[len(b)-1-i]
		}
		return out
	}
	high := new(big.Int).Add(new(big.Int).SetBytes(little(sig[32:])), order)
	if edKey.Verify(message, append(sig[:32:32], little(high.FillBytes(make([]byte, 32)))...)) {
		t.Error("a second signature of the same S verifies")
	}
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"did:key:" + keyEd25519, "did:key:" + keyP256, jwkP256, jwkX25519, "did:web:a", "did:key:z", "did:jwk:e30"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := did.Resolve(s)
		if err != nil {
			if !errors.Is(err, code.BadDID) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if d, _, err := did.Split(m.URL); err != nil || d != s {
			t.Fatalf("%q has the method %q: %v", s, m.URL, err)
		}
		again, err := did.ParseMultikey(m.Key.Multikey())
		if err != nil || again.Multikey() != m.Key.Multikey() {
			t.Fatalf("the key of %q: %v", s, err)
		}
		m.Key.Verify([]byte(s), make([]byte, 64))
	})
}

func FuzzParseMultikey(f *testing.F) {
	for _, seed := range []string{keyEd25519, keyP256, keyP256b, "z", "z1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := did.ParseMultikey(s)
		switch {
		case err != nil && !errors.Is(err, code.BadDID):
			t.Fatalf("%q: %v", s, err)
		case err == nil && k.Multikey() != s:
			t.Fatalf("%q and %q are one key", s, k.Multikey())
		}
	})
}
