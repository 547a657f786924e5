// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// script is a chaincode whose arguments are its steps, one after the other:
//
//	get K             put K V         del K        incr K (read, add 1, write)
//	mget K K…         range A Z [N]   partial K [N] (take N results, else all)
//	page A Z N MARK   event NAME DATA batch        finish
//	call CC STEP      (CC or CC@CHANNEL; its refusal is shown, not passed on)
//	fail TEXT         status N        creator      time
//
// A key that begins with a slash is composite: /holder/nowon. "-" is the empty
// string. It answers with what the steps gave, joined by semicolons.
type script struct{}

func (script) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (script) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	_, steps := stub.GetFunctionAndParameters()
	var out []string
	for _, step := range steps {
		words := strings.Split(step, " ")
		if words[0] == "fail" {
			return shim.Error(strings.TrimPrefix(step, "fail "))
		}
		if words[0] == "status" {
			n, _ := strconv.ParseInt(words[1], 10, 32)
			return &peer.Response{Status: int32(n), Message: "as told"}
		}
		result, err := perform(stub, words[0], words[1:])
		if err != nil {
			return shim.Error(err.Error())
		}
		if result != "" {
			out = append(out, result)
		}
	}
	return shim.Success([]byte(strings.Join(out, ";")))
}

func perform(stub shim.ChaincodeStubInterface, op string, words []string) (string, error) {
	switch op {
	case "get":
		v, err := stub.GetState(key(words[0]))
		return string(v), err
	case "mget":
		keys := make([]string, len(words))
		for i, w := range words {
			keys[i] = key(w)
		}
		values, err := stub.GetMultipleStates(keys...)
		return fmt.Sprintf("%q", values), err
	case "put":
		return "", stub.PutState(key(words[0]), []byte(plain(words[1])))
	case "del":
		return "", stub.DelState(key(words[0]))
	case "incr":
		v, err := stub.GetState(key(words[0]))
		if err != nil {
			return "", err
		}
		n, _ := strconv.Atoi(string(v))
		return "", stub.PutState(key(words[0]), []byte(strconv.Itoa(n+1)))
	case "range":
		it, err := stub.GetStateByRange(plain(words[0]), plain(words[1]))
		return take(it, err, words[2:])
	case "partial":
		parts := strings.Split(words[0][1:], "/")
		it, err := stub.GetStateByPartialCompositeKey(parts[0], parts[1:])
		return take(it, err, words[1:])
	case "page":
		size, _ := strconv.ParseInt(words[2], 10, 32)
		it, meta, err := stub.GetStateByRangeWithPagination(plain(words[0]), plain(words[1]), int32(size), plain(words[3]))
		keys, err := take(it, err, nil)
		return fmt.Sprintf("%s (%d, next %q)", keys, meta.GetFetchedRecordsCount(), meta.GetBookmark()), err
	case "event":
		return "", stub.SetEvent(plain(words[0]), []byte(words[1]))
	case "batch":
		stub.StartWriteBatch()
		return "", nil
	case "finish":
		return "", stub.FinishWriteBatch()
	case "call":
		name, channel, _ := strings.Cut(words[0], "@")
		r := stub.InvokeChaincode(name, [][]byte{[]byte("Do"), []byte(strings.Join(words[1:], " "))}, channel)
		if r.GetStatus() != shim.OK {
			return fmt.Sprintf("%d %s%s", r.GetStatus(), r.GetMessage(), r.GetPayload()), nil
		}
		return string(r.GetPayload()), nil
	case "creator":
		c, err := stub.GetCreator()
		return string(c), err
	case "time":
		ts, err := stub.GetTxTimestamp()
		return ts.AsTime().Format("15:04:05"), err
	}
	return "", fmt.Errorf("no such step: %s", op)
}

// take lists the keys of an iterator: all, or as many as the limit says.
func take(it shim.StateQueryIteratorInterface, err error, limit []string) (string, error) {
	if err != nil {
		return "", err
	}
	most := -1
	if len(limit) > 0 {
		most, _ = strconv.Atoi(limit[0])
	}
	var keys []string
	for it.HasNext() && len(keys) != most {
		kv, err := it.Next()
		if err != nil {
			return "", err
		}
		keys = append(keys, strings.ReplaceAll(kv.GetKey(), "\x00", "/"))
	}
	return strings.Join(keys, ","), it.Close()
}

func plain(word string) string {
	if word == "-" {
		return ""
	}
	return word
}

func key(word string) string {
	if !strings.HasPrefix(word, "/") {
		return plain(word)
	}
	parts := strings.Split(word[1:], "/")
	k, err := shim.CreateCompositeKey(parts[0], parts[1:])
	if err != nil {
		panic(err)
	}
	return k
}

// lab is a network with the script deployed, and someone to call it.
type lab struct {
	*ledgertest.Network
	t     testing.TB
	alice *ledgertest.Caller
}

func newLab(t testing.TB, options ...ledgertest.Option) lab {
	t.Helper()
	net := ledgertest.New(t, append([]ledgertest.Option{
		ledgertest.Chaincode("kv", script{}), ledgertest.Chaincode("other", script{}), ledgertest.Chaincode("third", script{}),
	}, options...)...)
	return lab{net, t, net.Caller("CityMSP", "alice", ledgertest.Client)}
}

func steps(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}

// endorse endorses the steps and expects no refusal.
func (l lab) endorse(list ...string) *ledgertest.Endorsement {
	l.t.Helper()
	tx, err := l.Endorse(l.alice, "kv", "Do", steps(list)...)
	require.NoError(l.t, err)
	return tx
}

// do commits the steps in a block of their own and returns the answer.
func (l lab) do(list ...string) string {
	l.t.Helper()
	payload, err := l.Invoke(l.alice, "kv", "Do", steps(list)...)
	require.NoError(l.t, err)
	return string(payload)
}

// refused endorses the steps and returns the message of the refusal.
func (l lab) refused(list ...string) string {
	l.t.Helper()
	_, err := l.Endorse(l.alice, "kv", "Do", steps(list)...)
	var refusal *ledgertest.EndorseError
	require.ErrorAs(l.t, err, &refusal)
	return refusal.Message
}

// seed puts k000 … in one transaction.
func (l lab) seed(count int) {
	l.t.Helper()
	puts := make([]string, count)
	for i := range puts {
		puts[i] = fmt.Sprintf("put k%03d %d", i, i)
	}
	l.do(puts...)
}
