// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

func (tn *town) completing(program string, w *wallet, payment currency.ReceiptName, claims ...currency.CreditName) currency.CompleteRefund {
	return currency.CompleteRefund{
		Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Payment: payment, Program: program, Seq: w.next(program), V: 1,
	}
}

// The stall was paid out, then takes back a payment of 10,000: the payer gets the
// 2,000 that the stall still has, sees 8,000 wait, and gets them out of the next
// takings: 3,000 that anybody forwards, 5,000 by the stall's own order. Before that
// the stall redeems nothing; nothing goes back twice.
func TestRefundWaits(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	w, next := all[0], all[1]
	payment := currency.ReceiptName{Holder: w.account, Seq: w.seq[nowon] + 1}
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 10_000))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 8_000, paid.Credit))

	tn.refused(currency.InsufficientFunds, tn.courier, "Refund", tn.refund(nowon, tn.stall, w, payment.Seq, 10_000))
	tn.stall.seq[nowon]--
	o := tn.refunding(nowon, tn.stall, w, payment.Seq, 10_000)
	o.Wait = true
	order := tn.stall.sign(o)
	back := tn.order("Refund", order)
	require.EqualValues(t, 10_000, back.Amount)
	require.EqualValues(t, 8_000, currency.Total(back.Due))
	require.EqualValues(t, 2_000, currency.Total(tn.credits(nowon, w)[back.Credit].Parts))
	require.Equal(t, back, tn.order("Refund", order), "sent again it is the first result")

	view := func() currency.ReceiptView {
		return get[currency.ReceiptView](tn, tn.courier, "Receipt", currency.ReceiptQuery{Program: nowon, Account: w.account, Seq: payment.Seq, Read: tn.read(nowon, w)})
	}
	require.EqualValues(t, 10_000, view().Refunded)
	require.EqualValues(t, 8_000, view().Waiting)
	own := currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: tn.stall.account, Read: tn.read(nowon, tn.stall)}
	waits := get[call.Page[currency.Due]](tn, tn.courier, "WaitingRefunds", own)
	require.Len(t, waits.Records, 1)
	require.Equal(t, []string{w.account, ledger.Num(payment.Seq)}, waits.Records[0].Key)

	more := tn.refunding(nowon, tn.stall, w, payment.Seq, 1)
	more.Wait = true
	tn.refused(currency.RefundExceeds, tn.courier, "Refund", tn.stall.sign(more))
	tn.stall.seq[nowon]--
	tn.refused(currency.InsufficientFunds, tn.courier, "CompleteRefund", tn.stall.sign(tn.completing(nowon, tn.stall, payment)))
	tn.stall.seq[nowon]--

	// Anybody, without the stall: takings it has not claimed. What the refund does not need stays the stall's.
	ask := func(w *wallet) currency.TakingsQuery {
		return currency.TakingsQuery{OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: w.account, Read: tn.read(nowon, w)}, Seq: payment.Seq}
	}
	require.Empty(t, get[currency.Takings](tn, tn.courier, "Takings", ask(w)).Credits)
	taken := tn.order("Pay", tn.pay(nowon, next, "stall", 3_000))
	require.Equal(t, currency.Takings{Merchant: "stall", Credits: []currency.CreditName{taken.Credit}}, get[currency.Takings](tn, tn.courier, "Takings", ask(w)))
	theirs := ask(next)
	theirs.Account = w.account
	tn.refused(currency.ReadRefused, tn.courier, "Takings", tn.json(theirs))
	r := currency.ForwardTakings{Operation: tn.op(), Program: nowon, Merchant: "stall", Payment: payment, Credits: []currency.CreditName{taken.Credit}}
	done := result[currency.TakingsForwarded](tn, tn.do(tn.courier, "ForwardTakings", r))
	require.EqualValues(t, 3_000, done.Amount)
	require.EqualValues(t, 5_000, done.Waiting)
	require.Empty(t, tn.credits(nowon, tn.stall))
	r.Operation = tn.op()
	tn.refused(currency.NothingClaimed, tn.courier, "ForwardTakings", tn.json(r))

	// The stall, out of its purse: it may not redeem before.
	taken = tn.order("Pay", tn.pay(nowon, next, "stall", 7_000))
	tn.refused(currency.InsufficientFunds, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 1, taken.Credit))
	tn.stall.seq[nowon]--
	last := tn.order("CompleteRefund", tn.stall.sign(tn.completing(nowon, tn.stall, payment, taken.Credit)))
	require.EqualValues(t, 5_000, last.Amount)
	require.Empty(t, last.Due)
	require.Zero(t, view().Waiting)
	tn.refused(currency.RefundUnknown, tn.courier, "CompleteRefund", tn.stall.sign(tn.completing(nowon, tn.stall, payment)))
	tn.stall.seq[nowon]--
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 2_000))

	tn.refused(currency.RefundUnknown, tn.courier, "Takings", tn.json(ask(w)))

	// The payer has everything back, in the terms it was paid in.
	tn.order("Claim", tn.claim(nowon, w, back.Credit, done.Credit, last.Credit))
	require.EqualValues(t, 110_000, tn.purse(nowon, w).Buckets.Total())
	for _, b := range tn.purse(nowon, w).Buckets {
		require.Equal(t, b.Face, b.Left)
		require.NotZero(t, b.Expiry)
	}
}
