// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestDispatchIsStrict(t *testing.T) {
	good := setting("op-1", "x")
	for _, tc := range []struct {
		name     string
		function string
		args     []any
		want     *code.Code
	}{
		{"good", "SetNote", []any{good}, nil},
		{"an unknown function", "Steal", []any{good}, code.UnknownFunction},
		{"no name", "", []any{good}, code.UnknownFunction},
		{"another case", "setNote", []any{good}, code.UnknownFunction},
		{"a namespace before it", "lab:SetNote", []any{good}, code.UnknownFunction},
		{"a name that is no text", "Set\xffNote", []any{good}, code.UnknownFunction},
		{"no argument", "SetNote", nil, code.BadRequest},
		{"two arguments", "SetNote", []any{good, good}, code.BadRequest},
		{"an empty second argument", "SetNote", []any{good, ""}, code.BadRequest},
		{"an empty argument", "SetNote", []any{""}, code.BadRequest},
		{"no JSON", "SetNote", []any{"hello"}, code.BadRequest},
		{"null", "SetNote", []any{"null"}, code.BadRequest},
		{"a list", "SetNote", []any{"[" + good + "]"}, code.BadRequest},
		{"an unknown field", "SetNote", []any{strings.Replace(good, `"text"`, `"txet":1,"text"`, 1)}, code.BadRequest},
		{"an unknown field that is no text", "SetNote", []any{strings.Replace(good, `"text"`, "\"t\xfft\":1,\"text\"", 1)}, code.BadRequest},
		{"a field of another type", "SetNote", []any{strings.Replace(good, `"x"`, `5`, 1)}, code.BadRequest},
		{"another value behind", "SetNote", []any{good + good}, code.BadRequest},
		{"a brace behind", "SetNote", []any{good + "}"}, code.BadRequest},
		{"white space behind", "SetNote", []any{good + " \n"}, nil},
		{"a request that does not validate", "SetNote", []any{setting("op-1", "")}, code.BadRequest},
		{"a query", "Note", []any{`{"shelf":"a","id":"1"}`}, nil},
		{"a query without its argument", "Note", nil, code.BadRequest},
		{"a query with an unknown field", "Note", []any{`{"shelf":"a","id":"1","as":"kim"}`}, code.BadRequest},
		{"one order or more", "Echo", []any{"a"}, nil},
		{"three orders", "Echo", []any{"a", "b", "c"}, nil},
		{"no order", "Echo", nil, code.BadRequest},
		{"two orders", "Two", []any{"a", "b"}, nil},
		{"one order of two", "Two", []any{"a"}, code.BadRequest},
		{"three orders of two", "Two", []any{"a", "b", "c"}, code.BadRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t)
			_, err := l.net.Endorse(l.kim, "lab", tc.function, tc.args...)
			if tc.want != nil {
				refused(t, err, tc.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// mute is a stub of a proposal without arguments, as no client of Fabric's makes.
type mute struct{ shim.ChaincodeStubInterface }

func (mute) GetArgs() [][]byte { return nil }

func TestNoFunctionNamed(t *testing.T) {
	l := newLab(t)
	l.wrap = func(stub shim.ChaincodeStubInterface) shim.ChaincodeStubInterface { return mute{stub} }
	_, err := l.net.Endorse(l.kim, "lab", "Do")
	if message := refused(t, err, code.UnknownFunction); !strings.Contains(message, "Do, Echo, GrantRole, Look") {
		t.Errorf("%s does not say what there is", message)
	}
}

func TestFunctions(t *testing.T) {
	var names []string
	for _, f := range newLab(t).cc.Functions() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "Do Echo GrantRole Look Note Notes RevokeRole Roles SetNote SetOther Two" {
		t.Error(got)
	}
	twice := ledger.Order("Do", 0, func(*ledger.Tx, []string) (string, error) { return "", nil })
	if !panics(func() { ledger.New(ledger.Config{}, twice, twice) }) {
		t.Error("two functions have one name")
	}
}

func TestErrorsOfAnyKindAreCoded(t *testing.T) {
	l := newLab(t)
	_, err := l.endorse(func(*ledger.Tx) error { return errDisk })
	if message := refused(t, err, code.Broken); !strings.Contains(message, "disk full") {
		t.Error(message)
	}
	_, err = l.endorse(func(*ledger.Tx) error { return code.RoleMissing.Errorf("for %d won: %w", 5, errDisk) })
	if message := refused(t, err, code.RoleMissing); message != "ROLE_MISSING: for 5 won: disk full" {
		t.Error(message)
	}
}

func TestPanicsWriteNothing(t *testing.T) {
	l := newLab(t)
	var nobody *note
	for name, body := range map[string]func(*ledger.Tx) error{
		"a word":            func(*ledger.Tx) error { panic("help") },
		"an error":          func(*ledger.Tx) error { panic(errDisk) },
		"bytes":             func(*ledger.Tx) error { panic("\xff\xfe") },
		"a nil pointer":     func(*ledger.Tx) error { _ = nobody.Text; return nil },
		"inside an attempt": func(tx *ledger.Tx) error { return tx.Attempt(func() error { panic("help") }) },
		"a key of nothing":  func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "", "") },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := l.endorse(func(tx *ledger.Tx) error {
				tx.Emit("Noted", "a/1")
				return errors.Join(notes.Put(tx, note{Text: "x"}, "a", "1"), body(tx))
			})
			refused(t, err, code.Broken)
		})
	}
	if len(l.state()) != 0 {
		t.Errorf("state %v", l.state())
	}
	l.do(put("a", "1", "the contract lives on"))
}

func TestOneEventOfATransaction(t *testing.T) {
	l := newLab(t)
	e := l.do(func(tx *ledger.Tx) error {
		tx.Emit("Paid", "a/1")
		tx.Emit("Gifted", "a/2")
		tx.Emit("Paid", "a/3")
		return nil
	})
	want := `{"v":1,"chaincode":"lab","events":[{"type":"Paid","refs":["a/1","a/3"]},{"type":"Gifted","refs":["a/2"]}]}`
	if e.Event == nil || e.Event.Name != call.EventName || string(e.Event.Payload) != want {
		t.Errorf("event %s, want %s", e.Event, want)
	}
	if e := l.do(put("a", "1", "x")); e.Event != nil {
		t.Errorf("event %s of nothing", e.Event)
	}
}

// relay calls the lab in its own caller's name, as any contract on the channel
// may.
type relay struct{}

func (relay) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (relay) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return stub.InvokeChaincode("lab", stub.GetArgs(), "")
}

func TestMutatorsAreNotCalledByOthers(t *testing.T) {
	l := newLab(t)
	l.net.Deploy("relay", relay{})
	admin := l.net.Caller("CityMSP", "admin", ledgertest.Admin)
	l.body = put("a", "1", "x")
	for function, args := range map[string][]any{
		"Do":        nil,
		"SetNote":   {setting("op-1", "x")},
		"GrantRole": {`{"op":"op-2","name":"kim","role":"reader"}`},
		"Echo":      {"order"},
	} {
		_, err := l.net.Invoke(admin, "relay", function, args...)
		refused(t, err, code.NestedCall)
		if _, err := l.net.Invoke(admin, "lab", function, args...); err != nil {
			t.Errorf("%s called itself: %v", function, err)
		}
	}
	if answer, err := l.net.Query(admin, "relay", "Note", `{"shelf":"a","id":"1"}`); err != nil || !strings.Contains(string(answer), `"text":"x"`) {
		t.Errorf("a query through another contract: %s, %v", answer, err)
	}
}

// forger gives another proposal than the one that was signed.
type forger struct {
	shim.ChaincodeStubInterface
	proposal *peer.SignedProposal
	err      error
}

func (f forger) GetSignedProposal() (*peer.SignedProposal, error) { return f.proposal, f.err }

func TestMutatorsNeedTheSignedProposal(t *testing.T) {
	for name, fake := range map[string]forger{
		"none":     {},
		"an error": {err: errDisk},
		"empty":    {proposal: &peer.SignedProposal{}},
		"garbage":  {proposal: &peer.SignedProposal{ProposalBytes: []byte("garbage")}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.wrap = func(stub shim.ChaincodeStubInterface) shim.ChaincodeStubInterface {
				fake.ChaincodeStubInterface = stub
				return fake
			}
			_, err := l.endorse(put("a", "1", "x"))
			refused(t, err, code.NestedCall)
		})
	}
	// Deployed under another name than it was told, it refuses to change anything.
	l := newLab(t)
	l.net.Deploy("other", l)
	l.body = put("a", "1", "x")
	_, err := l.net.Endorse(l.kim, "other", "Do")
	refused(t, err, code.NestedCall)
}
