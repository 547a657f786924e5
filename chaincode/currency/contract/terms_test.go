// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Value may be spent and given up to the end of its last day in the programme's
// own zone, and not a second longer. A merchant's plain won does not expire.
func TestValueExpires(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	to := tn.resident(nowon, "jisoo")
	seoul := time.FixedZone("KST", 9*60*60)
	last := time.Date(2029, 3, 2, 23, 59, 59, 0, seoul)
	require.Equal(t, currency.Day(20290302), tn.purse(nowon, w).Buckets[0].Expiry)

	tn.net.At(last)
	paid := tn.order("Pay", tn.pay(nowon, w, "stall", 1_000))
	given := tn.order("Give", tn.give(nowon, w, to, 500))
	tn.net.At(last.Add(time.Second))
	tn.refused(currency.InsufficientFunds, tn.courier, "Pay", tn.pay(nowon, w, "stall", 1_000))
	w.seq[nowon]--
	tn.refused(currency.InsufficientFunds, tn.courier, "Give", tn.give(nowon, w, to, 1_000))
	w.seq[nowon]--

	// It stays what it is in the purse, and claiming or giving it back does not
	// bring it back to life.
	tn.order("Claim", tn.claim(nowon, to, given.Credit))
	back := tn.order("Refund", tn.refund(nowon, tn.stall, w, 2, 400, paid.Credit))
	tn.order("Claim", tn.claim(nowon, w, back.Credit))
	require.EqualValues(t, 110_000-1_500+400, tn.balance(nowon, w))
	tn.refused(currency.InsufficientFunds, tn.courier, "Pay", tn.pay(nowon, w, "stall", 400))

	tn.net.Advance(10 * 365 * 24 * time.Hour)
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 600))

	// The submitter's clock decides, within the quarter of an hour that peers allow.
	fresh := tn.issue(nowon, currency.Benefit, []currency.Row{{To: to.account, Amount: 100}})
	require.Equal(t, currency.DayOf(tn.net.Now().AddDate(3, 0, 0), seoul), tn.credits(nowon, to)[currency.NewCreditName(fresh, 0)].Parts[0].Expiry)
}

// Value keeps the policy that it was issued under, whatever comes after; the
// order of spending is that of the policy in force.
func TestValueKeepsItsPolicy(t *testing.T) {
	tn := newTown(t)
	w, to := tn.resident(nowon, "minsu"), tn.resident(nowon, "jisoo")
	p := policyOf(nowon, 2)
	p.Regions, p.Categories, p.Gifts = []string{otherRegion}, []string{otherCategory}, false
	p.SpendOrder = []currency.Source{currency.Principal, currency.Subsidy, currency.Benefit, currency.Reward}
	tn.newPolicy(p)
	tx := tn.issue(nowon, currency.Benefit, []currency.Row{{To: w.account, Amount: 7_000}})
	tn.order("Claim", tn.claim(nowon, w, currency.NewCreditName(tx, 0)))

	// Each where its own policy says: 110,000 at the stall, 7,000 at the arcade.
	tn.refused(currency.InsufficientFunds, tn.courier, "Pay", tn.pay(nowon, w, "stall", 110_001))
	w.seq[nowon]--
	tn.refused(currency.InsufficientFunds, tn.courier, "Pay", tn.pay(nowon, w, "arcade", 7_001))
	w.seq[nowon]--
	arcade := tn.order("Pay", tn.pay(nowon, w, "arcade", 6_000))
	require.Equal(t, 2, arcade.Used[0].Policy)
	stall := tn.order("Pay", tn.pay(nowon, w, "stall", 10_000))
	require.Equal(t, []currency.Source{currency.Principal}, []currency.Source{stall.Used[0].Source}, "principal first, as version 2 says")
	// What is left under version 2 may not be given; the rest may.
	tn.refused(currency.InsufficientFunds, tn.courier, "Give", tn.give(nowon, w, to, 100_001))
	w.seq[nowon]--
	tn.order("Give", tn.give(nowon, w, to, 100_000))
	tn.refused(currency.GiftsOff, tn.courier, "Give", tn.give(nowon, w, to, 1_000))
	require.EqualValues(t, 1_000, tn.balance(nowon, w))
}

// A person holds no more than the cap. What exceeds it stays claimable, to the
// last won, and a shop's takings are nobody's holding.
func TestHoldingCap(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu") // holds 110,000
	p := policyOf(nowon, 2)
	p.HoldingCap = 120_000
	tn.newPolicy(p)
	tx := tn.issue(nowon, currency.Benefit, []currency.Row{{To: w.account, Amount: 30_000}, {To: w.account, Amount: 5_000}})
	first, second := currency.NewCreditName(tx, 0), currency.NewCreditName(tx, 1)
	got := tn.order("Claim", tn.claim(nowon, w, first, second))
	require.Equal(t, []currency.CreditName{first}, got.Claimed)
	require.Equal(t, []currency.Unclaimed{{Credit: first, Code: "HOLDING_CAP", Amount: 20_000}, {Credit: second, Code: "HOLDING_CAP", Amount: 5_000}}, got.Unclaimed)
	require.EqualValues(t, 120_000, tn.balance(nowon, w))
	tn.refused(currency.NothingClaimed, tn.courier, "Claim", tn.claim(nowon, w, first, second))
	w.seq[nowon]--

	// Two orders of one batch see the rest that the one before left.
	tn.order("Pay", tn.pay(nowon, w, "stall", 110_000))
	items := tn.tryBatch(tn.claim(nowon, w, first), tn.claim(nowon, w, first, second))
	require.Equal(t, "", items[0].Code)
	require.Equal(t, []currency.Unclaimed{{Credit: first, Code: "CREDIT_UNKNOWN"}}, items[1].Unclaimed)
	require.EqualValues(t, 35_000, tn.balance(nowon, w))
	won, _ := tn.unclaimed(nowon, w)
	require.Zero(t, won)

	// The stall takes more than any person may hold.
	others := tn.residents(nowon, names("resident", 3)...)
	var claims []currency.CreditName
	for _, o := range others {
		claims = append(claims, tn.order("Pay", tn.pay(nowon, o, "stall", 100_000)).Credit)
	}
	tn.order("Claim", tn.claim(nowon, tn.stall, claims...))
	require.EqualValues(t, 300_000, tn.balance(nowon, tn.stall))
}

// An item that fails late takes back all it did: credits it claimed stay
// unclaimed and the orders behind it find them.
func TestFailedItemGivesBackItsClaims(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w := both[0]
	given := tn.order("Give", tn.give(nowon, both[1], w, 10_000))
	tooMuch := tn.pay(nowon, w, "stall", 120_001, given.Credit)
	w.seq[nowon]--
	items := tn.tryBatch(tooMuch, tn.pay(nowon, w, "stall", 120_000, given.Credit))
	require.Equal(t, []string{"INSUFFICIENT_FUNDS", ""}, codes(items))
	require.Empty(t, items[1].Unclaimed)
	require.Zero(t, tn.balance(nowon, w))
}
