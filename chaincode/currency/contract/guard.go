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

// countOpened counts what a run, an allotment or a series of tickets reserves
// towards the day's ceiling. Those of one day are opened one after the other; what
// draws on them later does not meet.
func countOpened(t *ledger.Tx, p currency.Program, won int64, g currency.Guards) error {
	today := p.Today(t.Now())
	day := ledger.Num(int64(today))
	before, _, err := dayIssued.Get(t, p.ID, day)
	if err != nil {
		return err
	}
	after, err := before.Open(won, g, today)
	if err != nil {
		return err
	}
	return dayIssued.Put(t, after, p.ID, day)
}

// countSold counts a purchase towards its share of the day's sale or, where the policy
// in force sells nothing any more, as what else is issued that day.
func countSold(t *ledger.Tx, p currency.Program, won int64, tranche int, g currency.Guards) error {
	share, counted := g.Share(tranche)
	switch {
	case !counted && g.DayCeiling == 0:
		return nil
	case !counted:
		return countOpened(t, p, won, g)
	}
	today := p.Today(t.Now())
	key := []string{p.ID, ledger.Num(int64(today)), ledger.Num(int64(share))}
	before, _, err := daySold.Get(t, key...)
	if err != nil {
		return err
	}
	after, err := before.Sell(won, g, today)
	if err != nil {
		return err
	}
	return daySold.Put(t, after, key...)
}
