// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// hashSize is the size of a node, in bytes; width is how many a full tile has
// (C2SP tlog-tiles), and height the levels of the tree that it spans.
const (
	hashSize = 32
	width    = 256
	height   = 8
)

// Tiles keeps the nodes and entries of one log as files, in the layout of C2SP
// tlog-tiles. A tile's file only grows, up to its full width: a partial tile is
// the beginning of it, and what was served once stays what it was. What stands
// behind the log's size, after a crash, is written again with the same bytes.
type Tiles struct{ dir string }

// tilePath is a tile's path: three digits a part, all but the last behind an x.
func tilePath(level string, n uint64) string {
	parts := []string{fmt.Sprintf("%03d", n%1000)}
	for n /= 1000; n > 0; n /= 1000 {
		parts = append([]string{fmt.Sprintf("x%03d", n%1000)}, parts...)
	}
	return filepath.Join(append([]string{"tile", level}, parts...)...)
}

// ErrNoTile is a path that is none, or of a tile that the log does not have yet.
var ErrNoTile = errors.New("no such tile")

// parseTilePath reads the path of a tile as it is asked for: level (a number or
// entries), number, and width (256 unless it ends in .p/W).
func parseTilePath(path string) (level string, n uint64, wide int, err error) {
	wide = width
	if full, partial, ok := strings.Cut(path, ".p/"); ok {
		path = full
		wide, err = strconv.Atoi(partial)
		if err != nil || wide < 1 || wide >= width || strconv.Itoa(wide) != partial {
			return "", 0, 0, ErrNoTile
		}
	}
	parts := strings.Split(path, "/")
	if len(parts) < 2 || len(parts) > 8 {
		return "", 0, 0, ErrNoTile
	}
	level = parts[0]
	if l, err := strconv.Atoi(level); level != "entries" && (err != nil || l < 0 || l > 63/height || strconv.Itoa(l) != level) {
		return "", 0, 0, ErrNoTile
	}
	for i, part := range parts[1:] {
		digits := strings.TrimPrefix(part, "x")
		last := i == len(parts)-2
		d, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || len(digits) != 3 || (len(part) == 4) == last {
			return "", 0, 0, ErrNoTile
		}
		n = n*1000 + d
	}
	if tilePath(level, n) != filepath.Join("tile", filepath.FromSlash(path)) {
		return "", 0, 0, ErrNoTile
	}
	return level, n, wide, nil
}

// Read is a tile of the log, by its path behind tile/, as it is within a tree of
// that size. It returns ErrNoTile.
func (t Tiles) Read(path string, size uint64) ([]byte, error) {
	level, n, wide, err := parseTilePath(path)
	if err != nil {
		return nil, err
	}
	nodes := size
	if level != "entries" {
		l, _ := strconv.Atoi(level) // was parsed before
		nodes = size >> (height * l)
	}
	if n > nodes/width || n*width+uint64(wide) > nodes { //nolint:gosec // 1 to 256
		return nil, ErrNoTile
	}
	raw, err := os.ReadFile(filepath.Join(t.dir, tilePath(level, n)))
	if err != nil {
		return nil, err
	}
	if level != "entries" {
		if len(raw) < wide*hashSize {
			return nil, fmt.Errorf("tile %s has %d bytes", path, len(raw))
		}
		return raw[:wide*hashSize], nil
	}
	end, err := bundleEnd(raw, wide)
	return raw[:end], err
}

// bundleEnd is where so many entries of a bundle end.
func bundleEnd(raw []byte, entries int) (int, error) {
	at := 0
	for range entries {
		if at+2 > len(raw) || at+2+int(binary.BigEndian.Uint16(raw[at:])) > len(raw) {
			return 0, fmt.Errorf("%w: a bundle of %d bytes ends before", ErrNoEntry, len(raw))
		}
		at += 2 + int(binary.BigEndian.Uint16(raw[at:]))
	}
	return at, nil
}

// ErrNoEntry is a leaf that a bundle does not have.
var ErrNoEntry = errors.New("no such entry")

// Entry is the entry of a leaf. It returns ErrNoEntry where the bundle ends before,
// fs.ErrNotExist where there is no bundle.
func (t Tiles) Entry(index uint64) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(t.dir, tilePath("entries", index/width)))
	if err != nil {
		return nil, err
	}
	at, err := bundleEnd(raw, int(index%width))
	if err != nil {
		return nil, err
	}
	if at == len(raw) {
		return nil, ErrNoEntry
	}
	end, err := bundleEnd(raw[at:], 1)
	if err != nil {
		return nil, err
	}
	return raw[at+2 : at+end], nil
}

// node is a node of the tree that is complete.
func (t Tiles) node(level uint, index uint64) ([]byte, error) {
	within := level % height
	first, count := index<<within, 1<<within
	f, err := os.Open(filepath.Join(t.dir, tilePath(strconv.Itoa(int(level/height)), first/width)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hashes := make([]byte, count*hashSize)
	if _, err := f.ReadAt(hashes, int64(first%width)*hashSize); err != nil {
		return nil, fmt.Errorf("node %d of level %d: %w", index, level, err)
	}
	for ; count > 1; count /= 2 {
		for i := range count / 2 {
			copy(hashes[i*hashSize:], rfc6962.DefaultHasher.HashChildren(hashes[2*i*hashSize:(2*i+1)*hashSize], hashes[(2*i+1)*hashSize:(2*i+2)*hashSize]))
		}
	}
	return hashes[:hashSize], nil
}

// Inclusion proves that a leaf is in the tree of a size.
func (t Tiles) Inclusion(index, size uint64) ([][hashSize]byte, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, err
	}
	return t.prove(nodes)
}

// Consistency proves that the tree of one size grew to that of another. From the
// empty tree, and from a tree to itself, the proof is empty.
func (t Tiles) Consistency(from, to uint64) ([][hashSize]byte, error) {
	if from == 0 && to > 0 {
		return nil, nil
	}
	nodes, err := proof.Consistency(from, to)
	if err != nil {
		return nil, err
	}
	return t.prove(nodes)
}

func (t Tiles) prove(nodes proof.Nodes) ([][hashSize]byte, error) {
	hashes := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		var err error
		if hashes[i], err = t.node(id.Level, id.Index); err != nil {
			return nil, err
		}
	}
	hashes, err := nodes.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
	if err != nil {
		return nil, err
	}
	out := make([][hashSize]byte, len(hashes))
	for i, h := range hashes {
		out[i] = [hashSize]byte(h)
	}
	return out, nil
}

// Root is the root of the tree of a size, computed from the tiles.
func (t Tiles) Root(size uint64) ([]byte, error) {
	l := anchor.Log{Size: size}
	for level := 63; level >= 0; level-- {
		if size>>level&1 == 0 {
			continue
		}
		h, err := t.node(uint(level), (size>>level)-1)
		if err != nil {
			return nil, err
		}
		l.Range = append(l.Range, h)
	}
	return l.RootOfRange()
}

// write is what an append adds to tiles, by file.
type write struct {
	at   int64
	data []byte
}

// Append writes entries behind a log's and returns the log as it is then. The
// files are on disk when it returns.
func (t Tiles) Append(log anchor.Log, entries [][]byte) (anchor.Log, error) {
	leaves := make([][hashSize]byte, len(entries))
	writes := map[string]*write{}
	add := func(path string, at func() (int64, error), data ...[]byte) error {
		w := writes[path]
		if w == nil {
			offset, err := at()
			if err != nil {
				return err
			}
			w = &write{at: offset}
			writes[path] = w
		}
		for _, d := range data {
			w.data = append(w.data, d...)
		}
		return nil
	}
	for i, e := range entries {
		index := log.Size + uint64(i)
		leaves[i] = anchor.LeafHash(e)
		path := tilePath("entries", index/width)
		length := binary.BigEndian.AppendUint16(nil, uint16(len(e))) //nolint:gosec // anchor bounds entries
		if err := add(path, func() (int64, error) { return t.entriesEnd(path, int(index%width)) }, length, e); err != nil {
			return log, err
		}
	}
	var failed error
	next, err := log.Append(leaves, func(level uint, index uint64, hash []byte) {
		if level%height != 0 {
			return
		}
		offset := func() (int64, error) { return int64(index%width) * hashSize, nil }
		failed = errors.Join(failed, add(tilePath(strconv.Itoa(int(level/height)), index/width), offset, hash))
	})
	if err = errors.Join(err, failed); err != nil {
		return log, err
	}
	return next, t.putAll(writes)
}

// putAll writes files, some at a time: each has to be on disk.
func (t Tiles) putAll(writes map[string]*write) error {
	paths := make(chan string)
	errs := make(chan error, writers)
	for range writers {
		go func() {
			var failed error
			for path := range paths {
				failed = errors.Join(failed, t.put(path, *writes[path]))
			}
			errs <- failed
		}()
	}
	for path := range writes {
		paths <- path
	}
	close(paths)
	var failed error
	for range writers {
		failed = errors.Join(failed, <-errs)
	}
	return failed
}

// writers is how many files are written at once.
const writers = 16

func (t Tiles) entriesEnd(path string, entries int) (int64, error) {
	if entries == 0 {
		return 0, nil
	}
	raw, err := os.ReadFile(filepath.Join(t.dir, path))
	if err != nil {
		return 0, err
	}
	end, err := bundleEnd(raw, entries)
	return int64(end), err
}

func (t Tiles) put(path string, w write) error {
	path = filepath.Join(t.dir, path)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // logs are public
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // logs are public
			return err
		}
		f, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // logs are public
	}
	if err != nil {
		return err
	}
	_, err = f.Seek(w.at, io.SeekStart)
	if err == nil {
		_, err = f.Write(w.data)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// TilesOf are the files of a log in a store's folder.
func TilesOf(dir, source string) Tiles { return Tiles{filepath.Join(dir, "logs", source)} }

// Each calls do with every tile and bundle of the tree of a size.
func (t Tiles) Each(size uint64, do func(path string, data []byte) error) error {
	each := func(level string, nodes uint64) error {
		for n := uint64(0); n*width < nodes; n++ {
			path := filepath.ToSlash(tilePath(level, n))
			if wide := nodes - n*width; wide < width {
				path += fmt.Sprintf(".p/%d", wide)
			}
			data, err := t.Read(strings.TrimPrefix(path, "tile/"), size)
			if err == nil {
				err = do(path, data)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for level := 0; size>>(height*level) > 0 && level <= 63/height; level++ {
		if err := each(strconv.Itoa(level), size>>(height*level)); err != nil {
			return err
		}
	}
	return each("entries", size)
}
