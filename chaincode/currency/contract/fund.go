// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// fundFunctions:
//
//   - ConfirmDeposit {op, program, ref, fund, amount, donor} by the bank's cashier; emits
//     DepositConfirmed. DEPOSIT_EXISTS.
//   - ProposeAppropriation {op, program, id, fund, amount, year} by the
//     issuer's treasurer; emits AppropriationProposed. APPROPRIATION_EXISTS.
//   - ApproveAppropriation {op, program, id} by an approver who is another person
//     of another organisation; emits AppropriationApproved.
//     APPROPRIATION_UNKNOWN, APPROPRIATION_STATE, SAME_OFFICER, SAME_ORGANISATION.
//   - Deposit {program, id, read} answers the record; its donor is shown to itself, by
//     a read order, to cashiers and to who may read accounts.
//   - Appropriation {program, id} answers the record.
func fundFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ConfirmDeposit", confirmDeposit),
		ledger.Officer("ProposeAppropriation", proposeAppropriation),
		ledger.Officer("ApproveAppropriation", approveAppropriation),
		ledger.Query("Deposit", func(t *ledger.Tx, r currency.DepositQuery) (currency.Deposit, error) {
			d, err := deposit(t, r.Program, r.ID)
			if err != nil {
				return d, err
			}
			shown, err := seesDonor(t, r, d)
			if !shown {
				d.Donor = ""
			}
			return d, err
		}),
		ledger.Query("Appropriation", func(t *ledger.Tx, r currency.RecordQuery) (currency.Appropriation, error) {
			return appropriation(t, r.Program, r.ID)
		}),
	}
}

func seesDonor(t *ledger.Tx, r currency.DepositQuery, d currency.Deposit) (bool, error) {
	if r.Read == "" {
		return mayRead(t, r.Program, readBank)
	}
	by, err := reader(t, r.Program, r.Read)
	return err == nil && by.account == d.Donor, err
}

func confirmDeposit(t *ledger.Tx, r currency.ConfirmDeposit) (currency.Deposit, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Deposit{}, err
	}
	caller, err := t.RequireRole(currency.RoleCashier, p.Organisations.Bank)
	if err != nil {
		return currency.Deposit{}, err
	}
	taken, err := deposits.Has(t, r.Program, r.Ref)
	if err != nil {
		return currency.Deposit{}, err
	}
	if taken {
		return currency.Deposit{}, currency.DepositExists.Errorf("deposit %s", r.Ref)
	}
	d := currency.Deposit{Program: r.Program, Ref: r.Ref, Fund: r.Fund, Amount: r.Amount, Left: r.Amount, By: caller.String(), Donor: r.Donor}
	t.Emit("DepositConfirmed", r.Program+"/"+r.Ref)
	return d, deposits.Put(t, d, r.Program, r.Ref)
}

func proposeAppropriation(t *ledger.Tx, r currency.ProposeAppropriation) (currency.Appropriation, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Appropriation{}, err
	}
	caller, err := t.RequireRole(currency.RoleTreasurer, p.Organisations.Issuer)
	if err != nil {
		return currency.Appropriation{}, err
	}
	taken, err := appropriations.Has(t, r.Program, r.ID)
	if err != nil {
		return currency.Appropriation{}, err
	}
	if taken {
		return currency.Appropriation{}, currency.AppropriationExists.Errorf("appropriation %s", r.ID)
	}
	a := currency.Appropriation{Program: r.Program, ID: r.ID, Fund: r.Fund, Amount: r.Amount, Year: r.Year, ProposedBy: caller.String()}
	t.Emit("AppropriationProposed", r.Program+"/"+r.ID)
	return a, appropriations.Put(t, a, r.Program, r.ID)
}

func approveAppropriation(t *ledger.Tx, r currency.RecordOperation) (currency.Appropriation, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Appropriation{}, err
	}
	caller, err := t.RequireRole(currency.RoleApprover, p.Organisations.All()...)
	if err != nil {
		return currency.Appropriation{}, err
	}
	a, err := appropriation(t, r.Program, r.ID)
	if err != nil {
		return a, err
	}
	if a, err = a.Approve(p, caller.String()); err != nil {
		return a, err
	}
	t.Emit("AppropriationApproved", r.Program+"/"+r.ID)
	return a, appropriations.Put(t, a, r.Program, r.ID)
}

func deposit(t *ledger.Tx, program, ref string) (currency.Deposit, error) {
	d, found, err := deposits.Get(t, program, ref)
	if err == nil && !found {
		err = currency.DepositUnknown.Errorf("deposit %s", ref)
	}
	return d, err
}

func appropriation(t *ledger.Tx, program, id string) (currency.Appropriation, error) {
	a, found, err := appropriations.Get(t, program, id)
	if err == nil && !found {
		err = currency.AppropriationUnknown.Errorf("appropriation %s", id)
	}
	return a, err
}
