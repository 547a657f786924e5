// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Case 12, the ghost dividend of 2018: 1,000 shares were paid instead of 1,000
// won, and nothing stopped it. Here each wall stands alone, all others are open,
// and 1,000 times too much is stopped by every one of them.
func TestGhostDividend(t *testing.T) {
	const (
		people, won = 20, 1_000
		wrong       = 1_000 * won
	)
	for _, wall := range []struct {
		name string
		play func(*testing.T, *town, []*wallet)
	}{
		{"the unit tag", func(_ *testing.T, tn *town, all []*wallet) {
			r := tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, won)) // as many as were meant, of something else
			r.Unit = "share"
			tn.refused(currency.UnitMismatch, tn.city, "OpenRun", tn.json(r))
		}},
		{"what two people approved", func(_ *testing.T, tn *town, all []*wallet) {
			tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "dividend", Fund: "dividend", Amount: people * won})
			tn.do(tn.komsco, "ApproveAppropriation", about(tn, "dividend"))
			r := tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, wrong))
			r.Draws[0].Appropriation = "dividend"
			tn.refused(currency.FundExceeded, tn.city, "OpenRun", tn.json(r))
			r.Draws[0].Amount = people * won // and announced is more than is drawn
			tn.refused(currency.FundExceeded, tn.city, "OpenRun", tn.json(r))
		}},
		{"the second signature", func(_ *testing.T, tn *town, all []*wallet) {
			tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "dividend", Fund: "dividend", Amount: people * wrong})
			r := tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, wrong))
			r.Draws[0].Appropriation = "dividend"
			tn.refused(currency.AppropriationState, tn.city, "OpenRun", tn.json(r))
			tn.refused(currency.SameOfficer, tn.city, "ApproveAppropriation", tn.json(about(tn, "dividend")))
			tn.refused(currency.SameInstitution, tn.deputy, "ApproveAppropriation", tn.json(about(tn, "dividend")))
		}},
		{"the ceiling of a batch", func(_ *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.PersonCeiling, p.BatchCeiling = people*won, people*won
			tn.newPolicy(p)
			tn.refused(currency.BatchCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, wrong))))
		}},
		{"the ceiling of a person", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.PersonCeiling = 100 * won
			tn.newPolicy(p)
			tn.refused(currency.PersonCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, wrong))))
			rows := rowsOf(all, won)
			rows[0].Amount = wrong // one row is wrong, and only that is not issued
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Benefit, rows))
			b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "dividend", Rows: rows}))
			require.Len(t, b.Failed, 1)
			require.Equal(t, currency.PersonCeiling.Name, b.Failed[0].Code)
			require.EqualValues(t, (people-1)*won, b.Issued)
			tn.do(tn.city, "CloseRun", about(tn, "dividend"))
			require.Zero(t, tn.audit.term(nowon, "budget", currency.Reserved), "the rest went back")
		}},
		{"the ceiling of a day", func(_ *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.PersonCeiling, p.BatchCeiling, p.Guards.DayCeiling = people*won, people*won, 2*people*won
			p.Sale = nil
			tn.newPolicy(p) // batches of a right size, but far too many of them
			batches := make([][]currency.Row, 1_000)
			for i := range batches {
				batches[i] = rowsOf(all, won)
			}
			tn.refused(currency.DayCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Benefit, batches[:3]...)))
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "first", currency.Benefit, batches[:2]...))
			tn.refused(currency.DayCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Benefit, batches[0])))
			tn.net.Advance(24 * time.Hour)
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Benefit, batches[0]))
		}},
		{"the cool-down of a large issue", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.Guards.Large, p.Guards.CoolHours = 2*people*won, 24
			tn.newPolicy(p)
			rows := rowsOf(all, wrong)
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Benefit, rows))
			issue := currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "dividend", Rows: rows}
			tn.net.Advance(24*time.Hour - time.Second)
			tn.refused(currency.RunCooling, tn.city, "IssueBatch", tn.json(issue))
			stop := currency.StopRun{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "dividend"}, Reason: "case-7"}
			tn.refused(currency.SameOfficer, tn.city, "StopRun", tn.json(stop)) // who opened it does not decide
			tn.do(tn.komsco, "StopRun", stop)
			tn.net.Advance(24 * time.Hour)
			tn.refused(currency.RunStopped, tn.city, "IssueBatch", tn.json(issue))
			closed := result[currency.Run](tn, tn.do(tn.city, "CloseRun", about(tn, "dividend")))
			require.EqualValues(t, people*wrong, closed.Returned)
			require.Contains(t, tn.events(), "RunStopped")

			// A right one, small, does not wait.
			tn.issue(nowon, currency.Benefit, rowsOf(all, won))
		}},
		{"the cool-down of a large allotment", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.Guards.Large, p.Guards.CoolHours = 1_000_001, 24
			tn.newPolicy(p)
			tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "small"))
			large := tn.allot(nowon, "sale")
			large.Amount *= 1_000
			large.Amount -= 1_000_000 // what is left of the budget
			tn.do(tn.city, "OpenAllotment", large)
			tn.order("Buy", tn.buy(nowon, all[0], won))
			confirm := tn.confirming(nowon, all[0], "KB-1", won, 0)
			tn.refused(currency.AllotmentCooling, tn.bank, "ConfirmPurchase", tn.json(confirm))
			stop := currency.StopAllotment{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "sale"}, Reason: "case-7"}
			tn.refused(currency.SameOfficer, tn.city, "StopAllotment", tn.json(stop)) // who opened it does not decide
			tn.do(tn.komsco, "StopAllotment", stop)
			require.Contains(t, tn.events(), "AllotmentStopped")
			tn.refused(currency.AllotmentStopped, tn.bank, "ConfirmPurchase", tn.json(confirm))
			closed := result[currency.Allotment](tn, tn.do(tn.city, "CloseAllotment", currency.RecordOperation{Operation: tn.op(), RecordQuery: stop.RecordQuery}))
			require.EqualValues(t, large.Amount, closed.Returned)
			require.EqualValues(t, 1_000_000, tn.audit.term(nowon, "budget", currency.Reserved), "the small one's")
			confirm.Operation, confirm.Allotment = tn.op(), "small" // a right one, small, does not wait
			tn.do(tn.bank, "ConfirmPurchase", confirm)
		}},
		{"the second person's roster", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.Guards.Approval = true
			tn.newPolicy(p)
			meant, rows := rowsOf(all, won), rowsOf(all, wrong)
			opened := result[currency.Run](tn, tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Benefit, rows)))
			issue := currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "dividend", Rows: rows}
			tn.refused(currency.RunWaiting, tn.city, "IssueBatch", tn.json(issue))
			a, err := currency.Announce(meant, currency.Benefit, p)
			require.NoError(t, err)
			approve := currency.ApproveRun{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "dividend"}, Root: currency.RosterRoot([]currency.Announced{a})}
			tn.refused(currency.RosterMismatch, tn.komsco, "ApproveRun", tn.json(approve))
			approve.Root = opened.Root
			tn.refused(currency.SameInstitution, tn.deputy, "ApproveRun", tn.json(approve))
			tn.refused(currency.SameOfficer, tn.city, "ApproveRun", tn.json(approve))

			// The roster that was meant is approved and issued.
			open := tn.openRun(nowon, "right", currency.Benefit, meant)
			tn.do(tn.city, "OpenRun", open)
			approve = currency.ApproveRun{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "right"}, Root: currency.RosterRoot(open.Batches)}
			tn.do(tn.bank, "ApproveRun", approve)
			approve.Operation = tn.op()
			tn.refused(currency.RunApproved, tn.bank, "ApproveRun", tn.json(approve))
			b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "right", Rows: meant}))
			require.EqualValues(t, people*won, b.Issued)
		}},
		{"the rows that were announced", func(_ *testing.T, tn *town, all []*wallet) {
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Benefit, rowsOf(all, won)))
			tn.refused(currency.BatchMismatch, tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "dividend", Rows: rowsOf(all, wrong)}))
		}},
		{"the holding cap", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.HoldingCap = 10 * won
			tn.newPolicy(p)
			tx := tn.issue(nowon, currency.Benefit, rowsOf(all, wrong))
			r := tn.order("Claim", tn.claim(nowon, all[0], currency.NewCreditName(tx, 0)))
			require.Equal(t, currency.HoldingCap.Name, r.Unclaimed[0].Code)
			require.EqualValues(t, 10*won, tn.balance(nowon, all[0]))
			tn.refused(currency.InsufficientFunds, tn.courier, "Pay", tn.pay(nowon, all[0], "stall", 10*won+1))
		}},
		{"the guard's freeze", func(_ *testing.T, tn *town, all []*wallet) {
			tx := tn.issue(nowon, currency.Benefit, rowsOf(all, wrong))
			tn.do(tn.komsco, "FreezeHolder", tn.freezing(nowon, all[0])) // of another organisation than the issuer
			tn.refused(currency.HolderFrozen, tn.courier, "Pay", tn.pay(nowon, all[0], "stall", won, currency.NewCreditName(tx, 0)))
		}},
		{"the unit tag of what is attested", func(_ *testing.T, tn *town, all []*wallet) {
			tn.rewards(nowon)
			word := tn.attestIn("second", nowon, all[0], "volunteering", 3*60*60, "a shift of three hours") // as minutes it were 180 hours
			tn.refused(currency.UnitMismatch, tn.courier, "SubmitAttestation", tn.json(submission(tn, nowon, word)))
			tn.refused(currency.UnitMismatch, tn.courier, "Earn", tn.earn(nowon, all[0], word))
		}},
		{"the ceiling of what is earned at once", func(t *testing.T, tn *town, all []*wallet) {
			p := tn.unguarded(3)
			p.PersonCeiling, p.Earning.LifetimeCap = 10*won, 0
			tn.newPolicy(p)
			tn.rewards(nowon)
			word := tn.attest(nowon, all[0], "donation", 10*wrong, "entered in the wrong unit")
			tn.refused(currency.PersonCeiling, tn.courier, "SubmitAttestation", tn.json(submission(tn, nowon, word)))
			tn.refused(currency.PersonCeiling, tn.courier, "Earn", tn.earn(nowon, all[0], word))
			all[0].seq[nowon]--
			r := tn.order("Earn", tn.earn(nowon, all[0], tn.attest(nowon, all[0], "donation", 10*won, "receipt 9")))
			require.EqualValues(t, won, r.Amount)
		}},
		{"a purchase's price", func(t *testing.T, tn *town, all []*wallet) {
			tn.do(tn.city, "OpenAllotment", tn.allot(nowon, "sale"))
			tn.order("Buy", tn.buy(nowon, all[0], won))
			tn.refused(currency.InvalidAmount, tn.bank, "ConfirmPurchase", tn.json(tn.confirming(nowon, all[0], "KB-1", wrong, 0)))
			tn.do(tn.bank, "ConfirmPurchase", tn.confirming(nowon, all[0], "KB-1", won, 0))
			got, _ := tn.unclaimed(nowon, all[0])
			require.EqualValues(t, won+won/10, got)
		}},
	} {
		t.Run(wall.name, func(t *testing.T) {
			tn := newTown(t)
			all := make([]*wallet, people)
			opens := make([]string, people)
			for i, name := range names("employee", people) {
				all[i] = newWallet(name)
				opens[i] = tn.open(nowon, all[i])
			}
			tn.batch(opens...)
			tn.newPolicy(tn.unguarded(2))
			wall.play(t, tn, all)
		})
	}
}

// unguarded is a policy without ceilings and caps: every wall that it could be is
// open.
func (tn *town) unguarded(version int) currency.Policy {
	p := policyOf(nowon, version)
	p.HoldingCap, p.PersonCeiling, p.BatchCeiling, p.Sale.MonthlyCap = 0, currency.MaxAmount, currency.MaxAmount, 0
	return p
}

func rowsOf(all []*wallet, won int64) []currency.Row {
	rows := make([]currency.Row, len(all))
	for i, w := range all {
		rows[i] = currency.Row{To: w.account, Amount: won}
	}
	return rows
}
