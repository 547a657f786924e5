// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// together pays a shop in nowon and the same shop in bazaar with one order.
func (tn *town) together(w *wallet, to string, here, there int64) currency.PayTogether {
	return currency.PayTogether{
		Amount: here, Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account, Network: network, Program: nowon,
		Ref: "bill-1", Seq: w.next(nowon), To: to, V: 1,
		Others: []currency.OtherPayment{{Amount: there, Program: bazaar, Ref: "bill-1", Seq: w.next(bazaar), To: to}},
	}
}

// both is a resident of both programmes who holds 110,000 and 70,000 won there.
func (tn *town) both(name string) *wallet {
	tn.t.Helper()
	w := tn.resident(nowon, name)
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 70_000}})
	tn.order("Claim", tn.claim(bazaar, w, currency.NewCreditName(tx, 0)))
	return w
}

// One order pays one bill with the value of two programmes: both receipts or
// none, each of its own programme, and each refunded there.
func TestPayTogether(t *testing.T) {
	tn := newTown(t)
	w := tn.both("minsu")
	o := tn.together(w, "stall", 100_000, 60_000)
	order := w.sign(o)
	r := tn.order("PayTogether", order)
	require.Equal(t, currency.KindPayment, r.Kind)
	require.Equal(t, []string{bazaar}, r.With)
	require.EqualValues(t, 10_000, tn.balance(nowon, w))
	require.EqualValues(t, 10_000, tn.balance(bazaar, w))
	there, found := record[currency.Receipt](tn, currency.TableReceipt, bazaar, w.account, "0000000000000002")
	require.True(t, found)
	require.Equal(t, r.Order, there.Order)
	require.Equal(t, []string{nowon}, there.With)
	require.Equal(t, r, tn.order("PayTogether", order), "the order sent again")
	tn.order("Refund", tn.refund(bazaar, tn.stall, w, 2, 60_000, there.Credit))

	// What one programme refuses, nobody pays: neither purse, receipt nor number is
	// touched, nor what others in the batch send to the same shop.
	other := tn.both("jisoo")
	before := tn.state()
	short := tn.together(w, "stall", 10_000, 10_001)
	tn.refused(currency.InsufficientFunds, tn.courier, "PayTogether", w.sign(short))
	require.Equal(t, before, tn.state())
	wrong := tn.together(w, "arcade", 10_000, 10_000) // bazaar may be spent there, nowon not
	items := tn.tryBatch(tn.pay(nowon, other, "stall", 500), w.sign(short), w.sign(wrong), tn.pay(bazaar, other, "stall", 700))
	require.Equal(t, []string{"", "INSUFFICIENT_FUNDS", "SEQ_AHEAD", ""}, codes(items))
	w.seq[nowon], w.seq[bazaar] = tn.purse(nowon, w).Seq, tn.purse(bazaar, w).Seq
	tn.refused(currency.InsufficientFunds, tn.courier, "PayTogether", w.sign(tn.together(w, "arcade", 10_000, 10_000)))
	w.seq[nowon], w.seq[bazaar] = tn.purse(nowon, w).Seq, tn.purse(bazaar, w).Seq

	// Its part of another programme races with an order there: one of the two stands.
	joint := tn.endorse(tn.courier, "PayTogether", w.sign(tn.together(w, "stall", 5_000, 5_000)))
	w.seq[bazaar]--
	alone := tn.endorse(tn.courier, "Pay", tn.pay(bazaar, w, "stall", 9_000))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(alone, joint)[0], joint.Status})
	w.seq[nowon] = tn.purse(nowon, w).Seq
	require.EqualValues(t, 10_000, tn.balance(nowon, w))
}

// A quote says what a payment would draw on, and which terms keep what.
func TestQuote(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	ask := func(to string, amount, bill int64) currency.Quote {
		q := currency.QuoteQuery{Program: nowon, Account: w.account, To: to, Amount: amount, Bill: bill, Read: tn.read(nowon, w)}
		if bill > 0 {
			q.Ref = "bill-1"
		}
		return get[currency.Quote](tn, tn.courier, "Quote", q)
	}
	good := ask("stall", 12_000, 0)
	require.Empty(t, good.Code)
	require.EqualValues(t, 110_000, good.Most)
	require.EqualValues(t, 12_000, currency.Total(good.Used))
	require.Equal(t, good.Used, tn.order("Pay", tn.pay(nowon, w, "stall", 12_000)).Used, "as it is then done")
	held := tn.purse(nowon, w).Buckets
	bad := ask("arcade", 1_000, 0)
	require.Equal(t, "INSUFFICIENT_FUNDS", bad.Code)
	require.Zero(t, bad.Most)
	require.Equal(t, []currency.Withheld{{Terms: held[0].Terms, Why: "not for region " + otherRegion, Amount: 98_000}}, bad.Kept)
	tn.order("SetShare", tn.stall.sign(tn.sharing(nowon, tn.stall, 1000)))
	require.Equal(t, "BILL_MISSING", ask("stall", 1_000, 0).Code)
	require.Equal(t, "BILL_SHARE", ask("stall", 1_001, 10_000).Code)
	require.Empty(t, ask("stall", 1_000, 10_000).Code)
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, w))
	frozen := ask("stall", 1_000, 10_000)
	require.Equal(t, "HOLDER_FROZEN", frozen.Code)
	require.Zero(t, frozen.Most)
}
