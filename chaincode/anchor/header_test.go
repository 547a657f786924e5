// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func hash(n int) string {
	return strings.Repeat("0", 62) + string("0123456789abcdef"[n/16]) + string("0123456789abcdef"[n%16])
}

func header(t *testing.T, c anchor.HeaderContent, signers ...string) anchor.Record {
	t.Helper()
	signed := make([]string, len(signers))
	for i, s := range signers {
		signed[i] = sign(t, s, anchor.TypHeader, c)
	}
	r, err := anchor.HeaderRecord("agent", signed...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHeaderSigners(t *testing.T) {
	s := newSource(t, "kt", anchor.Chain)
	c := anchor.NewHeader(place, "kt", 7, hash(7), hash(6))
	for _, tc := range []struct {
		name    string
		signers []string
		change  func(*anchor.HeaderContent)
		want    *code.Code
	}{
		{"two of three", []string{"v3", "v1"}, nil, nil},
		{"all", []string{"v1", "v2", "v3"}, nil, nil},
		{"one", []string{"v1"}, nil, anchor.SignersMissing},
		{"one twice", []string{"v1", "v1"}, nil, anchor.SignersMissing},
		{"a stranger", []string{"v1", "eve"}, nil, anchor.SignersMissing},
		{"of another source", []string{"v1", "v2"}, func(c *anchor.HeaderContent) { c.Source = "other" }, anchor.Elsewhere},
		{"of another network", []string{"v1", "v2"}, func(c *anchor.HeaderContent) { c.Network = "other" }, anchor.Elsewhere},
		{"of another version", []string{"v1", "v2"}, func(c *anchor.HeaderContent) { c.V = 2 }, anchor.InvalidSeal},
		{"no previous", []string{"v1", "v2"}, func(c *anchor.HeaderContent) { c.Previous = "" }, anchor.InvalidID},
		{"a negative height", []string{"v1", "v2"}, func(c *anchor.HeaderContent) { c.Height = -1 }, anchor.InvalidRecord},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := c
			if tc.change != nil {
				tc.change(&c)
			}
			got, err := anchor.CheckHeader(header(t, c, tc.signers...), place, s)
			if tc.want != nil {
				refused(t, err, tc.want)
			} else if err != nil || got != c {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}

	good := header(t, c, "v1", "v2")
	for name, change := range map[string]func(*anchor.Record){
		"another digest":    func(r *anchor.Record) { r.Digest = anchor.ReferenceOf("x") },
		"another reference": func(r *anchor.Record) { r.Reference = nil },
	} {
		r := good
		change(&r)
		_, err := anchor.CheckHeader(r, place, s)
		if err == nil {
			t.Errorf("%s passes", name)
		}
	}
	other := c
	other.Hash = hash(8)
	_, err := anchor.HeaderRecord("agent", sign(t, "v1", anchor.TypHeader, c), sign(t, "v2", anchor.TypHeader, other))
	refused(t, err, anchor.InvalidRecord)
	forged := good
	forged.Body = append([]byte(nil), good.Body...)
	forged.Body[len(forged.Body)-1] ^= 1 // the last letter holds bits of the signature
	if _, err := anchor.CheckHeader(forged, place, s); err == nil {
		t.Error("a forged signature passes")
	}
}

func TestChainAdvances(t *testing.T) {
	tip := anchor.ChainTip{Height: 7, Hash: hash(7)}
	at := func(h string) *anchor.HeaderAt { return &anchor.HeaderAt{Hash: h, Index: 3} }
	for _, tc := range []struct {
		name     string
		height   int64
		hash     string
		previous string
		empty    bool
		at       *anchor.HeaderAt
		gaps     bool
		want     *code.Code
		fork     bool
	}{
		{name: "the first", height: 3, hash: hash(3), previous: hash(2), empty: true},
		{name: "the next", height: 8, hash: hash(8), previous: hash(7)},
		{name: "the same again", height: 7, hash: hash(7), at: at(hash(7)), want: anchor.HeaderExists},
		{name: "another at the same height", height: 7, hash: hash(99), at: at(hash(7)), want: anchor.ForkedChain, fork: true},
		{name: "another at an earlier height", height: 5, hash: hash(99), at: at(hash(5)), want: anchor.ForkedChain, fork: true},
		{name: "a next one that denies the last", height: 8, hash: hash(8), previous: hash(99), want: anchor.UntrustedChain, fork: true},
		{name: "a height that was passed", height: 5, hash: hash(5), want: anchor.HeaderPast},
		{name: "a gap", height: 9, hash: hash(9), previous: hash(8), want: anchor.HeaderGap},
		{name: "a gap that is allowed", height: 12, hash: hash(12), previous: hash(11), gaps: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			next, fork, err := tip.Advance(anchor.HeaderContent{Height: tc.height, Hash: tc.hash, Previous: tc.previous}, tc.empty, tc.at, tc.gaps)
			if (fork != nil) != tc.fork {
				t.Errorf("evidence %+v", fork)
			}
			if tc.want != nil {
				refused(t, err, tc.want)
				if next.Hash != tip.Hash {
					t.Errorf("the tip moved to %+v", next)
				}
				return
			}
			if err != nil || next.Hash != tc.hash || next.Height != tc.height {
				t.Errorf("%+v, %v", next, err)
			}
			if tc.gaps && (len(next.Gaps) != 1 || next.Gaps[0] != anchor.Gap{From: 8, To: 11}) {
				t.Errorf("gaps %v", next.Gaps)
			}
		})
	}
}
