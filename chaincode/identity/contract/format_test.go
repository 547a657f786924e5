// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// sower writes what it is given, as an earlier version of the chaincode did.
type sower map[string][]byte

func (sower) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (s sower) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if err := stub.PutState(key, s[key]); err != nil {
			return shim.Error(err.Error())
		}
	}
	return shim.Success(nil)
}

// inFormat1 is the ledger of a town with documents as format 1 had them: a head that
// points to the current version, which stands under its own key like all others.
func (tn *town) inFormat1() *town {
	tn.t.Helper()
	documents := ledger.NewTable[identity.Current](identity.TableDocument, 1).WithUpgrade(2, nil)
	heads := ledger.NewTable[identity.Head](identity.TableDocument, 1)
	versions := ledger.NewTable[identity.Version](identity.TableVersion, 2)
	seed := sower{}
	for key, value := range tn.net.All(cc) {
		table, parts, err := ledger.SplitKey(key)
		require.NoError(tn.t, err)
		if seed[key] = value; table != identity.TableDocument {
			continue
		}
		d, err := documents.Decode(value)
		require.NoError(tn.t, err)
		seed[key], err = heads.Encode(d.Head)
		require.NoError(tn.t, err)
		seed[versions.Key(parts[0], ledger.Num(d.Head.Version))], err = versions.Encode(*d.Latest)
		require.NoError(tn.t, err)
	}
	old := newTown(tn.t)
	old.net.At(tn.net.Now())
	old.net.Deploy(cc, seed)
	_, err := old.net.Invoke(old.courier, cc, "")
	require.NoError(tn.t, err)
	old.net.Deploy(cc, contract.New(ledger.Config{Name: cc, Network: network}))
	return old
}

// Documents of before the current version stood beside the head answer as they did, and
// go on.
func TestDocumentsOfFormat1(t *testing.T) {
	tn := newTown(t)
	p, q := tn.born("minsu"), tn.born("jisoo")
	for _, o := range []identity.Operation{service("a"), service("b"), {Type: identity.Suspend}, {Type: identity.Resume}} {
		tn.net.Advance(time.Hour)
		tn.change(p, o)
	}
	old := tn.inFormat1()
	queries := []identity.ResolveQuery{{DID: q.did}, {DID: p.did}}
	for n := range int64(5) {
		queries = append(queries, identity.ResolveQuery{DID: p.did, Version: n + 1}, identity.ResolveQuery{DID: p.did, Time: tn.net.Now().Unix() - n*3600})
	}
	same := func() {
		t.Helper()
		for _, query := range queries {
			require.Equal(t, get[identity.Resolved](tn, "Resolve", query), get[identity.Resolved](old, "Resolve", query), "%+v", query)
		}
		history := get[[]identity.Version](old, "History", identity.HistoryQuery{DID: p.did, From: 1})
		require.Equal(t, get[[]identity.Version](tn, "History", identity.HistoryQuery{DID: p.did, From: 1}), history)
		require.NoError(t, identity.Verify(here, history, nil))
	}
	same()
	// The next operation goes through on both, and its replay; then they differ only in its transaction.
	tn.net.Advance(time.Hour)
	old.net.Advance(time.Hour)
	next := p.next(t, service("c"))
	tn.operate(next...)
	done := old.operate(next...)
	require.EqualValues(t, 6, done.Version)
	require.Equal(t, done, old.operate(next...))
	history := get[[]identity.Version](old, "History", identity.HistoryQuery{DID: p.did, From: 1})
	require.Len(t, history, 6)
	require.NoError(t, identity.Verify(here, history, nil))
	require.EqualValues(t, 6, get[identity.Resolved](old, "Resolve", identity.ResolveQuery{DID: p.did}).Version.Number)
	fifth := get[identity.Resolved](old, "Resolve", identity.ResolveQuery{DID: p.did, Version: 5})
	require.Equal(t, get[identity.Resolved](tn, "Resolve", identity.ResolveQuery{DID: p.did, Version: 5}).Version, fifth.Version)
	p.last = done
	old.change(p, identity.Operation{Type: identity.Deactivate})
	require.Equal(t, identity.Deactivated, get[identity.Resolved](old, "Resolve", identity.ResolveQuery{DID: p.did}).Version.State.Status)
	require.Equal(t, maps.Collect(keys(tn, identity.TableDocument)), maps.Collect(keys(old, identity.TableDocument)))
}

// keys are those of a table, each with whether it is there.
func keys(tn *town, table string) func(yield func(string, bool) bool) {
	return func(yield func(string, bool) bool) {
		for key := range tn.net.All(cc) {
			if of, _, err := ledger.SplitKey(key); err == nil && of == table && !yield(key, true) {
				return
			}
		}
	}
}

// A document's current version stands once, those before it under their own keys.
func TestEachVersionStandsOnce(t *testing.T) {
	tn := newTown(t)
	p := tn.born("minsu")
	for n := range 4 {
		require.Len(t, maps.Collect(keys(tn, identity.TableDocument)), 1)
		require.Len(t, maps.Collect(keys(tn, identity.TableVersion)), n)
		tn.change(p, service("s"+string(rune('a'+n))))
	}
}
