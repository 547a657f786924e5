// SPDX-License-Identifier: Apache-2.0

package ledgertest_test

import (
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

const (
	valid     = peer.TxValidationCode_VALID
	mvcc      = peer.TxValidationCode_MVCC_READ_CONFLICT
	phantom   = peer.TxValidationCode_PHANTOM_READ_CONFLICT
	duplicate = peer.TxValidationCode_DUPLICATE_TXID
)

// Each rule both ways: a transaction is endorsed, another one gets in before
// it, in the same block and in a block of its own.
func TestConflicts(t *testing.T) {
	cases := []struct {
		name   string
		tx     string // endorsed on a=1, b=2, c=3, /t/x/1, /t/x/2, /t/y/1
		before string
		want   peer.TxValidationCode
	}{
		{"read of a key written", "get a", "put a 9", mvcc},
		{"read of a key written again with the same value", "get a", "put a 1", mvcc},
		{"read of a key deleted", "get a", "del a", mvcc},
		{"read of another key", "get a", "put b 9", valid},
		{"read of an absent key created", "get n", "put n 1", mvcc},
		{"read of an absent key, another created", "get n", "put m 1", valid},
		{"read of many, one written", "mget a b n", "put b 9", mvcc},
		{"read of many, none written", "mget a b n", "put c 9", valid},
		{"read and write", "incr a", "incr a", mvcc},
		{"write without a read", "put a 5", "put a 9", valid},
		{"write without a read of a key deleted", "put a 5", "del a", valid},
		{"delete without a read", "del a", "put a 9", valid},
		{"two reads", "get a", "get a", valid},
		{"key of another chaincode", "get a", "call other put a 9", valid},
		{"read through another chaincode", "call other get a", "call other put a 9", mvcc},

		{"range with a key added", "range a z", "put bb 1", phantom},
		{"range with a key added behind its last", "range a z", "put y 1", phantom},
		{"range with a key removed", "range a z", "del b", phantom},
		{"range with a value changed", "range a z", "put b 9", phantom},
		{"range with a key added and removed", "range a z", "put bb 1|del bb", valid},
		{"range with its end written", "range a c", "put c 9", valid},
		{"range with a key added in front", "range b z", "put aa 1", valid},
		{"range without end", "range b -", "put zz 1", phantom},
		{"range of simple keys, composite added", "range - -", "put /t/x/3 1", valid},
		{"empty range filled", "range m n", "put mm 1", phantom},
		{"empty range left", "range m n", "put nn 1", valid},
		{"range taken in part, key added behind", "range a z 1", "put y 1", phantom},
		{"partial composite key added to", "partial /t/x", "put /t/x/3 1", phantom},
		{"partial composite key, others added", "partial /t/x", "put /t/y/3 1", valid},
		{"partial composite key with one removed", "partial /t/x", "del /t/x/1", phantom},
		{"page changed within", "page a z 2 -", "put b 9", phantom},
		{"page changed behind its last", "page a z 2 -", "put c 9", valid},

		{"reads come before ranges", "range a z|get a", "put a 9", mvcc},
		{"namespaces go in order", "call other get a|range a z", "call other put a 9|put b 9", phantom},
	}
	for _, c := range cases {
		for _, sameBlock := range []bool{true, false} {
			name := c.name + ", in a block before"
			if sameBlock {
				name = c.name + ", in the same block"
			}
			t.Run(name, func(t *testing.T) {
				l := newLab(t)
				l.do("put a 1", "put b 2", "put c 3", "put /t/x/1 1", "put /t/x/2 1", "put /t/y/1 1")
				tx := l.endorse(strings.Split(c.tx, "|")...)
				var before []*ledgertest.Endorsement
				for _, step := range strings.Split(c.before, "|") {
					before = append(before, l.endorse(step))
				}
				if !sameBlock {
					for i, code := range l.Commit(before...) {
						require.Equal(t, valid, code, "transaction %d in front", i)
					}
					before = nil
				}
				codes := l.Commit(append(before, tx)...)
				require.Equal(t, c.want, codes[len(codes)-1])
				require.Equal(t, c.want, tx.Status)
				require.Equal(t, c.want == valid, tx.Conflict == "", "conflict: %q", tx.Conflict)
			})
		}
	}
}

func TestBlindWriteTouchesAbsentKey(t *testing.T) {
	// Nothing changes on the ledger, yet Fabric counts the key as updated.
	l := newLab(t)
	gone, reader := l.endorse("del n"), l.endorse("get n")
	require.Equal(t, []peer.TxValidationCode{valid, mvcc}, l.Commit(gone, reader))

	// In a block before, nothing is left to see.
	reader = l.endorse("get n")
	l.do("del n")
	require.Equal(t, []peer.TxValidationCode{valid}, l.Commit(reader))
}

func TestInvalidTransactionLeavesNoTrace(t *testing.T) {
	l := newLab(t)
	l.do("put a 1")
	first := l.endorse("incr a", "event First x")
	second := l.endorse("incr a", "put b 2", "event Second x")
	third := l.endorse("incr b") // depends on b, which second would write
	require.Equal(t, []peer.TxValidationCode{valid, mvcc, valid}, l.Commit(first, second, third))
	require.Equal(t, "2", string(l.Get("kv", "a")))
	require.Equal(t, "1", string(l.Get("kv", "b")))
	require.Contains(t, second.Conflict, `kv "a" read as block 1 tx 0, written earlier in this block`)

	block := l.Block(l.Height() - 1)
	require.Equal(t, "First", block.Txs[0].Event.Name)
	require.Nil(t, block.Txs[1].Event, "event of an invalid transaction")
	require.NotEmpty(t, block.Txs[1].Writes, "the block still holds what it wanted to write")
	require.Equal(t, second.TxID, block.Txs[1].ID)
}

// What counts as read is what the peer fetched: pages of 100 and one more.
func TestReadAhead(t *testing.T) {
	cases := []struct {
		name    string
		present int
		take    string
		before  string
		want    peer.TxValidationCode
	}{
		{"100 present, 1 taken: all count", 100, "1", "put k999 1", phantom},
		{"101 present, 1 taken: through the 101st", 101, "1", "put k100 1", phantom},
		{"101 present, 1 taken: not behind it", 101, "1", "put k999 1", valid},
		{"150 present, 1 taken: not the 102nd", 150, "1", "put k101 1", valid},
		{"150 present, 99 taken: not the 102nd", 150, "99", "put k101 1", valid},
		{"150 present, 100 taken: the rest is fetched", 150, "100", "put k140 1", phantom},
		{"150 present, 100 taken: to the end", 150, "100", "put k999 1", phantom},
		{"250 present, 150 taken: through the 201st", 250, "150", "put k200 1", phantom},
		{"250 present, 150 taken: not behind it", 250, "150", "del k201", valid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.seed(c.present)
			tx := l.endorse("range k z " + c.take)
			l.do(c.before)
			require.Equal(t, []peer.TxValidationCode{c.want}, l.Commit(tx))
		})
	}
}

func TestTotalQueryLimit(t *testing.T) {
	l := newLab(t, ledgertest.TotalQueryLimit(3))
	l.seed(5)
	require.Equal(t, "k000,k001,k002", l.do("range k z"))

	// Only what was seen can conflict.
	tx := l.endorse("range k z")
	l.do("put k003 9")
	require.Equal(t, []peer.TxValidationCode{valid}, l.Commit(tx))
	tx = l.endorse("range k z")
	l.do("put k002 9")
	require.Equal(t, []peer.TxValidationCode{phantom}, l.Commit(tx))

	l = newLab(t)
	l.seed(250)
	require.Len(t, strings.Split(l.do("range k z"), ","), 250, "all pages without the limit")
}

func TestDuplicateTxID(t *testing.T) {
	l := newLab(t)
	tx := l.endorse("put a 1")
	require.Equal(t, []peer.TxValidationCode{valid, duplicate}, l.Commit(tx, tx))
	require.Equal(t, []peer.TxValidationCode{duplicate}, l.Commit(tx))
	require.Equal(t, valid, tx.Status, "what became of the first occurrence")

	// The id of an invalid transaction is spent as well.
	stale := l.endorse("incr a")
	l.do("put a 5")
	require.Equal(t, []peer.TxValidationCode{mvcc}, l.Commit(stale))
	require.Equal(t, []peer.TxValidationCode{duplicate}, l.Commit(stale))
	require.Equal(t, mvcc, stale.Status)
}

func TestBlocksAndVersions(t *testing.T) {
	l := newLab(t)
	require.EqualValues(t, 1, l.Height(), "the configuration block")
	require.Empty(t, l.Commit(), "no transaction, no block")
	require.EqualValues(t, 1, l.Height())

	l.Commit(l.endorse("put a 1"), l.endorse("put b 1"))
	require.EqualValues(t, 2, l.Height())
	tx := l.endorse("get b", "get n")
	require.Equal(t, []ledgertest.Read{
		{Namespace: "kv", Key: "b", Version: ledgertest.Version{Block: 1, Tx: 1}},
		{Namespace: "kv", Key: "n"},
	}, tx.Reads())

	block := l.Block(1)
	require.EqualValues(t, 1, block.Number)
	require.Equal(t, []ledgertest.Write{{Namespace: "kv", Key: "b", Value: []byte("1")}}, block.Txs[1].Writes)
	require.Equal(t, "put b 1", string(block.Txs[1].Args[1]))
	require.Equal(t, "alice", block.Txs[1].Caller.Name)
	require.Equal(t, l.Now(), block.Txs[1].Timestamp)
}
