// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// What a row of an allowance costs the chaincode, without a peer.
func BenchmarkIssueBatch(b *testing.B) {
	tn := newTown(b, ledgertest.Peers(1))
	rows := make([]currency.Row, currency.MaxRows)
	orders := make([]string, len(rows))
	for i := range rows {
		w := newWallet("resident " + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)))
		rows[i], orders[i] = currency.Row{To: w.account, Amount: 50_000}, tn.open(nowon, w)
	}
	tn.batch(orders...)
	tn.do(tn.city, "OpenRun", tn.openRun(nowon, "spring", currency.Benefit, rows))
	request := tn.json(currency.IssueBatch{Operation: tn.op(), Program: nowon, Run: "spring", Rows: rows})
	var written int
	for b.Loop() {
		e := tn.endorse(tn.city, "IssueBatch", request)
		written = 0
		for _, w := range e.Writes() {
			written += len(w.Key) + len(w.Value)
		}
		require.Greater(b, written, len(rows))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
	b.ReportMetric(float64(written+len(request))/float64(len(rows)), "bytes/row")
}
