// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Table is one kind of record: a composite-key namespace whose values are JSON
// objects that start with their format version, {"v":1,…}. A record that is an
// encoding.BinaryAppender and BinaryUnmarshaler has a stored form of its own,
// which starts with its format version likewise.
type Table[T any] struct {
	name    string
	version int
	parts   int
	upgrade func(version int, object []byte) (T, error)
}

// NewTable declares a table of format version 1 whose keys have that many parts.
func NewTable[T any](name string, parts int) Table[T] {
	return Table[T]{name: name, version: 1, parts: parts}
}

// WithUpgrade raises the format version; upgrade reads objects of the version
// before it.
func (tb Table[T]) WithUpgrade(version int, upgrade func(version int, object []byte) (T, error)) Table[T] {
	tb.version, tb.upgrade = version, upgrade
	return tb
}

// Name is the composite key's object type.
func (tb Table[T]) Name() string { return tb.name }

// Key builds the composite key. Parts come from validated types; a part that
// could not be a key part is a defect and panics, which the dispatcher turns
// into INTERNAL without a write.
func (tb Table[T]) Key(parts ...string) string {
	if len(parts) != tb.parts {
		panic(fmt.Sprintf("table %s: %d key parts, want %d", tb.name, len(parts), tb.parts))
	}
	return CompositeKey(tb.name, parts...)
}

// Get returns the record as this transaction sees it. found is false where there
// is none. The caller may change the record but not what its slices and maps
// hold: a record that many items of a batch read is decoded once.
func (tb Table[T]) Get(t *Tx, parts ...string) (record T, found bool, err error) {
	key := tb.Key(parts...)
	if known, ok := t.decoded[key].(T); ok {
		return known, true, nil
	}
	raw, err := t.get(key)
	if err != nil || raw == nil {
		return record, false, err
	}
	record, err = tb.Decode(raw)
	if err != nil {
		return record, false, code.CorruptState.Errorf("%s %s: %w", tb.name, strings.Join(parts, "/"), err)
	}
	t.decoded[key] = record
	return record, true, nil
}

// Has reports whether the record is there.
func (tb Table[T]) Has(t *Tx, parts ...string) (bool, error) {
	raw, err := t.get(tb.Key(parts...))
	return raw != nil, err
}

// Put writes the record.
func (tb Table[T]) Put(t *Tx, record T, parts ...string) error {
	raw, err := tb.Encode(record)
	if err != nil {
		return code.Broken.Errorf("encode %s: %w", tb.name, err)
	}
	t.put(tb.Key(parts...), raw)
	return nil
}

// Delete removes the record.
func (tb Table[T]) Delete(t *Tx, parts ...string) { t.put(tb.Key(parts...), nil) }

// Encode writes the stored form: the record's JSON object behind its version.
func (tb Table[T]) Encode(record T) ([]byte, error) {
	if own, ok := any(record).(encoding.BinaryAppender); ok {
		return own.AppendBinary(nil)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"v":%d`, tb.version)
	head := b.Len()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(record); err != nil {
		return nil, err
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(out) == head+2 { // "{}"
		return append(out[:head:head], '}'), nil
	}
	out[head] = ','
	return out, nil
}

// Decode reads the stored form of this version or the one before.
func (tb Table[T]) Decode(raw []byte) (T, error) {
	var record T
	if own, ok := any(&record).(encoding.BinaryUnmarshaler); ok {
		err := own.UnmarshalBinary(raw)
		return record, err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(`{"v":`))
	end := bytes.IndexAny(rest, ",}")
	if !ok || end <= 0 {
		return record, fmt.Errorf("has no format version")
	}
	version, err := strconv.Atoi(string(rest[:end]))
	if err != nil {
		return record, fmt.Errorf("has no format version")
	}
	object := make([]byte, 0, len(rest)-end+1)
	object = append(object, '{')
	if rest[end] == ',' {
		end++
	}
	object = append(object, rest[end:]...)
	switch {
	case version == tb.version:
		err = strict.Unmarshal(object, &record)
		return record, err
	case version == tb.version-1 && tb.upgrade != nil:
		return tb.upgrade(version, object)
	default:
		return record, fmt.Errorf("has format version %d, this chaincode reads %d", version, tb.version)
	}
}

// List returns the records under a key prefix, for queries only: Fabric refuses
// pages in a transaction that writes, and so does this.
func (tb Table[T]) List(t *Tx, limit int, bookmark string, prefix ...string) (call.Page[T], error) {
	page := call.Page[T]{Records: []call.Entry[T]{}}
	if !t.readOnly {
		return page, code.Broken.Errorf("list of %s in a transaction that may write", tb.name)
	}
	if limit <= 0 || limit > call.MaxPage {
		limit = call.MaxPage
	}
	// The peer starts reading at the bookmark whatever the prefix is, so one from
	// elsewhere would show records that the caller did not ask for and may not see.
	if bookmark != "" && !strings.HasPrefix(bookmark, CompositeKey(tb.name, prefix...)) {
		return page, code.BadRequest.Errorf("the bookmark is not of this list: give back next as it came")
	}
	it, meta, err := t.stub.GetStateByPartialCompositeKeyWithPagination(tb.name, prefix, int32(limit), bookmark)
	if err != nil {
		return page, code.Broken.Errorf("list %s: %w", tb.name, err)
	}
	defer it.Close() //nolint:errcheck // nothing is lost if closing a read fails
	for it.HasNext() {
		kv, err := it.Next()
		if err != nil {
			return page, code.Broken.Errorf("list %s: %w", tb.name, err)
		}
		_, parts, err := SplitKey(kv.GetKey())
		if err != nil {
			return page, code.CorruptState.Errorf("list %s: %w", tb.name, err)
		}
		record, err := tb.Decode(kv.GetValue())
		if err != nil {
			return page, code.CorruptState.Errorf("%s %s: %w", tb.name, strings.Join(parts, "/"), err)
		}
		page.Records = append(page.Records, call.Entry[T]{Key: parts[len(prefix):], Record: record})
	}
	if meta != nil && int(meta.GetFetchedRecordsCount()) == limit {
		page.Next = meta.GetBookmark()
	}
	return page, nil
}
