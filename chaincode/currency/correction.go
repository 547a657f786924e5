// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// CorrectedRow is a row as it should have been: it takes the place of one that was
// not issued.
type CorrectedRow struct {
	Row    int    `json:"row"`    // its place in the batch, from 0
	To     string `json:"to"`     // account id
	Amount int64  `json:"amount"` // won, before any bonus
}

// CorrectionDigest is SHA-256 of the corrected rows' JSON,
// [{"row":…,"to":…,"amount":…},…], in hex: what the second person approves.
func CorrectionDigest(rows []CorrectedRow) string {
	raw, err := json.Marshal(rows)
	if err != nil {
		panic(err) // not reached: strings and integers always encode
	}
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

// Correction replaces rows of one batch that were not issued. Two people agree on
// it, whether or not the run itself waited for two; the second one's approval pays
// it, from what the run reserved for that batch and did not issue.
type Correction struct {
	Program    string         `json:"program"`
	Run        string         `json:"run"`
	ID         string         `json:"id"` // unique in the run
	Batch      int            `json:"batch"`
	Rows       []CorrectedRow `json:"rows"`
	Digest     string         `json:"digest"` // CorrectionDigest
	ProposedBy string         `json:"proposedBy"`
	ApprovedBy string         `json:"approvedBy,omitempty"`

	Tx     string    `json:"tx,omitempty"`     // that paid it
	Issued int64     `json:"issued,omitempty"` // won, without bonus
	Bonus  int64     `json:"bonus,omitempty"`  // won
	Failed []Failure `json:"failed,omitempty"` // rows that fell once more, by their place in the batch: they may be corrected anew
}

// Propose returns what a second person may approve: CORRECTION_MISMATCH where a row
// was not refused, or where more would be issued than the batch has left. done is
// what the batch issued.
func (c Correction) Propose(r Run, done Batch, p Policy, by string) (Correction, error) {
	if r.Closed {
		return c, RunClosed.Errorf("run %s: what it did not issue has gone back; open a run of its own for these rows", r.ID)
	}
	var total, bonus int64
	for _, row := range c.Rows {
		if err := done.waits(c.Batch, row.Row); err != nil {
			return c, err
		}
		total += row.Amount // at most 1000 × 10^15
		bonus += r.bonus(row.Amount, p)
	}
	if err := r.room(c.Batch, done, total, bonus); err != nil {
		return c, err
	}
	c.Digest, c.ProposedBy = CorrectionDigest(c.Rows), by
	return c, nil
}

// Approve is the second person's word for these very rows. It returns RUN_CLOSED,
// CORRECTION_APPROVED, CORRECTION_MISMATCH, SAME_OFFICER or SAME_ORGANISATION.
func (c Correction) Approve(r Run, digest string, p Program, by string) (Correction, error) {
	switch {
	case r.Closed:
		return c, RunClosed.Errorf("run %s: what it did not issue has gone back", r.ID)
	case c.ApprovedBy != "":
		return c, CorrectionApproved.Errorf("%s of run %s by %s", c.ID, r.ID, c.ApprovedBy)
	case c.Digest != digest:
		return c, CorrectionMismatch.Errorf("%s of run %s was proposed with digest %s, approved is %s", c.ID, r.ID, c.Digest, digest)
	}
	if err := p.CheckSecond(c.ProposedBy, by); err != nil {
		return c, err
	}
	c.ApprovedBy = by
	return c, nil
}

// Given is what each recipient was issued by a batch so far, bonus included: rows
// are those the run announced, less those that failed, and what took their places.
func (r Run) Given(rows []Row, done Batch, p Policy) map[string]int64 {
	given := map[string]int64{}
	failed := map[int]bool{}
	for _, f := range done.Failed {
		failed[f.Row] = true
	}
	for _, c := range done.Corrected {
		failed[c.Row] = true
		given[c.To] += c.Amount + r.bonus(c.Amount, p)
	}
	for i, row := range rows {
		if !failed[i] {
			given[row.To] += row.Amount + r.bonus(row.Amount, p)
		}
	}
	return given
}

// Correct decides one corrected row: the batch with it issued, and what its
// recipient is given. already is what the same recipient got in this batch before.
// It returns what Issue does, and CORRECTION_MISMATCH.
func (r Run) Correct(n int, done Batch, row CorrectedRow, h Holder, p Policy, today Day, already int64) (Batch, []Part, error) {
	if err := done.waits(n, row.Row); err != nil {
		return done, nil, err
	}
	parts, err := r.Issue(Row{To: row.To, Amount: row.Amount}, h, p, today, already)
	if err != nil {
		return done, nil, err
	}
	bonus := r.bonus(row.Amount, p)
	if err := r.room(n, done, row.Amount, bonus); err != nil {
		return done, nil, err
	}
	done.Rows++
	done.Issued += row.Amount
	done.Bonus += bonus
	done.Failed = slices.DeleteFunc(slices.Clone(done.Failed), func(f Failure) bool { return f.Row == row.Row })
	if len(done.Failed) == 0 {
		done.Failed = nil
	}
	done.Corrected = append(slices.Clone(done.Corrected), row)
	return done, parts, nil
}

// bonus is what comes on top of a row, won.
func (r Run) bonus(amount int64, p Policy) int64 {
	if r.Source != Principal {
		return 0
	}
	return p.Bonus(amount)
}

// waits returns CORRECTION_MISMATCH unless a row of the batch was refused and not
// corrected yet.
func (b Batch) waits(n, row int) error {
	if !slices.ContainsFunc(b.Failed, func(f Failure) bool { return f.Row == row }) {
		return CorrectionMismatch.Errorf("row %d of batch %d does not wait to be corrected: %d rows do", row, n, len(b.Failed))
	}
	return nil
}

// room returns CORRECTION_MISMATCH where more would be issued than was approved for
// the batch.
func (r Run) room(n int, done Batch, amount, bonus int64) error {
	left, leftBonus := r.Batches[n].Total-done.Issued, r.Batches[n].Bonus-done.Bonus
	if amount > left || bonus > leftBonus {
		return CorrectionMismatch.Errorf("%d won and %d won of bonus are asked for, batch %d has %d and %d left of what was approved; more needs a run of its own",
			amount, bonus, n, left, leftBonus)
	}
	return nil
}

// ProposeCorrection proposes rows in place of those that were not issued.
type ProposeCorrection struct {
	call.Operation
	Program string         `json:"program"`
	Run     string         `json:"run"`
	ID      string         `json:"id"` // of the correction, unique in the run
	Batch   int            `json:"batch"`
	Rows    []CorrectedRow `json:"rows"`
}

// Correction is what is asked for.
func (r ProposeCorrection) Correction() Correction {
	return Correction{Program: r.Program, Run: r.Run, ID: r.ID, Batch: r.Batch, Rows: r.Rows}
}

// Validate checks the form.
func (r ProposeCorrection) Validate() error {
	if err := CheckID("correction id", r.ID); err != nil {
		return err
	}
	if len(r.Rows) == 0 || len(r.Rows) > MaxRows {
		return TooLarge.Errorf("%d rows, 1 to %d are allowed", len(r.Rows), MaxRows)
	}
	seen := map[int]bool{}
	for _, row := range r.Rows {
		if row.Row < 0 || row.Row >= MaxRows || seen[row.Row] {
			return InvalidID.Errorf("row %d: 0 to %d, each once", row.Row, MaxRows-1)
		}
		seen[row.Row] = true
		if err := CheckAccountID("to", row.To); err != nil {
			return err
		}
		if err := CheckAmount("the row", row.Amount); err != nil {
			return err
		}
	}
	return BatchQuery{Program: r.Program, Run: r.Run, Batch: r.Batch}.Validate()
}

// ApproveCorrection approves a correction, and pays it.
type ApproveCorrection struct {
	call.Operation
	CorrectionQuery
	Digest string `json:"digest"` // CorrectionDigest of the rows that the approver has seen
	Rows   []Row  `json:"rows"`   // of the batch, as the run announced them
}

// Validate checks the form.
func (r ApproveCorrection) Validate() error {
	if err := CheckDigest("digest", r.Digest); err != nil {
		return err
	}
	if len(r.Rows) == 0 || len(r.Rows) > MaxRows {
		return TooLarge.Errorf("%d rows, 1 to %d are allowed", len(r.Rows), MaxRows)
	}
	return r.CorrectionQuery.Validate()
}

// CorrectionQuery names a correction of a run.
type CorrectionQuery struct {
	Program string `json:"program"`
	Run     string `json:"run"`
	ID      string `json:"id"`
}

// Validate checks the form.
func (r CorrectionQuery) Validate() error {
	if err := CheckID("run id", r.Run); err != nil {
		return err
	}
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}
