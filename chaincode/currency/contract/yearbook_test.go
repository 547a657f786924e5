// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// year makes the report of a fiscal year from all blocks.
func (tn *town) year(year int) daybook.YearReport {
	tn.t.Helper()
	r, err := daybook.MakeYear(func(yield func([]daybook.Tx, error) bool) {
		for n := range tn.net.Height() {
			if !yield(bookTxs(tn.t, tn.net.Block(n)), nil) {
				return
			}
		}
	}, year)
	if err != nil {
		tn.t.Fatalf("%v", err)
	}
	return r
}

func fundOf(t ledgertest.TB, r daybook.YearReport, program, fund string) daybook.YearLine {
	t.Helper()
	for _, of := range r.Programs {
		for _, l := range of.Funds {
			if of.Program == program && l.Fund == fund {
				return l
			}
		}
	}
	t.Fatalf("the report of %d has no fund %s of %s", r.Year, fund, program)
	return daybook.YearLine{}
}

// An allowance over two fiscal years, by hand. 100,000 won are appropriated for
// 2026. 60,000 are issued in March; 10,000 are used, the rest lapses after its
// month, and 30,000 of that go back into the appropriation. 25,000 more are issued
// in December; of these 5,000 are used in January, and 20,000 lapse in the books
// of 2027, which the budget of 2026 may not take.
func TestReportOfAYear(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	rules := policyOf(nowon, 2)
	rules.Validity = currency.Validity{Days: 30}
	tn.newPolicy(rules)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{
		Operation: tn.op(), Program: nowon, ID: "welfare-2026", Fund: "welfare", Amount: 100_000, Year: 2026,
	})
	tn.do(tn.komsco, "ApproveAppropriation", about(tn, "welfare-2026"))
	issue := func(id string, rows ...currency.Row) string {
		r := tn.openRun(nowon, id, currency.Benefit, rows)
		r.Draws[0].Appropriation = "welfare-2026"
		tn.do(tn.city, "OpenRun", r)
		return result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: id, Rows: rows})).Tx
	}
	sweep := func(r currency.Sweep) string {
		r.Operation, r.Program = tn.op(), nowon
		e := tn.endorse(tn.courier, "Sweep", tn.json(r))
		swept := result[currency.Swept](tn, tn.commitOne(e))
		require.Positive(t, swept.Lapsed)
		return e.TxID
	}
	minsu, jisoo := all[0], all[1]

	march := issue("march", currency.Row{To: minsu.account, Amount: 30_000}, currency.Row{To: jisoo.account, Amount: 30_000})
	for i, w := range all {
		tn.order("Claim", tn.claim(nowon, w, currency.NewCreditName(march, i)))
	}
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 12_000)) // the benefit expires first
	back := tn.order("Refund", tn.refund(nowon, tn.stall, minsu, minsu.seq[nowon], 2_000, paid.Credit))
	tn.net.Advance(60 * 24 * time.Hour)
	sweep(currency.Sweep{Purses: []string{minsu.account}, Credits: []currency.OwnedCredit{{Account: minsu.account, Credit: back.Credit}}})
	lapsed := sweep(currency.Sweep{Purses: []string{jisoo.account}})
	absorb := currency.AbsorbReturns{Operation: tn.op(), Program: nowon, ID: "welfare-2026", Returns: []string{lapsed}}
	tn.do(tn.city, "AbsorbReturns", absorb)

	now := tn.net.Now()
	tn.net.Advance(time.Date(2026, 12, 20, 3, 0, 0, 0, time.UTC).Sub(now))
	december := issue("december", currency.Row{To: minsu.account, Amount: 25_000})
	tn.order("Claim", tn.claim(nowon, minsu, currency.NewCreditName(december, 0)))
	require.False(t, tn.year(2026).Programs[0].Over)

	tn.net.Advance(15 * 24 * time.Hour)
	tn.order("Pay", tn.pay(nowon, minsu, "stall", 5_000))
	tn.order("Redeem", tn.redeem(nowon, tn.stall, 5_000))
	tn.net.Advance(60 * 24 * time.Hour)
	late := sweep(currency.Sweep{Purses: []string{minsu.account}})
	absorb.Operation, absorb.Returns = tn.op(), []string{late}
	tn.refused(currency.FiscalYear, tn.city, "AbsorbReturns", tn.json(absorb))

	first, second := tn.year(2026), tn.year(2027)
	require.Equal(t, daybook.YearLine{
		Fund: "welfare", Appropriated: 100_000, Issued: 85_000, Used: 10_000, Lapsed: 50_000, Returned: 30_000,
		Outstanding: 25_000, Left: 65_000, Waiting: 20_000,
	}, fundOf(t, first, nowon, "welfare"))
	require.Equal(t, daybook.YearLine{
		Fund: "welfare", Brought: 65_000, Carried: 25_000, Used: 5_000, Lapsed: 20_000, Left: 85_000, Waiting: 40_000,
	}, fundOf(t, second, nowon, "welfare"))
	nowons := func(r daybook.YearReport) daybook.YearsOf {
		for _, of := range r.Programs {
			if of.Program == nowon {
				return of
			}
		}
		t.Fatal("no report of the programme")
		return daybook.YearsOf{}
	}
	require.True(t, nowons(first).Over)
	require.False(t, nowons(second).Over)
	require.Contains(t, nowons(first).Appropriations, daybook.YearOfOneBudget{
		ID: "welfare-2026", Fund: "welfare", Year: 2026, Amount: 100_000, Returned: 30_000, Drawn: 85_000, Left: 45_000,
	})
	for _, a := range nowons(second).Appropriations {
		require.NotEqual(t, "welfare-2026", a.ID, "it is in the books of the year before")
	}

	// The last year closes with the supply as it is.
	l := fundOf(t, second, nowon, "welfare")
	require.Equal(t, tn.audit.term(nowon, "welfare", currency.Funds)+tn.audit.term(nowon, "welfare", currency.Reserved)+tn.audit.term(nowon, "welfare", currency.Returned), l.Left)
	require.Equal(t, tn.audit.term(nowon, "welfare", currency.Returned), l.Waiting)
	require.Empty(t, tn.year(2025).Programs)
	require.Equal(t, l.Left, fundOf(t, tn.year(2028), nowon, "welfare").Brought)
}

// years fails unless every fiscal year of these days ties, and each begins with
// what the one before left.
func (d *days) years(t *rapid.T) {
	before := map[string]daybook.YearLine{}
	for year := 2026; year <= d.net.Now().Year()+1; year++ {
		for _, of := range d.year(year).Programs {
			for _, l := range of.Funds {
				last := before[of.Program+l.Fund]
				if last.Left != l.Brought || last.Outstanding != l.Carried {
					t.Fatalf("%s of %d begins with %+v after %+v", of.Program, year, l, last)
				}
				before[of.Program+l.Fund] = l
			}
		}
	}
}
