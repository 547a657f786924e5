// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// A culture voucher given for books and concerts cannot buy game items, be given
// away or turned into cash, and the bookshop cannot spend it on.
func (m *money) case11voucher(t *testing.T) {
	rules := demo.Rules
	rules.Gifts, rules.Categories, rules.BonusRate = false, nil, 0
	rules.Uses = []currency.Use{{Categories: []string{"books", "concert"}}}
	town, err := demo.Found(t.Context(), m.p, "culture", rules)
	require.NoError(t, err)
	require.NoError(t, town.Appropriate(t.Context(), "culture", 1_000_000))
	books, err := town.Register(t.Context(), "bookshop", "11350", "books")
	require.NoError(t, err)
	_, err = town.Register(t.Context(), "arcade", "11350", "games")
	require.NoError(t, err)
	hana, jisoo := person(t, town, "hana"), person(t, town, "jisoo")
	done, err := m.officer(t, "CityMSP", "issuer").Issue(t.Context(), gateway.Issue{
		Program: town.Program, Run: "spring", Unit: "KRW", Source: currency.Benefit, Rows: []currency.Row{{To: hana.Account(), Amount: 100_000}},
		Draws: []currency.Draw{{Appropriation: "culture", Amount: 100_000}},
	})
	require.NoError(t, err)
	require.Empty(t, done.Failed)
	require.NoError(t, town.Look(t.Context(), hana))
	order, err := hana.Collect()
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/claims", order, nil))

	refused := func(path, code, says string, order string, err error) {
		t.Helper()
		require.NoError(t, err)
		err = town.API.Order(t.Context(), path, order, nil)
		require.True(t, demo.IsCode(err, code), "%v", err)
		require.Contains(t, err.Error(), says)
		hana.Seq--
	}
	order, err = hana.Pay("arcade", 5_000)
	refused("/v1/payments", "INSUFFICIENT_FUNDS", "100000 not for category games", order, err)
	order, err = hana.Give(jisoo.Account(), 5_000)
	refused("/v1/gifts", "GIFTS_OFF", "", order, err)
	hana.Seq++
	order, err = hana.CashOut(currency.CashOut{Seq: hana.Seq, Payout: strings.Repeat("ab", 32)})
	refused("/v1/cash-refunds", "NOT_CASHABLE", "", order, err)

	order, err = hana.Pay("bookshop", 18_000)
	require.NoError(t, err)
	require.NoError(t, town.API.Order(t.Context(), "/v1/payments", order, nil))
	require.EqualValues(t, 82_000, purseOf(t, town, hana).Total)
	require.NoError(t, town.Look(t.Context(), books.Resident))
	order, err = books.Pay("arcade", 18_000)
	require.NoError(t, err)
	err = town.API.Order(t.Context(), "/v1/payments", order, nil)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "the bookshop holds plain won, which the bank pays out: %v", err)
}
