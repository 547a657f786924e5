// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// caseFunctions, by a guard of the issuer or the operator unless it says
// otherwise:
//
//   - OpenCase {op, program, account, id, reason, rule, policy, receipts} freezes
//     the account; emits CaseOpened. The receipts must reach the rule, a threshold
//     of the policy, if one is named. HOLDER_UNKNOWN, HOLDER_CLOSED, CASE_EXISTS,
//     CASE_STATE, RECEIPT_UNKNOWN, POLICY_UNKNOWN, THRESHOLD_UNKNOWN,
//     THRESHOLD_UNMET.
//   - HoldFunds {op, program, account, id, amount, credits, redemptions} takes value
//     of the frozen account, or of one that its holder closed, into the case, and
//     holds claims on the bank, which are not paid from then on: once the bank
//     recalls one (RecallPayout) its money comes into the case; emits FundsHeld.
//     CASE_UNKNOWN, CASE_STATE, HOLDER_STATE, INSUFFICIENT_FUNDS, CREDIT_UNKNOWN,
//     BUCKET_LIMIT, REDEMPTION_UNKNOWN, REDEMPTION_PAID, REDEMPTION_HELD,
//     REDEMPTION_RECALLED.
//   - ProposeClawback {op, program, account, id, amount}; emits ClawbackProposed.
//     CASE_UNKNOWN, CASE_STATE, INSUFFICIENT_FUNDS.
//   - ApproveClawback, the same by an approver who is another person of another
//     organisation: gives it back to the funds it came from; emits ClawedBack.
//     CASE_UNKNOWN, CASE_STATE, SAME_OFFICER, SAME_ORGANISATION.
//   - CloseCase {op, program, account, id} gives the holder what is still held, as
//     a credit, lets claims be paid again that the bank has not recalled, and
//     unfreezes an account that only cases froze; emits CaseClosed.
//     CASE_UNKNOWN, CASE_STATE.
//   - Case {program, account, id} answers the record to officers who may read
//     accounts, Cases {program, account, read, limit, bookmark} all of an account's
//     to them and to its holder.
func caseFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("OpenCase", openCase),
		ledger.Officer("HoldFunds", holdFunds),
		ledger.Officer("ProposeClawback", func(t *ledger.Tx, r currency.ClawBack) (currency.Case, error) {
			_, by, err := guard(t, r.Program)
			if err != nil {
				return currency.Case{}, err
			}
			c, err := fraudCase(t, r.CaseQuery)
			if err != nil {
				return c, err
			}
			if c, err = c.ProposeClawback(r, by); err != nil {
				return c, err
			}
			return c, saveCase(t, r.CaseQuery, c, "ClawbackProposed")
		}),
		ledger.Officer("ApproveClawback", approveClawback),
		ledger.Officer("CloseCase", closeCase),
		ledger.Query("Case", func(t *ledger.Tx, r currency.CaseQuery) (currency.Case, error) {
			if err := requireOne(t, r.Program, readAccounts); err != nil {
				return currency.Case{}, err
			}
			return fraudCase(t, r)
		}),
		ledger.Query("Cases", func(t *ledger.Tx, r currency.OwnQuery) (call.Page[currency.Case], error) {
			if _, err := own(t, r); err != nil {
				return call.Page[currency.Case]{}, err
			}
			return cases.List(t, r.Limit, r.Bookmark, r.Program, r.Account)
		}),
	}
}

// guard is who calls, a guard of the issuer or the operator.
func guard(t *ledger.Tx, id string) (p currency.Program, by string, err error) {
	if p, err = program(t, id); err != nil {
		return p, "", err
	}
	caller, err := t.RequireRole(currency.RoleGuard, p.Organisations.Issuer, p.Organisations.Operator)
	if err != nil {
		return p, "", err
	}
	return p, caller.String(), nil
}

func fraudCase(t *ledger.Tx, q currency.CaseQuery) (currency.Case, error) {
	c, found, err := cases.Get(t, q.Program, q.Account, q.ID)
	if err == nil && !found {
		err = currency.CaseUnknown.Errorf("case %s of account %s", q.ID, q.Account)
	}
	return c, err
}

// caseAndHolder are a case and the account that it is about.
func caseAndHolder(t *ledger.Tx, q currency.CaseQuery) (currency.Case, currency.Holder, error) {
	c, err := fraudCase(t, q)
	if err != nil {
		return c, currency.Holder{}, err
	}
	h, err := holder(t, q.Program, q.Account)
	return c, h, err
}

func saveCase(t *ledger.Tx, q currency.CaseQuery, c currency.Case, event string) error {
	t.Emit(event, q.Program+"/"+q.Account+"/"+q.ID)
	return cases.Put(t, c, q.Program, q.Account, q.ID)
}

func openCase(t *ledger.Tx, r currency.OpenCase) (currency.Case, error) {
	c := currency.Case{Reason: r.Reason, Rule: r.Rule, Receipts: r.Receipts, At: t.Now().Unix()}
	p, by, err := guard(t, r.Program)
	if err != nil {
		return c, err
	}
	c.By = by
	h, err := holder(t, r.Program, r.Account)
	if err != nil {
		return c, err
	}
	taken, err := cases.Has(t, r.Program, r.Account, r.ID)
	if err != nil || taken {
		return c, first(err, currency.CaseExists.Errorf("case %s of account %s", r.ID, r.Account))
	}
	evidence, err := evidenceOf(t, p, r.Receipts)
	if err != nil {
		return c, err
	}
	if r.Rule != "" {
		if c.Policy = r.Policy; c.Policy == 0 {
			c.Policy = p.Policy
		}
		rules, err := policy(t, p.ID, c.Policy)
		if err != nil {
			return c, err
		}
		found, err := r.Accuse(rules, h.Merchant, evidence)
		if err != nil {
			return c, err
		}
		c.Found = &found
	}
	if h, err = h.OpenCase(r.ID, t.Now().Unix()); err != nil {
		return c, err
	}
	if err := holders.Put(t, h, r.Program, r.Account); err != nil {
		return c, err
	}
	return c, saveCase(t, r.CaseQuery, c, "CaseOpened")
}

// evidenceOf are the receipts that a case names, or RECEIPT_UNKNOWN. What is neither
// a payment nor a gift keeps an amount of 0, which no threshold counts.
func evidenceOf(t *ledger.Tx, p currency.Program, names []currency.ReceiptName) ([]currency.Seen, error) {
	evidence := make([]currency.Seen, len(names))
	for i, name := range names {
		r, found, err := receipts.Get(t, p.ID, name.Holder, ledger.Num(name.Seq))
		if err != nil || !found {
			return nil, first(err, currency.ReceiptUnknown.Errorf("account %s seq %d", name.Holder, name.Seq))
		}
		var shop string
		if r.Kind == currency.KindCapture {
			h, err := holder(t, p.ID, name.Holder)
			if err != nil {
				return nil, err
			}
			shop = h.Merchant
		}
		seen, ok := r.Seen(name, shop, p)
		if !ok {
			seen.Amount = 0
		}
		evidence[i] = seen
	}
	return evidence, nil
}

func holdFunds(t *ledger.Tx, r currency.HoldFunds) (currency.Case, error) {
	p, _, err := guard(t, r.Program)
	if err != nil {
		return currency.Case{}, err
	}
	c, h, err := caseAndHolder(t, r.CaseQuery)
	if err != nil {
		return c, err
	}
	rules, err := current(t, p)
	if err != nil {
		return c, err
	}
	purse, _, err := purses.Get(t, r.Program, r.Account)
	if err != nil {
		return c, err
	}
	named := make([]currency.Credit, len(r.Credits))
	for i, name := range r.Credits {
		tx, n, err := name.Split()
		if err != nil {
			return c, err
		}
		var found bool
		if named[i], found, err = credits.Get(t, r.Program, r.Account, tx, ledger.Num(n)); err != nil || !found {
			return c, first(err, currency.CreditUnknown.Errorf("%s of account %s", name, r.Account))
		}
		credits.Delete(t, r.Program, r.Account, tx, ledger.Num(n))
	}
	c, left, err := r.Decide(c, h, purse.Buckets, named, rules)
	if err != nil {
		return c, err
	}
	if c, err = holdClaims(t, r, c, h); err != nil {
		return c, err
	}
	if r.Amount > 0 {
		purse.Buckets = left
		if err := purses.Put(t, purse, r.Program, r.Account); err != nil {
			return c, err
		}
	}
	return c, saveCase(t, r.CaseQuery, c, "FundsHeld")
}

func approveClawback(t *ledger.Tx, r currency.ClawBack) (currency.Case, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Case{}, err
	}
	caller, err := t.RequireRole(currency.RoleApprover, p.Organisations.All()...)
	if err != nil {
		return currency.Case{}, err
	}
	c, err := fraudCase(t, r.CaseQuery)
	if err != nil {
		return c, err
	}
	rules, err := current(t, p)
	if err != nil {
		return c, err
	}
	c, back, err := c.ApproveClawback(r, p, rules, caller.String())
	if err != nil {
		return c, err
	}
	if err := clawBack(t, r, p.Today(t.Now()), back); err != nil {
		return c, err
	}
	return c, saveCase(t, r.CaseQuery, c, "ClawedBack")
}

// clawBack gives value back to the funds it came from and says for which case.
func clawBack(t *ledger.Tx, r currency.ClawBack, today currency.Day, parts []currency.Part) error {
	if err := giveBack(t, r.Program, today, parts); err != nil {
		return err
	}
	for _, p := range parts {
		back, _, err := fundReturns.Get(t, r.Program, p.Origin, t.ID())
		if err != nil {
			return err
		}
		back.Case = r.ID
		if err := fundReturns.Put(t, back, r.Program, p.Origin, t.ID()); err != nil {
			return err
		}
	}
	return nil
}

func closeCase(t *ledger.Tx, r currency.CaseOperation) (currency.Case, error) {
	_, by, err := guard(t, r.Program)
	if err != nil {
		return currency.Case{}, err
	}
	c, h, err := caseAndHolder(t, r.CaseQuery)
	if err != nil {
		return c, err
	}
	claims := c.Claims
	c, back, err := c.Close(r.ID, by, t.Now().Unix())
	if err != nil {
		return c, err
	}
	if err := freeClaims(t, r.CaseQuery, claims); err != nil {
		return c, err
	}
	if len(back) > 0 {
		credit := currency.Credit{Kind: currency.CreditRelease, From: r.ID, Parts: back, At: t.Now().Unix()}
		if err := credits.Put(t, credit, r.Program, r.Account, t.ID(), ledger.Num(0)); err != nil {
			return c, err
		}
	}
	if err := holders.Put(t, h.CloseCase(r.ID), r.Program, r.Account); err != nil {
		return c, err
	}
	return c, saveCase(t, r.CaseQuery, c, "CaseClosed")
}
