// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// A stall that was paid out owes a refund, and gives it out of its next takings.
func TestWaitingRefundOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq, till := s.purse(a).Seq+1, s.purse(s.Stall).Seq
	s.created("/v1/payments", gatewaytest.Must(a.Payment(currency.Payment{Seq: seq, To: "stall", Amount: 5_000})))
	s.created("/v1/redemptions", gatewaytest.Must(s.Stall.Redeem(currency.Redeem{Seq: till + 1, Amount: 5_000, Claims: s.credits(s.Stall)})))
	name := currency.ReceiptName{Holder: a.Account(), Seq: seq}
	s.refused(s.post("/v1/refunds", gatewaytest.Must(s.Stall.Refund(currency.Refund{Seq: till + 2, Payment: name, Amount: 5_000}))), http.StatusUnprocessableEntity, "INSUFFICIENT_FUNDS")
	s.created("/v1/refunds", gatewaytest.Must(s.Stall.Refund(currency.Refund{Seq: till + 2, Payment: name, Amount: 5_000, Wait: true})))

	receipt := func() currency.ReceiptView {
		return decode[currency.ReceiptView](t, s.own(a, "/receipts/"+strconv.FormatInt(seq, 10)).body)
	}
	require.Equal(t, int64(5_000), receipt().Waiting)
	waiting := decode[call.Page[currency.Due]](t, s.own(s.Stall, "/waiting-refunds").body)
	require.Len(t, waiting.Records, 1)
	require.Equal(t, int64(5_000), currency.Total(waiting.Records[0].Record.Parts))
	s.refused(s.own(a, "/waiting-refunds"), http.StatusUnprocessableEntity, "NOT_MERCHANT")
	complete := func(seq int64, claims ...currency.CreditName) string {
		return gatewaytest.Must(s.Stall.CompleteRefund(currency.CompleteRefund{Seq: seq, Payment: name, Claims: claims}))
	}
	s.refused(s.post("/v1/refund-completions", complete(till+3)), http.StatusUnprocessableEntity, "INSUFFICIENT_FUNDS")

	s.created("/v1/payments", gatewaytest.Must(b.Payment(currency.Payment{Seq: s.purse(b).Seq + 1, To: "stall", Amount: 7_000})))
	s.created("/v1/refund-completions", complete(till+3, s.credits(s.Stall)...))
	require.Zero(t, receipt().Waiting)
	require.Equal(t, int64(5_000), receipt().Refunded)
	require.Equal(t, int64(2_000), s.purse(s.Stall).Total)
	s.refused(s.post("/v1/refund-completions", complete(till+4)), http.StatusNotFound, "REFUND_UNKNOWN")
}
