// SPDX-License-Identifier: Apache-2.0

package fabric_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
)

// What stands beside a quorum's good signatures on a real BFT block counts for
// nothing and spoils nothing.
func TestBesideQuorum(t *testing.T) {
	bft, raft := chain(t, "bft"), chain(t, "raft")
	trust := begin(t, bft[3])
	whole := bft[4].Block
	good := whole.Signatures[:trust.Quorum()]
	value := func(s fabric.Signature, change func([]byte)) fabric.Signature {
		s.Value = bytes.Clone(s.Value)
		change(s.Value)
		return s
	}
	named := func(consenter, value []byte) fabric.Signature {
		return fabric.Signature{Consenter: consenter, Value: value}
	}
	for name, beside := range map[string]fabric.Signature{
		"a stale signature, of another block":      bft[5].Signatures[0],
		"the same again":                           good[1],
		"a consenter who is not in the set":        named([]byte{0x08, 0x09}, good[0].Value),
		"a consenter who did not sign":             named([]byte{0x08, 0x04}, good[0].Value),
		"another network's node":                   raft[4].Signatures[0],
		"nobody":                                   named(nil, good[0].Value),
		"two names":                                {Creator: raft[4].Signatures[0].Creator, Consenter: good[0].Consenter, Value: good[0].Value},
		"a number that cannot be read":             named([]byte{0xff}, good[0].Value),
		"an identity that cannot be read":          {Creator: []byte("somebody"), Value: good[0].Value},
		"no signature at all":                      named(good[0].Consenter, nil),
		"a good one with a bit changed":            value(good[2], func(v []byte) { v[len(v)-1] ^= 1 }),
		"a good one that is no longer a signature": value(good[2], func(v []byte) { v[0] = 0 }),
	} {
		t.Run(name, func(t *testing.T) {
			for at := range len(good) + 1 {
				b := whole
				b.Signatures = slices.Insert(slices.Clone(good), at, beside)
				if signers, err := trust.Check(b); err != nil || len(signers) != trust.Quorum() {
					t.Errorf("beside, at %d: %v, %v", at, signers, err)
				}
			}
			b := whole
			b.Signatures = append(slices.Clone(good[:len(good)-1]), beside)
			if _, err := trust.Check(b); !errors.Is(err, fabric.ErrUnsigned) {
				t.Errorf("instead of one of the quorum: %v", err)
			}
		})
	}
	// Under Raft one node signs, and nothing stands beside.
	trust = begin(t, raft[3])
	b := raft[4].Block
	b.Signatures = append(slices.Clone(b.Signatures), raft[5].Signatures[0])
	if _, err := trust.Check(b); !errors.Is(err, fabric.ErrUnsigned) {
		t.Errorf("Raft, one node twice: %v", err)
	}
	b.Signatures = append([]fabric.Signature{raft[5].Signatures[0]}, raft[4].Signatures...)
	if _, err := trust.Check(b); !errors.Is(err, fabric.ErrForged) {
		t.Errorf("Raft, a stale signature: %v", err)
	}
}

// Whatever signatures stand on a header, in whatever order and however often, it
// counts exactly where a quorum of distinct consenters is among those that hold.
func TestQuorumOfDistinct(t *testing.T) {
	for _, nodes := range []int{1, 4, 7} {
		t.Run(fmt.Sprint(nodes), func(t *testing.T) {
			c, genesis := fabrictest.New(t, "kt", nodes, true)
			trust, err := fabric.Begin(genesis.Header, genesis.Data)
			if err != nil {
				t.Fatal(err)
			}
			stranger := c.Issue(t, "stranger") // of the same authority, no consenter
			fork := c.Copy()
			next := c.Next(t, []byte("tx"))
			good := fabrictest.Sign(t, next.Header, 0, append(slices.Clone(c.Nodes), stranger)...)
			stale := fabrictest.Sign(t, fork.Next(t, []byte("another")).Header, 0, c.Nodes...)
			rapid.Check(t, func(t *rapid.T) {
				b := good
				b.Signatures = nil
				distinct := map[int]bool{}
				for range rapid.IntRange(1, 2*nodes+2).Draw(t, "signatures") {
					who := rapid.IntRange(0, nodes).Draw(t, "who") // the last is the stranger
					if who < nodes && rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
						b.Signatures = append(b.Signatures, stale.Signatures[who])
						continue
					}
					b.Signatures = append(b.Signatures, good.Signatures[who])
					if who < nodes {
						distinct[who] = true
					}
				}
				_, err := trust.Check(b)
				if enough := len(distinct) >= trust.Quorum(); enough != (err == nil) {
					t.Fatalf("%d distinct consenters of %d, the quorum is %d: %v", len(distinct), nodes, trust.Quorum(), err)
				}
				if err != nil && !errors.Is(err, fabric.ErrUnsigned) {
					t.Fatal(err)
				}
			})
		})
	}
}
