// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

type officerRequest interface {
	Validate() error
	OperationID() string
}

// operation remembers the first result of an officer's call.
type operation struct {
	Digest string          `json:"digest"` // SHA-256 of function and request
	Tx     string          `json:"tx"`
	Result json.RawMessage `json:"result"`
}

// Key: op / MSP / hash of the common name / operation id.
var operations = NewTable[operation]("op", 3)

// once runs an officer's call unless it ran before. It returns OPERATION_REUSED
// when the id stands for other content.
func once(t *Tx, function string, req officerRequest, do func() (any, error)) ([]byte, error) {
	id := req.OperationID()
	if !ValidPart(id) || len(id) > 64 {
		return nil, code.BadRequest.Errorf("op %.80q: an operation id has 1 to 64 of A-Z a-z 0-9 . _ : - @", id)
	}
	caller, err := t.Caller()
	if err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(req)
	if err != nil {
		return nil, code.Broken.Errorf("encode request: %w", err)
	}
	sum := sha256.Sum256(append([]byte(function+"\x00"), canonical...))
	digest := hex.EncodeToString(sum[:])
	first, found, err := operations.Get(t, caller.MSP, caller.key(), id)
	if err != nil {
		return nil, err
	}
	if found {
		if first.Digest != digest {
			return nil, code.OperationReused.Errorf("operation %s of %s did something else in transaction %s", id, caller, first.Tx)
		}
		return first.Result, nil
	}
	result, err := do()
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, code.Broken.Errorf("encode result: %w", err)
	}
	return encoded, operations.Put(t, operation{Digest: digest, Tx: t.ID(), Result: encoded}, caller.MSP, caller.key(), id)
}
