// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func (t *Tx) flushEvents() error {
	if len(t.events) == 0 {
		return nil
	}
	env := call.Envelope{V: 1, Chaincode: t.config.Name}
	at := map[string]int{}
	for _, e := range t.events {
		i, ok := at[e.kind]
		if !ok {
			i = len(env.Events)
			at[e.kind] = i
			env.Events = append(env.Events, call.Event{Type: e.kind})
		}
		env.Events[i].Refs = append(env.Events[i].Refs, e.ref)
	}
	payload, err := json.Marshal(env)
	if err != nil {
		return code.Broken.Errorf("encode events: %w", err)
	}
	if err := t.stub.SetEvent(call.EventName, payload); err != nil {
		return code.Broken.Errorf("set event: %w", err)
	}
	return nil
}
