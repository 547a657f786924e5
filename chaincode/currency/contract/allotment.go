// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// allotmentFunctions, the mutators by the issuer's issuing officer unless it says
// otherwise:
//
//   - OpenAllotment {op, program, id, unit, source, purpose, appropriation, amount,
//     tranches} reserves budget; emits AllotmentOpened. ALLOTMENT_EXISTS,
//     UNIT_MISMATCH, PURPOSE_UNKNOWN, BATCH_CEILING, DAY_CEILING, FUND_EXCEEDED, APPROPRIATION_UNKNOWN,
//     APPROPRIATION_STATE.
//   - CloseAllotment {op, program, id} returns what is left; emits
//     AllotmentClosed. ALLOTMENT_UNKNOWN, ALLOTMENT_CLOSED. Whoever draws at that
//     moment is in its way: stop first one that much is drawn from.
//   - StopAllotment {op, program, id, reason} by a guard of another organisation:
//     nothing is drawn any more; emits AllotmentStopped. ALLOTMENT_UNKNOWN,
//     ALLOTMENT_CLOSED, ALLOTMENT_STOPPED, SAME_OFFICER, SAME_ORGANISATION.
//   - Allotment {program, id}, Tranche {program, allotment, tranche} answer the
//     records.
func allotmentFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("OpenAllotment", openAllotment),
		ledger.Officer("CloseAllotment", closeAllotment),
		ledger.Officer("StopAllotment", stopAllotment),
		ledger.Query("Allotment", func(t *ledger.Tx, r currency.RecordQuery) (currency.Allotment, error) {
			return allotment(t, r.Program, r.ID)
		}),
		ledger.Query("Tranche", func(t *ledger.Tx, r currency.TrancheQuery) (currency.Tranche, error) {
			return tranche(t, r.Program, r.Allotment, r.Tranche)
		}),
	}
}

func openAllotment(t *ledger.Tx, r currency.OpenAllotment) (currency.Allotment, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Allotment{}, err
	}
	caller, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer)
	if err != nil {
		return currency.Allotment{}, err
	}
	if taken, err := allotments.Has(t, r.Program, r.ID); err != nil || taken {
		return currency.Allotment{}, first(err, currency.AllotmentExists.Errorf("allotment %s", r.ID))
	}
	rules, err := current(t, p)
	if err != nil {
		return currency.Allotment{}, err
	}
	from, err := appropriation(t, r.Program, r.Appropriation)
	if err != nil {
		return currency.Allotment{}, err
	}
	opened, each, from, err := r.Allotment().Open(rules, from, t.Now())
	if err != nil {
		return opened, err
	}
	opened.By = caller.String()
	if err := countOpened(t, p, opened.Amount, rules.Guards); err != nil {
		return opened, err
	}
	for n := range opened.Tranches {
		if err := tranches.Put(t, each, r.Program, r.ID, ledger.Num(int64(n))); err != nil {
			return opened, err
		}
	}
	t.Emit("AllotmentOpened", r.Program+"/"+r.ID)
	if err := appropriations.Put(t, from, r.Program, r.Appropriation); err != nil {
		return opened, err
	}
	return opened, allotments.Put(t, opened, r.Program, r.ID)
}

func closeAllotment(t *ledger.Tx, r currency.RecordOperation) (currency.Allotment, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Allotment{}, err
	}
	if _, err := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer); err != nil {
		return currency.Allotment{}, err
	}
	opened, err := allotment(t, r.Program, r.ID)
	if err != nil {
		return opened, err
	}
	keys := make([]string, opened.Tranches)
	for n := range keys {
		keys[n] = tranches.Key(r.Program, r.ID, ledger.Num(int64(n)))
	}
	if err := t.Prefetch(keys...); err != nil {
		return opened, err
	}
	all := make([]currency.Tranche, opened.Tranches)
	for n := range all {
		if all[n], err = tranche(t, r.Program, r.ID, n); err != nil {
			return opened, err
		}
	}
	from, err := appropriation(t, r.Program, opened.Appropriation)
	if err != nil {
		return opened, err
	}
	closed, empty, from, err := opened.Close(all, from)
	if err != nil {
		return opened, err
	}
	for n, e := range empty {
		if err := tranches.Put(t, e, r.Program, r.ID, ledger.Num(int64(n))); err != nil {
			return closed, err
		}
	}
	t.Emit("AllotmentClosed", r.Program+"/"+r.ID)
	if err := appropriations.Put(t, from, r.Program, opened.Appropriation); err != nil {
		return closed, err
	}
	return closed, allotments.Put(t, closed, r.Program, r.ID)
}

func stopAllotment(t *ledger.Tx, r currency.StopAllotment) (currency.Allotment, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Allotment{}, err
	}
	caller, err := t.RequireRole(currency.RoleGuard, p.Organisations.All()...)
	if err != nil {
		return currency.Allotment{}, err
	}
	opened, err := allotment(t, r.Program, r.ID)
	if err != nil {
		return opened, err
	}
	stopped, err := opened.Stop(r.Reason, p, caller.String())
	if err != nil {
		return opened, err
	}
	t.Emit("AllotmentStopped", r.Program+"/"+r.ID)
	return stopped, allotments.Put(t, stopped, r.Program, r.ID)
}

func allotment(t *ledger.Tx, program, id string) (currency.Allotment, error) {
	a, found, err := allotments.Get(t, program, id)
	if err == nil && !found {
		err = currency.AllotmentUnknown.Errorf("allotment %s", id)
	}
	return a, err
}

func tranche(t *ledger.Tx, program, allotment string, n int) (currency.Tranche, error) {
	part, found, err := tranches.Get(t, program, allotment, ledger.Num(int64(n)))
	if err == nil && !found {
		err = currency.AllotmentUnknown.Errorf("%s, tranche %d", allotment, n)
	}
	return part, err
}

// drawable is a tranche to draw from. The allotment is read, too: who stops it
// writes nothing else, and so wins against whoever draws.
func drawable(t *ledger.Tx, program, id string, n int) (currency.Tranche, error) {
	a, err := allotment(t, program, id)
	if err != nil {
		return currency.Tranche{}, err
	}
	if err := a.CheckDrawing(); err != nil {
		return currency.Tranche{}, err
	}
	return tranche(t, program, id, n)
}
