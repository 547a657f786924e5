// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// Roots and proofs from our tiles are those of the Merkle library's reference tree:
// over its own vectors all of them, and where tiles end (at 256 leaves, twice).
func TestProofsAreTheMerkleLibrarys(t *testing.T) {
	var long [][]byte
	for i := range 600 {
		long = append(long, fmt.Append(nil, "leaf ", i))
	}
	for name, leaves := range map[string][][]byte{"its vectors": testonly.LeafInputs(), "over tiles": long} {
		t.Run(name, func(t *testing.T) {
			tiles, log := Tiles{t.TempDir()}, anchor.NewLog()
			reference := testonly.New(rfc6962.DefaultHasher)
			reference.AppendData(leaves...)
			for from := 0; from < len(leaves); from += 7 { // batches that end wherever
				var err error
				if log, err = tiles.Append(log, leaves[from:min(from+7, len(leaves))]); err != nil {
					t.Fatal(err)
				}
			}
			sizes := []uint64{}
			for size := range uint64(len(leaves)) + 1 {
				if len(leaves) < 10 || size < 3 || size%256 < 2 || size%256 > 254 || size%97 == 0 || size == uint64(len(leaves)) {
					sizes = append(sizes, size)
				}
			}
			for _, size := range sizes {
				root, err := tiles.Root(size)
				if err != nil || !bytes.Equal(root, reference.HashAt(size)) {
					t.Fatalf("size %d: root %x, %v", size, root, err)
				}
				for _, index := range sizes {
					if index >= size {
						if _, err := tiles.Inclusion(index, size); err == nil {
							t.Fatalf("leaf %d is proved to be in a tree of %d", index, size)
						}
						continue
					}
					got, err := tiles.Inclusion(index, size)
					if err != nil {
						t.Fatal(err)
					}
					want, err := reference.InclusionProof(index, size)
					if err != nil {
						t.Fatal(err)
					}
					same(t, got, want)
					if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, reference.LeafHash(index), want, root); err != nil {
						t.Fatal(err)
					}
				}
				for _, from := range sizes {
					got, err := tiles.Consistency(from, size)
					if from > size {
						if err == nil {
							t.Fatalf("a tree is proved to shrink from %d to %d", from, size)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if from == 0 {
						same(t, got, nil)
						continue
					}
					want, err := reference.ConsistencyProof(from, size)
					if err != nil {
						t.Fatal(err)
					}
					same(t, got, want)
				}
			}
		})
	}
}

func same(t *testing.T, got [][hashSize]byte, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("a proof of %d hashes, the library's has %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i][:], want[i]) {
			t.Fatalf("hash %d of the proof is %x, the library's %x", i, got[i], want[i])
		}
	}
}
