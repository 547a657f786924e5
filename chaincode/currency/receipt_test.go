// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestQueries(t *testing.T) {
	page := currency.PageQuery{Program: "nowon"}
	for _, tc := range []struct {
		name  string
		query interface{ Validate() error }
		want  *code.Code
	}{
		{"page", page, nil},
		{"the longest page", currency.PageQuery{Program: "nowon", Limit: call.MaxPage}, nil},
		{"a longer page", currency.PageQuery{Program: "nowon", Limit: call.MaxPage + 1}, currency.InvalidID},
		{"a page of less than none", currency.PageQuery{Program: "nowon", Limit: -1}, currency.InvalidID},
		{"a page of no programme", currency.PageQuery{}, currency.InvalidID},
		{"a bookmark like a book", currency.PageQuery{Program: "nowon", Bookmark: strings.Repeat("x", 1025)}, currency.InvalidID},
		{"receipt", currency.ReceiptQuery{Program: "nowon", Account: alice.account, Seq: 1}, nil},
		{"receipt 0", currency.ReceiptQuery{Program: "nowon", Account: alice.account}, currency.InvalidID},
		{"receipt -1", currency.ReceiptQuery{Program: "nowon", Account: alice.account, Seq: -1}, currency.InvalidID},
		{"receipt of nobody", currency.ReceiptQuery{Program: "nowon", Seq: 1}, currency.InvalidID},
		{"own", currency.OwnQuery{PageQuery: page, Account: alice.account}, nil},
		{"own of nobody", currency.OwnQuery{PageQuery: page}, currency.InvalidID},
		{"own of no programme", currency.OwnQuery{Account: alice.account}, currency.InvalidID},
		{"batch", currency.BatchQuery{Program: "nowon", Run: "r"}, nil},
		{"batch -1", currency.BatchQuery{Program: "nowon", Run: "r", Batch: -1}, currency.InvalidID},
		{"batch 1000", currency.BatchQuery{Program: "nowon", Run: "r", Batch: currency.MaxBatches}, currency.InvalidID},
		{"programme", currency.ProgramQuery{Program: "nowon"}, nil},
		{"no programme", currency.ProgramQuery{}, currency.InvalidID},
	} {
		t.Run(tc.name, func(t *testing.T) { wantCode(t, tc.query.Validate(), tc.want) })
	}
	if got := (currency.ReceiptName{Holder: "h", Seq: 12}).String(); got != "h/12" {
		t.Error(got)
	}
}
