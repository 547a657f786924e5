// SPDX-License-Identifier: Apache-2.0

package tracing_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/tracing"
)

// chainOf is a town's history as a peer delivers it: the payers' payments to the
// stall, a block for each round.
func chainOf(t testing.TB, payers, rounds int) (*gatewaytest.Town, []*common.Block) {
	t.Helper()
	l := gatewaytest.NewLedger(t)
	town := gatewaytest.NewTown(t, l, gatewaytest.Place, "nowon")
	carry := func(orders []string) {
		t.Helper()
		items, err := l.Carry(orders...)
		require.NoError(t, err)
		for _, i := range items {
			require.Empty(t, i.Code, i.Detail)
		}
	}
	carry(town.Join(payers))
	town.Issue(100_000)
	var issued string
	for n := range l.Height() {
		for _, tx := range l.Block(n).Txs {
			if string(tx.Args[0]) == "IssueBatch" {
				issued = tx.ID
			}
		}
	}
	for round := range rounds {
		orders := make([]string, payers)
		for i, h := range town.Resident {
			p := currency.Payment{Seq: int64(round + 1), To: "stall", Amount: 10}
			if round == 0 {
				p.Claims = []currency.CreditName{currency.NewCreditName(issued, i)}
			}
			orders[i] = gatewaytest.Must(h.Payment(p))
		}
		carry(orders)
	}
	var all []*common.Block
	var before []byte
	for n := range l.Height() {
		b := &common.Block{
			Header:   &common.BlockHeader{Number: n, PreviousHash: before},
			Data:     &common.BlockData{},
			Metadata: &common.BlockMetadata{Metadata: make([][]byte, common.BlockMetadataIndex_COMMIT_HASH+1)},
		}
		digest := sha256.New()
		for _, tx := range l.Block(n).Txs {
			sets := &kvrwset.KVRWSet{}
			for _, w := range tx.Writes {
				sets.Writes = append(sets.Writes, &kvrwset.KVWrite{Key: w.Key, Value: w.Value, IsDelete: w.IsDelete})
			}
			raw := envelope(t, tx.ID, tx.Args, tx.Payload, sets)
			digest.Write(raw)
			b.Data.Data = append(b.Data.Data, raw)
			b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = append(b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER], byte(tx.Code))
		}
		b.Header.DataHash = digest.Sum(nil)
		parsed, err := blocks.Parse(b)
		require.NoError(t, err)
		before, err = parsed.Hash()
		require.NoError(t, err)
		all = append(all, b)
	}
	return town, all
}

func envelope(t testing.TB, id string, args [][]byte, payload []byte, sets *kvrwset.KVRWSet) []byte {
	t.Helper()
	raw := func(m proto.Message) []byte { return gatewaytest.Must(proto.Marshal(m)) }
	return raw(&common.Envelope{Payload: raw(&common.Payload{
		Header: &common.Header{ChannelHeader: raw(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: id})},
		Data: raw(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: raw(&peer.ChaincodeActionPayload{
			ChaincodeProposalPayload: raw(&peer.ChaincodeProposalPayload{Input: raw(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
				ChaincodeId: &peer.ChaincodeID{Name: gatewaytest.Place.Chaincode}, Input: &peer.ChaincodeInput{Args: args},
			}})}),
			Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: raw(&peer.ProposalResponsePayload{Extension: raw(&peer.ChaincodeAction{
				Results:  raw(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: gatewaytest.Place.Chaincode, Rwset: raw(sets)}}}),
				Response: &peer.Response{Status: 200, Payload: payload},
			})})},
		})}}}),
	})})
}

// from reads blocks as from a peer, and counts them.
func from(all []*common.Block, asked *int) tracing.Source {
	return func(ctx context.Context, chain *blocks.Chain, height uint64) iter.Seq2[*blocks.Block, error] {
		return func(yield func(*blocks.Block, error) bool) {
			for chain.Height() < height {
				*asked++
				b, err := blocks.Parse(all[chain.Height()])
				if err == nil {
					err = errors.Join(chain.Next(b), ctx.Err())
				}
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

// A copy answers as reading all blocks does, at every height, and reads each block
// once, whatever was asked before.
func TestCopyAnswersAsTheChain(t *testing.T) {
	town, all := chainOf(t, 5, 6)
	stream := func(height int, q trace.Question) (trace.Graph, error) {
		return tracing.Run(t.Context(), gatewaytest.Place.Chaincode, q, func(yield func(*blocks.Block, error) bool) {
			for _, raw := range all[:height] {
				if b, err := blocks.Parse(raw); !yield(b, err) {
					return
				}
			}
		}, nil)
	}
	paid := currency.ReceiptName{Holder: town.Resident[2].Account(), Seq: 4}
	questions := []trace.Question{
		{Program: "nowon", Appropriation: "budget"},
		{Program: "nowon", Receipt: &paid},
		{Program: "nowon", Receipt: &paid, Back: true},
		{Program: "nowon", Deposit: "none"},
	}
	kept, err := tracing.NewCopy(gatewaytest.Place.Chaincode)
	require.NoError(t, err)
	defer func() { require.NoError(t, kept.Close()) }()
	asked := 0
	for height := 1; height <= len(all); height++ {
		for _, q := range questions {
			want, wantErr := stream(height, q)
			got, err := kept.Run(t.Context(), q, uint64(height), from(all, &asked), nil)
			require.Equal(t, want, got)
			require.Equal(t, wantErr, err)
		}
	}
	require.Equal(t, len(all), asked)
	early, err := stream(len(all)-2, questions[0])
	require.NoError(t, err)
	again, err := kept.Run(t.Context(), questions[0], uint64(len(all)-2), from(all, &asked), nil)
	require.NoError(t, err)
	require.Equal(t, early, again, "as of a height before the last")
	require.Equal(t, len(all), asked)
}

// A trace whose time is up says how far it came, and the next goes on from there.
func TestTraceGoesOnWhereItStopped(t *testing.T) {
	_, all := chainOf(t, 3, 8)
	kept, err := tracing.NewCopy(gatewaytest.Place.Chaincode)
	require.NoError(t, err)
	defer func() { require.NoError(t, kept.Close()) }()
	q := trace.Question{Program: "nowon", Appropriation: "budget"}
	height := uint64(len(all))
	asked, tries := 0, 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		g, err := kept.Run(ctx, q, height, func(ctx context.Context, chain *blocks.Chain, height uint64) iter.Seq2[*blocks.Block, error] {
			return func(yield func(*blocks.Block, error) bool) {
				given := 0
				for b, err := range from(all, &asked)(ctx, chain, height) {
					if given++; given == 4 {
						cancel()
					}
					if !yield(b, err) {
						return
					}
				}
			}
		}, nil)
		cancel()
		if tries++; err == nil {
			require.EqualValues(t, height, g.Height)
			break
		}
		var unfinished *tracing.Unfinished
		require.ErrorAs(t, err, &unfinished)
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, height, unfinished.Height)
		require.GreaterOrEqual(t, unfinished.Read, uint64(3*tries), "each try keeps what it read")
		require.Less(t, tries, 20)
	}
	require.Greater(t, tries, 3)
	require.LessOrEqual(t, asked, len(all)+2*tries)

	// Cancelled in the kept part, too.
	ctx, cancel := context.WithCancel(t.Context())
	_, err = kept.Run(ctx, q, height, from(all, &asked), func(done uint64) {
		if done == 2 {
			cancel()
		}
	})
	var unfinished *tracing.Unfinished
	require.ErrorAs(t, err, &unfinished)
	require.EqualValues(t, height, unfinished.Read)
}

// BenchmarkTrace measures a trace forward over a chain of payments, 100 in a block:
// read as from a peer (block parsing included, its transport not), and from a copy.
func BenchmarkTrace(b *testing.B) {
	const payers, rounds = 100, 200
	_, all := chainOf(b, payers, rounds)
	q := trace.Question{Program: "nowon", Appropriation: "budget"}
	asked := 0
	per := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(payers*rounds), "ns/payment")
	}
	b.Run("blocks", func(b *testing.B) {
		for b.Loop() {
			kept, err := tracing.NewCopy(gatewaytest.Place.Chaincode)
			require.NoError(b, err)
			_, err = kept.Run(b.Context(), q, uint64(len(all)), from(all, &asked), nil)
			require.NoError(b, err)
			require.NoError(b, kept.Close())
		}
		per(b)
	})
	b.Run("copy", func(b *testing.B) {
		kept, err := tracing.NewCopy(gatewaytest.Place.Chaincode)
		require.NoError(b, err)
		_, err = kept.Run(b.Context(), q, uint64(len(all)), from(all, &asked), nil)
		require.NoError(b, err)
		for b.Loop() {
			_, err = kept.Run(b.Context(), q, uint64(len(all)), from(all, &asked), nil)
			require.NoError(b, err)
		}
		per(b)
		require.NoError(b, kept.Close())
	})
}
