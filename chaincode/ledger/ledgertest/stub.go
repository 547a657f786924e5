// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The shim's own limits of keys.
const (
	compositePrefix    = "\x00"
	emptyKeySubstitute = "\x01" // the first simple key
	lastInComposite    = string(utf8.MaxRune)
)

// stub is what one chaincode sees of one transaction on one peer.
type stub struct {
	run       *run
	sim       *simulation
	chaincode string
	args      [][]byte
	event     *Event
	batch     *writeBatch
}

var _ shim.ChaincodeStubInterface = (*stub)(nil)

// failed words an error of the peer as the chaincode gets it.
func (s *stub) failed(message string, err error) error {
	return fmt.Errorf("%s failed: transaction ID: %s: %w", message, s.run.proposal.txID, err)
}

// mustBeUTF8 panics as the shim does: keys travel in protobuf strings.
func mustBeUTF8(keys ...string) {
	for _, key := range keys {
		if !utf8.ValidString(key) {
			panic(fmt.Sprintf("failed to marshal message: string field contains invalid UTF-8: key %q", key))
		}
	}
}

func (s *stub) GetArgs() [][]byte { return s.args }

func (s *stub) GetStringArgs() []string {
	args := make([]string, len(s.args))
	for i, arg := range s.args {
		args[i] = string(arg)
	}
	return args
}

func (s *stub) GetFunctionAndParameters() (string, []string) {
	args := s.GetStringArgs()
	if len(args) == 0 {
		return "", []string{}
	}
	return args[0], args[1:]
}

func (s *stub) GetArgsSlice() ([]byte, error) {
	return append([]byte{}, bytes.Join(s.args, nil)...), nil
}

func (s *stub) GetTxID() string { return s.run.proposal.txID }

func (s *stub) GetChannelID() string { return s.sim.net.channel }

func (s *stub) GetState(key string) ([]byte, error) {
	mustBeUTF8(key)
	return s.sim.get(s.chaincode, key), nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	mustBeUTF8(keys...)
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s.sim.get(s.chaincode, key)
	}
	return values, nil
}

func (s *stub) PutState(key string, value []byte) error {
	if key == "" {
		return errors.New("key must not be an empty string")
	}
	return s.write("PUT_STATE", key, value)
}

func (s *stub) DelState(key string) error { return s.write("DEL_STATE", key, nil) }

func (s *stub) write(message, key string, value []byte) error {
	if s.batch != nil {
		s.batch.add(key, value)
		return nil
	}
	mustBeUTF8(key)
	if err := s.sim.put(s.chaincode, key, value); err != nil {
		return s.failed(message, err)
	}
	return nil
}

func (s *stub) StartWriteBatch() {
	if s.batch == nil {
		s.batch = newWriteBatch()
	}
}

func (s *stub) FinishWriteBatch() error {
	if s.batch == nil {
		return nil
	}
	batch := s.batch
	s.batch = nil
	for _, key := range batch.keys {
		mustBeUTF8(key)
	}
	for _, key := range batch.keys {
		if err := s.sim.put(s.chaincode, key, batch.values[key]); err != nil {
			return fmt.Errorf("failed send batch: %w", s.failed("WRITE_BATCH_STATE", err))
		}
	}
	return nil
}

// writeBatch holds writes back on the chaincode's side; the last one to a key
// counts.
type writeBatch struct {
	keys   []string
	values map[string][]byte
}

func newWriteBatch() *writeBatch { return &writeBatch{values: map[string][]byte{}} }

func (b *writeBatch) add(key string, value []byte) {
	if _, known := b.values[key]; !known {
		b.keys = append(b.keys, key)
	}
	b.values[key] = value
}

func (s *stub) CreateCompositeKey(objectType string, attributes []string) (string, error) {
	return shim.CreateCompositeKey(objectType, attributes)
}

func (s *stub) SplitCompositeKey(key string) (string, []string, error) { return SplitKey(key) }

// SplitKey takes a composite key apart, exactly as the shim does, for tests
// that look at the state. Like the shim it panics on a key that is not
// composite.
func SplitKey(key string) (objectType string, attributes []string, err error) {
	return new(shim.ChaincodeStub).SplitCompositeKey(key)
}

func (s *stub) GetCreator() ([]byte, error) { return s.run.proposal.caller.Creator(), nil }

func (s *stub) GetTransient() (map[string][]byte, error) {
	transient := maps.Clone(s.run.proposal.transient)
	for key, value := range transient {
		transient[key] = bytes.Clone(value)
	}
	return transient, nil
}

func (s *stub) GetBinding() ([]byte, error) { return s.run.proposal.binding(), nil }

func (s *stub) GetDecorations() map[string][]byte { return nil }

func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) {
	signature, err := s.run.proposal.signature()
	if err != nil {
		return nil, err
	}
	return &peer.SignedProposal{
		ProposalBytes: bytes.Clone(s.run.proposal.encoded),
		Signature:     bytes.Clone(signature),
	}, nil
}

func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return timestamppb.New(s.run.proposal.timestamp), nil
}

func (s *stub) SetEvent(name string, payload []byte) error {
	if name == "" {
		return errors.New("event name can not be empty string")
	}
	s.event = &Event{Chaincode: s.chaincode, Name: name, Payload: bytes.Clone(payload)}
	return nil
}
