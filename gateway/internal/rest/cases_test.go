// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// Who is held can see why; nobody else can.
func TestHolderSeesTheCase(t *testing.T) {
	s := newSite(t, 2, service.Options{})
	held, other := s.Resident[0], s.Resident[1]
	about := currency.CaseQuery{Program: "nowon", Account: held.Account(), ID: "c-1"}
	op := func(id string) call.Operation { return call.Operation{Op: id} }
	require.NoError(t, s.ledger.Officer("KomscoMSP", "guard", "OpenCase", currency.OpenCase{Operation: op("open-case"), CaseQuery: about, Reason: "report-1"}))
	require.NoError(t, s.ledger.Officer("KomscoMSP", "guard", "HoldFunds", currency.HoldFunds{Operation: op("hold"), CaseQuery: about, Amount: 4_000}))
	seq := s.purse(held).Seq
	s.refused(s.post("/v1/payments", gatewaytest.Must(held.Payment(currency.Payment{Seq: seq + 1, To: "stall", Amount: 1_000}))), http.StatusUnprocessableEntity, "HOLDER_FROZEN")

	page := decode[call.Page[currency.Case]](t, s.own(held, "/cases").body)
	require.Len(t, page.Records, 1)
	require.Equal(t, "report-1", page.Records[0].Record.Reason)
	require.EqualValues(t, 4_000, currency.Total(page.Records[0].Record.Held))
	require.Empty(t, decode[call.Page[currency.Case]](t, s.own(other, "/cases").body).Records)

	require.NoError(t, s.ledger.Officer("KomscoMSP", "guard", "CloseCase", currency.CaseOperation{Operation: op("close"), CaseQuery: about}))
	s.created("/v1/payments", gatewaytest.Must(held.Payment(currency.Payment{Seq: seq + 1, To: "stall", Amount: 1_000, Claims: s.credits(held)})))
}
