// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// keepBooks follows the block in the books of the day, and holds them to the
// supply: whatever happened, the day so far ties, and what organisations owe one
// another comes to nothing.
func (a *audit) keepBooks(t ledgertest.TB, block *ledgertest.Block) {
	t.Helper()
	if err := a.book.Add(bookTxs(t, block), func(p *daybook.Program, _ currency.Day) { a.balance(t, p) }); err != nil {
		t.Fatalf("books at block %d: %v", a.block, err)
	}
	for _, p := range a.book.Programs() {
		a.balance(t, p)
	}
	for _, l := range a.supply.Lines() {
		a.compare(t, l)
	}
}

func bookTxs(t ledgertest.TB, block *ledgertest.Block) []daybook.Tx {
	t.Helper()
	var txs []daybook.Tx
	for _, tx := range block.Txs {
		if tx.Code != valid {
			continue
		}
		to := daybook.Tx{ID: tx.ID, Time: tx.Timestamp}
		for _, w := range tx.Writes {
			if w.Namespace != cc {
				continue
			}
			table, key, err := ledger.SplitKey(w.Key)
			if err != nil {
				t.Fatalf("%v", err)
			}
			to.Writes = append(to.Writes, daybook.Write{Table: table, Key: key, Value: w.Value})
		}
		txs = append(txs, to)
	}
	return txs
}

// balance fails unless the programme's day ties, and its nets conserve.
func (a *audit) balance(t ledgertest.TB, p *daybook.Program) {
	t.Helper()
	for _, l := range p.Lines() {
		if err := l.Check(); err != nil {
			t.Fatalf("books of %s at block %d: %v", p.Day, a.block, err)
		}
	}
	positions, transfers := daybook.Net(p.Obligations)
	left, total := map[string]int64{}, int64(0)
	for _, at := range positions {
		left[at.Organisation] = at.Net
		total += at.Net
	}
	for _, tr := range transfers {
		left[tr.From] += tr.Amount
		left[tr.To] -= tr.Amount
	}
	for org, won := range left {
		if won != 0 || total != 0 {
			t.Fatalf("nets of %s come to %d, %s is left with %d won: %+v settle %+v", p.Day, total, org, won, transfers, positions)
		}
	}
}

// compare fails unless the books close with what the supply's terms say.
func (a *audit) compare(t ledgertest.TB, s currency.Line) {
	t.Helper()
	want := map[daybook.Side]int64{
		daybook.Undrawn: s.Terms[currency.Funds] + s.Terms[currency.Reserved] + s.Terms[currency.Returned],
		daybook.Claims:  s.Terms[currency.Redemptions],
		daybook.Cases:   s.Terms[currency.Cases],
	}
	held := s.Terms[currency.Credits] + s.Terms[currency.Purses] + s.Terms[currency.Holds]
	for _, p := range a.book.Programs() {
		for _, l := range p.Lines() {
			if p.ID != s.Program || l.Fund != s.Fund {
				continue
			}
			for side, won := range want {
				if l.Closing[side] != won {
					t.Fatalf("block %d, %s of %s: %s closes with %d won, the supply has %d", a.block, l.Fund, p.ID, side, l.Closing[side], won)
				}
			}
			if got := l.Closing[daybook.Residents] + l.Closing[daybook.Shops]; got != held || l.Closing[daybook.Shops] < 0 {
				t.Fatalf("block %d, %s of %s: residents and shops hold %v, the supply has %d", a.block, l.Fund, p.ID, l.Closing, held)
			}
		}
	}
}

// newBooks makes the report of a day from all blocks.
func (tn *town) report(day currency.Day) daybook.Report {
	tn.t.Helper()
	r, err := daybook.Make(func(yield func([]daybook.Tx, error) bool) {
		for n := range tn.net.Height() {
			if !yield(bookTxs(tn.t, tn.net.Block(n)), nil) {
				return
			}
		}
	}, day)
	if err != nil {
		tn.t.Fatalf("report of %s: %v", day, err)
	}
	return r
}

func line(t *testing.T, r daybook.Report, program, fund string) daybook.Line {
	t.Helper()
	for _, of := range r.Programs {
		for _, l := range of.Lines {
			if l.Program == program && l.Fund == fund {
				return l
			}
		}
	}
	t.Fatalf("the report of %s has no fund %s of %s", r.Day, fund, program)
	return daybook.Line{}
}

// Three days: money is issued and used on the first, redeemed on the second, on
// which the bank is late, and paid out on the fourth.
func TestReportsOfDays(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	first := currency.DayOf(tn.net.Now(), time.FixedZone("", 9*60*60))
	paid := tn.order("Pay", tn.pay(nowon, minsu, "stall", 60_000))
	tn.order("Refund", tn.refund(nowon, tn.stall, minsu, minsu.seq[nowon], 5_000, paid.Credit))
	tn.net.Advance(24 * time.Hour)
	redeem := tn.redemption(nowon, tn.stall, 55_000)
	tn.order("Redeem", tn.stall.sign(redeem))
	tn.net.Advance(48 * time.Hour)
	tn.do(tn.bank, "ConfirmPayout", currency.ConfirmPayout{
		Operation: tn.op(), Program: nowon, Ref: "T-1", Account: tn.stall.account, Seq: redeem.Seq, Amount: 55_000,
	})

	days := make([]daybook.Report, 4)
	lines := map[string][]daybook.Line{}
	for i := range days {
		days[i] = tn.report(first.After(i))
		require.Equal(t, i < 3, days[i].Programs[0].Over)
		for _, fund := range []string{"bought", "budget"} {
			lines[fund] = append(lines[fund], line(t, days[i], nowon, fund))
			if i > 0 { // what one day closes with the next one opens with, heights too
				require.Equal(t, lines[fund][i-1].Closing, lines[fund][i].Opening)
				require.Equal(t, days[i-1].Programs[0].To, days[i].Programs[0].From)
			}
		}
	}
	sum := func(day int, f daybook.Flow) int64 {
		return lines["bought"][day].Flows[f] + lines["budget"][day].Flows[f]
	}
	used := sum(0, daybook.Used)
	require.EqualValues(t, 60_000, used)
	require.EqualValues(t, 5_000, sum(0, daybook.Refunded))
	require.EqualValues(t, 55_000, sum(1, daybook.Redeemed))
	require.Zero(t, sum(0, daybook.Redeemed)+sum(0, daybook.PaidOut)+sum(1, daybook.PaidOut))
	require.Empty(t, lines["bought"][2].Flows, "nothing happened on the third")
	require.EqualValues(t, 55_000, sum(3, daybook.PaidOut))
	// The bank pays out of the deposits it holds; what it pays out of the budget
	// the city owes it.
	budget := lines["budget"][3].Flows[daybook.PaidOut]
	require.Positive(t, budget)
	require.Equal(t, []daybook.Position{
		{Organisation: "BankMSP", Owed: budget, Net: budget}, {Organisation: "CityMSP", Owes: budget, Net: -budget},
	}, days[3].Positions)
	require.Equal(t, []daybook.Transfer{{From: "CityMSP", To: "BankMSP", Amount: budget}}, days[3].Transfers)
	require.Empty(t, days[0].Positions, "what came from deposits the bank has, what was appropriated the city has")

	// Heights are the audit's: the supply as it stood there.
	for i, r := range days {
		supply := currency.NewSupply()
		values := map[string][]byte{}
		for n := range r.Programs[0].To {
			for _, tx := range bookTxs(t, tn.net.Block(n)) {
				for _, w := range tx.Writes {
					id := ledger.CompositeKey(w.Table, w.Key...)
					require.NoError(t, supply.Apply(w.Table, w.Key[0], values[id], w.Value))
					values[id] = w.Value
				}
			}
		}
		for _, s := range supply.Lines() {
			if s.Program == nowon {
				l := lines[s.Fund][i]
				require.Equal(t, s.Terms[currency.Redemptions], l.Closing[daybook.Claims])
				require.Equal(t, s.Terms[currency.Credits]+s.Terms[currency.Purses]+s.Terms[currency.Holds], l.Closing[daybook.Residents]+l.Closing[daybook.Shops])
				require.Equal(t, s.Terms[currency.Funds]+s.Terms[currency.Reserved]+s.Terms[currency.Returned], l.Closing[daybook.Undrawn])
			}
		}
	}
}
