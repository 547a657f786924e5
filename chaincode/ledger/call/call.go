// SPDX-License-Identifier: Apache-2.0

// Package call holds what callers of any chaincode of the platform send and
// get: operation ids, roles, pages and events. It knows nothing of Fabric, so
// clients share these types with the chaincodes.
package call

import (
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Operation is embedded in every officer's request. Op is chosen by the caller,
// once for each thing to be done: sent again, with the same content, it returns
// the first result and changes nothing.
type Operation struct {
	Op string `json:"op"` // 1 to 64 of A-Z a-z 0-9 . _ : - @
}

// OperationID returns the caller's operation id.
func (o Operation) OperationID() string { return o.Op }

// Role is an office on the ledger. A chaincode lists the roles it knows.
type Role string

// Grant is the record that a member of an organisation holds a role.
type Grant struct {
	MSP     string `json:"msp"`
	Name    string `json:"name"`
	Role    Role   `json:"role"`
	By      string `json:"by"`
	Granted int64  `json:"granted"` // Unix seconds
}

// SetRole names a member of the caller's own organisation and a role.
type SetRole struct {
	Operation
	Name string `json:"name"` // certificate subject's common name
	Role Role   `json:"role"`
}

// Validate checks the form.
func (r SetRole) Validate() error {
	if r.Name == "" || len(r.Name) > 256 {
		return code.BadRequest.Errorf("name has %d bytes, 1 to 256 are needed", len(r.Name))
	}
	if r.Role == "" {
		return code.BadRequest.Errorf("role is missing")
	}
	return nil
}

// Member names a member of any organisation.
type Member struct {
	MSP  string `json:"msp"`
	Name string `json:"name"`
}

// Validate checks the form.
func (r Member) Validate() error {
	if r.MSP == "" || len(r.MSP) > 128 || r.Name == "" || len(r.Name) > 256 {
		return code.BadRequest.Errorf("msp %.40q and name %.40q: both are needed", r.MSP, r.Name)
	}
	return nil
}

// MaxPage bounds a page.
const MaxPage = 500

// Page is one page of a query's records, in key order.
type Page[T any] struct {
	Records []Entry[T] `json:"records"`
	Next    string     `json:"next,omitempty"` // give it back to continue; empty at the end
}

// Entry is a record with the key parts behind the prefix that was asked for.
type Entry[T any] struct {
	Key    []string `json:"key"`
	Record T        `json:"record"`
}

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
