// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"filippo.io/torchwood"
)

// Paths are those of C2SP tlog-tiles, as torchwood writes them.
func TestTilePaths(t *testing.T) {
	for _, n := range []int64{0, 1, 255, 999, 1000, 1234067, 999999999} {
		for _, level := range []int{-1, 0, 1, 3} {
			for _, wide := range []int{1, 255, 256} {
				path := strings.TrimPrefix(torchwood.TilePath(tlog.Tile{H: 8, L: level, N: n, W: wide}), "tile/")
				gotLevel, got, width, err := parseTilePath(path)
				if err != nil || got != uint64(n) || width != wide || (gotLevel == "entries") != (level < 0) {
					t.Errorf("%s: %s %d %d, %v", path, gotLevel, got, width, err)
				}
			}
		}
	}
}

// Whatever path is asked for, it names a tile or nothing.
func FuzzTilePath(f *testing.F) {
	for _, seed := range []string{"0/000", "1/x001/234.p/7", "entries/x001/x234/067", "../../etc/passwd", "0/x000/001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		level, n, _, err := parseTilePath(path)
		if err != nil {
			if !errors.Is(err, ErrNoTile) {
				t.Fatal(err)
			}
			return
		}
		full, _, _ := strings.Cut(path, ".p/")
		if filepath.ToSlash(tilePath(level, n)) != "tile/"+full || strings.Contains(full, "..") {
			t.Fatalf("%q was read as %s", path, tilePath(level, n))
		}
	})
}

// A damaged bundle is an error and no panic.
func FuzzBundle(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0, 0, 2, 'b', 'c'}, 3)
	f.Fuzz(func(t *testing.T, raw []byte, entries int) {
		if entries < 0 || entries > width {
			return
		}
		if end, err := bundleEnd(raw, entries); err == nil && end > len(raw) {
			t.Fatalf("%d of %d", end, len(raw))
		}
	})
}
