// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package bench

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/test-network/networktest"
)

// TestEveryWorkload runs everything for a moment. It asserts what is true at any
// speed: no conflicts where nobody attacks, nothing left unclaimed, the books
// balance, and every figure is there.
func TestEveryWorkload(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "network"), BasePort: networktest.FreeBasePort(t), Progress: t.Output()}
	o.Quick()
	o.Payers, o.Shops, o.Welfare, o.Warm, o.Window = 400, 8, 3000, time.Second, 2*time.Second
	o.Lanes, o.Batch = 4, 50
	o.GatewayPort = freePort(t)
	networktest.StopAtEnd(t, o.Dir)
	r, err := Run(t.Context(), o)
	require.NoError(t, err)

	for _, w := range workloads {
		of := r.of(w.name)
		require.Len(t, of, 1, w.name)
		if w.name != UsualHot && w.name != UsualHotRetried { // may well have none in a moment
			assert.Positive(t, of[0].Items, w.name)
		}
		if ours[w.name] && w.name != Hostile {
			assert.Zero(t, of[0].Conflicts, w.name)
			assert.Empty(t, of[0].Invalid, w.name)
		}
	}
	require.NotNil(t, r.Books)
	assert.Zero(t, r.Books.Unclaimed)
	assert.Zero(t, r.Books.Conflicts)
	require.NoError(t, r.Books.Audit.Err())
	assert.Len(t, r.Books.Audit.Peers, 3)
	assert.Len(t, r.Ratios, len(ratios))
	require.NotNil(t, r.Overload)
	assert.Positive(t, r.Overload.Storm.Items)
	require.NoError(t, r.Save(t.TempDir()))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().(*net.TCPAddr).Port
}
