// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"bytes"
	"testing"

	"github.com/transparency-dev/merkle/testonly"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// The Merkle library's own vectors: at each size our log has its roots, keeps its
// compact range and completes its nodes, each once.
func TestMerkleVectors(t *testing.T) {
	leaves, nodes := testonly.LeafInputs(), testonly.NodeHashes()
	log, complete := anchor.NewLog(), 0
	for size := range len(leaves) + 1 {
		if !bytes.Equal(log.Root, testonly.RootHashes()[size]) {
			t.Fatalf("size %d: root %x", size, log.Root)
		}
		want := testonly.CompactTrees()[size]
		if len(log.Range) != len(want) {
			t.Fatalf("size %d: a range of %d hashes", size, len(log.Range))
		}
		for i := range want {
			if !bytes.Equal(log.Range[i], want[i]) {
				t.Fatalf("size %d: hash %d of the range is %x", size, i, log.Range[i])
			}
		}
		if size == len(leaves) {
			break
		}
		leaf := anchor.LeafHash(leaves[size])
		if !bytes.Equal(leaf[:], nodes[0][size]) {
			t.Fatalf("leaf %d hashes to %x", size, leaf)
		}
		var err error
		log, err = log.Append([][32]byte{leaf}, func(level uint, index uint64, hash []byte) {
			if complete++; !bytes.Equal(hash, nodes[level][index]) {
				t.Errorf("node %d of level %d is %x", index, level, hash)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if complete != 8+4+2+1 {
		t.Errorf("%d nodes became complete", complete)
	}
}
