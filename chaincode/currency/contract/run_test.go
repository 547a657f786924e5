// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// Batches of one run touch only their own keys: all of them fit one block.
func TestBatchesOfOneRunDoNotConflict(t *testing.T) {
	tn := newTown(t)
	residents := tn.residents(nowon, names("resident", 8)...)
	batches := make([][]currency.Row, len(residents))
	for i, w := range residents {
		batches[i] = []currency.Row{{To: w.account, Amount: 5_000}, {To: residents[0].account, Amount: 1_000}}
	}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, batches...))
	txs := make([]*ledgertest.Endorsement, len(batches))
	for i, rows := range batches {
		txs[i] = tn.endorse(tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Batch: i, Rows: rows}))
	}
	for i, got := range tn.commit(txs...) {
		require.Equal(t, valid, got, "batch %d: %s", i, txs[i].Conflict)
	}
	require.Zero(t, tn.audit.term(nowon, "budget", currency.Reserved))
	won, n := tn.unclaimed(nowon, residents[0])
	require.Equal(t, int64(5_000+8*1_000), won)
	require.Equal(t, 9, n)
}

// Closing and a batch in one block: whichever comes first, the other is
// invalid, so nothing is both issued and returned.
func TestCloseRunAgainstBatch(t *testing.T) {
	for _, closeFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("close first %t", closeFirst), func(t *testing.T) {
			tn := newTown(t)
			w := tn.resident(nowon, "minsu")
			rows := []currency.Row{{To: w.account, Amount: 5_000}}
			tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))
			issue := tn.endorse(tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows}))
			closing := tn.endorse(tn.city, "CloseRun", tn.json(about(tn, "spring")))
			block := []*ledgertest.Endorsement{issue, closing}
			if closeFirst {
				block[0], block[1] = closing, issue
			}
			codes := tn.commit(block...)
			require.Equal(t, valid, codes[0])
			require.Equal(t, mvcc, codes[1])
			if closeFirst {
				tn.refused(currency.RunClosed, tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows}))
			}
		})
	}
}

func about(tn *town, id string) currency.RecordOperation {
	return currency.RecordOperation{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: id}}
}

// A run reserves what its batches announce, so a batch whose rows come to
// something else than was announced must not be issued: it would be money from
// nowhere.
func TestBatchIsWhatWasAnnounced(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	rows := []currency.Row{{To: w.account, Amount: 500_000}}
	for name, lie := range map[string]func(*currency.Announced){
		"smaller total":  func(a *currency.Announced) { a.Total, a.Bonus = 100, 10 },
		"greater total":  func(a *currency.Announced) { a.Total, a.Bonus = 600_000, 60_000 },
		"smaller bonus":  func(a *currency.Announced) { a.Bonus = 1 },
		"no bonus":       func(a *currency.Announced) { a.Bonus = 0 },
		"greater bonus":  func(a *currency.Announced) { a.Bonus = 60_000 },
		"number of rows": func(a *currency.Announced) { a.Rows = 2 },
	} {
		tn.run(t, name, func(*testing.T) {
			r := tn.openRun(nowon, fmt.Sprintf("run-of-%d", tn.ops), currency.Principal, rows)
			lie(&r.Batches[0])
			r.Draws = []currency.Draw{{Deposit: "deposit", Amount: r.Batches[0].Total}}
			if b := r.Batches[0].Bonus; b > 0 {
				r.Draws = append(r.Draws, currency.Draw{Appropriation: "budget", Amount: b})
			}
			tn.do(tn.city, "OpenRun", r)
			tn.refused(currency.BatchMismatch, tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: r.ID, Rows: rows}))
		})
	}
}

// A wrong-unit issue of 1,000 times too much is stopped by each of the rules
// that stand in its way, not by luck.
func TestGhostIssue(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	rows := []currency.Row{{To: w.account, Amount: 1_000}}

	shares := tn.openRun(nowon, "dividend", currency.Reward, rows)
	shares.Unit = "SHARE"
	tn.refused(currency.UnitMismatch, tn.city, "OpenRun", tn.json(shares))

	tooMuch := []currency.Row{{To: w.account, Amount: 2_000_000_000}}
	tn.refused(currency.BatchCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Reward, tooMuch)))

	// Below the batch's ceiling but above what so few rows may come to.
	tooMuch[0].Amount = 400_000_000
	tn.refused(currency.PersonCeiling, tn.city, "OpenRun", tn.json(tn.openRun(nowon, "dividend", currency.Reward, tooMuch)))

	// Within that, but more than one person may get, alone or row by row.
	rows = []currency.Row{{To: w.account, Amount: 400_000}, {To: w.account, Amount: 400_000}, {To: w.account, Amount: 900_000}, {To: w.account, Amount: 150}}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "dividend", currency.Reward, rows))
	b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "dividend", Rows: rows}))
	var codes []string
	for _, f := range b.Failed {
		codes = append(codes, fmt.Sprintf("%d %s", f.Row, f.Code))
	}
	require.Equal(t, []string{"1 PERSON_CEILING", "2 PERSON_CEILING", "3 UNIT_MISMATCH"}, codes)
	require.EqualValues(t, 400_000, b.Issued)
}

// Nothing is issued twice: not by the same operation sent again, not by another
// one, not by another officer.
func TestBatchIsIssuedOnce(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	rows := []currency.Row{{To: w.account, Amount: 5_000}}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))
	issue := currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows}
	first := tn.do(tn.city, "IssueBatch", issue)

	again := tn.endorse(tn.city, "IssueBatch", tn.json(issue))
	require.Equal(t, string(first), string(again.Payload))
	require.Empty(t, again.Writes())
	issue.Operation = tn.op()
	tn.refused(currency.BatchDone, tn.city, "IssueBatch", tn.json(issue))

	// Two at once: one counts.
	rows = []currency.Row{{To: w.account, Amount: 7_000}}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "summer", currency.Benefit, rows))
	var txs []*ledgertest.Endorsement
	for range 2 {
		txs = append(txs, tn.endorse(tn.city, "IssueBatch", tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "summer", Rows: rows})))
	}
	codes := tn.commit(txs...)
	require.Equal(t, valid, codes[0])
	require.Equal(t, mvcc, codes[1])
	won, _ := tn.unclaimed(nowon, w)
	require.EqualValues(t, 12_000, won)
}
