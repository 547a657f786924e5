// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// EventName is the name of the one Fabric event of a transaction.
const EventName = "trust.v1"

// Envelope is the payload of that event: all domain events of the transaction
// in the order in which their kinds first appeared.
type Envelope struct {
	V         int     `json:"v"`
	Chaincode string  `json:"chaincode"`
	Events    []Event `json:"events"`
}

// Event groups the records to which the same thing happened. Refs are the key
// parts of each record joined by slashes, e.g. "nowon/H3k…/12" of a receipt.
type Event struct {
	Type string   `json:"type"`
	Refs []string `json:"refs"`
}

func (t *Tx) flushEvents() error {
	if len(t.events) == 0 {
		return nil
	}
	env := Envelope{V: 1, Chaincode: t.config.Name}
	at := map[string]int{}
	for _, e := range t.events {
		i, ok := at[e.kind]
		if !ok {
			i = len(env.Events)
			at[e.kind] = i
			env.Events = append(env.Events, Event{Type: e.kind})
		}
		env.Events[i].Refs = append(env.Events[i].Refs, e.ref)
	}
	payload, err := json.Marshal(env)
	if err != nil {
		return code.Broken.Errorf("encode events: %w", err)
	}
	if err := t.stub.SetEvent(EventName, payload); err != nil {
		return code.Broken.Errorf("set event: %w", err)
	}
	return nil
}
