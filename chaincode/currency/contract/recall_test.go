// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

func (tn *town) holdingClaims(w *wallet, id string, claims ...currency.HeldClaim) currency.HoldFunds {
	return currency.HoldFunds{Operation: tn.op(), CaseQuery: tn.about(nowon, w, id), Redemptions: claims}
}

func (tn *town) recalling(w *wallet, seq int64) currency.RecallPayout {
	return currency.RecallPayout{Operation: tn.op(), Program: nowon, Account: w.account, Seq: seq}
}

func (tn *town) term(term currency.Term) int64 {
	return tn.audit.term(nowon, "bought", term) + tn.audit.term(nowon, "budget", term)
}

// redeemed is a claim of the stall on the bank.
func (tn *town) redeemed(amount int64, claims ...currency.CreditName) int64 {
	o := tn.redemption(nowon, tn.stall, amount, claims...)
	tn.order("Redeem", tn.stall.sign(o))
	return o.Seq
}

// The stall redeemed 9,000 at once; 4,000 of it are held for a case opened after. The
// claim is paid no more, whatever becomes of the freeze; once the bank says that it
// has not paid, the 4,000 are the case's and the rest is the stall's again.
func TestCaseHoldsAClaim(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 10_000))
	seq, other := tn.redeemed(9_000, paid.Credit), tn.redeemed(1_000)
	tn.net.Advance(time.Hour)
	tn.openCase(nowon, tn.stall, "c-1")
	tn.refused(currency.CaseUnknown, tn.bank, "RecallPayout", tn.json(tn.recalling(tn.stall, seq)))
	tn.refused(currency.InsufficientFunds, tn.komsco, "HoldFunds", tn.json(tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq, Amount: 9_001})))
	held := result[currency.Case](tn, tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq, Amount: 4_000})))
	require.Equal(t, []currency.HeldClaim{{Seq: seq, Amount: 4_000}}, held.Claims)
	since := tn.now()
	tn.refused(currency.RedemptionHeld, tn.komsco, "HoldFunds", tn.json(tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq})))
	require.EqualValues(t, 10_000, tn.term(currency.Redemptions), "the money stays where it is")

	// Unfrozen, the stall's other claim is paid; this one is not.
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, tn.stall))
	open := tn.toPay(0)
	require.Nil(t, open[ledger.Num(other)].Withheld)
	require.Equal(t, &currency.Withholding{Code: "CASE_OPEN", Reason: "c-1", Since: since}, open[ledger.Num(seq)].Withheld)
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(seq, 9_000, 0, "t-1")))
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(other, 1_000, 0, "t-2"))
	tn.refused(currency.InsufficientFunds, tn.komsco, "ProposeClawback", tn.json(tn.clawing(nowon, tn.stall, "c-1", 1)))

	recall := tn.recalling(tn.stall, seq)
	done := result[currency.Redemption](tn, tn.do(tn.bank, "RecallPayout", recall))
	require.Equal(t, tn.now(), done.Recalled)
	require.Empty(t, tn.toPay(0))
	require.Equal(t, []int64{0, 4_000, 5_000}, []int64{tn.term(currency.Redemptions), tn.term(currency.Cases), tn.term(currency.Credits)})
	tn.refused(currency.RedemptionRecalled, tn.bank, "RecallPayout", tn.json(tn.recalling(tn.stall, seq)))
	tn.refused(currency.RedemptionRecalled, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(seq, 9_000, since-1_800, "t-3")))
	tn.refused(currency.RedemptionPaid, tn.bank, "RecallPayout", tn.json(tn.recalling(tn.stall, other)))

	tn.do(tn.komsco, "ProposeClawback", tn.clawing(nowon, tn.stall, "c-1", 4_000))
	tn.do(tn.bank, "ApproveClawback", tn.clawing(nowon, tn.stall, "c-1", 4_000))
	require.EqualValues(t, 4_000, tn.term(currency.Returned))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "c-1"))
	waiting := tn.credits(nowon, tn.stall)
	require.Len(t, waiting, 1)
	for name, c := range waiting {
		require.Equal(t, []any{currency.CreditRelease, "c-1"}, []any{c.Kind, c.From})
		again := tn.redeemed(5_000, name)
		tn.do(tn.bank, "ConfirmPayout", tn.paidOut(again, 5_000, 0, "t-4"))
	}
	require.EqualValues(t, 6_000, tn.term(currency.PaidOut))
	require.Contains(t, tn.events(), "PayoutRecalled")

	report := tn.report(currency.DayOf(tn.net.Now(), time.FixedZone("", 9*60*60)))
	sum := func(f daybook.Flow) int64 {
		return line(t, report, nowon, "bought").Flows[f] + line(t, report, nowon, "budget").Flows[f]
	}
	for f, won := range map[daybook.Flow]int64{
		daybook.Redeemed: 15_000, daybook.PaidOut: 6_000, daybook.RecalledShops: 9_000, daybook.Recalled: 0,
		daybook.FreedShops: 5_000, daybook.HeldShops: 0, daybook.ClawedBack: 4_000, daybook.Refunded: 0,
	} {
		require.Equal(t, won, sum(f), f)
	}
}

// The bank had the claim in an earlier file and sent the money before the case: that
// is recorded, and the case holds nothing of it.
func TestPaidBeforeTheCase(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 9_000))
	seq := tn.redeemed(9_000, paid.Credit)
	sent := tn.now()
	tn.net.Advance(time.Hour)
	tn.openCase(nowon, tn.stall, "c-1")
	tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq}))
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(seq, 9_000, tn.now(), "t-1")))
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(seq, 9_000, sent, "t-1"))
	c, _ := record[currency.Case](tn, currency.TableCase, nowon, tn.stall.account, "c-1")
	require.Empty(t, c.Claims)
	require.Empty(t, c.Held)
	require.Equal(t, []int64{0, 9_000}, []int64{tn.term(currency.Cases), tn.term(currency.PaidOut)})
	tn.refused(currency.RedemptionPaid, tn.bank, "RecallPayout", tn.json(tn.recalling(tn.stall, seq)))
	tn.refused(currency.RedemptionPaid, tn.komsco, "HoldFunds", tn.json(tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq})))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "c-1"))
}

// A case that ends without the bank's word lets the claim be paid as it was; another
// case may hold it.
func TestClosedCaseFreesItsClaims(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 9_000))
	seq := tn.redeemed(9_000, paid.Credit)
	before := tn.toPay(0)
	for _, id := range []string{"c-1", "c-2"} {
		tn.openCase(nowon, tn.stall, id)
		tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(tn.stall, id, currency.HeldClaim{Seq: seq}))
		tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, id))
		require.Equal(t, before, tn.toPay(0))
	}
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(seq, 9_000, 0, "t-1"))
}

// A hold and a payout in one block: whichever comes first, the other does nothing.
func TestHoldAndPayoutRace(t *testing.T) {
	for _, first := range []int{0, 1} {
		tn := newTown(t)
		minsu := tn.residents(nowon, "minsu")[0]
		paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 9_000))
		seq := tn.redeemed(9_000, paid.Credit)
		sent := tn.now()
		tn.net.Advance(time.Hour)
		tn.openCase(nowon, tn.stall, "c-1")
		hold := tn.endorse(tn.komsco, "HoldFunds", tn.json(tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq})))
		payout := tn.endorse(tn.bank, "ConfirmPayout", tn.json(tn.paidOut(seq, 9_000, sent, "t-1")))
		if first == 0 {
			tn.commit(hold, payout)
			require.Equal(t, []any{valid, mvcc}, []any{hold.Status, payout.Status})
		} else {
			tn.commit(payout, hold)
			require.Equal(t, []any{valid, mvcc}, []any{payout.Status, hold.Status})
		}
	}
}

// Minsu has his money back in cash and closes the account. The case opened after holds
// the claim all the same, and what it does not give back to the fund is his again, with
// the terms that it had.
func TestCaseOfAClosedAccount(t *testing.T) {
	tn := newTown(t)
	p := policyOf(nowon, 2)
	p.CashRefund = &currency.CashRefund{Share: 6000, Days: 7, Subsidy: 909}
	tn.newPolicy(p)
	w := tn.residents(nowon, "minsu")[0]
	o := tn.cashingOut(nowon, w)
	cashed := tn.order("CashOut", w.sign(o))
	require.EqualValues(t, 100_000, cashed.Amount)
	tn.order("Close", w.sign(tn.closing(nowon, w)))

	tn.openCase(nowon, w, "c-1")
	tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(w, "c-1", currency.HeldClaim{Seq: o.Seq, Amount: 60_000}))
	tn.do(tn.bank, "RecallPayout", tn.recalling(w, o.Seq))
	h, _ := record[currency.Holder](tn, currency.TableHolder, nowon, w.account)
	require.Equal(t, currency.Closed, h.Status)
	tn.do(tn.komsco, "ProposeClawback", tn.clawing(nowon, w, "c-1", 50_000))
	tn.do(tn.bank, "ApproveClawback", tn.clawing(nowon, w, "c-1", 50_000))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, w, "c-1"))
	var won int64
	for _, c := range tn.credits(nowon, w) {
		for _, part := range c.Parts {
			require.Equal(t, []any{currency.Principal, 2, "bought"}, []any{part.Source, part.Policy, part.Origin})
			require.NotZero(t, part.Expiry)
			won += part.Amount
		}
	}
	require.EqualValues(t, 50_000, won)
	h, _ = record[currency.Holder](tn, currency.TableHolder, nowon, w.account)
	require.Equal(t, currency.Closed, h.Status, "it stays closed, and may be reunited")
	require.True(t, h.Left())
	require.Empty(t, h.Cases)
}

// What was recalled counts no more against the month's cap.
func TestRecallGivesTheCapBack(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	p := policyOf(nowon, 2)
	p.Shops.Redemption = &currency.RedemptionRule{Base: 10_000}
	tn.newPolicy(p)
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 20_000))
	seq := tn.redeemed(10_000, paid.Credit)
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 1))
	tn.stall.seq[nowon]--
	tn.openCase(nowon, tn.stall, "c-1")
	tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq}))
	tn.do(tn.bank, "RecallPayout", tn.recalling(tn.stall, seq))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "c-1"))
	tn.redeemed(10_000)
}

// A claim from before there was a cap took no room, and gives none back.
func TestRecallOfAClaimBeforeTheCap(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 20_000))
	seq := tn.redeemed(9_000, paid.Credit)
	p := policyOf(nowon, 2)
	p.Shops.Redemption = &currency.RedemptionRule{Base: 10_000}
	tn.newPolicy(p)
	tn.redeemed(10_000)
	tn.openCase(nowon, tn.stall, "c-1")
	tn.do(tn.komsco, "HoldFunds", tn.holdingClaims(tn.stall, "c-1", currency.HeldClaim{Seq: seq}))
	tn.do(tn.bank, "RecallPayout", tn.recalling(tn.stall, seq))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "c-1"))
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 1))
}
