// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"strings"
)

// CompositeKey builds a Fabric composite key: U+0000, object type, U+0000, and
// each part followed by U+0000. Parts are non-empty and made of A-Z a-z 0-9 and
// . _ : - @, so no part can reach into another.
func CompositeKey(objectType string, parts ...string) string {
	var b strings.Builder
	b.WriteByte(0)
	b.WriteString(objectType)
	b.WriteByte(0)
	for _, p := range parts {
		if !ValidPart(p) {
			panic(fmt.Sprintf("key of %s: part %.80q", objectType, p))
		}
		b.WriteString(p)
		b.WriteByte(0)
	}
	return b.String()
}

// SplitKey takes a composite key apart.
func SplitKey(key string) (objectType string, parts []string, err error) {
	if len(key) < 3 || key[0] != 0 || key[len(key)-1] != 0 {
		return "", nil, fmt.Errorf("%.80q is not a composite key", key)
	}
	all := strings.Split(key[1:len(key)-1], "\x00")
	return all[0], all[1:], nil
}

// ValidPart reports whether s may stand in a composite key: 1 to 128 bytes of
// A-Z a-z 0-9 . _ : - @.
func ValidPart(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("._:-@", c) < 0 {
			return false
		}
	}
	return true
}

// Num is a number as a key part: 16 digits, so that keys sort as numbers do.
func Num(n int64) string {
	if n < 0 {
		panic(fmt.Sprintf("negative number %d in a key", n))
	}
	return fmt.Sprintf("%016d", n)
}
