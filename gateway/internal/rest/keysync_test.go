// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
)

// Whoever asks, an account comes in line with its DID's document, and with nothing
// else; where nothing changed nothing is written.
func TestKeySync(t *testing.T) {
	l := gatewaytest.NewLedger(t)
	l.At(time.Now())
	s := &site{t: t, ledger: l, Town: gatewaytest.NewTown(t, l, gatewaytest.Place, "nowon")}
	require.NoError(t, l.Officer("KomscoMSP", "registrar", "DefineProgram", currency.DefineProgram{
		Operation: call.Operation{Op: "define.mobile"}, Program: currency.Program{
			ID: "mobile", Title: "With DIDs", Zone: "+09:00", Open: true, Identity: &currency.Identity{Chaincode: gatewaytest.Registry.Chaincode},
			Organisations: currency.Organisations{Issuer: "CityMSP", Operator: "KomscoMSP", Bank: "BankMSP"},
		},
	}))
	serve := func(keys service.Keys) {
		svc, err := service.New(service.Options{}, service.Route{Place: gatewaytest.Place, Ledger: l, Keys: keys})
		require.NoError(t, err)
		s.server = httptest.NewServer(rest.New(svc))
		t.Cleanup(func() {
			s.server.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			require.NoError(t, svc.Close(ctx))
		})
	}
	serve(l)
	minsu := l.Registry(t).Born("ES256", identity.UnlockPIN)
	w := gatewaytest.Must(gatewaytest.Must(gateway.NewWallet(minsu.Key, gatewaytest.Place)).Of(minsu.DID))
	s.created("/v1/accounts", gatewaytest.Must(w.In("mobile").Open("")))

	sync := func(program, accounts string) reply {
		t.Helper()
		return s.call(http.MethodPost, "/v1/programs/"+program+"/key-syncs", `{"accounts":[`+accounts+`]}`)
	}
	synced := func() currency.Synced {
		t.Helper()
		r := sync("mobile", `"`+w.Account+`"`)
		require.Equal(t, http.StatusOK, r.status, r.body)
		all := decode[struct{ Accounts []currency.Synced }](t, r.body).Accounts
		require.Len(t, all, 1)
		return all[0]
	}
	require.Equal(t, currency.Synced{Account: w.Account}, synced())
	minsu.Do(identity.Operation{Type: identity.Suspend}, minsu.Signer)
	require.Equal(t, currency.Synced{Account: w.Account, Changed: true, Stopped: currency.StopSuspended}, synced())
	require.Equal(t, currency.Synced{Account: w.Account, Stopped: currency.StopSuspended}, synced())
	r := s.post("/v1/claims", gatewaytest.Must(w.In("mobile").Claim(currency.Claim{Seq: 1, Claims: []currency.CreditName{currency.NewCreditName(strings.Repeat("0", 64), 0)}})))
	require.Equal(t, "KEY_STOPPED", decode[rest.Problem](t, r.body).Code, r.body)

	r = sync("mobile", `"AAAAAAAAAAAAAAAAAAAAAA"`)
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.Contains(t, r.body, `"HOLDER_UNKNOWN"`)
	for name, c := range map[string]struct {
		program, accounts string
		status            int
		code              string
	}{
		"no account":                        {"mobile", "", 400, "BAD_REQUEST"},
		"an account that is none":           {"mobile", `"minsu"`, 400, "INVALID_ID"},
		"a number":                          {"mobile", `1`, 400, "BAD_REQUEST"},
		"a programme that is not there":     {"none", `"` + w.Account + `"`, 404, "PROGRAM_UNKNOWN"},
		"a programme that follows no DIDs":  {"nowon", `"` + w.Account + `"`, 401, "DID_UNRESOLVED"},
		"a programme whose id cannot exist": {"a%20b", `"` + w.Account + `"`, 400, "INVALID_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sync(c.program, c.accounts)
			require.Equal(t, c.status, r.status, r.body)
			require.Equal(t, c.code, decode[rest.Problem](t, r.body).Code)
		})
	}
	serve(nil)
	r = sync("mobile", `"`+w.Account+`"`)
	require.Equal(t, http.StatusUnauthorized, r.status, r.body)
	require.Equal(t, "DID_UNRESOLVED", decode[rest.Problem](t, r.body).Code)
}
