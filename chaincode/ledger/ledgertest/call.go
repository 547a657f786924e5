// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// run is one proposal on one peer, with the chaincodes on its call stack.
type run struct {
	proposal *proposal
	peer     int
	active   map[activation]struct{}
}

// activation is a chaincode at work on a channel: it cannot be entered twice.
type activation struct{ channel, chaincode string }

// call runs a chaincode within a simulation.
func (r *run) call(sim *simulation, name string, args [][]byte) (*peer.Response, *Event, error) {
	instances, known := sim.net.chaincodes[name]
	if !known {
		return nil, nil, fmt.Errorf("invalid invocation: [channel %s] failed to get chaincode container info for %s: "+
			"chaincode %s not found", sim.net.channel, name, name)
	}
	here := activation{sim.net.channel, name}
	if _, twice := r.active[here]; twice {
		return nil, nil, fmt.Errorf("error sending: txid: %s(%s) exists", r.proposal.txID, sim.net.channel)
	}
	r.active[here] = struct{}{}
	defer delete(r.active, here)

	s := &stub{run: r, sim: sim, chaincode: name, args: cloneAll(args)}
	answer := instances[r.peer%len(instances)].Invoke(s)
	response := &peer.Response{
		Status:  answer.GetStatus(),
		Message: answer.GetMessage(),
		Payload: bytes.Clone(answer.GetPayload()),
	}
	// What follows is the shim's: it marshals the answer, then sends what is
	// left in a write batch, whatever the status.
	if !utf8.ValidString(response.Message) {
		return nil, nil, errors.New("transaction returned with failure: " +
			"failed to marshal response: string field contains invalid UTF-8")
	}
	if s.event != nil && !utf8.ValidString(s.event.Name) {
		return nil, nil, errors.New("chaincode stream terminated")
	}
	if err := s.FinishWriteBatch(); err != nil {
		return nil, nil, fmt.Errorf("transaction returned with failure: failed send batch: %w", err)
	}
	return response, s.event, nil
}

// InvokeChaincode calls another chaincode in the same transaction. Errors of
// the peer come as status 500 with the text in the payload, as on Fabric.
func (s *stub) InvokeChaincode(name string, args [][]byte, channel string) *peer.Response {
	mustBeUTF8(name, channel)
	response, err := s.invoke(name, args, channel)
	if err != nil {
		err = s.failed("INVOKE_CHAINCODE", err)
		return &peer.Response{Status: shim.ERROR, Payload: []byte(err.Error())}
	}
	return response
}

func (s *stub) invoke(name string, args [][]byte, channel string) (*peer.Response, error) {
	// The peer takes "name:version/channel" apart.
	if channel != "" {
		name += "/" + channel
	}
	name, channel, _ = strings.Cut(name, "/")
	name, _, _ = strings.Cut(name, ":")

	sim := s.sim
	if channel != "" && channel != sim.net.channel {
		other := sim.net.world.channels[channel]
		if other == nil {
			return nil, fmt.Errorf("failed to find ledger for channel: %s", channel)
		}
		// Read there, and thrown away.
		sim = newSimulation(other, s.run.proposal.txID)
	}
	response, _, err := s.run.call(sim, name, args)
	if err != nil {
		return nil, fmt.Errorf("execute failed: %w", err)
	}
	return response, nil
}

func cloneAll(args [][]byte) [][]byte {
	clones := make([][]byte, len(args))
	for i, arg := range args {
		clones[i] = append([]byte{}, arg...)
	}
	return clones
}
