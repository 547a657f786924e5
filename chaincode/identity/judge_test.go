// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"reflect"
	"slices"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// judge holds an accepted operation to what the method promises.
func judge(t fataler, b *book, before identity.Version, o identity.Operation, by []jws.Signer) {
	t.Helper()
	after := b.last()
	if after.Number != before.Number+1 || o.Previous != before.Digest || after.Time < before.Time {
		t.Fatalf("version %d at %d follows version %d at %d", after.Number, after.Time, before.Number, before.Time)
	}
	if before.State.Status == identity.Deactivated {
		t.Fatalf("a deactivated document changed")
	}
	signed := map[string]bool{}
	for _, s := range by {
		signed[s.Kid] = true
	}
	own, controllers, recovery := 0, 0, 0
	for _, k := range before.State.Keys {
		if k.Has(identity.CapabilityInvocation) && signed[b.did+"#"+k.ID()] {
			own++
		}
	}
	count := func(all []string) (n int) {
		keys := map[string]int{}
		for _, s := range by {
			d, _, _ := cut(s.Kid)
			if keys[d]++; !slices.Contains(all, d) {
				continue
			}
			// A controller counts once, and one of this method only with as many of its keys as it asks for itself.
			if need := b.controllers[d].Control.Threshold; keys[d] == max(need, 1) {
				n++
			}
		}
		return n
	}
	controllers = count(before.State.Control.Controllers)
	if before.State.Recovery != nil {
		recovery = count(before.State.Recovery.Controllers)
	}
	committed := len(before.State.NextKeyHashes) > 0
	switch {
	case o.Type == identity.Recover:
		if before.State.Recovery == nil || recovery < before.State.Recovery.Threshold {
			t.Fatalf("recovered by %d", recovery)
		}
	case o.Type == identity.Suspend:
		if own+controllers+recovery == 0 {
			t.Fatalf("suspended by nobody")
		}
	case o.Type == identity.Rotate && committed:
		revealed := 0
		for _, k := range after.State.Keys {
			if !k.Has(identity.CapabilityInvocation) {
				continue
			}
			if !slices.Contains(before.State.NextKeyHashes, k.ID()) {
				t.Fatalf("rotated to a key that was not committed to")
			}
			revealed++
		}
		if revealed == 0 || revealed+controllers < before.State.Control.Threshold {
			t.Fatalf("rotated by %d of the committed keys and %d controllers, %d are asked for", revealed, controllers, before.State.Control.Threshold)
		}
	default:
		if own+controllers < before.State.Control.Threshold {
			t.Fatalf("%s by %d keys and %d controllers, %d are asked for", o.Type, own, controllers, before.State.Control.Threshold)
		}
		if committed && o.Type != identity.Update {
			t.Fatalf("%s of a document with committed keys", o.Type)
		}
	}
	had := map[string]bool{}
	for _, k := range before.State.Keys {
		had[k.ID()] = true
	}
	for _, k := range after.State.Keys {
		if !had[k.ID()] && !signed[b.did+"#"+k.ID()] {
			t.Fatalf("key %s came in without proving possession", k.ID())
		}
	}
}

// effect holds an accepted operation to what its type may do, and no more.
func effect(t fataler, before identity.Version, o identity.Operation, after identity.State) {
	t.Helper()
	old := before.State
	same := func(what string, a, b any) {
		t.Helper()
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s changed %s: %+v became %+v", o.Type, what, a, b)
		}
	}
	keep := func(what string, survives func(identity.Key) bool) {
		t.Helper()
		for _, k := range old.Keys {
			if find := func(have identity.Key) bool { return have.ID() == k.ID() }; survives(k) != slices.ContainsFunc(after.Keys, find) {
				t.Fatalf("%s: key %s of before, %s", o.Type, k.ID(), what)
			}
		}
	}
	if o.Control == nil && o.Type != identity.Deactivate {
		same("control", old.Control, after.Control)
	}
	if o.Recovery == nil && o.Type != identity.Deactivate {
		same("recovery", old.Recovery, after.Recovery)
	}
	if o.Type != identity.Deactivate && o.Type != identity.Recover && o.Type != identity.Rotate {
		same("the committed keys", old.NextKeyHashes, after.NextKeyHashes)
	}
	if o.Type == identity.Update {
		for _, s := range old.Services {
			if slices.Contains(after.Services, s) == slices.Contains(o.RemoveServices, s.ID) {
				t.Fatalf("service %s of before, %v are removed", s.ID, o.RemoveServices)
			}
		}
	} else if o.Type != identity.Deactivate {
		same("services", old.Services, after.Services)
	}
	switch o.Type {
	case identity.Suspend, identity.Resume:
		same("keys", old.Keys, after.Keys)
		if want := map[identity.Type]identity.Status{identity.Suspend: identity.Suspended, identity.Resume: identity.Active}[o.Type]; after.Status != want {
			t.Fatalf("%s made it %s", o.Type, after.Status)
		}
	case identity.Deactivate:
		if after.Status != identity.Deactivated || len(after.Keys)+len(after.Services)+len(after.NextKeyHashes) > 0 || after.Recovery != nil {
			t.Fatalf("deactivated, and there is %+v", after)
		}
	case identity.Recover:
		keep("after a recovery none stays", func(k identity.Key) bool {
			return slices.ContainsFunc(o.AddKeys, func(a identity.Key) bool { return a.ID() == k.ID() })
		})
	case identity.Rotate:
		same("status", old.Status, after.Status)
		keep("control keys go, others stay unless removed", func(k identity.Key) bool {
			return !k.Has(identity.CapabilityInvocation) && !slices.Contains(o.RemoveKeys, k.ID())
		})
	case identity.Update:
		same("status", old.Status, after.Status)
		keep("only what is named is removed", func(k identity.Key) bool { return !slices.Contains(o.RemoveKeys, k.ID()) })
	case identity.Create:
		t.Fatalf("created twice")
	}
}

// linear fails where anything but what continues the last version is accepted: what its
// own signers signed for an earlier one, too, so that no history ever has two ends.
func linear(t *rapid.T, b *book, o identity.Operation, by []jws.Signer) {
	t.Helper()
	n := len(b.history)
	at := b.history[rapid.IntRange(0, n-1).Draw(t, "fork at")]
	o.Number, o.Previous = at.Number+1, at.Digest
	if b.try(o.At(here), by...) == nil && at.Number != b.history[n-1].Number {
		t.Fatalf("version %d has two successors", at.Number)
	}
	if len(b.history) > n { // it was the last one, and whoever signed had a say again
		b.history = b.history[:n]
	}
	digests := map[string]bool{}
	for i, v := range b.history {
		if v.Number != int64(i+1) || digests[v.Digest] {
			t.Fatalf("version %d stands at place %d, or its operation twice", v.Number, i+1)
		}
		digests[v.Digest] = true
	}
}

func cut(kid string) (did, fragment string, ok bool) {
	for i := range len(kid) {
		if kid[i] == '#' {
			return kid[:i], kid[i+1:], true
		}
	}
	return kid, "", false
}

// hasSay reports whether the state lists a key as a control key.
func hasSay(b *book, id string) bool {
	return slices.ContainsFunc(b.last().State.Keys, func(k identity.Key) bool { return k.ID() == id && k.Has(identity.CapabilityInvocation) })
}

func names(b *book, did string) bool {
	if len(b.history) == 0 {
		return false
	}
	s := b.last().State
	return slices.Contains(s.Control.Controllers, did) || (s.Recovery != nil && slices.Contains(s.Recovery.Controllers, did))
}
