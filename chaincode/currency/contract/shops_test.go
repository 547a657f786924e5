// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

func (tn *town) sharing(program string, w *wallet, share int) currency.SetShare {
	return currency.SetShare{
		Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), Share: share, V: 1,
	}
}

// billing pays a merchant part of a bill.
func (tn *town) billing(program string, w *wallet, to string, amount, bill int64, ref string) string {
	o := tn.payment(program, w, to, amount)
	o.Bill, o.Ref = bill, ref
	return w.sign(o)
}

// A shop takes a tenth of each bill in vouchers, says so itself, and no two
// payments of one bill pass it, in one block or in two.
func TestShopTakesAShare(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	set := tn.stall.sign(tn.sharing(nowon, tn.stall, 1000))
	require.Equal(t, currency.KindShare, tn.order("SetShare", set).Kind)
	require.Equal(t, 1000, get[currency.Merchant](tn, tn.courier, "Merchant", currency.RecordQuery{Program: nowon, ID: "stall"}).Share)
	tn.refused(currency.NotMerchant, tn.courier, "SetShare", w.sign(tn.sharing(nowon, w, 0)))
	w.seq[nowon]--

	tn.refused(currency.BillShare, tn.courier, "Pay", tn.billing(nowon, w, "stall", 1_001, 10_000, "bill-1"))
	w.seq[nowon]--
	r := tn.order("Pay", tn.billing(nowon, w, "stall", 600, 10_000, "bill-1"))
	require.EqualValues(t, 10_000, r.Bill, "the shop sees of which bill")
	first := tn.endorse(tn.courier, "Pay", tn.billing(nowon, w, "stall", 400, 10_000, "bill-1"))
	w.seq[nowon]--
	second := tn.endorse(tn.courier, "Pay", tn.billing(nowon, w, "stall", 300, 10_000, "bill-1"))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	items := tn.tryBatch(tn.billing(nowon, w, "stall", 1, 10_000, "bill-1"))
	require.Equal(t, []string{"BILL_SHARE"}, codes(items))
	w.seq[nowon]--
	tn.order("Pay", tn.billing(nowon, w, "stall", 1_000, 10_000, "bill-2"))
}

// Value for 30% of a bill, on the ledger: several payments of one bill in one
// batch share it, and the rest of the purse pays what it may.
func TestValueForAShareOfABill(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	tn.order("Give", tn.give(nowon, w, tn.resident(nowon, "jisoo"), 109_000)) // leaves 1,000 of version 1
	p := policyOf(nowon, 2)
	p.Uses = []currency.Use{{BillShare: 3000, Sources: []currency.Source{currency.Benefit}}}
	tn.newPolicy(p)
	tx := tn.issue(nowon, currency.Benefit, []currency.Row{{To: w.account, Amount: 5_000}})
	tn.order("Claim", tn.claim(nowon, w, currency.NewCreditName(tx, 0)))
	items := tn.tryBatch(
		tn.billing(nowon, w, "stall", 2_000, 10_000, "bill-1"),
		tn.billing(nowon, w, "stall", 2_000, 10_000, "bill-1"),
		tn.billing(nowon, w, "stall", 1, 10_000, "bill-1"),
	)
	require.Equal(t, []string{"", "", "INSUFFICIENT_FUNDS"}, codes(items))
	require.Contains(t, items[2].Detail, "2000 beyond 30% of the bill of 10000 won")
	require.EqualValues(t, 2_000, tn.balance(nowon, w))
}

// A business that was put out does not come back under another id, account or
// name before its time; a ban may be taken back.
func TestBannedBusiness(t *testing.T) {
	tn := newTown(t)
	tn.register(nowon, "cheat", newWallet("cheat"), region, category)
	tn.register(nowon, "sloppy", newWallet("sloppy"), region, category)
	for id, reason := range map[string]string{"cheat": "fraud", "sloppy": "limits"} {
		tn.do(tn.city, "BanMerchant", currency.BanMerchant{Operation: tn.op(), Program: nowon, ID: id, Reason: reason})
		require.Equal(t, currency.Closed, get[currency.Merchant](tn, tn.courier, "Merchant", currency.RecordQuery{Program: nowon, ID: id}).Status)
	}
	again := func(of, id string) currency.RegisterMerchant {
		r := tn.registering(nowon, id, newWallet(id), region, category)
		r.Business = businessOf(of)
		return r
	}
	tn.net.Advance(183 * 24 * time.Hour)
	tn.refused(currency.MerchantBanned, tn.city, "RegisterMerchant", tn.json(again("cheat", "cheat-2")))
	tn.net.Advance(3 * 24 * time.Hour) // six months are over
	tn.do(tn.city, "RegisterMerchant", again("sloppy", "sloppy-2"))
	lift := currency.LiftBan{Operation: tn.op(), BanQuery: currency.BanQuery{Program: nowon, Business: businessOf("cheat")}}
	tn.do(tn.city, "LiftBan", lift)
	tn.refused(currency.BanUnknown, tn.courier, "Ban", tn.json(lift.BanQuery))
	tn.do(tn.city, "RegisterMerchant", again("cheat", "cheat-2"))
}

// A ban closes all shops of the business: those registered before under other names,
// and one that is registered beside it in the same block.
func TestBanClosesAllShopsOfTheBusiness(t *testing.T) {
	tn := newTown(t)
	of := func(business, id string) currency.RegisterMerchant {
		r := tn.registering(nowon, id, newWallet(id), region, category)
		r.Business = businessOf(business)
		return r
	}
	for id, business := range map[string]string{"front": "cheat", "back": "cheat", "moved": "cheat", "honest": "honest"} {
		tn.do(tn.city, "RegisterMerchant", of(business, id))
	}
	tn.do(tn.city, "SetMerchantTerms", currency.SetMerchantTerms{Operation: tn.op(), Program: nowon, ID: "moved", MerchantTerms: currency.MerchantTerms{Business: businessOf("sold")}})
	tn.do(tn.city, "SetMerchantTerms", currency.SetMerchantTerms{Operation: tn.op(), Program: nowon, ID: "back", MerchantTerms: currency.MerchantTerms{Business: businessOf("cheat"), Class: "small"}})
	ban := func(id string) string {
		return tn.json(currency.BanMerchant{Operation: tn.op(), Program: nowon, ID: id, Reason: "fraud"})
	}
	status := func(want currency.Status, ids ...string) {
		t.Helper()
		for _, id := range ids {
			m := get[currency.Merchant](tn, tn.courier, "Merchant", currency.RecordQuery{Program: nowon, ID: id})
			require.Equal(t, want, m.Status, id)
		}
	}
	beside := tn.endorse(tn.city, "RegisterMerchant", tn.json(of("cheat", "side")))
	late := tn.endorse(tn.city, "BanMerchant", ban("front"))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(beside, late)[0], late.Status}, "the ban has not seen it")
	first, next := tn.endorse(tn.city, "BanMerchant", ban("front")), tn.endorse(tn.city, "RegisterMerchant", tn.json(of("cheat", "cellar")))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, next)[0], next.Status})
	require.ElementsMatch(t, []string{"back", "side"}, result[currency.Ban](tn, first.Payload).Closed)
	status(currency.Closed, "front", "back", "side")
	status(currency.Active, "moved", "honest")
	tn.refused(currency.MerchantBanned, tn.city, "RegisterMerchant", tn.json(of("cheat", "cellar")))
}

// A shop redeems no more a month than the base and its verified sales allow; two
// redemptions in one block do not pass the cap together.
func TestRedemptionCapIsRaisedBySales(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	p := policyOf(nowon, 2)
	p.Shops.Redemption = &currency.RedemptionRule{Base: 10_000, Share: 10_000}
	tn.newPolicy(p)
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 60_000))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 9_000, paid.Credit))
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 1_001))
	tn.stall.seq[nowon]--
	tn.do(tn.city, "VerifySales", currency.VerifySales{Operation: tn.op(), Program: nowon, ID: "stall", Sales: 30_000, Evidence: businessOf("papers")})
	first := tn.endorse(tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 20_000))
	tn.stall.seq[nowon]--
	second := tn.endorse(tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 20_001))
	require.Equal(t, []any{valid, mvcc}, []any{tn.commit(first, second)[0], second.Status})
	tn.refused(currency.RedemptionCap, tn.courier, "Redeem", tn.redeem(nowon, tn.stall, 11_001))
	tn.stall.seq[nowon]--
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 11_000))
	tn.net.Advance(31 * 24 * time.Hour)
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 20_000))
}

// Nobody pays oneself: not at the own shop, and not from one own shop at another.
func TestOwnerIsNoCustomer(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(bazaar, "minsu")
	mill := newWallet("mill")
	own := func(id, owner string) {
		t.Helper()
		tn.do(tn.city, "SetMerchantTerms", currency.SetMerchantTerms{
			Operation: tn.op(), Program: bazaar, ID: id, MerchantTerms: currency.MerchantTerms{Business: businessOf(id), Owner: owner},
		})
	}
	tn.register(bazaar, "mill", mill, region, category)
	paid := tn.order("Pay", tn.pay(bazaar, w, "stall", 10_000))
	own("stall", w.account)
	own("mill", w.account)
	tn.refused(currency.SelfTransfer, tn.courier, "Pay", tn.pay(bazaar, w, "mill", 1_000))
	w.seq[bazaar]--
	tn.refused(currency.SelfTransfer, tn.courier, "Authorise", w.sign(tn.authorising(bazaar, w, "mill", 1_000)))
	w.seq[bazaar]--
	tn.refused(currency.SelfTransfer, tn.courier, "Pay", tn.pay(bazaar, tn.stall, "mill", 1_000, paid.Credit))
	tn.stall.seq[bazaar]--
	own("mill", "somebody-else")
	phone := newWallet("minsu's new phone")
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(bazaar, w))
	recovery := tn.recovery(w, phone)
	recovery.Program = bazaar
	tn.do(tn.komsco, "ProposeRecovery", recovery)
	tn.net.Advance(72 * time.Hour)
	tn.do(tn.bank, "ApproveRecovery", recovery)
	tn.refused(currency.SelfTransfer, tn.courier, "Pay", tn.pay(bazaar, phone, "stall", 1_000))
	phone.seq[bazaar]--
	tn.order("Pay", tn.pay(bazaar, phone, "mill", 1_000))
	tn.order("Pay", tn.pay(bazaar, tn.stall, "mill", 1_000, paid.Credit))
	tn.refused(currency.SelfTransfer, tn.courier, "Pay", tn.pay(bazaar, tn.stall, "stall", 1_000))
	tn.stall.seq[bazaar]--
}
