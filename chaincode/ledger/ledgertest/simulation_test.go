// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestNoReadYourWrites(t *testing.T) {
	l := newLab(t)
	l.do("put a 1", "put b 1")
	require.Equal(t, "1;a,b;[\"1\"]", l.do("put a 2", "put aa 2", "del b", "get a", "range a z", "mget a"))
	require.Equal(t, "2;a,aa", l.do("get a", "range a z"))
}

func TestWrites(t *testing.T) {
	l := newLab(t)
	require.Equal(t, "key must not be an empty string", l.refused("put - 1"))
	require.Equal(t, "key must not be an empty string", l.refused("batch", "put - 1"))

	tx := l.endorse("put b 1", "put a 1", "put b 2", "put c -", "del d")
	require.Equal(t, []ledgertest.Write{
		{Namespace: "kv", Key: "a", Value: []byte("1")},
		{Namespace: "kv", Key: "b", Value: []byte("2")},
		{Namespace: "kv", Key: "c", IsDelete: true}, // an empty value
		{Namespace: "kv", Key: "d", IsDelete: true},
	}, tx.Writes())
	require.Empty(t, tx.Reads(), "a write is not a read")

	l.do("put c 1")
	l.do("put c -")
	require.Nil(t, l.Get("kv", "c"))
}

func TestWriteBatch(t *testing.T) {
	l := newLab(t)
	// Held back until it is finished, by the end of the call at the latest.
	tx := l.endorse("batch", "put a 1", "put a 2", "del b", "finish", "put c 3", "finish", "batch", "put d 4")
	require.Equal(t, []ledgertest.Write{
		{Namespace: "kv", Key: "a", Value: []byte("2")},
		{Namespace: "kv", Key: "b", IsDelete: true},
		{Namespace: "kv", Key: "c", Value: []byte("3")},
		{Namespace: "kv", Key: "d", Value: []byte("4")},
	}, tx.Writes())

	// What cannot be written shows only when the batch is sent.
	require.Contains(t, l.refused("page - - 1 -", "put a 1"), "PUT_STATE failed")
	require.Contains(t, l.refused("page - - 1 -", "batch", "put a 1"),
		"failed send batch: failed send batch: WRITE_BATCH_STATE failed")
	require.Equal(t, "last word", l.refused("page - - 1 -", "batch", "fail last word"), "nothing to send")
}

func TestPaginationExcludesWrites(t *testing.T) {
	l := newLab(t)
	require.Contains(t, l.refused("put a 1", "page - - 1 -"),
		"Paginated queries are supported only in a read-only transaction")
	require.Contains(t, l.refused("page - - 1 -", "put a 1"),
		"Transaction has already performed a paginated query. Writes are not allowed")
	require.Contains(t, l.refused("page - - 1 -", "del a"), "Writes are not allowed")
	require.Equal(t, " (0, next \"\")", l.do("page - - 1 -"), "reading alone")
	require.Equal(t, " (0, next \"\")", l.do("put a 1", "page x z 0 -"), "without a page size it is a plain range")
}

func TestPagination(t *testing.T) {
	l := newLab(t)
	l.seed(5)
	require.Equal(t, `k000,k001 (2, next "k002")`, l.do("page k z 2 -"))
	require.Equal(t, `k002,k003 (2, next "k004")`, l.do("page k z 2 k002"))
	require.Equal(t, `k004 (1, next "")`, l.do("page k z 2 k004"))
	require.Equal(t, `k000,k001 (2, next "")`, l.do("page k k002 2 -"), "the page fills the range")

	l = newLab(t, ledgertest.TotalQueryLimit(3))
	l.seed(5)
	require.Equal(t, `k000,k001,k002 (3, next "k003")`, l.do("page k z 4 -"), "the limit cuts pages too")
}

func TestSimpleAndCompositeKeysKeepApart(t *testing.T) {
	l := newLab(t)
	l.do("put a 1", "put /t/x/1 1", "put /t/x/2 1", "put /t/xx/1 1", "put /tt/x/1 1")
	require.Equal(t, "a", l.do("range - -"))
	require.Equal(t, "/t/x/1/,/t/x/2/", l.do("partial /t/x"))
	require.Equal(t, "/t/x/1/,/t/x/2/,/t/xx/1/", l.do("partial /t"))
	require.Equal(t, "/t/x/1/", l.do("partial /t/x/1"), "a full key finds itself")
	var keys []string
	for k := range l.All("kv") {
		keys = append(keys, k)
	}
	require.Equal(t, []string{key("/t/x/1"), key("/t/x/2"), key("/t/xx/1"), key("/tt/x/1"), "a"}, keys)
	keys = nil
	for k := range l.Range("kv", key("/t/x"), key("/tt")) {
		keys = append(keys, k)
	}
	require.Equal(t, []string{key("/t/x/1"), key("/t/x/2"), key("/t/xx/1")}, keys)
	objectType, attributes, err := ledgertest.SplitKey(keys[0])
	require.NoError(t, err)
	require.Equal(t, "t", objectType)
	require.Equal(t, []string{"x", "1"}, attributes)
}

// invoke makes a chaincode of a function.
type invoke func(stub shim.ChaincodeStubInterface) *peer.Response

func (invoke) Init(shim.ChaincodeStubInterface) *peer.Response          { return shim.Success(nil) }
func (f invoke) Invoke(stub shim.ChaincodeStubInterface) *peer.Response { return f(stub) }

// inside runs a function in a transaction, on one peer.
func inside(t *testing.T, f func(stub shim.ChaincodeStubInterface), args ...any) {
	t.Helper()
	ran := false
	net := ledgertest.New(t, ledgertest.Peers(1), ledgertest.Chaincode("cc",
		invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
			ran = true
			f(stub)
			return shim.Success(nil)
		})))
	_, err := net.Endorse(net.Caller("CityMSP", "alice", ledgertest.Client), "cc", "Fn", args...)
	require.NoError(t, err)
	require.True(t, ran)
}

func TestCompositeKeys(t *testing.T) {
	inside(t, func(stub shim.ChaincodeStubInterface) {
		k, err := stub.CreateCompositeKey("holder", []string{"nowon", "", "h1"})
		require.NoError(t, err)
		require.Equal(t, "\x00holder\x00nowon\x00\x00h1\x00", k)
		objectType, attributes, err := stub.SplitCompositeKey(k)
		require.NoError(t, err)
		require.Equal(t, "holder", objectType)
		require.Equal(t, []string{"nowon", "", "h1"}, attributes)

		for _, bad := range []string{"a\x00b", "a\U0010FFFF", "\xff"} {
			_, err = stub.CreateCompositeKey("holder", []string{bad})
			require.Error(t, err, "%q", bad)
			_, err = stub.CreateCompositeKey(bad, nil)
			require.Error(t, err, "%q", bad)
			_, err = stub.GetStateByPartialCompositeKey("holder", []string{bad})
			require.Error(t, err, "%q", bad)
		}
		for _, ends := range [][2]string{{"\x00a", "b"}, {"a", "\x00b"}} {
			_, err = stub.GetStateByRange(ends[0], ends[1])
			require.ErrorContains(t, err, "contains a null character")
			_, _, err = stub.GetStateByRangeWithPagination(ends[0], ends[1], 1, "")
			require.ErrorContains(t, err, "contains a null character")
		}
		require.Panics(t, func() { _, _ = stub.GetState("\xff") }, "as the shim")
		require.Panics(t, func() { _ = stub.PutState("\xff", []byte("1")) }, "as the shim")
	})
}

func TestIteratorMisuse(t *testing.T) {
	inside(t, func(stub shim.ChaincodeStubInterface) {
		it, err := stub.GetStateByRange("a", "b")
		require.NoError(t, err)
		require.False(t, it.HasNext())
		_, err = it.Next()
		require.EqualError(t, err, "no such key")
		require.NoError(t, it.Close())
		require.NoError(t, it.Close())
	})
}

func TestArguments(t *testing.T) {
	inside(t, func(stub shim.ChaincodeStubInterface) {
		function, parameters := stub.GetFunctionAndParameters()
		require.Equal(t, "Fn", function)
		require.Equal(t, []string{"a", "\xff\x00", ""}, parameters)
		require.Equal(t, []string{"Fn", "a", "\xff\x00", ""}, stub.GetStringArgs())
		slice, err := stub.GetArgsSlice()
		require.NoError(t, err)
		require.Equal(t, []byte("Fna\xff\x00"), slice)
	}, "a", []byte{0xff, 0}, "")
}

func TestUnsupported(t *testing.T) {
	inside(t, func(stub shim.ChaincodeStubInterface) {
		_, err := stub.GetPrivateData("c", "k")
		require.ErrorIs(t, err, ledgertest.ErrPrivateData)
		require.ErrorIs(t, stub.PutPrivateData("c", "k", nil), ledgertest.ErrPrivateData)
		require.ErrorIs(t, stub.SetStateValidationParameter("k", nil), ledgertest.ErrKeyPolicy)
		_, err = stub.GetQueryResult("{}")
		require.ErrorContains(t, err, "ExecuteQuery not supported for leveldb")
		_, _, err = stub.GetQueryResultWithPagination("{}", 1, "")
		require.ErrorContains(t, err, "ExecuteQueryWithMetadata not supported for leveldb")
		_, err = stub.GetHistoryForKey("k")
		require.ErrorContains(t, err, "history database is not enabled")
		none, err := stub.GetMultipleStates()
		require.NoError(t, err)
		require.Nil(t, none)
	})
}

func TestStateCannotBeChangedThroughSlices(t *testing.T) {
	value := []byte("1")
	net := ledgertest.New(t, ledgertest.Chaincode("cc", invoke(func(stub shim.ChaincodeStubInterface) *peer.Response {
		got, err := stub.GetState("a")
		if err != nil || len(got) == 0 {
			_ = stub.PutState("a", value)
			return shim.Success(got)
		}
		got[0] = 'X'
		return shim.Success(nil)
	})))
	alice := net.Caller("CityMSP", "alice", ledgertest.Client)
	_, err := net.Invoke(alice, "cc", "Fn")
	require.NoError(t, err)
	value[0] = 'Y'
	_, err = net.Invoke(alice, "cc", "Fn")
	require.NoError(t, err)
	require.Equal(t, "1", string(net.Get("cc", "a")))
	for _, v := range net.All("cc") {
		v[0] = 'Z'
	}
	require.Equal(t, "1", string(net.Get("cc", "a")))
}
