// SPDX-License-Identifier: Apache-2.0

package sealer_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// lines is a log that tests read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(parts ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
next:
	for line := range strings.Lines(l.buf.String()) {
		for _, p := range parts {
			if !strings.Contains(line, p) {
				continue next
			}
		}
		n++
	}
	return n
}

// gauge reads a source's gauge as Prometheus would scrape it.
func gauge(t *testing.T, r *prometheus.Registry, name, source string) float64 {
	t.Helper()
	all, err := r.Gather()
	require.NoError(t, err)
	for _, family := range all {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == source {
				return m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// A source that promised a record a second and falls silent is late: in the
// metrics, once in the log, over HTTP. What it anchors next ends that, once too. The
// one beside it, which promised less, never is.
func TestBehindItsCadence(t *testing.T) {
	l := anchortest.New(t)
	l.At(time.Now())
	for id, cadence := range map[string]int64{"fast": 1, "slow": 3600, "free": 0} {
		s := anchortest.NewSource(t, id, anchor.Documents, key)
		s.Cadence = cadence
		l.RegisterSource(t, s)
	}
	registry, said := prometheus.NewRegistry(), &lines{}
	s, err := sealer.Open(sealer.Options{
		Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: time.Millisecond,
		Metrics: sealer.NewMetrics(registry), Log: slog.New(slog.NewTextHandler(said, nil)),
	}, l)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for _, id := range []string{"fast", "slow", "free"} {
		knows(t, s, id)
	}
	api := rest.New(nil).WithAnchor(s)
	over := func(source string) (body struct {
		LagSeconds *int64
		Late       bool
	},
	) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/sources/"+source, nil))
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
		return body
	}
	// told is whether metric and log say so; the log has said each as often as it changed.
	told := func(late float64, alarms, ends int) func() bool {
		return func() bool {
			return gauge(t, registry, "trust_anchor_late", "fast") == late &&
				said.count("level=WARN", "source=fast", "late=true") == alarms && said.count("source=fast", "late=false") == ends
		}
	}

	require.Eventually(t, told(1, 1, 0), 10*time.Second, 20*time.Millisecond, "silent since it was registered")
	require.GreaterOrEqual(t, gauge(t, registry, "trust_anchor_lag_seconds", "fast"), 1.0)
	got := over("fast")
	require.True(t, got.Late)
	require.NotNil(t, got.LagSeconds)

	l.At(time.Now().Add(8 * time.Second)) // a submitter's clock that is ahead, so that the answer stays a while
	must(s.Submit(t.Context(), "fast", deposits("a", 1)))
	must(s.Await(t.Context(), "fast", deposits("a", 1)...))
	require.Eventually(t, told(0, 1, 1), 10*time.Second, 20*time.Millisecond, "it sealed something")
	require.False(t, over("fast").Late)

	require.Eventually(t, told(1, 2, 1), time.Minute, 20*time.Millisecond, "silent again")
	require.Zero(t, gauge(t, registry, "trust_anchor_late", "slow"))
	require.False(t, over("slow").Late)
	require.EqualValues(t, -1, gauge(t, registry, "trust_anchor_late", "free"), "nothing promised, nothing measured")
	require.Nil(t, over("free").LagSeconds)
	require.Zero(t, said.count("source=slow", "late"))
}

// Two headers of one height, both signed: the metric and the log say so, once.
func TestForkAlarm(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "kt", anchor.Chain, key)
	registry, said := prometheus.NewRegistry(), &lines{}
	s, err := sealer.Open(sealer.Options{
		Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: time.Millisecond,
		Metrics: sealer.NewMetrics(registry), Log: slog.New(slog.NewTextHandler(said, nil)),
	}, l)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	knows(t, s, "kt")
	put := func(height int64, hash, previous string) {
		t.Helper()
		h := func(s string) string { return hex.EncodeToString(anchor.ReferenceOf(s)) }
		c := anchor.NewHeader(anchortest.Place, "kt", height, h(hash), h(previous))
		v1, _ := anchortest.Signer("v1")
		v2, _ := anchortest.Signer("v2")
		r := must(anchor.HeaderRecord("agent", must(v1.Sign(anchor.TypHeader, c)), must(v2.Sign(anchor.TypHeader, c))))
		must(s.Submit(t.Context(), "kt", []anchor.Record{r}))
		must(s.Await(t.Context(), "kt", r))
	}
	put(1, "one", "zero")
	put(2, "two", "one")
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_anchor_chain_height", "kt") == 2 }, 10*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_anchor_chain_forks", "kt") == 0 }, 10*time.Second, 20*time.Millisecond)
	put(2, "another two", "one")
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_anchor_chain_forks", "kt") == 1 }, 10*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return said.count("level=ERROR", "a chain forked", "source=kt") == 1 }, 10*time.Second, 20*time.Millisecond)
	put(3, "three", "two")
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_anchor_chain_height", "kt") == 3 }, 10*time.Second, 20*time.Millisecond, "its first history goes on")
	require.Equal(t, 1, said.count("level=ERROR"), "told once")
}
