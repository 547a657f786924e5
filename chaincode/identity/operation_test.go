// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// whole is an operation with every member that there is.
func whole() identity.Operation {
	o := creation(alice.key(), bob.key(identity.Authentication))
	k := carol.key()
	k.JWK, k.Multikey, k.Attestation = nil, carol.public.Multikey(), strings.Repeat("ab", 32)
	jwk := dave.public.JWK()
	o.AddKeys = append(o.AddKeys, k, identity.Key{JWK: &jwk, Purposes: []identity.Purpose{identity.CapabilityDelegation}, Unlock: identity.UnlockNone})
	o.AddServices = []identity.Service{{ID: "a-1", Type: "Shop", Endpoint: "https://shop.example/?q=a&b=%20c#d"}}
	o.Control = &identity.Quorum{Controllers: []string{dave.did()}, Threshold: 2}
	o.Recovery = &identity.Quorum{Controllers: []string{carol.did()}, Threshold: 1}
	o.NextKeyHashes = sorted(dave.id(), thief.id())
	o.Previous, o.RemoveKeys, o.RemoveServices = strings.Repeat("cd", 32), []string{"a"}, []string{"b"}
	return o
}

// What is signed is canonical JSON as an independent implementation of RFC 8785
// has it.
func TestOperationsAreCanonical(t *testing.T) {
	ours, err := whole().Payload()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := jcs.Transform(ours)
	if err != nil || string(theirs) != string(ours) {
		t.Errorf("%v:\n%s\n%s", err, ours, theirs)
	}
	var back identity.Operation
	if err := jws.DecodeCanonical(ours, &back); err != nil {
		t.Error(err)
	}
}

func TestMalformedOperations(t *testing.T) {
	key := func(change func(*identity.Key)) func(*identity.Operation) {
		return func(o *identity.Operation) {
			k := alice.key()
			change(&k)
			o.AddKeys = []identity.Key{k}
		}
	}
	service := func(s identity.Service) func(*identity.Operation) {
		return func(o *identity.Operation) { o.AddServices = []identity.Service{s} }
	}
	as := func(typ identity.Type, change func(*identity.Operation)) func(*identity.Operation) {
		return func(o *identity.Operation) {
			*o = identity.Operation{Type: typ, DID: identity.Prefix + strings.Repeat("a", 52), Number: 2, Previous: strings.Repeat("ab", 32)}.At(here)
			change(o)
		}
	}
	many := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = newActor(fmt.Sprint("many", i)).id()
		}
		slices.Sort(all)
		return all
	}
	add := []identity.Service{{ID: "a", Type: "A", Endpoint: "https://a.example"}}
	multikey := key(func(k *identity.Key) { k.JWK, k.Multikey = nil, "z6MkwrongKey" })

	for name, tc := range map[string]struct {
		change func(*identity.Operation)
		want   *code.Code
	}{
		"version 2":               {func(o *identity.Operation) { o.V = 2 }, identity.InvalidOperation},
		"no type":                 {func(o *identity.Operation) { o.Type = "" }, identity.InvalidOperation},
		"unknown type":            {as("replace", func(*identity.Operation) {}), identity.InvalidOperation},
		"create naming a DID":     {func(o *identity.Operation) { o.DID = identity.Prefix + strings.Repeat("a", 52) }, identity.InvalidOperation},
		"create number 2":         {func(o *identity.Operation) { o.Number = 2 }, identity.InvalidOperation},
		"create with previous":    {func(o *identity.Operation) { o.Previous = strings.Repeat("ab", 32) }, identity.InvalidOperation},
		"create without entropy":  {func(o *identity.Operation) { o.Entropy = "" }, identity.InvalidOperation},
		"short entropy":           {func(o *identity.Operation) { o.Entropy = "AAAA" }, identity.InvalidOperation},
		"entropy with stray bits": {func(o *identity.Operation) { o.Entropy = strings.Repeat("A", 21) + "B" }, identity.InvalidOperation},
		"create removing keys":    {func(o *identity.Operation) { o.RemoveKeys = []string{"a"} }, identity.InvalidOperation},
		"update of nothing":       {as(identity.Update, func(*identity.Operation) {}), identity.InvalidOperation},
		"update with next keys":   {as(identity.Update, func(o *identity.Operation) { o.NextKeyHashes = many(1) }), identity.InvalidOperation},
		"rotate with services":    {as(identity.Rotate, func(o *identity.Operation) { o.AddServices = add }), identity.InvalidOperation},
		"recover removing keys":   {as(identity.Recover, func(o *identity.Operation) { o.RemoveKeys = []string{"a"} }), identity.InvalidOperation},
		"suspend with a key":      {as(identity.Suspend, func(o *identity.Operation) { o.AddKeys = []identity.Key{alice.key()} }), identity.InvalidOperation},
		"deactivate with control": {as(identity.Deactivate, func(o *identity.Operation) { o.Control = &identity.Quorum{Threshold: 1} }), identity.InvalidOperation},
		"number 1":                {as(identity.Suspend, func(o *identity.Operation) { o.Number = 1 }), identity.InvalidOperation},
		"negative number":         {as(identity.Suspend, func(o *identity.Operation) { o.Number = -1 }), identity.InvalidOperation},
		"number beyond 2^40":      {as(identity.Suspend, func(o *identity.Operation) { o.Number = 1<<40 + 1 }), identity.InvalidOperation},
		"no previous":             {as(identity.Suspend, func(o *identity.Operation) { o.Previous = "" }), identity.InvalidOperation},
		"previous in capitals":    {as(identity.Suspend, func(o *identity.Operation) { o.Previous = strings.Repeat("AB", 32) }), identity.InvalidOperation},
		"entropy later":           {as(identity.Suspend, func(o *identity.Operation) { o.Entropy = strings.Repeat("A", 22) }), identity.InvalidOperation},
		"another method":          {as(identity.Suspend, func(o *identity.Operation) { o.DID = alice.did() }), code.BadDID},
		"a DID in capitals":       {as(identity.Suspend, func(o *identity.Operation) { o.DID = identity.Prefix + strings.Repeat("A", 52) }), code.BadDID},
		"a DID with stray bits":   {as(identity.Suspend, func(o *identity.Operation) { o.DID = identity.Prefix + strings.Repeat("a", 51) + "b" }), code.BadDID},
		"a short DID":             {as(identity.Suspend, func(o *identity.Operation) { o.DID = identity.Prefix + "a" }), code.BadDID},
		"no key material":         {key(func(k *identity.Key) { k.JWK, k.Multikey = nil, "" }), identity.InvalidKey},
		"both materials":          {key(func(k *identity.Key) { jwk := alice.public.JWK(); k.JWK, k.Multikey = &jwk, alice.public.Multikey() }), identity.InvalidKey},
		"a broken Multikey":       {multikey, identity.InvalidKey},
		"a JWK of another curve":  {key(func(k *identity.Key) { k.Multikey, k.JWK = "", &did.JWK{Crv: "P-384", Kty: "EC", X: "AA", Y: "AA"} }), identity.InvalidKey},
		"no purpose":              {key(func(k *identity.Key) { k.Purposes = nil }), identity.InvalidKey},
		"a purpose twice":         {key(func(k *identity.Key) { k.Purposes = []identity.Purpose{"authentication", "authentication"} }), identity.InvalidKey},
		"purposes out of order":   {key(func(k *identity.Key) { k.Purposes = []identity.Purpose{"authentication", "assertionMethod"} }), identity.InvalidKey},
		"key agreement":           {key(func(k *identity.Key) { k.Purposes = []identity.Purpose{"keyAgreement"} }), identity.InvalidKey},
		"no unlock":               {key(func(k *identity.Key) { k.Unlock = "" }), identity.InvalidKey},
		"unlock face":             {key(func(k *identity.Key) { k.Unlock = "face" }), identity.InvalidKey},
		"attestation of a name":   {key(func(k *identity.Key) { k.Attestation = "samsung" }), identity.InvalidKey},
		"a key twice":             {func(o *identity.Operation) { o.AddKeys = []identity.Key{alice.key(), alice.key()} }, identity.InvalidKey},
		"17 next keys":            {func(o *identity.Operation) { o.NextKeyHashes = many(17) }, identity.TooLarge},
		"next keys out of order": {func(o *identity.Operation) {
			h := many(2)
			o.NextKeyHashes = []string{h[1], h[0]}
		}, identity.InvalidOperation},
		"a next key that is none": {func(o *identity.Operation) { o.NextKeyHashes = []string{"AA"} }, identity.InvalidOperation},
		"service id":              {service(identity.Service{ID: "A", Type: "A", Endpoint: "https://a.example"}), identity.InvalidService},
		"service id like a key's": {service(identity.Service{ID: strings.Repeat("a", 43), Type: "A", Endpoint: "https://a.example"}), identity.InvalidService},
		"service type":            {service(identity.Service{ID: "a", Type: "A B", Endpoint: "https://a.example"}), identity.InvalidService},
		"relative endpoint":       {service(identity.Service{ID: "a", Type: "A", Endpoint: "/path"}), identity.InvalidService},
		"endpoint with a space":   {service(identity.Service{ID: "a", Type: "A", Endpoint: "https://a.example/ b"}), identity.InvalidService},
		"endpoint with a quote":   {service(identity.Service{ID: "a", Type: "A", Endpoint: `https://a.example/"`}), identity.InvalidService},
		"Korean endpoint":         {service(identity.Service{ID: "a", Type: "A", Endpoint: "https://노원.example"}), identity.InvalidService},
		"long endpoint":           {service(identity.Service{ID: "a", Type: "A", Endpoint: "https://a.example/" + strings.Repeat("a", 512)}), identity.TooLarge},
		"a service twice":         {func(o *identity.Operation) { o.AddServices = append(add, add...) }, identity.InvalidService},
		"17 services":             {func(o *identity.Operation) { o.AddServices = make([]identity.Service, 17) }, identity.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			o := creation(alice.key())
			tc.change(&o)
			compacts, err := o.Sign(alice.self())
			wantCode(t, err, nil)
			_, err = identity.Parse(here, compacts)
			wantCode(t, err, tc.want)
		})
	}
}

// Quorums that no document may have.
func TestQuorums(t *testing.T) {
	long := make([]string, 9)
	for i := range long {
		long[i] = newActor(fmt.Sprint("c", i)).did()
	}
	slices.Sort(long)
	for name, tc := range map[string]struct {
		control, recovery *identity.Quorum
		want              *code.Code
	}{
		"of nobody":            {nil, &identity.Quorum{Threshold: 0}, identity.InvalidQuorum},
		"more than there are":  {nil, &identity.Quorum{Controllers: []string{bob.did()}, Threshold: 2}, identity.InvalidQuorum},
		"threshold below zero": {&identity.Quorum{Threshold: -1}, nil, identity.InvalidQuorum},
		"twice the same":       {nil, &identity.Quorum{Controllers: []string{bob.did(), bob.did()}, Threshold: 2}, identity.InvalidQuorum},
		"no DID":               {nil, &identity.Quorum{Controllers: []string{"bob"}, Threshold: 1}, code.BadDID},
		"another method":       {nil, &identity.Quorum{Controllers: []string{"did:web:example.com"}, Threshold: 1}, code.BadDID},
		"a broken did:komsco":  {nil, &identity.Quorum{Controllers: []string{"did:komsco:abc"}, Threshold: 1}, code.BadDID},
		"nine controllers":     {nil, &identity.Quorum{Controllers: long, Threshold: 1}, identity.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			o := creation(alice.key())
			o.Control, o.Recovery = tc.control, tc.recovery
			subject, err := o.Subject()
			wantCode(t, err, nil)
			b := &book{t: t, did: subject, clock: noon}
			b.refused(tc.want, o, b.as(alice)...)
		})
	}
	b := newBook(t, creation(alice.key()), alice)
	b.refused(identity.InvalidQuorum, b.next(identity.Operation{Type: identity.Update, Control: &identity.Quorum{Controllers: []string{b.did}, Threshold: 1}}), b.as(alice)...)
}

// The signatures on an operation are over one payload, of one type, each by
// another key.
func TestParse(t *testing.T) {
	o := creation(alice.key(), bob.key())
	subject, err := o.Subject()
	wantCode(t, err, nil)
	good, err := o.Sign(alice.as(subject), bob.as(subject))
	wantCode(t, err, nil)
	other := o
	other.Entropy = strings.Repeat("A", 22)
	second, err := other.Sign(bob.as(subject))
	wantCode(t, err, nil)
	typ, err := alice.as(subject).Sign("payment-order+jws", o)
	wantCode(t, err, nil)
	unknown, err := alice.as(subject).Sign(identity.TypOperation, map[string]any{"v": 1})
	wantCode(t, err, nil)
	for name, tc := range map[string]struct {
		compacts []string
		want     *code.Code
	}{
		"good":               {good, nil},
		"in another order":   {[]string{good[1], good[0]}, nil},
		"none":               {nil, identity.TooLarge},
		"41":                 {slices.Repeat(good[:1], 41), identity.TooLarge},
		"twice":              {[]string{good[0], good[0]}, identity.InvalidOperation},
		"on two operations":  {[]string{good[0], second[0]}, identity.InvalidOperation},
		"another type":       {[]string{typ}, identity.InvalidOperation},
		"not an operation":   {[]string{unknown}, identity.InvalidOperation},
		"not a JWS":          {[]string{"x"}, code.BadJWS},
		"trailing line feed": {[]string{good[0] + "\n"}, code.BadJWS},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.Parse(here, tc.compacts)
			wantCode(t, err, tc.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	o := creation(alice.key())
	subject, err := o.Subject()
	if err != nil {
		f.Fatal(err)
	}
	compacts, err := o.Sign(alice.as(subject))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(compacts[0])
	f.Add("..")
	f.Fuzz(func(t *testing.T, compact string) {
		s, err := identity.Parse(here, []string{compact})
		if err != nil {
			if code.Of(err) == nil {
				t.Fatalf("%q: %v has no code", compact, err)
			}
			return
		}
		again, err := s.Payload()
		if err != nil || !strings.Contains(compact, "."+b64(again)+".") {
			t.Fatalf("%q and %q are one operation: %v", compact, again, err)
		}
	})
}

// The payload itself, without having to guess a JWS around it.
func FuzzOperation(f *testing.F) {
	raw, err := whole().Payload()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	small, err := creation(alice.key()).Payload()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, payload []byte) {
		compact, err := alice.self().Sign(identity.TypOperation, json.RawMessage(payload))
		if err != nil {
			return
		}
		s, err := identity.Parse(here, []string{compact})
		if err != nil {
			if code.Of(err) == nil {
				t.Fatalf("%q: %v has no code", payload, err)
			}
			return
		}
		v, err := identity.Apply(nil, s, nil, noon, "tx")
		if err == nil {
			t.Fatalf("%q: %s was made by a key that has no say in it", payload, v.DID)
		}
		if code.Of(err) == nil {
			t.Fatalf("%q: %v has no code", payload, err)
		}
	})
}

func FuzzParseDID(f *testing.F) {
	f.Add(identity.Prefix + strings.Repeat("a", 52))
	f.Add(identity.Placeholder)
	f.Fuzz(func(t *testing.T, s string) {
		id, err := identity.ParseDID(s)
		if err == nil && identity.Prefix+id != s {
			t.Fatalf("%q has the id %q", s, id)
		}
		if err != nil && !errors.Is(err, code.BadDID) {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
