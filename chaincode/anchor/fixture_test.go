// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

var place = anchor.Place{Network: "testnet", Channel: "trust", Chaincode: "anchor"}

// key is a throw-away key that is the same in every run.
func key(name string) (jws.Signer, string) {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	d, url := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)})
	return jws.Signer{Key: private, Kid: url}, d
}

func logKey(t testing.TB, source string) string {
	t.Helper()
	seed := sha256.Sum256([]byte("log of " + source))
	vkey, err := note.NewEd25519VerifierKey(anchor.Origin(place, source), ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return vkey
}

func newSource(t testing.TB, id string, kind anchor.SourceKind) anchor.Source {
	t.Helper()
	_, sealer := key("sealer")
	s := anchor.Source{ID: id, Version: 1, Owner: "CityMSP", Title: "Test", Kind: kind, Cadence: 60, Sealer: sealer, LogKey: logKey(t, id)}
	if kind == anchor.Chain {
		s.Headers = &anchor.HeaderTerms{Threshold: 2}
		for _, name := range []string{"v1", "v2", "v3"} {
			_, d := key(name)
			s.Headers.Signers = append(s.Headers.Signers, d)
		}
	}
	return s
}

func deposit(text string) anchor.Record {
	sum := sha256.Sum256([]byte(text))
	return anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: sum[:], Submitter: "did:key:someone", Reference: anchor.ReferenceOf(text)}
}

func refused(t testing.TB, err error, want *code.Code) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("expected %s, got %v", want.Name, err)
	}
}

func sign(t testing.TB, name, typ string, payload any) string {
	t.Helper()
	s, _ := key(name)
	compact, err := s.Sign(typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	return compact
}
