// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// wantCode fails unless err raises want; nil wants no error.
func wantCode(t fataler, err error, want *code.Code) {
	t.Helper()
	switch {
	case want == nil && err != nil:
		t.Fatalf("refused: %v", err)
	case want != nil && !errors.Is(err, want):
		t.Fatalf("got error %v, want %s", err, want.Name)
	case want != nil && !strings.HasPrefix(err.Error(), want.Name+": "):
		t.Fatalf("error %q has no sentence behind its code", err)
	}
}

var here = identity.Place{Network: "trust", Channel: "trust", Chaincode: "identity"}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// actor is someone with a key, derived from a name; names give all three kinds.
type actor struct {
	private crypto.Signer
	public  did.Key
}

func newActor(name string) actor {
	seed := sha256.Sum256([]byte(name))
	switch seed[0] % 3 {
	case 0:
		private := ed25519.NewKeyFromSeed(seed[:])
		return actor{private, did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)}}
	case 1:
		private := secp256k1.PrivKeyFromBytes(seed[:])
		return actor{did.Secp256k1Signer{Key: private}, did.Key{Alg: did.ES256K, Secp256k1: private.PubKey()}}
	default:
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
		if err != nil {
			panic(err)
		}
		return actor{private, did.Key{Alg: "ES256", P256: &private.PublicKey}}
	}
}

// key is the actor's key for a document; every other name's as a JWK.
func (a actor) key(purposes ...identity.Purpose) identity.Key {
	if len(purposes) == 0 {
		purposes = []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation}
	}
	k := identity.Key{Purposes: purposes, Unlock: identity.UnlockBiometric}
	if a.public.Thumbprint()[0]%2 == 0 {
		jwk := a.public.JWK()
		k.JWK = &jwk
	} else {
		k.Multikey = a.public.Multikey()
	}
	return k
}

func (a actor) id() string { return a.public.Thumbprint() }

// as signs with the key as one of a document's.
func (a actor) as(subject string) jws.Signer {
	return jws.Signer{Key: a.private, Kid: subject + "#" + a.id()}
}

// did is the actor's own did:key.
func (a actor) did() string {
	d, _ := did.OfKey(a.public)
	return d
}

// self signs as the actor's own did:key.
func (a actor) self() jws.Signer {
	_, kid := did.OfKey(a.public)
	return jws.Signer{Key: a.private, Kid: kid}
}

var alice, bob, carol, dave, thief = newActor("alice"), newActor("bob"), newActor("carol"), newActor("dave"), newActor("thief")

// creation is a create operation with these keys.
func creation(keys ...identity.Key) identity.Operation {
	entropy := sha256.Sum256([]byte("entropy of " + strconv.Itoa(len(keys))))
	return identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, AddKeys: keys,
		Entropy: base64.RawURLEncoding.EncodeToString(entropy[:16]),
	}.At(here)
}

// book is a document under test with its whole history.
type book struct {
	t           fataler
	did         string
	history     []identity.Version
	controllers map[string]identity.State
	clock       time.Time
}

func newBook(t fataler, o identity.Operation, signers ...actor) *book {
	t.Helper()
	b := &book{t: t, clock: noon}
	subject, err := o.Subject()
	if err != nil {
		t.Fatalf("%v", err)
	}
	b.did = subject
	b.do(o, signers...)
	return b
}

// next is an operation that continues the history.
func (b *book) next(o identity.Operation) identity.Operation {
	last := b.last()
	o.DID, o.Number, o.Previous = b.did, last.Number+1, last.Digest
	return o.At(here)
}

func (b *book) last() identity.Version { return b.history[len(b.history)-1] }

func (b *book) try(o identity.Operation, signers ...jws.Signer) error {
	b.t.Helper()
	compacts, err := o.Sign(signers...)
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	return b.carry(compacts)
}

func (b *book) carry(compacts []string) error {
	s, err := identity.Parse(here, compacts)
	if err != nil {
		return err
	}
	var before *identity.Version
	if len(b.history) > 0 {
		last := b.last()
		before = &last
	}
	b.clock = b.clock.Add(time.Second)
	v, err := identity.Apply(before, s, b.controllers, b.clock, "tx-"+strconv.Itoa(len(b.history)))
	if err == nil {
		b.history = append(b.history, v)
	}
	return err
}

// do carries out an operation that must succeed, signed by keys of the document.
func (b *book) do(o identity.Operation, signers ...actor) identity.Version {
	b.t.Helper()
	wantCode(b.t, b.try(o, b.as(signers...)...), nil)
	return b.last()
}

// refused asserts the code and that nothing changed.
func (b *book) refused(want *code.Code, o identity.Operation, signers ...jws.Signer) {
	b.t.Helper()
	n := len(b.history)
	wantCode(b.t, b.try(o, signers...), want)
	if len(b.history) != n {
		b.t.Fatalf("refused and yet a version was made")
	}
}

func (b *book) as(actors ...actor) []jws.Signer {
	all := make([]jws.Signer, len(actors))
	for i, a := range actors {
		all[i] = a.as(b.did)
	}
	return all
}

func (b *book) document() identity.Document { return b.last().State.Document(b.did) }

func sorted(items ...string) []string {
	slices.Sort(items)
	return items
}

// malleate gives the signature its other s, which says the same.
func malleate(compact string, n *big.Int) string {
	dot := strings.LastIndexByte(compact, '.')
	sig, err := base64.RawURLEncoding.DecodeString(compact[dot+1:])
	if err != nil {
		panic(err)
	}
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(n, s).FillBytes(sig[32:])
	return compact[:dot+1] + base64.RawURLEncoding.EncodeToString(sig)
}
