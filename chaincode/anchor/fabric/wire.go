// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrMalformed is in the tree of every error about the form of what is read.
var ErrMalformed = errors.New("malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// message is a protobuf message as its fields stand in it. Fabric's own types are
// not used: rules know nothing of Fabric's modules, and what counts here is that
// two readers never see two things. So a field that stands once in its type stands
// once here, where protobuf would let the last one win or merge them.
type message struct {
	numbers map[protowire.Number][]uint64 // varints
	parts   map[protowire.Number][][]byte // strings, bytes, messages; they share the message's memory
}

// read takes a message apart. Fields of other wire types are of no type read here
// and are passed over.
func read(what string, raw []byte) (message, error) {
	m := message{map[protowire.Number][]uint64{}, map[protowire.Number][][]byte{}}
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return m, malformed("%s: a field's tag cannot be read", what)
		}
		raw = raw[n:]
		switch kind {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(raw)
			if n < 0 {
				return m, malformed("%s: field %d cannot be read", what, number)
			}
			m.numbers[number], raw = append(m.numbers[number], v), raw[n:]
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(raw)
			if n < 0 {
				return m, malformed("%s: field %d ends within", what, number)
			}
			m.parts[number], raw = append(m.parts[number], v), raw[n:]
		default:
			n := protowire.ConsumeFieldValue(number, kind, raw)
			if n < 0 {
				return m, malformed("%s: field %d cannot be read", what, number)
			}
			raw = raw[n:]
		}
	}
	return m, nil
}

// one is a field that stands at most once, nil where it is left out.
func (m message) one(number protowire.Number) ([]byte, error) {
	all := m.parts[number]
	if len(all) > 1 || len(m.numbers[number]) > 0 {
		return nil, malformed("field %d stands %d times, or is a number", number, len(all))
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all[0], nil
}

// number is a varint that stands at most once, 0 where it is left out.
func (m message) number(number protowire.Number) (uint64, error) {
	all := m.numbers[number]
	if len(all) > 1 || len(m.parts[number]) > 0 {
		return 0, malformed("field %d stands %d times, or is no number", number, len(all))
	}
	if len(all) == 0 {
		return 0, nil
	}
	return all[0], nil
}

// path is the message that stands within messages, field by field.
func path(what string, raw []byte, numbers ...protowire.Number) ([]byte, error) {
	for _, n := range numbers {
		m, err := read(what, raw)
		if err != nil {
			return nil, err
		}
		if raw, err = m.one(n); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	return raw, nil
}

// entries reads a map from strings to messages. A key stands once.
func (m message) entries(what string, number protowire.Number) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, raw := range m.parts[number] {
		entry, err := read(what, raw)
		if err != nil {
			return nil, err
		}
		key, err := entry.one(1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		value, err := entry.one(2)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if _, twice := all[string(key)]; twice {
			return nil, malformed("%s: %.60q stands twice", what, key)
		}
		all[string(key)] = value
	}
	return all, nil
}

func appendBytes(to []byte, number protowire.Number, value []byte) []byte {
	if len(value) == 0 {
		return to
	}
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}
