// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// A welfare payment in bazaar may be spent for 30 days. What is left of it goes
// back to its fund: from the purse, from a credit nobody claimed; and an
// appropriation of that fund and year takes it in.
func TestLapse(t *testing.T) {
	tn := newTown(t)
	minsu, jisoo := newWallet("minsu"), newWallet("jisoo")
	tn.batch(tn.open(bazaar, minsu), tn.open(bazaar, jisoo))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: minsu.account, Amount: 50_000}, {To: jisoo.account, Amount: 8_000}})
	first, second := currency.NewCreditName(tx, 0), currency.NewCreditName(tx, 1)
	paid := tn.order("Pay", tn.pay(bazaar, minsu, "stall", 20_000, first))
	tn.order("Claim", tn.claim(bazaar, tn.stall, paid.Credit))
	sweep := func() currency.Sweep {
		return currency.Sweep{Operation: tn.op(), Program: bazaar, Purses: []string{minsu.account, jisoo.account, tn.stall.account, minsu.account}, Credits: []currency.OwnedCredit{{Account: jisoo.account, Credit: second}}}
	}
	codes := func(s currency.Swept) (all []string) {
		for _, skipped := range s.Skipped {
			all = append(all, skipped.Code)
		}
		return all
	}
	none := []string{"NOTHING_LAPSED", "NOTHING_LAPSED", "NOTHING_LAPSED", "NOTHING_LAPSED", "NOTHING_LAPSED"}

	// Issued on 2 March, good until 1 April; 2 April is the day of grace.
	for _, day := range []string{"2026-04-01T23:59:59+09:00", "2026-04-02T23:59:59+09:00"} {
		at, err := time.Parse(time.RFC3339, day)
		require.NoError(t, err)
		tn.net.At(at)
		swept := result[currency.Swept](tn, tn.do(tn.courier, "Sweep", sweep()))
		require.Zero(t, swept.Lapsed, day)
		require.Equal(t, none, codes(swept))
	}
	tn.net.Advance(time.Second)
	found := get[currency.Lapsing](tn, tn.komsco, "Lapsing", currency.LapsingQuery{PageQuery: currency.PageQuery{Program: bazaar}, Of: currency.LapsingPurses})
	require.Contains(t, found.Purses, minsu.account)
	found = get[currency.Lapsing](tn, tn.komsco, "Lapsing", currency.LapsingQuery{PageQuery: currency.PageQuery{Program: bazaar}, Of: currency.LapsingCredits})
	require.Equal(t, []currency.OwnedCredit{{Account: jisoo.account, Credit: second}}, found.Credits)

	// A case is about the account: what it holds stays until it is let go.
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(bazaar, minsu))
	request := sweep()
	answer := tn.do(tn.courier, "Sweep", request)
	require.Equal(t, currency.Swept{Lapsed: 8_000, Skipped: []currency.Skipped{
		{Account: minsu.account, Code: "HOLDER_FROZEN"},
		{Account: jisoo.account, Code: "NOTHING_LAPSED"},
		{Account: tn.stall.account, Code: "NOTHING_LAPSED"},
		{Account: minsu.account, Code: "HOLDER_FROZEN"},
	}}, result[currency.Swept](tn, answer))
	require.Equal(t, answer, tn.do(tn.courier, "Sweep", request), "the same operation again")
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(bazaar, minsu))
	before := tn.purse(bazaar, minsu)
	last := tn.endorse(tn.courier, "Sweep", tn.json(sweep()))
	swept := result[currency.Swept](tn, tn.commitOne(last))
	require.EqualValues(t, 30_000, swept.Lapsed)
	require.Contains(t, codes(swept), "CREDIT_UNKNOWN")
	after := tn.purse(bazaar, minsu)
	require.Equal(t, before.Seq, after.Seq)
	require.Empty(t, after.Buckets)
	require.EqualValues(t, 20_000, tn.balance(bazaar, tn.stall), "a shop gave goods for what it holds")
	require.EqualValues(t, 38_000, tn.audit.term(bazaar, "budget", currency.Returned))
	require.Contains(t, tn.events(), "Lapsed")

	// The treasurer takes it back into the books of the year it came back in.
	absorb := func(id string, txs ...string) currency.AbsorbReturns {
		return currency.AbsorbReturns{Operation: tn.op(), Program: bazaar, ID: id, Returns: txs}
	}
	page := get[call.Page[currency.FundReturn]](tn, tn.city, "FundReturns", currency.PageQuery{Program: bazaar})
	require.Len(t, page.Records, 2)
	for _, year := range []int{2025, 2026} {
		id := map[int]string{2025: "old", 2026: "new"}[year]
		tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: bazaar, ID: id, Fund: "budget", Amount: 1_000, Year: year})
		tn.refused(currency.AppropriationState, tn.city, "AbsorbReturns", tn.json(absorb(id, last.TxID)))
		tn.do(tn.bank, "ApproveAppropriation", currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: bazaar, ID: id}})
	}
	tn.refused(currency.FiscalYear, tn.city, "AbsorbReturns", tn.json(absorb("old", last.TxID)))
	tn.refused(code.RoleMissing, tn.bank, "AbsorbReturns", tn.json(absorb("new", last.TxID)))
	funds := tn.audit.term(bazaar, "budget", currency.Funds)
	a := result[currency.Appropriation](tn, tn.do(tn.city, "AbsorbReturns", absorb("new", page.Records[0].Key[1], page.Records[1].Key[1])))
	require.EqualValues(t, 39_000, a.Left)
	require.Zero(t, tn.audit.term(bazaar, "budget", currency.Returned))
	require.Equal(t, funds+38_000, tn.audit.term(bazaar, "budget", currency.Funds))
	tn.refused(currency.ReturnAbsorbed, tn.city, "AbsorbReturns", tn.json(absorb("new", last.TxID)))
}

// Value set aside on its last days may be captured until the deadline, as it was good
// when it was set aside. What comes back after its last day lapses, once, wherever it
// is by then; while it is held no sweep can take it.
func TestLapseOfWhatIsHeld(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 50_000}})
	tn.net.Advance(29 * 24 * time.Hour) // it is good for one more day
	o := tn.authorising(bazaar, w, "stall", 50_000, currency.NewCreditName(tx, 0))
	o.Until = tn.at(10 * 24 * time.Hour)
	tn.order("Authorise", w.sign(o))
	name := currency.ReceiptName{Holder: w.account, Seq: o.Seq}
	tn.net.Advance(9 * 24 * time.Hour)
	sweep := func(r currency.Sweep) currency.Swept {
		r.Operation, r.Program = tn.op(), bazaar
		return result[currency.Swept](tn, tn.do(tn.courier, "Sweep", r))
	}
	early := sweep(currency.Sweep{Purses: []string{w.account}, Holds: []currency.ReceiptName{name}})
	require.Zero(t, early.Lapsed)
	require.Len(t, early.Skipped, 2)
	tn.order("Capture", tn.stall.sign(tn.capturing(bazaar, tn.stall, name, 20_000)))
	tn.net.Advance(3 * 24 * time.Hour)
	back := sweep(currency.Sweep{Holds: []currency.ReceiptName{name}}).Released
	require.Len(t, back, 1)
	owned := []currency.OwnedCredit{{Account: w.account, Credit: back[0]}}
	require.EqualValues(t, 30_000, sweep(currency.Sweep{Credits: owned, Holds: []currency.ReceiptName{name}}).Lapsed)
	require.Zero(t, sweep(currency.Sweep{Credits: owned, Purses: []string{w.account}}).Lapsed)
	require.EqualValues(t, 30_000, tn.audit.term(bazaar, "budget", currency.Returned))
	require.EqualValues(t, 20_000, tn.balance(bazaar, tn.stall))
}

// Sweeps of a purse, its owner's order and a claim of a swept credit in one
// block: the first of them counts, and nothing lapses twice. A sweep that takes
// nothing holds up nobody.
func TestSweepsRace(t *testing.T) {
	tn := newTown(t)
	w := newWallet("minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 5_000}, {To: w.account, Amount: 600}})
	tn.order("Claim", tn.claim(bazaar, w, currency.NewCreditName(tx, 0)))
	sweep := func() *ledgertest.Endorsement {
		return tn.endorse(tn.courier, "Sweep", tn.json(currency.Sweep{
			Operation: tn.op(), Program: bazaar, Purses: []string{w.account},
			Credits: []currency.OwnedCredit{{Account: w.account, Credit: currency.NewCreditName(tx, 1)}},
		}))
	}
	early, pay := sweep(), tn.endorse(tn.courier, "Pay", tn.pay(bazaar, w, "stall", 1_000))
	for i, got := range tn.commit(early, pay) {
		require.Equal(t, valid, got, "%d", i)
	}
	tn.net.Advance(40 * 24 * time.Hour)
	a, b := sweep(), sweep()
	claim := tn.endorse(tn.courier, "Claim", tn.claim(bazaar, w, currency.NewCreditName(tx, 1)))
	codes := tn.commit(a, b, claim)
	require.Equal(t, valid, codes[0])
	require.Equal(t, mvcc, codes[1])
	require.Equal(t, mvcc, codes[2])
	require.EqualValues(t, 4_600, tn.audit.term(bazaar, "budget", currency.Returned))
	back, _ := record[currency.FundReturn](tn, currency.TableFundReturn, bazaar, "budget", a.TxID)
	require.Equal(t, currency.FundReturn{Fund: "budget", Amount: 4_600, Day: 20260411}, back)
	_, found := record[currency.Receipt](tn, currency.TableReceipt, bazaar, w.account, ledger.Num(3))
	require.False(t, found)
}
