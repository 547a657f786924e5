// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Organisations names the Fabric organisations (MSP ids) whose officers' roles
// count in a programme.
type Organisations struct {
	Issuer   string `json:"issuer"`   // sets policies, proposes appropriations, issues, registers merchants
	Operator string `json:"operator"` // runs the platform; approves and freezes
	Bank     string `json:"bank"`     // confirms deposits and payouts
}

// All lists the organisations, each once.
func (o Organisations) All() []string {
	all := []string{o.Issuer, o.Operator, o.Bank}
	slices.Sort(all)
	return slices.Compact(all)
}

// Program is one voucher or local currency.
type Program struct {
	ID               string        `json:"id"`
	Title            string        `json:"title"` // what people call it, public
	Zone             string        `json:"zone"`  // fixed offset of its calendar, e.g. "+09:00"
	Organisations    Organisations `json:"organisations"`
	SameOrganisation bool          `json:"sameOrganisation,omitempty"` // two people of one organisation may do what two must
	Open             bool          `json:"open,omitempty"`             // any DID may open an account; else an enrolment is asked for
	Enrollers        []string      `json:"enrollers,omitempty"`        // DIDs whose enrolments count
	Identity         *Identity     `json:"identity,omitempty"`         // where did:komsco is looked up; without it only did:key and did:jwk have accounts
	RecoveryHours    int           `json:"recoveryHours,omitempty"`    // how long a recovery waits for objections, 1 to 8760; 0 is 72
	Policy           int           `json:"policy,omitempty"`           // the version in force; 0 while none is approved
	Policies         int           `json:"policies,omitempty"`         // versions proposed so far
}

// Validate returns INVALID_ID, INVALID_POLICY or BAD_DID for a definition that
// cannot stand.
func (p Program) Validate() error {
	if err := CheckID("programme id", p.ID); err != nil {
		return err
	}
	if p.Title == "" || len(p.Title) > 200 {
		return InvalidPolicy.Errorf("title has %d bytes, 1 to 200 are allowed", len(p.Title))
	}
	if _, err := parseZone(p.Zone); err != nil {
		return err
	}
	for _, msp := range p.Organisations.All() {
		if err := CheckID("organisation", msp); err != nil {
			return err
		}
	}
	if !p.SameOrganisation && len(p.Organisations.All()) < 2 {
		return InvalidPolicy.Errorf("two organisations must agree on new money, only %s is named", p.Organisations.Issuer)
	}
	if p.Open != (len(p.Enrollers) == 0) {
		return InvalidPolicy.Errorf("open is %t with %d enrollers: a programme is open or names who enrols", p.Open, len(p.Enrollers))
	}
	if p.RecoveryHours < 0 || p.RecoveryHours > 8760 {
		return InvalidPolicy.Errorf("recoveryHours %d: 1 to 8760, or 0 for %d", p.RecoveryHours, RecoveryHours)
	}
	if len(p.Enrollers) > 32 {
		return InvalidPolicy.Errorf("%d enrollers, at most 32", len(p.Enrollers))
	}
	for _, e := range p.Enrollers {
		if err := CheckHolderDID(e); err != nil {
			return err
		}
	}
	return p.Identity.validate()
}

// Today is the programme's calendar day at an instant.
func (p Program) Today(now time.Time) Day { return DayOf(now, p.Location()) }

// Location is where the programme's calendar days begin and end.
func (p Program) Location() *time.Location {
	zone, err := parseZone(p.Zone)
	if err != nil {
		return time.UTC // not reached: the zone was checked when the programme was defined
	}
	return zone
}

func parseZone(s string) (*time.Location, error) {
	t, err := time.Parse("-07:00", s)
	_, offset := t.Zone()
	if err != nil || t.Format("-07:00") != s || max(offset, -offset) > 14*60*60 {
		return nil, InvalidPolicy.Errorf("zone %.16q is not an offset such as +09:00", s)
	}
	return time.FixedZone(s, offset), nil
}

// CheckSecond returns SAME_OFFICER or SAME_ORGANISATION unless the second person
// may complete what the first began. Both are "MSP/common name".
func (p Program) CheckSecond(first, second string) error {
	if first == second {
		return SameOfficer.Errorf("%s proposed it and cannot approve it", first)
	}
	msp1, _, _ := strings.Cut(first, "/")
	msp2, _, _ := strings.Cut(second, "/")
	if msp1 == msp2 && !p.SameOrganisation {
		return SameInstitution.Errorf("%s and %s are both of %s", first, second, msp1)
	}
	return nil
}

// DefineProgram defines a programme.
type DefineProgram struct {
	call.Operation
	Program Program `json:"program"`
}

// Validate checks the form.
func (r DefineProgram) Validate() error {
	if r.Program.Policy != 0 || r.Program.Policies != 0 {
		return InvalidPolicy.Errorf("a new programme has no policies yet")
	}
	return r.Program.Validate()
}

// ProposePolicy proposes the next version of a programme's rules.
type ProposePolicy struct {
	call.Operation
	Policy Policy `json:"policy"`
}

// Validate checks the form.
func (r ProposePolicy) Validate() error {
	if r.Policy.Approved || r.Policy.ProposedBy != "" || r.Policy.ApprovedBy != "" {
		return InvalidPolicy.Errorf("approved, proposedBy and approvedBy are not the proposer's to set")
	}
	return r.Policy.Validate()
}

// ProgramsQuery asks for a page of all programmes.
type ProgramsQuery struct {
	Limit    int    `json:"limit,omitempty"` // 1 to 500; 500 if left out
	Bookmark string `json:"bookmark,omitempty"`
}

// Validate checks the form.
func (q ProgramsQuery) Validate() error {
	if q.Limit < 0 || q.Limit > call.MaxPage || len(q.Bookmark) > 1024 {
		return InvalidID.Errorf("limit %d: 0 to %d", q.Limit, call.MaxPage)
	}
	return nil
}

// PolicyQuery names a policy version; 0 in a query is the one in force.
type PolicyQuery struct {
	Program string `json:"program"`
	Version int    `json:"version"`
}

// Validate checks the form.
func (r PolicyQuery) Validate() error {
	if r.Version < 0 || r.Version > 9999 {
		return InvalidID.Errorf("version %d: 0 to 9999", r.Version)
	}
	return CheckID("programme id", r.Program)
}

// ApprovePolicy approves a proposed version.
type ApprovePolicy struct {
	call.Operation
	PolicyQuery
}

// ProgramQuery names a programme.
type ProgramQuery struct {
	Program string `json:"program"`
}

// Validate checks the form.
func (r ProgramQuery) Validate() error { return CheckID("programme id", r.Program) }
