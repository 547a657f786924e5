// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

func (s *site) code(path string, body any) service.PaymentCode {
	s.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(s.t, err)
	r := s.call(http.MethodPost, path, string(raw))
	require.Equal(s.t, http.StatusOK, r.status, "%s", r.body)
	return decode[service.PaymentCode](s.t, r.body)
}

// The stall shows a bill in two parts, two residents scan it and pay a part each;
// then a resident shows a code and the stall charges it.
func TestCodesOverHTTP(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	a, b := s.Resident[0], s.Resident[1]
	bill := gatewaytest.Must(s.Stall.Request(currency.Request{ID: "table-7", Merchant: "stall", Parts: []int64{3_000, 4_000}}))
	shown := s.code("/v1/codes", service.NewCode{Request: bill, Name: "Market stall", City: "Seoul"})
	scanned := s.code("/v1/codes:read", map[string]string{"text": shown.Text})
	require.Equal(t, bill, scanned.Request)
	require.Equal(t, int64(7_000), scanned.Amount)
	pay := func(r *gateway.Holder, seq int64, part int) string {
		return gatewaytest.Must(r.Payment(currency.Payment{Seq: seq, To: scanned.Merchant, Amount: scanned.Parts[part], Request: scanned.Request, Part: part}))
	}
	seqA, seqB := s.purse(a).Seq+1, s.purse(b).Seq+1
	s.created("/v1/payments", pay(a, seqA, 0))
	s.refused(s.post("/v1/payments", pay(b, seqB, 0)), http.StatusUnprocessableEntity, "REQUEST_PAID")
	s.created("/v1/payments", pay(b, seqB, 1))
	parts := decode[currency.RequestParts](t, s.own(s.Stall, "/requests/table-7/parts").body)
	require.Len(t, parts.Records, 2)

	token := gatewaytest.Must(a.Token(currency.Token{Seq: seqA + 1, Max: 10_000, Exp: time.Now().Add(time.Minute).Unix()}))
	phone := s.code("/v1/codes", service.NewCode{Token: token})
	till := s.code("/v1/codes:read", map[string]string{"text": phone.Text})
	require.Equal(t, token, till.Token)
	before := s.purse(a).Total
	charge := func(won int64) string {
		return gatewaytest.Must(s.Stall.Charge(currency.Charge{To: "stall", Amount: won, Token: till.Token}))
	}
	s.refused(s.post("/v1/charges", charge(10_001)), http.StatusUnprocessableEntity, "TOKEN_EXCEEDED")
	s.created("/v1/charges", charge(6_000))
	require.Equal(t, before-6_000, s.purse(a).Total)
	s.refused(s.post("/v1/charges", charge(1_000)), http.StatusConflict, "SEQ_USED")

	plain := s.code("/v1/codes", service.NewCode{Program: "nowon", Merchant: "stall"})
	require.Equal(t, "shop", plain.Kind)
	image := s.call(http.MethodGet, "/v1/codes/image?text="+url.QueryEscape(plain.Text), "")
	require.Equal(t, "image/svg+xml", image.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(string(image.body), "<svg"))
	image = s.call(http.MethodGet, "/v1/codes/image?as=png&text="+url.QueryEscape(plain.Text), "")
	require.Equal(t, "image/png", image.header.Get("Content-Type"))
	s.refused(s.call(http.MethodPost, "/v1/codes", `{}`), http.StatusBadRequest, "BAD_CODE")
	s.refused(s.call(http.MethodPost, "/v1/codes:read", `{"text":"https://example.org"}`), http.StatusBadRequest, "BAD_CODE")
	s.refused(s.call(http.MethodPost, "/v1/codes", `{"program":"nowon","merchant":"nowhere"}`), http.StatusNotFound, "MERCHANT_UNKNOWN")
}
