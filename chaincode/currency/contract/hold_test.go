// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// The orders about holds that a wallet signs.

func (tn *town) authorising(program string, w *wallet, to string, amount int64, claims ...currency.CreditName) currency.Authorise {
	return currency.Authorise{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), To: to, Until: tn.at(24 * time.Hour), V: 1,
	}
}

func (tn *town) capturing(program string, w *wallet, hold currency.ReceiptName, amount int64, claims ...currency.CreditName) currency.Capture {
	return currency.Capture{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Hold: hold, Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) voiding(program string, w *wallet, hold currency.ReceiptName) currency.Void {
	return currency.Void{
		Chaincode: cc, Channel: "trust", Exp: tn.at(life), Hold: hold, Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func sweepHolds(tn *town, holds ...currency.ReceiptName) string {
	return tn.json(currency.Sweep{Operation: tn.op(), Program: nowon, Holds: holds})
}

// A deposit for a rented bicycle: 30,000 won are set aside, 12,000 captured in
// two parts, the rest voided; then some of it is refunded. A second hold times
// out by itself.
func TestHolds(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	o := tn.authorising(nowon, w, "stall", 30_000)
	o.Ref = "bike-7"
	order := w.sign(o)
	name := currency.ReceiptName{Holder: w.account, Seq: o.Seq}
	held := tn.order("Authorise", order)
	require.Equal(t, currency.KindHold, held.Kind)
	require.EqualValues(t, 80_000, tn.balance(nowon, w))
	require.EqualValues(t, 30_000, tn.audit.term(nowon, "bought", currency.Holds)+tn.audit.term(nowon, "budget", currency.Holds))
	again := tn.endorse(tn.courier, "Authorise", order)
	require.Equal(t, held, result[currency.Receipt](tn, again.Payload))
	require.Empty(t, again.Writes())

	tn.refused(currency.HoldUnknown, tn.courier, "Capture", tn.arcade.sign(tn.capturing(nowon, tn.arcade, name, 1_000)))
	tn.arcade.seq[nowon]--
	first := tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, name, 10_500)))
	require.Equal(t, &name, first.Payment)
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, name, 1_500)))
	require.EqualValues(t, 12_000, tn.balance(nowon, tn.stall), "without claiming anything")
	for _, reader := range []*wallet{w, tn.stall} {
		q := currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: o.Seq, Read: tn.read(nowon, reader)}
		h := get[currency.Hold](tn, tn.courier, "Hold", q)
		require.EqualValues(t, 12_000, h.Captured)
		require.EqualValues(t, 18_000, currency.Total(h.Parts))
		require.Equal(t, reader == tn.stall, h.Parts[0].IsPlain(), "the shop sees no kinds of value")
		get[currency.ReceiptView](tn, tn.courier, "Receipt", q)
	}
	tn.refused(currency.ReadRefused, tn.courier, "Hold", tn.json(currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: o.Seq, Read: tn.read(nowon, tn.arcade)}))
	tn.refused(currency.NotRefundable, tn.courier, "Refund", tn.refund(nowon, tn.stall, w, o.Seq, 100))
	tn.stall.seq[nowon]--

	void := tn.order("Void", tn.stall.sign(tn.voiding(nowon, tn.stall, name)))
	require.EqualValues(t, 18_000, void.Amount)
	tn.refused(currency.HoldEmpty, tn.courier, "Void", tn.stall.sign(tn.voiding(nowon, tn.stall, name)))
	tn.stall.seq[nowon]--
	tn.order("Claim", tn.claim(nowon, w, void.Credit))
	require.EqualValues(t, 98_000, tn.balance(nowon, w))

	// Refunded is what was captured, and no more: what was captured last comes first.
	tn.refused(currency.RefundExceeds, tn.courier, "Refund", tn.refund(nowon, tn.stall, w, o.Seq, 12_001))
	tn.stall.seq[nowon]--
	back := tn.order("Refund", tn.refund(nowon, tn.stall, w, o.Seq, 3_000))
	tn.order("Claim", tn.claim(nowon, w, back.Credit))
	require.EqualValues(t, 101_000, tn.balance(nowon, w))
	require.EqualValues(t, 9_000, tn.balance(nowon, tn.stall))

	// Nobody captures the second one: an hour after its deadline it goes back.
	o = tn.authorising(nowon, w, "stall", 7_000)
	name.Seq = o.Seq
	tn.order("Authorise", w.sign(o))
	tn.net.Advance(24*time.Hour + time.Second)
	tn.refused(currency.HoldDeadline, tn.courier, "Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, name, 7_000)))
	tn.stall.seq[nowon]--
	tn.net.Advance(time.Hour - time.Second)
	skipped := result[currency.Swept](tn, tn.commitOne(tn.endorse(tn.courier, "Sweep", sweepHolds(tn, name)))).Skipped
	require.Equal(t, []currency.Skipped{{Account: w.account, Hold: o.Seq, Code: "HOLD_OPEN"}}, skipped)
	tn.net.Advance(time.Second)
	lapsing := get[currency.Lapsing](tn, tn.komsco, "Lapsing", currency.LapsingQuery{PageQuery: currency.PageQuery{Program: nowon}, Of: currency.LapsingHolds})
	require.Equal(t, currency.Lapsing{Holds: []currency.ReceiptName{name}}, lapsing, "the first one is closed")
	sweep := tn.endorse(tn.courier, "Sweep", sweepHolds(tn, name, name))
	swept := result[currency.Swept](tn, tn.commitOne(sweep))
	require.Equal(t, []currency.CreditName{currency.NewCreditName(sweep.TxID, 0)}, swept.Released)
	require.Equal(t, []currency.Skipped{{Account: w.account, Hold: o.Seq, Code: "HOLD_EMPTY"}}, swept.Skipped)
	tn.order("Claim", tn.claim(nowon, w, swept.Released[0]))
	require.EqualValues(t, 101_000, tn.balance(nowon, w))
	require.Zero(t, tn.audit.term(nowon, "bought", currency.Holds))
	require.Subset(t, tn.events(), []string{"Authorised", "Captured", "Voided", "Released"})
}

// A capture and a void of one hold in one block: the first counts. In one batch
// they see each other. Payers and shops hold up nobody else's holds.
func TestHoldsRace(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	names := make([]currency.ReceiptName, len(all))
	var txs []*ledgertest.Endorsement
	for i, w := range all {
		o := tn.authorising(nowon, w, "stall", 5_000)
		names[i] = currency.ReceiptName{Holder: w.account, Seq: o.Seq}
		txs = append(txs, tn.endorse(tn.courier, "Authorise", w.sign(o)))
	}
	for i, got := range tn.commit(txs...) {
		require.Equal(t, valid, got, "%d", i)
	}
	capture := tn.capturing(nowon, tn.stall, names[0], 5_000)
	void := tn.voiding(nowon, tn.stall, names[0])
	void.Seq = capture.Seq
	codes := tn.commit(tn.endorse(tn.courier, "Capture", tn.stall.sign(capture)), tn.endorse(tn.courier, "Void", tn.stall.sign(void)))
	require.Equal(t, valid, codes[0])
	require.Equal(t, mvcc, codes[1])

	tn.stall.seq[nowon] = capture.Seq
	items := tn.tryBatch(
		tn.stall.sign(tn.capturing(nowon, tn.stall, names[1], 2_000)), tn.stall.sign(tn.voiding(nowon, tn.stall, names[1])),
		tn.stall.sign(tn.capturing(nowon, tn.stall, names[1], 1)),
	)
	require.Equal(t, []string{"", "", "HOLD_EXCEEDS"}, []string{items[0].Code, items[1].Code, items[2].Code})
	require.EqualValues(t, 7_000, tn.balance(nowon, tn.stall))
	won, _ := tn.unclaimed(nowon, all[1])
	require.EqualValues(t, 3_000, won)
}
