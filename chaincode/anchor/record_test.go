// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

func TestRecordsHaveOneEncoding(t *testing.T) {
	long := deposit("long")
	long.Algorithm, long.Digest, long.Reference = anchor.SHA512, bytes.Repeat([]byte{7}, 64), nil
	manifest := deposit("files")
	manifest.Kind = anchor.Manifest
	want := []anchor.Record{deposit("a"), long, manifest, deposit("b")}
	var raw []byte
	for _, r := range want {
		raw = r.Append(raw)
	}
	got, err := anchor.ParseRecords(raw)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for i := range got {
		if !bytes.Equal(got[i].Append(nil), want[i].Append(nil)) {
			t.Errorf("record %d is %+v", i, got[i])
		}
		source, back, err := anchor.ParseEntry(got[i].Entry("diplomas"))
		if err != nil || source != "diplomas" || !reflect.DeepEqual(back, got[i]) {
			t.Errorf("entry of record %d: %s %+v, %v", i, source, back, err)
		}
	}
	for cut := 1; cut < len(raw); cut++ {
		if _, err := anchor.ParseRecords(raw[:cut]); err == nil && cut != len(want[0].Append(nil)) &&
			cut != len(want[0].Append(nil))+len(want[1].Append(nil)) &&
			cut != len(raw)-len(want[3].Append(nil)) {
			t.Errorf("cut at %d of %d passes", cut, len(raw))
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	for name, change := range map[string]func(*anchor.Record){
		"kind 0":                 func(r *anchor.Record) { r.Kind = 0 },
		"kind 6":                 func(r *anchor.Record) { r.Kind = 6 },
		"a block without a body": func(r *anchor.Record) { r.Kind = anchor.Block },
		"data of a deposit":      func(r *anchor.Record) { r.Data = []byte("x") },
		"too much data": func(r *anchor.Record) {
			r.Kind, r.Body, r.Data = anchor.Block, []byte("x"), make([]byte, anchor.MaxData+1)
		},
		"algorithm 0":             func(r *anchor.Record) { r.Algorithm, r.Digest = 0, nil },
		"algorithm 7":             func(r *anchor.Record) { r.Algorithm = 7 },
		"a short digest":          func(r *anchor.Record) { r.Digest = r.Digest[:31] },
		"a digest of another":     func(r *anchor.Record) { r.Algorithm = anchor.SHA384 },
		"no submitter":            func(r *anchor.Record) { r.Submitter = "" },
		"a person's name":         func(r *anchor.Record) { r.Submitter = "홍길동" },
		"a long submitter":        func(r *anchor.Record) { r.Submitter = strings.Repeat("x", 201) },
		"a short reference":       func(r *anchor.Record) { r.Reference = r.Reference[:8] },
		"a body where none is":    func(r *anchor.Record) { r.Body = []byte("x") },
		"a step without a body":   func(r *anchor.Record) { r.Kind = anchor.Step },
		"a header without a body": func(r *anchor.Record) { r.Kind = anchor.Header },
		"a long body":             func(r *anchor.Record) { r.Kind, r.Body = anchor.Step, make([]byte, anchor.MaxBody+1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := deposit("a")
			change(&r)
			refused(t, r.Validate(), anchor.InvalidRecord)
		})
	}
	_, err := anchor.ParseRecords(nil)
	refused(t, err, anchor.EmptyBatch)
}

func FuzzParseRecords(f *testing.F) {
	f.Add(deposit("b").Append(deposit("a").Append(nil)))
	f.Add([]byte{3, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := anchor.ParseRecords(raw)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range all {
			again = r.Append(again)
		}
		if !bytes.Equal(again, raw) {
			t.Fatalf("%x was read as %x", raw, again)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add(deposit("a").Entry("diplomas"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		source, r, err := anchor.ParseEntry(raw)
		if err == nil && !bytes.Equal(r.Entry(source), raw) {
			t.Fatalf("%x was read as %x", raw, r.Entry(source))
		}
	})
}

// The leaf hash is RFC 9162's, over what is written down here once.
func TestEntryBytes(t *testing.T) {
	r := anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: bytes.Repeat([]byte{0xab}, 32), Submitter: "me"}
	want := append([]byte("\x01\x08diplomas\x01\x01"), bytes.Repeat([]byte{0xab}, 32)...)
	want = append(want, "\x02me\x00\x00\x00"...)
	if got := r.Entry("diplomas"); !bytes.Equal(got, want) {
		t.Errorf("%x", got)
	}
	if anchor.LeafHash(want) != sha256.Sum256(append([]byte{0}, want...)) {
		t.Error("leaf hash")
	}
}
