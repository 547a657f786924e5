// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// The example in METHOD.md is what the code makes of it, byte for byte: the key of
// RFC 8037 appendix A.1, whose signatures are deterministic.
func TestMethodExample(t *testing.T) {
	page, err := os.ReadFile("METHOD.md")
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := did.Key{Alg: "EdDSA", Ed25519: private.Public().(ed25519.PublicKey)}
	jwk := public.JWK()
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, Entropy: strings.Repeat("A", 22),
		AddKeys: []identity.Key{{JWK: &jwk, Purposes: []identity.Purpose{identity.Authentication, identity.CapabilityInvocation}, Unlock: identity.UnlockPIN}},
	}.At(here)
	payload, err := o.Payload()
	wantCode(t, err, nil)
	subject, err := o.Subject()
	wantCode(t, err, nil)
	compacts, err := o.Sign(jws.Signer{Key: private, Kid: subject + "#" + public.Thumbprint()})
	wantCode(t, err, nil)
	b := &book{t: t, did: subject, clock: noon}
	wantCode(t, b.carry(compacts), nil)
	document, err := json.MarshalIndent(b.document(), "", "  ")
	wantCode(t, err, nil)
	for what, text := range map[string]string{"payload": string(payload), "DID": subject, "JWS": compacts[0], "document": string(document)} {
		if !strings.Contains(string(page), text) {
			t.Errorf("METHOD.md has not this %s:\n%s", what, text)
		}
	}
}

// METHOD.md explains every code that an operation can be refused with.
func TestMethodExplainsCodes(t *testing.T) {
	page, err := os.ReadFile("METHOD.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Codes\.New\("([A-Z_]+)"`).FindAllSubmatch(source, -1) {
		if !strings.Contains(string(page), "`"+string(m[1])+"`") {
			t.Errorf("METHOD.md does not tell of %s", m[1])
		}
	}
}
