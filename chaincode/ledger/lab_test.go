// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// note is the record of the tests' contract.
type note struct {
	Text string `json:"text,omitempty"`
	Size int    `json:"size,omitempty"`
}

var notes = ledger.NewTable[note]("note", 2) // shelf / id

type setNote struct {
	call.Operation
	Shelf string `json:"shelf"`
	ID    string `json:"id"`
	Text  string `json:"text"`
}

func (r setNote) Validate() error {
	if r.Text == "" {
		return code.BadRequest.Errorf("text is missing")
	}
	return nil
}

type noteQuery struct {
	Shelf    string `json:"shelf"`
	ID       string `json:"id"`
	Limit    int    `json:"limit,omitempty"`
	Bookmark string `json:"bookmark,omitempty"`
}

func (noteQuery) Validate() error { return nil }

// lab is a network of a contract that runs whatever a test gives it.
type lab struct {
	t    fataler
	net  *ledgertest.Network
	kim  *ledgertest.Caller
	body func(*ledger.Tx) error
	// wrap puts faults between the contract and its peer.
	wrap func(shim.ChaincodeStubInterface) shim.ChaincodeStubInterface
	cc   *ledger.Chaincode
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

const (
	roleReader call.Role = "reader"
	roleWriter call.Role = "writer"
)

func newLab(t fataler) *lab {
	l := &lab{t: t}
	do := func(tx *ledger.Tx) (string, error) {
		err := l.body(tx)
		return "done", err
	}
	functions := append(ledger.RoleFunctions(roleReader, roleWriter),
		ledger.Order("Do", 0, func(tx *ledger.Tx, _ []string) (string, error) { return do(tx) }),
		ledger.Query("Look", func(tx *ledger.Tx, _ noteQuery) (string, error) { return do(tx) }),
		ledger.Officer("SetNote", func(tx *ledger.Tx, r setNote) (note, error) {
			n := note{Text: r.Text, Size: len(r.Text)}
			tx.Emit("NoteSet", r.Shelf+"/"+r.ID)
			return n, notes.Put(tx, n, r.Shelf, r.ID)
		}),
		ledger.Officer("SetOther", func(*ledger.Tx, setNote) (note, error) { return note{}, nil }),
		ledger.Query("Note", func(tx *ledger.Tx, r noteQuery) (note, error) {
			n, _, err := notes.Get(tx, r.Shelf, r.ID)
			return n, err
		}),
		ledger.Query("Notes", func(tx *ledger.Tx, r noteQuery) (call.Page[note], error) {
			return notes.List(tx, r.Limit, r.Bookmark, r.Shelf)
		}),
		ledger.Order("Echo", -1, func(_ *ledger.Tx, orders []string) ([]string, error) { return orders, nil }),
		ledger.Order("Two", 2, func(_ *ledger.Tx, orders []string) ([]string, error) { return orders, nil }),
	)
	l.cc = ledger.New(ledger.Config{Name: "lab", Network: "testnet"}, functions...)
	l.net = ledgertest.New(t, ledgertest.Chaincode("lab", l))
	l.kim = l.net.Caller("CityMSP", "kim", ledgertest.Client)
	return l
}

func (l *lab) Init(stub shim.ChaincodeStubInterface) *peer.Response { return l.cc.Init(stub) }

func (l *lab) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if l.wrap != nil {
		stub = l.wrap(stub)
	}
	return l.cc.Invoke(stub)
}

// endorse runs body as a transaction without committing it.
func (l *lab) endorse(body func(*ledger.Tx) error) (*ledgertest.Endorsement, error) {
	l.body = body
	return l.net.Endorse(l.kim, "lab", "Do")
}

// do runs body as a transaction and commits it.
func (l *lab) do(body func(*ledger.Tx) error) *ledgertest.Endorsement {
	l.t.Helper()
	e, err := l.endorse(body)
	if err != nil {
		l.t.Fatalf("refused: %v", err)
	}
	if codes := l.net.Commit(e); codes[0] != peer.TxValidationCode_VALID {
		l.t.Fatalf("invalid: %s", codes[0])
	}
	return e
}

// state is everything the contract has on the ledger.
func (l *lab) state() map[string]string {
	all := map[string]string{}
	for key, value := range l.net.All("lab") {
		all[strings.ReplaceAll(strings.Trim(key, "\x00"), "\x00", "/")] = string(value)
	}
	return all
}

// refused fails unless the chaincode answered with this code and its status. It
// returns the whole message.
func refused(t fataler, err error, want *code.Code) string {
	t.Helper()
	var e *ledgertest.EndorseError
	if !errors.As(err, &e) || e.ByPeer || !strings.HasPrefix(e.Message, want.Name+": ") || int(e.Status) != want.Kind.Status() {
		t.Fatalf("got %v, want %s with status %d", err, want.Name, want.Kind.Status())
	}
	return e.Message
}

func object(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func put(shelf, id, text string) func(*ledger.Tx) error {
	return func(tx *ledger.Tx) error { return notes.Put(tx, note{Text: text}, shelf, id) }
}

// read fails unless the transaction sees this text; "" is no record.
func read(tx *ledger.Tx, shelf, id, want string) error {
	n, found, err := notes.Get(tx, shelf, id)
	if err != nil {
		return err
	}
	has, err := notes.Has(tx, shelf, id)
	if err != nil {
		return err
	}
	if found != (want != "") || has != found || n.Text != want {
		return fmt.Errorf("%s/%s reads %q (found %t, has %t), want %q", shelf, id, n.Text, found, has, want)
	}
	return nil
}
