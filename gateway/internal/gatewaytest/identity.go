// SPDX-License-Identifier: Apache-2.0

package gatewaytest

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract" //nolint:depguard // a package for tests, which runs the real contract
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
	"github.com/komsco/trust-platform/gateway"
)

// Registry is where operations and statements of the in-memory registry count.
var Registry = identity.Place{Network: "trust", Channel: "trust", Chaincode: contract.Name}

// Identities is the identity contract on an in-memory Fabric, with the methods of
// [gateway.Identity]. Each transaction is a block.
type Identities struct {
	*ledgertest.Network
	t       TB
	courier *ledgertest.Caller
	Gone    error // what every call fails with, if anything

	Multikey bool // documents have their keys as Multikey, not as JSON Web Key
}

// NewIdentities starts the in-memory registry.
func NewIdentities(t TB) *Identities {
	net := ledgertest.New(t, ledgertest.Chaincode(contract.Name, contract.New(ledger.Config{Name: contract.Name, Network: Registry.Network})))
	return &Identities{Network: net, t: t, courier: net.Caller("KomscoMSP", "gateway", ledgertest.Client)}
}

// Operate carries out an operation.
func (i *Identities) Operate(_ context.Context, signatures ...string) (identity.Outcome, error) {
	args := make([]any, len(signatures))
	for n, s := range signatures {
		args[n] = s
	}
	return invoke[identity.Outcome](i, "Operate", args...)
}

// Resolve is a version of a document.
func (i *Identities) Resolve(_ context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	return query[identity.Resolved](i, "Resolve", q)
}

// History is versions of a document.
func (i *Identities) History(_ context.Context, q identity.HistoryQuery) ([]identity.Version, error) {
	return query[[]identity.Version](i, "History", q)
}

// Tell carries out a statement.
func (i *Identities) Tell(_ context.Context, typ, statement string) (identity.Told, error) {
	function, ok := gateway.StatementFunction(typ)
	if !ok {
		return identity.Told{}, identity.InvalidStatement.Errorf("typ %.40q", typ)
	}
	return invoke[identity.Told](i, function, statement)
}

// Schema is a version of a schema.
func (i *Identities) Schema(_ context.Context, ref identity.SchemaRef) (identity.Schema, error) {
	return query[identity.Schema](i, "Schema", identity.SchemaQuery{Ref: ref})
}

// Accredited tells by which grants a subject has a standing.
func (i *Identities) Accredited(_ context.Context, q identity.AccreditedQuery) (identity.AccreditedAnswer, error) {
	return query[identity.AccreditedAnswer](i, "Accredited", q)
}

// Root is a root of accreditation.
func (i *Identities) Root(_ context.Context, name string) (identity.Root, error) {
	return query[identity.Root](i, "Root", identity.RootQuery{Name: name})
}

// RootNames are the roots that a DID is.
func (i *Identities) RootNames(_ context.Context, did string) (identity.RootNames, error) {
	return query[identity.RootNames](i, "RootNames", identity.RootNamesQuery{DID: did})
}

// Status is one entry of a status list.
func (i *Identities) Status(_ context.Context, owner, list string, index int) (identity.StatusAnswer, error) {
	return query[identity.StatusAnswer](i, "Status", identity.StatusQuery{Owner: owner, List: list, Index: index})
}

// StatusAt is one entry of a status list as of a time.
func (i *Identities) StatusAt(_ context.Context, q identity.StatusQuery) (identity.StatusAnswer, error) {
	return query[identity.StatusAnswer](i, "Status", q)
}

// StatusBits is a whole status list.
func (i *Identities) StatusBits(_ context.Context, owner, list string) (identity.StatusBits, error) {
	return query[identity.StatusBits](i, "StatusBits", identity.StatusQuery{Owner: owner, List: list})
}

func query[T any](i *Identities, function string, q any) (v T, _ error) {
	if i.Gone != nil {
		return v, i.Gone
	}
	raw, err := i.Query(i.courier, contract.Name, function, string(Must(json.Marshal(q))))
	return answer[T](raw, err, gateway.PhaseEvaluate)
}

func invoke[T any](i *Identities, function string, args ...any) (v T, _ error) {
	if i.Gone != nil {
		return v, i.Gone
	}
	raw, err := i.Invoke(i.courier, contract.Name, function, args...)
	return answer[T](raw, err, gateway.PhaseEndorse)
}

func answer[T any](raw []byte, err error, phase gateway.Phase) (v T, _ error) {
	var e *ledgertest.EndorseError
	if errors.As(err, &e) {
		failed := &gateway.Error{Phase: phase, Cause: err}
		if refusal := identity.Codes.Parse(e.Message); refusal != nil {
			failed.Code, failed.Detail = refusal.Code, refusal.Detail()
		}
		return v, failed
	}
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(raw, &v)
}

// OpenRoot opens a root of accreditation by officers of two organisations.
func (i *Identities) OpenRoot(name, id string) {
	i.t.Helper()
	for _, g := range []struct {
		msp, name string
		role      call.Role
	}{{operator, "registrar", identity.RoleRegistrar}, {issuer, "approver", identity.RoleApprover}} {
		i.officer(g.msp, Admin, "GrantRole", call.SetRole{Operation: op("grant", name, g.msp), Name: g.name, Role: g.role})
	}
	propose := identity.ProposeRoot{Operation: op("propose", name), Name: name, DID: id}
	i.officer(operator, "registrar", "ProposeRoot", propose)
	propose.Operation = op("approve", name)
	i.officer(issuer, "approver", "ApproveRoot", identity.ApproveRoot{ProposeRoot: propose})
}

func (i *Identities) officer(msp, name, function string, request any) {
	i.t.Helper()
	role := ledgertest.Client
	if name == Admin {
		role = ledgertest.Admin
	}
	if _, err := i.Invoke(i.Caller(msp, name, role), contract.Name, function, Must(json.Marshal(request))); err != nil {
		i.t.Fatalf("%s by %s of %s: %v", function, name, msp, err)
	}
}

// Subject is who has a did:komsco with one key for every purpose.
type Subject struct {
	DID    string
	Key    crypto.Signer
	Signer jws.Signer // under the document's key
	Last   identity.Outcome
	ledger *Identities
}

// Born registers a document with one key of an algorithm.
func (i *Identities) Born(alg string, unlock identity.Unlock) *Subject {
	i.t.Helper()
	s := &Subject{ledger: i}
	key := s.draw(alg, unlock)
	entropy := make([]byte, 16)
	Must(rand.Read(entropy))
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, AddKeys: []identity.Key{key},
		Entropy: base64.RawURLEncoding.EncodeToString(entropy),
	}.At(Registry)
	s.DID = Must(o.Subject())
	s.Signer = jws.Signer{Key: s.Key, Kid: s.DID + "#" + key.ID()}
	s.operate(o, s.Signer)
	return s
}

// draw takes a new key into the subject's hands.
func (s *Subject) draw(alg string, unlock identity.Unlock) identity.Key {
	var public did.Key
	s.Key, public = NewKey(alg)
	k := identity.Key{
		Unlock:   unlock,
		Purposes: []identity.Purpose{identity.AssertionMethod, identity.Authentication, identity.CapabilityInvocation},
	}
	if jwk := public.JWK(); s.ledger.Multikey {
		k.Multikey = public.Multikey()
	} else {
		k.JWK = &jwk
	}
	return k
}

// Rotate replaces the key by a new one.
func (s *Subject) Rotate(alg string, unlock identity.Unlock) {
	s.ledger.t.Helper()
	old := s.Signer
	key := s.draw(alg, unlock)
	s.Signer = jws.Signer{Key: s.Key, Kid: s.DID + "#" + key.ID()}
	s.Do(identity.Operation{Type: identity.Rotate, AddKeys: []identity.Key{key}}, old, s.Signer)
}

// Do carries out an operation on the document as it was last seen.
func (s *Subject) Do(o identity.Operation, signers ...jws.Signer) {
	s.ledger.t.Helper()
	o.DID, o.Number, o.Previous = s.DID, s.Last.Version+1, s.Last.Digest
	s.operate(o.At(Registry), signers...)
}

func (s *Subject) operate(o identity.Operation, signers ...jws.Signer) {
	s.ledger.t.Helper()
	last, err := s.ledger.Operate(context.Background(), Must(o.Sign(signers...))...)
	if err != nil {
		s.ledger.t.Fatalf("%s of %s: %v", o.Type, o.DID, err)
	}
	s.Last = last
}

// Tell makes a statement to the registries and answers its digest.
func (s *Subject) Tell(p identity.Payload) (digest string) {
	s.ledger.t.Helper()
	compact := Must(s.Signer.Sign(p.Typ(), p))
	if _, err := s.ledger.Tell(context.Background(), p.Typ(), compact); err != nil {
		s.ledger.t.Fatalf("%s: %v", p.Typ(), err)
	}
	sum := Must(jws.Parse(compact, did.ES256K)).Digest()
	return hex.EncodeToString(sum[:])
}

// NewKey draws a key of an algorithm: ES256, EdDSA or ES256K.
func NewKey(alg string) (crypto.Signer, did.Key) {
	switch alg {
	case "ES256":
		k := Must(gateway.NewKey())
		return k, did.Key{Alg: alg, P256: &k.PublicKey}
	case did.ES256K:
		k := Must(secp256k1.GeneratePrivateKey())
		return did.Secp256k1Signer{Key: k}, did.Key{Alg: alg, Secp256k1: k.PubKey()}
	default:
		_, k, err := ed25519.GenerateKey(rand.Reader)
		k = Must(k, err)
		return k, did.Key{Alg: "EdDSA", Ed25519: k.Public().(ed25519.PublicKey)}
	}
}
