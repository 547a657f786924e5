// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// A hold from authorisation to closing the account, over HTTP.
func TestHoldOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq := s.purse(a).Seq
	until := time.Now().Add(time.Hour).Unix()
	s.created("/v1/holds", gatewaytest.Must(a.Authorise(currency.Authorise{Seq: seq + 1, To: "stall", Amount: 5_000, Until: until})))
	require.Equal(t, int64(endowment-5_000), s.purse(a).Total)
	name := currency.ReceiptName{Holder: a.Account(), Seq: seq + 1}
	till := s.purse(s.Stall).Seq
	s.created("/v1/captures", gatewaytest.Must(s.Stall.Capture(currency.Capture{Seq: till + 1, Hold: name, Amount: 2_000})))
	held := decode[currency.Hold](t, s.own(a, "/holds/"+strconv.FormatInt(name.Seq, 10)).body)
	require.Equal(t, int64(2_000), held.Captured)
	require.Equal(t, int64(3_000), currency.Total(held.Parts))
	other := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+"/holds/"+strconv.FormatInt(name.Seq, 10), "", "Authorization", "Order "+gatewaytest.Must(b.Read()))
	s.refused(other, http.StatusForbidden, "READ_REFUSED")
	s.created("/v1/voids", gatewaytest.Must(s.Stall.Void(currency.Void{Seq: till + 2, Hold: name})))
	s.created("/v1/claims", gatewaytest.Must(a.Claim(currency.Claim{Seq: seq + 2, Claims: s.credits(a)})))
	require.Equal(t, int64(endowment-2_000), s.purse(a).Total)
	require.Equal(t, int64(2_000), s.purse(s.Stall).Total)

	s.refused(s.post("/v1/closures", gatewaytest.Must(a.Close(currency.Close{Seq: seq + 3}))), http.StatusUnprocessableEntity, "NOT_EMPTY")
}
