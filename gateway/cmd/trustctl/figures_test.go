// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// shown are the records that verbs print field by field.
var shown = []any{
	call.Grant{},
	currency.Allotment{},
	currency.Appropriation{},
	currency.Ban{},
	currency.Batch{},
	currency.Case{},
	currency.Deposit{},
	currency.Due{},
	currency.Evidence{},
	currency.Forwarded{},
	currency.FundReturn{},
	currency.Holder{},
	currency.Merchant{},
	currency.Payout{},
	currency.Policy{},
	currency.Program{},
	currency.Purchase{},
	currency.Redemption{},
	currency.Rewarded{},
	currency.Run{},
	currency.TakingsForwarded{},
	issued{},
	sweepDone{},
}

// Every amount and every moment of a record is shown as what it is: a new field of 64
// bits, or a day, is named as one of them or here as neither.
func TestFigures(t *testing.T) {
	numbers := set("seq", "hold", "for", "quantity")
	seen := map[reflect.Type]bool{}
	var walk func(at reflect.Type, path string)
	walk = func(at reflect.Type, path string) {
		switch at.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(at.Elem(), path)
		case reflect.Struct:
			if seen[at] {
				return
			}
			seen[at] = true
			for i := range at.NumField() {
				f := at.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "" {
					name = f.Name
				}
				if f.Type.Kind() == reflect.Int64 || f.Type == reflect.TypeFor[currency.Day]() {
					require.True(t, won[name] || moments[name] || numbers[name], "%s.%s is an amount, a moment, or neither", path, name)
				}
				walk(f.Type, path+"."+name)
			}
		}
	}
	for _, record := range shown {
		walk(reflect.TypeOf(record), reflect.TypeOf(record).Name())
	}
	for name, want := range map[string]string{
		"revenue": "3,000,000,000", "seq": "3000000000", "rows": "3000000000",
	} {
		require.Equal(t, want, figure(name, 3_000_000_000), name)
	}
	require.Equal(t, "2026-12-31", figure("until", 2026_12_31))
	require.Contains(t, figure("until", 1_798_700_000), "2026-12-31T")
	require.Equal(t, "0", figure("from", 0))
}
