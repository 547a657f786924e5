// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// toPay are the redemptions that wait for the bank, by their seq.
func (tn *town) toPay(limit int) map[string]currency.UnpaidRedemption {
	tn.t.Helper()
	all := map[string]currency.UnpaidRedemption{}
	for next := ""; ; {
		page := get[call.Page[currency.UnpaidRedemption]](tn, tn.bank, "Unpaid", currency.PageQuery{Program: nowon, Limit: limit, Bookmark: next})
		for _, e := range page.Records {
			all[e.Key[1]] = e.Record
		}
		if next = page.Next; next == "" {
			return all
		}
	}
}

func (tn *town) paidOut(seq, amount, sent int64, ref string) currency.ConfirmPayout {
	return currency.ConfirmPayout{Operation: tn.op(), Program: nowon, Ref: ref, Account: tn.stall.account, Seq: seq, Amount: amount, Sent: sent}
}

// claimOfTheStall is a claim on the bank of 1,000 won, of the 9,000 that the stall was paid.
func (tn *town) claimOfTheStall() currency.Redeem {
	tn.t.Helper()
	paid := tn.order("Pay", tn.pay(nowon, tn.resident(nowon, "minsu"), "stall", 9_000))
	claim := tn.redemption(nowon, tn.stall, 1_000, paid.Credit)
	tn.order("Redeem", tn.stall.sign(claim))
	return claim
}

// A claim on the bank waits while its account is frozen by a case, or its shop
// suspended, and is there again after. What had left the bank before is recorded.
func TestFrozenShopIsNotPaid(t *testing.T) {
	tn := newTown(t)
	first := tn.claimOfTheStall()
	for _, won := range []int64{2_000, 3_000} {
		tn.order("Redeem", tn.redeem(nowon, tn.stall, won))
	}
	require.Len(t, tn.toPay(2), 3, "page by page")
	require.Nil(t, tn.toPay(0)[ledger.Num(first.Seq)].Withheld)

	before := tn.now()
	tn.net.Advance(time.Hour)
	tn.openCase(nowon, tn.stall, "case-7")
	frozen := tn.now()
	all := tn.toPay(0)
	require.Len(t, all, 3)
	for _, r := range all {
		require.Equal(t, &currency.Withholding{Code: "HOLDER_FROZEN", Reason: "case-7", Since: frozen}, r.Withheld)
	}
	tn.net.Advance(time.Hour)
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq, 1_000, 0, "t-1")))
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq, 1_000, frozen, "t-1")))
	tn.refused(currency.InvalidID, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq, 1_000, before-3_600, "t-1")))
	tn.refused(currency.InvalidID, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq, 1_000, tn.now()+3_600, "t-1")))
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(first.Seq, 1_000, before, "t-1")) // on its way when the case was opened
	require.Len(t, tn.toPay(0), 2)

	// Suspended meanwhile: the case's end alone does not release the claims.
	tn.setMerchant(nowon, "stall", currency.Suspended)
	suspended := tn.now()
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "case-7"))
	require.Equal(t, &currency.Withholding{Code: "MERCHANT_SUSPENDED", Since: suspended}, tn.toPay(0)[ledger.Num(first.Seq+1)].Withheld)
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq+1, 2_000, 0, "t-2")))
	tn.setMerchant(nowon, "stall", currency.Active)

	// Nothing was lost: the same claims, of the same amounts, to the same account.
	for seq, r := range tn.toPay(0) {
		require.Nil(t, r.Withheld)
		require.Equal(t, all[seq].Redemption, r.Redemption)
	}
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(first.Seq+1, 2_000, 0, "t-2"))
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(first.Seq+2, 3_000, 0, "t-3"))
	require.Empty(t, tn.toPay(0))
	tn.refused(currency.RedemptionPaid, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(first.Seq+2, 3_000, 0, "t-4")))
}

// Freezing wins over a payout that was endorsed beside it.
func TestFreezeWinsOverAPayout(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 9_000))
	claimed := tn.redemption(nowon, tn.stall, 1_000, paid.Credit)
	tn.order("Redeem", tn.stall.sign(claimed))
	payout := tn.endorse(tn.bank, "ConfirmPayout", tn.json(tn.paidOut(claimed.Seq, 1_000, 0, "t-1")))
	freeze := tn.endorse(tn.komsco, "FreezeHolder", tn.json(tn.freezing(nowon, tn.stall)))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(freeze, payout)[0], payout.Status})
	require.NotNil(t, tn.toPay(0)[ledger.Num(claimed.Seq)].Withheld)
}

// A claim waits by the account that took over from the one that made it: who has the
// money by now.
func TestClaimOfARecoveredShop(t *testing.T) {
	tn := newTown(t)
	claim, phone := tn.claimOfTheStall(), newWallet("new till")
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, tn.stall))
	tn.do(tn.komsco, "ProposeRecovery", tn.recovery(tn.stall, phone))
	tn.net.Advance(72 * time.Hour)
	tn.do(tn.bank, "ApproveRecovery", tn.recovery(tn.stall, phone))
	require.Nil(t, tn.toPay(0)[ledger.Num(claim.Seq)].Withheld)

	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, phone))
	require.Equal(t, &currency.Withholding{Code: "HOLDER_FROZEN", Reason: "case-1", Since: tn.now()}, tn.toPay(0)[ledger.Num(claim.Seq)].Withheld)
	tn.refused(currency.RedemptionWithheld, tn.bank, "ConfirmPayout", tn.json(tn.paidOut(claim.Seq, 1_000, 0, "t-1")))
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, phone))
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(claim.Seq, 1_000, 0, "t-1"))
}

// A ban does not release what a suspended shop claimed, nor does the shop come back.
func TestBannedWhileSuspended(t *testing.T) {
	tn := newTown(t)
	claim := tn.claimOfTheStall()
	tn.setMerchant(nowon, "stall", currency.Suspended)
	suspended := &currency.Withholding{Code: "MERCHANT_SUSPENDED", Since: tn.now()}
	tn.net.Advance(time.Hour)
	tn.do(tn.city, "BanMerchant", currency.BanMerchant{Operation: tn.op(), Program: nowon, ID: "stall", Reason: "fraud"})
	require.Equal(t, suspended, tn.toPay(0)[ledger.Num(claim.Seq)].Withheld)
	tn.refused(currency.MerchantBanned, tn.city, "SetMerchantStatus", tn.json(currency.SetMerchantStatus{
		Operation: tn.op(), Program: nowon, ID: "stall", Status: currency.Active,
	}))
	tn.refused(currency.MerchantBanned, tn.city, "SetMerchantTerms", tn.json(currency.SetMerchantTerms{
		Operation: tn.op(), Program: nowon, ID: "stall", MerchantTerms: currency.MerchantTerms{Business: businessOf("another")},
	}))
	tn.setMerchant(nowon, "stall", currency.Closed)
	tn.do(tn.bank, "ConfirmPayout", tn.paidOut(claim.Seq, 1_000, 0, "t-1"))
}
