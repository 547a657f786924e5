// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// accountFunctions, by a guard of the issuer or the operator:
//
//   - FreezeHolder {op, program, account, reason}; emits HolderFrozen.
//   - UnfreezeHolder {op, program, account, reason}; emits HolderUnfrozen.
//     HOLDER_UNKNOWN, HOLDER_STATE.
//   - Holder {program, account} answers the account's record to officers.
//
// They write nothing but the holder's record, which spending only reads: a
// freeze is never held up by a spender.
func accountFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("FreezeHolder", func(t *ledger.Tx, r currency.SetFreeze) (currency.Holder, error) {
			return changeHolder(t, r, "HolderFrozen", func(h currency.Holder) (currency.Holder, error) { return h.Freeze(r.Reason, t.Now().Unix()) })
		}),
		ledger.Officer("UnfreezeHolder", func(t *ledger.Tx, r currency.SetFreeze) (currency.Holder, error) {
			return changeHolder(t, r, "HolderUnfrozen", currency.Holder.Unfreeze)
		}),
		ledger.Query("Holder", func(t *ledger.Tx, r currency.AccountQuery) (currency.Holder, error) {
			if err := requireReader(t, r.Program); err != nil {
				return currency.Holder{}, err
			}
			return holder(t, r.Program, r.Account)
		}),
	}
}

func changeHolder(t *ledger.Tx, r currency.SetFreeze, event string, change func(currency.Holder) (currency.Holder, error)) (currency.Holder, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Holder{}, err
	}
	if _, err := t.RequireRole(currency.RoleGuard, p.Organisations.Issuer, p.Organisations.Operator); err != nil {
		return currency.Holder{}, err
	}
	h, err := holder(t, r.Program, r.Account)
	if err != nil {
		return h, err
	}
	if h, err = change(h); err != nil {
		return h, err
	}
	t.Emit(event, r.Program+"/"+r.Account)
	return h, holders.Put(t, h, r.Program, r.Account)
}

// requireReader lets officers pass who may read accounts: auditors of the
// programme's organisations and guards.
func requireReader(t *ledger.Tx, id string) error {
	p, err := program(t, id)
	if err != nil {
		return err
	}
	_, err = t.RequireRole(currency.RoleAuditor, p.Organisations.All()...)
	if !errors.Is(err, code.RoleMissing) {
		return err
	}
	if _, guard := t.RequireRole(currency.RoleGuard, p.Organisations.Issuer, p.Organisations.Operator); guard == nil {
		return nil
	}
	return err
}

// requirePayer lets officers pass who may read what goes through the bank: its
// cashiers, and those who may read accounts.
func requirePayer(t *ledger.Tx, id string) error {
	p, err := program(t, id)
	if err != nil {
		return err
	}
	if _, cashier := t.RequireRole(currency.RoleCashier, p.Organisations.Bank); cashier == nil {
		return nil
	}
	return requireReader(t, id)
}

// requireIssuer lets officers pass who may read which account a run gave what: those
// who issue, those who approve it, and those who may read accounts.
func requireIssuer(t *ledger.Tx, id string) error {
	p, err := program(t, id)
	if err != nil {
		return err
	}
	if _, issuer := t.RequireRole(currency.RoleIssuer, p.Organisations.Issuer); issuer == nil {
		return nil
	}
	if _, approver := t.RequireRole(currency.RoleApprover, p.Organisations.All()...); approver == nil {
		return nil
	}
	return requireReader(t, id)
}

// ownerOrPayer lets the account's owner pass, by a read order, and officers who
// may read what goes through the bank.
func ownerOrPayer(t *ledger.Tx, program, account, read string) error {
	if read == "" {
		return requirePayer(t, program)
	}
	r, err := reader(t, program, read)
	if err == nil && r.account != account {
		err = currency.ReadRefused.Errorf("account %s is not the reader's", account)
	}
	return err
}

func holder(t *ledger.Tx, program, account string) (currency.Holder, error) {
	h, found, err := holders.Get(t, program, account)
	if err == nil && !found {
		err = currency.HolderUnknown.Errorf("account %s in programme %s", account, program)
	}
	return h, err
}
