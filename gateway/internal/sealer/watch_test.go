// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

func TestLag(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, tc := range []struct {
		name    string
		cadence int64
		sealed  int64 // seconds ago
		lag     time.Duration
		late    bool
	}{
		{"nothing promised", 0, 10_000, 0, false},
		{"just now", 60, 0, 0, false},
		{"within", 60, 60, time.Minute, false},
		{"behind", 60, 61, 61 * time.Second, true},
		{"by a clock ahead", 60, -5, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lag, late := Lag(anchor.Source{Cadence: tc.cadence}, anchor.Log{Time: now.Unix() - tc.sealed}, now)
			if lag != tc.lag || late != tc.late {
				t.Errorf("%s, late %t", lag, late)
			}
		})
	}
}
