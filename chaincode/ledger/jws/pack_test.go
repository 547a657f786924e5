// SPDX-License-Identifier: Apache-2.0

package jws_test

import (
	"bytes"
	"compress/flate"
	"slices"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

func signed(t testing.TB, n int) []string {
	t.Helper()
	s := signers(t)["ES256"]
	all := make([]string, n)
	for i := range all {
		var err error
		if all[i], err = s.Sign("note+jws", note{Amount: int64(i), Text: strings.Repeat("한", i)}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestPackGivesBackWhatWasPacked(t *testing.T) {
	for _, n := range []int{0, 1, 2, 40} {
		compacts := signed(t, n)
		pack, err := jws.Pack(compacts...)
		if err != nil {
			t.Fatal(err)
		}
		back, err := jws.Unpack(pack)
		if err != nil || !slices.Equal(back, compacts) {
			t.Fatalf("%d come back as %q, %v", n, back, err)
		}
		if length := len(strings.Join(compacts, "")); n > 2 && len(pack) > length/2 {
			t.Errorf("%d bytes are packed in %d", length, len(pack))
		}
	}
}

func TestPackRefuses(t *testing.T) {
	good := signed(t, 1)[0]
	header, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for name, compact := range map[string]string{
		"no parts":          "abc",
		"four parts":        good + ".AA",
		"not base64url":     header + "." + payload + ".*",
		"a short signature": header + "." + payload + "." + b64(make([]byte, 63)),
		"a line feed":       header + "." + b64([]byte("{\n}")) + "." + signature,
		"too much":          header + "." + b64(make([]byte, jws.MaxPacked)) + "." + signature,
	} {
		if pack, err := jws.Pack(compact); err == nil {
			t.Errorf("%s is packed: %x", name, pack)
		}
	}
}

// pack compresses raw behind a format version.
func pack(t testing.TB, format byte, raw []byte) []byte {
	t.Helper()
	out := bytes.NewBuffer([]byte{format})
	w, err := flate.NewWriter(out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpackRefuses(t *testing.T) {
	whole := "{}\n{}\n" + strings.Repeat("s", 64)
	if got, err := jws.Unpack(pack(t, 1, []byte(whole))); err != nil || len(got) != 1 {
		t.Fatalf("%q, %v", got, err)
	}
	good := pack(t, 1, []byte(whole))
	for name, raw := range map[string][]byte{
		"nothing":            nil,
		"another format":     pack(t, 2, []byte(whole)),
		"a format alone":     {1},
		"a cut pack":         good[:len(good)-3],
		"bytes behind":       append(slices.Clone(good), 0),
		"a short signature":  pack(t, 1, []byte(whole[:len(whole)-1])),
		"a header alone":     pack(t, 1, []byte("{}\n")),
		"a payload unended":  pack(t, 1, []byte("{}\n{}")),
		"one byte too many":  pack(t, 1, []byte(whole+"x")),
		"a bomb":             pack(t, 1, make([]byte, 100<<20)),
		"not compressed":     append([]byte{1}, whole...),
		"a bomb of messages": pack(t, 1, []byte(strings.Repeat(whole, jws.MaxPacked/len(whole)+1))),
	} {
		if got, err := jws.Unpack(raw); err == nil {
			t.Errorf("%s is read as %d JWS", name, len(got))
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, 1, []byte("{}\n{}\n"+strings.Repeat("s", 64))))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		compacts, err := jws.Unpack(raw)
		if err != nil {
			return
		}
		again, err := jws.Pack(compacts...)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := jws.Unpack(again); err != nil || !slices.Equal(back, compacts) {
			t.Fatalf("%q, %v", back, err)
		}
	})
}

func BenchmarkUnpack(b *testing.B) {
	pack, err := jws.Pack(signed(b, 50)...)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := jws.Unpack(pack); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/jws")
}
