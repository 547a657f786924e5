// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// What a leaf is found by. The index holds 8 bytes of a hash and the leaf's index,
// in one table for all logs; entries in the tiles tell whether a hit is one.
const (
	byName      = 'n' // algorithm and digest
	byReference = 'r'
	byClaim     = 'c' // of what a DID deposited
)

// term is what stands for a name or reference of a source.
type term [16]byte

func termOf(by byte, source string, value []byte) term {
	var buffer [256]byte
	text := append(buffer[:0], by, byte(len(source))) //nolint:gosec // an id is short
	text = append(append(text, source...), value...)
	sum := sha256.Sum256(text)
	return term(sum[:16])
}

// key is the term's place in the index.
func (t term) key() int64 { return int64(binary.BigEndian.Uint64(t[:8])) } //nolint:gosec // any 64 bits will do

// hit is a row of the index.
type hit struct {
	key   int64
	index uint64
}

// Name is what a record is found by within its source: algorithm and digest.
func Name(r anchor.Record) []byte { return append([]byte{byte(r.Algorithm)}, r.Digest...) }

// deposited reports whether a DID signed that it deposited the digest.
func deposited(r anchor.Record) bool {
	return (r.Kind == anchor.Notarise || r.Kind == anchor.Manifest) && strings.HasPrefix(r.Submitter, "did:")
}

// claim is what a record says, beginning with its name: two that say the same are one.
// A digest may be deposited by many, who each need a leaf of their own where they signed
// for it. Of a block of another chain anybody may bring copies that the chain never
// signed, so no copy stands for another one.
func claim(r anchor.Record) []byte {
	all := append(Name(r), byte(r.Kind))
	switch {
	case r.Kind == anchor.Block:
		sum := sha256.Sum256(r.Append(nil))
		return append(all, sum[:]...)
	case deposited(r):
		return append(all, r.Submitter...)
	default:
		return all
	}
}

// says reports whether a leaf says all that a record would. Where nobody signed for the
// record, whose name the leaf bears proves as much; and a log has a block once.
func says(leaf, r anchor.Record) bool {
	return leaf.Same(r) && (!deposited(r) || leaf.Submitter == r.Submitter)
}

// places are where the index has what says all that a record would. A deposit that was
// sealed before claims were indexed is under its name alone.
func places(source string, r anchor.Record) []int64 {
	name := termOf(byName, source, Name(r)).key()
	if !deposited(r) {
		return []int64{name}
	}
	return []int64{termOf(byClaim, source, claim(r)).key(), name}
}

// hits are the rows of a leaf.
func hits(source string, r anchor.Record, index uint64, to []hit) []hit {
	to = append(to, hit{termOf(byName, source, Name(r)).key(), index})
	if deposited(r) {
		to = append(to, hit{termOf(byClaim, source, claim(r)).key(), index})
	}
	if len(r.Reference) > 0 {
		to = append(to, hit{termOf(byReference, source, r.Reference).key(), index})
	}
	return to
}

// rowsAtOnce is how many rows one statement takes.
const rowsAtOnce = 250

// addHits writes rows, in the order of the index, which spares it most of the work.
func addHits(ctx context.Context, tx *sql.Tx, all []hit) error {
	slices.SortFunc(all, func(a, b hit) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.index, b.index)) })
	insert := func(n int) string {
		return "INSERT OR IGNORE INTO hit (key, idx) VALUES (?, ?)" + strings.Repeat(", (?, ?)", n-1)
	}
	full, err := tx.PrepareContext(ctx, insert(rowsAtOnce))
	if err != nil {
		return err
	}
	defer full.Close() //nolint:errcheck // nothing is lost: what was written is known by now
	args := make([]any, 0, 2*rowsAtOnce)
	for part := range slices.Chunk(all, rowsAtOnce) {
		args = args[:0]
		for _, h := range part {
			args = append(args, h.key, h.index)
		}
		if len(part) == rowsAtOnce {
			_, err = full.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, insert(len(part)), args...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows is what queries leaves: a database or a transaction.
type rows interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// maxCandidates bounds the leaves of one key that are looked at for a submission.
const maxCandidates = 16

// candidates are leaves that may be of these keys, the first of each.
func candidates(ctx context.Context, q rows, keys []int64) (map[int64][]uint64, error) {
	found := map[int64][]uint64{}
	keys = slices.Compact(slices.Sorted(slices.Values(keys))) // each of them once
	for part := range slices.Chunk(keys, rowsAtOnce) {
		args := make([]any, len(part))
		for i, k := range part {
			args[i] = k
		}
		query := "SELECT key, idx FROM (VALUES (?)" + strings.Repeat(", (?)", len(part)-1) + ") JOIN hit ON key = column1 AND idx IN " +
			"(SELECT idx FROM hit WHERE key = column1 ORDER BY idx LIMIT " + strconv.Itoa(maxCandidates) + ") ORDER BY key, idx"
		err := each(ctx, q, query, args, func(r *sql.Rows) error {
			var h hit
			if err := r.Scan(&h.key, &h.index); err != nil {
				return err
			}
			found[h.key] = append(found[h.key], h.index)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func each(ctx context.Context, q rows, query string, args []any, do func(*sql.Rows) error) error {
	r, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // nothing is lost: what was read is known by now
	for r.Next() {
		if err := do(r); err != nil {
			return err
		}
	}
	return r.Err()
}

// leaf is the record of a leaf, found unless the log has none there: it is one of another
// log then, whose term has the same key.
func (s *Store) leaf(source string, index uint64) (r anchor.Record, found bool, err error) {
	entry, err := s.Tiles(source).Entry(index)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNoEntry) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	_, r, err = anchor.ParseEntry(entry)
	return r, err == nil, err
}

// Find lists the leaves of a digest (the first comes first), at most limit.
func (s *Store) Find(ctx context.Context, source string, name []byte, limit int) ([]uint64, error) {
	return s.find(ctx, source, byName, name, 0, limit, func(r anchor.Record) bool { return bytes.Equal(Name(r), name) })
}

// FindReference lists the leaves of a reference from an index on, at most limit.
func (s *Store) FindReference(ctx context.Context, source string, reference []byte, from uint64, limit int) ([]uint64, error) {
	return s.find(ctx, source, byReference, reference, from, limit, func(r anchor.Record) bool { return bytes.Equal(r.Reference, reference) })
}

func (s *Store) find(ctx context.Context, source string, by byte, value []byte, from uint64, limit int, is func(anchor.Record) bool) ([]uint64, error) {
	found := []uint64{}
	for { // as long as there are rows that are none of this log's
		var some []uint64
		err := each(ctx, s.read, "SELECT idx FROM hit WHERE key = ? AND idx >= ? ORDER BY idx LIMIT ?",
			[]any{termOf(by, source, value).key(), from, limit}, func(r *sql.Rows) error {
				var i uint64
				err := r.Scan(&i)
				some = append(some, i)
				return err
			})
		if err != nil {
			return nil, err
		}
		for _, i := range some {
			r, there, err := s.leaf(source, i)
			if err != nil {
				return nil, err
			}
			if from = i + 1; there && is(r) {
				found = append(found, i)
			}
			if len(found) == limit {
				return found, nil
			}
		}
		if len(some) < limit {
			return found, nil
		}
	}
}
