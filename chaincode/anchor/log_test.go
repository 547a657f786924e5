// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// The roots of the reference tree of Certificate Transparency (its eight test
// leaves, as in the Merkle libraries' own tests).
func TestPublishedRoots(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	log := anchor.NewLog()
	for i, want := range roots {
		if got := hex.EncodeToString(log.Root); got != want {
			t.Fatalf("size %d: root %s, expected %s", i, got, want)
		}
		if err := log.Check(); err != nil {
			t.Fatal(err)
		}
		if i < len(leaves) {
			entry, err := hex.DecodeString(leaves[i])
			if err != nil {
				t.Fatal(err)
			}
			if log, err = log.Append([][32]byte{anchor.LeafHash(entry)}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// However leaves are cut into batches, the log is the one that Go's checksum
// database would compute.
func TestLogIsOneTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batches := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 12).Draw(t, "batches")
		log := anchor.NewLog()
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(at))
			for i, n := range at {
				out[i] = stored[n]
			}
			return out, nil
		})
		n := int64(0)
		for _, size := range batches {
			leaves := make([][32]byte, size)
			for i := range leaves {
				entry := []byte{byte(n), byte(n >> 8), byte(i)}
				leaves[i] = anchor.LeafHash(entry)
				more, err := tlog.StoredHashes(n, entry, reader)
				if err != nil {
					t.Fatal(err)
				}
				stored, n = append(stored, more...), n+1
			}
			before := log
			next, err := log.Append(leaves, nil)
			if err != nil {
				t.Fatal(err)
			}
			if before.Check() != nil || before.Size+uint64(size) != next.Size {
				t.Fatal("appending changed the log it began with")
			}
			want, err := tlog.TreeHash(n, reader)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(next.Root, want[:]) {
				t.Fatalf("size %d: root %x, expected %x", next.Size, next.Root, want)
			}
			log = next
		}
	})
}

func TestLogRefuses(t *testing.T) {
	_, err := anchor.NewLog().Append(nil, nil)
	refused(t, err, anchor.EmptyBatch)
	full := anchor.Log{Size: anchor.MaxLogSize}
	_, err = full.Append(make([][32]byte, 1), nil)
	refused(t, err, anchor.TooLarge)
	log, err := anchor.NewLog().Append(make([][32]byte, 3), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(*anchor.Log){
		"another root":      func(l *anchor.Log) { l.Root = bytes.Repeat([]byte{1}, 32) },
		"another size":      func(l *anchor.Log) { l.Size = 4 },
		"a size that fits":  func(l *anchor.Log) { l.Size = 0 },
		"a short hash":      func(l *anchor.Log) { l.Range = [][]byte{l.Range[0], l.Range[1][:5]} },
		"the range swapped": func(l *anchor.Log) { l.Range = [][]byte{l.Range[1], l.Range[0]} },
	} {
		damaged := log
		damage(&damaged)
		if damaged.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}
