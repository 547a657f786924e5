// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// What happens between an order to buy and the bank's word about it.

// A purchase keeps the price and the rules of the day it was ordered, though another
// policy, which sells nothing any more, is in force when its deposit arrives; it is
// good from then on.
func TestPolicyChangesBeforeTheDepositArrives(t *testing.T) {
	tn := newTown(t)
	w := tn.newcomer(nowon, "minsu")
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	tn.net.At(time.Date(2026, 3, 31, 23, 0, 0, 0, korea))
	tn.order("Buy", tn.buy(nowon, w, 100_000))
	confirm := tn.confirming(nowon, w, "KB-1", 100_000, 0)
	p := policyOf(nowon, 2)
	p.Sale, p.Validity, p.Regions = nil, currency.Validity{Days: 1}, []string{otherRegion}
	tn.newPolicy(p)
	tn.refused(currency.NotOnSale, tn.courier, "Buy", tn.buy(nowon, w, 100))
	w.seq[nowon]--
	tn.net.At(time.Date(2026, 4, 1, 1, 0, 0, 0, korea))
	paid := result[currency.Purchase](tn, tn.do(tn.bank, "ConfirmPurchase", confirm))
	parts := tn.credits(nowon, w)[paid.Credit].Parts
	require.Len(t, parts, 2)
	for _, part := range parts {
		require.Equal(t, 1, part.Policy)
		require.Equal(t, currency.Day(20290401), part.Expiry, "three years from when it was paid")
	}
	require.EqualValues(t, 10_000, paid.Subsidy)
	tn.order("Pay", tn.pay(nowon, w, "stall", 110_000, paid.Credit)) // where version 1 says
}

// The bonus of the holidays ends at midnight in Korea, to the second.
func TestHolidayEndsAtMidnight(t *testing.T) {
	tn := newTown(t)
	p := policyOf(nowon, 2)
	p.Sale.Rates = []currency.DatedRate{{From: 20260924, Until: 20260926, Rate: 1500}}
	tn.newPolicy(p)
	first := time.Date(2026, 9, 24, 0, 0, 0, 0, korea) // the 23rd in Greenwich
	for i, c := range []struct {
		at      time.Time
		subsidy int64
	}{
		{first.Add(-time.Second), 100}, {first, 150}, {first.Add(72*time.Hour - time.Second), 150}, {first.Add(72 * time.Hour), 100},
	} {
		tn.net.At(c.at)
		w := tn.newcomer(nowon, names("resident", 4)[i])
		tn.order("Buy", tn.buy(nowon, w, 1_000))
		bought := get[currency.Purchase](tn, tn.courier, "Purchase", currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: 1, Read: tn.read(nowon, w)})
		require.Equal(t, c.subsidy, bought.Subsidy, "%s", c.at)
	}
}

// Two tills of the bank confirm one purchase in one block, under two references and out
// of two tranches: one counts. So it is with two purchases under one reference.
func TestTillsOfTheBankRace(t *testing.T) {
	tn := newTown(t)
	a, b := tn.newcomer(nowon, "minsu"), tn.newcomer(nowon, "jisoo")
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	endorse := func(w *wallet, ref string, tranche int) *ledgertest.Endorsement {
		return tn.endorse(tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, w, ref, 100_000, tranche)))
	}
	tn.order("Buy", tn.buy(nowon, a, 100_000))
	first, second := endorse(a, "KB-1", 0), endorse(a, "KB-2", 1)
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	tn.order("Buy", tn.buy(nowon, a, 100_000))
	tn.order("Buy", tn.buy(nowon, b, 100_000))
	first, second = endorse(a, "KB-3", 2), endorse(b, "KB-3", 3)
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	require.EqualValues(t, 200_000, tn.audit.term(nowon, "bought", currency.Credits))
	tn.refused(currency.DepositExists, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, b, "KB-3", 100_000, 3)))
}

// Whose account is closed, or given to a new key, while a purchase waits: its deposit is
// the bank's to send back. What the person bought this month goes on counting.
func TestAccountChangesBeforeTheDepositArrives(t *testing.T) {
	for _, recovered := range []bool{false, true} {
		tn := newTown(t)
		p := policyOf(nowon, 2)
		p.Sale.Hours = 100
		tn.newPolicy(p)
		tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
		w, phone := tn.newcomer(nowon, "minsu"), newWallet("new phone")
		tn.order("Buy", tn.buy(nowon, w, 400_000))
		tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, w, "KB-1", 400_000, 0))
		tn.order("Buy", tn.buy(nowon, w, 300_000))
		confirm := tn.confirming(nowon, w, "KB-2", 300_000, 1)
		if recovered {
			tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
			tn.refused(currency.HolderFrozen, tn.bank, "ConfirmPurchase", tn.json(confirm))
			tn.do(tn.komsco, "ProposeRecovery", tn.recovery(w, phone))
			tn.net.Advance(72 * time.Hour)
			tn.do(tn.bank, "ApproveRecovery", tn.recovery(w, phone))
		} else {
			tn.order("Close", w.sign(tn.closing(nowon, w)))
			open := tn.openOrder(nowon, phone)
			open.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
				Channel: "trust", DID: phone.did, Exp: tn.at(life), Network: network, Person: "p-" + w.account, Program: nowon, V: 1,
			})
			tn.batch(phone.sign(open))
		}
		tn.refused(currency.HolderClosed, tn.bank, "ConfirmPurchase", tn.json(confirm))
		tn.refused(currency.PurchaseWaiting, tn.courier, "Buy", tn.buy(nowon, phone, 300_000))
		phone.seq[nowon]--
		tn.net.Advance(100*time.Hour + time.Second)
		tn.refused(currency.PurchaseCap, tn.courier, "Buy", tn.buy(nowon, phone, 300_100))
		phone.seq[nowon]--
		tn.order("Buy", tn.buy(nowon, phone, 300_000))
		tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, phone, "KB-2", 300_000, 1))
	}
}

// One person opens one account, be it with two phones in one block or in one batch.
func TestOnePersonInABlock(t *testing.T) {
	tn := newTown(t)
	opening := func(phone string) string {
		w := newWallet(phone)
		o := tn.openOrder(nowon, w)
		o.Enrolment = tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
			Channel: "trust", DID: w.did, Exp: tn.at(life), Network: network, Person: "minsu", Program: nowon, V: 1,
		})
		return w.sign(o)
	}
	first, second := tn.endorse(tn.courier, "Open", opening("a")), tn.endorse(tn.courier, "Open", opening("b"))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	tn.refused(currency.PersonHasAccount, tn.courier, "Open", opening("b"))

	tn = newTown(t)
	require.Equal(t, []string{"", "PERSON_HAS_ACCOUNT"}, codes(tn.tryBatch(opening("a"), opening("b"))))
}
