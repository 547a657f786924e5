// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

var b64 = base64.RawURLEncoding.EncodeToString

// Any sequence of operations by anybody: only those who had a say changed
// anything, a history is one line, and its check from outside agrees. Who has a
// say is read from the published documents here, not from the rules.
func TestOnlyAuthorisedKeysChangeAnything(t *testing.T) {
	pool := make([]actor, 8)
	for i := range pool {
		pool[i] = newActor(fmt.Sprint("pool", i))
	}
	accepted := map[identity.Type]int{}
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, least int) []actor {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(pool), least, 3, actor.id).Draw(t, label)
		}
		quorum := func(label string) *identity.Quorum {
			if rapid.IntRange(0, 2).Draw(t, label) > 0 {
				return nil
			}
			q := &identity.Quorum{Threshold: rapid.IntRange(1, 2).Draw(t, label+" threshold")}
			for _, a := range pick(label+" controllers", 0) {
				q.Controllers = append(q.Controllers, a.did())
			}
			slices.Sort(q.Controllers)
			return q
		}
		purposes := rapid.SampledFrom([][]identity.Purpose{nil, nil, {identity.Authentication}})
		draw := func(b *book, typ identity.Type) identity.Operation {
			o := identity.Operation{Type: typ}
			switch typ {
			case identity.Update, identity.Rotate, identity.Recover:
				had := b.last().State.Keys
				for _, a := range pick("added", 1) {
					if typ != identity.Recover && slices.ContainsFunc(had, func(k identity.Key) bool { return k.ID() == a.id() }) {
						continue
					}
					o.AddKeys = append(o.AddKeys, a.key(purposes.Draw(t, "purposes")...))
				}
				o.Control, o.Recovery = quorum("control"), quorum("recovery")
			}
			if typ == identity.Update || typ == identity.Rotate {
				if len(b.last().State.Keys) > 0 && rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
					o.RemoveKeys = append(o.RemoveKeys, rapid.SampledFrom(b.last().State.Keys).Draw(t, "removed").ID())
				}
			}
			if typ != identity.Update && o.AddKeys != nil && rapid.IntRange(0, 2).Draw(t, "commit") == 0 {
				for _, a := range pick("next", 1) {
					o.NextKeyHashes = append(o.NextKeyHashes, a.id())
				}
				slices.Sort(o.NextKeyHashes)
			}
			return o
		}
		// Mostly those who must sign do, so that histories grow.
		signers := func(b *book, o identity.Operation) []jws.Signer {
			all := map[string]jws.Signer{}
			honest := rapid.IntRange(0, 7).Draw(t, "honest") < 7
			stray := rapid.IntRange(0, 31).Draw(t, "stray")
			for i, a := range pool {
				added := slices.ContainsFunc(o.AddKeys, func(k identity.Key) bool { return k.ID() == a.id() })
				if (honest && (added || (len(b.history) > 0 && hasSay(b, a.id())))) || stray == 16+i {
					all["own"+a.id()] = a.as(b.did)
				}
				named := o.Type == identity.Create && o.Control != nil && slices.Contains(o.Control.Controllers, a.did())
				if (honest && (named || names(b, a.did()))) || stray == 24+i {
					all["self"+a.id()] = a.self()
				}
			}
			out := []jws.Signer{}
			for _, a := range pool {
				for _, kind := range []string{"own", "self"} {
					if s, ok := all[kind+a.id()]; ok {
						out = append(out, s)
					}
				}
			}
			return out
		}

		first := identity.Operation{Type: identity.Create, Recovery: quorum("first recovery")}
		if q := first.Recovery; q != nil && q.Threshold > len(q.Controllers) {
			first.Recovery = nil
		}
		for _, a := range pick("first", 1) {
			first.AddKeys = append(first.AddKeys, a.key())
		}
		if rapid.Bool().Draw(t, "two of them") && len(first.AddKeys) > 1 {
			first.Control = &identity.Quorum{Threshold: 2}
		}
		first.DID, first.Number, first.Entropy = identity.Placeholder, 1, b64(make([]byte, 16))
		first = first.At(here)
		subject, err := first.Subject()
		if err != nil {
			t.Fatalf("%v", err)
		}
		b := &book{t: t, did: subject, clock: noon}
		if b.try(first, signers(b, first)...) != nil {
			t.Skip("the document was not created")
		}
		for range rapid.IntRange(4, 20).Draw(t, "operations") {
			o := b.next(draw(b, rapid.SampledFrom([]identity.Type{
				identity.Update, identity.Update, identity.Update, identity.Rotate, identity.Rotate, identity.Rotate,
				identity.Suspend, identity.Suspend, identity.Resume, identity.Resume, identity.Resume, identity.Recover, identity.Recover,
				identity.Recover, identity.Deactivate,
			}).Draw(t, "type")))
			if rapid.IntRange(0, 9).Draw(t, "astray") == 9 {
				o.Number += rapid.Int64Range(-1, 1).Draw(t, "off")
			}
			by := signers(b, o)
			before, n := b.last(), len(b.history)
			if b.try(o, by...) != nil {
				if len(b.history) != n {
					t.Fatalf("refused and yet a version was made")
				}
				continue
			}
			accepted[o.Type]++
			judge(t, b, before, o, by)
			effect(t, before, o, b.last().State)
			linear(t, b, o, by)
		}
		if err := identity.Verify(here, b.history, nil); err != nil {
			t.Fatalf("the history does not hold: %v", err)
		}
		tampered := slices.Clone(b.history)
		i := rapid.IntRange(0, len(tampered)-1).Draw(t, "tampered")
		tampered[i].State.Keys = append(slices.Clone(tampered[i].State.Keys), thief.key())
		if identity.Verify(here, tampered, nil) == nil {
			t.Fatalf("a key was slipped into version %d and the history still holds", i+1)
		}
		if len(b.history) > 2 && identity.Verify(here, slices.Delete(slices.Clone(b.history), 1, 2), nil) == nil {
			t.Fatalf("version 2 was left out and the history still holds")
		}
	})
	t.Logf("accepted %v", accepted)
	for _, typ := range []identity.Type{identity.Update, identity.Rotate, identity.Suspend, identity.Resume, identity.Recover, identity.Deactivate} {
		if accepted[typ] == 0 {
			t.Errorf("no %s was ever accepted: the test proves nothing about it", typ)
		}
	}
}

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
		for _, s := range by {
			if d, _, _ := cut(s.Kid); slices.Contains(all, d) {
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
