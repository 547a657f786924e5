// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Roles of officers. They establish and close the roots of accreditation, two of
// different organisations each time, and have no say in any document.
const (
	RoleRegistrar call.Role = "registrar" // proposes
	RoleApprover  call.Role = "approver"  // approves
)

// Roles lists every role.
var Roles = []call.Role{RoleRegistrar, RoleApprover}

// Root is where accreditation in a field begins.
type Root struct {
	Name    string   `json:"name"`
	DID     string   `json:"did"`
	Opened  int64    `json:"opened,omitempty"` // Unix seconds
	Closed  int64    `json:"closed,omitempty"`
	Pending *Pending `json:"pending,omitempty"`
}

// Pending is a change that one officer proposed.
type Pending struct {
	Close bool   `json:"close,omitempty"`
	By    string `json:"by"`  // MSP/common name
	MSP   string `json:"msp"` // of who proposed
}

// ProposeRoot proposes to open a root, or to close it for good.
type ProposeRoot struct {
	call.Operation
	Name  string `json:"name"`
	DID   string `json:"did"`
	Close bool   `json:"close,omitempty"`
}

// Validate checks the form.
func (r ProposeRoot) Validate() error {
	if err := CheckName("root", r.Name); err != nil {
		return err
	}
	_, err := ParseDID(r.DID)
	return err
}

// Propose notes a proposal. found says whether the root is there. It returns
// ROOT_STATE.
func (r ProposeRoot) Propose(have Root, found bool, by, msp string) (Root, error) {
	switch {
	case !found && r.Close, found && have.Closed != 0, found && have.Opened != 0 && !r.Close:
		return have, RootState.Errorf("%s cannot be opened or closed: opened %d, closed %d", r.Name, have.Opened, have.Closed)
	case found && r.Close && have.DID != r.DID:
		return have, RootState.Errorf("%s is %s", r.Name, have.DID)
	}
	have.Name, have.DID = r.Name, r.DID
	have.Pending = &Pending{Close: r.Close, By: by, MSP: msp}
	return have, nil
}

// ApproveRoot approves what was proposed. DID and Close repeat it, so that nobody
// approves what was exchanged meanwhile.
type ApproveRoot struct{ ProposeRoot }

// Approve carries a proposal out. It returns ROOT_STATE or SAME_ORGANISATION.
func (r ApproveRoot) Approve(have Root, by, msp string, now int64) (Root, error) {
	p := have.Pending
	if p == nil || p.Close != r.Close || have.DID != r.DID {
		return have, RootState.Errorf("nothing of this kind was proposed for %s", r.Name)
	}
	if p.MSP == msp || p.By == by {
		return have, SameOrganisation.Errorf("%s proposed it; %s is of the same organisation", p.By, by)
	}
	if have.Pending = nil; r.Close {
		have.Closed = now
	} else {
		have.Opened = now
	}
	return have, nil
}

// MaxRoots bounds the roots that one DID is ever.
const MaxRoots = 16

// RootNames are the roots that a DID is, or was: by the DID alone an authority is
// found that has several fields.
type RootNames struct {
	Names []string `json:"names"` // in the order they were opened
}

// Add notes a root that was opened. It returns ROOT_STATE.
func (n RootNames) Add(name, did string) (RootNames, error) {
	if len(n.Names) >= MaxRoots {
		return n, RootState.Errorf("%s is the root of %d fields, at most %d", did, len(n.Names), MaxRoots)
	}
	n.Names = append(slices.Clone(n.Names), name)
	return n, nil
}

// RootNamesQuery asks which roots a DID is.
type RootNamesQuery struct {
	DID string `json:"did"`
}

// Validate checks the form.
func (q RootNamesQuery) Validate() error {
	_, err := ParseDID(q.DID)
	return err
}

// RootQuery asks for a root.
type RootQuery struct {
	Name string `json:"name"`
}

// Validate checks the form.
func (q RootQuery) Validate() error { return CheckName("root", q.Name) }
