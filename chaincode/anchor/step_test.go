// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestStep(t *testing.T) {
	good := anchor.NewStep(place, "beef", "cow-7", hash(1), "")
	for _, tc := range []struct {
		name   string
		change func(*anchor.StepContent)
		want   *code.Code
	}{
		{"good", func(*anchor.StepContent) {}, nil},
		{"with links", func(c *anchor.StepContent) { c.Links, c.Prev = []string{hash(2), hash(3)}, hash(9) }, nil},
		{"links out of order", func(c *anchor.StepContent) { c.Links = []string{hash(3), hash(2)} }, anchor.InvalidRecord},
		{"a link twice", func(c *anchor.StepContent) { c.Links = []string{hash(2), hash(2)} }, anchor.InvalidRecord},
		{"no list of links", func(c *anchor.StepContent) { c.Links = nil }, anchor.InvalidRecord},
		{"a link that is none", func(c *anchor.StepContent) { c.Links = []string{"x"} }, anchor.InvalidID},
		{"prev that is none", func(c *anchor.StepContent) { c.Prev = "x" }, anchor.InvalidID},
		{"no content", func(c *anchor.StepContent) { c.Content = "" }, anchor.InvalidID},
		{"no item", func(c *anchor.StepContent) { c.Item = "" }, anchor.InvalidID},
		{"of another source", func(c *anchor.StepContent) { c.Source = "pork" }, anchor.Elsewhere},
		{"of another channel", func(c *anchor.StepContent) { c.Channel = "pork" }, anchor.Elsewhere},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := good
			tc.change(&c)
			r, err := anchor.StepRecord(sign(t, "farmer", anchor.TypStep, c))
			if err != nil {
				t.Fatal(err)
			}
			got, err := anchor.CheckStep(r, place, "beef")
			if tc.want != nil {
				refused(t, err, tc.want)
			} else if err != nil || !reflect.DeepEqual(got, c) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}

	r, err := anchor.StepRecord(sign(t, "farmer", anchor.TypStep, good))
	if err != nil {
		t.Fatal(err)
	}
	_, butcher := key("butcher")
	claimed := r
	claimed.Submitter = butcher
	_, err = anchor.CheckStep(claimed, place, "beef")
	refused(t, err, anchor.InvalidRecord)
	wrongType, err := anchor.StepRecord(sign(t, "farmer", "other+jws", good))
	if err != nil {
		t.Fatal(err)
	}
	_, err = anchor.CheckStep(wrongType, place, "beef")
	refused(t, err, anchor.InvalidRecord)
}

func TestItemFollows(t *testing.T) {
	r := anchor.Record{Digest: anchor.ReferenceOf("step 1")}
	first, err := anchor.Item{}.Follow(r, anchor.StepContent{Item: "cow-7"}, false, 4)
	if err != nil || first != (anchor.Item{Steps: 1, Last: hex.EncodeToString(r.Digest), Index: 4}) {
		t.Fatalf("%+v, %v", first, err)
	}
	_, err = first.Follow(r, anchor.StepContent{}, true, 5)
	refused(t, err, anchor.StepExists)
	next := anchor.Record{Digest: anchor.ReferenceOf("step 2")}
	_, err = first.Follow(next, anchor.StepContent{}, false, 5)
	refused(t, err, anchor.StepBroken)
	second, err := first.Follow(next, anchor.StepContent{Prev: first.Last}, false, 5)
	if err != nil || second.Steps != 2 {
		t.Errorf("%+v, %v", second, err)
	}
}
