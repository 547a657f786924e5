// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"crypto/elliptic"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// A document's whole life, every operation once.
func TestLife(t *testing.T) {
	o := creation(alice.key())
	o.Recovery = &identity.Quorum{Controllers: sorted(carol.did(), dave.did()), Threshold: 2}
	o.AddServices = []identity.Service{{ID: "inbox", Type: "DIDCommMessaging", Endpoint: "https://inbox.example/a"}}
	b := newBook(t, o, alice)

	b.do(b.next(identity.Operation{Type: identity.Update, AddKeys: []identity.Key{bob.key(identity.Authentication)}}), alice, bob)
	if got := b.document().Authentication; len(got) != 2 {
		t.Fatalf("authentication %v", got)
	}
	b.do(b.next(identity.Operation{Type: identity.Update, RemoveKeys: []string{bob.id()}, RemoveServices: []string{"inbox"}}), alice)
	b.do(b.next(identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{bob.key()}}), alice, bob)
	if got := b.document(); len(got.CapabilityInvocation) != 1 || got.CapabilityInvocation[0] != b.did+"#"+bob.id() {
		t.Fatalf("after the rotation: %+v", got)
	}
	b.do(b.next(identity.Operation{Type: identity.Suspend}), bob)
	if d := b.document(); len(d.VerificationMethod) != 1 || d.Authentication != nil || d.AssertionMethod != nil || d.CapabilityInvocation != nil {
		t.Fatalf("a suspended document proves something: %+v", d)
	}
	b.do(b.next(identity.Operation{Type: identity.Resume}), bob)
	recovery := b.next(identity.Operation{Type: identity.Recover, AddKeys: []identity.Key{alice.key()}})
	wantCode(t, b.try(recovery, carol.self(), dave.self(), alice.as(b.did)), nil)
	if d := b.document(); len(d.VerificationMethod) != 1 || d.CapabilityInvocation[0] != b.did+"#"+alice.id() {
		t.Fatalf("recovered to %+v", d)
	}
	b.do(b.next(identity.Operation{Type: identity.Deactivate}), alice)
	if d := b.document(); !reflect.DeepEqual(d, identity.Document{Context: d.Context, ID: b.did}) {
		t.Fatalf("a deactivated document says %+v", d)
	}
	for _, o := range []identity.Operation{
		{Type: identity.Resume},
		{Type: identity.Update, AddServices: []identity.Service{{ID: "x", Type: "X", Endpoint: "https://x.example"}}},
		{Type: identity.Rotate, AddKeys: []identity.Key{alice.key()}},
		{Type: identity.Deactivate},
	} {
		b.refused(identity.DIDDeactivated, b.next(o), alice.as(b.did))
	}
	b.refused(identity.DIDDeactivated, b.next(identity.Operation{Type: identity.Recover, AddKeys: []identity.Key{alice.key()}}), carol.self(), dave.self(), alice.as(b.did))
	wantCode(t, identity.Verify(here, b.history, nil), nil)
}

// The DID is the hash of all that its first operation says.
func TestSelfCertifying(t *testing.T) {
	first := creation(alice.key())
	dids := map[string]string{}
	for name, change := range map[string]func(*identity.Operation){
		"as it is":        func(*identity.Operation) {},
		"another entropy": func(o *identity.Operation) { o.Entropy = strings.Repeat("A", 22) },
		"another key":     func(o *identity.Operation) { o.AddKeys = []identity.Key{bob.key()} },
		"another unlock": func(o *identity.Operation) {
			k := alice.key()
			k.Unlock = identity.UnlockPIN
			o.AddKeys = []identity.Key{k}
		},
		"another channel": func(o *identity.Operation) { o.Channel = "other" },
		"another network": func(o *identity.Operation) { o.Network = "other" },
		"a recovery": func(o *identity.Operation) {
			o.Recovery = &identity.Quorum{Controllers: []string{bob.did()}, Threshold: 1}
		},
	} {
		o := first
		change(&o)
		subject, err := o.Subject()
		wantCode(t, err, nil)
		if _, err := identity.ParseDID(subject); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if other, taken := dids[subject]; taken {
			t.Errorf("%s and %s give the same DID", name, other)
		}
		dids[subject] = name
	}
	// Whoever signs under another document's name has no say in it.
	subject, err := creation(bob.key()).Subject()
	wantCode(t, err, nil)
	b := &book{t: t, clock: noon}
	b.refused(identity.KeyUnauthorised, first, alice.as(subject))
}

func TestAuthority(t *testing.T) {
	two := func(threshold int, controllers ...string) *identity.Quorum {
		return &identity.Quorum{Controllers: sorted(controllers...), Threshold: threshold}
	}
	service := []identity.Service{{ID: "shop", Type: "Shop", Endpoint: "https://shop.example"}}
	add := identity.Operation{Type: identity.Update, AddServices: service}
	authOnly := alice.key(identity.Authentication)

	for _, tc := range []struct {
		name    string
		create  func(*identity.Operation)
		signers []actor // of the create
		op      identity.Operation
		sign    func(b *book) []jws.Signer
		want    *code.Code
	}{
		{name: "the control key", op: add, sign: func(b *book) []jws.Signer { return b.as(alice) }},
		{name: "a stranger under the document's name", op: add, sign: func(b *book) []jws.Signer { return b.as(thief) }, want: identity.KeyUnauthorised},
		{name: "a stranger's own DID", op: add, sign: func(*book) []jws.Signer { return []jws.Signer{thief.self()} }, want: identity.KeyUnauthorised},
		{name: "a stranger beside the owner", op: add, sign: func(b *book) []jws.Signer { return append(b.as(alice), thief.self()) }, want: identity.KeyUnauthorised},
		{
			name: "a stranger's key under the owner's name", op: add,
			sign: func(b *book) []jws.Signer {
				return []jws.Signer{{Key: newActor("thief").private, Kid: b.did + "#" + alice.id()}}
			},
			want: code.BadSignature,
		},
		{
			name: "a key that only authenticates", op: add, create: func(o *identity.Operation) { o.AddKeys = []identity.Key{authOnly, bob.key()} },
			signers: []actor{alice, bob}, sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.KeyUnauthorised,
		},
		{
			name: "one of two", op: add, create: func(o *identity.Operation) { o.AddKeys, o.Control = []identity.Key{alice.key(), bob.key()}, two(2) },
			signers: []actor{alice, bob}, sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.ThresholdNotMet,
		},
		{
			name: "two of two", op: add, create: func(o *identity.Operation) { o.AddKeys, o.Control = []identity.Key{alice.key(), bob.key()}, two(2) },
			signers: []actor{alice, bob}, sign: func(b *book) []jws.Signer { return b.as(alice, bob) },
		},
		{
			name: "a key and a controller, two of two", op: add, create: func(o *identity.Operation) { o.Control = two(1, bob.did()) },
			sign: func(b *book) []jws.Signer { return []jws.Signer{bob.self()} },
		},
		{
			name: "an added key that did not sign", op: identity.Operation{Type: identity.Update, AddKeys: []identity.Key{bob.key()}},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.PossessionUnproved,
		},
		{
			name: "an added key alone", op: identity.Operation{Type: identity.Update, AddKeys: []identity.Key{bob.key()}},
			sign: func(b *book) []jws.Signer { return b.as(bob) }, want: identity.ThresholdNotMet,
		},
		{
			name: "recovery that is not named", op: identity.Operation{Type: identity.Recover, AddKeys: []identity.Key{bob.key()}},
			sign: func(b *book) []jws.Signer { return b.as(alice, bob) }, want: identity.KeyUnauthorised,
		},
		{
			name: "recovery by the control key", op: identity.Operation{Type: identity.Recover, AddKeys: []identity.Key{bob.key()}},
			create: func(o *identity.Operation) { o.Recovery = two(1, carol.did()) },
			sign:   func(b *book) []jws.Signer { return b.as(alice, bob) }, want: identity.ThresholdNotMet,
		},
		{
			name: "an update by the recovery controller", op: add, create: func(o *identity.Operation) { o.Recovery = two(1, carol.did()) },
			sign: func(*book) []jws.Signer { return []jws.Signer{carol.self()} }, want: identity.ThresholdNotMet,
		},
		{
			name: "suspension by the recovery controller", op: identity.Operation{Type: identity.Suspend},
			create: func(o *identity.Operation) { o.Recovery = two(2, carol.did(), dave.did()) },
			sign:   func(*book) []jws.Signer { return []jws.Signer{carol.self()} },
		},
		{
			name: "suspension by one of two", op: identity.Operation{Type: identity.Suspend},
			create:  func(o *identity.Operation) { o.AddKeys, o.Control = []identity.Key{alice.key(), bob.key()}, two(2) },
			signers: []actor{alice, bob}, sign: func(b *book) []jws.Signer { return b.as(bob) },
		},
		{
			name: "deactivation by one of two", op: identity.Operation{Type: identity.Deactivate},
			create:  func(o *identity.Operation) { o.AddKeys, o.Control = []identity.Key{alice.key(), bob.key()}, two(2) },
			signers: []actor{alice, bob}, sign: func(b *book) []jws.Signer { return b.as(bob) }, want: identity.ThresholdNotMet,
		},
		{
			name: "a new controller votes for its own appointment", op: identity.Operation{Type: identity.Update, Control: two(1, thief.did())},
			sign: func(*book) []jws.Signer { return []jws.Signer{thief.self()} }, want: identity.ThresholdNotMet,
		},
		{
			name: "the last control key removed", op: identity.Operation{Type: identity.Update, RemoveKeys: []string{alice.id()}},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.InvalidQuorum,
		},
		{
			name: "a threshold nobody could meet", op: identity.Operation{Type: identity.Update, Control: two(2)},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.InvalidQuorum,
		},
		{
			name: "a key it has", op: identity.Operation{Type: identity.Update, AddKeys: []identity.Key{alice.key()}},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.KeyExists,
		},
		{
			name: "a key it has, with other purposes", op: identity.Operation{Type: identity.Update, RemoveKeys: []string{alice.id()}, AddKeys: []identity.Key{alice.key(identity.CapabilityInvocation)}},
			sign: func(b *book) []jws.Signer { return b.as(alice) },
		},
		{
			name: "a key it has not", op: identity.Operation{Type: identity.Update, RemoveKeys: []string{bob.id()}},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.KeyUnknown,
		},
		{
			name: "a service it has not", op: identity.Operation{Type: identity.Update, RemoveServices: []string{"none"}},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.ServiceUnknown,
		},
		{
			name: "resuming what is active", op: identity.Operation{Type: identity.Resume},
			sign: func(b *book) []jws.Signer { return b.as(alice) }, want: identity.DIDState,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := creation(alice.key())
			signers := []actor{alice}
			if tc.create != nil {
				tc.create(&o)
			}
			if tc.signers != nil {
				signers = tc.signers
			}
			b := newBook(t, o, signers...)
			wantCode(t, b.try(b.next(tc.op), tc.sign(b)...), tc.want)
			wantCode(t, identity.Verify(here, b.history, nil), nil)
		})
	}
}

// While a document has committed to its next keys, whoever steals the current ones
// can neither add a key nor change who has a say, nor end the DID.
func TestCommittedKeys(t *testing.T) {
	o := creation(alice.key())
	o.NextKeyHashes = []string{bob.id()}
	o.Recovery = &identity.Quorum{Controllers: []string{carol.did()}, Threshold: 1}
	b := newBook(t, o, alice)

	for _, o := range []identity.Operation{
		{Type: identity.Update, AddKeys: []identity.Key{thief.key(identity.Authentication)}},
		{Type: identity.Update, RemoveKeys: []string{alice.id()}},
		{Type: identity.Update, Recovery: &identity.Quorum{Controllers: []string{thief.did()}, Threshold: 1}},
		{Type: identity.Update, Control: &identity.Quorum{Controllers: []string{thief.did()}, Threshold: 1}},
		{Type: identity.Rotate, AddKeys: []identity.Key{thief.key()}},
		{Type: identity.Rotate, AddKeys: []identity.Key{thief.key(identity.Authentication)}},
		{Type: identity.Deactivate},
	} {
		signers := b.as(alice)
		if len(o.AddKeys) > 0 {
			signers = b.as(alice, thief)
		}
		b.refused(identity.KeysCommitted, b.next(o), signers...)
	}
	b.do(b.next(identity.Operation{Type: identity.Suspend}), alice)
	b.refused(identity.KeysCommitted, b.next(identity.Operation{Type: identity.Resume}), b.as(alice)...)
	// The committed key needs nobody else, and commits to the one after it.
	b.do(b.next(identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{bob.key()}, NextKeyHashes: []string{dave.id()}}), bob)
	b.do(b.next(identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{dave.key()}}), dave)
	b.do(b.next(identity.Operation{Type: identity.Resume}), dave)
	b.do(b.next(identity.Operation{Type: identity.Deactivate}), dave)
	wantCode(t, identity.Verify(here, b.history, nil), nil)

	// A commitment that could never be kept is refused.
	o = creation(alice.key(), carol.key())
	o.Control = &identity.Quorum{Threshold: 2}
	o.NextKeyHashes = []string{bob.id()}
	fresh := &book{t: t, clock: noon}
	subject, err := o.Subject()
	wantCode(t, err, nil)
	fresh.refused(identity.InvalidQuorum, o, alice.as(subject), carol.as(subject))
}

// A controller that is itself a document of this method has a say only as it
// stands, and only when as many of its keys sign as it asks for.
func TestControllersOfThisMethod(t *testing.T) {
	company := creation(alice.key(), bob.key())
	company.Control = &identity.Quorum{Threshold: 2}
	c := newBook(t, company, alice, bob)

	device := creation(dave.key(identity.AssertionMethod))
	device.Control = &identity.Quorum{Controllers: []string{c.did}, Threshold: 1}
	subject, err := device.Subject()
	wantCode(t, err, nil)
	b := &book{t: t, did: subject, clock: noon, controllers: map[string]identity.State{}}
	b.refused(identity.KeyUnauthorised, device, dave.as(subject), alice.as(c.did)) // the company is not there
	b.controllers[c.did] = c.last().State
	b.refused(identity.ThresholdNotMet, device, dave.as(subject), alice.as(c.did))
	wantCode(t, b.try(device, dave.as(subject), alice.as(c.did), bob.as(c.did)), nil)

	add := b.next(identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: "cloud", Type: "Cloud", Endpoint: "https://cloud.example"}}})
	b.refused(identity.KeyUnauthorised, add, dave.as(b.did)) // the device has no say in itself
	c.do(c.next(identity.Operation{Type: identity.Suspend}), alice)
	b.controllers[c.did] = c.last().State
	b.refused(identity.KeyUnauthorised, add, alice.as(c.did), bob.as(c.did))
	if got := b.document().Controller; !reflect.DeepEqual(got, []string{c.did}) {
		t.Errorf("controller %v", got)
	}
	active := c.history[0].State
	wantCode(t, identity.Verify(here, b.history, func(string, identity.Version) (identity.State, bool) { return active, true }), nil)
	wantCode(t, identity.Verify(here, b.history, nil), identity.KeyUnauthorised)
}

// Histories are one line: an operation continues the current version or is refused.
func TestChain(t *testing.T) {
	b := newBook(t, creation(alice.key()), alice)
	fork := b.next(identity.Operation{Type: identity.Suspend})
	b.do(b.next(identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: "a", Type: "A", Endpoint: "https://a.example"}}}), alice)
	b.refused(identity.VersionConflict, fork, b.as(alice)...)
	ahead := b.next(identity.Operation{Type: identity.Suspend})
	ahead.Number++
	b.refused(identity.VersionConflict, ahead, b.as(alice)...)
	elsewhere := b.next(identity.Operation{Type: identity.Suspend}).At(identity.Place{Network: "trust", Channel: "other", Chaincode: "identity"})
	b.refused(identity.OperationElsewhere, elsewhere, b.as(alice)...)

	compacts, err := b.next(identity.Operation{Type: identity.Suspend}).Sign(b.as(alice)...)
	wantCode(t, err, nil)
	s, err := identity.Parse(here, compacts)
	wantCode(t, err, nil)
	_, err = identity.Apply(nil, s, nil, noon, "tx")
	wantCode(t, err, identity.DIDUnknown)
	wantCode(t, b.last().CheckReplay(s), identity.VersionConflict)

	// The submitter's clock may be behind; times never are.
	last := b.last()
	v, err := identity.Apply(&last, s, nil, noon.Add(-time.Hour), "tx")
	wantCode(t, err, nil)
	if v.Time != last.Time {
		t.Errorf("version 3 is of %d, version 2 of %d", v.Time, last.Time)
	}
}

// A history is of one DID: a stranger's own does not go on as somebody else's.
func TestSplice(t *testing.T) {
	victim := newBook(t, creation(alice.key()), alice)
	b := newBook(t, creation(thief.key()), thief)
	b.did = victim.did
	splice := b.next(identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: "a", Type: "A", Endpoint: "https://a.example"}}})
	b.refused(identity.VersionConflict, splice, b.as(thief)...)

	// Nor offline, however the versions were made.
	compacts, err := splice.Sign(b.as(thief)...)
	wantCode(t, err, nil)
	s, err := identity.Parse(here, compacts)
	wantCode(t, err, nil)
	claimed := b.last()
	claimed.DID = victim.did
	v, err := identity.Apply(&claimed, s, nil, noon.Add(time.Hour), "tx")
	wantCode(t, err, nil)
	wantCode(t, identity.Verify(here, []identity.Version{b.last(), v}, nil), identity.VersionConflict)
}

// The rule of signature encoding: 64 bytes r‖s, and both s and n−s count, on every
// curve. An operation is known by its payload, so the other signature makes the
// same version.
func TestBothSignaturesAreOneOperation(t *testing.T) {
	for name, tc := range map[string]struct {
		alg string
		n   *big.Int
	}{
		"P-256":     {"ES256", elliptic.P256().Params().N},
		"secp256k1": {"ES256K", secp256k1.S256().Params().N},
	} {
		t.Run(name, func(t *testing.T) {
			who := newActor("0")
			for i := 0; who.public.Alg != tc.alg; i++ {
				who = newActor(string(rune('a' + i)))
			}
			o := creation(who.key())
			subject, err := o.Subject()
			wantCode(t, err, nil)
			compacts, err := o.Sign(who.as(subject))
			wantCode(t, err, nil)
			b := &book{t: t, did: subject, clock: noon}
			wantCode(t, b.carry(compacts), nil)
			other := &book{t: t, did: subject, clock: noon}
			wantCode(t, other.carry([]string{malleate(compacts[0], tc.n)}), nil)
			if b.last().Digest != other.last().Digest || b.last().DID != other.last().DID {
				t.Error("the other signature makes another operation")
			}
			s, err := identity.Parse(here, []string{malleate(compacts[0], tc.n)})
			wantCode(t, err, nil)
			wantCode(t, b.last().CheckReplay(s), nil)
		})
	}
}
