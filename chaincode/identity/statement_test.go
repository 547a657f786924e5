// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// FuzzStatements gives every decoder of statements whatever comes.
func FuzzStatements(f *testing.F) {
	f.Add(`{"chaincode":"identity","channel":"trust","digest":"","name":"diploma","network":"trust","uri":"https://a.example","v":1,"version":1}`)
	f.Add(`{"chaincode":"identity","changes":[{"index":1,"set":true}],"channel":"trust","exp":1,"list":"a","network":"trust","nonce":"AAAAAAAAAAAAAAAAAAAAAA","v":1}`)
	f.Add(`{"chaincode":"identity","channel":"trust","from":1,"network":"trust","region":"@","root":"a","schema":"@","standing":"issuer","subject":"","until":2,"v":1}`)
	o := creation(alice.key())
	subject, err := o.Subject()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		for typ, parse := range map[string]func(string) error{
			identity.TypSchema:        func(c string) error { return parsed[identity.RegisterSchema](t, c) },
			identity.TypDeprecation:   func(c string) error { return parsed[identity.DeprecateSchema](t, c) },
			identity.TypAccreditation: func(c string) error { return parsed[identity.Accredit](t, c) },
			identity.TypWithdrawal:    func(c string) error { return parsed[identity.Withdraw](t, c) },
			identity.TypStatusList:    func(c string) error { return parsed[identity.OpenStatusList](t, c) },
			identity.TypStatus:        func(c string) error { return parsed[identity.SetStatus](t, c) },
		} {
			compact, err := alice.as(subject).Sign(typ, json.RawMessage(payload))
			if err != nil {
				return
			}
			if err := parse(compact); err != nil && code.Of(err) == nil {
				t.Fatalf("%s %q: %v has no code", typ, payload, err)
			}
		}
	})
}

func parsed[P identity.Payload](t *testing.T, compact string) error {
	s, err := identity.ParseStatement[P](here, compact)
	if err != nil {
		return err
	}
	if err := s.Verify(identity.State{Status: identity.Active, Keys: []identity.Key{alice.key()}}); err != nil {
		t.Fatalf("the signature does not hold: %v", err)
	}
	wantCode(t, s.Verify(identity.State{Status: identity.Suspended, Keys: []identity.Key{alice.key()}}), identity.KeyUnauthorised)
	wantCode(t, s.Verify(identity.State{Status: identity.Active, Keys: []identity.Key{bob.key()}}), identity.KeyUnauthorised)
	return nil
}

// A list is encoded as Bitstring Status List 1.0 section 3.1 says.
func TestEncodeStatusList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "bits")
		encoded, err := identity.EncodeStatusList(bits)
		if err != nil || !strings.HasPrefix(encoded, "u") {
			t.Fatalf("%.20s, %v", encoded, err)
		}
		r, err := gzip.NewReader(base64.NewDecoder(base64.RawURLEncoding, strings.NewReader(encoded[1:])))
		if err != nil {
			t.Fatalf("%v", err)
		}
		back, err := io.ReadAll(r)
		if err != nil || string(back) != string(bits) {
			t.Fatalf("%d bytes came back of %d, %v", len(back), len(bits), err)
		}
	})
}
