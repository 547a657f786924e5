// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// recoveryFunctions give an account whose key was lost to another key of the
// same holder, and what waits for one that its holder closed to another account of
// the same person:
//
//   - ProposeRecovery {op, program, account, did} by a guard of the issuer or the
//     operator, of a frozen account for a DID that has none yet, or of a closed one
//     for a DID that has one; emits RecoveryProposed. HOLDER_UNKNOWN, HOLDER_STATE,
//     HOLDER_EXISTS. UnfreezeHolder takes it back.
//   - ApproveRecovery {op, program, account, did} by an approver who is another
//     person of another organisation, once the programme's cool-down is over:
//     opens the new account, moves the purse and what is the person's or the
//     merchant's there, closes the old one; emits AccountRecovered. Of a closed
//     account, only its credits go over, by ForwardCredits. HOLDER_STATE,
//     HOLDER_EXISTS, HOLDER_UNKNOWN, RECOVERY_EARLY, SAME_OFFICER, SAME_ORGANISATION.
//   - ForwardCredits {op, program, account, credits} by anybody, without a role:
//     moves what waits for the old account to the last one that took over; emits
//     CreditsForwarded. HOLDER_STATE. Credits lists them to who took over, too.
func recoveryFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ProposeRecovery", proposeRecovery),
		ledger.Officer("ApproveRecovery", approveRecovery),
		ledger.Officer("ForwardCredits", forwardCredits),
	}
}

func proposeRecovery(t *ledger.Tx, r currency.ProposeRecovery) (currency.Holder, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Holder{}, err
	}
	caller, err := t.RequireRole(currency.RoleGuard, p.Organisations.Issuer, p.Organisations.Operator)
	if err != nil {
		return currency.Holder{}, err
	}
	h, err := recoverable(t, r)
	if err != nil {
		return h, err
	}
	if h, err = h.ProposeRecovery(r, p, caller.String(), t.Now()); err != nil {
		return h, err
	}
	t.Emit("RecoveryProposed", r.Program+"/"+r.Account)
	return h, holders.Put(t, h, r.Program, r.Account)
}

func approveRecovery(t *ledger.Tx, r currency.ProposeRecovery) (currency.Holder, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Holder{}, err
	}
	caller, err := t.RequireRole(currency.RoleApprover, p.Organisations.All()...)
	if err != nil {
		return currency.Holder{}, err
	}
	h, err := recoverable(t, r)
	if err != nil {
		return h, err
	}
	if h.Left() {
		return reunite(t, r, p, h, caller.String())
	}
	before, after, err := h.Recover(r, p, documents(t, p), caller.String(), t.Now())
	if err != nil {
		return h, err
	}
	after.Tx = t.ID()
	t.Emit("AccountRecovered", r.Program+"/"+r.Account)
	if err := holders.Put(t, before, r.Program, r.Account); err != nil {
		return after, err
	}
	if err := holders.Put(t, after, r.Program, before.Successor); err != nil {
		return after, err
	}
	return after, moveBelongings(t, r, before, after)
}

func reunite(t *ledger.Tx, r currency.ProposeRecovery, p currency.Program, h currency.Holder, by string) (currency.Holder, error) {
	to, err := holder(t, r.Program, currency.AccountID(r.DID))
	if err != nil {
		return h, err
	}
	if h, err = h.Reunite(r, p, to, by, t.Now()); err != nil {
		return h, err
	}
	t.Emit("AccountRecovered", r.Program+"/"+r.Account)
	return to, holders.Put(t, h, r.Program, r.Account)
}

// moveBelongings moves purse, counters and shop to the account that takes over.
func moveBelongings(t *ledger.Tx, r currency.ProposeRecovery, before, after currency.Holder) error {
	purse, found, err := purses.Get(t, r.Program, r.Account)
	if err != nil {
		return err
	}
	if found {
		moved := purse
		moved.Seq, moved.Holds = 0, nil // the new account's orders count from one; holds stay the old one's
		purse.Buckets = nil
		if err := purses.Put(t, purse, r.Program, r.Account); err != nil {
			return err
		}
		if err := purses.Put(t, moved, r.Program, before.Successor); err != nil {
			return err
		}
	}
	id := before.PersonID()
	who, found, err := persons.Get(t, r.Program, id)
	if err != nil {
		return err
	}
	if found {
		who.Holder = before.Successor
		if err := persons.Put(t, who, r.Program, id); err != nil {
			return err
		}
	}
	if after.Merchant == "" {
		return nil
	}
	m, err := merchant(t, r.Program, after.Merchant)
	if err != nil {
		return err
	}
	m.DID, m.Account = r.DID, before.Successor
	return merchants.Put(t, m, r.Program, m.ID)
}

// recoverable loads the account, and returns HOLDER_EXISTS where the new key has
// an account of its own, HOLDER_UNKNOWN where it has none and needs one: for a closed
// account.
func recoverable(t *ledger.Tx, r currency.ProposeRecovery) (currency.Holder, error) {
	h, err := holder(t, r.Program, r.Account)
	if err != nil {
		return h, err
	}
	account := currency.AccountID(r.DID)
	taken, err := holders.Has(t, r.Program, account)
	if err == nil && h.Left() {
		if !taken {
			err = currency.HolderUnknown.Errorf("account %s of programme %s", account, r.Program)
		}
		return h, err
	}
	if err != nil || taken {
		return h, first(err, currency.HolderExists.Errorf("account %s", account))
	}
	return h, nil
}

// heirOf is the account that has what waits for a recovered one: the last of those
// that took over, one from another; empty where nobody did. Only an account that is
// new or open takes over and only one that was not taken over itself, so this ends.
func heirOf(t *ledger.Tx, program string, h currency.Holder) (heir string, err error) {
	for h.Successor != "" {
		heir = h.Successor
		if h, err = holder(t, program, heir); err != nil {
			return heir, err
		}
	}
	return heir, nil
}

func forwardCredits(t *ledger.Tx, r currency.ForwardCredits) (currency.Forwarded, error) {
	h, err := holder(t, r.Program, r.Account)
	if err != nil {
		return currency.Forwarded{}, err
	}
	if h.Successor == "" {
		return currency.Forwarded{}, currency.HolderState.Errorf("account %s was not recovered: no other took over", r.Account)
	}
	heir, err := heirOf(t, r.Program, h)
	if err != nil {
		return currency.Forwarded{}, err
	}
	out := currency.Forwarded{Account: heir}
	for _, name := range r.Credits {
		tx, n, err := name.Split()
		if err != nil {
			return out, err
		}
		c, found, err := credits.Get(t, r.Program, r.Account, tx, ledger.Num(n))
		if err != nil {
			return out, err
		}
		if !found {
			out.Unknown = append(out.Unknown, name)
			continue
		}
		out.Moved = append(out.Moved, name)
		credits.Delete(t, r.Program, r.Account, tx, ledger.Num(n))
		if err := credits.Put(t, c, r.Program, heir, tx, ledger.Num(n)); err != nil {
			return out, err
		}
	}
	if len(out.Moved) == 0 {
		out.Account = "" // an invented credit shall not tell anybody who took over
		return out, nil
	}
	t.Emit("CreditsForwarded", r.Program+"/"+r.Account)
	return out, nil
}
