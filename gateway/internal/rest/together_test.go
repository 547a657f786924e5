// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// One order over HTTP pays with the value of two programmes, or with none of it.
func TestJointPaymentOverHTTP(t *testing.T) {
	s := newSite(t, 1, service.Options{})
	a := s.Resident[0]
	there := a.In("bazaar")
	second := gatewaytest.NewTown(t, s.ledger, gatewaytest.Place, "bazaar")
	second.Resident = []*gateway.Holder{there}
	s.created("/v1/accounts", gatewaytest.Must(there.Open("")))
	second.Issue(5_000)
	read := func(path string) reply {
		return s.call(http.MethodGet, "/v1/programs/bazaar/accounts/"+there.Account()+path, "", "Authorization", "Order "+gatewaytest.Must(there.Read()))
	}
	waiting := decode[struct {
		Records []struct{ Key []string }
	}](t, read("/credits").body).Records
	require.Len(t, waiting, 1)
	credit := currency.NewCreditName(waiting[0].Key[0], 0)

	o := currency.PayTogether{
		Seq: s.purse(a).Seq + 1, To: "stall", Amount: 4_000,
		Others: []currency.OtherPayment{{Program: "bazaar", Seq: 1, To: "stall", Amount: 5_001, Claims: []currency.CreditName{credit}}},
	}
	s.refused(s.post("/v1/joint-payments", gatewaytest.Must(a.PayTogether(o))), http.StatusUnprocessableEntity, "INSUFFICIENT_FUNDS")
	require.EqualValues(t, endowment, s.purse(a).Total)
	o.Others[0].Amount = 5_000
	order := gatewaytest.Must(a.PayTogether(o))
	s.created("/v1/joint-payments", order)
	require.Equal(t, http.StatusOK, s.post("/v1/joint-payments", order).status, "sent again")
	require.EqualValues(t, endowment-4_000, s.purse(a).Total)
	receipt := decode[currency.ReceiptView](t, read("/receipts/1").body)
	require.Equal(t, []string{"nowon"}, receipt.With)
	require.EqualValues(t, 5_000, receipt.Amount)
}
