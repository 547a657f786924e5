// SPDX-License-Identifier: Apache-2.0

package till_test

import (
	"testing"

	"github.com/komsco/trust-platform/gateway/till"
)

// FuzzParsePosition reads only what a position writes.
func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"0.0.0", "12.3.4", "1.2", "01.2.3", "-1.0.0", "4611686018427387903.0.1", "9223372036854775808.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := till.ParsePosition(s); err == nil && p.String() != s {
			t.Fatalf("%q reads as %s", s, p)
		}
	})
}
