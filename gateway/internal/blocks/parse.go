// SPDX-License-Identifier: Apache-2.0

package blocks

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Parse reads a block as a peer delivers it, with validation codes. It is an
// error if the envelopes are not those that the header's data hash stands for.
func Parse(raw *common.Block) (*Block, error) {
	h := raw.GetHeader()
	if h == nil {
		return nil, errors.New("a block without a header")
	}
	b := &Block{Number: h.GetNumber(), PreviousHash: h.GetPreviousHash(), DataHash: h.GetDataHash()}
	envelopes := raw.GetData().GetData()
	digest := sha256.New()
	for _, e := range envelopes {
		digest.Write(e)
	}
	if !bytes.Equal(digest.Sum(nil), b.DataHash) {
		return nil, fmt.Errorf("block %d: its %d envelopes do not have the data hash of its header", b.Number, len(envelopes))
	}
	codes, err := validationCodes(raw, len(envelopes))
	if err != nil {
		return nil, err
	}
	b.Txs = make([]Tx, len(envelopes))
	for i, e := range envelopes {
		tx := &b.Txs[i]
		tx.Index, tx.Code = i, codes[i]
		err := tx.parse(e)
		if !tx.Valid() {
			tx.Event = nil
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("block %d transaction %d %s, which is valid: %w", b.Number, i, tx.ID, err)
		}
	}
	return b, nil
}

func validationCodes(raw *common.Block, envelopes int) ([]peer.TxValidationCode, error) {
	number, metadata := raw.GetHeader().GetNumber(), raw.GetMetadata().GetMetadata()
	var flags []byte
	if at := int(common.BlockMetadataIndex_TRANSACTIONS_FILTER); at < len(metadata) {
		flags = metadata[at]
	}
	codes := make([]peer.TxValidationCode, envelopes)
	if number == 0 && len(flags) == 0 {
		// The genesis block may come as the orderer made it. Its one
		// transaction is the channel's configuration.
		return codes, nil
	}
	if len(flags) != envelopes {
		return nil, fmt.Errorf("block %d: %d validation codes for %d transactions; read blocks from a peer, not from an orderer",
			number, len(flags), envelopes)
	}
	for i, f := range flags {
		codes[i] = peer.TxValidationCode(f)
	}
	return codes, nil
}

// parse fills in as much as can be read.
func (t *Tx) parse(raw []byte) error {
	var (
		envelope  common.Envelope
		payload   common.Payload
		channel   common.ChannelHeader
		signature common.SignatureHeader
	)
	if err := unmarshal("envelope", raw, &envelope); err != nil {
		return err
	}
	if err := unmarshal("payload", envelope.GetPayload(), &payload); err != nil {
		return err
	}
	if err := unmarshal("channel header", payload.GetHeader().GetChannelHeader(), &channel); err != nil {
		return err
	}
	t.ID, t.Type = channel.GetTxId(), common.HeaderType(channel.GetType())
	if channel.GetTimestamp() != nil {
		t.Time = channel.GetTimestamp().AsTime()
	}
	if err := unmarshal("signature header", payload.GetHeader().GetSignatureHeader(), &signature); err != nil {
		return err
	}
	t.Creator = signature.GetCreator()
	if t.Type != common.HeaderType_ENDORSER_TRANSACTION {
		return nil
	}
	return t.parseTransaction(payload.GetData())
}

func (t *Tx) parseTransaction(raw []byte) error {
	var (
		transaction peer.Transaction
		action      peer.ChaincodeActionPayload
		proposal    peer.ChaincodeProposalPayload
		call        peer.ChaincodeInvocationSpec
		answer      peer.ProposalResponsePayload
		result      peer.ChaincodeAction
		event       peer.ChaincodeEvent
	)
	if err := unmarshal("transaction", raw, &transaction); err != nil {
		return err
	}
	if n := len(transaction.GetActions()); n != 1 {
		return fmt.Errorf("has %d actions, Fabric allows 1", n)
	}
	if err := unmarshal("action", transaction.GetActions()[0].GetPayload(), &action); err != nil {
		return err
	}
	if err := unmarshal("proposal", action.GetChaincodeProposalPayload(), &proposal); err != nil {
		return err
	}
	if err := unmarshal("invocation", proposal.GetInput(), &call); err != nil {
		return err
	}
	t.Chaincode = call.GetChaincodeSpec().GetChaincodeId().GetName()
	t.Args = call.GetChaincodeSpec().GetInput().GetArgs()
	if err := unmarshal("proposal response", action.GetAction().GetProposalResponsePayload(), &answer); err != nil {
		return err
	}
	if err := unmarshal("chaincode action", answer.GetExtension(), &result); err != nil {
		return err
	}
	t.Status, t.Payload = result.GetResponse().GetStatus(), result.GetResponse().GetPayload()
	if len(result.GetEvents()) > 0 {
		if err := unmarshal("event", result.GetEvents(), &event); err != nil {
			return err
		}
		t.Event = &Event{Chaincode: event.GetChaincodeId(), Name: event.GetEventName(), Payload: event.GetPayload()}
	}
	return t.parseSets(result.GetResults())
}

func (t *Tx) parseSets(raw []byte) error {
	var sets rwset.TxReadWriteSet
	if err := unmarshal("read and write sets", raw, &sets); err != nil {
		return err
	}
	for _, ns := range sets.GetNsRwset() {
		var kv kvrwset.KVRWSet
		if err := unmarshal("read and write set of "+ns.GetNamespace(), ns.GetRwset(), &kv); err != nil {
			return err
		}
		for _, r := range kv.GetReads() {
			read := Read{Namespace: ns.GetNamespace(), Key: r.GetKey()}
			if v := r.GetVersion(); v != nil {
				read.Version = &Version{Block: v.GetBlockNum(), Tx: v.GetTxNum()}
			}
			t.Reads = append(t.Reads, read)
		}
		for _, w := range kv.GetWrites() {
			write := Write{Namespace: ns.GetNamespace(), Key: w.GetKey(), IsDelete: w.GetIsDelete()}
			// Fabric takes an empty value for a delete.
			if len(w.GetValue()) == 0 {
				write.IsDelete = true
			}
			if !write.IsDelete {
				write.Value = w.GetValue()
			}
			t.Writes = append(t.Writes, write)
		}
	}
	return nil
}

// Submitter returns MSP id and certificate (PEM) of who submitted the
// transaction.
func (t *Tx) Submitter() (mspID string, certificate []byte, err error) {
	var id msp.SerializedIdentity
	if err := unmarshal("creator", t.Creator, &id); err != nil {
		return "", nil, err
	}
	return id.GetMspid(), id.GetIdBytes(), nil
}

func unmarshal(what string, raw []byte, into proto.Message) error {
	if err := proto.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("its %s cannot be read: %w", what, err)
	}
	return nil
}
