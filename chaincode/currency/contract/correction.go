// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

var corrections = ledger.NewTable[currency.Correction](currency.TableCorrection, 3)

// correctionFunctions:
//
//   - ProposeCorrection {op, program, run, id, batch, rows} by the issuer's issuing
//     officer names rows in place of those that were not issued; emits
//     CorrectionProposed. RUN_UNKNOWN, RUN_CLOSED, RUN_WAITING, RUN_COOLING,
//     RUN_STOPPED, BATCH_UNKNOWN where the batch was not issued, CORRECTION_EXISTS,
//     CORRECTION_MISMATCH.
//   - ApproveCorrection {op, program, run, id, digest, rows} by an approver who is
//     another person of another organisation pays them, each row for itself; emits
//     CorrectionPaid. The batch's record says which rows are issued, so no row is
//     issued twice, and never more than the batch announced. CORRECTION_UNKNOWN,
//     CORRECTION_APPROVED, CORRECTION_MISMATCH, BATCH_MISMATCH, SAME_OFFICER,
//     SAME_ORGANISATION and the run's.
//   - Correction {program, run, id} answers the record to issuing officers of the
//     issuer, approvers, auditors and guards.
func correctionFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ProposeCorrection", proposeCorrection),
		ledger.Officer("ApproveCorrection", approveCorrection),
		ledger.Query("Correction", func(t *ledger.Tx, r currency.CorrectionQuery) (currency.Correction, error) {
			if err := requireOne(t, r.Program, readIssues); err != nil {
				return currency.Correction{}, err
			}
			return correction(t, r)
		}),
	}
}

// corrected is what a correction is about.
type corrected struct {
	program currency.Program
	run     currency.Run
	rules   currency.Policy // that the run is bound to
	batch   currency.Batch  // as it was issued
}

func loadCorrected(t *ledger.Tx, p currency.Program, id string, n int) (corrected, error) {
	c := corrected{program: p}
	var err error
	if c.run, err = run(t, p.ID, id); err != nil {
		return c, err
	}
	if err := c.run.CheckIssuing(t.Now()); err != nil {
		return c, err
	}
	if c.rules, err = policy(t, p.ID, c.run.Policy); err != nil {
		return c, err
	}
	c.batch, err = issuedBatch(t, currency.BatchQuery{Program: p.ID, Run: id, Batch: n})
	return c, err
}

func proposeCorrection(t *ledger.Tx, r currency.ProposeCorrection) (currency.Correction, error) {
	out := r.Correction()
	p, err := program(t, r.Program)
	if err != nil {
		return out, err
	}
	caller, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer)
	if err != nil {
		return out, err
	}
	if taken, err := corrections.Has(t, r.Program, r.Run, r.ID); err != nil || taken {
		return out, first(err, currency.CorrectionExists.Errorf("correction %s of run %s", r.ID, r.Run))
	}
	c, err := loadCorrected(t, p, r.Run, r.Batch)
	if err != nil {
		return out, err
	}
	if out, err = out.Propose(c.run, c.batch, c.rules, caller.String()); err != nil {
		return out, err
	}
	t.Emit("CorrectionProposed", r.Program+"/"+r.Run+"/"+r.ID)
	return out, corrections.Put(t, out, r.Program, r.Run, r.ID)
}

func approveCorrection(t *ledger.Tx, r currency.ApproveCorrection) (currency.Correction, error) {
	var out currency.Correction
	p, err := program(t, r.Program)
	if err != nil {
		return out, err
	}
	caller, err := t.RequireRole(currency.RoleApprover, p.Organisations.All()...)
	if err != nil {
		return out, err
	}
	if out, err = correction(t, r.CorrectionQuery); err != nil {
		return out, err
	}
	c, err := loadCorrected(t, p, r.Run, out.Batch)
	if err != nil {
		return out, err
	}
	if out, err = out.Approve(c.run, r.Digest, p, caller.String()); err != nil {
		return out, err
	}
	if err := c.run.CheckBatch(out.Batch, r.Rows, c.rules); err != nil {
		return out, err
	}
	out.Tx = t.ID()
	today, given := p.Today(t.Now()), c.run.Given(r.Rows, c.batch, c.rules)
	for _, row := range out.Rows {
		before := c.batch
		err := t.Attempt(func() error { return c.pay(t, out.Batch, row, today, given) })
		if e := code.Of(err); e != nil && e.Code.Kind != code.Internal {
			c.batch = before
			out.Failed = append(out.Failed, currency.Failure{Row: row.Row, Code: e.Code.Name, Detail: e.Detail()})
			continue
		}
		if err != nil {
			return out, err
		}
		out.Issued += c.batch.Issued - before.Issued
		out.Bonus += c.batch.Bonus - before.Bonus
	}
	t.Emit("CorrectionPaid", r.Program+"/"+r.Run+"/"+r.ID)
	if err := batches.Put(t, c.batch, r.Program, r.Run, ledger.Num(int64(out.Batch))); err != nil {
		return out, err
	}
	return out, corrections.Put(t, out, r.Program, r.Run, r.ID)
}

// pay credits one corrected row and counts it in its batch.
func (c *corrected) pay(t *ledger.Tx, n int, row currency.CorrectedRow, today currency.Day, given map[string]int64) error {
	h, err := holder(t, c.program.ID, row.To)
	if err != nil {
		return err
	}
	after, parts, err := c.run.Correct(n, c.batch, row, h, c.rules, today, given[row.To])
	if err != nil {
		return err
	}
	c.batch = after
	given[row.To] += currency.Total(parts)
	credit := currency.Credit{Kind: currency.CreditIssue, From: c.run.ID, Parts: parts, At: t.Now().Unix()}
	return credits.Put(t, credit, c.program.ID, row.To, t.ID(), ledger.Num(int64(row.Row)))
}

func correction(t *ledger.Tx, r currency.CorrectionQuery) (currency.Correction, error) {
	c, found, err := corrections.Get(t, r.Program, r.Run, r.ID)
	if err == nil && !found {
		err = currency.CorrectionUnknown.Errorf("correction %s of run %s", r.ID, r.Run)
	}
	return c, err
}

// issuedBatch is the record of a batch that was issued, or BATCH_UNKNOWN.
func issuedBatch(t *ledger.Tx, r currency.BatchQuery) (currency.Batch, error) {
	b, found, err := batches.Get(t, r.Program, r.Run, ledger.Num(int64(r.Batch)))
	if err == nil && !found {
		err = currency.BatchUnknown.Errorf("batch %d of run %s was not issued", r.Batch, r.Run)
	}
	return b, err
}
