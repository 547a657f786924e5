// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// holdClaims holds claims on the bank for a case: see currency.HoldFunds.HoldClaims.
func holdClaims(t *ledger.Tx, r currency.HoldFunds, c currency.Case, h currency.Holder) (currency.Case, error) {
	claims := make([]currency.Redemption, len(r.Redemptions))
	for i, named := range r.Redemptions {
		var err error
		if claims[i], err = redemption(t, r.Program, r.Account, named.Seq); err != nil {
			return c, err
		}
	}
	c, claims, err := r.HoldClaims(c, h, claims, t.Now().Unix())
	if err != nil {
		return c, err
	}
	for i, claim := range claims {
		if err := redemptions.Put(t, claim, r.Program, r.Account, ledger.Num(r.Redemptions[i].Seq)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// loseClaim takes a claim that the bank had paid before from the case that held it.
func loseClaim(t *ledger.Tx, q currency.CaseQuery, seq int64) error {
	c, err := fraudCase(t, q)
	if err != nil {
		return err
	}
	return cases.Put(t, c.Lose(seq), q.Program, q.Account, q.ID)
}

// freeClaims lets the claims be paid again that a case still held as it was closed.
func freeClaims(t *ledger.Tx, q currency.CaseQuery, claims []currency.HeldClaim) error {
	for _, held := range claims {
		claim, err := redemption(t, q.Program, q.Account, held.Seq)
		if err != nil {
			return err
		}
		if err := redemptions.Put(t, claim.Free(), q.Program, q.Account, ledger.Num(held.Seq)); err != nil {
			return err
		}
	}
	return nil
}

func recallPayout(t *ledger.Tx, r currency.RecallPayout) (currency.Redemption, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Redemption{}, err
	}
	if _, err := t.RequireRole(currency.RoleCashier, p.Organisations.Bank); err != nil {
		return currency.Redemption{}, err
	}
	claimed, err := redemption(t, r.Program, r.Account, r.Seq)
	if err != nil {
		return claimed, err
	}
	var about currency.Case
	of := currency.CaseQuery{Program: r.Program, Account: r.Account, ID: claimed.Case}
	if claimed.Case != "" {
		if about, err = fraudCase(t, of); err != nil {
			return claimed, err
		}
	}
	receipt, _, err := receipts.Get(t, r.Program, r.Account, ledger.Num(r.Seq))
	if err != nil {
		return claimed, err
	}
	claimed, about, back, err := claimed.Recall(about, r.Seq, receipt.Used, t.Now().Unix())
	if err != nil {
		return claimed, err
	}
	t.Emit("PayoutRecalled", fmt.Sprintf("%s/%s/%d", r.Program, r.Account, r.Seq))
	unpaids.Delete(t, r.Program, r.Account, ledger.Num(r.Seq))
	if err := redemptions.Put(t, claimed, r.Program, r.Account, ledger.Num(r.Seq)); err != nil {
		return claimed, err
	}
	if len(back) > 0 {
		credit := currency.Credit{Kind: currency.CreditRelease, From: of.ID, Parts: back, At: t.Now().Unix()}
		if err := credits.Put(t, credit, r.Program, r.Account, t.ID(), ledger.Num(0)); err != nil {
			return claimed, err
		}
	}
	if err := uncount(t, r.Program, claimed); err != nil {
		return claimed, err
	}
	return claimed, cases.Put(t, about, of.Program, of.Account, of.ID)
}

// uncount gives a shop the room under its monthly cap back that a claim took.
func uncount(t *ledger.Tx, program string, claimed currency.Redemption) error {
	if claimed.Month == 0 {
		return nil
	}
	month, _, err := months.Get(t, program, claimed.Merchant)
	if err != nil {
		return err
	}
	return months.Put(t, month.Less(claimed.Amount, claimed.Month), program, claimed.Merchant)
}
