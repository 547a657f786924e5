// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// A case about a threshold names the receipts that reach it; the ledger measures them
// and keeps the version and the figures on the case.
func TestCaseByThreshold(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	var named []currency.ReceiptName
	pay := func(n int) {
		for range n {
			tn.order("Pay", tn.pay(nowon, minsu, "stall", 7_000))
			named = append(named, currency.ReceiptName{Holder: minsu.account, Seq: minsu.seq[nowon]})
		}
	}
	open := func(w *wallet, id, rule string, receipts ...currency.ReceiptName) currency.OpenCase {
		return currency.OpenCase{Operation: tn.op(), CaseQuery: tn.about(nowon, w, id), Reason: "report-7", Rule: rule, Receipts: receipts}
	}
	pay(2)
	tn.refused(currency.ThresholdUnmet, tn.komsco, "OpenCase", tn.json(open(minsu, "c-1", "repeated", named...)))
	pay(1)
	tn.refused(currency.ThresholdUnmet, tn.komsco, "OpenCase", tn.json(open(tn.arcade, "c-1", "repeated", named...)))
	tn.refused(currency.ThresholdUnknown, tn.komsco, "OpenCase", tn.json(open(minsu, "c-1", "nothing", named...)))

	// The policy moves on; the case still says by which version it was opened.
	next := policyOf(nowon, 2)
	next.Fraud = nil
	tn.newPolicy(next)
	tn.refused(currency.ThresholdUnknown, tn.komsco, "OpenCase", tn.json(open(minsu, "c-1", "repeated", named...)))
	for _, about := range []*wallet{minsu, tn.stall} {
		r := open(about, "c-1", "repeated", named...)
		r.Policy = 1
		c := result[currency.Case](tn, tn.do(tn.komsco, "OpenCase", r))
		require.Equal(t, "repeated", c.Rule)
		require.Equal(t, 1, c.Policy)
		require.Equal(t, 3, c.Found.Count)
		require.EqualValues(t, 21_000, c.Found.Won)
		require.Equal(t, named, c.Receipts)
	}
	tn.refused(currency.HolderFrozen, tn.courier, "Pay", tn.pay(nowon, minsu, "stall", 7_000))
}

// What a shop captures of a hold is a payment of whoever held it.
func TestCaptureIsEvidence(t *testing.T) {
	tn := newTown(t)
	minsu := tn.residents(nowon, "minsu")[0]
	var named []currency.ReceiptName
	for range 3 {
		tn.order("Authorise", minsu.sign(tn.authorising(nowon, minsu, "stall", 6_000)))
		held := currency.ReceiptName{Holder: minsu.account, Seq: minsu.seq[nowon]}
		tn.order("Capture", tn.stall.sign(tn.capturing(nowon, tn.stall, held, 6_000)))
		named = append(named, currency.ReceiptName{Holder: tn.stall.account, Seq: tn.stall.seq[nowon]})
	}
	c := result[currency.Case](tn, tn.do(tn.komsco, "OpenCase", currency.OpenCase{
		Operation: tn.op(), CaseQuery: tn.about(nowon, minsu, "c-1"), Reason: "report-7", Rule: "repeated", Receipts: named,
	}))
	require.EqualValues(t, 18_000, c.Found.Won)
}
