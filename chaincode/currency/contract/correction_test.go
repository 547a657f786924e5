// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// wrongRun issues "spring": 5,000 to the first, 7,000 to nobody, 900,000 to the
// second, who may have 770,000, and 3,050 to the third, which is no multiple of 100.
func (tn *town) wrongRun(to []*wallet) []currency.Row {
	tn.t.Helper()
	rows := []currency.Row{
		{To: to[0].account, Amount: 5_000},
		{To: newWallet("nobody").account, Amount: 7_000},
		{To: to[1].account, Amount: 900_000},
		{To: to[2].account, Amount: 3_050},
	}
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))
	b := result[currency.Batch](tn, tn.do(tn.city, "IssueBatch", currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows}))
	codes := ""
	for _, f := range b.Failed {
		codes += " " + f.Code
	}
	if codes != " HOLDER_UNKNOWN PERSON_CEILING UNIT_MISMATCH" {
		tn.t.Fatalf("refused:%s", codes)
	}
	return rows
}

func (tn *town) correcting(id string, rows ...currency.CorrectedRow) currency.ProposeCorrection {
	return currency.ProposeCorrection{Operation: tn.op(), Program: nowon, Run: "spring", ID: id, Rows: rows}
}

func (tn *town) approving(id string, corrected []currency.CorrectedRow, rows []currency.Row) currency.ApproveCorrection {
	return currency.ApproveCorrection{
		Operation: tn.op(), CorrectionQuery: currency.CorrectionQuery{Program: nowon, Run: "spring", ID: id},
		Digest: currency.CorrectionDigest(corrected), Rows: rows,
	}
}

// Wrong rows are mended under two people, each paid once, from what was approved.
func TestCorrection(t *testing.T) {
	tn := newTown(t)
	to := tn.residents(nowon, names("resident", 3)...)
	rows := tn.wrongRun(to)
	before, _ := tn.unclaimed(nowon, to[0])

	// 7,000 was the first one's, 900,000 was to be 90,000; 3,050 stays wrong for now.
	mended := []currency.CorrectedRow{{Row: 1, To: to[0].account, Amount: 7_000}, {Row: 2, To: to[1].account, Amount: 90_000}, {Row: 3, To: to[2].account, Amount: 3_055}}
	propose := tn.correcting("fix-1", mended...)
	tn.do(tn.city, "ProposeCorrection", propose)
	again := tn.correcting("fix-1", mended...)
	tn.refused(currency.CorrectionExists, tn.city, "ProposeCorrection", tn.json(again))
	approve := tn.approving("fix-1", mended, rows)
	tn.refused(currency.SameOfficer, tn.city, "ApproveCorrection", tn.json(approve))
	tn.refused(currency.SameInstitution, tn.deputy, "ApproveCorrection", tn.json(approve))
	other := tn.approving("fix-1", mended[:2], rows)
	tn.refused(currency.CorrectionMismatch, tn.bank, "ApproveCorrection", tn.json(other))
	other = tn.approving("fix-1", mended, rows[:3])
	tn.refused(currency.BatchMismatch, tn.bank, "ApproveCorrection", tn.json(other))

	paid := result[currency.Correction](tn, tn.do(tn.bank, "ApproveCorrection", approve))
	require.EqualValues(t, 97_000, paid.Issued)
	require.Equal(t, 3, paid.Failed[0].Row)
	require.Equal(t, "UNIT_MISMATCH", paid.Failed[0].Code)
	after, _ := tn.unclaimed(nowon, to[0])
	require.EqualValues(t, 7_000, after-before)
	require.Equal(t, paid, get[currency.Correction](tn, tn.komsco, "Correction", approve.CorrectionQuery))

	// The same again answers the same; another one does not find the rows.
	repeated := tn.endorse(tn.bank, "ApproveCorrection", tn.json(approve))
	require.Empty(t, repeated.Writes())
	approve.Operation = tn.op()
	tn.refused(currency.CorrectionApproved, tn.bank, "ApproveCorrection", tn.json(approve))
	tn.refused(currency.CorrectionMismatch, tn.city, "ProposeCorrection", tn.json(tn.correcting("fix-2", mended[0])))

	// Row 3 once more; then the rest goes back: 900,000 - 90,000 + 50.
	last := []currency.CorrectedRow{{Row: 3, To: to[2].account, Amount: 3_000}}
	tn.do(tn.city, "ProposeCorrection", tn.correcting("fix-2", last...))
	tn.do(tn.bank, "ApproveCorrection", tn.approving("fix-2", last, rows))
	b := get[currency.Batch](tn, tn.city, "Batch", currency.BatchQuery{Program: nowon, Run: "spring"})
	require.Equal(t, 4, b.Rows)
	require.Empty(t, b.Failed)
	require.Equal(t, append(mended[:2:2], last...), b.Corrected)
	closed := result[currency.Run](tn, tn.do(tn.city, "CloseRun", about(tn, "spring")))
	require.EqualValues(t, 810_050, closed.Returned)
	require.EqualValues(t, 105_000, closed.Reserved)
	require.Subset(t, tn.events(), []string{"CorrectionProposed", "CorrectionPaid"})
}

// Two corrections of one row in one block: one of them is paid.
func TestCorrectionsOfOneRow(t *testing.T) {
	tn := newTown(t)
	to := tn.residents(nowon, names("resident", 3)...)
	rows := tn.wrongRun(to)
	mended := []currency.CorrectedRow{{Row: 1, To: to[0].account, Amount: 7_000}}
	var txs []*ledgertest.Endorsement
	for _, id := range []string{"a", "b"} {
		tn.do(tn.city, "ProposeCorrection", tn.correcting(id, mended...))
	}
	for _, id := range []string{"a", "b"} {
		txs = append(txs, tn.endorse(tn.bank, "ApproveCorrection", tn.json(tn.approving(id, mended, rows))))
	}
	closing := tn.endorse(tn.city, "CloseRun", tn.json(about(tn, "spring")))
	codes := tn.commit(append(txs, closing)...)
	require.Equal(t, valid, codes[0])
	require.Equal(t, mvcc, codes[1])
	require.Equal(t, mvcc, codes[2], "closing would have returned what was paid just now")

	// The second one is approved after all, and pays nothing.
	late := result[currency.Correction](tn, tn.do(tn.bank, "ApproveCorrection", tn.approving("b", mended, rows)))
	require.Zero(t, late.Issued)
	require.Equal(t, "CORRECTION_MISMATCH", late.Failed[0].Code)
	tn.do(tn.city, "CloseRun", about(tn, "spring"))
	tn.refused(currency.RunClosed, tn.city, "ProposeCorrection", tn.json(tn.correcting("c", mended...)))
}

// A correction does not pass what one person may be given in a batch, nor a run
// that was stopped.
func TestCorrectionKeepsTheGuards(t *testing.T) {
	tn := newTown(t)
	to := tn.residents(nowon, names("resident", 3)...)
	rows := tn.wrongRun(to)
	mended := []currency.CorrectedRow{{Row: 2, To: to[0].account, Amount: 770_000}, {Row: 1, To: to[1].account, Amount: 7_000}}
	tn.do(tn.city, "ProposeCorrection", tn.correcting("fix", mended...))
	tn.do(tn.komsco, "StopRun", currency.StopRun{Operation: tn.op(), RecordQuery: currency.RecordQuery{Program: nowon, ID: "spring"}, Reason: "case-1"})
	tn.refused(currency.RunStopped, tn.bank, "ApproveCorrection", tn.json(tn.approving("fix", mended, rows)))

	tn = newTown(t)
	to = tn.residents(nowon, names("resident", 3)...)
	rows = tn.wrongRun(to)
	mended[0].To, mended[1].To = to[0].account, to[1].account
	tn.do(tn.city, "ProposeCorrection", tn.correcting("fix", mended...))
	done := result[currency.Correction](tn, tn.do(tn.bank, "ApproveCorrection", tn.approving("fix", mended, rows)))
	require.Equal(t, []currency.Failure{{Row: 2, Code: "PERSON_CEILING", Detail: done.Failed[0].Detail}}, done.Failed, "5,000 won were given already")
	require.EqualValues(t, 7_000, done.Issued)
}
