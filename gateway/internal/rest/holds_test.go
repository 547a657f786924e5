// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
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

// Nobody captured in time: payer or shop have the hold given back over HTTP, nobody
// else, no sooner than the grace is over, and once.
func TestHoldTimesOutOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq := s.purse(a).Seq + 1
	path := "/v1/programs/nowon/accounts/" + a.Account() + "/holds/" + strconv.FormatInt(seq, 10) + "/release"
	release := func(by *gateway.Holder) reply {
		return s.call(http.MethodPost, path, "", "Authorization", "Order "+gatewaytest.Must(by.Read()))
	}
	now := time.Now()
	order := gatewaytest.Must(a.Authorise(currency.Authorise{Seq: seq, To: "stall", Amount: 5_000, Until: now.Add(-61 * time.Minute).Unix(), Exp: now.Unix()}))
	s.ledger.At(now.Add(-2 * time.Hour))
	_, err := s.ledger.Carry(order)
	require.NoError(t, err)
	s.ledger.At(now)
	require.Equal(t, int64(endowment-5_000), s.purse(a).Total)
	s.refused(s.call(http.MethodPost, path, ""), http.StatusUnauthorized, "READ_ORDER_MISSING")
	s.refused(release(b), http.StatusForbidden, "READ_REFUSED")
	r := release(s.Stall)
	require.Equal(t, http.StatusOK, r.status, r.body)
	credit := decode[service.Released](t, r.body).Credit
	s.refused(release(a), http.StatusConflict, "HOLD_EMPTY")
	s.created("/v1/claims", gatewaytest.Must(a.Claim(currency.Claim{Seq: seq + 1, Claims: []currency.CreditName{credit}})))
	require.Equal(t, int64(endowment), s.purse(a).Total)

	s.created("/v1/holds", gatewaytest.Must(a.Authorise(currency.Authorise{Seq: seq + 2, To: "stall", Amount: 5_000, Until: time.Now().Add(time.Minute).Unix()})))
	path = "/v1/programs/nowon/accounts/" + a.Account() + "/holds/" + strconv.FormatInt(seq+2, 10) + "/release"
	height := s.ledger.Height()
	s.refused(release(a), http.StatusUnprocessableEntity, "HOLD_OPEN")
	require.Equal(t, height, s.ledger.Height(), "nothing is sent that would be refused")
	path = "/v1/programs/nowon/accounts/" + a.Account() + "/holds/99/release"
	s.refused(release(a), http.StatusNotFound, "HOLD_UNKNOWN")
}
