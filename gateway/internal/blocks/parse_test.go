// SPDX-License-Identifier: Apache-2.0

package blocks_test

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

var at = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(m)
	require.NoError(t, err)
	return raw
}

func envelope(t testing.TB, kind common.HeaderType, id string, data []byte) []byte {
	t.Helper()
	return marshal(t, &common.Envelope{Payload: marshal(t, &common.Payload{
		Header: &common.Header{
			ChannelHeader: marshal(t, &common.ChannelHeader{Type: int32(kind), TxId: id, Timestamp: timestamppb.New(at), ChannelId: "trust"}),
			SignatureHeader: marshal(t, &common.SignatureHeader{
				Creator: marshal(t, &msp.SerializedIdentity{Mspid: "CityMSP", IdBytes: []byte("PEM")}),
			}),
		},
		Data: data,
	})})
}

// invocation is an endorsed transaction, as it stands in a block.
func invocation(t testing.TB, id string, writes ...*kvrwset.KVWrite) []byte {
	t.Helper()
	call := &peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		ChaincodeId: &peer.ChaincodeID{Name: "currency"},
		Input:       &peer.ChaincodeInput{Args: [][]byte{[]byte("Pay"), []byte("order")}},
	}}
	sets := &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: marshal(t, &kvrwset.KVRWSet{
			Reads: []*kvrwset.KVRead{{Key: "definition", Version: &kvrwset.Version{BlockNum: 4, TxNum: 1}}},
		})},
		{Namespace: "currency", Rwset: marshal(t, &kvrwset.KVRWSet{Reads: []*kvrwset.KVRead{{Key: "absent"}}, Writes: writes})},
	}}
	answer := &peer.ProposalResponsePayload{Extension: marshal(t, &peer.ChaincodeAction{
		Results:  marshal(t, sets),
		Events:   marshal(t, &peer.ChaincodeEvent{ChaincodeId: "currency", EventName: "trust.v1", Payload: []byte("{}"), TxId: id}),
		Response: &peer.Response{Status: 200, Payload: []byte("receipt")},
	})}
	return envelope(t, common.HeaderType_ENDORSER_TRANSACTION, id, marshal(t, &peer.Transaction{Actions: []*peer.TransactionAction{{
		Payload: marshal(t, &peer.ChaincodeActionPayload{
			ChaincodeProposalPayload: marshal(t, &peer.ChaincodeProposalPayload{Input: marshal(t, call)}),
			Action:                   &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(t, answer)},
		}),
	}}}))
}

func block(number uint64, codes []peer.TxValidationCode, envelopes ...[]byte) *common.Block {
	digest := sha256.Sum256(slices.Concat(envelopes...))
	metadata := make([][]byte, common.BlockMetadataIndex_COMMIT_HASH+1)
	for _, c := range codes {
		metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = append(metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER], byte(c))
	}
	return &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: []byte("before"), DataHash: digest[:]},
		Data:     &common.BlockData{Data: envelopes},
		Metadata: &common.BlockMetadata{Metadata: metadata},
	}
}

const (
	valid    = peer.TxValidationCode_VALID
	conflict = peer.TxValidationCode_MVCC_READ_CONFLICT
	bad      = peer.TxValidationCode_BAD_PAYLOAD
)

func TestParse(t *testing.T) {
	key := "\x00purse\x00nowon\x00h\x00"
	b, err := blocks.Parse(block(7, []peer.TxValidationCode{valid, conflict, valid, bad},
		invocation(t, "one", &kvrwset.KVWrite{Key: key, Value: []byte("1")}, &kvrwset.KVWrite{Key: "gone", IsDelete: true}, &kvrwset.KVWrite{Key: "empty"}),
		invocation(t, "two", &kvrwset.KVWrite{Key: key, Value: []byte("2")}),
		envelope(t, common.HeaderType_CONFIG, "", []byte("a channel's configuration is not read here")),
		[]byte("\xff an ordering node takes anything")))
	require.NoError(t, err)
	require.Equal(t, uint64(7), b.Number)
	require.Len(t, b.Txs, 4)

	one := b.Txs[0]
	require.True(t, one.Valid())
	require.Equal(t, "one", one.ID)
	require.Equal(t, at, one.Time)
	require.Equal(t, "currency", one.Chaincode)
	require.Equal(t, [][]byte{[]byte("Pay"), []byte("order")}, one.Args)
	require.EqualValues(t, 200, one.Status)
	require.Equal(t, "receipt", string(one.Payload))
	require.Equal(t, &blocks.Event{Chaincode: "currency", Name: "trust.v1", Payload: []byte("{}")}, one.Event)
	require.Equal(t, []blocks.Read{
		{Namespace: "_lifecycle", Key: "definition", Version: &blocks.Version{Block: 4, Tx: 1}},
		{Namespace: "currency", Key: "absent"},
	}, one.Reads)
	require.Equal(t, []blocks.Write{
		{Namespace: "currency", Key: key, Value: []byte("1")},
		{Namespace: "currency", Key: "gone", IsDelete: true},
		{Namespace: "currency", Key: "empty", IsDelete: true},
	}, one.Writes)
	mspID, _, err := one.Submitter()
	require.NoError(t, err)
	require.Equal(t, "CityMSP", mspID)

	two := b.Txs[1]
	require.Equal(t, conflict, two.Code)
	require.Nil(t, two.Event, "events of invalid transactions never happened")
	require.Len(t, two.Writes, 1)
	require.Equal(t, common.HeaderType_CONFIG, b.Txs[2].Type)
	require.Empty(t, b.Txs[3].ID)

	var changed []string
	for tx, w := range b.Writes("currency") {
		changed = append(changed, tx.ID+" "+blocks.Readable(w.Key))
	}
	require.Equal(t, []string{"one purse/nowon/h", `one "gone"`, `one "empty"`}, changed)
}

func TestParseRefuses(t *testing.T) {
	sound := invocation(t, "one", &kvrwset.KVWrite{Key: "k", Value: []byte("1")})
	tampered := block(1, []peer.TxValidationCode{valid}, sound)
	tampered.Data.Data = [][]byte{invocation(t, "one", &kvrwset.KVWrite{Key: "k", Value: []byte("9")})}
	for _, test := range []struct {
		name string
		raw  *common.Block
		want string
	}{
		{"no header", &common.Block{}, "without a header"},
		{"other envelopes than the header's", tampered, "do not have the data hash of its header"},
		{"no validation codes", block(1, nil, sound), "0 validation codes for 1 transactions"},
		{"a valid transaction that cannot be read", block(1, []peer.TxValidationCode{valid}, []byte("\xff")), "which is valid: its envelope cannot be read"},
		{
			"a valid transaction without actions",
			block(1, []peer.TxValidationCode{valid}, envelope(t, common.HeaderType_ENDORSER_TRANSACTION, "x", nil)), "has 0 actions",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := blocks.Parse(test.raw)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestChain(t *testing.T) {
	first, err := blocks.Parse(block(0, []peer.TxValidationCode{valid}, envelope(t, common.HeaderType_CONFIG, "", nil)))
	require.NoError(t, err)
	hash, err := first.Hash()
	require.NoError(t, err)
	raw := block(1, nil)
	raw.Header.PreviousHash = hash
	second, err := blocks.Parse(raw)
	require.NoError(t, err)

	var c blocks.Chain
	require.ErrorContains(t, c.Next(second), "block 1 came where block 0 was expected")
	require.NoError(t, c.Next(first))
	require.NoError(t, c.Next(second))
	require.EqualValues(t, 2, c.Height())

	var other blocks.Chain
	require.NoError(t, other.Next(first))
	second.PreviousHash = []byte("another history")
	require.ErrorContains(t, other.Next(second), "as the hash of block 0")
}

func FuzzParse(f *testing.F) {
	sound := block(3, []peer.TxValidationCode{valid, conflict}, invocation(f, "one", &kvrwset.KVWrite{Key: "k", Value: []byte("1")}), []byte("x"))
	f.Add(marshal(f, sound))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b common.Block
		if proto.Unmarshal(raw, &b) != nil {
			return
		}
		parsed, err := blocks.Parse(&b)
		if err == nil && len(parsed.Txs) != len(b.GetData().GetData()) {
			t.Fatalf("%d transactions of %d envelopes", len(parsed.Txs), len(b.GetData().GetData()))
		}
	})
}
