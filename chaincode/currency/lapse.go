// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// CanLapse returns NOTHING_LAPSED for a merchant, who gave goods for what it
// holds, or HOLDER_FROZEN: what a case is about stays until the case is closed.
func (h Holder) CanLapse() error {
	switch {
	case h.Merchant != "":
		return NothingLapsed.Errorf("account %s is merchant %s, what shops took in does not lapse", AccountID(h.DID), h.Merchant)
	case h.Status == Frozen:
		return HolderFrozen.Errorf("account %s", AccountID(h.DID))
	}
	return nil
}

// Lapse takes what has lapsed out of a purse. The sequence number stays as it
// is: orders that are under way, and those sent again, meet the same purse as
// far as they may use it. It returns NOTHING_LAPSED, so that a sweep never
// writes a purse, and never holds up its owner, without taking something.
func (p Purse) Lapse(c Calendar) (Purse, []Part, error) {
	left, lapsed := Buckets{}, []Part(nil)
	for _, b := range p.Buckets {
		if c.Lapsed(b.Terms) {
			lapsed = append(lapsed, Part{Terms: b.Terms, Amount: b.Left})
		} else {
			left = append(left, b)
		}
	}
	if lapsed == nil {
		return p, nil, NothingLapsed.Errorf("of %d kinds of value in the purse none lapsed before %s", len(p.Buckets), c.Today())
	}
	p.Buckets = left
	return p, lapsed, nil
}

// Lapse takes what has lapsed out of a credit; one without parts is to be
// deleted. It returns NOTHING_LAPSED.
func (c Credit) Lapse(at Calendar) (Credit, []Part, error) {
	var left, lapsed []Part
	for _, p := range c.Parts {
		if at.Lapsed(p.Terms) {
			lapsed = append(lapsed, p)
		} else {
			left = append(left, p)
		}
	}
	if lapsed == nil {
		return c, nil, NothingLapsed.Errorf("of %d kinds of value in the credit none lapsed before %s", len(c.Parts), at.Today())
	}
	c.Parts = left
	return c, lapsed, nil
}

// MaxSweep bounds what one sweep names.
const MaxSweep = 500

// OwnedCredit names a credit and whose it is.
type OwnedCredit struct {
	Account string     `json:"account"`
	Credit  CreditName `json:"credit"`
}

// Sweep takes what has lapsed out of the purses and credits it names, and gives
// holds past their deadline back to their payers. Anybody may ask for it: the
// calendar and the clock decide.
type Sweep struct {
	call.Operation
	Program string        `json:"program"`
	Purses  []string      `json:"purses,omitempty"`  // account ids
	Credits []OwnedCredit `json:"credits,omitempty"` // not claimed yet
	Holds   []ReceiptName `json:"holds,omitempty"`   // past their deadline
}

// Validate checks the form.
func (r Sweep) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	if n := len(r.Purses) + len(r.Credits) + len(r.Holds); n == 0 || n > MaxSweep {
		return TooLarge.Errorf("%d purses, credits and holds are named, 1 to %d are allowed", n, MaxSweep)
	}
	for _, a := range r.Purses {
		if err := CheckAccountID("purse", a); err != nil {
			return err
		}
	}
	for _, h := range r.Holds {
		if err := h.validate(); err != nil {
			return err
		}
	}
	for _, c := range r.Credits {
		if err := CheckAccountID("account", c.Account); err != nil {
			return err
		}
		if _, _, err := c.Credit.Split(); err != nil {
			return err
		}
	}
	return nil
}

// Swept is what a sweep did.
type Swept struct {
	Lapsed   int64        `json:"lapsed"`             // won, all funds
	Released []CreditName `json:"released,omitempty"` // what the payers of released holds claim, in the order of the holds
	Skipped  []Skipped    `json:"skipped,omitempty"`  // what it named and left as it was
}

// Skipped is a purse, a credit or a hold that a sweep left as it was.
type Skipped struct {
	Account string     `json:"account"`
	Credit  CreditName `json:"credit,omitempty"` // empty for the purse
	Hold    int64      `json:"hold,omitempty"`   // seq of the hold
	Code    string     `json:"code"`             // NOTHING_LAPSED, HOLDER_FROZEN, HOLDER_UNKNOWN, CREDIT_UNKNOWN, HOLD_UNKNOWN, HOLD_OPEN or HOLD_EMPTY
}

// Lapsing is a page of what a sweep may name.
type Lapsing struct {
	Purses  []string      `json:"purses,omitempty"`
	Credits []OwnedCredit `json:"credits,omitempty"`
	Holds   []ReceiptName `json:"holds,omitempty"`
	Next    string        `json:"next,omitempty"` // give it back to continue; empty at the end
}

// LapsingQuery pages through the purses of a programme, or its credits, or its
// holds, for what a sweep may name.
type LapsingQuery struct {
	PageQuery
	Of string `json:"of"` // purses, credits or holds
}

// What a LapsingQuery pages through.
const (
	LapsingPurses  = "purses"
	LapsingCredits = "credits"
	LapsingHolds   = "holds"
)

// Validate checks the form.
func (r LapsingQuery) Validate() error {
	if r.Of != LapsingPurses && r.Of != LapsingCredits && r.Of != LapsingHolds {
		return InvalidID.Errorf("of is %.16q: purses, credits or holds", r.Of)
	}
	return r.PageQuery.Validate()
}
