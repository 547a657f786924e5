// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestCallSharesTheTransaction(t *testing.T) {
	l := newLab(t)
	tx := l.endorse("put a 1", "call other put a 2", "call other get b")
	require.Equal(t, []ledgertest.Write{
		{Namespace: "kv", Key: "a", Value: []byte("1")},
		{Namespace: "other", Key: "a", Value: []byte("2")},
	}, tx.Writes())
	require.Equal(t, []ledgertest.Read{{Namespace: "other", Key: "b"}}, tx.Reads())
	l.Commit(tx)
	require.Equal(t, "1", string(l.Get("kv", "a")))
	require.Equal(t, "2", string(l.Get("other", "a")))

	// Twice in one transaction: the second call does not see the first one's write.
	require.Equal(t, "2;2", l.do("call other incr a", "call other get a", "call other get a"))
	require.Equal(t, "3", string(l.Get("other", "a")))
}

func TestCallHasTheCallersIdentity(t *testing.T) {
	l := newLab(t)
	require.Equal(t, string(l.alice.Creator()), l.do("call other creator"))
}

func TestCallOfOneOnTheStack(t *testing.T) {
	l := newLab(t)
	require.Contains(t, l.do("call kv get a"), "(trust) exists")
	require.Contains(t, l.do("call other call kv get a"), "(trust) exists")
	require.Contains(t, l.do("call other call third call other get a"), "(trust) exists")
	require.Regexp(t, `^500 INVOKE_CHAINCODE failed: transaction ID: [0-9a-f]{64}: execute failed`, l.do("call kv get a"))
	require.Equal(t, "", l.do("call other call third get a", "call third call other get a"), "one after the other")
}

func TestCallThatFails(t *testing.T) {
	l := newLab(t)
	require.Equal(t, "500 no", l.do("call other fail no"), "the caller may go on")
	require.Contains(t, l.do("call nowhere get a"), "chaincode nowhere not found")
	require.Equal(t, "500 no", l.do("call third call other fail no"), "through one that passes it on")
}

func TestCallKeepsWritesOfAFailure(t *testing.T) {
	l := newLab(t)
	l.Deploy("failing", invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
		_ = stub.PutState("put", []byte("1"))
		stub.StartWriteBatch()
		_ = stub.PutState("batched", []byte("1"))
		return shim.Error("no")
	}))
	tx := l.endorse("call failing")
	require.Equal(t, []ledgertest.Write{
		{Namespace: "failing", Key: "batched", Value: []byte("1")},
		{Namespace: "failing", Key: "put", Value: []byte("1")},
	}, tx.Writes())
}

func TestCallAndPagination(t *testing.T) {
	// The rule is one of the transaction, not of the chaincode.
	l := newLab(t)
	require.Contains(t, l.do("put a 1", "call other page - - 1 -"), "only in a read-only transaction")
	require.Contains(t, l.refused("call other page - - 1 -", "put a 1"), "Writes are not allowed")
}

func TestCallOnAnotherChannel(t *testing.T) {
	l := newLab(t)
	archive := l.NewChannel("archive", ledgertest.Chaincode("kv", script{}), ledgertest.Chaincode("other", script{}))
	_, err := archive.Invoke(l.alice, "other", "Do", "put a archived")
	require.NoError(t, err)

	tx := l.endorse("put a 1", "call other@archive get a", "call other@archive put a 2")
	require.Equal(t, "archived", string(tx.Payload))
	require.Empty(t, tx.Reads(), "what it reads there is not checked")
	require.Equal(t, []ledgertest.Write{{Namespace: "kv", Key: "a", Value: []byte("1")}}, tx.Writes())
	_, err = archive.Invoke(l.alice, "other", "Do", "put a again")
	require.NoError(t, err)
	require.Equal(t, valid, l.Commit(tx)[0])
	require.Equal(t, "again", string(archive.Get("other", "a")))

	require.Equal(t, "", l.do("call kv@archive get a"), "the same name on another channel is not on the stack")
	require.Contains(t, l.do("call kv@nowhere get a"), "failed to find ledger for channel: nowhere")
	require.Equal(t, "1", l.do("call other@trust put a 1", "get a"), "the own channel by name")
	require.Equal(t, "1", string(l.Get("other", "a")))
	require.Equal(t, l.Now(), archive.Now(), "one clock")
}
