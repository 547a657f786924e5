// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"slices"
	"time"
)

// Spread is the middle and the ends of several measurements of one thing.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spread of no values is zero.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1]}
}

// Latency sums up how long answers took, in milliseconds.
type Latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

func latency(took []time.Duration) *Latency {
	if len(took) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(took))
	at := func(q float64) float64 { return milliseconds(quantile(sorted, q)) }
	return &Latency{Count: len(sorted), P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

// quantile is the smallest of the sorted values that at least the share q of
// all do not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	rank := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// per divides, and takes nothing by nothing for nothing.
func per(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
