// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Term is one term of the supply equation.
type Term string

// The terms. For every programme and fund, at every block:
//
//	entered + exchangedIn = funds + reserved + credits + purses + holds
//	        + redemptions + cases + paidOut + cashedOut + returned + exchangedOut
//
// Each operation moves value between two of them and touches no other.
const (
	Entered      Term = "entered"      // deposits the bank confirmed, appropriations two people approved
	ExchangedIn  Term = "exchangedIn"  // came from other programmes' holders
	ExchangedOut Term = "exchangedOut" // went to other programmes, there exchangedIn
	Funds        Term = "funds"        // of that, not yet drawn by a run
	Reserved     Term = "reserved"     // drawn by runs and allotments, not yet issued
	Credits      Term = "credits"      // on its way to holders and merchants, unclaimed
	Purses       Term = "purses"       // held
	Holds        Term = "holds"        // set aside for merchants, not yet captured
	Redemptions  Term = "redemptions"  // claimed by merchants, or by residents in cash, not yet paid out by the bank
	Cases        Term = "cases"        // held by officers' cases
	PaidOut      Term = "paidOut"      // paid out by the bank to merchants
	CashedOut    Term = "cashedOut"    // paid out by the bank to residents
	Returned     Term = "returned"     // lapsed, or kept from a cash refund, and back at its fund, in no appropriation yet
)

// SupplyTerms lists the terms, the left side first.
var SupplyTerms = []Term{Entered, ExchangedIn, Funds, Reserved, Credits, Purses, Holds, Redemptions, Cases, PaidOut, CashedOut, Returned, ExchangedOut}

// Line is the equation of one programme and fund.
type Line struct {
	Program string         `json:"program"`
	Fund    string         `json:"fund"`
	Terms   map[Term]int64 `json:"terms"` // won
}

// Difference is the left side less everything it should be explained by; 0 where the
// equation holds.
func (l Line) Difference() int64 {
	d := l.Terms[Entered] + l.Terms[ExchangedIn]
	for t, n := range l.Terms {
		if t != Entered && t != ExchangedIn {
			d -= n
		}
	}
	return d
}

// Negative returns a term that is below zero, which none ever may be; empty where
// all is well.
func (l Line) Negative() Term {
	for _, t := range SupplyTerms {
		if l.Terms[t] < 0 {
			return t
		}
	}
	return ""
}

type programFund struct{ program, fund string }

// Supply recomputes the equation from the values of records, one change at a
// time, as blocks bring them.
type Supply struct {
	lines map[programFund]map[Term]int64
}

// NewSupply starts at an empty ledger.
func NewSupply() *Supply { return &Supply{lines: map[programFund]map[Term]int64{}} }

// Apply takes in that a record changed: before and after are stored values, nil
// where there was or is none. Records that hold no money are passed over.
func (s *Supply) Apply(table, program string, before, after []byte) error {
	if err := s.add(table, program, before, -1); err != nil {
		return err
	}
	return s.add(table, program, after, 1)
}

// HoldsMoney reports whether records of this kind are terms of the equation.
func HoldsMoney(table string) bool {
	switch table {
	case TableDeposit, TableAppropriation, TableRun, TableBatch, TableTranche, TableCredit, TablePurse, TableHold, TableRedemption, TableFundReturn, TableExchanged, TableCase:
		return true
	}
	return false
}

// Lines returns the equation of every programme and fund, sorted.
func (s *Supply) Lines() []Line {
	lines := make([]Line, 0, len(s.lines))
	for pf, terms := range s.lines {
		lines = append(lines, Line{Program: pf.program, Fund: pf.fund, Terms: terms})
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Program, b.Program), cmp.Compare(a.Fund, b.Fund))
	})
	return lines
}

// Check returns an error that names the first programme and fund whose supply is
// not explained, with the figures.
func (s *Supply) Check() error {
	for _, l := range s.Lines() {
		if d := l.Difference(); d != 0 {
			return fmt.Errorf("programme %s fund %s: %d won unexplained in %v", l.Program, l.Fund, d, l.Terms)
		}
		if t := l.Negative(); t != "" {
			return fmt.Errorf("programme %s fund %s: %s is %d won", l.Program, l.Fund, t, l.Terms[t])
		}
	}
	return nil
}

func (s *Supply) add(table, program string, value []byte, sign int64) error {
	if value == nil || !HoldsMoney(table) {
		return nil
	}
	in := program
	move := func(fund string, term Term, amount int64) {
		key := programFund{in, fund}
		if s.lines[key] == nil {
			s.lines[key] = map[Term]int64{}
		}
		s.lines[key][term] += sign * amount
	}
	parts := func(term Term, parts []Part) {
		for _, p := range parts {
			move(p.Origin, term, p.Amount)
		}
	}
	var err error
	switch table {
	case TableDeposit:
		var d Deposit
		err = json.Unmarshal(value, &d)
		move(d.Fund, Entered, d.Amount)
		move(d.Fund, Funds, d.Left)
	case TableAppropriation:
		var a Appropriation
		if err = json.Unmarshal(value, &a); a.Approved {
			move(a.Fund, Entered, a.Amount)
			move(a.Fund, Funds, a.Left)
		}
	case TableRun:
		var r Run
		err = json.Unmarshal(value, &r)
		move(r.Fund, Reserved, r.Reserved)
		if r.Bonus != 0 {
			move(r.BonusFund, Reserved, r.Bonus)
		}
	case TableBatch:
		var b Batch
		err = json.Unmarshal(value, &b)
		move(b.Fund, Reserved, -b.Issued)
		if b.Bonus != 0 {
			move(b.BonusFund, Reserved, -b.Bonus)
		}
	case TableTranche:
		var t Tranche
		err = json.Unmarshal(value, &t)
		move(t.Fund, Reserved, t.Left)
	case TableCredit:
		var c Credit
		err = c.UnmarshalBinary(value)
		parts(Credits, c.Parts)
	case TablePurse:
		var p Purse
		err = p.UnmarshalBinary(value)
		for _, b := range p.Buckets {
			move(b.Origin, Purses, b.Left)
		}
	case TableHold:
		var h Hold
		err = json.Unmarshal(value, &h)
		parts(Holds, h.Parts)
	case TableCase:
		var c Case
		err = json.Unmarshal(value, &c)
		parts(Cases, c.Held)
	case TableExchanged:
		var x Exchanged
		err = json.Unmarshal(value, &x)
		parts(ExchangedOut, x.Parts)
		in = x.Into
		parts(ExchangedIn, x.Parts)
	case TableFundReturn:
		var r FundReturn
		if err = json.Unmarshal(value, &r); r.Appropriation == "" {
			move(r.Fund, Returned, r.Amount)
		}
	case TableRedemption:
		var r Redemption
		term := Redemptions
		if err = json.Unmarshal(value, &r); r.Recalled != 0 {
			break // what it was of is in the case, or a credit
		}
		if r.Paid != "" {
			if term = PaidOut; r.Merchant == "" {
				term = CashedOut
			}
		}
		parts(term, r.Parts)
	}
	if err != nil {
		return fmt.Errorf("%s of programme %s: %w", table, program, err)
	}
	return nil
}
