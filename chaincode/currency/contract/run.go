// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// runFunctions, those that write by the issuer's issuing officer:
//
//   - OpenRun {op, program, id, unit, source, purpose, draws, batches} reserves the money;
//     emits RunOpened. RUN_EXISTS, UNIT_MISMATCH, PURPOSE_UNKNOWN, BATCH_CEILING, PERSON_CEILING, DAY_CEILING, POLICY_EXPIRED, FUND_EXCEEDED,
//     DEPOSIT_UNKNOWN, APPROPRIATION_UNKNOWN, APPROPRIATION_STATE.
//   - IssueBatch {op, program, run, batch, rows} credits the recipients; each row
//     stands or falls alone; emits BatchIssued. RUN_UNKNOWN, RUN_CLOSED,
//     RUN_WAITING, RUN_COOLING, RUN_STOPPED,
//     BATCH_UNKNOWN, BATCH_MISMATCH, BATCH_DONE.
//   - CloseRun {op, program, id} returns what was not issued; emits RunClosed.
//   - Run {program, id} answers the record to anybody.
//   - Batch {program, run, batch} answers what became of it, with the accounts whose
//     rows fell or were corrected, to issuing officers of the issuer, approvers,
//     auditors and guards.
func runFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("OpenRun", openRun),
		ledger.Officer("IssueBatch", issueBatch),
		ledger.Officer("CloseRun", closeRun),
		ledger.Query("Run", func(t *ledger.Tx, r currency.RecordQuery) (currency.Run, error) { return run(t, r.Program, r.ID) }),
		ledger.Query("Batch", func(t *ledger.Tx, r currency.BatchQuery) (currency.Batch, error) {
			if err := requireOne(t, r.Program, readIssues); err != nil {
				return currency.Batch{}, err
			}
			return issuedBatch(t, r)
		}),
	}
}

func openRun(t *ledger.Tx, r currency.OpenRun) (currency.Run, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Run{}, err
	}
	caller, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer)
	if err != nil {
		return currency.Run{}, err
	}
	taken, err := runs.Has(t, r.Program, r.ID)
	if err != nil {
		return currency.Run{}, err
	}
	if taken {
		return currency.Run{}, currency.RunExists.Errorf("run %s", r.ID)
	}
	rules, err := current(t, p)
	if err != nil {
		return currency.Run{}, err
	}
	if err := rules.CheckIssuable(r.Purpose, p.Today(t.Now())); err != nil {
		return currency.Run{}, err
	}
	funding, err := loadFunding(t, r.Program, r.Draws)
	if err != nil {
		return currency.Run{}, err
	}
	opened, funding, err := r.Run().Open(rules, funding, t.Now())
	if err != nil {
		return opened, err
	}
	opened.By = caller.String()
	if err := countOpened(t, p, opened.Reserved+opened.Bonus, rules.Guards); err != nil {
		return opened, err
	}
	t.Emit("RunOpened", r.Program+"/"+r.ID)
	if err := saveFunding(t, r.Program, funding); err != nil {
		return opened, err
	}
	return opened, runs.Put(t, opened, r.Program, r.ID)
}

func issueBatch(t *ledger.Tx, r currency.IssueBatch) (currency.Batch, error) {
	var out currency.Batch
	p, err := program(t, r.Program)
	if err != nil {
		return out, err
	}
	if _, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer); err != nil {
		return out, err
	}
	opened, err := run(t, r.Program, r.Run)
	if err != nil {
		return out, err
	}
	if err := opened.CheckIssuing(t.Now()); err != nil {
		return out, err
	}
	rules, err := policy(t, r.Program, opened.Policy)
	if err != nil {
		return out, err
	}
	if err := opened.CheckBatch(r.Batch, r.Rows, rules); err != nil {
		return out, err
	}
	number := ledger.Num(int64(r.Batch))
	done, err := batches.Has(t, r.Program, r.Run, number)
	if err != nil {
		return out, err
	}
	if done {
		return out, currency.BatchDone.Errorf("batch %d of run %s", r.Batch, r.Run)
	}
	keys := make([]string, 0, len(r.Rows))
	for _, row := range r.Rows {
		if currency.CheckAccountID("to", row.To) == nil {
			keys = append(keys, holders.Key(r.Program, row.To))
		}
	}
	if err := t.Prefetch(keys...); err != nil {
		return out, err
	}
	out = currency.Batch{Tx: t.ID(), Fund: opened.Fund, BonusFund: opened.BonusFund}
	today, given := p.Today(t.Now()), map[string]int64{}
	for i, row := range r.Rows {
		err := t.Attempt(func() error { return issueRow(t, opened, rules, today, i, row, given) })
		if e := code.Of(err); e != nil && e.Code.Kind != code.Internal {
			out.Failed = append(out.Failed, currency.Failure{Row: i, Code: e.Code.Name, Detail: e.Detail()})
			continue
		}
		if err != nil {
			return out, err
		}
		out.Rows++
		out.Issued += row.Amount
		if opened.Source == currency.Principal {
			out.Bonus += rules.Bonus(row.Amount)
		}
	}
	t.Emit("BatchIssued", r.Program+"/"+r.Run+"/"+strconv.Itoa(r.Batch))
	return out, batches.Put(t, out, r.Program, r.Run, number)
}

func issueRow(t *ledger.Tx, run currency.Run, rules currency.Policy, today currency.Day, i int, row currency.Row, given map[string]int64) error {
	if err := currency.CheckAccountID("to", row.To); err != nil {
		return err
	}
	h, err := holder(t, run.Program, row.To)
	if err != nil {
		return err
	}
	parts, err := run.Issue(row, h, rules, today, given[row.To])
	if err != nil {
		return err
	}
	given[row.To] += currency.Total(parts)
	credit := currency.Credit{Kind: currency.CreditIssue, From: run.ID, Parts: parts, At: t.Now().Unix()}
	return credits.Put(t, credit, run.Program, row.To, t.ID(), ledger.Num(int64(i)))
}

func closeRun(t *ledger.Tx, r currency.RecordOperation) (currency.Run, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Run{}, err
	}
	if _, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer); err != nil {
		return currency.Run{}, err
	}
	opened, err := run(t, r.Program, r.ID)
	if err != nil {
		return opened, err
	}
	keys := make([]string, len(opened.Batches))
	for i := range opened.Batches {
		keys[i] = batches.Key(r.Program, r.ID, ledger.Num(int64(i)))
	}
	if err := t.Prefetch(keys...); err != nil {
		return opened, err
	}
	done := map[int]currency.Batch{}
	for i := range opened.Batches {
		b, found, err := batches.Get(t, r.Program, r.ID, ledger.Num(int64(i)))
		if err != nil {
			return opened, err
		}
		if found {
			done[i] = b
		}
	}
	funding, err := loadFunding(t, r.Program, opened.Draws)
	if err != nil {
		return opened, err
	}
	closed, funding, err := opened.Close(done, funding)
	if err != nil {
		return opened, err
	}
	t.Emit("RunClosed", r.Program+"/"+r.ID)
	if err := saveFunding(t, r.Program, funding); err != nil {
		return closed, err
	}
	return closed, runs.Put(t, closed, r.Program, r.ID)
}

func loadFunding(t *ledger.Tx, program string, draws []currency.Draw) (currency.Funding, error) {
	f := currency.Funding{Deposits: map[string]currency.Deposit{}, Appropriations: map[string]currency.Appropriation{}}
	for _, d := range draws {
		var err error
		if d.Deposit != "" {
			f.Deposits[d.Deposit], err = deposit(t, program, d.Deposit)
		} else {
			f.Appropriations[d.Appropriation], err = appropriation(t, program, d.Appropriation)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// saveFunding writes what changed. Writes are sorted before they reach the
// peer, so the order of these maps does not matter.
func saveFunding(t *ledger.Tx, program string, f currency.Funding) error {
	for ref, d := range f.Deposits {
		if err := deposits.Put(t, d, program, ref); err != nil {
			return err
		}
	}
	for id, a := range f.Appropriations {
		if err := appropriations.Put(t, a, program, id); err != nil {
			return err
		}
	}
	return nil
}

func run(t *ledger.Tx, program, id string) (currency.Run, error) {
	r, found, err := runs.Get(t, program, id)
	if err == nil && !found {
		err = currency.RunUnknown.Errorf("run %s", id)
	}
	return r, err
}
