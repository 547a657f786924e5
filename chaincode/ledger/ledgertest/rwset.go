// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Version is where a key was last written: the block's number and the
// transaction's place in it, from 0. The zero Version means that the key is
// absent; no transaction stands in block 0.
type Version struct {
	Block, Tx uint64
}

// Absent says whether the key does not exist.
func (v Version) Absent() bool { return v == Version{} }

// String is "absent" or "block 3 tx 0".
func (v Version) String() string {
	if v.Absent() {
		return "absent"
	}
	return fmt.Sprintf("block %d tx %d", v.Block, v.Tx)
}

// Read is a key that a transaction depends on, as it was.
type Read struct {
	Namespace, Key string
	Version        Version
}

// RangeRead is a range that a transaction depends on, as it was.
type RangeRead struct {
	Namespace string
	// Start is the first key asked for. End is the key before which the range
	// ends ("" for no end) or, if the range was not read to its end, the last
	// key read.
	Start, End string
	Exhausted  bool
	Reads      []Read
}

// Write is a key that a transaction puts or deletes.
type Write struct {
	Namespace, Key string
	Value          []byte
	IsDelete       bool
}

// rwset is what one simulation read and wrote. Reads and writes are sorted by
// namespace and key, ranges stand in the order they were opened.
type rwset struct {
	reads  []Read
	ranges []RangeRead
	writes []Write
}

// stateKey names a key across namespaces.
type stateKey struct{ namespace, key string }

func (k stateKey) compare(other stateKey) int {
	return cmp.Or(strings.Compare(k.namespace, other.namespace), strings.Compare(k.key, other.key))
}

func (r Read) id() stateKey  { return stateKey{r.Namespace, r.Key} }
func (w Write) id() stateKey { return stateKey{w.Namespace, w.Key} }

// difference describes the first place where two simulations of one proposal
// read or wrote differently; "" means they agree.
func (rw *rwset) difference(other *rwset) string {
	if d := firstDifference(rw.reads, other.reads, Read.id, Read.same, Read.describe); d != "" {
		return "read set: " + d
	}
	if d := rangeDifference(rw.ranges, other.ranges); d != "" {
		return "range reads: " + d
	}
	if d := firstDifference(rw.writes, other.writes, Write.id, Write.same, Write.describe); d != "" {
		return "write set: " + d
	}
	return ""
}

func (r Read) same(other Read) bool { return r == other }

func (r Read) describe() string { return r.Version.String() }

func (w Write) same(other Write) bool {
	return w.IsDelete == other.IsDelete && bytes.Equal(w.Value, other.Value)
}

func (w Write) describe() string {
	if w.IsDelete {
		return "delete"
	}
	return quote(w.Value)
}

// firstDifference walks two lists sorted by id.
func firstDifference[T any](a, b []T, id func(T) stateKey, same func(T, T) bool, describe func(T) string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i == len(b) || i < len(a) && id(a[i]).compare(id(b[i])) < 0:
			return fmt.Sprintf("%s only on the first (%s)", id(a[i]), describe(a[i]))
		case i == len(a) || id(a[i]) != id(b[i]):
			return fmt.Sprintf("%s only on the second (%s)", id(b[i]), describe(b[i]))
		case !same(a[i], b[i]):
			return fmt.Sprintf("%s: %s against %s", id(a[i]), describe(a[i]), describe(b[i]))
		}
	}
	return ""
}

func rangeDifference(a, b []RangeRead) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i == len(b):
			return fmt.Sprintf("%s only on the first", a[i])
		case i == len(a):
			return fmt.Sprintf("%s only on the second", b[i])
		case a[i].String() != b[i].String():
			return fmt.Sprintf("%s against %s", a[i], b[i])
		case !slices.Equal(a[i].Reads, b[i].Reads):
			return fmt.Sprintf("%s has other results", a[i])
		}
	}
	return ""
}

// String names the range, for people.
func (r RangeRead) String() string {
	end := "to"
	if !r.Exhausted {
		end = "through"
	}
	return fmt.Sprintf("%s [%s %s %s]", r.Namespace, readable(r.Start), end, readable(r.End))
}

// String names the key, for people.
func (k stateKey) String() string { return k.namespace + " " + readable(k.key) }

// readable shows a key; the parts of a composite key are joined by slashes.
func readable(key string) string {
	if parts, composite := strings.CutPrefix(key, compositePrefix); composite {
		key = strings.ReplaceAll(parts, compositePrefix, "/")
	}
	return fmt.Sprintf("%q", key)
}

// quote shows bytes, cut to a length fit for an error.
func quote(b []byte) string {
	const most = 200
	if len(b) > most {
		return fmt.Sprintf("%q… (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}
