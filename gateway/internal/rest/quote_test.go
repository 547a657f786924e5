// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// A shop says over HTTP that it takes a tenth of each bill; a quote tells the
// payer what that means before paying, and paying agrees with it.
func TestQuoteOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq := s.purse(a).Seq
	s.created("/v1/shares", gatewaytest.Must(s.Stall.SetShare(currency.SetShare{Seq: s.purse(s.Stall).Seq + 1, Share: 1000})))

	quote := func(query string) currency.Quote {
		t.Helper()
		r := s.own(a, "/quote?"+query)
		require.Equal(t, http.StatusOK, r.status, r.body)
		return decode[currency.Quote](t, r.body)
	}
	good := quote("to=stall&amount=1000&bill=10000&ref=bill-1")
	require.Empty(t, good.Code)
	require.EqualValues(t, endowment, good.Most)
	require.EqualValues(t, 1_000, currency.Total(good.Used))
	require.Equal(t, "BILL_MISSING", quote("to=stall&amount=1000").Code)
	require.Equal(t, "BILL_SHARE", quote("to=stall&amount=1001&bill=10000&ref=bill-1").Code)
	s.refused(s.own(a, "/quote?to=nowhere&amount=1"), http.StatusNotFound, "MERCHANT_UNKNOWN")
	s.refused(s.own(a, "/quote?to=stall"), http.StatusBadRequest, "BAD_REQUEST")
	other := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+"/quote?to=stall&amount=1", "", "Authorization", "Order "+gatewaytest.Must(b.Read()))
	s.refused(other, http.StatusForbidden, "READ_REFUSED")

	over := currency.Payment{Seq: seq + 1, To: "stall", Amount: 1_001, Bill: 10_000, Ref: "bill-1"}
	s.refused(s.post("/v1/payments", gatewaytest.Must(a.Payment(over))), http.StatusUnprocessableEntity, "BILL_SHARE")
	over.Amount = 1_000
	s.created("/v1/payments", gatewaytest.Must(a.Payment(over)))
	require.Equal(t, "BILL_SHARE", quote("to=stall&amount=1&bill=10000&ref=bill-1").Code, "the same bill again")
}
