// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// purchaseFunctions; the order itself is Buy (purchase-order+jws):
//
//   - ConfirmPurchase {op, program, ref, account, seq, amount, allotment, tranche}
//     by the bank's cashier issues what was ordered; emits PurchaseConfirmed.
//     PURCHASE_UNKNOWN, PURCHASE_PAID, PURCHASE_LAPSED, DEPOSIT_EXISTS,
//     INVALID_AMOUNT unless it is what is due, ALLOTMENT_UNKNOWN, ALLOTMENT_COOLING, ALLOTMENT_STOPPED, ALLOTMENT_CLOSED, FUND_EXCEEDED,
//     HOLDER_FROZEN, HOLDER_CLOSED, POLICY_EXPIRED, DAY_CEILING.
//   - Purchase {program, account, seq, read} answers the record to the buyer and
//     to officers who may read accounts; READ_REFUSED.
func purchaseFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ConfirmPurchase", confirmPurchase),
		ledger.Query("Purchase", func(t *ledger.Tx, r currency.ReceiptQuery) (currency.Purchase, error) {
			if err := ownerOrPayer(t, r.Program, r.Account, r.Read); err != nil {
				return currency.Purchase{}, err
			}
			return purchase(t, r.Program, r.Account, r.Seq)
		}),
	}
}

// buy carries out a purchase order: see currency.Buy.Decide.
func (s *step) buy(o currency.Buy) (currency.Buckets, string, error) {
	id := s.holder.PersonID()
	who, err := person(s.tx, s.Program, id, s.Holder)
	if err != nil {
		return nil, "", err
	}
	now := s.tx.Now()
	ordered, who, err := o.Decide(s.collected.Buckets.Total(), s.holder, who, s.rules, s.program.Today(now), now)
	if err != nil {
		return nil, "", err
	}
	s.fill(currency.KindPurchase, o.Amount, "", o.Ref, nil)
	if err := persons.Put(s.tx, who, s.Program, id); err != nil {
		return nil, "", err
	}
	return s.collected.Buckets, "PurchaseOrdered", purchases.Put(s.tx, ordered, s.Program, s.Holder, ledger.Num(s.Seq))
}

func confirmPurchase(t *ledger.Tx, r currency.ConfirmPurchase) (currency.Purchase, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Purchase{}, err
	}
	caller, err := t.RequireRole(currency.RoleCashier, p.Organisations.Bank)
	if err != nil {
		return currency.Purchase{}, err
	}
	if taken, err := deposits.Has(t, r.Program, r.Ref); err != nil || taken {
		return currency.Purchase{}, first(err, currency.DepositExists.Errorf("deposit %s", r.Ref))
	}
	ordered, err := purchase(t, r.Program, r.Account, r.Seq)
	if err != nil {
		return ordered, err
	}
	h, err := holder(t, r.Program, r.Account)
	if err != nil {
		return ordered, err
	}
	id := h.PersonID()
	who, err := person(t, r.Program, id, r.Account)
	if err != nil {
		return ordered, err
	}
	rules, err := policy(t, r.Program, ordered.Policy)
	if err != nil {
		return ordered, err
	}
	today := p.Today(t.Now())
	if err := ordered.Payable(r, h, who, rules, today, t.Now()); err != nil {
		return ordered, err
	}
	var from currency.Tranche
	if ordered.Subsidy > 0 {
		if r.Allotment == "" {
			return ordered, currency.AllotmentUnknown.Errorf("name one: %d won come as subsidy", ordered.Subsidy)
		}
		if from, err = drawable(t, r.Program, r.Allotment, r.Tranche); err != nil {
			return ordered, err
		}
	}
	paid, deposit, from, parts, err := ordered.Pay(r, rules, from, today, t.Now())
	if err != nil {
		return ordered, err
	}
	inForce, err := current(t, p)
	if err != nil {
		return ordered, err
	}
	if err := countSold(t, p, deposit.Amount, r.Tranche, inForce.Guards); err != nil {
		return ordered, err
	}
	paid.Credit, deposit.By, who.Waiting = currency.NewCreditName(t.ID(), 0), caller.String(), nil
	if ordered.Subsidy > 0 {
		if err := tranches.Put(t, from, r.Program, r.Allotment, ledger.Num(int64(r.Tranche))); err != nil {
			return paid, err
		}
	}
	t.Emit("PurchaseConfirmed", r.Program+"/"+r.Ref)
	if err := deposits.Put(t, deposit, r.Program, r.Ref); err != nil {
		return paid, err
	}
	if err := persons.Put(t, who, r.Program, id); err != nil {
		return paid, err
	}
	credit := currency.Credit{Kind: currency.CreditBuy, From: r.Ref, Parts: parts, At: t.Now().Unix()}
	if err := credits.Put(t, credit, r.Program, r.Account, t.ID(), ledger.Num(0)); err != nil {
		return paid, err
	}
	return paid, purchases.Put(t, paid, r.Program, r.Account, ledger.Num(r.Seq))
}

func purchase(t *ledger.Tx, program, account string, seq int64) (currency.Purchase, error) {
	p, found, err := purchases.Get(t, program, account, ledger.Num(seq))
	if err == nil && !found {
		err = currency.PurchaseUnknown.Errorf("account %s seq %d", account, seq)
	}
	return p, err
}

// person loads what counts per person, which in an open programme begins with
// the first purchase.
func person(t *ledger.Tx, program, id, account string) (currency.Person, error) {
	who, found, err := persons.Get(t, program, id)
	if err == nil && !found {
		who.Holder = account
	}
	return who, err
}
