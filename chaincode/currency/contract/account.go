// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
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
			if err := requireOne(t, r.Program, readAccounts); err != nil {
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

func holder(t *ledger.Tx, program, account string) (currency.Holder, error) {
	h, found, err := holders.Get(t, program, account)
	if err == nil && !found {
		err = currency.HolderUnknown.Errorf("account %s in programme %s", account, program)
	}
	return h, err
}
