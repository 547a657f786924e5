// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestModelIsBoundedByCoresThenByChannels(t *testing.T) {
	m := Model{Chaincode: 0.3, Peers: 0.3, Orderers: 0.05, Client: 0.05, Pipeline: 0.1, Orgs: 3}
	assert.InDelta(t, 2857, m.One(2, 1), 1)
	assert.InDelta(t, 10_000, m.One(8, 1), 1) // 11,429 by cores
	assert.InDelta(t, 11_429, m.One(8, 2), 1)
	assert.InDelta(t, 6667, m.Each(2, 1), 1) // 0.3 ms on the busiest
	var out bytes.Buffer
	m.Write(&out)
	assert.True(t, strings.HasPrefix(out.String(), "A model, not a measurement"))
	assert.Equal(t, 8, strings.Count(out.String(), "\n| ")-1)
}

func TestModelNeedsAReport(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadModel(dir)
	require.ErrorContains(t, err, "run the bench first")
	r := reported()
	require.NoError(t, r.Save(dir))
	_, err = ReadModel(dir)
	require.ErrorContains(t, err, "no hot payments")
	for i := range r.Measures {
		r.Measures[i].Pipeline = 0.05
	}
	r.sum()
	require.NoError(t, r.Save(dir))
	m, err := ReadModel(dir)
	require.NoError(t, err)
	assert.Equal(t, Model{Chaincode: 0.3, Peers: 0.2, Pipeline: 0.05, Orgs: 3}, m)
}

func TestBusyOfAChannel(t *testing.T) {
	busy, err := busyOf(strings.NewReader(`# TYPE ledger_block_processing_time histogram
ledger_block_processing_time_bucket{channel="trust",le="0.005"} 4
ledger_block_processing_time_sum{channel="trust"} 1.5
ledger_block_processing_time_sum{channel="other"} 100
ledger_block_processing_time_count{channel="trust"} 12
gossip_privdata_validation_duration_sum{channel="trust"} 0.25
`), "trust")
	require.NoError(t, err)
	assert.InDelta(t, 1.75, busy, 1e-9)
}
