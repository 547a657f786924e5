// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/till"
)

// A refund arrives at an account that its holder closed. Once two officers gave it to
// the same person's other account, that account sees it and has it moved, and nobody
// else does.
func TestForwardCreditsOverHTTP(t *testing.T) {
	s, _ := listening(t, 2)
	old, other := s.Resident[0], s.Resident[1]
	for _, order := range s.Join(1) {
		s.created("/v1/accounts", order)
	}
	fresh := s.Resident[2]
	seq := s.purse(old).Seq + 1
	s.created("/v1/payments", gatewaytest.Must(old.Payment(currency.Payment{Seq: seq, To: "stall", Amount: endowment})))
	s.created("/v1/closures", gatewaytest.Must(old.Close(currency.Close{Seq: seq + 1})))
	s.created("/v1/refunds", gatewaytest.Must(s.Stall.Refund(currency.Refund{
		Seq: s.purse(s.Stall).Seq + 1, Payment: currency.ReceiptName{Holder: old.Account(), Seq: seq}, Amount: 4_000, Claims: s.credits(s.Stall),
	})))
	path := "/v1/programs/nowon/accounts/" + old.Account() + "/credits"
	ask := func(method, path string, by *gateway.Holder) reply {
		return s.call(method, path, "", "Authorization", "Order "+gatewaytest.Must(by.Read()))
	}
	waiting := s.credits(old)
	require.Len(t, waiting, 1, "shown to who closed it")
	s.refused(s.call(http.MethodPost, path+"/forward", ""), http.StatusUnauthorized, "READ_ORDER_MISSING")
	s.refused(ask(http.MethodPost, path+"/forward", old), http.StatusConflict, "HOLDER_STATE")
	s.refused(ask(http.MethodGet, path, fresh), http.StatusForbidden, "READ_REFUSED")
	s.refused(ask(http.MethodPost, path+"/forward", fresh), http.StatusForbidden, "READ_REFUSED")

	op := func(id string) call.Operation { return call.Operation{Op: id} }
	require.NoError(t, s.ledger.Officer("BankMSP", gatewaytest.Admin, "GrantRole", call.SetRole{Operation: op("grant"), Name: "second", Role: currency.RoleApprover}))
	recovery := currency.ProposeRecovery{Operation: op("propose"), Program: "nowon", Account: old.Account(), DID: fresh.DID()}
	now := time.Now()
	s.ledger.At(now.Add(-73 * time.Hour))
	require.NoError(t, s.ledger.Officer("KomscoMSP", "guard", "ProposeRecovery", recovery))
	s.ledger.At(now)
	recovery.Operation = op("approve-recovery")
	require.NoError(t, s.ledger.Officer("BankMSP", "second", "ApproveRecovery", recovery))

	s.refused(ask(http.MethodPost, path+"/forward", old), http.StatusForbidden, "READ_REFUSED")
	s.refused(ask(http.MethodPost, path+"/forward", other), http.StatusForbidden, "READ_REFUSED")
	r := ask(http.MethodGet, path, fresh)
	require.Len(t, decode[call.Page[currency.Credit]](t, r.body).Records, 1, r.body)
	r = ask(http.MethodPost, path+"/forward", fresh)
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.Equal(t, currency.Forwarded{Account: fresh.Account(), Moved: waiting}, decode[currency.Forwarded](t, r.body))
	height := s.ledger.Height()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for e, err := range till.Listen(ctx, s.hear(fresh, &till.Position{Block: height - 1})) {
		require.NoError(t, err)
		require.Equal(t, till.Received, e.Type)
		require.Equal(t, till.Incoming{Name: waiting[0], Kind: currency.CreditRefund, From: "stall", Amount: 4_000}, *e.Credit)
		break
	}
	require.Equal(t, currency.Forwarded{Account: fresh.Account()}, decode[currency.Forwarded](t, ask(http.MethodPost, path+"/forward", fresh).body))
	require.Equal(t, height, s.ledger.Height(), "where nothing waits nothing is sent")
	s.created("/v1/claims", gatewaytest.Must(fresh.Claim(currency.Claim{Seq: 1, Claims: s.credits(fresh)})))
	require.EqualValues(t, 4_000, s.purse(fresh).Total)
}

// A stall takes in money and claims none of it: who waits for its refund has it
// out of there.
func TestForwardTakingsOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq, till := s.purse(a).Seq+1, s.purse(s.Stall).Seq
	s.created("/v1/payments", gatewaytest.Must(a.Payment(currency.Payment{Seq: seq, To: "stall", Amount: 5_000})))
	s.created("/v1/redemptions", gatewaytest.Must(s.Stall.Redeem(currency.Redeem{Seq: till + 1, Amount: 5_000, Claims: s.credits(s.Stall)})))
	name := currency.ReceiptName{Holder: a.Account(), Seq: seq}
	path := "/v1/programs/nowon/accounts/" + a.Account() + "/receipts/" + strconv.FormatInt(seq, 10) + "/waiting-refund/forward"
	forward := func(by *gateway.Holder) reply {
		return s.call(http.MethodPost, path, "", "Authorization", "Order "+gatewaytest.Must(by.Read()))
	}
	s.refused(forward(a), http.StatusNotFound, "REFUND_UNKNOWN")
	s.created("/v1/refunds", gatewaytest.Must(s.Stall.Refund(currency.Refund{Seq: till + 2, Payment: name, Amount: 5_000, Wait: true})))
	height := s.ledger.Height()
	s.refused(forward(a), http.StatusUnprocessableEntity, "NOTHING_CLAIMED")
	s.refused(s.call(http.MethodPost, path, ""), http.StatusUnauthorized, "READ_ORDER_MISSING")
	require.Equal(t, height, s.ledger.Height(), "nothing is sent that would be refused")

	for i := range int64(3) { // 2,000 each: two and a half of them are needed
		s.created("/v1/payments", gatewaytest.Must(b.Payment(currency.Payment{Seq: s.purse(b).Seq + 1, To: "stall", Amount: 2_000, Ref: "bill-" + strconv.FormatInt(i, 10)})))
	}
	s.refused(forward(b), http.StatusForbidden, "READ_REFUSED")
	r := forward(a)
	require.Equal(t, http.StatusOK, r.status, r.body)
	done := decode[currency.TakingsForwarded](t, r.body)
	require.EqualValues(t, 5_000, done.Amount)
	require.Zero(t, done.Waiting)
	s.refused(forward(a), http.StatusNotFound, "REFUND_UNKNOWN")
	s.created("/v1/claims", gatewaytest.Must(a.Claim(currency.Claim{Seq: seq + 1, Claims: []currency.CreditName{done.Credit}})))
	require.EqualValues(t, endowment, s.purse(a).Total)
	s.created("/v1/redemptions", gatewaytest.Must(s.Stall.Redeem(currency.Redeem{Seq: till + 3, Amount: 1_000, Claims: s.credits(s.Stall)})))
}
