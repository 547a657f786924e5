// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// What a document of each status takes, signed by all who could ever have a say.
func TestStatuses(t *testing.T) {
	add := []identity.Service{{ID: "a", Type: "A", Endpoint: "https://a.example"}}
	operations := map[identity.Type]identity.Operation{
		identity.Update: {AddServices: add}, identity.Rotate: {AddKeys: []identity.Key{bob.key()}}, identity.Suspend: {}, identity.Resume: {},
		identity.Recover: {AddKeys: []identity.Key{bob.key()}}, identity.Deactivate: {},
	}
	for status, takes := range map[identity.Status]map[identity.Type]*code.Code{
		identity.Active: {identity.Resume: identity.DIDState},
		identity.Suspended: {
			identity.Update: identity.DIDState, identity.Suspend: identity.DIDState,
		},
		identity.Deactivated: {
			identity.Update: identity.DIDDeactivated, identity.Rotate: identity.DIDDeactivated, identity.Suspend: identity.DIDDeactivated,
			identity.Resume: identity.DIDDeactivated, identity.Recover: identity.DIDDeactivated, identity.Deactivate: identity.DIDDeactivated,
		},
	} {
		for typ, o := range operations {
			t.Run(fmt.Sprintf("%s of one that is %s", typ, status), func(t *testing.T) {
				first := creation(alice.key())
				first.Recovery = &identity.Quorum{Controllers: []string{carol.did()}, Threshold: 1}
				b := newBook(t, first, alice)
				switch status {
				case identity.Suspended:
					b.do(b.next(identity.Operation{Type: identity.Suspend}), alice)
				case identity.Deactivated:
					b.do(b.next(identity.Operation{Type: identity.Deactivate}), alice)
				}
				o.Type = typ
				signers := b.as(alice)
				if len(o.AddKeys) > 0 {
					signers = append(signers, bob.as(b.did))
				}
				if typ == identity.Recover {
					signers = append(signers[1:], carol.self())
				}
				wantCode(t, b.try(b.next(o), signers...), takes[typ])
				if status == identity.Suspended && typ == identity.Rotate {
					if d := b.document(); b.last().State.Status != identity.Suspended || d.CapabilityInvocation != nil {
						t.Errorf("a rotation resumed the document: %+v", d)
					}
				}
			})
		}
	}
	// Nor is it created a second time.
	o := creation(alice.key())
	b := newBook(t, o, alice)
	b.refused(identity.VersionConflict, o, b.as(alice)...)
}

// A suspended document proves nothing, whatever its keys were for, and still shows
// them; resumed it is what it was.
func TestSuspendedKeys(t *testing.T) {
	all := []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityDelegation, identity.CapabilityInvocation}
	k := alice.key(all...)
	k.Attestation = strings.Repeat("ab", 32)
	b := newBook(t, creation(k), alice)
	before := b.document()
	b.do(b.next(identity.Operation{Type: identity.Suspend}), alice)
	d := b.document()
	for _, p := range all {
		if len(before.Relationship(p)) != 1 || len(d.Relationship(p)) != 0 {
			t.Errorf("%s: %v, suspended %v", p, before.Relationship(p), d.Relationship(p))
		}
	}
	if len(d.VerificationMethod) != 1 || d.VerificationMethod[0] != before.VerificationMethod[0] || d.VerificationMethod[0].Attestation != k.Attestation {
		t.Errorf("keys %+v", d.VerificationMethod)
	}
	b.do(b.next(identity.Operation{Type: identity.Resume}), alice)
	if d := b.document(); !slices.Equal(d.CapabilityDelegation, before.CapabilityDelegation) || !slices.Equal(d.AssertionMethod, before.AssertionMethod) {
		t.Errorf("resumed to %+v", d)
	}
}

// The bounds hold for the document, not for each operation alone.
func TestBoundsOfADocument(t *testing.T) {
	key := func(i int) (actor, identity.Key) {
		a := newActor(fmt.Sprint("bound", i))
		return a, a.key(identity.Authentication)
	}
	o := creation(alice.key())
	signers := []actor{alice}
	for i := range identity.MaxKeys - 1 {
		a, k := key(i)
		o.AddKeys, signers = append(o.AddKeys, k), append(signers, a)
	}
	for i := range identity.MaxServices {
		o.AddServices = append(o.AddServices, identity.Service{ID: fmt.Sprint("s", i), Type: "S", Endpoint: "https://s.example"})
	}
	b := newBook(t, o, signers...)
	another, k := key(99)
	b.refused(identity.TooLarge, b.next(identity.Operation{Type: identity.Update, AddKeys: []identity.Key{k}}), b.as(alice, another)...)
	service := []identity.Service{{ID: "more", Type: "S", Endpoint: "https://s.example"}}
	b.refused(identity.TooLarge, b.next(identity.Operation{Type: identity.Update, AddServices: service}), b.as(alice)...)
	b.do(b.next(identity.Operation{Type: identity.Update, AddServices: service, RemoveServices: []string{"s0"}}), alice)
	b.do(b.next(identity.Operation{Type: identity.Update, AddKeys: []identity.Key{k}, RemoveKeys: []string{signers[1].id()}}), alice, another)
	if s := b.last().State; len(s.Keys) != identity.MaxKeys || len(s.Services) != identity.MaxServices {
		t.Errorf("%d keys, %d services", len(s.Keys), len(s.Services))
	}
}
