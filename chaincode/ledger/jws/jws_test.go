// SPDX-License-Identifier: Apache-2.0

package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

var b64 = base64.RawURLEncoding.EncodeToString

type note struct {
	Amount int64  `json:"amount"`
	Text   string `json:"text"`
}

// signers gives one signer of each algorithm with its public key.
func signers(t testing.TB) map[string]struct {
	jws.Signer
	key did.Key
} {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]struct {
		jws.Signer
		key did.Key
	}{}
	for _, key := range []struct {
		private crypto.Signer
		public  did.Key
	}{
		{p256, did.Key{Alg: "ES256", P256: &p256.PublicKey}},
		{edwards, did.Key{Alg: "EdDSA", Ed25519: edwards.Public().(ed25519.PublicKey)}},
	} {
		_, kid := did.OfKey(key.public)
		all[key.public.Alg] = struct {
			jws.Signer
			key did.Key
		}{jws.Signer{Key: key.private, Kid: kid}, key.public}
	}
	return all
}

func TestSignAndVerify(t *testing.T) {
	all := signers(t)
	for alg, s := range all {
		t.Run(alg, func(t *testing.T) {
			for range 20 { // some values r and s begin with zeros, which have to be kept
				compact, err := s.Sign("note+jws", note{Amount: 700, Text: "<노원 & more>"})
				if err != nil {
					t.Fatal(err)
				}
				m, err := jws.Parse(compact)
				if err != nil {
					t.Fatal(err)
				}
				if m.Header != (jws.Header{Alg: alg, Kid: s.Kid, Typ: "note+jws"}) || string(m.Payload) != `{"amount":700,"text":"<노원 & more>"}` {
					t.Fatalf("parsed %+v %s", m.Header, m.Payload)
				}
				if m.SigningInput() != compact[:strings.LastIndexByte(compact, '.')] || m.Digest() != sha256.Sum256([]byte(m.SigningInput())) {
					t.Fatal("the digest is not of what was signed")
				}
				if err := m.Verify(s.key); err != nil {
					t.Fatal(err)
				}
				m.Signature[0] ^= 1
				if err := m.Verify(s.key); !errors.Is(err, code.BadSignature) {
					t.Fatalf("a changed signature: %v", err)
				}
			}
		})
	}
	compact, err := all["ES256"].Sign("note+jws", note{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := jws.Parse(compact)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(all["EdDSA"].key); !errors.Is(err, code.BadSignature) {
		t.Errorf("a key of the other algorithm: %v", err)
	}
}

// ECDSA has two signatures for each, and both are the same statement.
func TestBothSignaturesAreOneStatement(t *testing.T) {
	s := signers(t)["ES256"]
	compact, err := s.Sign("note+jws", note{Amount: 1})
	if err != nil {
		t.Fatal(err)
	}
	first, err := jws.Parse(compact)
	if err != nil {
		t.Fatal(err)
	}
	other := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(first.Signature[32:]))
	sig := append(first.Signature[:32:32], other.FillBytes(make([]byte, 32))...)
	second, err := jws.Parse(first.SigningInput() + "." + b64(sig))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.Verify(s.key), second.Verify(s.key)); err != nil {
		t.Error(err)
	}
	if first.Digest() != second.Digest() {
		t.Error("the digest depends on the signature")
	}
}

// A key signs under its own algorithm only, even where the signature itself fits.
func TestAlgIsTheKeys(t *testing.T) {
	for alg, s := range signers(t) {
		other := map[string]string{"ES256": "EdDSA", "EdDSA": "ES256"}[alg]
		header, err := jws.Canonical(jws.Header{Alg: other, Kid: s.Kid, Typ: "note+jws"})
		if err != nil {
			t.Fatal(err)
		}
		input := b64(header) + "." + b64([]byte("{}"))
		var sig []byte
		switch key := s.Key.(type) {
		case ed25519.PrivateKey:
			sig = ed25519.Sign(key, []byte(input))
		case *ecdsa.PrivateKey:
			digest := sha256.Sum256([]byte(input))
			r, v, err := ecdsa.Sign(rand.Reader, key, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			sig = append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
		}
		m, err := jws.Parse(input + "." + b64(sig))
		if err != nil {
			t.Fatal(err)
		}
		if !s.key.Verify([]byte(input), sig) {
			t.Fatal("the signature itself does not fit")
		}
		if err := m.Verify(s.key); !errors.Is(err, code.BadSignature) {
			t.Errorf("an %s key signed as %s: %v", alg, other, err)
		}
	}
}

// The keys, inputs and signatures of RFC 7515 appendix A.3 and RFC 8037
// appendix A.4 verify. As whole messages they are refused: they name no key and
// no kind of statement.
func TestPublishedVectors(t *testing.T) {
	for _, tc := range []struct{ name, key, compact string }{
		{
			"RFC 7515 A.3", `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
			"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
				"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
		},
		{
			"RFC 8037 A.4", `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
				"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			method, err := did.Resolve("did:jwk:" + b64([]byte(tc.key)))
			if err != nil {
				t.Fatal(err)
			}
			dot := strings.LastIndexByte(tc.compact, '.')
			sig, err := base64.RawURLEncoding.DecodeString(tc.compact[dot+1:])
			if err != nil {
				t.Fatal(err)
			}
			if !method.Key.Verify([]byte(tc.compact[:dot]), sig) {
				t.Error("does not verify")
			}
			if method.Key.Verify([]byte(tc.compact[:dot]+"A"), sig) {
				t.Error("verifies for another input")
			}
			if _, err := jws.Parse(tc.compact); !errors.Is(err, code.BadJWS) {
				t.Errorf("parses: %v", err)
			}
		})
	}
}

// Whatever has a second spelling is refused.
func TestParseTakesOneSpelling(t *testing.T) {
	const header, payload = `{"alg":"ES256","kid":"did:key:z#z","typ":"note+jws"}`, `{"amount":700,"text":""}`
	sig := make([]byte, 64)
	build := func(header string) string { return b64([]byte(header)) + "." + b64([]byte(payload)) + "." + b64(sig) }
	good := build(header)
	if _, err := jws.Parse(good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	join := func(h, p, s string) string { return h + "." + p + "." + s }
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).Lsh(big.NewInt(1), 250), new(big.Int).Lsh(big.NewInt(1), 250)})
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string { return build(strings.Replace(header, from, to, 1)) }

	for name, compact := range map[string]string{
		"nothing":                       "",
		"dots":                          "..",
		"two parts":                     parts[0] + "." + parts[1],
		"four parts":                    good + "." + parts[2],
		"a detached payload":            join(parts[0], "", parts[2]),
		"no header":                     join("", parts[1], parts[2]),
		"no signature":                  join(parts[0], parts[1], ""),
		"JSON serialisation":            `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"too long":                      join(parts[0], strings.Repeat("AAAA", jws.MaxLength/4), parts[2]),
		"a padded header":               join(base64.URLEncoding.EncodeToString([]byte(header+" "))+"=", parts[1], parts[2]),
		"a padded payload":              join(parts[0], parts[1]+"=", parts[2]),
		"a padded signature":            good + "==",
		"standard base64":               join(parts[0], parts[1], strings.Repeat("+", 86)),
		"stray bits in the signature":   good[:len(good)-1] + "B",
		"stray bits in the header":      join(b64([]byte(header + " "))[:70]+"B", parts[1], parts[2]),
		"a line break in the header":    join(parts[0][:8]+"\n"+parts[0][8:], parts[1], parts[2]),
		"a line break in the payload":   join(parts[0], parts[1][:8]+"\r\n"+parts[1][8:], parts[2]),
		"a line break in the signature": join(parts[0], parts[1], parts[2][:8]+"\n"+parts[2][8:]),
		"a line break at the end":       good + "\n",
		"a space at the end":            good + " ",
		"63 bytes of signature":         join(parts[0], parts[1], b64(sig[:63])),
		"65 bytes of signature":         join(parts[0], parts[1], b64(append(sig, 0))),
		"a signature in DER":            join(parts[0], parts[1], b64(der)),
		"alg none":                      change("ES256", "none"),
		"alg none, unsigned":            strings.TrimSuffix(change("ES256", "none"), parts[2]),
		"alg HS256":                     change("ES256", "HS256"),
		"alg ES256K":                    change("ES256", "ES256K"),
		"alg ES384":                     change("ES256", "ES384"),
		"alg Ed25519":                   change("ES256", "Ed25519"),
		"alg in small letters":          change("ES256", "es256"),
		"no alg":                        change(`"alg":"ES256",`, ""),
		"no kid":                        change(`"kid":"did:key:z#z",`, ""),
		"no typ":                        change(`,"typ":"note+jws"`, ""),
		"another order":                 build(`{"kid":"did:key:z#z","alg":"ES256","typ":"note+jws"}`),
		"an extra member":               change(`"kid"`, `"jwk":{},"kid"`),
		"a critical member":             change(`"kid"`, `"crit":["exp"],"kid"`),
		"an unencoded payload":          change(`"kid"`, `"b64":false,"kid"`),
		"a member twice":                change(`"alg":"ES256"`, `"alg":"none","alg":"ES256"`),
		"a member in capitals":          change(`"alg"`, `"ALG"`),
		"white space in the header":     change(`,"kid"`, `, "kid"`),
		"white space behind the header": build(header + " "),
		"an escape in the header":       change("note", `\u006eote`),
		"an escaped slash":              change("note+jws", `note\/jws`),
		"a lone surrogate":              change("note", `\ud800`),
		"bytes that are no text":        change("note", "\xff"),
		"two headers":                   build(header + header),
		"a header of null":              build("null"),
		"a list for a header":           build("[" + header + "]"),
		"a number for alg":              change(`"ES256"`, "1"),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := jws.Parse(compact); !errors.Is(err, code.BadJWS) {
				t.Errorf("%s parses to %+v, %v", compact, m, err)
			}
		})
	}
}

func TestDecodeCanonical(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"amount":1,"text":"a"}`:                    true,
		`{"amount":-1,"text":"\u0000\b\""}`:          true,
		`{"amount":9007199254740991,"text":"노원<&>"}`: true,
		`{"amount":-0,"text":"a"}`:                   false,
		`{"amount":01,"text":"a"}`:                   false,
		`{"amount":1.0,"text":"a"}`:                  false,
		`{"amount":1e0,"text":"a"}`:                  false,
		`{"amount":9223372036854775808,"text":"a"}`:  false,
		`{"amount":1}`:                               false,
		`{"amount":null,"text":"a"}`:                 false,
		`{"text":"a","amount":1}`:                    false,
		`{"amount":1,"text":"a","z":1}`:              false,
		`{"amount":1,"amount":1,"text":"a"}`:         false,
		`{"amount":1,"text":"\u0061"}`:               false,
		`{"amount":1,"text":"\u001F"}`:               false,
		`{"amount":1,"text":"\/"}`:                   false,
		"{\"amount\":1,\"text\":\"\xc3\"}":           false,
		` {"amount":1,"text":"a"}`:                   false,
		`{"amount":1,"text":"a"} `:                   false,
		`{"amount":1,"text":"a"}}`:                   false,
		``:                                           false,
		`null`:                                       false,
	} {
		var n note
		if err := jws.DecodeCanonical([]byte(text), &n); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	var n note
	if err := jws.DecodeStrict([]byte(" { \"text\": \"a\" } \n"), &n); err != nil || n.Text != "a" {
		t.Errorf("strict is not canonical: %v", err)
	}
	for _, text := range []string{`{"text":"a"}{}`, `{"text":"a"} x`, `{"text":"a"}]`, `{"other":1}`, `{"text":1}`, `[]`, ``} {
		if err := jws.DecodeStrict([]byte(text), &n); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

type brokenKey struct{ public crypto.PublicKey }

func (k brokenKey) Public() crypto.PublicKey { return k.public }

func (brokenKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("no finger on the sensor")
}

func TestSignSaysWhyNot(t *testing.T) {
	p256 := signers(t)["ES256"].key.P256
	for want, s := range map[string]jws.Signer{
		"no finger on the sensor":    {Key: brokenKey{p256}, Kid: "did:key:z#z"},
		"key of type string":         {Key: brokenKey{"hello"}, Kid: "did:key:z#z"},
		"sign as did:key:other#key-": {Key: brokenKey{p256}, Kid: "did:key:other#key-"},
	} {
		if _, err := s.Sign("note+jws", note{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	if _, err := signers(t)["EdDSA"].Sign("note+jws", func() {}); err == nil {
		t.Error("a function was signed")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range signers(f) {
		compact, err := s.Sign("note+jws", note{Amount: 1, Text: "a"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(compact)
	}
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := jws.Parse(s)
		if err != nil {
			if !errors.Is(err, code.BadJWS) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		header, err := jws.Canonical(m.Header)
		if err != nil {
			t.Fatal(err)
		}
		if again := b64(header) + "." + b64(m.Payload) + "." + b64(m.Signature); again != s {
			t.Fatalf("%q and %q are one message", s, again)
		}
	})
}

func FuzzDecodeCanonical(f *testing.F) {
	f.Add([]byte(`{"amount":1,"text":"a"}`))
	f.Add([]byte(`{"amount":1,"text":"\u0000\ud83d\ude02"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var n note
		if err := jws.DecodeCanonical(data, &n); err != nil {
			return
		}
		if again, err := jws.Canonical(n); err != nil || string(again) != string(data) {
			t.Fatalf("%q and %q are one value: %v", data, again, err)
		}
	})
}
