// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"github.com/komsco/trust-platform/gateway/receipt"
)

type hash = [receipt.HashSize]byte

func hashes(all [][]byte) []hash {
	out := make([]hash, len(all))
	for i, h := range all {
		out[i] = hash(h)
	}
	return out
}

// Between any two sizes of the Merkle library's own tree its proof holds, and none
// of what the library tries its own verifier with: other sizes, other roots, hashes
// too many, too few or changed.
func TestMerkleConsistencyVectors(t *testing.T) {
	tree := testonly.New(rfc6962.DefaultHasher)
	tree.AppendData(testonly.LeafInputs()...)
	roots := hashes(testonly.RootHashes())
	tried := 0
	for to := range tree.Size() + 1 {
		for from := range to + 1 {
			var path []hash
			if from > 0 {
				raw, err := tree.ConsistencyProof(from, to)
				require.NoError(t, err)
				path = hashes(raw)
			}
			check := func(size1, size2 uint64, root1, root2 hash, path []hash) error {
				return receipt.CheckConsistency(receipt.Checkpoint{Origin: origin, Size: size1, Root: root1}, receipt.Checkpoint{Origin: origin, Size: size2, Root: root2}, path)
			}
			require.NoError(t, check(from, to, roots[from], roots[to], path), "from %d to %d", from, to)
			if len(path) == 0 {
				continue
			}
			bad := func(what string, err error) {
				tried++
				require.ErrorIs(t, err, receipt.ErrDiverged, "from %d to %d: %s", from, to, what)
			}
			bad("size1 - 1", check(from-1, to, roots[from], roots[to], path))
			bad("size1 + 1", check(from+1, to, roots[from], roots[to], path))
			bad("size1 ^ 2", check(from^2, to, roots[from], roots[to], path))
			bad("size2 * 2", check(from, to*2, roots[from], roots[to], path))
			bad("size2 / 2", check(from, to/2, roots[from], roots[to], path))
			bad("wrong root1", check(from, to, hash{1}, roots[to], path))
			bad("wrong root2", check(from, to, roots[from], hash{1}, path))
			bad("swapped roots", check(from, to, roots[to], roots[from], path))
			bad("empty proof", check(from, to, roots[from], roots[to], nil))
			for _, more := range []hash{roots[from], roots[to], path[0], {}} {
				bad("trailing hash", check(from, to, roots[from], roots[to], append(slices.Clone(path), more)))
				bad("preceding hash", check(from, to, roots[from], roots[to], append([]hash{more}, path...)))
			}
			bad("truncated proof", check(from, to, roots[from], roots[to], path[:len(path)-1]))
			for i := range path {
				for bit := range 8 * receipt.HashSize {
					changed := slices.Clone(path)
					changed[i][bit/8] ^= 1 << (bit % 8)
					bad("modified proof", check(from, to, roots[from], roots[to], changed))
				}
			}
		}
	}
	require.Greater(t, tried, 10_000)
}

// The library's probes of inclusion, on receipts whose checkpoint the log's key
// signed: what it signs is no help to a path that does not lead there.
func TestMerkleInclusionProbes(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	p := policy(t, "log "+vkey, "quorum none")
	for _, size := range []int{1, 2, 3, 5, 7, 8, 13} {
		l := newTree(t, size)
		sign := func(c receipt.Checkpoint) []byte {
			signed, err := c.Sign(log)
			require.NoError(t, err)
			return signed
		}
		for index := range size {
			good := l.receipt(t, index, log)
			_, err := receipt.Verify(good, p)
			require.NoError(t, err)
			bad := func(what string, change func(*receipt.Receipt)) {
				r := good
				r.Path = slices.Clone(good.Path)
				change(&r)
				_, err := receipt.Verify(r, p)
				require.ErrorIs(t, err, receipt.ErrNotIncluded, "leaf %d of %d: %s", index, size, what)
			}
			c := l.checkpoint(t, size)
			bad("index - 1", func(r *receipt.Receipt) { r.Index-- })
			bad("index + 1", func(r *receipt.Receipt) { r.Index++ })
			bad("index ^ 2", func(r *receipt.Receipt) { r.Index ^= 2 })
			bad("size * 2", func(r *receipt.Receipt) { c := c; c.Size *= 2; r.Note = sign(c) })
			if size > 1 {
				bad("size / 2", func(r *receipt.Receipt) { c := c; c.Size /= 2; r.Note = sign(c) })
				bad("another leaf", func(r *receipt.Receipt) { r.Entry = l.entries[(index+1)%size] })
			}
			bad("another root", func(r *receipt.Receipt) { c := c; c.Root = hash(testonly.EmptyRootHash()); r.Note = sign(c) })
			for _, more := range []hash{c.Root, {}} {
				bad("trailing hash", func(r *receipt.Receipt) { r.Path = append(r.Path, more) })
				bad("preceding hash", func(r *receipt.Receipt) { r.Path = append([]hash{more}, r.Path...) })
			}
			for i := range good.Path {
				bad("removed hash", func(r *receipt.Receipt) { r.Path = slices.Delete(r.Path, i, i+1) })
				bad("modified hash", func(r *receipt.Receipt) { r.Path[i][0] ^= 8 })
				bad("inserted hash", func(r *receipt.Receipt) { r.Path = slices.Insert(r.Path, i, hash{1}) })
			}
		}
	}
}
