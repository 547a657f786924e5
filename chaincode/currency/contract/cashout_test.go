// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func (tn *town) cashingOut(program string, w *wallet, claims ...currency.CreditName) currency.CashOut {
	return currency.CashOut{
		Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Payout: strings.Repeat("b2", 32), Program: program, Seq: w.next(program), V: 1,
	}
}

// Minsu bought 110,000 won for 100,000 and used 60% of it, all of the subsidy, which goes
// first, among that. The rest less the subsidy is paid by the bank under its reference, as
// merchants are.
func TestCashRefund(t *testing.T) {
	tn := newTown(t)
	p := policyOf(nowon, 2)
	p.CashRefund = &currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909}
	tn.newPolicy(p)
	all := tn.residents(nowon, "minsu", "jisoo")
	w, unused := all[0], all[1]
	tn.order("Pay", tn.pay(nowon, w, "stall", 10_000))
	tn.refused(currency.NotCashable, tn.courier, "CashOut", w.sign(tn.cashingOut(nowon, w))) // the subsidy is gone: used
	w.seq[nowon]--
	tn.order("Pay", tn.pay(nowon, w, "stall", 55_999))
	tn.refused(currency.NotCashable, tn.courier, "CashOut", w.sign(tn.cashingOut(nowon, w)))
	w.seq[nowon]--
	tn.order("Pay", tn.pay(nowon, w, "stall", 1))
	o := tn.cashingOut(nowon, w)
	order := w.sign(o)
	r := tn.order("CashOut", order)
	require.Equal(t, currency.KindCashOut, r.Kind)
	require.EqualValues(t, 40_000, r.Amount) // 9.09% of 44,000 are 4,000
	require.EqualValues(t, 44_000, currency.Total(r.Used))
	require.Zero(t, tn.balance(nowon, w))
	require.EqualValues(t, 4_000, tn.audit.term(nowon, "bought", currency.Returned))
	require.EqualValues(t, 40_000, tn.audit.term(nowon, "bought", currency.Redemptions))
	again := tn.endorse(tn.courier, "CashOut", order)
	require.Equal(t, r, result[currency.Receipt](tn, again.Payload))
	require.Empty(t, again.Writes())

	// Jisoo changed her mind: all she paid comes back, the subsidy goes home.
	r = tn.order("CashOut", unused.sign(tn.cashingOut(nowon, unused)))
	require.EqualValues(t, 100_000, r.Amount)
	require.EqualValues(t, 10_000, tn.audit.term(nowon, "budget", currency.Returned))
	tn.refused(currency.NotCashable, tn.courier, "CashOut", unused.sign(tn.cashingOut(nowon, unused)))

	claimed := get[currency.Redemption](tn, tn.courier, "Redemption", currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: o.Seq, Read: tn.read(nowon, w)})
	require.Equal(t, currency.Redemption{Amount: 40_000, Parts: []currency.Part{{Terms: currency.Terms{Origin: "bought"}, Amount: 40_000}}, Payout: o.Payout, At: tn.now()}, claimed)
	payout := currency.ConfirmPayout{Operation: tn.op(), Program: nowon, Ref: "cash-1", Account: w.account, Seq: o.Seq, Amount: 39_999}
	tn.refused(currency.InvalidAmount, tn.bank, "ConfirmPayout", tn.json(payout))
	payout.Amount = 40_000
	tn.do(tn.bank, "ConfirmPayout", payout)
	payout.Operation, payout.Ref = tn.op(), "cash-2"
	tn.refused(currency.RedemptionPaid, tn.bank, "ConfirmPayout", tn.json(payout))
	require.EqualValues(t, 40_000, tn.audit.term(nowon, "bought", currency.CashedOut))
	require.Zero(t, tn.audit.term(nowon, "bought", currency.PaidOut))
	require.Contains(t, tn.events(), "CashedOut")

	// A shop is paid out by redeeming.
	tn.refused(currency.ToMerchant, tn.courier, "CashOut", tn.stall.sign(tn.cashingOut(nowon, tn.stall)))
}

// What is set aside is not used: it is in no cash refund's way once it is back, and no
// way to one before. What was captured of it is.
func TestCashRefundOfWhatWasHeld(t *testing.T) {
	tn := newTown(t)
	p := policyOf(nowon, 2)
	p.CashRefund, p.HoldingCap = &currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909}, 0
	tn.newPolicy(p)
	all := tn.residents(nowon, "minsu", "jisoo", "hana")
	minsu, jisoo, hana := all[0], all[1], all[2]
	refused := func(w *wallet, claims ...currency.CreditName) {
		t.Helper()
		tn.refused(currency.NotCashable, tn.courier, "CashOut", w.sign(tn.cashingOut(nowon, w, claims...)))
		w.seq[nowon]--
	}
	hold := func(w *wallet, won int64) currency.ReceiptName {
		o := tn.authorising(nowon, w, "stall", won)
		tn.order("Authorise", w.sign(o))
		return currency.ReceiptName{Holder: w.account, Seq: o.Seq}
	}
	back := func(w *wallet) currency.CreditName {
		t.Helper()
		for name := range tn.credits(nowon, w) {
			return name
		}
		t.Fatal("nothing came back")
		return ""
	}

	// 60% of it set aside: open, void and not claimed, void in the same transaction, and back.
	name := hold(minsu, 66_000)
	refused(minsu)
	void := tn.stall.sign(tn.voiding(nowon, tn.stall, name))
	out := minsu.sign(tn.cashingOut(nowon, minsu))
	minsu.seq[nowon]--
	items := tn.tryBatch(void, out)
	require.Equal(t, []string{"", "NOT_CASHABLE"}, codes(items))
	refused(minsu)
	refused(minsu, back(minsu)) // all of it is there, but none was used, and it was held today

	// Used up but for what is held: the subsidy that was spent is not forgotten.
	tn.order("Pay", tn.pay(nowon, jisoo, "stall", 10_000))
	name = hold(jisoo, 100_000)
	tn.order("Void", tn.stall.sign(tn.voiding(nowon, tn.stall, name)))
	refused(jisoo, back(jisoo))

	// What a shop captures counts.
	name = hold(hana, 66_000)
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, name, 66_000)))
	require.EqualValues(t, 40_000, tn.order("CashOut", hana.sign(tn.cashingOut(nowon, hana))).Amount)

	// Who never held gets back what is unused; who held before the days began, too.
	tn.net.Advance(9 * 24 * time.Hour)
	tx := tn.issue(nowon, currency.Principal, []currency.Row{{To: hana.account, Amount: 50_000}})
	tn.order("Claim", tn.claim(nowon, hana, currency.NewCreditName(tx, 0)))
	require.EqualValues(t, 50_000, tn.order("CashOut", hana.sign(tn.cashingOut(nowon, hana))).Amount)
}

// A purse has so many open holds; those that are settled make room.
func TestOpenHoldsAreBounded(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	var names []currency.ReceiptName
	for range currency.MaxHolds {
		o := tn.authorising(nowon, w, "stall", 1_000)
		tn.order("Authorise", w.sign(o))
		names = append(names, currency.ReceiptName{Holder: w.account, Seq: o.Seq})
	}
	tn.refused(currency.HoldLimit, tn.courier, "Authorise", w.sign(tn.authorising(nowon, w, "stall", 1_000)))
	w.seq[nowon]--
	tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, names[3], 1_000)))
	tn.order("Authorise", w.sign(tn.authorising(nowon, w, "stall", 1_000)))
	tn.refused(currency.HoldLimit, tn.courier, "Authorise", w.sign(tn.authorising(nowon, w, "stall", 1_000)))
	w.seq[nowon]--
}
