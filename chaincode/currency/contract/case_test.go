// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

func (tn *town) about(program string, w *wallet, id string) currency.CaseQuery {
	return currency.CaseQuery{Program: program, Account: w.account, ID: id}
}

func (tn *town) openCase(program string, w *wallet, id string, receipts ...currency.ReceiptName) {
	tn.t.Helper()
	tn.do(tn.komsco, "OpenCase", currency.OpenCase{Operation: tn.op(), CaseQuery: tn.about(program, w, id), Reason: "report-7", Receipts: receipts})
}

func (tn *town) holding(program string, w *wallet, id string, amount int64, credits ...currency.CreditName) currency.HoldFunds {
	return currency.HoldFunds{Operation: tn.op(), CaseQuery: tn.about(program, w, id), Amount: amount, Credits: credits}
}

func (tn *town) clawing(program string, w *wallet, id string, amount int64) currency.ClawBack {
	return currency.ClawBack{Operation: tn.op(), CaseQuery: tn.about(program, w, id), Amount: amount}
}

func (tn *town) endCase(program string, w *wallet, id string) currency.CaseOperation {
	return currency.CaseOperation{Operation: tn.op(), CaseQuery: tn.about(program, w, id)}
}

// A case: money is held out of purse and credits, a part goes back to its funds
// under two people, the rest to its holder, who can read why.
func TestCase(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0] // holds 110,000 won: 100,000 bought, 10,000 of subsidy
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 1_000))
	require.NotEmpty(t, paid.Credit)
	waiting := currency.NewCreditName(tn.issue(nowon, currency.Benefit, []currency.Row{{To: minsu.account, Amount: 5_000}}), 0)
	funds := func(fund string, term currency.Term) int64 { return tn.audit.term(nowon, fund, term) }
	before := map[string]int64{"bought": funds("bought", currency.Purses), "budget": funds("budget", currency.Purses)}

	tn.openCase(nowon, minsu, "c-1", currency.ReceiptName{Holder: minsu.account, Seq: minsu.seq[nowon]})
	tn.refused(currency.HolderFrozen, tn.courier, "Pay", tn.pay(nowon, minsu, "stall", 1_000))
	minsu.seq[nowon]--
	tn.do(tn.komsco, "HoldFunds", tn.holding(nowon, minsu, "c-1", 30_000, waiting))
	require.EqualValues(t, 79_000, tn.balance(nowon, minsu))
	require.EqualValues(t, 35_000, funds("bought", currency.Cases)+funds("budget", currency.Cases))

	// Who is held can read why.
	page := get[call.Page[currency.Case]](tn, tn.courier, "Cases", own(nowon, minsu, tn.read(nowon, minsu)))
	require.Len(t, page.Records, 1)
	require.Equal(t, "report-7", page.Records[0].Record.Reason)
	require.EqualValues(t, 35_000, currency.Total(page.Records[0].Record.Held))

	// Half of it was got by fraud: subsidy and benefit first, as they would be spent.
	claw := tn.clawing(nowon, minsu, "c-1", 17_000)
	tn.do(tn.komsco, "ProposeClawback", claw)
	tn.refused(currency.SameOfficer, tn.komsco, "ApproveClawback", tn.json(tn.clawing(nowon, minsu, "c-1", 17_000)))
	tn.refused(currency.CaseState, tn.bank, "ApproveClawback", tn.json(tn.clawing(nowon, minsu, "c-1", 17_001)))
	done := result[currency.Case](tn, tn.do(tn.bank, "ApproveClawback", tn.clawing(nowon, minsu, "c-1", 17_000)))
	require.EqualValues(t, 17_000, done.ClawedBack)
	require.EqualValues(t, 18_000, currency.Total(done.Held))
	require.EqualValues(t, 17_000, funds("bought", currency.Returned)+funds("budget", currency.Returned))
	returns := get[call.Page[currency.FundReturn]](tn, tn.city, "FundReturns", currency.PageQuery{Program: nowon})
	for _, r := range returns.Records {
		require.Equal(t, "c-1", r.Record.Case)
	}

	closed := result[currency.Case](tn, tn.do(tn.city, "CloseCase", tn.endCase(nowon, minsu, "c-1")))
	require.EqualValues(t, 18_000, closed.Released)
	require.Empty(t, closed.Held)
	credits := tn.credits(nowon, minsu)
	require.Len(t, credits, 1)
	for name, c := range credits {
		require.Equal(t, currency.CreditRelease, c.Kind)
		tn.order("Claim", tn.claim(nowon, minsu, name)) // the account acts again
	}
	require.EqualValues(t, 79_000+18_000, tn.balance(nowon, minsu))
	require.Zero(t, funds("bought", currency.Cases)+funds("budget", currency.Cases))
	require.Less(t, funds("budget", currency.Purses), before["budget"])
	require.Subset(t, tn.events(), []string{"CaseOpened", "FundsHeld", "ClawbackProposed", "ClawedBack", "CaseClosed"})

	day := currency.DayOf(tn.net.Now(), time.FixedZone("", 9*60*60))
	report := tn.report(day)
	sum := func(f daybook.Flow) int64 {
		return line(t, report, nowon, "bought").Flows[f] + line(t, report, nowon, "budget").Flows[f]
	}
	require.EqualValues(t, 35_000, sum(daybook.Held))
	require.EqualValues(t, 17_000, sum(daybook.ClawedBack))
	require.EqualValues(t, 18_000, sum(daybook.Freed))
}

// Several cases of one account, a guard's own freeze, recovery and closing.
func TestCasesHoldOnToTheirAccount(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	status := func() currency.Status {
		h, _ := record[currency.Holder](tn, currency.TableHolder, nowon, minsu.account)
		return h.Status
	}
	tn.openCase(nowon, minsu, "c-1")
	tn.openCase(nowon, minsu, "c-2")
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, minsu, "c-1"))
	require.Equal(t, currency.Frozen, status(), "the other case goes on")
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, minsu, "c-2"))
	require.Equal(t, currency.Active, status())

	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, minsu))
	tn.openCase(nowon, minsu, "c-3")
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, minsu, "c-3"))
	require.Equal(t, currency.Frozen, status(), "a guard froze it before")
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, minsu))

	// What is held stays held while the holder goes on with the rest.
	tn.openCase(nowon, minsu, "c-4")
	tn.do(tn.komsco, "HoldFunds", tn.holding(nowon, minsu, "c-4", 100_000))
	tn.do(tn.komsco, "UnfreezeHolder", tn.freezing(nowon, minsu))
	tn.order("Pay", tn.pay(nowon, minsu, "stall", 10_000))
	tn.refused(currency.HolderState, tn.komsco, "HoldFunds", tn.json(tn.holding(nowon, minsu, "c-4", 1)))
	tn.refused(currency.CaseOpen, tn.courier, "Close", minsu.sign(tn.closing(nowon, minsu)))
	minsu.seq[nowon]--

	// Nor does another key take it over meanwhile.
	tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, minsu))
	recovery := currency.ProposeRecovery{Operation: tn.op(), Program: nowon, Account: minsu.account, DID: newWallet("phone 3").did}
	tn.do(tn.komsco, "ProposeRecovery", recovery)
	tn.net.Advance(currency.RecoveryHours * time.Hour)
	recovery.Operation = tn.op()
	tn.refused(currency.CaseOpen, tn.bank, "ApproveRecovery", tn.json(recovery))
	for i := range currency.MaxCases - 1 {
		tn.openCase(nowon, minsu, fmt.Sprint("more-", i))
	}
	tn.refused(currency.CaseState, tn.komsco, "OpenCase", tn.json(currency.OpenCase{Operation: tn.op(), CaseQuery: tn.about(nowon, minsu, "one-more"), Reason: "r"}))
}

// A shop's takings are held and clawed back like anybody's value.
func TestCaseOfAShop(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	r := tn.order("Pay", tn.pay(nowon, minsu, "stall", 20_000))
	tn.openCase(nowon, tn.stall, "c-1", currency.ReceiptName{Holder: minsu.account, Seq: minsu.seq[nowon]})
	tn.do(tn.komsco, "HoldFunds", tn.holding(nowon, tn.stall, "c-1", 0, r.Credit))
	tn.do(tn.komsco, "ProposeClawback", tn.clawing(nowon, tn.stall, "c-1", 20_000))
	tn.do(tn.bank, "ApproveClawback", tn.clawing(nowon, tn.stall, "c-1", 20_000))
	tn.do(tn.komsco, "CloseCase", tn.endCase(nowon, tn.stall, "c-1"))
	require.EqualValues(t, 20_000, tn.audit.term(nowon, "bought", currency.Returned)+tn.audit.term(nowon, "budget", currency.Returned))
	won, n := tn.unclaimed(nowon, tn.stall)
	require.Zero(t, won+int64(n))
}

// fraud opens cases, holds, claws back and closes, right or wrong.
func (d *days) fraud(t *rapid.T) {
	program, w := d.program(t), d.wallet(t, "suspect")
	about := d.about(program, w, fmt.Sprintf("case-%d", upTo(3).Draw(t, "case")))
	if rapid.Bool().Draw(t, "open") {
		d.call(t, d.komsco, "OpenCase", currency.OpenCase{Operation: d.op(), CaseQuery: about, Reason: "report"})
		d.maybeCommit(t)
	}
	var named []currency.CreditName
	if rapid.Bool().Draw(t, "credits") {
		named = slices.Sorted(maps.Keys(d.credits(program, w)))
	}
	claims := d.someClaims(t, program, w)
	held := pick[int64](t, "held", 0, 1, 900, 5_000, 100_000)
	if held > 0 || len(named)+len(claims) > 0 {
		d.call(t, d.komsco, "HoldFunds", currency.HoldFunds{Operation: d.op(), CaseQuery: about, Amount: held, Credits: named, Redemptions: claims})
		d.maybeCommit(t)
	}
	if len(claims) == 0 && seldom(t, "recall of what is none") {
		d.call(t, d.bank, "RecallPayout", currency.RecallPayout{Operation: d.op(), Program: program, Account: w.account, Seq: 1})
	}
	for _, c := range claims {
		if rapid.Bool().Draw(t, "recalled") {
			d.call(t, d.bank, "RecallPayout", currency.RecallPayout{Operation: d.op(), Program: program, Account: w.account, Seq: c.Seq})
			d.maybeCommit(t)
		}
	}
	end := pick(t, "end", 0, 1, 1, 2, 2, 2)
	if end > 0 && !seldom(t, "at once") {
		d.commitAll(t)
	}
	switch end {
	case 1:
		claw := currency.ClawBack{Operation: d.op(), CaseQuery: about, Amount: pick[int64](t, "clawed", 1, 900, 4_000)}
		d.call(t, d.komsco, "ProposeClawback", claw)
		d.maybeCommit(t)
		claw.Operation, claw.Amount = d.op(), mostly(t, "approved", claw.Amount, 2)
		d.call(t, d.bank, "ApproveClawback", claw)
		d.maybeCommit(t)
		d.call(t, d.city, "CloseCase", currency.CaseOperation{Operation: d.op(), CaseQuery: about})
	case 2:
		d.call(t, d.city, "CloseCase", currency.CaseOperation{Operation: d.op(), CaseQuery: about})
	}
}

// someClaims are claims of an account on the bank, mostly not paid yet.
func (d *days) someClaims(t *rapid.T, program string, w *wallet) (claims []currency.HeldClaim) {
	for seq := range d.purse(program, w).Seq {
		r, found := record[currency.Redemption](d.town, currency.TableRedemption, program, w.account, ledger.Num(seq+1))
		if found && (r.Paid == "" || seldom(t, "paid before")) && rapid.Bool().Draw(t, "held claim") {
			claims = append(claims, currency.HeldClaim{Seq: seq + 1, Amount: pick(t, "of it", 0, 1, max(r.Amount-1, 1), r.Amount+1)})
		}
	}
	return claims[:min(len(claims), 3)]
}
