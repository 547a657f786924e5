// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

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
	By            string `json:"by"`                  // MSP/common name
	From          int64  `json:"from,omitempty"`      // a large one: nothing is drawn before, Unix seconds
	StoppedBy     string `json:"stoppedBy,omitempty"` // guard who ended all drawing, MSP/common name
	Reason        string `json:"reason,omitempty"`    // why, an officer's reference
}

// Tranche is one part of an allotment.
type Tranche struct {
	Source  Source `json:"source"`
	Purpose string `json:"purpose,omitempty"` // that value paid from it is kept for
	Fund    string `json:"fund"`
	Left    int64  `json:"left"`           // won
	From    int64  `json:"from,omitempty"` // of a large allotment: nothing is drawn before, Unix seconds
}

// CheckDrawing returns ALLOTMENT_CLOSED or ALLOTMENT_STOPPED where nothing is drawn
// from the allotment any more.
func (a Allotment) CheckDrawing() error {
	switch {
	case a.Closed:
		return AllotmentClosed.Errorf("allotment %s", a.ID)
	case a.StoppedBy != "":
		return AllotmentStopped.Errorf("allotment %s by %s: %s", a.ID, a.StoppedBy, a.Reason)
	}
	return nil
}

// Draw takes won for value of a source. It returns FUND_EXCEEDED, or
// ALLOTMENT_COOLING while another organisation's guard may still stop a large one.
func (t Tranche) Draw(source Source, amount int64, now time.Time) (Tranche, error) {
	if now.Unix() < t.From {
		return t, AllotmentCooling.Errorf("%d won may be drawn from %s", amount, time.Unix(t.From, 0).UTC().Format(time.RFC3339))
	}
	if t.Source != source {
		return t, FundExceeded.Errorf("the tranche is for %s, not for %s", t.Source, source)
	}
	if amount > t.Left {
		return t, FundExceeded.Errorf("the tranche holds %d won, %d are drawn: name another one", t.Left, amount)
	}
	t.Left -= amount
	return t, nil
}

// Open draws the allotment from its appropriation. One that the policy calls large
// cools down before anything is drawn from it. It returns UNIT_MISMATCH,
// PURPOSE_UNKNOWN, BATCH_CEILING, FUND_EXCEEDED or APPROPRIATION_STATE.
func (a Allotment) Open(p Policy, from Appropriation, now time.Time) (Allotment, Tranche, Appropriation, error) {
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
	a.Fund, a.From = from.Fund, p.Guards.coolUntil(a.Amount, now)
	return a, Tranche{Source: a.Source, Purpose: a.Purpose, Fund: a.Fund, Left: each, From: a.From}, from, err
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

// Stop ends all drawing, by a guard of another organisation than who opened it;
// closing the allotment then gives the rest back. It touches no tranche, so those
// who draw never hold it up. It returns ALLOTMENT_CLOSED, ALLOTMENT_STOPPED,
// SAME_OFFICER or SAME_ORGANISATION.
func (a Allotment) Stop(reason string, p Program, by string) (Allotment, error) {
	if err := a.CheckDrawing(); err != nil {
		return a, err
	}
	if err := p.CheckSecond(a.By, by); err != nil {
		return a, err
	}
	a.StoppedBy, a.Reason = by, reason
	return a, nil
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

// StopAllotment stops an allotment, or the series of tickets that it pays for.
type StopAllotment struct {
	call.Operation
	RecordQuery
	Reason string `json:"reason"` // an officer's reference, e.g. of a case
}

// Validate checks the form.
func (r StopAllotment) Validate() error { return StopRun(r).Validate() }
