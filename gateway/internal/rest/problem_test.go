// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/internal/telemetry"
)

// failing is a town's ledger of which one function fails, and whose blocks cannot be
// read from the start.
type failing struct {
	gatewaytest.Chain
	function string
	err      error
}

func (f failing) Evaluate(ctx context.Context, function string, args ...string) ([]byte, error) {
	if function == f.function {
		return nil, f.err
	}
	return f.Chain.Evaluate(ctx, function, args...)
}

func (f failing) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	if from > 0 {
		return f.Chain.Blocks(ctx, from)
	}
	return func(yield func(*blocks.Block, error) bool) {
		if f.err != nil {
			yield(nil, f.err)
		}
	}
}

// asked is the answer to a resident who asks for the own path of a gateway whose ledger
// fails so, and the log's line about it.
func asked(t *testing.T, path, function string, err error, header ...string) (answer *httptest.ResponseRecorder, line string) {
	t.Helper()
	s := newSite(t, 1, service.Options{})
	ledger := failing{gatewaytest.Chain{Ledger: s.ledger}, function, err}
	svc, err := service.New(service.Options{}, service.Route{Place: gatewaytest.Place, Ledger: ledger, Chain: ledger})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, svc.Close(ctx))
	})
	var logs bytes.Buffer
	log, err := telemetry.NewLog(&logs, "text", "warn")
	require.NoError(t, err)
	a := s.Resident[0]
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/programs/nowon/accounts/"+a.Account()+path, nil)
	r.Header.Set("Authorization", "Order "+gatewaytest.Must(a.Read()))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer = httptest.NewRecorder()
	telemetry.HTTP(rest.New(svc), telemetry.NewRegistry(), log).ServeHTTP(answer, r)
	require.Equal(t, 1, strings.Count(logs.String(), "\n"), logs.String())
	require.Contains(t, logs.String(), "id="+answer.Header().Get("X-Request-Id"))
	return answer, logs.String()
}

// Of what the gateway failed in, the log says what the answer does not.
func TestLogSaysWhyRequestsFail(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"of the gateway", errors.New("disk is full"), http.StatusInternalServerError, "INTERNAL"},
		{
			"of the peer", &gateway.Error{Phase: gateway.PhaseEvaluate, Cause: status.Error(codes.Unavailable, "disk is full")},
			http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE",
		},
		{
			"of who hung up", &gateway.Error{Phase: gateway.PhaseEvaluate, Cause: status.Error(codes.Canceled, "disk is full")},
			http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, line := asked(t, "", "Purse", c.err)
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.code, decode[rest.Problem](t, w.Body.String()).Code)
			require.NotContains(t, w.Body.String(), "disk")
			require.Contains(t, line, "disk is full")
		})
	}
}

// A line of events that breaks leaves a line in the log.
func TestLogSaysWhyLinesBreak(t *testing.T) {
	for want, err := range map[string]error{"the peer pruned block 0": errors.New("the peer pruned block 0"), "it ended before block 0": nil} {
		w, line := asked(t, "/events", "", err, "Last-Event-ID", "0.0.0")
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, line, want)
	}
}
