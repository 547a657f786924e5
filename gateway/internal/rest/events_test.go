// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/till"
)

// listening serves a town whose blocks can be heard.
func listening(t *testing.T, residents int) (s *site, breaks chan struct{}) {
	t.Helper()
	s = newSite(t, residents, service.Options{})
	breaks = make(chan struct{})
	svc, err := service.New(service.Options{}, service.Route{
		Place: gatewaytest.Place, Ledger: s.ledger, Chain: gatewaytest.Chain{Ledger: s.ledger, Breaks: breaks},
	})
	require.NoError(t, err)
	s.server = httptest.NewServer(rest.New(svc))
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, svc.Close(ctx))
		s.server.Close()
	})
	return s, breaks
}

func (s *site) hear(h *gateway.Holder, after *till.Position) till.Options {
	return till.Options{URL: s.server.URL, Program: "nowon", Account: h.Account(), Read: h.Read, After: after, Pause: time.Millisecond}
}

// The till hears each payment once and in order, while its line, and the gateway's to
// its peer, break again and again.
func TestTillHearsEachPaymentThoughLinesBreak(t *testing.T) {
	s, breaks := listening(t, 2)
	a := s.Resident[0]
	const payments = 60
	start := &till.Position{Block: s.ledger.Height()}
	paid := make(chan error, 1)
	go func() {
		defer close(paid)
		for i := range payments {
			order, err := a.Payment(currency.Payment{Seq: int64(i) + 2, To: "stall", Amount: 1, Ref: fmt.Sprint(i)})
			if err == nil {
				_, err = s.ledger.Carry(order)
			}
			if err != nil {
				paid <- err
				return
			}
			switch i % 10 {
			case 3:
				s.server.CloseClientConnections()
			case 7:
				select {
				case breaks <- struct{}{}:
				case <-time.After(time.Second):
				}
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var last till.Position
	heard := 0
	for e, err := range till.Listen(ctx, s.hear(s.Stall, start)) {
		require.NoError(t, err, "after %d of %d", heard, payments)
		require.Equal(t, till.Paid, e.Type)
		require.Positive(t, e.ID.Compare(last))
		last = e.ID
		require.Equal(t, fmt.Sprint(heard), e.Receipt.Ref)
		require.Equal(t, a.Account(), e.Receipt.Account)
		require.EqualValues(t, 1, e.Receipt.Amount)
		require.True(t, e.Receipt.Used[0].IsPlain(), "the shop hears no kinds of value")
		if heard++; heard == payments {
			break
		}
	}
	require.NoError(t, <-paid)

	// Opened anew behind an event in the middle, the rest comes again.
	middle := last
	for e, err := range till.Listen(ctx, s.hear(s.Stall, start)) {
		require.NoError(t, err)
		if e.Receipt.Ref == "30" {
			middle = e.ID
			break
		}
	}
	for e, err := range till.Listen(ctx, s.hear(s.Stall, &middle)) {
		require.NoError(t, err)
		require.Equal(t, "31", e.Receipt.Ref)
		break
	}
}

// A resident hears what comes and what the own orders did, and nothing of others.
func TestResidentHearsTheOwn(t *testing.T) {
	s, _ := listening(t, 3)
	a, b, c := s.Resident[0], s.Resident[1], s.Resident[2]
	start := &till.Position{Block: s.ledger.Height()}
	s.created("/v1/gifts", gatewaytest.Must(a.Gift(currency.Gift{Seq: 2, To: b.Account(), Amount: 700})))
	s.created("/v1/payments", gatewaytest.Must(c.Payment(currency.Payment{Seq: 2, To: "stall", Amount: 5})))
	s.created("/v1/payments", gatewaytest.Must(b.Payment(currency.Payment{Seq: 2, To: "stall", Amount: 9})))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var events []till.Event
	for e, err := range till.Listen(ctx, s.hear(b, start)) {
		require.NoError(t, err)
		if events = append(events, e); len(events) == 2 {
			break
		}
	}
	require.Equal(t, till.Received, events[0].Type)
	require.Equal(t, currency.CreditGift, events[0].Credit.Kind)
	require.EqualValues(t, 700, events[0].Credit.Amount)
	require.Equal(t, a.Account(), events[0].Credit.From)
	require.Contains(t, s.credits(b), events[0].Credit.Name)
	require.Equal(t, till.Carried, events[1].Type)
	require.EqualValues(t, 2, events[1].Receipt.Seq)
}

func TestListeningIsTheOwnersOnly(t *testing.T) {
	s, _ := listening(t, 2)
	a, b := s.Resident[0], s.Resident[1]
	path := "/v1/programs/nowon/accounts/" + a.Account() + "/events"
	s.refused(s.call(http.MethodGet, path, ""), http.StatusUnauthorized, "READ_ORDER_MISSING")
	s.refused(s.call(http.MethodGet, path, "", "Authorization", "Order "+gatewaytest.Must(b.Read())), http.StatusForbidden, "READ_REFUSED")
	for _, id := range []string{"7", "1.2", "-1.0.0", "01.0.0", "1.2.3.4", "1.2.99999999999"} {
		s.refused(s.call(http.MethodGet, path, "", "Authorization", "Order "+gatewaytest.Must(a.Read()), "Last-Event-ID", id), http.StatusBadRequest, "BAD_REQUEST")
	}
	o := s.hear(a, nil)
	o.Read = b.Read
	for _, err := range till.Listen(t.Context(), o) {
		var refused *till.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "READ_REFUSED", refused.Code)
	}
}
