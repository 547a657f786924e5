// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// ProposeCorrection proposes rows in place of those of one batch that were not
// issued, by the issuer's issuing officer: RUN_UNKNOWN, RUN_CLOSED, BATCH_UNKNOWN,
// CORRECTION_EXISTS, CORRECTION_MISMATCH. [Currency.ProposeCorrections] cuts a
// whole file's.
func (c *Currency) ProposeCorrection(ctx context.Context, r currency.ProposeCorrection) (currency.Correction, error) {
	record, _, err := Operate[currency.Correction](ctx, c, "ProposeCorrection", r)
	return record, err
}

// ApproveCorrection is the second person's word for a correction, which pays it;
// rows that fall again are in the result: CORRECTION_UNKNOWN, CORRECTION_APPROVED,
// CORRECTION_MISMATCH, BATCH_MISMATCH, SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) ApproveCorrection(ctx context.Context, r currency.ApproveCorrection) (currency.Correction, error) {
	record, _, err := Operate[currency.Correction](ctx, c, "ApproveCorrection", r)
	return record, err
}

// Correction is a correction of a run, for issuing officers of the issuer, approvers,
// auditors and guards: ROLE_MISSING, CORRECTION_UNKNOWN.
func (c *Currency) Correction(ctx context.Context, program, run, id string) (currency.Correction, error) {
	return evaluate[currency.Correction](ctx, c, "Correction", currency.CorrectionQuery{Program: program, Run: run, ID: id})
}

// Corrections are rows of a whole issue that were not issued, as they should have
// been. A batch's rows make one correction, called ID.N after the number of the
// batch.
type Corrections struct {
	Program string
	Run     string
	ID      string
	Rows    []currency.CorrectedRow // Row is the place in Roster, from 0, as FailedRow has it
	Roster  []currency.Row          // Issue.Rows
}

// ProposeCorrections proposes a correction for each batch that rows fall into.
// Called again after an error it goes on: what was proposed stays as it is.
func (c *Currency) ProposeCorrections(ctx context.Context, all Corrections) ([]currency.Correction, error) {
	run, err := c.Run(ctx, all.Program, all.Run)
	if err != nil {
		return nil, err
	}
	parts, _, err := all.split(run)
	if err != nil {
		return nil, err
	}
	var out []currency.Correction
	for _, p := range parts {
		done, err := c.ProposeCorrection(ctx, currency.ProposeCorrection{
			Operation: all.operation("propose", p.batch), Program: all.Program, Run: all.Run, ID: p.id, Batch: p.batch, Rows: p.rows,
		})
		if err != nil {
			return out, err
		}
		out = append(out, done)
	}
	return out, nil
}

// ApproveCorrections approves and pays what ProposeCorrections proposed, by a
// second person who holds the roster and the corrected rows themselves. Called again
// after an error it goes on; nothing is paid twice.
func (c *Currency) ApproveCorrections(ctx context.Context, all Corrections) ([]currency.Correction, error) {
	run, err := c.Run(ctx, all.Program, all.Run)
	if err != nil {
		return nil, err
	}
	parts, laid, err := all.split(run)
	if err != nil {
		return nil, err
	}
	var out []currency.Correction
	for _, p := range parts {
		done, err := c.ApproveCorrection(ctx, currency.ApproveCorrection{
			Operation:       all.operation("approve", p.batch),
			CorrectionQuery: currency.CorrectionQuery{Program: all.Program, Run: all.Run, ID: p.id},
			Digest:          currency.CorrectionDigest(p.rows), Rows: laid.batches[p.batch],
		})
		if err != nil {
			return out, err
		}
		out = append(out, done)
	}
	return out, nil
}

// batchCorrection is what falls into one batch, by the place in it.
type batchCorrection struct {
	id    string
	batch int
	rows  []currency.CorrectedRow
}

// split sorts the rows into the batches of the run, each batch's in their order
// there. It returns ROSTER_MISMATCH for another number of rows than the run's, and
// INVALID_ID for a row that the run does not have, or that is named twice.
func (all Corrections) split(run currency.Run) ([]batchCorrection, roster, error) {
	laid, err := layRoster(all.Roster, run.Batches)
	if err != nil {
		return nil, laid, err
	}
	wanted := make(map[int]currency.CorrectedRow, len(all.Rows))
	for _, row := range all.Rows {
		if row.Row < 0 || row.Row >= len(all.Roster) {
			return nil, laid, currency.InvalidID.Errorf("row %d: run %s has %d, from 0", row.Row, run.ID, len(all.Roster))
		}
		if _, twice := wanted[row.Row]; twice {
			return nil, laid, currency.InvalidID.Errorf("row %d is corrected twice", row.Row)
		}
		wanted[row.Row] = row
	}
	var out []batchCorrection
	for n, places := range laid.places {
		part := batchCorrection{id: fmt.Sprintf("%s.%d", all.ID, n), batch: n}
		for i, place := range places {
			if row, ok := wanted[place]; ok {
				row.Row = i
				part.rows = append(part.rows, row)
			}
		}
		if len(part.rows) > 0 {
			out = append(out, part)
		}
	}
	return out, laid, nil
}

func (all Corrections) operation(step string, batch int) call.Operation {
	return Issue{Program: all.Program, Run: all.Run}.operation(fmt.Sprintf("correction\x00%s\x00%s\x00%d", step, all.ID, batch))
}
