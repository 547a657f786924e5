// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// block is what a measurement needs of a block.
type block struct {
	Number uint64
	Seen   time.Time // when the bench received it
	Bytes  int       // as stored: header, data, metadata
	Txs    []tx
}

// tx is an endorser transaction.
type tx struct {
	ID        string
	Chaincode string
	Code      peer.TxValidationCode
	Receipts  int // receipts that it wrote, if it is valid
	Leaves    int // records that it took into logs, if it is a valid seal
	writes    []*kvrwset.KVWrite
}

func (t tx) valid() bool { return t.Code == peer.TxValidationCode_VALID }

// conflict reports whether another transaction came in between.
func (t tx) conflict() bool {
	return t.Code == peer.TxValidationCode_MVCC_READ_CONFLICT || t.Code == peer.TxValidationCode_PHANTOM_READ_CONFLICT
}

// parseBlock reads a block as the peer delivered it, with its verdicts.
func parseBlock(raw *common.Block, seen time.Time) (block, error) {
	b := block{Number: raw.GetHeader().GetNumber(), Seen: seen, Bytes: proto.Size(raw)}
	meta := raw.GetMetadata().GetMetadata()
	if len(meta) <= int(common.BlockMetadataIndex_TRANSACTIONS_FILTER) {
		return b, fmt.Errorf("block %d has no validation codes", b.Number)
	}
	codes := meta[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
	if len(codes) != len(raw.GetData().GetData()) {
		return b, fmt.Errorf("block %d has %d transactions and %d validation codes", b.Number, len(raw.GetData().GetData()), len(codes))
	}
	for i, envelope := range raw.GetData().GetData() {
		t, endorsed, err := parseTx(envelope, peer.TxValidationCode(codes[i]))
		if err != nil {
			return b, fmt.Errorf("block %d, transaction %d: %w", b.Number, i, err)
		}
		if endorsed {
			b.Txs = append(b.Txs, t)
		}
	}
	return b, nil
}

// unmarshaler keeps the first error of a chain of nested messages.
type unmarshaler struct{ err error }

func (u *unmarshaler) read(raw []byte, into proto.Message) {
	if u.err == nil {
		u.err = proto.Unmarshal(raw, into)
	}
}

func parseTx(raw []byte, code peer.TxValidationCode) (t tx, endorsed bool, err error) {
	var (
		u        unmarshaler
		envelope common.Envelope
		payload  common.Payload
		header   common.ChannelHeader
		body     peer.Transaction
		action   peer.ChaincodeActionPayload
		response peer.ProposalResponsePayload
		result   peer.ChaincodeAction
		sets     rwset.TxReadWriteSet
	)
	u.read(raw, &envelope)
	u.read(envelope.GetPayload(), &payload)
	u.read(payload.GetHeader().GetChannelHeader(), &header)
	t = tx{ID: header.GetTxId(), Code: code}
	if u.err != nil || common.HeaderType(header.GetType()) != common.HeaderType_ENDORSER_TRANSACTION {
		return t, false, u.err
	}
	u.read(payload.GetData(), &body)
	if u.err == nil && len(body.GetActions()) == 0 {
		return t, false, fmt.Errorf("transaction %s has no action", t.ID)
	}
	if u.err == nil {
		u.read(body.GetActions()[0].GetPayload(), &action)
	}
	u.read(action.GetAction().GetProposalResponsePayload(), &response)
	u.read(response.GetExtension(), &result)
	t.Chaincode = result.GetChaincodeId().GetName()
	u.read(result.GetResults(), &sets)
	for _, ns := range sets.GetNsRwset() {
		if ns.GetNamespace() != t.Chaincode {
			continue
		}
		var kv kvrwset.KVRWSet
		u.read(ns.GetRwset(), &kv)
		t.writes = append(t.writes, kv.GetWrites()...)
	}
	if t.valid() {
		t.Receipts = receipts(t.writes)
		t.Leaves = leavesOf(result.GetResponse().GetPayload())
	}
	return t, true, u.err
}

// receipts counts the orders that were carried out.
func receipts(writes []*kvrwset.KVWrite) int {
	n := 0
	for _, w := range writes {
		if gateway.ParseKey(w.GetKey()).Table == currency.TableReceipt {
			n++
		}
	}
	return n
}

// window is what stands in the blocks between two moments.
type window struct {
	Seconds      float64
	Blocks       int
	Transactions int // of the chaincode
	Valid        int // of these
	Conflicts    int // of these
	Receipts     int
	Leaves       int
	Bytes        int
	Codes        map[string]int // of the transactions without effect
}

// count sums up the blocks from the last one seen before begin, which only starts
// the clock, to the first one seen after end. So the window cuts no block in
// two, and a time without blocks at its ends counts too. Where there is no such
// block, the first one within starts the clock, and end stops it.
func count(blocks []block, begin, end time.Time, chaincode string) window {
	w := window{Codes: map[string]int{}}
	var first, last time.Time
	for _, b := range blocks {
		if first.IsZero() || !b.Seen.After(begin) {
			first = b.Seen
			continue
		}
		w.add(b, chaincode)
		if last = b.Seen; last.After(end) {
			break
		}
	}
	if first.IsZero() {
		return w
	}
	if last.Before(end) {
		last = end
	}
	w.Seconds = last.Sub(first).Seconds()
	return w
}

func (w *window) add(b block, chaincode string) {
	w.Blocks++
	w.Bytes += b.Bytes
	for _, t := range b.Txs {
		if t.Chaincode != chaincode {
			continue
		}
		w.Transactions++
		w.Receipts += t.Receipts
		w.Leaves += t.Leaves
		switch {
		case t.valid():
			w.Valid++
		case t.conflict():
			w.Conflicts++
			fallthrough
		default:
			w.Codes[t.Code.String()]++
		}
	}
}
