// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	idcontract "github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// registry is the name of the identity contract in these tests, mobile the
// programme that looks keys up there.
const (
	registry = "registry"
	mobile   = "mobile"
)

// newMobileTown is a town with an identity contract and the programme mobile,
// open to any DID whose key is unlocked with at least that much.
func newMobileTown(t ledgertest.TB, unlock identity.Unlock) *town {
	t.Helper()
	tn := newTown(t, ledgertest.Chaincode(registry, idcontract.New(ledger.Config{Name: registry, Network: network})))
	p := tn.program(bazaar)
	p.ID, p.Identity = mobile, &currency.Identity{Chaincode: registry, Unlock: unlock}
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	rules := policyOf(bazaar, 1)
	rules.Program = mobile
	tn.newPolicy(rules)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: mobile, ID: "budget", Fund: "budget", Amount: 1_000_000_000})
	tn.do(tn.bank, "ApproveAppropriation", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: mobile, ID: "budget"}})
	tn.register(mobile, "stall", tn.stall, region, category)
	return tn
}

// citizen is a person with a document, a control key kept at home and a phone
// whose key signs orders.
type citizen struct {
	*wallet // of the phone in use
	tn      *town
	name    string
	home    jws.Signer
	last    identity.Outcome
	keys    int
}

// keyNamed derives a P-256 key.
func keyNamed(name string) (*ecdsa.PrivateKey, did.Key) {
	seed := sha256.Sum256([]byte("citizen " + name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		panic(err)
	}
	return key, did.Key{Alg: "ES256", P256: &key.PublicKey}
}

// born registers a citizen whose phone's key is unlocked so.
func (tn *town) born(name string, unlock identity.Unlock) *citizen {
	tn.t.Helper()
	c := &citizen{tn: tn, name: name, wallet: &wallet{seq: map[string]int64{}}}
	home, homeKey := keyNamed(name + " home")
	c.home.Key = home
	phone, phoneKey := c.phone(unlock)
	entropy := sha256.Sum256([]byte(name))
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, Entropy: base64.RawURLEncoding.EncodeToString(entropy[:16]),
		AddKeys: []identity.Key{
			{Multikey: homeKey.Multikey(), Purposes: []identity.Purpose{identity.CapabilityInvocation}, Unlock: identity.UnlockNone},
			phoneKey,
		},
	}.At(tn.registryPlace())
	subject, err := o.Subject()
	if err != nil {
		tn.t.Fatalf("subject: %v", err)
	}
	c.did, c.account = subject, currency.AccountID(subject)
	c.home.Kid = subject + "#" + homeKey.Thumbprint()
	c.use(phone, phoneKey)
	c.operate(o, c.home, c.Signer)
	return c
}

func (tn *town) registryPlace() identity.Place {
	return identity.Place{Network: network, Channel: "trust", Chaincode: registry}
}

// phone draws the key of another phone.
func (c *citizen) phone(unlock identity.Unlock) (*ecdsa.PrivateKey, identity.Key) {
	c.keys++
	key, public := keyNamed(fmt.Sprintf("%s phone %d", c.name, c.keys))
	return key, identity.Key{Multikey: public.Multikey(), Purposes: []identity.Purpose{identity.Authentication}, Unlock: unlock}
}

// use signs with a phone's key from now on.
func (c *citizen) use(key *ecdsa.PrivateKey, public identity.Key) {
	c.Signer = jws.Signer{Key: key, Kid: c.did + "#" + public.ID()}
}

// change carries out an operation on the document, signed by the key at home and
// by the others.
func (c *citizen) change(o identity.Operation, also ...jws.Signer) {
	c.tn.t.Helper()
	o.DID, o.Number, o.Previous = c.did, c.last.Version+1, c.last.Digest
	c.operate(o.At(c.tn.registryPlace()), append(also, c.home)...)
}

func (c *citizen) operate(o identity.Operation, signers ...jws.Signer) {
	c.tn.t.Helper()
	signatures, err := o.Sign(signers...)
	if err != nil {
		c.tn.t.Fatalf("sign: %v", err)
	}
	e, err := c.tn.net.Endorse(c.tn.courier, registry, "Operate", anys(signatures)...)
	if err != nil {
		c.tn.t.Fatalf("%s: %v", o.Type, err)
	}
	c.last = result[identity.Outcome](c.tn, c.tn.commitOne(e))
}

// replacePhone puts another phone's key in the place of the one in use.
func (c *citizen) replacePhone(unlock identity.Unlock) {
	c.tn.t.Helper()
	_, old, _ := did.Split(c.Kid)
	key, public := c.phone(unlock)
	next := jws.Signer{Key: key, Kid: c.did + "#" + public.ID()}
	c.change(identity.Operation{Type: identity.Update, AddKeys: []identity.Key{public}, RemoveKeys: []string{old}}, next)
	c.Signer = next
}

// syncKeys asks for a key sync of accounts in mobile.
func (tn *town) syncKeys(accounts ...string) []currency.Synced {
	tn.t.Helper()
	return result[[]currency.Synced](tn, tn.do(tn.courier, "SyncKeys", currency.SyncKeys{Program: mobile, Accounts: accounts}))
}

// funded opens an account of a citizen in mobile that holds 100,000 won.
func (tn *town) funded(c *citizen) {
	tn.t.Helper()
	tn.batch(tn.open(mobile, c.wallet))
	tx := tn.issue(mobile, currency.Benefit, []currency.Row{{To: c.account, Amount: 100_000}})
	tn.batch(tn.claim(mobile, c.wallet, currency.NewCreditName(tx, 0)))
}
