// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// otherCodes are those of the contract that the lab asks.
var (
	otherCodes = code.NewRegistry("other")
	otherGone  = otherCodes.New("OTHER_GONE", code.NotFound, "The other has nothing of this name.")
)

// withOther deploys a contract of the platform beside the lab's. It counts how
// often it is asked.
func withOther(l *lab) *int {
	asked := 0
	l.net.Deploy("other", ledger.New(ledger.Config{Name: "other", Network: "testnet"},
		ledger.Query("Find", func(tx *ledger.Tx, q noteQuery) (note, error) {
			asked++
			n, found, err := notes.Get(tx, q.Shelf, q.ID)
			if err == nil && !found {
				err = otherGone.Errorf("no note %s on shelf %s", q.ID, q.Shelf)
			}
			return n, err
		}),
		ledger.Order("Write", 1, func(tx *ledger.Tx, text []string) (string, error) {
			return "", notes.Put(tx, note{Text: text[0]}, "a", "1")
		}),
		ledger.Query("Odd", func(*ledger.Tx, noteQuery) (string, error) { return "no note", nil }),
		ledger.Query("Break", func(*ledger.Tx, noteQuery) (string, error) { return "", errors.New("broken inside") }),
	))
	return &asked
}

func find(tx *ledger.Tx, function string) (note, error) {
	return ledger.Ask[note](tx, otherCodes, "other", function, noteQuery{Shelf: "a", ID: "1"})
}

func TestAsk(t *testing.T) {
	l := newLab(t)
	asked := withOther(l)
	var answered note
	ask := func(tx *ledger.Tx) (err error) {
		answered, err = find(tx, "Find")
		return err
	}

	_, err := l.endorse(ask)
	require.Contains(t, err.Error(), "OTHER_GONE: no note 1 on shelf a")

	_, err = l.net.Invoke(l.kim, "other", "Write", "hello")
	require.NoError(t, err)
	*asked = 0
	tx := l.do(func(tx *ledger.Tx) error {
		if err := ask(tx); err != nil {
			return err
		}
		return errors.Join(ask(tx), put("b", "2", answered.Text)(tx))
	})
	require.Equal(t, "hello", answered.Text)
	require.Equal(t, 2, *asked, "by each of two peers, once: the same question is put once a transaction")
	require.Len(t, tx.Reads(), 1)
	require.Equal(t, "other", tx.Reads()[0].Namespace)

	// What was asked about may not move before the block.
	stale, err := l.endorse(func(tx *ledger.Tx) error { return errors.Join(ask(tx), put("b", "3", "x")(tx)) })
	require.NoError(t, err)
	_, err = l.net.Invoke(l.kim, "other", "Write", "other words")
	require.NoError(t, err)
	require.Equal(t, peer.TxValidationCode_MVCC_READ_CONFLICT, l.net.Commit(stale)[0])
}

func TestAskRefused(t *testing.T) {
	l := newLab(t)
	withOther(l)
	for _, c := range []struct {
		name, chaincode, function string
		want                      *code.Code
		says                      string
	}{
		{"a chaincode that is not there", "nowhere", "Find", code.ContractRefused, "nowhere not found"},
		{"a function that is not there", "other", "find", code.UnknownFunction, "find"},
		{"a defect in the other", "other", "Break", code.ContractRefused, "broken inside"},
		{"an answer of another form", "other", "Odd", code.ContractRefused, "not of its form"},
		{"a mutator", "other", "Write", code.NestedCall, "lab"},
		{"itself", "lab", "Note", code.ContractRefused, "exists"},
		{"another channel", "other/hidden", "Find", code.BadRequest, "a plain name"},
		{"a version", "other:1", "Find", code.BadRequest, "a plain name"},
		{"no function", "other", "", code.BadRequest, "no function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := l.endorse(func(tx *ledger.Tx) error {
				_, err := ledger.Ask[note](tx, otherCodes, c.chaincode, c.function, noteQuery{Shelf: "a", ID: "1"})
				return err
			})
			require.Contains(t, refused(t, err, c.want), c.says)
		})
	}
}

func TestCall(t *testing.T) {
	l := newLab(t)
	l.net.Deploy("foreign", foreign{})
	var said []byte
	l.do(func(tx *ledger.Tx) (err error) {
		said, err = tx.Call("foreign", "agree", []byte("to"), []byte{0xff})
		return err
	})
	require.Equal(t, "agree,to,\xff", string(said))
	_, err := l.endorse(func(tx *ledger.Tx) error {
		_, err := tx.Call("foreign", "refuse")
		return err
	})
	require.Contains(t, refused(t, err, code.ContractRefused), "refuse of chaincode foreign: 500, it does not")
}

// foreign is a contract that is not the platform's.
type foreign struct{}

func (foreign) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (foreign) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if args := stub.GetStringArgs(); args[0] == "agree" {
		return shim.Success([]byte(strings.Join(args, ",")))
	}
	return shim.Error("it does not")
}

// Public functions need no operation id: what they do follows from the ledger.
func TestPublic(t *testing.T) {
	l := newLab(t)
	l.net.Deploy("settling", ledger.New(ledger.Config{Name: "settling", Network: "testnet"},
		ledger.Public("Settle", func(tx *ledger.Tx, r setNote) (note, error) {
			n := note{Text: r.Text}
			return n, notes.Put(tx, n, r.Shelf, r.ID)
		})))
	r := setNote{Operation: call.Operation{}, Shelf: "a", ID: "1", Text: "x"}
	for range 2 {
		_, err := l.net.Invoke(l.kim, "settling", "Settle", object(t, r))
		require.NoError(t, err)
	}
	records := 0
	for range l.net.All("settling") {
		records++
	}
	require.Equal(t, 1, records, "no record of the operation")
	r.Text = ""
	_, err := l.net.Invoke(l.kim, "settling", "Settle", object(t, r))
	refused(t, err, code.BadRequest)
	_, err = l.endorse(func(tx *ledger.Tx) error {
		_, err := ledger.Ask[note](tx, otherCodes, "settling", "Settle", setNote{Text: "x"})
		return err
	})
	refused(t, err, code.NestedCall)
}
