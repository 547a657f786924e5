// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestEncode(t *testing.T) {
	for want, n := range map[string]note{
		`{"v":1}`:          {},
		`{"v":1,"size":3}`: {Size: 3},
		`{"v":1,"text":"<노원> & \"\n\"","size":1}`: {Text: "<노원> & \"\n\"", Size: 1},
	} {
		raw, err := notes.Encode(n)
		if want = strings.ReplaceAll(want, "\n", `\n`); err != nil || string(raw) != want {
			t.Errorf("encodes to %s (%v), want %s", raw, err, want)
		}
		if back, err := notes.Decode(raw); err != nil || back != n {
			t.Errorf("%s decodes to %+v, %v", raw, back, err)
		}
	}
}

// sized is the next version of note: size is spelled out.
type sized struct {
	Words string `json:"words"`
}

func TestVersions(t *testing.T) {
	next := ledger.NewTable[sized]("note", 2).WithUpgrade(2, func(version int, object []byte) (sized, error) {
		var n note
		err := json.Unmarshal(object, &n)
		return sized{Words: fmt.Sprintf("%s of version %d", n.Text, version)}, err
	})
	for raw, want := range map[string]string{
		`{"v":2,"words":"new"}`: "new",
		`{"v":2}`:               "",
		`{"v":1,"text":"old"}`:  "old of version 1",
		`{"v":1}`:               " of version 1",
	} {
		if got, err := next.Decode([]byte(raw)); err != nil || got.Words != want {
			t.Errorf("%s decodes to %q, %v", raw, got.Words, err)
		}
	}
	for _, raw := range []string{
		``, `{}`, `null`, `{"text":"a"}`, `{"words":"a","v":2}`, ` {"v":2}`, `{ "v":2}`, `{"v":}`, `{"v":2`, `{"v":"2"}`, `{"v":2.0}`, `{"v":null}`,
		`{"v":0}`, `{"v":3,"words":"a"}`, `{"v":-1}`, `{"v":2}{}`, `{"v":2} `[:7] + "x", `{"v":2,"words":"a"}x`, `{"v":2,"words":1}`, `{"v":1,"text":1}`,
	} {
		if got, err := next.Decode([]byte(raw)); err == nil {
			t.Errorf("%s decodes to %+v", raw, got)
		}
	}
	if got, err := notes.Decode([]byte(`{"v":0,"text":"a"}`)); err == nil || !strings.Contains(err.Error(), "format version 0, this chaincode reads 1") {
		t.Errorf("without an upgrade, version 0 decodes to %+v, %v", got, err)
	}
	if raw, err := next.Encode(sized{Words: "a"}); err != nil || string(raw) != `{"v":2,"words":"a"}` {
		t.Errorf("encodes to %s, %v", raw, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"v":1}`, `{"v":1,"text":"a","size":1}`, `{"v":2}`, `{"v":1,}`, `{"v":`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := notes.Decode(raw)
		if err != nil {
			return
		}
		again, err := notes.Encode(n)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := notes.Decode(again); err != nil || back != n {
			t.Fatalf("%s is %+v, encodes to %s, which is %+v, %v", raw, n, again, back, err)
		}
	})
}

// raw is a contract that writes what it is told: a damaged ledger, or one that
// a later version wrote.
type raw struct{}

func (raw) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (raw) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	args := stub.GetArgs()
	if err := stub.PutState(string(args[1]), args[2]); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

func TestCorruptState(t *testing.T) {
	l := newLab(t)
	for _, value := range []string{"{", "hello", `{"v":7}`, `{"v":1,"text":5}`} {
		l.net.Deploy("lab", raw{})
		if _, err := l.net.Invoke(l.kim, "lab", "Put", notes.Key("a", "1"), value); err != nil {
			t.Fatal(err)
		}
		l.net.Deploy("lab", l)
		_, err := l.net.Query(l.kim, "lab", "Note", `{"shelf":"a","id":"1"}`)
		if message := refused(t, err, code.CorruptState); !strings.Contains(message, "note a/1: ") {
			t.Errorf("%s does not say which record", message)
		}
		_, err = l.net.Query(l.kim, "lab", "Notes", `{"shelf":"a","id":""}`)
		refused(t, err, code.CorruptState)
	}
}

func TestKeyPartsAreChecked(t *testing.T) {
	l := newLab(t)
	for name, body := range map[string]func(*ledger.Tx) error{
		"too few parts":        func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "a") },
		"too many parts":       func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "a", "b", "c") },
		"a part of nothing":    func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "a", "") },
		"a part with a zero":   func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "a", "b\x00c") },
		"a part with no bound": func(tx *ledger.Tx) error { return notes.Put(tx, note{}, "a", strings.Repeat("x", 129)) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := l.endorse(body)
			refused(t, err, code.Broken)
		})
	}
}

func (l *lab) page(t testing.TB, caller *ledgertest.Caller, q noteQuery) (call.Page[note], error) {
	t.Helper()
	var p call.Page[note]
	answer, err := l.net.Query(caller, "lab", "Notes", object(t, q))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		t.Fatal(err)
	}
	return p, nil
}

func TestPages(t *testing.T) {
	l := newLab(t)
	l.do(func(tx *ledger.Tx) error {
		var err error
		for i := range 7 {
			err = errors.Join(err, notes.Put(tx, note{Size: i + 1}, "b", fmt.Sprint(i)))
		}
		return errors.Join(err, put("a", "1", "of another shelf")(tx), put("b-", "1", "of another shelf")(tx), put("c", "1", "of another shelf")(tx))
	})
	for limit, want := range map[int][]int{0: {7}, -1: {7}, 501: {7}, 7: {7}, 8: {7}, 3: {3, 3, 1}, 1: {1, 1, 1, 1, 1, 1, 1}} {
		var sizes []int
		var ids []string
		q := noteQuery{Shelf: "b", Limit: limit}
		for {
			p, err := l.page(t, l.kim, q)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Records) > 0 || p.Next != "" {
				sizes = append(sizes, len(p.Records))
			}
			for _, r := range p.Records {
				if len(r.Key) != 1 || fmt.Sprint(r.Record.Size-1) != r.Key[0] {
					t.Fatalf("record %+v", r)
				}
				ids = append(ids, r.Key[0])
			}
			if q.Bookmark = p.Next; q.Bookmark == "" {
				break
			}
		}
		if !slices.Equal(sizes, want) || !slices.Equal(ids, []string{"0", "1", "2", "3", "4", "5", "6"}) {
			t.Errorf("pages of %d: %v with %v", limit, sizes, ids)
		}
	}
	if answer, err := l.net.Query(l.kim, "lab", "Notes", `{"shelf":"empty","id":""}`); err != nil || string(answer) != `{"records":[]}` {
		t.Errorf("an empty page is %s, %v", answer, err)
	}
}

// A peer starts reading at the bookmark, whatever the prefix: one made up must
// not lead out of the list that the caller may see.
func TestBookmarksStayInTheirList(t *testing.T) {
	l := newLab(t)
	l.do(func(tx *ledger.Tx) error {
		return errors.Join(put("a", "1", "secret of a")(tx), put("b", "1", "b's own")(tx))
	})
	for _, bookmark := range []string{
		notes.Key("a", "1"), ledger.CompositeKey("note", "a"), "\x00note\x00", "\x00", "a", notes.Key("c", "1"), ledger.CompositeKey("op", "b"),
	} {
		_, err := l.page(t, l.kim, noteQuery{Shelf: "b", Bookmark: bookmark})
		refused(t, err, code.BadRequest)
	}
	p, err := l.page(t, l.kim, noteQuery{Shelf: "b", Bookmark: notes.Key("b", "1")})
	if err != nil || len(p.Records) != 1 || p.Records[0].Record.Text != "b's own" {
		t.Errorf("page %+v, %v", p, err)
	}
}

func TestNoListWhereSomethingMayBeWritten(t *testing.T) {
	l := newLab(t)
	_, err := l.endorse(func(tx *ledger.Tx) error {
		_, err := notes.List(tx, 1, "", "a")
		return err
	})
	refused(t, err, code.Broken)
}
