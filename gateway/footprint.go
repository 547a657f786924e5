// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Footprint is what an endorsed transaction depends on and what it would change
// in its chaincode's own state.
type Footprint struct {
	Reads  map[Key]Version
	Writes map[Key]bool
}

// Key is a key of a chaincode's state: the kind of record and its parts, joined
// by slashes.
type Key struct {
	Table string
	Parts string
}

// Version is where a key was last written; the zero Version means that there was
// no such key.
type Version struct{ Block, Tx uint64 }

// ParseKey takes a composite key apart. Other keys keep their text and have no
// table.
func ParseKey(key string) Key {
	table, parts, ok := strings.Cut(strings.TrimPrefix(key, "\x00"), "\x00")
	if !strings.HasPrefix(key, "\x00") || !ok {
		return Key{Parts: key}
	}
	return Key{Table: table, Parts: strings.ReplaceAll(strings.TrimSuffix(parts, "\x00"), "\x00", "/")}
}

// Footprint reads the transaction's read and write set. Two endorsements of the
// same arguments show by their footprints what has changed in between.
func (t *Transaction) Footprint() (Footprint, error) {
	raw, err := t.tx.Bytes()
	if err != nil {
		return Footprint{}, err
	}
	f, err := parseFootprint(raw)
	if err != nil {
		return f, fmt.Errorf("read and write set of transaction %s: %w", t.ID(), err)
	}
	return f, nil
}

func parseFootprint(prepared []byte) (Footprint, error) {
	f := Footprint{Reads: map[Key]Version{}, Writes: map[Key]bool{}}
	var (
		tx      gateway.PreparedTransaction
		payload common.Payload
		body    peer.Transaction
	)
	if err := proto.Unmarshal(prepared, &tx); err != nil {
		return f, err
	}
	if err := proto.Unmarshal(tx.GetEnvelope().GetPayload(), &payload); err != nil {
		return f, err
	}
	if err := proto.Unmarshal(payload.GetData(), &body); err != nil {
		return f, err
	}
	for _, a := range body.GetActions() {
		if err := f.add(a); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (f Footprint) add(a *peer.TransactionAction) error {
	var (
		payload  peer.ChaincodeActionPayload
		response peer.ProposalResponsePayload
		action   peer.ChaincodeAction
		results  rwset.TxReadWriteSet
	)
	if err := proto.Unmarshal(a.GetPayload(), &payload); err != nil {
		return err
	}
	if err := proto.Unmarshal(payload.GetAction().GetProposalResponsePayload(), &response); err != nil {
		return err
	}
	if err := proto.Unmarshal(response.GetExtension(), &action); err != nil {
		return err
	}
	if err := proto.Unmarshal(action.GetResults(), &results); err != nil {
		return err
	}
	for _, ns := range results.GetNsRwset() {
		if ns.GetNamespace() != action.GetChaincodeId().GetName() {
			continue // the lifecycle's, read by every transaction
		}
		var kv kvrwset.KVRWSet
		if err := proto.Unmarshal(ns.GetRwset(), &kv); err != nil {
			return err
		}
		for _, r := range kv.GetReads() {
			f.Reads[ParseKey(r.GetKey())] = Version{r.GetVersion().GetBlockNum(), r.GetVersion().GetTxNum()}
		}
		for _, w := range kv.GetWrites() {
			f.Writes[ParseKey(w.GetKey())] = true
		}
	}
	return nil
}
