// SPDX-License-Identifier: Apache-2.0

package qbft_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor/qbft"
)

// made is a header of testdata/headers.json, which other libraries made.
type made struct {
	Raw, Hash           string
	Number, Round       uint64
	Validators, Sealers []qbft.Address
}

func vectors(t testing.TB) (all []made, raw [][]byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/headers.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		r, err := hex.DecodeString(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, r)
	}
	return all, raw
}

func parse(t testing.TB, raw []byte) qbft.Header {
	t.Helper()
	h, err := qbft.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func begin(t testing.TB, raw []byte) qbft.Trust {
	t.Helper()
	trust, err := qbft.Begin(parse(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// Headers that other libraries made: hash, parent, round, validators and who
// sealed are what they say, and the set of validators is followed over one that
// comes and one that goes.
func TestForeignChain(t *testing.T) {
	all, raw := vectors(t)
	trust := begin(t, raw[0])
	for i, m := range all {
		h := parse(t, raw[i])
		if hex.EncodeToString(h.Hash[:]) != m.Hash || h.Number != m.Number || h.Round != m.Round || !slices.Equal(h.Validators, m.Validators) {
			t.Fatalf("header %d: %x %d %d %v", i, h.Hash, h.Number, h.Round, h.Validators)
		}
		if i == 0 {
			continue
		}
		if before := parse(t, raw[i-1]); h.Previous != before.Hash {
			t.Fatalf("header %d states %x, its parent is %x", i, h.Previous, before.Hash)
		}
		sealers, after, err := trust.Check(h, true)
		if err != nil || !slices.Equal(sealers, m.Sealers) {
			t.Fatalf("header %d: %v, %v", i, sealers, err)
		}
		trust = after
	}
	if trust.Height != 9 || len(trust.Validators) != 4 {
		t.Errorf("trust %+v", trust)
	}
	if _, after, err := begin(t, raw[0]).Check(parse(t, raw[10]), false); err != nil || after.Height != 10 {
		t.Errorf("over a gap in which one validator came and one went: %v", err)
	}
	if _, _, err := begin(t, raw[0]).Check(parse(t, raw[10]), true); !errors.Is(err, qbft.ErrSet) {
		t.Errorf("two changes at once: %v", err)
	}
}

// No bit of a sealed header can change and still count.
func TestFlippedBits(t *testing.T) {
	_, raw := vectors(t)
	trust := begin(t, raw[0])
	for bit := range len(raw[4]) * 8 {
		flipped := bytes.Clone(raw[4])
		flipped[bit/8] ^= 1 << (bit % 8)
		h, err := qbft.Parse(flipped)
		if err == nil {
			_, _, err = trust.Check(h, true)
		}
		if err == nil {
			t.Fatalf("bit %d counts", bit)
		}
	}
}

func TestRefused(t *testing.T) {
	_, raw := vectors(t)
	for _, tc := range []struct {
		name   string
		change func(*qbft.Header)
		want   error
	}{
		{"two of four", func(h *qbft.Header) { h.Seals = h.Seals[:2] }, qbft.ErrUnsealed},
		{"no seal", func(h *qbft.Header) { h.Seals = nil }, qbft.ErrUnsealed},
		{"one twice", func(h *qbft.Header) { h.Seals = append(slices.Clone(h.Seals[:2]), h.Seals[0]) }, qbft.ErrUnsealed},
		{"of another header", func(h *qbft.Header) { h.Seals = parse(t, raw[2]).Seals }, qbft.ErrForged},
		{"no validators", func(h *qbft.Header) { h.Validators = nil }, qbft.ErrSet},
		{"a stranger for a validator", func(h *qbft.Header) {
			h.Validators = append([]qbft.Address{{1}}, h.Validators[:3]...)
		}, qbft.ErrSet},
		{"a last byte of 2", func(h *qbft.Header) {
			h.Seals = [][]byte{append(slices.Clone(h.Seals[0][:64]), 2), h.Seals[1], h.Seals[2]}
		}, qbft.ErrForged},
		{"the larger s", func(h *qbft.Header) { h.Seals = [][]byte{mirror(h.Seals[0]), h.Seals[1], h.Seals[2]} }, qbft.ErrForged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := parse(t, raw[1])
			tc.change(&h)
			if _, _, err := begin(t, raw[0]).Check(h, true); !errors.Is(err, tc.want) {
				t.Errorf("expected %q, got %v", tc.want, err)
			}
		})
	}
	// Seals of a set that the one before knows too little of.
	h := parse(t, raw[10])
	before := qbft.Trust{Validators: append([]qbft.Address{{1}, {2}, {3}}, h.Validators[0])}
	if _, _, err := before.Check(h, false); !errors.Is(err, qbft.ErrSet) {
		t.Errorf("a new set that strangers vouch for: %v", err)
	}
}

// mirror is the other signature that holds alike.
func mirror(seal []byte) []byte {
	order, _ := hex.DecodeString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
	out, borrow := slices.Clone(seal), 0
	for i := 31; i >= 0; i-- {
		d := int(order[i]) - int(seal[32+i]) - borrow
		borrow = 0
		if d < 0 {
			d, borrow = d+256, 1
		}
		out[32+i] = byte(d)
	}
	out[64] ^= 1
	return out
}

func TestQuorum(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 100: 67} {
		if got := qbft.Quorum(n); got != want {
			t.Errorf("%d validators: %d seals, expected %d", n, got, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	_, raw := vectors(t)
	for name, bad := range map[string][]byte{
		"nothing":          {},
		"a string":         {0x80},
		"an empty list":    {0xc0},
		"a byte behind":    append(bytes.Clone(raw[1]), 0),
		"an end within":    raw[1][:len(raw[1])-1],
		"a length of nine": {0xff, 1, 1, 1, 1, 1, 1, 1, 1},
		"too long":         make([]byte, qbft.MaxBytes+1),
	} {
		if _, err := qbft.Parse(bad); !errors.Is(err, qbft.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	_, raw := vectors(f)
	known := map[string]bool{}
	for _, r := range raw {
		f.Add(r)
		known[string(r)] = true
	}
	trust := begin(f, raw[0])
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := qbft.Parse(raw)
		if err != nil {
			if !errors.Is(err, qbft.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if _, _, err := trust.Check(h, true); err == nil && !known[string(raw)] {
			t.Fatal("a header that was never sealed counts")
		}
	})
}
