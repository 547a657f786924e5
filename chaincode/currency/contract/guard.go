// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// guardFunctions:
//
//   - ApproveRun {op, program, id, root} by an approver who is another person of
//     another organisation than who opened it; emits RunApproved. RUN_UNKNOWN,
//     RUN_CLOSED, RUN_STOPPED, RUN_APPROVED, ROSTER_MISMATCH, SAME_OFFICER,
//     SAME_ORGANISATION.
//   - StopRun {op, program, id, reason} by a guard of another organisation: no
//     batch is issued any more; emits RunStopped. RUN_UNKNOWN, RUN_CLOSED,
//     RUN_STOPPED, SAME_OFFICER, SAME_ORGANISATION.
func guardFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ApproveRun", func(t *ledger.Tx, r currency.ApproveRun) (currency.Run, error) {
			return decideRun(t, r.RecordQuery, currency.RoleApprover, "RunApproved", func(run currency.Run, p currency.Program, by string) (currency.Run, error) {
				return run.Approve(r.Root, p, by)
			})
		}),
		ledger.Officer("StopRun", func(t *ledger.Tx, r currency.StopRun) (currency.Run, error) {
			return decideRun(t, r.RecordQuery, currency.RoleGuard, "RunStopped", func(run currency.Run, p currency.Program, by string) (currency.Run, error) {
				return run.Stop(r.Reason, p, by)
			})
		}),
	}
}

// decideRun has an officer of any organisation of the programme decide on a run.
func decideRun(t *ledger.Tx, q currency.RecordQuery, role call.Role, event string,
	decide func(currency.Run, currency.Program, string) (currency.Run, error),
) (currency.Run, error) {
	p, err := program(t, q.Program)
	if err != nil {
		return currency.Run{}, err
	}
	caller, err := t.RequireRole(role, p.Organisations.All()...)
	if err != nil {
		return currency.Run{}, err
	}
	opened, err := run(t, q.Program, q.ID)
	if err != nil {
		return opened, err
	}
	if opened, err = decide(opened, p, caller.String()); err != nil {
		return opened, err
	}
	t.Emit(event, q.Program+"/"+q.ID)
	return opened, runs.Put(t, opened, q.Program, q.ID)
}

// countDay counts a run that is opened towards its day's ceiling. Runs of one day
// are opened one after the other; their batches do not meet.
func countDay(t *ledger.Tx, opened currency.Run, g currency.Guards, today currency.Day) error {
	day := ledger.Num(int64(today))
	before, _, err := dayIssued.Get(t, opened.Program, day)
	if err != nil {
		return err
	}
	after, err := before.Add(opened, g, today)
	if err != nil {
		return err
	}
	return dayIssued.Put(t, after, opened.Program, day)
}
