// SPDX-License-Identifier: Apache-2.0

package tlog_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/gateway/receipt"
)

// vectors calls do with each of the Merkle library's JSON vectors of a folder, which
// stand in its module.
func vectors[V any](t *testing.T, folder string, do func(path string, v V)) {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/transparency-dev/merkle").Output()
	require.NoError(t, err)
	root, read := filepath.Join(strings.TrimSpace(string(dir)), "testdata", folder), 0
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var v V
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		read++
		do(name, v)
		return nil
	}))
	t.Logf("%d vectors", read)
	require.Greater(t, read, 50)
}

type hash = [receipt.HashSize]byte

// hashes are hashes of 32 bytes; ok is whether all of them are. Others cannot even
// be written down in our types, nor parsed into them.
func hashes(raw ...[]byte) (all []hash, ok bool) {
	for _, h := range raw {
		if len(h) != receipt.HashSize {
			return nil, false
		}
		all = append(all, hash(h))
	}
	return all, true
}

func TestConsistencyVectors(t *testing.T) {
	type vector struct {
		Size1, Size2 uint64
		Root1, Root2 []byte
		Proof        [][]byte
		WantErr      bool
	}
	accepted := 0
	vectors(t, "consistency", func(name string, v vector) {
		roots, ok1 := hashes(v.Root1, v.Root2)
		path, ok2 := hashes(v.Proof...)
		if !ok1 || !ok2 || v.Size1 > receipt.MaxSize || v.Size2 > receipt.MaxSize {
			// One vector has text for roots, which no tree of SHA-256 has.
			require.True(t, v.WantErr || name == filepath.Join("additional", "sizes-are-equal-one-and-proof-is-empty.json"), name)
			return
		}
		err := receipt.CheckConsistency(receipt.Checkpoint{Size: v.Size1, Root: roots[0]}, receipt.Checkpoint{Size: v.Size2, Root: roots[1]}, path)
		if v.WantErr {
			require.ErrorIs(t, err, receipt.ErrDiverged, name)
			return
		}
		require.NoError(t, err, name)
		accepted++
	})
	require.Greater(t, accepted, 3)
}

// Inclusion is checked by tlog.CheckRecord, which receipt.Verify stands on: the
// leaves of the vectors are no records of ours.
func TestInclusionVectors(t *testing.T) {
	type vector struct {
		LeafIdx, TreeSize uint64
		Root, LeafHash    []byte
		Proof             [][]byte
		WantErr           bool
	}
	accepted := 0
	vectors(t, "inclusion", func(name string, v vector) {
		both, ok1 := hashes(v.Root, v.LeafHash)
		path, ok2 := hashes(v.Proof...)
		if !ok1 || !ok2 || v.LeafIdx > receipt.MaxSize || v.TreeSize > receipt.MaxSize || v.LeafIdx >= v.TreeSize {
			require.True(t, v.WantErr, name)
			return
		}
		proof := make(tlog.RecordProof, len(path))
		for i := range path {
			proof[i] = path[i]
		}
		err := tlog.CheckRecord(proof, int64(v.TreeSize), both[0], int64(v.LeafIdx), both[1])
		require.Equal(t, v.WantErr, err != nil, "%s: %v", name, err)
		if err == nil {
			accepted++
		}
	})
	require.Greater(t, accepted, 3)
}
