// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

const (
	valid    = peer.TxValidationCode_VALID
	conflict = peer.TxValidationCode_MVCC_READ_CONFLICT
	forged   = peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE
)

// envelope is a transaction as it stands in a block.
func envelope(t *testing.T, chaincode string, writes ...*kvrwset.KVWrite) []byte {
	t.Helper()
	marshal := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		require.NoError(t, err)
		return raw
	}
	sets := &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: marshal(&kvrwset.KVRWSet{})},
		{Namespace: chaincode, Rwset: marshal(&kvrwset.KVRWSet{Writes: writes})},
	}}
	result := &peer.ChaincodeAction{Results: marshal(sets), ChaincodeId: &peer.ChaincodeID{Name: chaincode}}
	response := &peer.ProposalResponsePayload{Extension: marshal(result)}
	action := &peer.ChaincodeActionPayload{Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(response)}}
	header := &common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: "tx-of-" + chaincode}
	return marshal(&common.Envelope{Payload: marshal(&common.Payload{
		Header: &common.Header{ChannelHeader: marshal(header)},
		Data:   marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: marshal(action)}}}),
	})})
}

func rawBlock(number uint64, codes []peer.TxValidationCode, envelopes ...[]byte) *common.Block {
	flags := make([]byte, len(codes))
	for i, c := range codes {
		flags[i] = byte(c)
	}
	return &common.Block{
		Header:   &common.BlockHeader{Number: number},
		Data:     &common.BlockData{Data: envelopes},
		Metadata: &common.BlockMetadata{Metadata: [][]byte{nil, nil, flags, nil}},
	}
}

func receipt(seq int64) *kvrwset.KVWrite {
	return &kvrwset.KVWrite{Key: ledger.CompositeKey(currency.TableReceipt, "p", "holder", ledger.Num(seq)), Value: []byte("{}")}
}

func credit(account, tx string, n int64, gone bool) *kvrwset.KVWrite {
	return &kvrwset.KVWrite{Key: ledger.CompositeKey(currency.TableCredit, "p", account, tx, ledger.Num(n)), Value: []byte("{}"), IsDelete: gone}
}

func TestReceiptsCountOnlyInValidTransactions(t *testing.T) {
	raw := rawBlock(7, []peer.TxValidationCode{valid, conflict, valid, forged},
		envelope(t, "currency", receipt(1), credit("shop", "t", 0, false), receipt(2)),
		envelope(t, "currency", receipt(3), receipt(4)),
		envelope(t, "noop", &kvrwset.KVWrite{Key: "x"}),
		envelope(t, "currency", receipt(5)),
	)
	b, err := parseBlock(raw, time.Now())
	require.NoError(t, err)
	assert.Equal(t, uint64(7), b.Number)
	assert.Equal(t, proto.Size(raw), b.Bytes)
	require.Len(t, b.Txs, 4)
	assert.Equal(t, []int{2, 0, 0, 0}, []int{b.Txs[0].Receipts, b.Txs[1].Receipts, b.Txs[2].Receipts, b.Txs[3].Receipts})
	assert.Equal(t, "tx-of-noop", b.Txs[2].ID)
	assert.True(t, b.Txs[1].conflict())
	assert.False(t, b.Txs[3].conflict())
}

func TestBlockWithoutVerdictsIsRefused(t *testing.T) {
	raw := rawBlock(1, nil, envelope(t, "currency", receipt(1)))
	_, err := parseBlock(raw, time.Now())
	assert.ErrorContains(t, err, "1 transactions and 0 validation codes")
	raw.Metadata = nil
	_, err = parseBlock(raw, time.Now())
	assert.ErrorContains(t, err, "no validation codes")
}

// The window of 0 to 5 s reaches from the block before it to the block after it.
func TestCountFromBlockToBlock(t *testing.T) {
	began := time.Now()
	at := func(seconds float64, receipts int, code peer.TxValidationCode) block {
		return block{
			Seen: began.Add(time.Duration(seconds * float64(time.Second))), Bytes: 100,
			Txs: []tx{{Chaincode: "currency", Code: code, Receipts: receipts}, {Chaincode: "noop", Code: valid}},
		}
	}
	blocks := []block{at(-2, 5000, valid), at(-1, 1000, valid), at(2, 30, valid), at(2.5, 0, conflict), at(4, 40, valid), at(9, 7, valid), at(10, 900, valid)}
	counted := func(blocks []block) window { return count(blocks, began, began.Add(5*time.Second), "currency") }
	assert.Equal(t, window{
		Seconds: 10, Blocks: 4, Transactions: 4, Valid: 3, Conflicts: 1, Receipts: 77, Bytes: 400,
		Codes: map[string]int{"MVCC_READ_CONFLICT": 1},
	}, counted(blocks))

	stalled := counted(blocks[:3])
	assert.InDelta(t, 6, stalled.Seconds, 1e-9, "a time without blocks up to the end counts")
	assert.Equal(t, 30, stalled.Receipts)

	fresh := counted(blocks[2:])
	assert.InDelta(t, 7, fresh.Seconds, 1e-9, "the first block within starts the clock")
	assert.Equal(t, 47, fresh.Receipts)
	assert.Zero(t, counted(nil).Seconds)
}

func TestCreditsAreOpenUntilClaimed(t *testing.T) {
	c := newCredits()
	c.apply([]*kvrwset.KVWrite{credit("a", "t1", 0, false), credit("a", "t1", 12, false), credit("b", "t2", 0, false), receipt(1)})
	assert.ElementsMatch(t, []currency.CreditName{"t1:0", "t1:12"}, c.of("a"))
	c.apply([]*kvrwset.KVWrite{credit("a", "t1", 12, true), credit("b", "t2", 0, true)})
	assert.Equal(t, []currency.CreditName{"t1:0"}, c.of("a"))
	assert.Empty(t, c.of("b"))
	assert.Equal(t, 1, c.left())
}
