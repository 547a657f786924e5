// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// timeWindow is how far a proposal's clock may be off: the default of
// peer.authentication.timewindow.
const timeWindow = 15 * time.Minute

// CallOption changes one proposal; it stands among the arguments.
type CallOption interface{ apply(*proposal) }

// Transient is a proposal's transient data: seen by the chaincode, not part of
// the transaction.
type Transient map[string][]byte

func (data Transient) apply(p *proposal) { p.transient = data }

// SubmittedAt gives one proposal a timestamp other than the network's clock, as
// a submitter whose own clock is off would.
func SubmittedAt(t time.Time) CallOption { return submittedAt(t) }

type submittedAt time.Time

func (t submittedAt) apply(p *proposal) { p.timestamp = time.Time(t) }

// proposal is a transaction proposal as a client signs it.
type proposal struct {
	txID      string
	channel   string
	chaincode string
	caller    *Caller
	nonce     []byte
	timestamp time.Time
	args      [][]byte // the function's name first
	transient map[string][]byte

	encoded []byte // the marshalled peer.Proposal
	// signature is made when first asked for: it costs more than the rest.
	signature func() ([]byte, error)
}

// propose makes the next proposal. The caller holds the world's lock.
func (n *Network) propose(caller *Caller, chaincode, function string, args []any) *proposal {
	n.t.Helper()
	if caller == nil {
		n.t.Fatalf("ledgertest: %s of %s called by nobody: take a Caller", function, chaincode)
	}
	p := &proposal{
		channel:   n.channel,
		chaincode: chaincode,
		caller:    caller,
		timestamp: n.world.now,
		args:      [][]byte{[]byte(function)},
	}
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			p.args = append(p.args, []byte(arg))
		case []byte:
			p.args = append(p.args, bytes.Clone(arg))
		case CallOption:
			arg.apply(p)
		default:
			n.t.Fatalf("ledgertest: argument %d of %s is a %T: give a string, []byte or CallOption", i, function, arg)
		}
	}
	// A transaction id is the hash of nonce and creator: the peer checks it.
	nonce := digest("ledgertest nonce", n.channel, strconv.FormatUint(n.proposed.Add(1), 10))
	p.nonce = nonce[:24]
	id := sha256.Sum256(append(append([]byte{}, p.nonce...), caller.creator...))
	p.txID = hex.EncodeToString(id[:])

	var err error
	if p.encoded, err = p.marshal(); err != nil {
		n.t.Fatalf("ledgertest: proposal %s of %s: %v", function, chaincode, err)
	}
	p.signature = sync.OnceValues(func() ([]byte, error) { return signMessage(caller.key, p.encoded) })
	return p
}

// admit is what a peer checks before it runs the chaincode.
func (n *Network) admit(p *proposal) error {
	if off := n.world.now.Sub(p.timestamp).Abs(); off > timeWindow {
		return p.refused(fmt.Sprintf(
			"request unauthorized due to incorrect timestamp %s, peer time %s, peer.authentication.timewindow %s",
			p.timestamp.UTC().Format(time.RFC3339), n.world.now.UTC().Format(time.RFC3339), timeWindow))
	}
	if _, known := n.chaincodes[p.chaincode]; !known {
		return p.refused(fmt.Sprintf(
			"make sure the chaincode %s has been successfully defined on channel %s and try again: chaincode %s not found",
			p.chaincode, n.channel, p.chaincode))
	}
	return nil
}

func (p *proposal) marshal() ([]byte, error) {
	id := &peer.ChaincodeID{Name: p.chaincode}
	var m marshaller
	header := m.marshal(&common.Header{
		ChannelHeader: m.marshal(&common.ChannelHeader{
			Type:      int32(common.HeaderType_ENDORSER_TRANSACTION),
			Timestamp: timestamppb.New(p.timestamp),
			ChannelId: p.channel,
			TxId:      p.txID,
			Extension: m.marshal(&peer.ChaincodeHeaderExtension{ChaincodeId: id}),
		}),
		SignatureHeader: m.marshal(&common.SignatureHeader{Creator: p.caller.creator, Nonce: p.nonce}),
	})
	payload := m.marshal(&peer.ChaincodeProposalPayload{
		Input: m.marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
			ChaincodeId: id,
			Input:       &peer.ChaincodeInput{Args: p.args},
		}}),
		TransientMap: p.transient,
	})
	return m.marshal(&peer.Proposal{Header: header, Payload: payload}), m.err
}

// binding ties application data to the proposal: the hash of nonce, creator
// and epoch (always 0).
func (p *proposal) binding() []byte {
	h := sha256.New()
	h.Write(p.nonce)
	h.Write(p.caller.creator)
	h.Write(binary.LittleEndian.AppendUint64(nil, 0))
	return h.Sum(nil)
}

// marshaller marshals nested messages and keeps the first error.
type marshaller struct{ err error }

func (m *marshaller) marshal(message proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if m.err == nil {
		m.err = err
	}
	return b
}
