// SPDX-License-Identifier: Apache-2.0

package qbft

import (
	"errors"
	"fmt"
)

// ErrMalformed is in the tree of every error about the form of what is read.
var ErrMalformed = errors.New("malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// item is one RLP item: a string, or a list with the items within it.
type item struct {
	raw     []byte // as it stands, its head included
	content []byte
	list    bool
}

// next takes the first item off. Only the one shortest spelling is read.
func next(raw []byte) (it item, rest []byte, err error) {
	if len(raw) == 0 {
		return it, nil, malformed("an item is missing")
	}
	head, size := 1, 0
	switch first := raw[0]; {
	case first < 0x80:
		return item{raw: raw[:1], content: raw[:1]}, raw[1:], nil
	case first < 0xb8:
		size = int(first - 0x80)
	case first < 0xc0:
		head, size, err = long(raw, int(first-0xb7))
	case first < 0xf8:
		it.list, size = true, int(first-0xc0)
	default:
		it.list = true
		head, size, err = long(raw, int(first-0xf7))
	}
	if err != nil {
		return it, nil, err
	}
	if size > len(raw)-head {
		return it, nil, malformed("an item of %d bytes ends within", size)
	}
	it.raw, it.content = raw[:head+size], raw[head:head+size]
	if !it.list && size == 1 && it.content[0] < 0x80 {
		return it, nil, malformed("a byte that stands for itself has a length")
	}
	return it, raw[head+size:], nil
}

// long is a length that stands in so many bytes.
func long(raw []byte, bytes int) (head, size int, err error) {
	if bytes > 4 || len(raw) < 1+bytes || raw[1] == 0 {
		return 0, 0, malformed("a length of %d bytes", bytes)
	}
	for _, b := range raw[1 : 1+bytes] {
		size = size<<8 | int(b)
	}
	if size < 56 {
		return 0, 0, malformed("a length of %d is spelled long", size)
	}
	return 1 + bytes, size, nil
}

// items are all items of a list, at most max.
func (it item) items(what string, max int) ([]item, error) {
	if !it.list {
		return nil, malformed("%s is not a list", what)
	}
	var all []item
	for raw := it.content; len(raw) > 0; {
		one, rest, err := next(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if len(all) == max {
			return nil, malformed("%s has more than %d items", what, max)
		}
		all, raw = append(all, one), rest
	}
	return all, nil
}

// bytes is a string of one length.
func (it item) bytes(what string, size int) ([]byte, error) {
	if it.list || len(it.content) != size {
		return nil, malformed("%s has %d bytes, expected %d", what, len(it.content), size)
	}
	return it.content, nil
}

// number is an integer, without zeros in front.
func (it item) number(what string, max uint64) (n uint64, err error) {
	if it.list || len(it.content) > 8 || len(it.content) > 0 && it.content[0] == 0 {
		return 0, malformed("%s is not a number", what)
	}
	for _, b := range it.content {
		n = n<<8 | uint64(b)
	}
	if n > max {
		return 0, malformed("%s is %d, at most %d is read", what, n, max)
	}
	return n, nil
}

// appendString writes a string.
func appendString(to, content []byte) []byte {
	if len(content) == 1 && content[0] < 0x80 {
		return append(to, content[0])
	}
	return append(appendHead(to, 0x80, len(content)), content...)
}

// appendList writes a list of what is spelled already.
func appendList(to []byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	to = appendHead(to, 0xc0, size)
	for _, p := range parts {
		to = append(to, p...)
	}
	return to
}

func appendHead(to []byte, base byte, size int) []byte {
	if size < 56 {
		return append(to, base+byte(size)) //nolint:gosec // was checked
	}
	var length []byte
	for n := size; n > 0; n >>= 8 {
		length = append([]byte{byte(n)}, length...)
	}
	return append(append(to, base+55+byte(len(length))), length...) //nolint:gosec // at most 8
}
