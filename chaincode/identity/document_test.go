// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestDocument(t *testing.T) {
	id := identity.Prefix + strings.Repeat("a", 52)
	jwk := alice.public.JWK()
	k := identity.Key{JWK: &jwk, Purposes: []identity.Purpose{identity.AssertionMethod, identity.CapabilityInvocation}, Unlock: identity.UnlockPIN, Attestation: strings.Repeat("ab", 32)}
	m := identity.Key{Multikey: bob.public.Multikey(), Purposes: []identity.Purpose{identity.Authentication}, Unlock: identity.UnlockNone}
	state := identity.State{
		Status: identity.Active, Keys: []identity.Key{k, m}, Control: identity.Quorum{Controllers: []string{carol.did()}, Threshold: 1},
		Services: []identity.Service{{ID: "shop", Type: "Shop", Endpoint: "https://shop.example"}},
	}
	d := state.Document(id)
	if d.AssertionMethod[0] != id+"#"+alice.id() || d.Authentication[0] != id+"#"+bob.id() || len(d.CapabilityInvocation) != 1 || d.CapabilityDelegation != nil {
		t.Errorf("relationships %+v", d)
	}
	if vm := d.VerificationMethod[0]; vm.Type != "JsonWebKey2020" || vm.Controller != id || vm.Unlock != "pin" || vm.Attestation == "" || *vm.JWK != jwk {
		t.Errorf("JWK %+v", vm)
	}
	if vm := d.VerificationMethod[1]; vm.Type != "Multikey" || vm.Multikey != bob.public.Multikey() || vm.JWK != nil {
		t.Errorf("Multikey %+v", vm)
	}
	if len(d.Controller) != 2 || d.Controller[0] != id || d.Controller[1] != carol.did() {
		t.Errorf("controller %v", d.Controller)
	}
	if d.Service[0].ID != id+"#shop" {
		t.Errorf("service %+v", d.Service)
	}
	raw, err := json.Marshal(d)
	if err != nil || !strings.HasPrefix(string(raw), `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1","https://w3id.org/security/multikey/v1",{`) {
		t.Errorf("%v: %s", err, raw)
	}
}

func TestKeyDocument(t *testing.T) {
	for _, a := range []actor{alice, bob, carol, dave, thief} {
		d, err := identity.KeyDocument(a.did())
		if err != nil || len(d.VerificationMethod) != 1 || d.VerificationMethod[0].Multikey != a.public.Multikey() || d.Authentication[0] != d.VerificationMethod[0].ID {
			t.Errorf("did:key: %+v, %v", d, err)
		}
		raw, err := json.Marshal(a.public.JWK())
		if err != nil {
			t.Fatal(err)
		}
		d, err = identity.KeyDocument("did:jwk:" + b64(raw))
		if err != nil || *d.VerificationMethod[0].JWK != a.public.JWK() || !strings.HasSuffix(d.VerificationMethod[0].ID, "#0") {
			t.Errorf("did:jwk: %+v, %v", d, err)
		}
	}
	if _, err := identity.KeyDocument("did:web:example.com"); !errors.Is(err, code.BadDID) {
		t.Errorf("did:web: %v", err)
	}
}

func TestVersionAt(t *testing.T) {
	times := []int64{10, 20, 20, 20, 35}
	for at, want := range map[int64]int64{9: 0, 10: 1, 19: 1, 20: 4, 34: 4, 35: 5, 1000: 5} {
		got, err := identity.VersionAt(int64(len(times)), at, func(n int64) (int64, error) { return times[n-1], nil })
		if (want == 0) != errors.Is(err, identity.VersionUnknown) || (want > 0 && got != want) {
			t.Errorf("at %d: version %d, %v; want %d", at, got, err, want)
		}
	}
	broken := errors.New("broken")
	if _, err := identity.VersionAt(3, 1, func(int64) (int64, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
