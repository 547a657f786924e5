// SPDX-License-Identifier: Apache-2.0

package telemetry_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/gateway/internal/telemetry"
)

// api answers by path and names its routes, as a mux does.
type api struct{}

func (api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Pattern = "GET " + r.URL.Path
	switch r.URL.Path {
	case "/fails":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/breaks":
		telemetry.Because(r.Context(), errors.New("disk is full"))
		telemetry.Because(r.Context(), errors.New("a consequence"))
		w.WriteHeader(http.StatusInternalServerError)
	case "/half":
		telemetry.Because(r.Context(), errors.New("the line broke"))
	case "/panics":
		panic("out of reach")
	}
}

func TestRequestsAreNamedLoggedAndMeasured(t *testing.T) {
	var logs bytes.Buffer
	log, err := telemetry.NewLog(&logs, "json", "debug")
	require.NoError(t, err)
	h := telemetry.HTTP(api{}, telemetry.NewRegistry(), log)
	get := func(path, id string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("X-Request-Id", id)
		r.Header.Set("Authorization", "Order secret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, "mine-7", get("/works", "mine-7").Header().Get("X-Request-Id"))
	made := get("/fails?private=1", "not\nmine").Header().Get("X-Request-Id")
	require.Len(t, made, 26)
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { get("/panics", "") })

	require.Contains(t, logs.String(), `"id":"mine-7"`)
	require.Contains(t, logs.String(), `"id":"`+made+`"`)
	require.Contains(t, logs.String(), `"status":503`)
	require.Contains(t, logs.String(), "out of reach")
	for _, private := range []string{"secret", "private"} {
		require.NotContains(t, logs.String(), private)
	}
	metrics := get("/metrics", "").Body.String()
	require.Contains(t, metrics, `trust_gateway_http_request_seconds_count{route="GET /works",status="200"} 1`)
	require.Contains(t, metrics, `route="GET /fails",status="503"`)
}

// What fails, whole or in part, is a warning that says why.
func TestFailuresSayWhy(t *testing.T) {
	var logs bytes.Buffer
	log, err := telemetry.NewLog(&logs, "text", "warn")
	require.NoError(t, err)
	h := telemetry.HTTP(api{}, telemetry.NewRegistry(), log)
	for path, want := range map[string]string{"/breaks": "disk is full", "/half": "the line broke", "/fails": "status=503", "/works": ""} {
		logs.Reset()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("X-Request-Id", "mine-8")
		h.ServeHTTP(httptest.NewRecorder(), r)
		if want == "" {
			require.Empty(t, logs.String(), path)
			continue
		}
		require.Equal(t, 1, strings.Count(logs.String(), "id=mine-8"), logs.String())
		require.Contains(t, logs.String(), want)
		require.NotContains(t, logs.String(), "consequence")
	}
	telemetry.Because(t.Context(), errors.New("of no request"))
}

// A storm of refusals does not become a storm of warnings.
func TestStormOfRefusals(t *testing.T) {
	var logs bytes.Buffer
	log, err := telemetry.NewLog(&logs, "text", "warn")
	require.NoError(t, err)
	h := telemetry.HTTP(api{}, telemetry.NewRegistry(), log)
	call := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Body.String()
	}
	began := time.Now()
	for range 5000 {
		call("/fails")
	}
	most := 100 * (2 + int(time.Since(began).Seconds()))
	lines := strings.Count(logs.String(), "\n")
	require.GreaterOrEqual(t, lines, 100)
	require.LessOrEqual(t, lines, most)
	require.Contains(t, call("/metrics"), `status="503"} 5000`)
}

func TestLogLevel(t *testing.T) {
	_, err := telemetry.NewLog(&bytes.Buffer{}, "text", "loud")
	require.ErrorContains(t, err, "loud")
	var b bytes.Buffer
	log, err := telemetry.NewLog(&b, "text", "warn")
	require.NoError(t, err)
	log.Info("hidden")
	log.Warn("shown")
	require.False(t, strings.Contains(b.String(), "hidden"))
	require.True(t, strings.Contains(b.String(), "shown"))
}
