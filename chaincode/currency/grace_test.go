// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// A sweep waits for twice what clocks of the network may be off, whatever the
// policy says.
func TestGraceOutlastsClocks(t *testing.T) {
	for name, tc := range map[string]struct {
		grace currency.Grace
		bound time.Duration
		want  *code.Code
	}{
		"defaults":              {currency.Grace{}, currency.ClockBound, nil},
		"as short as may be":    {currency.Grace{Lapse: 30, Hold: 30}, currency.ClockBound, nil},
		"a sweep too soon":      {currency.Grace{Lapse: 29}, currency.ClockBound, currency.InvalidPolicy},
		"a hold too soon":       {currency.Grace{Hold: 29}, currency.ClockBound, currency.InvalidPolicy},
		"close clocks":          {currency.Grace{Lapse: 1, Hold: 1}, 30 * time.Second, nil},
		"clocks a second wider": {currency.Grace{Lapse: 1}, 31 * time.Second, currency.InvalidPolicy},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, tc.grace.CheckClock(tc.bound), tc.want) })
	}
}
