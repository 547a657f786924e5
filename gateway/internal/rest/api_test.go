// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

const endowment = 10_000

// site is the API over a town on an in-memory ledger.
type site struct {
	*gatewaytest.Town
	t      *testing.T
	ledger *gatewaytest.Ledger
	server *httptest.Server
}

func newSite(t *testing.T, residents int, o service.Options) *site {
	t.Helper()
	ledger := gatewaytest.NewLedger(t)
	ledger.At(time.Now())
	s := &site{t: t, ledger: ledger, Town: gatewaytest.NewTown(t, ledger, gatewaytest.Place, "nowon")}
	svc, err := service.New(o, service.Route{Place: gatewaytest.Place, Ledger: ledger})
	require.NoError(t, err)
	s.server = httptest.NewServer(rest.New(svc))
	t.Cleanup(func() {
		s.server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, svc.Close(ctx))
	})
	for _, order := range s.Join(residents) {
		s.created("/v1/accounts", order)
	}
	s.Issue(endowment)
	for _, h := range s.Resident {
		s.created("/v1/claims", gatewaytest.Must(h.Claim(currency.Claim{Seq: 1, Claims: s.credits(h)})))
	}
	return s
}

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) call(method, path, body string, header ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(s.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return reply{res.StatusCode, res.Header, string(raw)}
}

func (s *site) post(path, order string, header ...string) reply {
	s.t.Helper()
	return s.call(http.MethodPost, path, `{"order":"`+order+`"}`, header...)
}

func (s *site) created(path, order string) service.Result {
	s.t.Helper()
	r := s.post(path, order)
	require.Equal(s.t, http.StatusCreated, r.status, r.body)
	return decode[service.Result](s.t, r.body)
}

func (s *site) own(h *gateway.Holder, rest string) reply {
	s.t.Helper()
	return s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+h.Account()+rest, "", "Authorization", "Order "+gatewaytest.Must(h.Read()))
}

func (s *site) purse(h *gateway.Holder) currency.PurseView {
	s.t.Helper()
	r := s.own(h, "")
	require.Equal(s.t, http.StatusOK, r.status, r.body)
	return decode[currency.PurseView](s.t, r.body)
}

func (s *site) credits(h *gateway.Holder) []currency.CreditName {
	s.t.Helper()
	r := s.own(h, "/credits")
	require.Equal(s.t, http.StatusOK, r.status, r.body)
	var names []currency.CreditName
	for _, e := range decode[call.Page[currency.Credit]](s.t, r.body).Records {
		names = append(names, gatewaytest.Must(gateway.CreditName(e)))
	}
	return names
}

// refused checks that an answer is a problem of this code.
func (s *site) refused(r reply, status int, code string) rest.Problem {
	s.t.Helper()
	require.Equal(s.t, status, r.status, r.body)
	require.Equal(s.t, "application/problem+json", r.header.Get("Content-Type"), r.body)
	p := decode[rest.Problem](s.t, r.body)
	require.Equal(s.t, code, p.Code, r.body)
	require.Equal(s.t, status, p.Status)
	require.Equal(s.t, "/v1/errors#"+code, p.Type)
	require.NotEmpty(s.t, p.Title)
	return p
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

func payment(h *gateway.Holder, seq, amount int64) string {
	return gatewaytest.Must(h.Payment(currency.Payment{Seq: seq, To: "stall", Amount: amount}))
}

func TestADayAtTheStall(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]

	order := payment(a, 2, 3_000)
	paid := s.created("/v1/payments", order)
	require.Equal(t, service.StatusCommitted, paid.Status)
	require.Equal(t, a.Account(), paid.Account)
	require.Equal(t, int64(2), paid.Seq)

	again := s.post("/v1/payments", order)
	require.Equal(t, http.StatusOK, again.status)
	require.Equal(t, "true", again.header.Get("Idempotency-Hit"))
	require.Equal(t, paid.Tx, decode[service.Result](t, again.body).Tx)

	s.created("/v1/gifts", gatewaytest.Must(a.Gift(currency.Gift{Seq: 3, To: b.Account(), Amount: 500})))
	s.created("/v1/claims", gatewaytest.Must(b.Claim(currency.Claim{Seq: 2, Claims: s.credits(b)})))
	require.Equal(t, int64(endowment+500), s.purse(b).Total)

	s.created("/v1/refunds", gatewaytest.Must(s.Stall.Refund(currency.Refund{
		Seq: 1, Amount: 1_000, Payment: currency.ReceiptName{Holder: a.Account(), Seq: 2}, Claims: s.credits(s.Stall),
	})))
	s.created("/v1/redemptions", gatewaytest.Must(s.Stall.Redeem(currency.Redeem{Seq: 2, Amount: 2_000})))
	claimed := s.own(s.Stall, "/redemptions/2")
	require.Equal(t, http.StatusOK, claimed.status, claimed.body)
	require.Equal(t, int64(2_000), decode[currency.Redemption](t, claimed.body).Amount)
	other := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+s.Stall.Account()+"/redemptions/2", "", "Authorization", "Order "+gatewaytest.Must(a.Read()))
	s.refused(other, http.StatusForbidden, "READ_REFUSED")
	s.created("/v1/orders", gatewaytest.Must(a.Claim(currency.Claim{Seq: 4, Claims: s.credits(a)})))
	require.Equal(t, int64(endowment-3_000-500+1_000), s.purse(a).Total)

	receipt := decode[currency.ReceiptView](t, s.own(a, "/receipts/2").body)
	require.Equal(t, paid.Tx, receipt.Tx)
	require.Equal(t, int64(1_000), receipt.Refunded)
	// The merchant who was paid sees it too.
	seen := s.call(http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+"/receipts/2", "", "Authorization", "Order "+gatewaytest.Must(s.Stall.Read()))
	require.Equal(t, http.StatusOK, seen.status, seen.body)

	page := decode[call.Page[currency.Receipt]](t, s.own(a, "/receipts?limit=3").body)
	require.Len(t, page.Records, 3)
	rest := decode[call.Page[currency.Receipt]](t, s.own(a, "/receipts?limit=3&bookmark="+page.Next).body)
	require.Len(t, rest.Records, 1)

	require.Equal(t, "Town voucher", decode[currency.Program](t, s.call(http.MethodGet, "/v1/programs/nowon", "").body).Title)
	require.Equal(t, 1, decode[currency.Policy](t, s.call(http.MethodGet, "/v1/programs/nowon/policy", "").body).Version)
	require.Equal(t, "food", decode[currency.Merchant](t, s.call(http.MethodGet, "/v1/programs/nowon/merchants/stall", "").body).Category)
}

func TestAsynchronousOrder(t *testing.T) {
	for _, how := range []struct {
		query  string
		header []string
	}{
		{"?wait=accepted", nil},
		{"", []string{"Prefer", "wait=10, Respond-Async"}},
	} {
		s := newSite(t, 1, service.Options{})
		r := s.post("/v1/payments"+how.query, payment(s.Resident[0], 2, 100), how.header...)
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		require.Equal(t, "respond-async", r.header.Get("Preference-Applied"))
		require.Eventually(t, func() bool {
			return decode[service.Result](t, s.call(http.MethodGet, r.header.Get("Location"), "").body).Status == service.StatusCommitted
		}, 10*time.Second, 5*time.Millisecond)

		r = s.post("/v1/payments"+how.query, payment(s.Resident[0], 3, endowment), how.header...)
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		require.Eventually(t, func() bool {
			result := decode[service.Result](t, s.call(http.MethodGet, r.header.Get("Location"), "").body)
			return result.Status == service.StatusFailed && result.Code == "INSUFFICIENT_FUNDS"
		}, 10*time.Second, 5*time.Millisecond)
	}
}

// An order that was refused and is sent again is told to be on its way, not what
// became of it before.
func TestOrderSentAgainIsOnItsWay(t *testing.T) {
	s := newSite(t, 1, service.Options{})
	early := payment(s.Resident[0], 3, 100)
	r := s.post("/v1/payments", early)
	s.refused(r, http.StatusConflict, "SEQ_AHEAD")
	require.Equal(t, http.StatusCreated, s.post("/v1/payments", payment(s.Resident[0], 2, 100)).status)
	r = s.post("/v1/payments?wait=accepted", early)
	require.Equal(t, http.StatusAccepted, r.status, r.body)
	require.NotEqual(t, service.StatusFailed, decode[service.Result](t, r.body).Status, r.body)
	require.Eventually(t, func() bool {
		return decode[service.Result](t, s.call(http.MethodGet, r.header.Get("Location"), "").body).Status == service.StatusCommitted
	}, 10*time.Second, 5*time.Millisecond)
}

func TestStatusOfAnOrderNeverSeen(t *testing.T) {
	s := newSite(t, 0, service.Options{})
	r := s.call(http.MethodGet, "/v1/orders/"+strings.Repeat("0", 64), "")
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, service.StatusUnknown, decode[service.Result](t, r.body).Status)
}

func TestBatchOfOrders(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	orders := []string{payment(s.Resident[0], 2, 10), payment(s.Resident[1], 2, endowment+1), "nonsense", payment(s.Resident[0], 3, 10)}
	r := s.call(http.MethodPost, "/v1/orders:batch", string(gatewaytest.Must(json.Marshal(map[string]any{"orders": orders}))))
	require.Equal(t, http.StatusOK, r.status, r.body)
	items := decode[struct{ Items []rest.BatchItem }](t, r.body).Items
	require.Len(t, items, 4)
	require.Equal(t, service.StatusCommitted, items[0].Result.Status)
	require.Equal(t, "INSUFFICIENT_FUNDS", items[1].Problem.Code)
	require.Equal(t, "BAD_JWS", items[2].Problem.Code)
	require.Equal(t, int64(3), items[3].Result.Seq)
}

// TestBadRequests tries what nobody should send; none of it changes anything.
func TestBadRequests(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	good := payment(a, 2, 10)
	elsewhere := gatewaytest.Must(gateway.NewWallet(gatewaytest.Must(gateway.NewKey()),
		currency.Place{Network: "other", Channel: gatewaytest.Place.Channel, Chaincode: gatewaytest.Place.Chaincode})).In("nowon")
	stranger := gatewaytest.Must(gateway.NewWallet(gatewaytest.Must(gateway.NewKey()), gatewaytest.Place)).In("nowon")
	height := s.ledger.Height()

	expired := gatewaytest.Must(a.Payment(currency.Payment{Seq: 2, To: "stall", Amount: 1, Exp: time.Now().Add(-time.Minute).Unix()}))
	signature := strings.LastIndexByte(good, '.') + 1
	forged := good[:signature] + strings.Repeat("A", 86)
	for _, c := range []struct {
		name   string
		r      reply
		status int
		code   string
	}{
		{"not JSON", s.call("POST", "/v1/payments", `{"order"`), 400, "BAD_REQUEST"},
		{"no body", s.call("POST", "/v1/payments", ""), 400, "BAD_REQUEST"},
		{"unknown field", s.call("POST", "/v1/payments", `{"order":"`+good+`","tip":1}`), 400, "BAD_REQUEST"},
		{"field in another case", s.call("POST", "/v1/payments", `{"Order":"`+good+`"}`), 400, "BAD_REQUEST"},
		{"no order", s.call("POST", "/v1/payments", `{}`), 400, "BAD_REQUEST"},
		{"empty order", s.post("/v1/payments", ""), 400, "BAD_REQUEST"},
		{"order is a number", s.call("POST", "/v1/payments", `{"order":7}`), 400, "BAD_REQUEST"},
		{"an array", s.call("POST", "/v1/payments", `["`+good+`"]`), 400, "BAD_REQUEST"},
		{"something behind the JSON", s.call("POST", "/v1/payments", `{"order":"`+good+`"}{}`), 400, "BAD_REQUEST"},
		{"too large", s.call("POST", "/v1/payments", `{"order":"`+strings.Repeat("A", 1<<20)+`"}`), 413, "BODY_TOO_LARGE"},
		{"not JSON by its type", s.call("POST", "/v1/payments", "order="+good, "Content-Type", "text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"a form", s.call("POST", "/v1/payments", "order="+good, "Content-Type", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"unknown query parameter", s.call("POST", "/v1/payments?wiat=commit", `{"order":"`+good+`"}`), 400, "BAD_REQUEST"},
		{"unknown wait", s.call("POST", "/v1/payments?wait=forever", `{"order":"`+good+`"}`), 400, "BAD_REQUEST"},
		{"nothing there", s.call("GET", "/v1/nothing", ""), 404, "NOT_FOUND"},
		{"wrong method", s.call("DELETE", "/v1/payments", ""), 405, "METHOD_NOT_ALLOWED"},
		{"no orders", s.call("POST", "/v1/orders:batch", `{"orders":[]}`), 400, "BAD_REQUEST"},

		{"unsigned", s.post("/v1/payments", good[:signature]), 400, "BAD_JWS"},
		{"forged", s.post("/v1/payments", forged), 401, "BAD_SIGNATURE"},
		{"of another type", s.post("/v1/gifts", good), 400, "WRONG_ORDER"},
		{"a read order", s.post("/v1/orders", gatewaytest.Must(a.Read())), 400, "WRONG_ORDER"},
		{"for another network", s.post("/v1/payments", payment(elsewhere, 1, 1)), 403, "ORDER_ELSEWHERE"},
		{"seq ahead", s.post("/v1/payments", payment(a, 9, 1)), 409, "SEQ_AHEAD"},
		{"seq used", s.post("/v1/payments", payment(a, 1, 1)), 409, "SEQ_USED"},
		{"expired", s.post("/v1/payments", expired), 422, "ORDER_EXPIRED"},
		{"too little", s.post("/v1/payments", payment(a, 2, endowment+1)), 422, "INSUFFICIENT_FUNDS"},
		{"no account", s.post("/v1/payments", payment(stranger, 1, 1)), 404, "HOLDER_UNKNOWN"},

		{"unknown programme", s.call("GET", "/v1/programs/nowhere", ""), 404, "PROGRAM_UNKNOWN"},
		{"malformed programme", s.call("GET", "/v1/programs/no%20where", ""), 400, "INVALID_ID"},
		{"unknown merchant", s.call("GET", "/v1/programs/nowon/merchants/nobody", ""), 404, "MERCHANT_UNKNOWN"},
		{"unknown policy", s.call("GET", "/v1/programs/nowon/policy?version=7", ""), 404, "POLICY_UNKNOWN"},
		{"policy that is no number", s.call("GET", "/v1/programs/nowon/policy?version=x", ""), 400, "BAD_REQUEST"},
		{"malformed digest", s.call("GET", "/v1/orders/xyz", ""), 400, "BAD_REQUEST"},

		{"purse without a read order", s.call("GET", "/v1/programs/nowon/accounts/"+a.Account(), ""), 401, "READ_ORDER_MISSING"},
		{"purse with a bearer token", s.call("GET", "/v1/programs/nowon/accounts/"+a.Account(), "", "Authorization", "Bearer x"), 401, "READ_ORDER_MISSING"},
		{"purse with nonsense", s.call("GET", "/v1/programs/nowon/accounts/"+a.Account(), "", "Authorization", "Order x"), 400, "BAD_JWS"},
		{"purse with a payment", s.call("GET", "/v1/programs/nowon/accounts/"+a.Account(), "", "Authorization", "Order "+good), 400, "WRONG_ORDER"},
		{"another's purse", s.call("GET", "/v1/programs/nowon/accounts/"+a.Account(), "", "Authorization", "Order "+gatewaytest.Must(b.Read())), 403, "READ_REFUSED"},
		{"too long a page", s.own(a, "/receipts?limit=501"), 400, "BAD_REQUEST"},
		{"receipt 0", s.own(a, "/receipts/0"), 400, "BAD_REQUEST"},
		{"no such receipt", s.own(a, "/receipts/77"), 404, "RECEIPT_UNKNOWN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			(&site{t: t}).refused(c.r, c.status, c.code)
		})
	}
	require.Equal(t, height, s.ledger.Height(), "something was submitted")
	require.Equal(t, int64(1), s.purse(a).Seq)
}

func TestOverloadSaysWhenToComeBack(t *testing.T) {
	s := newSite(t, 1, service.Options{Lanes: lanes.Options{Lanes: 1, Queue: 1}})
	there, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func([]string) error {
			once.Do(func() { close(there); <-gate })
			return nil
		}
	})
	for seq := int64(2); seq < 4; seq++ { // one under way, one waiting
		r := s.post("/v1/payments?wait=accepted", payment(s.Resident[0], seq, 1))
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		<-there
	}
	order := payment(s.Resident[0], 4, 1)
	r := s.post("/v1/payments", order)
	s.refused(r, http.StatusServiceUnavailable, "OVERLOADED")
	require.NotEmpty(t, r.header.Get("Retry-After"))
	// What it would not take anyway it does not even read.
	s.refused(s.post("/v1/payments", "no order"), http.StatusServiceUnavailable, "OVERLOADED")
	s.refused(s.call(http.MethodPost, "/v1/orders:batch", "{"), http.StatusServiceUnavailable, "OVERLOADED")
	close(gate)
	require.Eventually(t, func() bool { return s.post("/v1/payments", order).status == http.StatusCreated }, 10*time.Second, 5*time.Millisecond)
}

func TestOutage(t *testing.T) {
	s := newSite(t, 1, service.Options{Timeout: 3 * time.Second})
	order := payment(s.Resident[0], 2, 100)

	s.ledger.Hooks(func(l *gatewaytest.Ledger) { l.BeforeEndorse = func([]string) error { return gatewaytest.Gone } })
	r := s.post("/v1/payments", order)
	s.refused(r, http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE")
	require.NotEmpty(t, r.header.Get("Retry-After"))
	s.refused(s.call(http.MethodGet, "/readyz", ""), http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE")

	s.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeEndorse = nil
		l.AfterSubmit = func([]string) error { return gatewaytest.Gone }
	})
	r = s.post("/v1/payments", order)
	p := s.refused(r, http.StatusGatewayTimeout, "COMMIT_TIMEOUT")
	require.NotEmpty(t, p.Tx)
	require.NotEmpty(t, p.Order)

	s.ledger.Hooks(func(l *gatewaytest.Ledger) { l.AfterSubmit = nil })
	r = s.post("/v1/payments", order)
	require.Equal(t, http.StatusOK, r.status, "it had been carried out: %s", r.body)
	require.Equal(t, int64(endowment-100), s.purse(s.Resident[0]).Total)
}

// A client that sent a forged order has the next ones checked before they reach the lanes.
func TestForgersAreCheckedAtTheDoor(t *testing.T) {
	s := newSite(t, 1, service.Options{})
	good := payment(s.Resident[0], 2, 10)
	at := strings.LastIndexByte(good, '.') + 1
	var endorsed int
	s.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeEndorse = func([]string) error { endorsed++; return nil }
	})
	for range 3 {
		s.refused(s.post("/v1/payments", good[:at]+strings.Repeat("A", 86)), http.StatusUnauthorized, "BAD_SIGNATURE")
	}
	require.Equal(t, 1, endorsed)
	s.created("/v1/payments", good)
}

func TestOperations(t *testing.T) {
	s := newSite(t, 0, service.Options{})
	for path, contains := range map[string]string{
		"/livez": "ok", "/readyz": "ready", "/docs": "<!doctype html>", "/openapi.json": `"3.1.0"`, "/v1/errors": "INSUFFICIENT_FUNDS",
	} {
		r := s.call(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, r.status, path)
		require.Contains(t, r.body, contains, path)
	}
	docs := s.call(http.MethodGet, "/docs", "").body
	require.NotContains(t, docs, "http://")
	require.NotContains(t, docs, "https://", "the page works without any outside network")
}

func TestDocumentCoversTheAPI(t *testing.T) {
	doc, err := rest.New(nil).OpenAPI()
	require.NoError(t, err)
	var spec struct {
		Paths map[string]map[string]struct {
			Tags      []string
			Responses map[string]struct {
				Content map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(doc, &spec))
	require.NotEmpty(t, spec.Paths)
	for path, methods := range spec.Paths {
		if strings.HasPrefix(path, "/1.0/") {
			continue // DIDs are resolved and registered with the errors of those standards
		}
		for method, op := range methods {
			for status, r := range op.Responses {
				if slices.Contains(op.Tags, "vc-api") && status == "400" {
					continue // that it does not verify, in the VC API's form
				}
				if _, wallets := r.Content["application/json"].(map[string]any); wallets && slices.Contains(op.Tags, "wallets") && status >= "400" {
					require.Contains(t, fmt.Sprint(r.Content), "schemas/OpenIDError", "the errors of OAuth")
					continue
				}
				if status >= "400" || status == "default" {
					require.Contains(t, r.Content, "application/problem+json", fmt.Sprintf("%s %s %s", method, path, status))
				}
			}
		}
	}
}
