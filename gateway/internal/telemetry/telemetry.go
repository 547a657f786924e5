// SPDX-License-Identifier: Apache-2.0

// Package telemetry is what operators see of the service: logs, request ids and
// metrics of its HTTP side.
package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/time/rate"
)

// NewLog makes the log, in text or json, from a level on: debug, info, warn or
// error.
func NewLog(w io.Writer, format, level string) (*slog.Logger, error) {
	var from slog.Level
	if err := from.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	o := &slog.HandlerOptions{Level: from}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return slog.New(slog.NewTextHandler(w, o)), nil
}

// NewRegistry makes a registry with the process's own metrics.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// requestID is the header that names a request in answers and logs.
const requestID = "X-Request-Id"

// HTTP wraps the API, a mux: it names each request, logs it, measures it, and serves
// /metrics. Bodies, queries and headers are never logged: they are the callers'.
// Of the requests that are turned away (503), and of those that fail in part, a
// hundred a second are logged as warnings; the others are counted in the metrics all
// the same. A warning says why, as far as the API told by [Because].
func HTTP(api http.Handler, r *prometheus.Registry, log *slog.Logger) http.Handler {
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "trust_gateway_http_request_seconds", Help: "How long requests took, by route and status.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"route", "status"})
	r.MustRegister(latency)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	mux.Handle("/", api)
	warnings := rate.NewLimiter(100, 100)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id := req.Header.Get(requestID)
		if !plain(id) {
			id = rand.Text()
		}
		w.Header().Set(requestID, id)
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		req = req.WithContext(context.WithValue(req.Context(), seenKey{}, seen))
		start := time.Now()
		defer func() {
			if failure := recover(); failure != nil {
				log.Error("request panicked", "id", id, "failure", failure)
				panic(http.ErrAbortHandler)
			}
			route := req.Pattern
			if route == "" || route == "/" {
				route = "other" // so that labels are few
			}
			latency.WithLabelValues(route, strconv.Itoa(seen.code)).Observe(time.Since(start).Seconds())
			level := slog.LevelDebug
			if seen.failed() && (seen.defect() || warnings.Allow()) {
				level = slog.LevelWarn
			}
			if !log.Enabled(req.Context(), level) {
				return
			}
			said := []any{"id", id, "route", route, "status", seen.code, "took", time.Since(start).Round(time.Microsecond)}
			if seen.cause != nil {
				said = append(said, "failure", seen.cause)
			}
			log.Log(req.Context(), level, "request", said...)
		}()
		mux.ServeHTTP(seen, req) // and the API's own, which note in the request the pattern that it matched
	})
}

// seenKey is the context's key of a request's status.
type seenKey struct{}

// Because notes why a request, or a part of it, fails: its line in the log says so. The
// first reason counts. It is for the request's own goroutine; elsewhere it does nothing.
func Because(ctx context.Context, err error) {
	if seen, ok := ctx.Value(seenKey{}).(*status); ok && seen.cause == nil {
		seen.cause = err
	}
}

// plain reports whether a caller's request id may stand in a log.
func plain(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// status notes the status of an answer, and why it is a failure.
type status struct {
	http.ResponseWriter
	code  int
	cause error
}

func (s *status) failed() bool { return s.code >= http.StatusInternalServerError || s.cause != nil }

// defect tells failures that call for somebody from those that come in storms.
func (s *status) defect() bool {
	return s.code >= http.StatusInternalServerError && s.code != http.StatusServiceUnavailable
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController find the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
