// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func service(id string) identity.Operation {
	return identity.Operation{Type: identity.Update, AddServices: []identity.Service{{ID: id, Type: "Shop", Endpoint: "https://shop.example/" + id}}}
}

// A document's versions stay, by number and by time, and its history can be
// checked by anyone.
func TestVersions(t *testing.T) {
	tn := newTown(t)
	p := tn.born("minsu")
	created := tn.net.Now().Unix()
	tn.net.Advance(time.Hour)
	tn.change(p, service("a"))
	tn.change(p, service("b")) // in the same second
	tn.net.Advance(time.Hour)
	tn.change(p, identity.Operation{Type: identity.Suspend})
	tn.net.Advance(time.Hour)
	tn.change(p, identity.Operation{Type: identity.Deactivate})

	now := get[identity.Resolved](tn, "Resolve", identity.ResolveQuery{DID: p.did})
	require.EqualValues(t, 5, now.Version.Number)
	require.Equal(t, identity.Deactivated, now.Version.State.Status)
	require.Zero(t, now.Next)
	require.Equal(t, identity.Head{Version: 5, Digest: p.last.Digest, Status: identity.Deactivated, Created: created, Updated: created + 3*3600}, now.Head)

	for _, tc := range []struct {
		query identity.ResolveQuery
		want  int64
		next  int64
	}{
		{identity.ResolveQuery{Version: 1}, 1, created + 3600},
		{identity.ResolveQuery{Version: 2}, 2, created + 3600},
		{identity.ResolveQuery{Version: 4}, 4, created + 3*3600},
		{identity.ResolveQuery{Version: 5}, 5, 0},
		{identity.ResolveQuery{Time: created}, 1, created + 3600},
		{identity.ResolveQuery{Time: created + 3599}, 1, created + 3600},
		{identity.ResolveQuery{Time: created + 3600}, 3, created + 2*3600},
		{identity.ResolveQuery{Time: created + 1e6}, 5, 0},
	} {
		tc.query.DID = p.did
		got := get[identity.Resolved](tn, "Resolve", tc.query)
		require.Equal(t, tc.want, got.Version.Number, "%+v", tc.query)
		require.Equal(t, tc.next, got.Next, "%+v", tc.query)
	}
	for want, query := range map[*code.Code]identity.ResolveQuery{
		identity.VersionUnknown: {DID: p.did, Version: 6},
		identity.DIDUnknown:     {DID: identity.Prefix + strings.Repeat("a", 52)},
		code.BadDID:             {DID: "did:komsco:x"},
		code.BadRequest:         {DID: p.did, Version: 1, Time: 1},
	} {
		raw, err := json.Marshal(query)
		require.NoError(t, err)
		tn.refused(want, tn.courier, "Resolve", string(raw))
	}
	raw, err := json.Marshal(identity.ResolveQuery{DID: p.did, Time: created - 1})
	require.NoError(t, err)
	tn.refused(identity.VersionUnknown, tn.courier, "Resolve", string(raw))

	history := get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 1})
	require.Len(t, history, 5)
	require.NoError(t, identity.Verify(here, history, nil))
	page := get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 2, Limit: 2})
	require.Equal(t, history[1:3], page)
	require.Empty(t, get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 9}))
}

// Version 10 comes after version 9, for whoever asks by number, by time or for all.
func TestVersionsAreNumbers(t *testing.T) {
	tn := newTown(t)
	p := tn.born("minsu")
	created := tn.net.Now().Unix()
	for i := range 11 {
		tn.net.Advance(time.Hour)
		tn.change(p, service("s"+strconv.Itoa(i)))
	}
	require.EqualValues(t, 12, get[identity.Resolved](tn, "Resolve", identity.ResolveQuery{DID: p.did}).Version.Number)
	for n := int64(1); n <= 12; n++ {
		at := created + (n-1)*3600
		for _, q := range []identity.ResolveQuery{{Version: n}, {Time: at}, {Time: at + 3599}} {
			q.DID = p.did
			got := get[identity.Resolved](tn, "Resolve", q)
			require.Equal(t, n, got.Version.Number, "%+v", q)
			require.Len(t, got.Version.State.Services, int(n-1))
			if n < 12 {
				require.Equal(t, at+3600, got.Next)
			}
		}
	}
	history := get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 1})
	require.Len(t, history, 12)
	for i, v := range history {
		require.EqualValues(t, i+1, v.Number)
	}
	require.NoError(t, identity.Verify(here, history, nil))
}

// The same operation again gives the first result and changes nothing; another
// one under the same number is refused.
func TestReplay(t *testing.T) {
	tn := newTown(t)
	p := newPerson("minsu")
	create := p.create(t)
	first := tn.operate(create...)
	p.last = first
	second := p.next(t, service("a"))
	fork := p.next(t, service("b"))
	p.last = tn.operate(second...)
	require.Equal(t, first, tn.operate(create...))
	require.Equal(t, p.last, tn.operate(second...))
	tn.refused(identity.VersionConflict, tn.courier, "Operate", anys(fork)...)
	require.EqualValues(t, 2, get[identity.Resolved](tn, "Resolve", identity.ResolveQuery{DID: p.did}).Version.Number)
	tn.change(p, identity.Operation{Type: identity.Deactivate})
	require.Equal(t, first, tn.operate(create...), "a deactivated DID is not made again")
}

// Two operations of one document in a block: one counts. Documents do not meet.
func TestOneLineInABlock(t *testing.T) {
	tn := newTown(t)
	p, q := tn.born("minsu"), tn.born("jisoo")
	var txs []*ledgertest.Endorsement
	for _, compacts := range [][]string{p.next(t, service("a")), p.next(t, service("b")), q.next(t, service("a"))} {
		tx, err := tn.net.Endorse(tn.courier, cc, "Operate", anys(compacts)...)
		require.NoError(t, err)
		txs = append(txs, tx)
	}
	valid, conflict := peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT
	require.Equal(t, []peer.TxValidationCode{valid, conflict, valid}, tn.net.Commit(txs...))
	require.NoError(t, identity.Verify(here, get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 1}), nil))
}

// Three hundred people come in one block without a conflict.
func TestManyAtOnce(t *testing.T) {
	tn := newTown(t)
	txs := make([]*ledgertest.Endorsement, 300)
	for i := range txs {
		var err error
		txs[i], err = tn.net.Endorse(tn.courier, cc, "Operate", anys(newPerson(fmt.Sprint("person", i)).create(t))...)
		require.NoError(t, err)
	}
	for i, got := range tn.net.Commit(txs...) {
		require.Equal(t, peer.TxValidationCode_VALID, got, "person %d", i)
	}
}

// Changing a document reads exact keys only.
func TestNoRangeOnTheWritePath(t *testing.T) {
	tn := newTown(t)
	p := tn.born("minsu")
	for i := range 5 {
		tn.change(p, service(fmt.Sprint("s", i)))
	}
	tx, err := tn.net.Endorse(tn.courier, cc, "Operate", anys(p.next(t, service("last")))...)
	require.NoError(t, err)
	require.Len(t, tx.Reads(), 1, "the document with its current version, however many there are")
	require.Len(t, tx.Writes(), 2, "the new version, and the one before it under its own key")
}

// No transaction that writes reads a range, whichever function it is of.
func TestNoFunctionThatWritesReadsARange(t *testing.T) {
	f := newField(t)
	registrar, approver := f.officer("KomscoMSP", "registrar-2", identity.RoleRegistrar), f.officer("CityMSP", "approver-2", identity.RoleApprover)
	f.tell("RegisterSchema", f.ministry.say(t, diploma(2)))
	f.tell("OpenStatusList", f.school.say(t, openList(identity.Revocation)))
	grant := f.grant(identity.Delegate, f.board, f.schema, identity.Any)
	given := f.accredit(f.ministry, grant)
	root := identity.ProposeRoot{Operation: call.Operation{Op: "propose"}, Name: "culture", DID: f.ministry.did}
	approved := identity.ApproveRoot{ProposeRoot: root}
	approved.Op = "approve"
	officer := func(request any) string {
		raw, err := json.Marshal(request)
		require.NoError(t, err)
		return string(raw)
	}
	written := map[string]bool{}
	for _, step := range []struct {
		by       *ledgertest.Caller
		function string
		args     []any
	}{
		{f.courier, "Operate", anys(newPerson("newborn").create(t))},
		{f.courier, "Operate", anys(f.shop.next(t, service("a")))},
		{f.courier, "RegisterSchema", []any{f.ministry.say(t, diploma(3))}},
		{f.courier, "DeprecateSchema", []any{f.ministry.say(t, identity.DeprecateSchema{
			Chaincode: here.Chaincode, Channel: here.Channel, Network: here.Network, V: 1, Name: "diploma", Version: 1,
			Successor: identity.NewSchemaRef(strings.TrimPrefix(f.ministry.did, identity.Prefix), "diploma", 2),
		})}},
		{registrar, "ProposeRoot", []any{officer(root)}},
		{approver, "ApproveRoot", []any{officer(approved)}},
		{f.courier, "Accredit", []any{f.board.say(t, f.grant(identity.Issuer, f.school, f.schema, "11350"))}},
		{f.courier, "WithdrawAccreditation", []any{f.ministry.say(t, f.withdrawal(grant, given))}},
		{f.courier, "OpenStatusList", []any{f.shop.say(t, openList(identity.Suspension))}},
		{f.courier, "SetStatus", []any{f.school.say(t, f.setting(1, identity.StatusChange{Index: 7, Set: true}))}},
		{f.admin, "GrantRole", []any{officer(call.SetRole{Operation: call.Operation{Op: "grant"}, Name: "someone", Role: identity.RoleRegistrar})}},
		{f.admin, "RevokeRole", []any{officer(call.SetRole{Operation: call.Operation{Op: "revoke"}, Name: "someone", Role: identity.RoleRegistrar})}},
	} {
		tx, err := f.net.Endorse(step.by, cc, step.function, step.args...)
		require.NoError(t, err, step.function)
		require.Empty(t, tx.Ranges(), step.function)
		require.NotEmpty(t, tx.Writes(), step.function)
		require.Equal(t, peer.TxValidationCode_VALID, f.net.Commit(tx)[0])
		written[step.function] = true
	}
	queries := []string{"Resolve", "History", "Schema", "Root", "RootNames", "Accredited", "Status", "StatusBits", "Roles"}
	for _, function := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		if !written[function.Name] && !slices.Contains(queries, function.Name) {
			t.Errorf("%s is neither tried here nor known to write nothing", function.Name)
		}
	}
}

// An administrator has no more of a say in a document than anyone.
func TestAdministratorsHaveNoPower(t *testing.T) {
	tn := newTown(t)
	p, q := tn.born("minsu"), tn.born("jisoo")
	o := identity.Operation{Type: identity.Deactivate, DID: p.did, Number: 2, Previous: p.last.Digest}.At(here)
	tn.refused(identity.KeyUnauthorised, tn.admin, "Operate", anys(q.sign(t, o))...)
	for _, function := range []string{"Deactivate", "Recover", "SetDocument", "operate"} {
		tn.refused(code.UnknownFunction, tn.admin, function, `{"op":"1"}`)
	}
}

// A document of this method that controls another is read as it stands on the
// ledger: suspended, it has no say from that block on.
func TestControllerOnTheLedger(t *testing.T) {
	tn := newTown(t)
	owner := tn.born("owner")
	device := newPerson("device")
	device.key.Purposes = []identity.Purpose{identity.AssertionMethod}
	o := identity.Operation{
		Type: identity.Create, DID: identity.Placeholder, Number: 1, AddKeys: []identity.Key{device.key},
		Control: &identity.Quorum{Controllers: []string{owner.did}, Threshold: 1}, Entropy: strings.Repeat("A", 22),
	}.At(here)
	subject, err := o.Subject()
	require.NoError(t, err)
	device.did = subject
	device.last = tn.operate(append(device.sign(t, o), owner.sign(t, o)...)...)

	byOwner := func(o identity.Operation) []any {
		o.DID, o.Number, o.Previous = device.did, device.last.Version+1, device.last.Digest
		return anys(owner.sign(t, o.At(here)))
	}
	tn.refused(identity.KeyUnauthorised, tn.courier, "Operate", anys(device.next(t, service("a")))...)
	tn.change(owner, identity.Operation{Type: identity.Suspend})
	tn.refused(identity.KeyUnauthorised, tn.courier, "Operate", byOwner(service("a"))...)
	tn.change(owner, identity.Operation{Type: identity.Resume})

	// The owner's suspension in the same block comes first: the device's change is void.
	suspend, err := tn.net.Endorse(tn.courier, cc, "Operate", anys(owner.next(t, identity.Operation{Type: identity.Suspend}))...)
	require.NoError(t, err)
	change, err := tn.net.Endorse(tn.courier, cc, "Operate", byOwner(service("a"))...)
	require.NoError(t, err)
	require.Equal(t, []peer.TxValidationCode{peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT}, tn.net.Commit(suspend, change))
}

func TestEvents(t *testing.T) {
	tn := newTown(t)
	p := newPerson("minsu")
	tx, err := tn.net.Endorse(tn.courier, cc, "Operate", anys(p.create(t))...)
	require.NoError(t, err)
	var env call.Envelope
	require.Equal(t, call.EventName, tx.Event.Name)
	require.NoError(t, json.Unmarshal(tx.Event.Payload, &env))
	id := strings.TrimPrefix(p.did, identity.Prefix)
	require.Equal(t, call.Envelope{V: 1, Chaincode: cc, Events: []call.Event{{Type: "DIDCreated", Refs: []string{id + "/1"}}}}, env)
}

// relay calls the identity contract from another one.
type relay struct{}

func (relay) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (relay) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return stub.InvokeChaincode(cc, stub.GetArgs(), "")
}

// Another contract may read a document, and may not change one.
func TestThroughAnotherChaincode(t *testing.T) {
	tn := newTown(t)
	tn.net.Deploy("relay", relay{})
	p := tn.born("minsu")
	_, err := tn.net.Invoke(tn.courier, "relay", "Operate", anys(p.next(t, service("a")))...)
	require.ErrorContains(t, err, code.NestedCall.Name)
	raw, err := json.Marshal(identity.ResolveQuery{DID: p.did})
	require.NoError(t, err)
	answer, err := tn.net.Query(tn.courier, "relay", "Resolve", string(raw))
	require.NoError(t, err)
	require.Equal(t, p.did, decoded[identity.Resolved](tn, answer).Version.DID)
}

// Bad input on every function: the exact code, and nothing changed.
func TestBadInput(t *testing.T) {
	tn := newTown(t)
	p := tn.born("minsu")
	good := p.next(t, service("a"))
	for _, tc := range []struct {
		want     *code.Code
		function string
		args     []any
	}{
		{code.BadRequest, "Operate", nil},
		{code.BadJWS, "Operate", []any{""}},
		{code.BadJWS, "Operate", []any{"a.b.c"}},
		{identity.InvalidOperation, "Operate", []any{good[0], good[0]}},
		{identity.TooLarge, "Operate", anys(make([]string, 41))},
		{code.BadRequest, "Resolve", nil},
		{code.BadRequest, "Resolve", []any{"{}", "{}"}},
		{code.BadRequest, "Resolve", []any{"{"}},
		{code.BadRequest, "Resolve", []any{`{"DID":"x"}`}},
		{code.BadRequest, "Resolve", []any{`{"did":"x","more":1}`}},
		{code.BadRequest, "Resolve", []any{`{"did":"x","version":-1}`}},
		{code.BadDID, "Resolve", []any{`{"did":""}`}},
		{code.BadRequest, "History", []any{`{"did":"x","from":0}`}},
		{code.BadRequest, "History", []any{`{"did":"x","from":1,"limit":51}`}},
		{code.BadDID, "History", []any{`{"did":"x","from":1}`}},
		{identity.DIDUnknown, "History", []any{`{"did":"` + identity.Prefix + strings.Repeat("a", 52) + `","from":1}`}},
		{code.UnknownFunction, "resolve", []any{"{}"}},
	} {
		tn.refused(tc.want, tn.courier, tc.function, tc.args...)
	}
	// Whatever a function is given that is nothing it takes, it says so with a code.
	for _, f := range contract.New(ledger.Config{Name: cc, Network: network}).Functions() {
		for _, garbage := range []string{"", "{}", "null", "[]", "a.b.c", good[0], `{"v":1}`, "\x00"} {
			before := tn.net.Height()
			_, err := tn.net.Invoke(tn.courier, cc, f.Name, garbage)
			if f.Name == "Operate" && garbage == good[0] {
				require.NoError(t, err)
				continue
			}
			require.Error(t, err, "%s(%q)", f.Name, garbage)
			refusal := identity.Codes.Parse(err.Error())
			require.NotNil(t, refusal, "%s(%q): %v", f.Name, garbage, err)
			require.NotEqual(t, code.Internal, refusal.Code.Kind, "%s(%q): %v", f.Name, garbage, err)
			require.Equal(t, before, tn.net.Height())
		}
	}
}
