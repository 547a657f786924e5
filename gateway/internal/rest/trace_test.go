// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// A resident gives to another, who spends a part: the giver sees the shop, by the
// receipt of the gift, and whose money it was; nobody else does.
func TestTraceOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	seq := s.purse(a).Seq + 1
	s.created("/v1/gifts", gatewaytest.Must(a.Gift(currency.Gift{Seq: seq, To: b.Account(), Amount: 3_000})))
	s.created("/v1/payments", gatewaytest.Must(b.Payment(currency.Payment{
		Seq: s.purse(b).Seq + 1, Claims: s.credits(b), To: "stall", Amount: endowment + 1_000,
	})))

	at := func(path string) trace.Graph {
		t.Helper()
		r := s.own(a, path)
		require.Equal(t, http.StatusOK, r.status, r.body)
		return decode[trace.Graph](t, r.body)
	}
	path := "/receipts/" + strconv.FormatInt(seq, 10)
	masked := "account/nowon/" + b.Account()[:6]
	ahead := at(path + "/trace")
	require.EqualValues(t, 3_000, ahead.Amount)
	held := map[string]int64{}
	for _, n := range ahead.Reached() {
		held[n.ID] = n.Held
	}
	// Of equal terms what came first went first: b's own, then 1,000 of the gift.
	require.Equal(t, map[string]int64{masked: 2_000, "shop/nowon/stall": 1_000}, held)
	require.NotContains(t, string(ahead.SVG()), b.Account())

	back := at(path + "/origins")
	require.Len(t, back.Origins(), 1)
	require.Equal(t, trace.KindAppropriation, back.Origins()[0].Kind)
	require.EqualValues(t, 3_000, back.Origins()[0].Entered)

	picture := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+path+"/trace", "",
		"Authorization", "Order "+gatewaytest.Must(a.Read()), "Accept", "image/svg+xml")
	require.Equal(t, http.StatusOK, picture.status, picture.body)
	require.Equal(t, "image/svg+xml", picture.header.Get("Content-Type"))
	require.NoError(t, xml.Unmarshal([]byte(picture.body), new(struct{ XMLName xml.Name })))
	for _, shown := range []string{"<title", "shop stall", "account " + b.Account()[:6], "1,000 won"} {
		require.Contains(t, picture.body, shown)
	}

	s.refused(s.own(a, "/receipts/99/trace"), http.StatusNotFound, "RECEIPT_UNKNOWN")
	s.refused(s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+path+"/trace", ""), http.StatusUnauthorized, "READ_ORDER_MISSING")
	for _, other := range []*gateway.Holder{b, s.Stall} {
		r := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+path+"/trace", "", "Authorization", "Order "+gatewaytest.Must(other.Read()))
		s.refused(r, http.StatusForbidden, "READ_REFUSED")
	}
}

// The bank names who gave a deposit, and that account alone sees where it went.
func TestTraceOfADonation(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	confirm := func(ref, donor string) {
		t.Helper()
		require.NoError(t, s.ledger.Officer("BankMSP", "cashier", "ConfirmDeposit", currency.ConfirmDeposit{
			Operation: call.Operation{Op: "confirm." + ref}, Program: "nowon", Ref: ref, Fund: "donations", Amount: 50_000, Donor: donor,
		}))
	}
	require.NoError(t, s.ledger.Officer("BankMSP", gatewaytest.Admin, "GrantRole", call.SetRole{Operation: call.Operation{Op: "cashier"}, Name: "cashier", Role: currency.RoleCashier}))
	confirm("KB-1", a.Account())
	confirm("KB-2", "")
	r := s.own(a, "/donations/KB-1/trace")
	require.Equal(t, http.StatusOK, r.status, r.body)
	g := decode[trace.Graph](t, r.body)
	require.EqualValues(t, 50_000, g.Amount)
	require.Equal(t, []trace.Node{{ID: "deposit/nowon/KB-1", Kind: trace.KindDeposit, Program: "nowon", Name: "KB-1", Entered: 50_000, Held: 50_000}}, g.Nodes)
	s.refused(s.own(b, "/donations/KB-1/trace"), http.StatusForbidden, "READ_REFUSED")
	s.refused(s.own(a, "/donations/KB-2/trace"), http.StatusForbidden, "READ_REFUSED")
	s.refused(s.own(a, "/donations/KB-3/trace"), http.StatusNotFound, "DEPOSIT_UNKNOWN")
	require.ErrorContains(t, s.ledger.Officer("BankMSP", "cashier", "ConfirmDeposit", currency.ConfirmDeposit{
		Operation: call.Operation{Op: "confirm.KB-4"}, Program: "nowon", Ref: "KB-4", Fund: "donations", Amount: 1, Donor: strings.Repeat("x", 7),
	}), "INVALID_ID")
}

// A trace that its time did not suffice for says how far it came, and to ask again.
func TestUnfinishedTrace(t *testing.T) {
	s := newSite(t, 1, service.Options{})
	a := s.Resident[0]
	s.created("/v1/payments", gatewaytest.Must(a.Payment(currency.Payment{Seq: s.purse(a).Seq + 1, To: "stall", Amount: 1_000})))
	s.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeTrace = func() error {
			return &gateway.UnfinishedTrace{Read: 70_000, Height: 2_000_000, Cause: context.DeadlineExceeded}
		}
	})
	path := "/receipts/" + strconv.FormatInt(s.purse(a).Seq, 10) + "/trace"
	r := s.own(a, path)
	s.refused(r, http.StatusServiceUnavailable, "TRACE_UNFINISHED")
	require.Contains(t, r.body, "70000 of 2000000 blocks were read")
	require.Equal(t, "1", r.header.Get("Retry-After"))
	s.ledger.Hooks(func(l *gatewaytest.Ledger) { l.BeforeTrace = nil })
	require.Equal(t, http.StatusOK, s.own(a, path).status)
}
