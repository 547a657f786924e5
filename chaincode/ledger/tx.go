// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sort"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Tx is the unit of work of one transaction: an overlay over the ledger that
// sees its own writes, which Fabric does not show a running transaction. Writes
// and events reach the ledger together when the function returns without error.
type Tx struct {
	stub     shim.ChaincodeStubInterface
	config   Config
	caller   *Caller
	now      time.Time
	reads    map[string][]byte // committed values, nil where absent
	writes   map[string][]byte // nil deletes
	decoded  map[string]any    // records as Table.Get decoded them, until they are written
	asked    map[string]reply  // what other chaincodes answered
	journal  []change
	events   []event
	readOnly bool
}

// change remembers what a write replaced, so that it can be undone.
type change struct {
	key     string
	before  []byte
	existed bool
}

type event struct{ kind, ref string }

func newTx(stub shim.ChaincodeStubInterface, config Config) (*Tx, error) {
	ts, err := stub.GetTxTimestamp()
	if err != nil || ts == nil || !ts.IsValid() {
		return nil, code.BadRequest.Errorf("the transaction has no valid timestamp")
	}
	return &Tx{
		stub: stub, config: config, now: ts.AsTime().UTC().Truncate(time.Second),
		reads: map[string][]byte{}, writes: map[string][]byte{}, decoded: map[string]any{},
	}, nil
}

// ID is the transaction's id, 64 hexadecimal digits.
func (t *Tx) ID() string { return t.stub.GetTxID() }

// Channel is the channel the transaction runs on.
func (t *Tx) Channel() string { return t.stub.GetChannelID() }

// Chaincode is the name under which this chaincode is deployed.
func (t *Tx) Chaincode() string { return t.config.Name }

// Network is the id of the network this chaincode serves.
func (t *Tx) Network() string { return t.config.Network }

// ClockBound is how far a transaction's timestamp may be off a peer's clock.
func (t *Tx) ClockBound() time.Duration { return t.config.clockBound() }

// Now is the transaction's timestamp in UTC, to the second. It is the
// submitter's clock; peers refuse proposals further off theirs than the clock bound,
// 15 minutes if nothing else is said, so rules that give money back wait longer.
func (t *Tx) Now() time.Time { return t.now }

// get returns the value as this transaction sees it, nil where absent.
func (t *Tx) get(key string) ([]byte, error) {
	if v, ok := t.writes[key]; ok {
		return v, nil
	}
	if v, ok := t.reads[key]; ok {
		return v, nil
	}
	v, err := t.stub.GetState(key)
	if err != nil {
		return nil, code.Broken.Errorf("read state: %w", err)
	}
	if len(v) == 0 {
		v = nil
	}
	t.reads[key] = v
	return v, nil
}

// Prefetch reads many keys in one round trip to the peer. Reading them later
// costs nothing. Every prefetched key is part of the transaction's read set, so
// name only what will be read anyway.
func (t *Tx) Prefetch(keys ...string) error {
	missing := make([]string, 0, len(keys))
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		if _, ok := t.reads[k]; !ok && !seen[k] {
			seen[k] = true
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	values, err := t.stub.GetMultipleStates(missing...)
	if err != nil {
		return code.Broken.Errorf("read %d states: %w", len(missing), err)
	}
	if len(values) != len(missing) { // a peer's database error can come back as nothing at all
		return code.Broken.Errorf("asked for %d states, the peer answered %d", len(missing), len(values))
	}
	for i, k := range missing {
		if len(values[i]) > 0 {
			t.reads[k] = values[i]
		} else {
			t.reads[k] = nil
		}
	}
	return nil
}

func (t *Tx) put(key string, value []byte) {
	before, existed := t.writes[key]
	t.journal = append(t.journal, change{key, before, existed})
	delete(t.decoded, key)
	t.writes[key] = value
}

// Emit records a domain event: what happened, and the key parts of the record
// that tells the rest, joined by slashes. All events of a transaction travel in
// one Fabric event (see call.Envelope).
func (t *Tx) Emit(kind, ref string) { t.events = append(t.events, event{kind, ref}) }

// Attempt runs one item of a batch. When it returns an error, its writes and
// events are undone and those of other items stay.
func (t *Tx) Attempt(item func() error) error {
	mark, events := len(t.journal), len(t.events)
	err := item()
	if err != nil {
		for i := len(t.journal) - 1; i >= mark; i-- {
			c := t.journal[i]
			delete(t.decoded, c.key)
			if c.existed {
				t.writes[c.key] = c.before
			} else {
				delete(t.writes, c.key)
			}
		}
		t.journal = t.journal[:mark]
		t.events = t.events[:events]
	}
	return err
}

// flush hands all writes and the one event to the peer, keys in order.
func (t *Tx) flush() error {
	if t.readOnly && (len(t.writes) > 0 || len(t.events) > 0) {
		return code.Broken.Errorf("a query tried to write %d keys", len(t.writes))
	}
	keys := make([]string, 0, len(t.writes))
	for k := range t.writes {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	t.stub.StartWriteBatch()
	for _, k := range keys {
		var err error
		if v := t.writes[k]; v == nil {
			// A key that was absent needs no delete: it was made and unmade here.
			if committed, read := t.reads[k]; read && committed == nil {
				continue
			}
			err = t.stub.DelState(k)
		} else {
			err = t.stub.PutState(k, v)
		}
		if err != nil {
			return code.Broken.Errorf("write state: %w", err)
		}
	}
	if err := t.stub.FinishWriteBatch(); err != nil {
		return code.Broken.Errorf("write %d states: %w", len(keys), err)
	}
	return t.flushEvents()
}
