// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// object is a data object of the merchant-presented mode: two digits id, two
// digits length, value.
type object struct {
	id    int
	value string
}

func (o object) String() string { return fmt.Sprintf("%02d%02d%s", o.id, len(o.value), o.value) }

// split reads objects one behind the other, none twice.
func split(s string) ([]object, error) {
	var all []object
	seen := map[int]bool{}
	for s != "" {
		id, errID := number(s, 2)
		n := 0
		errLen := errID
		if errID == nil {
			n, errLen = number(s[2:], 2)
		}
		if errID != nil || errLen != nil || n == 0 || len(s) < 4+n {
			return nil, currency.BadCode.Errorf("no data object at %.16q", s)
		}
		if seen[id] {
			return nil, currency.BadCode.Errorf("object %02d stands twice", id)
		}
		seen[id] = true
		all = append(all, object{id, s[4 : 4+n]})
		s = s[4+n:]
	}
	return all, nil
}

func number(s string, digits int) (int, error) {
	if len(s) < digits || strings.Trim(s[:digits], "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(s[:digits])
}

// crc is CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected.
func crc(s string) uint16 {
	sum := uint16(0xFFFF)
	for i := range len(s) {
		sum ^= uint16(s[i]) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// element is a BER-TLV of one tag byte, as the consumer-presented mode has it.
type element struct {
	tag   byte
	value []byte
}

func appendElement(out []byte, tag byte, value []byte) []byte {
	out = append(out, tag)
	switch n := len(value); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	default:
		out = append(out, 0x82, byte(n>>8), byte(n)) //nolint:gosec // what is appended here is far below 64 KiB
	}
	return append(out, value...)
}

// elements reads BER-TLV with definite lengths in their shortest form.
func elements(b []byte) ([]element, error) {
	var all []element
	for len(b) > 0 {
		if len(b) < 2 {
			return nil, currency.BadCode.Errorf("an element ends early")
		}
		tag, n, head := b[0], int(b[1]), 2
		switch {
		case n == 0x81 && len(b) > 2 && b[2] >= 0x80:
			n, head = int(b[2]), 3
		case n == 0x82 && len(b) > 3 && b[2] != 0:
			n, head = int(b[2])<<8|int(b[3]), 4
		case n >= 0x80:
			return nil, currency.BadCode.Errorf("element %02X has no length of ours", tag)
		}
		if tag&0x1F == 0x1F || len(b) < head+n {
			return nil, currency.BadCode.Errorf("element %02X ends early", tag)
		}
		all = append(all, element{tag, b[head : head+n]})
		b = b[head+n:]
	}
	return all, nil
}
