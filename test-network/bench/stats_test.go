// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSpread(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   Spread
	}{
		"none": {nil, Spread{}},
		"one":  {[]float64{3}, Spread{3, 3, 3}},
		"odd":  {[]float64{9, 1, 4}, Spread{4, 1, 9}},
		"even": {[]float64{8, 2, 4, 6}, Spread{5, 2, 8}},
	} {
		assert.Equal(t, c.want, spread(c.values), name)
	}
}

func TestQuantilesOfAHundred(t *testing.T) {
	var took []time.Duration
	for i := 100; i > 0; i-- {
		took = append(took, time.Duration(i)*time.Millisecond)
	}
	assert.Equal(t, &Latency{Count: 100, P50: 50, P95: 95, P99: 99, Max: 100}, latency(took))
	assert.Nil(t, latency(nil))
	assert.Equal(t, &Latency{Count: 1, P50: 7, P95: 7, P99: 7, Max: 7}, latency([]time.Duration{7 * time.Millisecond}))
}

// A quantile is one of the values, and the smallest that enough do not exceed.
func TestQuantileIsTheSmallestThatSuffices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		sorted := make([]time.Duration, n)
		for i := range sorted {
			sorted[i] = time.Duration(i)
		}
		q := rapid.Float64Range(0.01, 1).Draw(t, "q")
		got := int(quantile(sorted, q))
		need := int(math.Ceil(q*float64(n) - 1e-6))
		if got+1 < need || got+1 > max(need, 1) {
			t.Fatalf("quantile %f of %d values is the %d-th, the %d-th is wanted", q, n, got+1, need)
		}
	})
}

func TestPerOfNothing(t *testing.T) {
	assert.Zero(t, per(3, 0))
	assert.InDelta(t, 1.5, per(3, 2), 0)
}

func TestCPUFromStat(t *testing.T) {
	// proc(5): fields 14 and 15 are user and system time in ticks of a hundredth of a second.
	stat := "4242 (peer (0) node) S 1 4242 4242 0 -1 4194560 9000 0 12 0 250 75 0 0 20 0 14 0 881 1425408000 25610"
	cpu, err := cpuOf([]byte(stat))
	require.NoError(t, err)
	assert.InDelta(t, 3.25, cpu, 1e-9)
	_, err = cpuOf([]byte("4242 (peer) S 1"))
	assert.Error(t, err)
}

func TestKindsOfProcesses(t *testing.T) {
	u := usage{"peer0.city": 1, "peer0.bank": 2, "orderer0": 4, "currency-1.0.city": 8, "gateway": 16, "bench": 32}
	assert.Equal(t, usage{"peers": 3, "orderers": 4, "currency": 8, "gateway": 16, "bench": 32}, u.kinds())
	assert.Equal(t, usage{"gateway": 6}, usage{"gateway": 16}.since(usage{"gateway": 10}))
}

func TestZipfStaysInRangeAndPrefersTheFirst(t *testing.T) {
	draw, of := zipf(20), make([]int, 20)
	for range 10_000 {
		of[draw()]++
	}
	assert.Greater(t, of[0], of[10])
	assert.Greater(t, of[0], 2000)
}
