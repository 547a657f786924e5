// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func announce(t fataler, source currency.Source, rows ...currency.Row) currency.Announced {
	t.Helper()
	a, err := currency.Announce(rows, source, goodPolicy())
	wantCode(t, err, nil)
	return a
}

var twoRows = []currency.Row{{To: alice.account, Amount: 10_000}, {To: bob.account, Amount: 20_000}}

// bought is a run that issues 30,000 won bought, and 3,000 of bonus.
func bought(t fataler) currency.Run {
	t.Helper()
	return currency.Run{
		Program: "nowon", ID: "run-1", Unit: "KRW", Source: currency.Principal,
		Draws:   []currency.Draw{{Deposit: "KB-1", Amount: 30_000}, {Appropriation: "bonus-1", Amount: 3_000}},
		Batches: []currency.Announced{announce(t, currency.Principal, twoRows...)},
	}
}

func funding() currency.Funding {
	return currency.Funding{
		Deposits: map[string]currency.Deposit{
			"KB-1": {Program: "nowon", Ref: "KB-1", Fund: "deposits", Amount: 40_000, Left: 40_000},
			"KB-2": {Program: "nowon", Ref: "KB-2", Fund: "deposits", Amount: 40_000, Left: 40_000},
			"NH-1": {Program: "nowon", Ref: "NH-1", Fund: "other-deposits", Amount: 40_000, Left: 40_000},
		},
		Appropriations: map[string]currency.Appropriation{
			"bonus-1":   {Program: "nowon", ID: "bonus-1", Fund: "budget", Amount: 40_000, Left: 40_000, Approved: true},
			"bonus-2":   {Program: "nowon", ID: "bonus-2", Fund: "other-budget", Amount: 40_000, Left: 40_000, Approved: true},
			"pending-1": {Program: "nowon", ID: "pending-1", Fund: "budget", Amount: 40_000},
		},
	}
}

func TestRunValidate(t *testing.T) {
	draw := func(d ...currency.Draw) func(*currency.Run) { return func(r *currency.Run) { r.Draws = d } }
	batch := func(change func(*currency.Announced)) func(*currency.Run) {
		return func(r *currency.Run) { change(&r.Batches[0]) }
	}
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Run)
		want     *code.Code
	}{
		{"good", func(*currency.Run) {}, nil},
		{"no programme", func(r *currency.Run) { r.Program = "" }, currency.InvalidID},
		{"no id", func(r *currency.Run) { r.ID = "" }, currency.InvalidID},
		{"no source", func(r *currency.Run) { r.Source = "" }, currency.InvalidID},
		{"subsidy alone", func(r *currency.Run) { r.Source = currency.Subsidy }, currency.InvalidID},
		{"no batches", func(r *currency.Run) { r.Batches = nil }, currency.TooLarge},
		{"1001 batches", func(r *currency.Run) { r.Batches = slices.Repeat(r.Batches, 1001) }, currency.TooLarge},
		{"no draws", draw(), currency.TooLarge},
		{"101 draws", draw(slices.Repeat([]currency.Draw{{Deposit: "KB-1", Amount: 1}}, 101)...), currency.TooLarge},
		{"a draw from nothing", draw(currency.Draw{Amount: 1}), currency.InvalidID},
		{"a draw from both", draw(currency.Draw{Deposit: "a", Appropriation: "b", Amount: 1}), currency.InvalidID},
		{"a draw of nothing", draw(currency.Draw{Deposit: "a"}), currency.InvalidAmount},
		{"a negative draw", draw(currency.Draw{Deposit: "a", Amount: -1}), currency.InvalidAmount},
		{"a draw of no form", draw(currency.Draw{Deposit: "a/b", Amount: 1}), currency.InvalidID},
		{"one drawn twice", draw(currency.Draw{Deposit: "a", Amount: 1}, currency.Draw{Deposit: "a", Amount: 1}), currency.InvalidID},
		{"namesakes", draw(currency.Draw{Deposit: "a", Amount: 1}, currency.Draw{Appropriation: "a", Amount: 1}), nil},
		{"no digest", batch(func(a *currency.Announced) { a.Digest = "" }), currency.InvalidID},
		{"a digest in capitals", batch(func(a *currency.Announced) { a.Digest = strings.ToUpper(digest) }), currency.InvalidID},
		{"no rows", batch(func(a *currency.Announced) { a.Rows = 0 }), currency.TooLarge},
		{"1001 rows", batch(func(a *currency.Announced) { a.Rows = 1001 }), currency.TooLarge},
		{"a batch of nothing", batch(func(a *currency.Announced) { a.Total = 0 }), currency.InvalidAmount},
		{"a negative bonus", batch(func(a *currency.Announced) { a.Bonus = -1 }), currency.InvalidAmount},
		{"a bonus above the total", batch(func(a *currency.Announced) { a.Bonus = a.Total + 1 }), currency.InvalidAmount},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := bought(t)
			tc.malleate(&r)
			wantCode(t, r.Validate(), tc.want)
			asked := currency.OpenRun{Program: r.Program, ID: r.ID, Unit: r.Unit, Source: r.Source, Draws: r.Draws, Batches: r.Batches}
			wantCode(t, asked.Validate(), tc.want)
		})
	}
}

func TestOpenRun(t *testing.T) {
	benefit := func(r *currency.Run) {
		r.Source = currency.Benefit
		r.Batches[0].Bonus = 0
		r.Draws = []currency.Draw{{Appropriation: "bonus-1", Amount: 30_000}}
	}
	draw := func(d ...currency.Draw) func(*currency.Run) { return func(r *currency.Run) { r.Draws = d } }
	bonus := currency.Draw{Appropriation: "bonus-1", Amount: 3_000}
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Run)
		want     *code.Code
	}{
		{"bought, with a bonus", func(*currency.Run) {}, nil},
		{"a benefit", benefit, nil},
		{"a reward", func(r *currency.Run) { benefit(r); r.Source = currency.Reward }, nil},
		{"out of two deposits of one fund", draw(currency.Draw{Deposit: "KB-1", Amount: 20_000}, currency.Draw{Deposit: "KB-2", Amount: 10_000}, bonus), nil},
		{"in another unit", func(r *currency.Run) { r.Unit = "shares" }, currency.UnitMismatch},
		{"in no unit", func(r *currency.Run) { r.Unit = "" }, currency.UnitMismatch},
		{"a thousand times too much", func(r *currency.Run) { r.Batches[0].Total *= 10_000 }, currency.BatchCeiling},
		{"more than its rows may come to", func(r *currency.Run) { r.Batches[0].Total = 800_000*int64(r.Batches[0].Rows) - 3_000 + 1 }, currency.PersonCeiling},
		{"as much as its rows may come to", func(r *currency.Run) { r.Batches[0].Total = 800_000*int64(r.Batches[0].Rows) - 3_000 }, currency.FundExceeded},
		{"two batches over what the draws give", func(r *currency.Run) { r.Batches = slices.Repeat(r.Batches, 2) }, currency.FundExceeded},
		{"a benefit with a bonus", func(r *currency.Run) { benefit(r); r.Batches[0].Bonus = 1 }, currency.InvalidAmount},
		{"a benefit out of a deposit", func(r *currency.Run) {
			benefit(r)
			r.Draws = []currency.Draw{{Deposit: "KB-1", Amount: 30_000}}
		}, currency.FundExceeded},
		{"more than the deposit", draw(currency.Draw{Deposit: "KB-1", Amount: 40_001}, bonus), currency.FundExceeded},
		{"more than the batches", draw(currency.Draw{Deposit: "KB-1", Amount: 30_001}, bonus), currency.FundExceeded},
		{"less than the batches", draw(currency.Draw{Deposit: "KB-1", Amount: 29_999}, bonus), currency.FundExceeded},
		{"less bonus than the batches", draw(currency.Draw{Deposit: "KB-1", Amount: 30_000}, currency.Draw{Appropriation: "bonus-1", Amount: 2_999}), currency.FundExceeded},
		{"the bonus from deposits", draw(currency.Draw{Deposit: "KB-1", Amount: 30_000}, currency.Draw{Deposit: "KB-2", Amount: 3_000}), currency.FundExceeded},
		{"bought from the budget", draw(currency.Draw{Appropriation: "bonus-1", Amount: 33_000}), currency.FundExceeded},
		{"out of two funds", draw(currency.Draw{Deposit: "KB-1", Amount: 20_000}, currency.Draw{Deposit: "NH-1", Amount: 10_000}, bonus), currency.FundExceeded},
		{"the bonus out of two funds", draw(
			currency.Draw{Deposit: "KB-1", Amount: 30_000}, currency.Draw{Appropriation: "bonus-1", Amount: 1_000}, currency.Draw{Appropriation: "bonus-2", Amount: 2_000},
		), currency.FundExceeded},
		{"an unknown deposit", draw(currency.Draw{Deposit: "KB-9", Amount: 30_000}, bonus), currency.DepositUnknown},
		{"an unknown appropriation", draw(currency.Draw{Deposit: "KB-1", Amount: 30_000}, currency.Draw{Appropriation: "x", Amount: 3_000}), currency.AppropriationUnknown},
		{"a budget one person wants", draw(currency.Draw{Deposit: "KB-1", Amount: 30_000}, currency.Draw{Appropriation: "pending-1", Amount: 3_000}), currency.AppropriationState},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, f := bought(t), funding()
			tc.malleate(&r)
			r.Closed, r.Returned, r.Reserved = true, 7, 7 // not the asker's to say
			opened, after, err := r.Open(goodPolicy(), f, noon(today))
			wantCode(t, err, tc.want)
			if !maps.Equal(f.Deposits, funding().Deposits) || !maps.Equal(f.Appropriations, funding().Appropriations) {
				t.Error("opening changed the funds it was shown")
			}
			if err != nil {
				return
			}
			var drawn int64
			for _, d := range after.Deposits {
				drawn += d.Amount - d.Left
			}
			for _, a := range after.Appropriations {
				drawn += a.Amount - a.Left
			}
			if opened.Reserved != 30_000 || drawn != opened.Reserved+opened.Bonus || opened.Closed || opened.Returned != 0 || opened.Policy != 1 {
				t.Errorf("drew %d for %+v", drawn, opened)
			}
		})
	}
}

func TestCheckBatch(t *testing.T) {
	r, _, err := bought(t).Open(goodPolicy(), funding(), noon(today))
	wantCode(t, err, nil)
	changed := slices.Clone(twoRows)
	changed[1].Amount++
	swapped := []currency.Row{twoRows[1], twoRows[0]}
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Run)
		n        int
		rows     []currency.Row
		want     *code.Code
	}{
		{"good", nil, 0, twoRows, nil},
		{"-1", nil, -1, twoRows, currency.BatchUnknown},
		{"past the last", nil, 1, twoRows, currency.BatchUnknown},
		{"a won more", nil, 0, changed, currency.BatchMismatch},
		{"in another order", nil, 0, swapped, currency.BatchMismatch},
		{"a row short", nil, 0, twoRows[:1], currency.BatchMismatch},
		{"after closing", func(r *currency.Run) { r.Closed = true }, 0, twoRows, currency.RunClosed},
		// The digest fits, but less was reserved than the rows are: this would make money of nothing.
		{"announced too low", func(r *currency.Run) { r.Batches[0].Total = 1 }, 0, twoRows, currency.BatchMismatch},
		{"bonus announced too low", func(r *currency.Run) { r.Batches[0].Bonus = 0 }, 0, twoRows, currency.BatchMismatch},
		{"rows announced too few", func(r *currency.Run) { r.Batches[0].Rows = 1 }, 0, twoRows, currency.BatchMismatch},
		{"a negative row that makes up for another", func(r *currency.Run) {
			r.Batches[0].Digest = currency.RowsDigest([]currency.Row{{To: alice.account, Amount: 40_000}, {To: bob.account, Amount: -10_000}})
		}, 0, []currency.Row{{To: alice.account, Amount: 40_000}, {To: bob.account, Amount: -10_000}}, currency.BatchMismatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := r
			r.Batches = slices.Clone(r.Batches)
			if tc.malleate != nil {
				tc.malleate(&r)
			}
			wantCode(t, r.CheckBatch(tc.n, tc.rows, goodPolicy()), tc.want)
		})
	}
}

func TestIssueRow(t *testing.T) {
	for _, tc := range []struct {
		name    string
		source  currency.Source
		amount  int64
		already int64
		holder  func(*currency.Holder)
		want    *code.Code
		parts   []currency.Part
	}{
		{"bought", currency.Principal, 10_000, 0, nil, nil, []currency.Part{
			part(1, 2031_03_02, currency.Principal, "deposits", 10_000), part(1, 2031_03_02, currency.Subsidy, "budget", 1_000),
		}},
		{"a benefit has no bonus", currency.Benefit, 10_000, 0, nil, nil, []currency.Part{part(1, 2031_03_02, currency.Benefit, "deposits", 10_000)}},
		{"nothing", currency.Benefit, 0, 0, nil, currency.InvalidAmount, nil},
		{"less than nothing", currency.Benefit, -100, 0, nil, currency.InvalidAmount, nil},
		{"too much", currency.Benefit, currency.MaxAmount + 1, 0, nil, currency.InvalidAmount, nil},
		{"no multiple of the denomination", currency.Benefit, 10_050, 0, nil, currency.UnitMismatch, nil},
		{"up to the ceiling", currency.Benefit, 800_000, 0, nil, nil, []currency.Part{part(1, 2031_03_02, currency.Benefit, "deposits", 800_000)}},
		{"over the ceiling", currency.Benefit, 800_100, 0, nil, currency.PersonCeiling, nil},
		{"over the ceiling by its bonus", currency.Principal, 730_000, 0, nil, currency.PersonCeiling, nil},
		{"over the ceiling with the row before", currency.Benefit, 100, 800_000, nil, currency.PersonCeiling, nil},
		{"to a merchant", currency.Benefit, 100, 0, func(h *currency.Holder) { h.Merchant = "bakery" }, currency.ToMerchant, nil},
		{"to a frozen account", currency.Benefit, 100, 0, func(h *currency.Holder) { h.Status = currency.Frozen }, currency.HolderFrozen, nil},
		{"to a closed account", currency.Benefit, 100, 0, func(h *currency.Holder) { h.Status = currency.Closed }, currency.HolderClosed, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := alice.holder()
			if tc.holder != nil {
				tc.holder(&h)
			}
			r := currency.Run{Source: tc.source, Fund: "deposits", BonusFund: "budget"}
			parts, err := r.Issue(currency.Row{To: alice.account, Amount: tc.amount}, h, goodPolicy(), today, tc.already)
			wantCode(t, err, tc.want)
			if !slices.Equal(parts, tc.parts) {
				t.Errorf("issued %v, want %v", parts, tc.parts)
			}
		})
	}
}

func TestCloseReturnsTheLastDrawFirst(t *testing.T) {
	r := bought(t)
	r.Draws = []currency.Draw{{Deposit: "KB-1", Amount: 20_000}, {Deposit: "KB-2", Amount: 10_000}, {Appropriation: "bonus-1", Amount: 3_000}}
	r, f, err := r.Open(goodPolicy(), funding(), noon(today))
	wantCode(t, err, nil)
	closed, after, err := r.Close(map[int]currency.Batch{0: {Issued: 10_000, Bonus: 1_000}}, f)
	wantCode(t, err, nil)
	if closed.Reserved != 10_000 || closed.Bonus != 1_000 || closed.Returned != 22_000 || !closed.Closed {
		t.Errorf("closed to %+v", closed)
	}
	if got := [3]int64{after.Deposits["KB-1"].Left, after.Deposits["KB-2"].Left, after.Appropriations["bonus-1"].Left}; got != [3]int64{30_000, 40_000, 39_000} {
		t.Errorf("left in the funds: %v", got)
	}
	_, _, err = closed.Close(nil, after)
	wantCode(t, err, currency.RunClosed)
}

// books is the ledger of a run, on which supply is counted as an auditor does.
type books struct {
	t      fataler
	supply *currency.Supply
	at     map[string][]byte
}

func (b *books) put(table, key string, record any) {
	b.t.Helper()
	raw, err := json.Marshal(record)
	if own, ok := record.(encoding.BinaryAppender); ok {
		raw, err = own.AppendBinary(nil)
	}
	wantCode(b.t, err, nil)
	wantCode(b.t, b.supply.Apply(table, "nowon", b.at[table+key], raw), nil)
	b.at[table+key] = raw
}

func (b *books) fund(f currency.Funding) {
	b.t.Helper()
	for ref, d := range f.Deposits {
		b.put(currency.TableDeposit, ref, d)
	}
	for id, a := range f.Appropriations {
		b.put(currency.TableAppropriation, id, a)
	}
}

// Whatever is issued of a run and whatever fails, no won appears or is lost.
func TestRunConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := goodPolicy()
		p.Denomination, p.PersonCeiling, p.BatchCeiling, p.BonusRate = 1, 2_000_000, 1_000_000_000, rapid.IntRange(0, 10_000).Draw(t, "rate")
		run := currency.Run{Program: "nowon", ID: "r", Unit: "KRW"}
		run.Source = rapid.SampledFrom([]currency.Source{currency.Principal, currency.Benefit, currency.Reward}).Draw(t, "source")
		batches := make([][]currency.Row, rapid.IntRange(1, 4).Draw(t, "batches"))
		var total, bonus int64
		for i := range batches {
			for range rapid.IntRange(1, 6).Draw(t, "rows") {
				to := rapid.SampledFrom([]party{alice, bob, bakery}).Draw(t, "to")
				batches[i] = append(batches[i], currency.Row{To: to.account, Amount: rapid.Int64Range(1, 1_500_000).Draw(t, "amount")})
			}
			a, err := currency.Announce(batches[i], run.Source, p)
			wantCode(t, err, nil)
			run.Batches = append(run.Batches, a)
			total, bonus = total+a.Total, bonus+a.Bonus
		}
		f := currency.Funding{Deposits: map[string]currency.Deposit{}, Appropriations: map[string]currency.Appropriation{}}
		split := func(amount int64, fund string, deposit bool) {
			for n := 0; amount > 0; n++ {
				id, part := fmt.Sprintf("%s-%d", fund, n), rapid.Int64Range(1, amount).Draw(t, "part")
				more := rapid.Int64Range(0, 1000).Draw(t, "more") // that the run does not draw
				if deposit {
					f.Deposits[id] = currency.Deposit{Ref: id, Fund: fund, Amount: part + more, Left: part + more}
					run.Draws = append(run.Draws, currency.Draw{Deposit: id, Amount: part})
				} else {
					f.Appropriations[id] = currency.Appropriation{ID: id, Fund: fund, Amount: part + more, Left: part + more, Approved: true}
					run.Draws = append(run.Draws, currency.Draw{Appropriation: id, Amount: part})
				}
				amount -= part
			}
		}
		split(total, "rows", run.Source == currency.Principal)
		split(bonus, "bonus", false)

		b := &books{t: t, supply: currency.NewSupply(), at: map[string][]byte{}}
		b.fund(f)
		entered := enteredOf(b.supply)
		run, after, err := run.Open(p, f, noon(today))
		for i, a := range run.Batches {
			if a.Total+a.Bonus > int64(len(batches[i]))*p.PersonCeiling {
				wantCode(t, err, currency.PersonCeiling)
				return
			}
		}
		wantCode(t, err, nil)
		b.fund(after)
		b.put(currency.TableRun, "r", run)
		balanced(t, b.supply, entered)

		frozen := rapid.SampledFrom([]string{"", alice.account, bob.account}).Draw(t, "frozen")
		done := map[int]currency.Batch{}
		for n, rows := range batches {
			if !rapid.Bool().Draw(t, "issued") {
				continue
			}
			wantCode(t, run.CheckBatch(n, rows, p), nil)
			out, given := currency.Batch{Fund: run.Fund, BonusFund: run.BonusFund}, map[string]int64{}
			for i, row := range rows {
				h := alice.holder()
				if row.To == frozen {
					h.Status = currency.Frozen
				}
				parts, err := run.Issue(row, h, p, today, given[row.To])
				if err != nil {
					continue
				}
				if given[row.To] += currency.Total(parts); given[row.To] > p.PersonCeiling || row.To == frozen {
					t.Fatalf("issued %d won to %s", given[row.To], row.To)
				}
				out.Issued += row.Amount
				out.Bonus += currency.Total(parts) - row.Amount
				b.put(currency.TableCredit, fmt.Sprint(n, "/", i), currency.Credit{Kind: currency.CreditIssue, Parts: parts})
			}
			b.put(currency.TableBatch, fmt.Sprint(n), out)
			done[n] = out
			balanced(t, b.supply, entered)
		}
		var issued int64
		for _, d := range done {
			issued += d.Issued + d.Bonus
		}
		drawn := run.Reserved + run.Bonus
		run, returned, err := run.Close(done, after)
		wantCode(t, err, nil)
		b.fund(returned)
		b.put(currency.TableRun, "r", run)
		balanced(t, b.supply, entered)
		if run.Returned != drawn-issued {
			t.Fatalf("%d won were drawn, %d issued, %d returned", drawn, issued, run.Returned)
		}
		for _, l := range b.supply.Lines() {
			if l.Terms[currency.Reserved] != 0 {
				t.Fatalf("a closed run keeps %d won of %s", l.Terms[currency.Reserved], l.Fund)
			}
		}
	})
}

func enteredOf(s *currency.Supply) map[string]int64 {
	sums := map[string]int64{}
	for _, l := range s.Lines() {
		sums[l.Fund] = l.Terms[currency.Entered]
	}
	return sums
}

func balanced(t fataler, s *currency.Supply, entered map[string]int64) {
	t.Helper()
	wantCode(t, s.Check(), nil)
	if got := enteredOf(s); !maps.Equal(got, entered) {
		t.Fatalf("entered %v, now %v", entered, got)
	}
}

func TestAnnounce(t *testing.T) {
	for name, rows := range map[string][]currency.Row{
		"a negative row":  {{Amount: -1}},
		"a row too large": {{Amount: currency.MaxAmount + 1}},
		"a sum too large": {{Amount: currency.MaxAmount}, {Amount: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := currency.Announce(rows, currency.Principal, goodPolicy())
			wantCode(t, err, currency.InvalidAmount)
		})
	}
	// The digest is over this very JSON, so that anyone can make it.
	if got, want := currency.RowsDigest([]currency.Row{{To: "a", Amount: 1}}), "1dc9f0b6f0b12216b285d938ce69d08a66c0d86e865021f12bfa86805889e59c"; got != want {
		t.Error(got)
	}
}

func TestIssueBatchRequest(t *testing.T) {
	good := currency.IssueBatch{Program: "nowon", Run: "r", Rows: twoRows}
	wantCode(t, good.Validate(), nil)
	none, many, nobody, nowhere := good, good, good, good
	none.Rows, many.Rows, nobody.Run, nowhere.Program = nil, make([]currency.Row, 1001), "", ""
	wantCode(t, none.Validate(), currency.TooLarge)
	wantCode(t, many.Validate(), currency.TooLarge)
	wantCode(t, nobody.Validate(), currency.InvalidID)
	wantCode(t, nowhere.Validate(), currency.InvalidID)
}
