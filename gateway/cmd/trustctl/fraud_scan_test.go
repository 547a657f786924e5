// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

var seoul = currency.Program{Zone: "+09:00"}.Location()

// A flag is a line that ends with what a case about it is opened by.
func TestFlagsAreWritten(t *testing.T) {
	var out strings.Builder
	writeFlags(&out, []gateway.FraudFlag{
		{
			Policy: 2, Rule: "same-shop", Shop: "pier", Accounts: []string{"shopshopshopshopshopsh", "minsuminsuminsuminsumi"}, New: 1,
			Found:    currency.Figures{Count: 2, Won: 310_000, First: 1_774_000_000, Last: 1_774_003_600},
			Receipts: []currency.ReceiptName{{Holder: "minsuminsuminsuminsumi", Seq: 3}, {Holder: "minsuminsuminsuminsumi", Seq: 4}},
		},
		{Policy: 2, Rule: "ring", Accounts: []string{"a", "b"}, Found: currency.Figures{Count: 2, Won: 2}, Receipts: []currency.ReceiptName{{Holder: "a", Seq: 1}, {Holder: "b", Seq: 1}}},
	}, 3, seoul)
	require.Equal(t, `same-shop: 2 payments at pier, 310,000 won, 2026-03-20T18:46:40+09:00 to 2026-03-20T19:46:40+09:00, 1 new; about shopshopshopshopshopsh minsuminsuminsuminsumi; --rule same-shop --policy 2 --receipt minsuminsuminsuminsumi/3,minsuminsuminsuminsumi/4
ring: 2 gifts in a ring, 2 won, 1970-01-01T09:00:00+09:00 to 1970-01-01T09:00:00+09:00, 0 new; about a b; --rule ring --policy 2 --receipt a/1,b/1
2 flags, 3 more that cases are about already
`, out.String())
}

// A day is one of the programme's calendar, which in Korea begins nine hours before UTC's.
func TestMoment(t *testing.T) {
	for text, want := range map[string]time.Time{
		"":                          {},
		"2026-11-27":                time.Date(2026, 11, 26, 15, 0, 0, 0, time.UTC),
		"2026-11-27T09:00:00+09:00": time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC),
	} {
		at, err := moment(text, seoul)
		require.NoError(t, err)
		require.True(t, at.Equal(want), "%s is %s", text, at)
	}
	_, err := moment("27 November", seoul)
	require.ErrorContains(t, err, "neither a day")
}
