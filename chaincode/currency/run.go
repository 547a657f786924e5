// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Bounds of an issue run.
const (
	MaxRows    = 1000 // rows in a batch
	MaxBatches = 1000 // batches in a run
	MaxDraws   = 100  // deposits and appropriations a run draws on
)

// Row is what one recipient of a batch gets, before any bonus.
type Row struct {
	To     string `json:"to"`     // account id
	Amount int64  `json:"amount"` // won
}

// RowsDigest is SHA-256 of the rows' JSON, [{"to":…,"amount":…},…], in hex. A
// run announces it for each batch, so what was agreed is what is issued.
func RowsDigest(rows []Row) string {
	raw, err := json.Marshal(rows)
	if err != nil {
		panic(err) // not reached: strings and integers always encode
	}
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

// Announced is a batch as the run announces it.
type Announced struct {
	Digest string `json:"digest"` // RowsDigest
	Rows   int    `json:"rows"`
	Total  int64  `json:"total"` // sum of the rows, won, without bonus
	Bonus  int64  `json:"bonus"` // sum of the rows' bonuses, won
}

// Announce sums up a batch under a policy.
func Announce(rows []Row, source Source, p Policy) (Announced, error) {
	a := Announced{Digest: RowsDigest(rows), Rows: len(rows)}
	for _, r := range rows {
		var err error
		if a.Total, err = sum("the batch", a.Total, r.Amount); err != nil {
			return a, err
		}
		if source == Principal {
			a.Bonus += p.Bonus(r.Amount)
		}
	}
	return a, nil
}

// Draw is what a run takes from one deposit or appropriation.
type Draw struct {
	Deposit       string `json:"deposit,omitempty"`
	Appropriation string `json:"appropriation,omitempty"`
	Amount        int64  `json:"amount"` // won
}

// Run reserves money for an issue once; its batches then touch only their own
// keys, so any number of them go in parallel.
type Run struct {
	Program   string      `json:"program"`
	ID        string      `json:"id"`
	Policy    int         `json:"policy"`              // version the value is bound to
	Unit      string      `json:"unit"`                // what the rows are counted in
	Source    Source      `json:"source"`              // principal, benefit or reward
	Purpose   string      `json:"purpose,omitempty"`   // of the policy, that all of it is kept for; empty is none
	Fund      string      `json:"fund"`                // origin of the rows' amounts
	BonusFund string      `json:"bonusFund,omitempty"` // origin of the bonuses
	Draws     []Draw      `json:"draws"`
	Batches   []Announced `json:"batches"`
	Reserved  int64       `json:"reserved"`           // won for the rows: all of it, once closed what was issued
	Bonus     int64       `json:"bonus,omitempty"`    // won for the bonuses, likewise
	Returned  int64       `json:"returned,omitempty"` // won that went back at closing
	Closed    bool        `json:"closed,omitempty"`
	By        string      `json:"by"`

	Root       string `json:"root"`                 // RosterRoot of the batches
	Waits      bool   `json:"waits,omitempty"`      // for the second person's approval
	ApprovedBy string `json:"approvedBy,omitempty"` // MSP/common name
	From       int64  `json:"from,omitempty"`       // a large issue: nothing is issued before, Unix seconds
	StoppedBy  string `json:"stoppedBy,omitempty"`  // MSP/common name
	Reason     string `json:"reason,omitempty"`     // why it was stopped, an officer's reference
}

// Validate checks the form of a run that is to be opened.
func (r Run) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	if err := CheckID("run id", r.ID); err != nil {
		return err
	}
	if r.Source != Principal && r.Source != Benefit && r.Source != Reward {
		return InvalidID.Errorf("source %.16q: principal, benefit or reward is issued", string(r.Source))
	}
	if err := checkPurposeID(r.Purpose); err != nil {
		return err
	}
	if len(r.Batches) == 0 || len(r.Batches) > MaxBatches || len(r.Draws) == 0 || len(r.Draws) > MaxDraws {
		return TooLarge.Errorf("%d batches and %d draws: 1 to %d and 1 to %d", len(r.Batches), len(r.Draws), MaxBatches, MaxDraws)
	}
	for i, b := range r.Batches {
		if err := CheckDigest("batch digest", b.Digest); err != nil {
			return err
		}
		if b.Rows < 1 || b.Rows > MaxRows {
			return TooLarge.Errorf("batch %d has %d rows, 1 to %d are allowed", i, b.Rows, MaxRows)
		}
		if err := CheckAmount("batch total", b.Total); err != nil {
			return err
		}
		if b.Bonus < 0 || b.Bonus > b.Total {
			return InvalidAmount.Errorf("batch %d has a bonus of %d on %d won", i, b.Bonus, b.Total)
		}
	}
	seen := map[string]bool{}
	for _, d := range r.Draws {
		if err := CheckAmount("draw", d.Amount); err != nil {
			return err
		}
		if (d.Deposit == "") == (d.Appropriation == "") {
			return InvalidID.Errorf("a draw names a deposit or an appropriation")
		}
		if err := CheckID("draw", d.Deposit+d.Appropriation); err != nil {
			return err
		}
		name := d.Deposit + "\x00" + d.Appropriation
		if seen[name] {
			return InvalidID.Errorf("%s is drawn twice in one run", d.Deposit+d.Appropriation)
		}
		seen[name] = true
	}
	return nil
}

// Funding is what a run draws on, as it stands before.
type Funding struct {
	Deposits       map[string]Deposit
	Appropriations map[string]Appropriation
}

// Open reserves a run's money. The draws must cover the rows and the bonuses
// exactly: bought value from deposits, its bonus and everything else from
// appropriations, each kind from one fund. It returns UNIT_MISMATCH,
// PURPOSE_UNKNOWN, BATCH_CEILING, PERSON_CEILING where a batch's rows cannot all be
// within it, FUND_EXCEEDED, DEPOSIT_UNKNOWN, APPROPRIATION_UNKNOWN or APPROPRIATION_STATE.
func (r Run) Open(p Policy, f Funding, now time.Time) (Run, Funding, error) {
	if r.Unit != p.Unit {
		return r, f, UnitMismatch.Errorf("the run counts in %.48q, the programme in %q", r.Unit, p.Unit)
	}
	if err := p.CheckPurpose(r.Purpose); err != nil {
		return r, f, err
	}
	r.Policy, r.Reserved, r.Bonus, r.Returned, r.Closed = p.Version, 0, 0, 0, false
	var err error
	for i, b := range r.Batches {
		if b.Total+b.Bonus > p.BatchCeiling {
			return r, f, BatchCeiling.Errorf("batch %d issues %d won, the policy allows %d", i, b.Total+b.Bonus, p.BatchCeiling)
		}
		if most := int64(b.Rows) * p.PersonCeiling; b.Total+b.Bonus > most { // at most 1000 × 10^15
			return r, f, PersonCeiling.Errorf("batch %d issues %d won to %d people, the policy allows %d each, %d to all of them", i, b.Total+b.Bonus, b.Rows, p.PersonCeiling, most)
		}
		if r.Source != Principal && b.Bonus != 0 {
			return r, f, InvalidAmount.Errorf("batch %d: only bought value has a bonus", i)
		}
		if r.Reserved, err = sum("the run", r.Reserved, b.Total); err != nil {
			return r, f, err
		}
		if r.Bonus, err = sum("the run's bonus", r.Bonus, b.Bonus); err != nil {
			return r, f, err
		}
	}
	out := Funding{Deposits: map[string]Deposit{}, Appropriations: map[string]Appropriation{}}
	var rows, budget int64
	for _, d := range r.Draws {
		if d.Deposit != "" {
			dep, ok := f.Deposits[d.Deposit]
			if !ok {
				return r, f, DepositUnknown.Errorf("deposit %s", d.Deposit)
			}
			if r.Source != Principal {
				return r, f, FundExceeded.Errorf("deposit %s: only bought value is issued from deposits", d.Deposit)
			}
			if dep, err = dep.Draw(d.Amount); err != nil {
				return r, f, err
			}
			if err := oneFund(&r.Fund, dep.Fund); err != nil {
				return r, f, err
			}
			out.Deposits[d.Deposit] = dep
			rows += d.Amount
			continue
		}
		app, ok := f.Appropriations[d.Appropriation]
		if !ok {
			return r, f, AppropriationUnknown.Errorf("appropriation %s", d.Appropriation)
		}
		if app, err = app.Draw(d.Amount); err != nil {
			return r, f, err
		}
		fund := &r.Fund
		if r.Source == Principal {
			fund = &r.BonusFund
		}
		if err := oneFund(fund, app.Fund); err != nil {
			return r, f, err
		}
		out.Appropriations[d.Appropriation] = app
		budget += d.Amount
	}
	if r.Source != Principal {
		rows, budget = budget, 0
	}
	if rows != r.Reserved || budget != r.Bonus {
		return r, f, FundExceeded.Errorf("the batches issue %d won and %d won of bonus, the draws give %d and %d", r.Reserved, r.Bonus, rows, budget)
	}
	r.Root = RosterRoot(r.Batches)
	return r.guard(p.Guards, now), out, nil
}

func oneFund(have *string, fund string) error {
	if *have != "" && *have != fund {
		return FundExceeded.Errorf("a run draws on one fund, not on %s and %s", *have, fund)
	}
	*have = fund
	return nil
}

// Failure is a row that was not issued; its money stays reserved until a
// correction issues it or the run is closed.
type Failure struct {
	Row    int    `json:"row"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Batch is the result of a batch that was issued.
type Batch struct {
	Tx        string    `json:"tx"`
	Fund      string    `json:"fund"`
	Issued    int64     `json:"issued"` // won, without bonus
	BonusFund string    `json:"bonusFund,omitempty"`
	Bonus     int64     `json:"bonus,omitempty"` // won
	Rows      int       `json:"rows"`            // rows that were issued
	Failed    []Failure `json:"failed,omitempty"`

	Corrected []CorrectedRow `json:"corrected,omitempty"` // in place of rows that had failed
}

// CheckBatch returns what one batch of the run may be: BATCH_UNKNOWN,
// RUN_CLOSED, or BATCH_MISMATCH where the rows are others than announced or add
// up to more or less than was announced and reserved for them. p is the version
// that the run is bound to.
func (r Run) CheckBatch(n int, rows []Row, p Policy) error {
	if r.Closed {
		return RunClosed.Errorf("run %s", r.ID)
	}
	if n < 0 || n >= len(r.Batches) {
		return BatchUnknown.Errorf("batch %d: run %s announced %d", n, r.ID, len(r.Batches))
	}
	want := r.Batches[n]
	got, err := Announce(rows, r.Source, p)
	if err != nil {
		return BatchMismatch.Errorf("batch %d of run %s: %w", n, r.ID, err)
	}
	if got != want {
		return BatchMismatch.Errorf("batch %d of run %s: announced were %d rows with %d won and %d won of bonus, digest %s; these are %d rows with %d won and %d won of bonus, digest %s",
			n, r.ID, want.Rows, want.Total, want.Bonus, want.Digest, got.Rows, got.Total, got.Bonus, got.Digest)
	}
	return nil
}

// Issue decides one row: what its recipient is given. already is what the same
// recipient got in this batch before. It returns INVALID_AMOUNT, UNIT_MISMATCH,
// PERSON_CEILING, POLICY_EXPIRED, TO_MERCHANT, HOLDER_FROZEN or HOLDER_CLOSED.
func (r Run) Issue(row Row, h Holder, p Policy, today Day, already int64) ([]Part, error) {
	if err := CheckAmount("the row", row.Amount); err != nil {
		return nil, err
	}
	if row.Amount%p.Denomination != 0 {
		return nil, UnitMismatch.Errorf("%d won is no multiple of %d", row.Amount, p.Denomination)
	}
	if h.Merchant != "" {
		return nil, ToMerchant.Errorf("account %s is merchant %s", row.To, h.Merchant)
	}
	if err := h.CanReceive(); err != nil {
		return nil, err
	}
	if err := p.CheckIssuable(r.Purpose, today); err != nil {
		return nil, err
	}
	terms := Terms{Policy: p.Version, Expiry: p.expiry(r.Purpose, today), Source: r.Source, Origin: r.Fund, Purpose: r.Purpose}
	parts := []Part{{Terms: terms, Amount: row.Amount}}
	if r.Source == Principal {
		if bonus := p.Bonus(row.Amount); bonus > 0 {
			terms.Source, terms.Origin = Subsidy, r.BonusFund
			parts = append(parts, Part{Terms: terms, Amount: bonus})
		}
	}
	if total := already + Total(parts); total > p.PersonCeiling {
		return nil, PersonCeiling.Errorf("%d won to one person, the policy allows %d", total, p.PersonCeiling)
	}
	return parts, nil
}

// Close ends a run: what its batches did not issue goes back to what it was
// drawn from, the last draw first. done holds the batches issued, by number.
func (r Run) Close(done map[int]Batch, f Funding) (Run, Funding, error) {
	if r.Closed {
		return r, f, RunClosed.Errorf("run %s", r.ID)
	}
	var issued, bonus int64
	for _, b := range done {
		issued += b.Issued
		bonus += b.Bonus
	}
	rest, restBonus := r.Reserved-issued, r.Bonus-bonus
	out := Funding{Deposits: map[string]Deposit{}, Appropriations: map[string]Appropriation{}}
	for i := len(r.Draws) - 1; i >= 0; i-- {
		d := r.Draws[i]
		back := &rest
		if d.Appropriation != "" && r.Source == Principal {
			back = &restBonus
		}
		amount := min(*back, d.Amount)
		if amount == 0 {
			continue
		}
		*back -= amount
		if d.Deposit != "" {
			dep := f.Deposits[d.Deposit]
			dep.Left += amount
			out.Deposits[d.Deposit] = dep
		} else {
			app := f.Appropriations[d.Appropriation]
			app.Left += amount
			out.Appropriations[d.Appropriation] = app
		}
	}
	r.Returned = r.Reserved - issued + r.Bonus - bonus
	r.Reserved, r.Bonus, r.Closed = issued, bonus, true
	return r, out, nil
}

// OpenRun reserves money for an issue and announces its batches.
type OpenRun struct {
	call.Operation
	Program string      `json:"program"`
	ID      string      `json:"id"`
	Unit    string      `json:"unit"`              // what the rows are counted in
	Source  Source      `json:"source"`            // principal, benefit or reward
	Purpose string      `json:"purpose,omitempty"` // of the policy in force, that all of it is kept for
	Draws   []Draw      `json:"draws"`
	Batches []Announced `json:"batches"`
}

// Run is the run that is asked for, before it is opened.
func (r OpenRun) Run() Run {
	return Run{Program: r.Program, ID: r.ID, Unit: r.Unit, Source: r.Source, Purpose: r.Purpose, Draws: r.Draws, Batches: r.Batches}
}

// Validate checks the form.
func (r OpenRun) Validate() error { return r.Run().Validate() }

// IssueBatch issues one announced batch.
type IssueBatch struct {
	call.Operation
	Program string `json:"program"`
	Run     string `json:"run"`
	Batch   int    `json:"batch"` // from 0
	Rows    []Row  `json:"rows"`
}

// Validate checks the form.
func (r IssueBatch) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	if len(r.Rows) == 0 || len(r.Rows) > MaxRows {
		return TooLarge.Errorf("%d rows, 1 to %d are allowed", len(r.Rows), MaxRows)
	}
	return CheckID("run id", r.Run)
}

// BatchQuery names a batch of a run.
type BatchQuery struct {
	Program string `json:"program"`
	Run     string `json:"run"`
	Batch   int    `json:"batch"`
}

// Validate checks the form.
func (r BatchQuery) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	if r.Batch < 0 || r.Batch >= MaxBatches {
		return InvalidID.Errorf("batch %d: 0 to %d", r.Batch, MaxBatches-1)
	}
	return CheckID("run id", r.Run)
}
