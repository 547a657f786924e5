// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/ledger"
)

func TestCompositeKeyIsFabrics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9._:@-]{1,20}`), 1, 5).Draw(t, "parts")
		key := ledger.CompositeKey("note", parts...)
		want, err := shim.CreateCompositeKey("note", parts)
		if err != nil || key != want {
			t.Fatalf("key %q, Fabric's is %q (%v)", key, want, err)
		}
		kind, back, err := ledger.SplitKey(key)
		if err != nil || kind != "note" || !slices.Equal(back, parts) {
			t.Fatalf("%q splits into %s %q, %v", key, kind, back, err)
		}
	})
}

func TestValidPart(t *testing.T) {
	for part, want := range map[string]bool{
		"a": true, "Z-9._:@": true, strings.Repeat("a", 128): true,
		"": false, strings.Repeat("a", 129): false, "a/b": false, "a b": false, "a\x00b": false, "a\nb": false, "노원": false, "\xff": false,
		"\U0010ffff": false, "a%": false, "a+": false, "a=": false,
	} {
		if got := ledger.ValidPart(part); got != want {
			t.Errorf("%q valid: %t", part, got)
		}
		if got := panics(func() { ledger.CompositeKey("note", part) }); got == want {
			t.Errorf("%q makes a key: %t", part, !got)
		}
	}
}

func panics(do func()) (did bool) {
	defer func() { did = recover() != nil }()
	do()
	return false
}

func TestSplitKeyRefuses(t *testing.T) {
	for _, key := range []string{"", "\x00", "\x00\x00", "note", "\x00note", "note\x00a\x00"} {
		if kind, parts, err := ledger.SplitKey(key); err == nil {
			t.Errorf("%q splits into %s %q", key, kind, parts)
		}
	}
}

func TestNumbersSortAsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(0, 1e16-1).Draw(t, "a"), rapid.Int64Range(0, 1e16-1).Draw(t, "b")
		if cmp.Compare(ledger.Num(a), ledger.Num(b)) != cmp.Compare(a, b) {
			t.Fatalf("%s and %s", ledger.Num(a), ledger.Num(b))
		}
	})
	if !panics(func() { ledger.Num(-1) }) {
		t.Error("a negative number is a key")
	}
}
