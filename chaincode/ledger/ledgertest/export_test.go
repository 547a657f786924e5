// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// ThroughShim simulates a transaction on peer 0 as Endorse does, but hands the
// chaincode the real shim's stub, which talks the peer's protocol to the same
// simulation. It is what the tests hold this package's own stub against.
func (n *Network) ThroughShim(caller *Caller, chaincode, function string, args ...any) (*Endorsement, error) {
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()
	p := n.propose(caller, chaincode, function, args)
	signature, err := p.signature()
	if err != nil {
		return nil, err
	}
	s := &peerStream{
		proposal: p, sim: newSimulation(n, p.txID), scans: map[string]*rangeScan{},
		toShim: make(chan *peer.ChaincodeMessage, 4), answer: make(chan *peer.ChaincodeMessage, 1),
		ready: make(chan struct{}),
	}
	ended := make(chan error, 1)
	go func() { ended <- shim.StartInProc(chaincode, s, n.chaincodes[chaincode][0]) }()
	<-s.ready
	s.toShim <- &peer.ChaincodeMessage{
		Type: peer.ChaincodeMessage_TRANSACTION, Txid: p.txID, ChannelId: p.channel,
		Payload:  must(proto.Marshal(&peer.ChaincodeInput{Args: p.args})),
		Proposal: &peer.SignedProposal{ProposalBytes: p.encoded, Signature: signature},
	}
	answer := <-s.answer
	close(s.toShim)
	if err := <-ended; err == nil || err.Error() != "received EOF, ending chaincode stream" {
		return nil, fmt.Errorf("chaincode stream: %w", err)
	}

	if answer.GetType() != peer.ChaincodeMessage_COMPLETED {
		return nil, p.refused("error in simulation: transaction returned with failure: " + string(answer.GetPayload()))
	}
	response := &peer.Response{}
	if err := proto.Unmarshal(answer.GetPayload(), response); err != nil {
		return nil, err
	}
	if response.GetStatus() != shim.OK {
		return nil, &EndorseError{TxID: p.txID, Status: response.GetStatus(), Message: response.GetMessage()}
	}
	e := &Endorsement{TxID: p.txID, Payload: response.GetPayload(), rw: s.sim.results()}
	if event := answer.GetChaincodeEvent(); event != nil {
		e.Event = &Event{Chaincode: chaincode, Name: event.GetEventName(), Payload: event.GetPayload()}
	}
	return e, nil
}

// peerStream is the peer's end of a chaincode's stream.
type peerStream struct {
	proposal *proposal
	sim      *simulation
	scans    map[string]*rangeScan
	toShim   chan *peer.ChaincodeMessage
	answer   chan *peer.ChaincodeMessage
	ready    chan struct{}
}

func (s *peerStream) Recv() (*peer.ChaincodeMessage, error) {
	m, open := <-s.toShim
	if !open {
		return nil, io.EOF
	}
	return m, nil
}

func (s *peerStream) CloseSend() error { return nil }

func (s *peerStream) Send(m *peer.ChaincodeMessage) error {
	switch m.GetType() {
	case peer.ChaincodeMessage_REGISTER:
		s.toShim <- &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTERED}
		s.toShim <- &peer.ChaincodeMessage{
			Type: peer.ChaincodeMessage_READY,
			Payload: must(proto.Marshal(&peer.ChaincodeAdditionalParams{
				UseWriteBatch: true, MaxSizeWriteBatch: 1000, UseGetMultipleKeys: true, MaxSizeGetMultipleKeys: 1000,
			})),
		}
		close(s.ready)
	case peer.ChaincodeMessage_COMPLETED, peer.ChaincodeMessage_ERROR:
		s.answer <- m
	default:
		reply := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, Txid: m.GetTxid(), ChannelId: m.GetChannelId()}
		payload, err := s.handle(m)
		if err != nil {
			reply.Type = peer.ChaincodeMessage_ERROR
			payload = fmt.Appendf(nil, "%s failed: transaction ID: %s: %v", m.GetType(), m.GetTxid(), err)
		}
		reply.Payload = payload
		s.toShim <- reply
	}
	return nil
}

func (s *peerStream) handle(m *peer.ChaincodeMessage) ([]byte, error) {
	namespace := s.proposal.chaincode
	switch m.GetType() {
	case peer.ChaincodeMessage_GET_STATE:
		r := parse(m, &peer.GetState{})
		return s.sim.get(namespace, r.GetKey()), nil
	case peer.ChaincodeMessage_GET_STATE_MULTIPLE:
		r := parse(m, &peer.GetStateMultiple{})
		result := &peer.GetStateMultipleResult{}
		for _, key := range r.GetKeys() {
			result.Values = append(result.Values, s.sim.get(namespace, key))
		}
		return proto.Marshal(result)
	case peer.ChaincodeMessage_PUT_STATE:
		r := parse(m, &peer.PutState{})
		return nil, s.sim.put(namespace, r.GetKey(), r.GetValue())
	case peer.ChaincodeMessage_DEL_STATE:
		return nil, s.sim.put(namespace, parse(m, &peer.DelState{}).GetKey(), nil)
	case peer.ChaincodeMessage_WRITE_BATCH_STATE:
		for _, w := range parse(m, &peer.WriteBatchState{}).GetRec() {
			if err := s.sim.put(namespace, w.GetKey(), w.GetValue()); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case peer.ChaincodeMessage_GET_STATE_BY_RANGE:
		r := parse(m, &peer.GetStateByRange{})
		var asked *page
		if len(r.GetMetadata()) > 0 {
			q := &peer.QueryMetadata{}
			if err := proto.Unmarshal(r.GetMetadata(), q); err != nil {
				return nil, err
			}
			asked = &page{q.GetPageSize(), q.GetBookmark()}
		}
		scan, err := s.sim.scan(namespace, r.GetStartKey(), r.GetEndKey(), asked)
		if err != nil {
			return nil, err
		}
		id := strconv.Itoa(len(s.scans))
		s.scans[id] = scan
		return s.next(id)
	case peer.ChaincodeMessage_QUERY_STATE_NEXT:
		return s.next(parse(m, &peer.QueryStateNext{}).GetId())
	case peer.ChaincodeMessage_QUERY_STATE_CLOSE:
		id := parse(m, &peer.QueryStateClose{}).GetId()
		s.scans[id].closed = true
		return proto.Marshal(&peer.QueryResponse{Id: id})
	default:
		return nil, errors.New("not spoken here")
	}
}

func (s *peerStream) next(id string) ([]byte, error) {
	scan := s.scans[id]
	results, more, err := scan.batch()
	if err != nil {
		return nil, err
	}
	response := &peer.QueryResponse{Id: id, HasMore: more}
	for _, kv := range results {
		response.Results = append(response.Results, &peer.QueryResultBytes{ResultBytes: must(proto.Marshal((*queryresult.KV)(kv)))})
	}
	if scan.paginated {
		response.Metadata = must(proto.Marshal(&peer.QueryResponseMetadata{
			FetchedRecordsCount: int32(scan.returned), Bookmark: scan.bookmark(),
		}))
	}
	return proto.Marshal(response)
}

func parse[T proto.Message](m *peer.ChaincodeMessage, into T) T {
	if err := proto.Unmarshal(m.GetPayload(), into); err != nil {
		panic(err)
	}
	return into
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
