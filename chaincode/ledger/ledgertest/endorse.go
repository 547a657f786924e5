// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Event is the one event of a transaction.
type Event struct {
	Chaincode string // the outermost one
	Name      string
	Payload   []byte
}

// Endorsement is a transaction on which all peers agree, ready to be committed.
type Endorsement struct {
	TxID      string
	Chaincode string
	Caller    *Caller
	Timestamp time.Time
	Args      [][]byte // the function's name first
	Payload   []byte   // the chaincode's answer
	Event     *Event   // nil if it set none
	// Status is TxValidationCode_NOT_VALIDATED until the transaction is
	// committed, then what became of it.
	Status peer.TxValidationCode
	// Conflict says for people what moved, after a conflict.
	Conflict string

	net *Network
	rw  *rwset
}

// Reads returns the keys read one by one, sorted by namespace and key.
func (e *Endorsement) Reads() []Read { return slices.Clone(e.rw.reads) }

// Ranges returns the ranges read, in the order they were opened.
func (e *Endorsement) Ranges() []RangeRead { return slices.Clone(e.rw.ranges) }

// Writes returns the keys written, sorted by namespace and key.
func (e *Endorsement) Writes() []Write { return slices.Clone(e.rw.writes) }

// EndorseError says that a proposal was refused. Nothing is written.
type EndorseError struct {
	TxID   string
	Status int32
	// Message is the chaincode's own, verbatim, or the peer's.
	Message string
	// ByPeer says that no chaincode answered: the peer refused the proposal.
	ByPeer bool
}

// Error is worded as in the details of the gateway client's error.
func (e *EndorseError) Error() string {
	if e.ByPeer {
		return e.Message
	}
	return fmt.Sprintf("chaincode response %d, %s", e.Status, e.Message)
}

// MismatchError says that peers simulated a proposal differently: the chaincode
// is not deterministic, or the peers run different ones.
type MismatchError struct {
	TxID string
	// First and Second are the peers that disagree, numbered from 0.
	First, Second int
	// Difference is the first one found.
	Difference string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("ENDORSEMENT_MISMATCH: peers %d and %d differ on transaction %s: %s",
		e.First, e.Second, e.TxID, e.Difference)
}

// Endorse has every peer simulate a transaction. Arguments are strings, []byte
// or options such as [Transient] and [SubmittedAt]. The error is an
// [*EndorseError] or a [*MismatchError].
func (n *Network) Endorse(caller *Caller, chaincode, function string, args ...any) (*Endorsement, error) {
	n.t.Helper()
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()

	p := n.propose(caller, chaincode, function, args)
	if err := n.admit(p); err != nil {
		return nil, err
	}
	first := n.simulate(p, 0)
	for second := 1; second < n.peers; second++ {
		if d := first.difference(n.simulate(p, second)); d != "" {
			return nil, &MismatchError{TxID: p.txID, Second: second, Difference: d}
		}
	}
	if first.refusal != nil {
		return nil, first.refusal
	}
	return &Endorsement{
		TxID:      p.txID,
		Chaincode: chaincode,
		Caller:    caller,
		Timestamp: p.timestamp,
		Args:      p.args,
		Payload:   first.response.GetPayload(),
		Event:     first.event,
		Status:    peer.TxValidationCode_NOT_VALIDATED,
		net:       n,
		rw:        first.rw,
	}, nil
}

// Query evaluates a function on one peer, number 0, and writes nothing. The
// error is an [*EndorseError].
func (n *Network) Query(caller *Caller, chaincode, function string, args ...any) ([]byte, error) {
	n.t.Helper()
	n.world.mu.RLock()
	defer n.world.mu.RUnlock()

	p := n.propose(caller, chaincode, function, args)
	if err := n.admit(p); err != nil {
		return nil, err
	}
	o := n.simulate(p, 0)
	if o.refusal != nil {
		return nil, o.refusal
	}
	return o.response.GetPayload(), nil
}

// outcome is what one peer makes of a proposal: a refusal, or an answer and
// what it read and wrote.
type outcome struct {
	refusal  *EndorseError
	response *peer.Response
	event    *Event
	rw       *rwset
}

// simulate runs a proposal on one peer. The world's lock is held.
func (n *Network) simulate(p *proposal, peerNumber int) *outcome {
	r := &run{proposal: p, peer: peerNumber, active: map[activation]struct{}{}}
	sim := newSimulation(n, p.txID)
	response, event, err := r.call(sim, p.chaincode, p.args)
	if err != nil {
		return &outcome{refusal: p.refused("error in simulation: " + err.Error())}
	}
	// Peers endorse below 400; the gateway wants 200 or more as well.
	if response.GetStatus() < shim.OK || response.GetStatus() >= shim.ERRORTHRESHOLD {
		return &outcome{refusal: &EndorseError{
			TxID: p.txID, Status: response.GetStatus(), Message: response.GetMessage(),
		}}
	}
	return &outcome{response: response, event: event, rw: sim.results()}
}

// refused is the peer's own refusal of a proposal.
func (p *proposal) refused(message string) *EndorseError {
	return &EndorseError{TxID: p.txID, Status: shim.ERROR, Message: message, ByPeer: true}
}

// difference describes where two peers disagree; "" means they agree.
func (o *outcome) difference(other *outcome) string {
	if o.refusal != nil || other.refusal != nil {
		if a, b := o.describe(), other.describe(); a != b {
			return fmt.Sprintf("response: %s against %s", a, b)
		}
		return ""
	}
	a, b := o.response, other.response
	switch {
	case a.GetStatus() != b.GetStatus():
		return fmt.Sprintf("response status: %d against %d", a.GetStatus(), b.GetStatus())
	case a.GetMessage() != b.GetMessage():
		return fmt.Sprintf("response message: %q against %q", a.GetMessage(), b.GetMessage())
	case !bytes.Equal(a.GetPayload(), b.GetPayload()):
		return fmt.Sprintf("response payload: %s against %s", quote(a.GetPayload()), quote(b.GetPayload()))
	}
	if !o.event.same(other.event) {
		return fmt.Sprintf("event: %s against %s", o.event, other.event)
	}
	return o.rw.difference(other.rw)
}

func (o *outcome) describe() string {
	if o.refusal != nil {
		return "refused (" + o.refusal.Error() + ")"
	}
	return "endorsed"
}

func (e *Event) same(other *Event) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.Name == other.Name && bytes.Equal(e.Payload, other.Payload)
}

// String shows the event, for people; "none" if there is none.
func (e *Event) String() string {
	if e == nil {
		return "none"
	}
	return fmt.Sprintf("%s of %s, %s", e.Name, e.Chaincode, quote(e.Payload))
}
