// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// MaxTranches bounds the tranches of an allotment.
const MaxTranches = 1000

// Allotment sets budget aside for what residents set off themselves: incentives
// of purchases (source subsidy), or what they earn and cashback (source reward). It is cut into equal tranches, each a key of
// its own, and whoever draws names the tranche. Drawing on different tranches
// never conflicts, so no purchase waits for another.
type Allotment struct {
	Program       string `json:"program"`
	ID            string `json:"id"`
	Unit          string `json:"unit"`              // what the amount is counted in
	Source        Source `json:"source"`            // of the value paid from it: subsidy or reward
	Purpose       string `json:"purpose,omitempty"` // that all of it is kept for; empty is none
	Appropriation string `json:"appropriation"`     // what it is drawn from
	Fund          string `json:"fund"`              // origin of the value paid from it
	Amount        int64  `json:"amount"`            // won; a multiple of the tranches
	Tranches      int    `json:"tranches"`          // 1 to 1000
	Returned      int64  `json:"returned,omitempty"`
	Closed        bool   `json:"closed,omitempty"`
	By            string `json:"by"` // MSP/common name
}

// Tranche is one part of an allotment.
type Tranche struct {
	Source  Source `json:"source"`
	Purpose string `json:"purpose,omitempty"` // that value paid from it is kept for
	Fund    string `json:"fund"`
	Left    int64  `json:"left"` // won
}

// Draw takes won for value of a source. It returns FUND_EXCEEDED.
func (t Tranche) Draw(source Source, amount int64) (Tranche, error) {
	if t.Source != source {
		return t, FundExceeded.Errorf("the tranche is for %s, not for %s", t.Source, source)
	}
	if amount > t.Left {
		return t, FundExceeded.Errorf("the tranche holds %d won, %d are drawn: name another one", t.Left, amount)
	}
	t.Left -= amount
	return t, nil
}

// Open draws the allotment from its appropriation. It returns UNIT_MISMATCH,
// PURPOSE_UNKNOWN, BATCH_CEILING, FUND_EXCEEDED or APPROPRIATION_STATE.
func (a Allotment) Open(p Policy, from Appropriation) (Allotment, Tranche, Appropriation, error) {
	if a.Unit != p.Unit {
		return a, Tranche{}, from, UnitMismatch.Errorf("the allotment counts in %.48q, the programme in %q", a.Unit, p.Unit)
	}
	if err := p.CheckPurpose(a.Purpose); err != nil {
		return a, Tranche{}, from, err
	}
	each := a.Amount / int64(a.Tranches)
	if each > p.BatchCeiling {
		return a, Tranche{}, from, BatchCeiling.Errorf("a tranche holds %d won, the policy allows %d", each, p.BatchCeiling)
	}
	from, err := from.Draw(a.Amount)
	a.Fund = from.Fund
	return a, Tranche{Source: a.Source, Purpose: a.Purpose, Fund: a.Fund, Left: each}, from, err
}

// Close ends an allotment: what its tranches hold goes back. It returns
// ALLOTMENT_CLOSED.
func (a Allotment) Close(tranches []Tranche, from Appropriation) (Allotment, []Tranche, Appropriation, error) {
	if a.Closed {
		return a, nil, from, AllotmentClosed.Errorf("allotment %s", a.ID)
	}
	empty := make([]Tranche, len(tranches))
	for i, t := range tranches {
		a.Returned += t.Left
		t.Left = 0
		empty[i] = t
	}
	a.Closed, from.Left = true, from.Left+a.Returned
	return a, empty, from, nil
}

// OpenAllotment sets budget aside.
type OpenAllotment struct {
	call.Operation
	Program       string `json:"program"`
	ID            string `json:"id"`
	Unit          string `json:"unit"`              // what the amount is counted in
	Source        Source `json:"source"`            // subsidy or reward
	Purpose       string `json:"purpose,omitempty"` // of the policy, that all of it is kept for
	Appropriation string `json:"appropriation"`
	Amount        int64  `json:"amount"`   // won, in all
	Tranches      int    `json:"tranches"` // into how many equal parts
}

// Allotment is the allotment that is asked for, before it is opened.
func (r OpenAllotment) Allotment() Allotment {
	return Allotment{
		Program: r.Program, ID: r.ID, Unit: r.Unit, Source: r.Source, Purpose: r.Purpose,
		Appropriation: r.Appropriation, Amount: r.Amount, Tranches: r.Tranches,
	}
}

// Validate checks the form.
func (r OpenAllotment) Validate() error {
	if err := checkMoney(r.Program, r.ID, r.Appropriation, r.Amount); err != nil {
		return err
	}
	if r.Source != Subsidy && r.Source != Reward {
		return InvalidID.Errorf("source %.16q: an allotment is for subsidy or reward", string(r.Source))
	}
	if err := checkPurposeID(r.Purpose); err != nil {
		return err
	}
	if r.Purpose != "" && r.Source == Subsidy {
		return InvalidID.Errorf("purpose %s: the subsidy of purchases counts together with what was bought, and is kept for no purpose", r.Purpose)
	}
	if r.Tranches < 1 || r.Tranches > MaxTranches {
		return TooLarge.Errorf("%d tranches, 1 to %d are allowed", r.Tranches, MaxTranches)
	}
	if r.Amount%int64(r.Tranches) != 0 {
		return InvalidAmount.Errorf("%d won cannot be cut into %d equal tranches", r.Amount, r.Tranches)
	}
	return nil
}

// TrancheQuery names a tranche of an allotment.
type TrancheQuery struct {
	Program   string `json:"program"`
	Allotment string `json:"allotment"`
	Tranche   int    `json:"tranche"` // from 0
}

// Validate checks the form.
func (r TrancheQuery) Validate() error {
	if r.Tranche < 0 || r.Tranche >= MaxTranches {
		return InvalidID.Errorf("tranche %d: 0 to %d", r.Tranche, MaxTranches-1)
	}
	return RecordQuery{Program: r.Program, ID: r.Allotment}.Validate()
}
