// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"reflect"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestDeposit(t *testing.T) {
	want := deposit("a")
	_, want.Submitter = key("notary")
	for _, tc := range []struct {
		name   string
		typ    string
		change func(*anchor.DepositContent)
		want   *code.Code
	}{
		{"good", anchor.TypDeposit, func(*anchor.DepositContent) {}, nil},
		{"another typ", "x+jws", func(*anchor.DepositContent) {}, anchor.InvalidRecord},
		{"of another source", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Source = "x" }, anchor.Elsewhere},
		{"of another network", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Network = "x" }, anchor.Elsewhere},
		{"a step", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Kind = anchor.Step }, anchor.InvalidRecord},
		{"a short digest", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Digest = c.Digest[2:] }, anchor.InvalidRecord},
		{"a digest in capitals", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Digest = "AB" + c.Digest[2:] }, anchor.InvalidRecord},
		{"a reference that is none", anchor.TypDeposit, func(c *anchor.DepositContent) { c.Reference = "x" }, anchor.InvalidID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := anchor.NewDeposit(place, "docs", want)
			tc.change(&c)
			got, err := anchor.DepositRecord(sign(t, "notary", tc.typ, c), place, "docs")
			if tc.want != nil {
				refused(t, err, tc.want)
			} else if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
