// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
)

// prepared is a transaction as a peer's gateway prepares it, of a chaincode
// called currency.
func prepared(t testing.TB, namespaces map[string]*kvrwset.KVRWSet) []byte {
	t.Helper()
	marshal := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		require.NoError(t, err)
		return raw
	}
	var sets []*rwset.NsReadWriteSet
	for name, kv := range namespaces {
		sets = append(sets, &rwset.NsReadWriteSet{Namespace: name, Rwset: marshal(kv)})
	}
	return marshal(&gateway.PreparedTransaction{Envelope: &common.Envelope{Payload: marshal(&common.Payload{
		Data: marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: marshal(&peer.ChaincodeActionPayload{
			Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{
				Extension: marshal(&peer.ChaincodeAction{
					ChaincodeId: &peer.ChaincodeID{Name: "currency"},
					Results:     marshal(&rwset.TxReadWriteSet{NsRwset: sets}),
				}),
			})},
		})}}}),
	})}})
}

func example(t testing.TB) []byte {
	return prepared(t, map[string]*kvrwset.KVRWSet{
		"currency": {
			Reads: []*kvrwset.KVRead{
				{Key: "\x00purse\x00nowon\x00abc\x00", Version: &kvrwset.Version{BlockNum: 7, TxNum: 2}},
				{Key: "\x00receipt\x00nowon\x00abc\x000000000000000001\x00"},
			},
			Writes: []*kvrwset.KVWrite{{Key: "\x00purse\x00nowon\x00abc\x00", Value: []byte("{}")}},
		},
		"_lifecycle": {Reads: []*kvrwset.KVRead{{Key: "namespaces/fields/currency/Sequence", Version: &kvrwset.Version{BlockNum: 4}}}},
	})
}

func TestFootprint(t *testing.T) {
	f, err := parseFootprint(example(t))
	require.NoError(t, err)
	require.Equal(t, Footprint{
		Reads: map[Key]Version{
			{Table: "purse", Parts: "nowon/abc"}:                    {Block: 7, Tx: 2},
			{Table: "receipt", Parts: "nowon/abc/0000000000000001"}: {},
		},
		Writes: map[Key]bool{{Table: "purse", Parts: "nowon/abc"}: true},
	}, f)
}

func TestParseKey(t *testing.T) {
	for key, want := range map[string]Key{
		"\x00purse\x00nowon\x00abc\x00": {Table: "purse", Parts: "nowon/abc"},
		"\x00program\x00nowon\x00":      {Table: "program", Parts: "nowon"},
		"plain":                         {Parts: "plain"},
		"\x00cut":                       {Parts: "\x00cut"},
		"":                              {},
	} {
		require.Equal(t, want, ParseKey(key), "%q", key)
	}
}

func FuzzFootprint(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = parseFootprint(raw) // whatever a peer sends, it does not panic
	})
}
