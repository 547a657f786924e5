// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// One policy, one fund, one purse: what each issue is kept for binds its own
// buckets, wherever they go.
func TestIssuesForPurposes(t *testing.T) {
	tn := newTown(t)
	w, friend := tn.resident(nowon, "minsu"), tn.resident(nowon, "jisoo")
	p := policyOf(nowon, 2)
	p.Regions, p.Categories, p.HoldingCap = nil, nil, 0
	p.Purposes = []currency.Purpose{
		{ID: "books", Uses: []currency.Use{{Categories: []string{"books"}, Regions: []string{region}}}},
		{ID: "meals", Uses: []currency.Use{{Categories: []string{category}, BillShare: 5000}, {Merchants: []string{"arcade"}}}, Validity: &currency.Validity{Days: 10}},
	}
	tn.newPolicy(p)
	issue := func(to *wallet, purpose string, won int64) currency.CreditName {
		rows := []currency.Row{{To: to.account, Amount: won}}
		r := tn.openRun(nowon, "run-for-"+purpose+to.account[:8], currency.Benefit, rows)
		r.Purpose = purpose
		require.Equal(t, purpose, result[currency.Run](tn, tn.do(tn.city, "OpenRun", r)).Purpose)
		b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: r.ID, Rows: rows}))
		return currency.NewCreditName(b.Tx, 0)
	}
	unknown := tn.openRun(nowon, "rent", currency.Benefit, []currency.Row{{To: w.account, Amount: 100}})
	unknown.Purpose = "rent"
	tn.refused(currency.PurposeUnknown, tn.city, "OpenRun", tn.json(unknown))

	claimed := []currency.CreditName{issue(w, "books", 7_000), issue(w, "meals", 9_000)}
	tn.order("Claim", tn.claim(nowon, w, claimed...))

	// At the stall, which sells no books: half of a bill in meals, the rest in free won.
	o := tn.payment(nowon, w, "stall", 10_000)
	o.Bill, o.Ref = 10_000, "bill-1"
	paid := tn.order("Pay", w.sign(o))
	require.Equal(t, "meals", paid.Used[0].Purpose)
	require.EqualValues(t, 5_000, paid.Used[0].Amount)
	require.EqualValues(t, 5_000, currency.Total(paid.Used[1:]))

	// Refunded, the same buckets come back as they were.
	back := tn.order("Refund", tn.refund(nowon, tn.stall, w, w.seq[nowon], 10_000, paid.Credit))
	require.Equal(t, currency.MergeParts(paid.Used), tn.credits(nowon, w)[back.Credit].Parts)
	tn.order("Claim", tn.claim(nowon, w, back.Credit))

	// What is refused says for which purpose each won is kept.
	_, err := tn.net.Invoke(tn.courier, cc, "Pay", tn.pay(nowon, w, "stall", 110_001))
	w.seq[nowon]--
	require.ErrorContains(t, err, "INSUFFICIENT_FUNDS: 110001 won are asked for, 110000 of 126000 may be used (7000 kept for books: not for category "+category+", 9000 kept for meals: for 50% of a bill, and none is named)")
	quote := get[currency.Quote](tn, tn.courier, "Quote", currency.QuoteQuery{Program: nowon, Account: w.account, To: "arcade", Amount: 1, Read: tn.read(nowon, w)})
	require.EqualValues(t, 9_000, quote.Most, "free won are for the first policy's region, books for books, meals there as well")
	require.Equal(t, []string{"", "", "books"}, []string{quote.Kept[1].Purpose, quote.Kept[2].Purpose, quote.Kept[0].Purpose})

	// Given away, it is kept for the same; exchanged, it would not be.
	given := tn.order("Give", tn.give(nowon, w, friend, 9_000))
	require.Equal(t, "meals", tn.credits(nowon, friend)[given.Credit].Parts[0].Purpose)
	tn.order("Claim", tn.claim(nowon, friend, given.Credit))
	tn.batch(tn.open(bazaar, friend))
	exchange := tn.exchanging(nowon, friend, bazaar, 110_001)
	_, err = tn.net.Invoke(tn.courier, cc, "Exchange", friend.sign(exchange))
	friend.seq[nowon]--
	require.ErrorContains(t, err, "9000 kept for meals, not to be exchanged into bazaar")

	// Its own last day: eleven days later it has expired, the free won have not.
	tn.net.Advance(11 * 24 * 3600 * 1e9)
	o = tn.payment(nowon, friend, "stall", 110_001)
	o.Bill, o.Ref = 110_001, "bill-2"
	_, err = tn.net.Invoke(tn.courier, cc, "Pay", friend.sign(o))
	friend.seq[nowon]--
	require.ErrorContains(t, err, "110000 of 119000 may be used (9000 expired)")
}

// What an allotment pays is kept for its purpose: rewards, and tickets by their
// series; the subsidy of purchases for none.
func TestAllotmentForAPurpose(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	p := policyOf(nowon, 2)
	p.Purposes = []currency.Purpose{{ID: "meals", Uses: []currency.Use{{Merchants: []string{"stall"}}}}}
	tn.newPolicy(p)
	a := tn.allot(nowon, "rewards")
	a.Source, a.Purpose = currency.Subsidy, "meals"
	tn.refused(currency.InvalidID, tn.city, "OpenAllotment", tn.json(a))
	a.Source, a.Purpose = currency.Reward, "rent"
	tn.refused(currency.PurposeUnknown, tn.city, "OpenAllotment", tn.json(a))
	a.Purpose = "meals"
	tn.do(tn.city, "OpenAllotment", a)
	earned := tn.order("Earn", tn.earn(nowon, w, tn.attest(nowon, w, "volunteering", 60, "hour-1")))
	require.Equal(t, "meals", tn.credits(nowon, w)[earned.Credit].Parts[0].Purpose)

	// A later policy without the purpose pays nothing from it.
	tn.newPolicy(policyOf(nowon, 3))
	tn.refused(currency.PurposeUnknown, tn.courier, "Earn", tn.earn(nowon, w, tn.attest(nowon, w, "volunteering", 60, "hour-2")))
}
