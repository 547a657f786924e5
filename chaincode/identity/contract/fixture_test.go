// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

const (
	cc      = contract.Name
	network = "testnet"
)

var here = identity.Place{Network: network, Channel: "trust", Chaincode: cc}

// town is a channel with the identity contract.
type town struct {
	t       testing.TB
	net     *ledgertest.Network
	courier *ledgertest.Caller // without any role
	admin   *ledgertest.Caller // an administrator, who has no more of a say
}

func newTown(t testing.TB) *town {
	t.Helper()
	net := ledgertest.New(t, ledgertest.Chaincode(cc, contract.New(ledger.Config{Name: cc, Network: network})))
	return &town{
		t: t, net: net,
		courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client),
		admin:   net.Caller("KomscoMSP", "admin", ledgertest.Admin),
	}
}

// person holds a key, and a document once it is created.
type person struct {
	private ed25519.PrivateKey
	key     identity.Key
	did     string
	last    identity.Outcome
}

func newPerson(name string) *person {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)}
	return &person{private: private, key: identity.Key{
		Multikey: public.Multikey(), Unlock: identity.UnlockPIN,
		Purposes: []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation},
	}}
}

// create is the person's create operation, signed.
func (p *person) create(t testing.TB) []string {
	t.Helper()
	entropy := sha256.Sum256(p.private)
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, AddKeys: []identity.Key{p.key},
		Entropy: base64.RawURLEncoding.EncodeToString(entropy[:16]),
	}.At(here)
	subject, err := o.Subject()
	if err != nil {
		t.Fatal(err)
	}
	p.did = subject
	return p.sign(t, o)
}

// next is an operation on the person's document as last seen, signed.
func (p *person) next(t testing.TB, o identity.Operation) []string {
	t.Helper()
	o.DID, o.Number, o.Previous = p.did, p.last.Version+1, p.last.Digest
	return p.sign(t, o.At(here))
}

func (p *person) sign(t testing.TB, o identity.Operation) []string {
	t.Helper()
	compacts, err := o.Sign(jws.Signer{Key: p.private, Kid: p.did + "#" + p.key.ID()})
	if err != nil {
		t.Fatal(err)
	}
	return compacts
}

// operate carries out an operation that must succeed.
func (tn *town) operate(compacts ...string) identity.Outcome {
	tn.t.Helper()
	raw, err := tn.net.Invoke(tn.courier, cc, "Operate", anys(compacts)...)
	if err != nil {
		tn.t.Fatal(err)
	}
	return decoded[identity.Outcome](tn, raw)
}

// born creates the person's document.
func (tn *town) born(name string) *person {
	tn.t.Helper()
	p := newPerson(name)
	p.last = tn.operate(p.create(tn.t)...)
	return p
}

// change carries out an operation of the person's.
func (tn *town) change(p *person, o identity.Operation) identity.Outcome {
	tn.t.Helper()
	p.last = tn.operate(p.next(tn.t, o)...)
	return p.last
}

// refused asserts that a call is refused with a code and changes nothing.
func (tn *town) refused(want *code.Code, caller *ledgertest.Caller, function string, args ...any) {
	tn.t.Helper()
	before := tn.net.Height()
	_, err := tn.net.Invoke(caller, cc, function, args...)
	if err == nil {
		tn.t.Fatalf("%s was carried out, want %s", function, want.Name)
	}
	got := identity.Codes.Parse(err.Error())
	if got == nil || got.Code != want {
		tn.t.Fatalf("%s: %v, want %s", function, err, want.Name)
	}
	if tn.net.Height() != before {
		tn.t.Fatalf("%s: refused and yet in a block", function)
	}
}

func get[T any](tn *town, function string, query any) T {
	tn.t.Helper()
	raw, err := json.Marshal(query)
	if err != nil {
		tn.t.Fatal(err)
	}
	answer, err := tn.net.Query(tn.courier, cc, function, string(raw))
	if err != nil {
		tn.t.Fatalf("%s: %v", function, err)
	}
	return decoded[T](tn, answer)
}

func decoded[T any](tn *town, raw []byte) T {
	tn.t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		tn.t.Fatalf("answer %.200s: %v", raw, err)
	}
	return v
}

func anys(all []string) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = s
	}
	return out
}
