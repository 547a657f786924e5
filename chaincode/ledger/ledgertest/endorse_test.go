// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestRefusals(t *testing.T) {
	l := newLab(t)
	cases := []struct {
		name, step string
		status     int32
		message    string
	}{
		{"error", "fail INSUFFICIENT_FUNDS: has 3, needs 5", 500, "INSUFFICIENT_FUNDS: has 3, needs 5"},
		{"status 400", "status 400", 400, "as told"},
		{"status below 200, which the gateway refuses", "status 100", 100, "as told"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, call := range []func() error{
				func() error { _, err := l.Endorse(l.alice, "kv", "Do", "put a 1", c.step); return err },
				func() error { _, err := l.Invoke(l.alice, "kv", "Do", "put a 1", c.step); return err },
				func() error { _, err := l.Query(l.alice, "kv", "Do", "put a 1", c.step); return err },
			} {
				err := call()
				var refusal *ledgertest.EndorseError
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, c.status, refusal.Status)
				require.Equal(t, c.message, refusal.Message)
				require.False(t, refusal.ByPeer)
				require.EqualError(t, err, fmt.Sprintf("chaincode response %d, %s", c.status, c.message))
			}
		})
	}
	require.Nil(t, l.Get("kv", "a"), "nothing is written")
	require.EqualValues(t, 1, l.Height())
	require.NotNil(t, l.endorse("status 399"), "the last status that is endorsed")
}

func TestPeerRefusals(t *testing.T) {
	l := newLab(t)
	_, err := l.Endorse(l.alice, "nowhere", "Do")
	var refusal *ledgertest.EndorseError
	require.ErrorAs(t, err, &refusal)
	require.True(t, refusal.ByPeer)
	require.ErrorContains(t, err, "chaincode nowhere not found")

	l.Deploy("bad", invoke(func(shim.ChaincodeStubInterface) *peer.Response { return shim.Error("\xff") }))
	_, err = l.Endorse(l.alice, "bad", "Do")
	require.ErrorContains(t, err, "error in simulation: transaction returned with failure: failed to marshal response")

	l.Deploy("bad", invoke(func(shim.ChaincodeStubInterface) *peer.Response { return nil }))
	_, err = l.Endorse(l.alice, "bad", "Do")
	require.ErrorContains(t, err, "chaincode response 0", "a nil response is an empty one on the wire")
}

func TestClock(t *testing.T) {
	l := newLab(t)
	require.Equal(t, "2026-03-02T09:00:00+09:00", l.Now().Format(time.RFC3339))
	require.Equal(t, "00:00:00", l.do("time"))
	l.Advance(90 * time.Second)
	require.Equal(t, "00:01:30", l.do("time"))
	l.At(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC))
	require.Equal(t, "12:00:00", l.do("time"))

	// The submitter's clock counts, as far as the peers let it.
	for _, c := range []struct {
		off time.Duration
		ok  bool
	}{
		{15 * time.Minute, true},
		{-15 * time.Minute, true},
		{15*time.Minute + time.Second, false},
		{-15*time.Minute - time.Second, false},
	} {
		at := l.Now().Add(c.off)
		payload, err := l.Invoke(l.alice, "kv", "Do", "time", ledgertest.SubmittedAt(at))
		if c.ok {
			require.NoError(t, err, c.off)
			require.Equal(t, at.Format("15:04:05"), string(payload))
		} else {
			require.ErrorContains(t, err, "incorrect timestamp", c.off)
		}
	}
}

// A chaincode that differs from peer to peer is caught, whatever differs.
func TestMismatch(t *testing.T) {
	type stub = shim.ChaincodeStubInterface
	ok := func(error) *peer.Response { return shim.Success(nil) }
	cases := []struct {
		name string
		fn   func(s stub, peer int) *peer.Response
		want string // "" for agreement
	}{
		{"alike", func(s stub, _ int) *peer.Response { return ok(s.PutState("a", []byte("1"))) }, ""},
		{"value", func(s stub, p int) *peer.Response { return ok(s.PutState("a", fmt.Append(nil, p))) }, `write set: cc "a": "0" against "1"`},
		{"delete", func(s stub, p int) *peer.Response {
			if p == 0 {
				return ok(s.DelState("a"))
			}
			return ok(s.PutState("a", []byte("1")))
		}, `write set: cc "a": delete against "1"`},
		{"key", func(s stub, p int) *peer.Response { return ok(s.PutState(fmt.Sprint("k", p), []byte("1"))) }, `write set: cc "k0" only on the first`},
		{"one write more", func(s stub, p int) *peer.Response {
			if p == 1 {
				return ok(s.PutState("z", []byte("1")))
			}
			return ok(nil)
		}, `write set: cc "z" only on the second`},
		{"read", func(s stub, p int) *peer.Response {
			_, err := s.GetState(fmt.Sprint("k", p))
			return ok(err)
		}, `read set: cc "k0" only on the first (absent)`},
		{"range", func(s stub, p int) *peer.Response {
			_, err := s.GetStateByRange("a", fmt.Sprint("k", p))
			return ok(err)
		}, `range reads: cc ["a" to "k0"] against cc ["a" to "k1"]`},
		{"payload", func(_ stub, p int) *peer.Response { return shim.Success(fmt.Append(nil, p)) }, `response payload: "0" against "1"`},
		{"status", func(_ stub, p int) *peer.Response { return &peer.Response{Status: 200 + int32(p)} }, `response status: 200 against 201`},
		{"message", func(_ stub, p int) *peer.Response { return &peer.Response{Status: 200, Message: fmt.Sprint(p)} }, `response message: "0" against "1"`},
		{"event", func(s stub, p int) *peer.Response { return ok(s.SetEvent("E", fmt.Append(nil, p))) }, `event: E of cc, "0" against E of cc, "1"`},
		{"event on one", func(s stub, p int) *peer.Response {
			if p == 0 {
				return ok(nil)
			}
			return ok(s.SetEvent("E", nil))
		}, `event: none against E of cc`},
		{"refusal on one", func(_ stub, p int) *peer.Response {
			if p == 1 {
				return shim.Error("no")
			}
			return shim.Success(nil)
		}, `response: endorsed against refused (chaincode response 500, no)`},
		{"other refusal", func(_ stub, p int) *peer.Response { return shim.Error(fmt.Sprint(p)) }, `refused (chaincode response 500, 0) against`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			net := ledgertest.New(t, ledgertest.ChaincodePerPeer("cc", func(p int) shim.Chaincode {
				return invoke(func(s stub) *peer.Response { return c.fn(s, p) })
			}))
			_, err := net.Endorse(net.Caller("CityMSP", "alice", ledgertest.Client), "cc", "Fn")
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			var mismatch *ledgertest.MismatchError
			require.ErrorAs(t, err, &mismatch)
			require.Contains(t, mismatch.Difference, c.want)
			require.ErrorContains(t, err, "ENDORSEMENT_MISMATCH: peers 0 and 1 differ")
		})
	}
}

func TestMismatchOfSharedInstance(t *testing.T) {
	// A global, the usual mistake: one instance serves both peers.
	calls := 0
	net := ledgertest.New(t, ledgertest.Peers(3), ledgertest.Chaincode("cc",
		invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
			calls++
			return shim.Success(fmt.Append(nil, calls/3)) // only the third differs
		})))
	_, err := net.Endorse(net.Caller("CityMSP", "alice", ledgertest.Client), "cc", "Fn")
	var mismatch *ledgertest.MismatchError
	require.ErrorAs(t, err, &mismatch)
	require.Equal(t, 2, mismatch.Second)
}

func TestEvents(t *testing.T) {
	l := newLab(t)
	require.Equal(t, "event name can not be empty string", l.refused("event - x"))
	require.Nil(t, l.endorse("put a 1").Event)
	require.Equal(t, &ledgertest.Event{Chaincode: "kv", Name: "Last", Payload: []byte("y")},
		l.endorse("event First x", "event Last y").Event)
	require.Nil(t, l.endorse("call other event Inner x").Event, "only the outermost chaincode's")
	require.Equal(t, "Outer", l.endorse("event Outer y", "call other event Inner x").Event.Name)
}

func TestQueryWritesNothing(t *testing.T) {
	l := newLab(t)
	l.do("put a 1")
	payload, err := l.Query(l.alice, "kv", "Do", "put a 2", "get a")
	require.NoError(t, err)
	require.Equal(t, "1", string(payload))
	require.Equal(t, "1", string(l.Get("kv", "a")))
	require.EqualValues(t, 2, l.Height())
}

func TestDeployKeepsState(t *testing.T) {
	l := newLab(t)
	l.do("put a 1")
	l.Deploy("kv", invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
		v, _ := stub.GetState("a")
		return shim.Success(append([]byte("new reads "), v...))
	}))
	require.Equal(t, "new reads 1", l.do())
}

// complaints is a TB whose Fatalf panics with the text, as rapid's stops.
type complaints struct{}

func (complaints) Helper() {}

func (complaints) Fatalf(format string, args ...any) { panic(fmt.Errorf(format, args...)) }

func TestMistakesOfTheTest(t *testing.T) {
	net := ledgertest.New(complaints{}, ledgertest.Chaincode("kv", script{}))
	other := net.NewChannel("other", ledgertest.Chaincode("kv", script{}))
	alice := net.Caller("CityMSP", "alice", ledgertest.Client)
	foreign, err := other.Endorse(alice, "kv", "Do")
	require.NoError(t, err)
	cases := map[string]func(){
		"argument 1 of Do is a int":                        func() { _, _ = net.Endorse(alice, "kv", "Do", "get a", 7) },
		"called by nobody":                                 func() { _, _ = net.Endorse(nil, "kv", "Do") },
		"transaction 0 of the block was not endorsed":      func() { net.Commit(foreign) },
		"no block 5: the height is 1":                      func() { net.Block(5) },
		`channel "other" exists`:                           func() { net.NewChannel("other") },
		"0 peers, total query limit 100000: both must be ": func() { ledgertest.New(complaints{}, ledgertest.Peers(0)) },
	}
	for want, mistake := range cases {
		func() {
			defer func() {
				err, _ := recover().(error)
				require.ErrorContains(t, err, want)
			}()
			mistake()
		}()
	}
	// The network is not locked by any of them.
	_, err = net.Invoke(alice, "kv", "Do", "put a 1")
	require.NoError(t, err)
}
