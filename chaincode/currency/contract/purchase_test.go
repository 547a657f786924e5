// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// allot sets a million won of the budget aside for incentives, in ten tranches.
func (tn *town) allot(program, id string) currency.OpenAllotment {
	return currency.OpenAllotment{
		Operation: tn.op(), Program: program, ID: id, Unit: "KRW", Source: currency.Subsidy,
		Appropriation: "budget", Amount: 1_000_000, Tranches: 10,
	}
}

func (tn *town) buying(program string, w *wallet, amount int64) currency.Buy {
	return currency.Buy{
		Amount: amount, Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) buy(program string, w *wallet, amount int64) string {
	return w.sign(tn.buying(program, w, amount))
}

// confirming is the bank's word about the latest order of a wallet.
func (tn *town) confirming(program string, w *wallet, ref string, amount int64, tranche int) currency.ConfirmPurchase {
	return currency.ConfirmPurchase{
		Operation: tn.op(), Program: program, Ref: ref, Account: w.account, Seq: w.seq[program],
		Amount: amount, Allotment: "sale", Tranche: tranche,
	}
}

// A voucher is bought at 10% on top: nothing is there until the bank has seen the
// money, then principal and incentive, each of its own fund.
func TestBuying(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(nowon, w))
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	require.EqualValues(t, 999_000_000, tn.audit.term(nowon, "budget", currency.Funds))
	require.EqualValues(t, 1_000_000, tn.audit.term(nowon, "budget", currency.Reserved))

	order := tn.buy(nowon, w, 300_000)
	r := tn.order("Buy", order)
	require.Equal(t, currency.KindPurchase, r.Kind)
	require.Zero(t, tn.balance(nowon, w))
	require.Empty(t, tn.credits(nowon, w))
	require.Equal(t, r, tn.order("Buy", order), "the order sent again")

	confirm := tn.confirming(nowon, w, "KB-1", 300_000, 3)
	short := confirm
	short.Amount = 299_999
	tn.refused(currency.InvalidAmount, tn.bank, "ConfirmPurchase", tn.json(short))
	paid := result[currency.Purchase](tn, tn.do(tn.bank, "ConfirmPurchase", confirm))
	tn.do(tn.bank, "ConfirmPurchase", confirm) // again: the first result
	require.EqualValues(t, 970_000, tn.audit.term(nowon, "budget", currency.Reserved))
	again := tn.confirming(nowon, w, "KB-2", 300_000, 3)
	tn.refused(currency.PurchasePaid, tn.bank, "ConfirmPurchase", tn.json(again))

	tn.order("Claim", tn.claim(nowon, w, paid.Credit))
	require.EqualValues(t, 330_000, tn.balance(nowon, w))
	buckets := tn.purse(nowon, w).Buckets
	require.Equal(t, []string{"bought", "budget"}, []string{buckets[0].Origin, buckets[1].Origin})
	require.Equal(t, []currency.Source{currency.Principal, currency.Subsidy}, []currency.Source{buckets[0].Source, buckets[1].Source})
	read := currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: 1, Read: tn.read(nowon, w)}
	require.Equal(t, paid, get[currency.Purchase](tn, tn.courier, "Purchase", read))

	// What was not sold goes back to the budget.
	closed := result[currency.Allotment](tn, tn.do(tn.city, "CloseAllotment", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"}}))
	require.EqualValues(t, 970_000, closed.Returned)
	require.EqualValues(t, 999_970_000, tn.audit.term(nowon, "budget", currency.Funds))
	tn.order("Buy", tn.buy(nowon, w, 100_000))
	tn.refused(currency.AllotmentClosed, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, w, "KB-3", 100_000, 0)))
}

// An order lapses by itself after its hours, gives the month's room back, and
// cannot be paid any more.
func TestUnpaidPurchaseLapses(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(nowon, w))
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	tn.order("Buy", tn.buy(nowon, w, 700_000))
	confirm := tn.confirming(nowon, w, "KB-1", 700_000, 0)

	tn.refused(currency.PurchaseWaiting, tn.courier, "Buy", tn.buy(nowon, w, 100))
	w.seq[nowon]--
	tn.net.Advance(4 * time.Hour)
	tn.endorse(tn.bank, "ConfirmPurchase", tn.json(confirm)) // the last second
	tn.net.Advance(time.Second)
	tn.refused(currency.PurchaseLapsed, tn.bank, "ConfirmPurchase", tn.json(confirm))

	tn.order("Buy", tn.buy(nowon, w, 700_000))
	tn.refused(currency.PurchaseLapsed, tn.bank, "ConfirmPurchase", tn.json(confirm))
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, w, "KB-1", 700_000, 0))
	tn.refused(currency.PurchaseCap, tn.courier, "Buy", tn.buy(nowon, w, 100))
	w.seq[nowon]--
	tn.net.Advance(31 * 24 * time.Hour) // another month
	tn.order("Buy", tn.buy(nowon, w, 700_000))
}

// A cap is not passed by interleaving: of two orders endorsed before the same
// block one stands, and of an order and the confirmation of the one before too.
func TestPurchasesOfOnePersonInABlock(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(nowon, w))
	tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
	first := tn.endorse(tn.courier, "Buy", tn.buy(nowon, w, 400_000))
	w.seq[nowon]--
	second := tn.endorse(tn.courier, "Buy", tn.buy(nowon, w, 300_100))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, w, "KB-1", 400_000, 0))
	tn.refused(currency.PurchaseCap, tn.courier, "Buy", tn.buy(nowon, w, 300_100))
}

// Fifty people's purchases are confirmed in one block, none in conflict: each
// names a tranche that no other of the block draws on.
func TestPurchasesDoNotConflict(t *testing.T) {
	const people = 50
	tn := newTown(t)
	all := make([]*wallet, people)
	opens, orders := make([]string, people), make([]string, people)
	for i := range all {
		all[i] = newWallet(fmt.Sprintf("resident-%d", i))
		opens[i] = tn.open(nowon, all[i])
		orders[i] = tn.buy(nowon, all[i], 100_000)
	}
	tn.batch(opens...)
	tn.batch(orders...)
	sale := tn.allot(nowon, "sale")
	sale.Tranches = people
	tn.do(tn.city, "OpenAllotment", sale)
	block := make([]*ledgertest.Endorsement, people)
	for i, w := range all {
		block[i] = tn.endorse(tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, w, fmt.Sprintf("KB-%d", i), 100_000, i)))
	}
	for i, code := range tn.commit(block...) {
		require.Equal(t, valid, code, "purchase %d: %s", i, block[i].Conflict)
	}
	require.EqualValues(t, people*100_000, tn.audit.term(nowon, "bought", currency.Credits))
	require.EqualValues(t, people*10_000, tn.audit.term(nowon, "budget", currency.Credits))
}

// A discount: 100,000 won of voucher for 90,000. The rate is that of the day it
// was ordered.
func TestBuyingAtADiscount(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(bazaar, w))
	p := policyOf(bazaar, 2)
	today := currency.DayOf(tn.net.Now(), time.FixedZone("KST", 9*60*60))
	p.Sale = &currency.Sale{Fund: "bought", Form: currency.Discount, Rate: 1000, Hours: 48, Rates: []currency.DatedRate{{From: today, Until: today, Rate: 1500}}}
	tn.newPolicy(p)
	tn.do(tn.city, "OpenAllotment", tn.allot(bazaar, "sale"))
	tn.order("Buy", tn.buy(bazaar, w, 100_000))
	tn.net.Advance(24 * time.Hour)
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(bazaar, w, "KB-1", 85_000, 0))
	won, _ := tn.unclaimed(bazaar, w)
	require.EqualValues(t, 100_000, won)
	require.EqualValues(t, 85_000, tn.audit.term(bazaar, "bought", currency.Credits))

	tn.order("Buy", tn.buy(bazaar, w, 100_000))
	tn.do(tn.bank, "ConfirmPurchase", tn.confirming(bazaar, w, "KB-2", 90_000, 0))
}
