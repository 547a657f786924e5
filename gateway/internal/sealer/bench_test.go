// SPDX-License-Identifier: Apache-2.0

package sealer_test

import (
	"fmt"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// BenchmarkSealing measures records a second through queue, contract and index on
// this machine, without Fabric's own work: what the sealer itself allows.
func BenchmarkSealing(b *testing.B) {
	l := anchortest.New(b)
	l.Register(b, "docs", anchor.Documents, key)
	s, err := sealer.Open(sealer.Options{Dir: b.TempDir(), Place: anchortest.Place, Key: key}, l)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // the benchmark is over
	knows(b, s, "docs")
	const each = 5000
	n := 0
	for b.Loop() {
		records := deposits(fmt.Sprint(n, "."), each)
		n++
		must(s.Submit(b.Context(), "docs", records))
		if n%4 == 0 {
			must(s.Await(b.Context(), "docs", records[each-1:]...))
		}
	}
	must(s.Await(b.Context(), "docs", deposits(fmt.Sprint(n-1, "."), each)[each-1:]...))
	b.ReportMetric(float64(n*each)/b.Elapsed().Seconds(), "records/s")
}
