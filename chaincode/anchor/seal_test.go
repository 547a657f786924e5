// SPDX-License-Identifier: Apache-2.0

package anchor_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestParseSeal(t *testing.T) {
	records := deposit("b").Append(deposit("a").Append(nil))
	for _, tc := range []struct {
		name   string
		change func(s *anchor.Seal, data [][]byte) [][]byte
		want   *code.Code
	}{
		{"good", func(_ *anchor.Seal, d [][]byte) [][]byte { return d }, nil},
		{"no log", func(s *anchor.Seal, _ [][]byte) [][]byte { s.Logs = []anchor.SealLog{}; return nil }, anchor.EmptyBatch},
		{"no record", func(s *anchor.Seal, d [][]byte) [][]byte { s.Logs = nil; s.Add("a", 0, nil); return [][]byte{{}} }, anchor.EmptyBatch},
		{"other records", func(_ *anchor.Seal, d [][]byte) [][]byte { return [][]byte{deposit("c").Append(nil)} }, anchor.InvalidSeal},
		{"records too many", func(_ *anchor.Seal, d [][]byte) [][]byte { return append(d, d[0]) }, anchor.InvalidSeal},
		{"a log twice", func(s *anchor.Seal, d [][]byte) [][]byte { s.Add("a", 0, d[0]); return append(d, d[0]) }, anchor.InvalidSeal},
		{"a bad source", func(s *anchor.Seal, d [][]byte) [][]byte { s.Logs[0].Source = "a/b"; return d }, anchor.InvalidID},
		{"no batch id", func(s *anchor.Seal, d [][]byte) [][]byte { s.Batch = ""; return d }, anchor.InvalidID},
		{"of another channel", func(s *anchor.Seal, d [][]byte) [][]byte { s.Channel = "x"; return d }, anchor.Elsewhere},
		{"of another network", func(s *anchor.Seal, d [][]byte) [][]byte { s.Network = "x"; return d }, anchor.Elsewhere},
		{"of another chaincode", func(s *anchor.Seal, d [][]byte) [][]byte { s.Chaincode = "x"; return d }, anchor.Elsewhere},
		{"of another version", func(s *anchor.Seal, d [][]byte) [][]byte { s.V = 2; return d }, anchor.InvalidSeal},
		{"too many bytes", func(s *anchor.Seal, _ [][]byte) [][]byte {
			s.Logs = nil
			big := make([]byte, anchor.MaxBytes+1)
			s.Add("a", 0, big)
			return [][]byte{big}
		}, anchor.TooLarge},
		{"too many logs", func(s *anchor.Seal, d [][]byte) [][]byte {
			for i := range anchor.MaxLogs {
				s.Add(fmt.Sprint("log", i), 0, d[0])
				d = append(d, d[0])
			}
			return d
		}, anchor.InvalidSeal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := anchor.NewSeal(place, "b-1")
			s.Add("a", 5, records)
			data := tc.change(&s, [][]byte{records})
			got, err := anchor.ParseSeal(sign(t, "sealer", anchor.TypSeal, s), data, place)
			if tc.want != nil {
				refused(t, err, tc.want)
				return
			}
			if err != nil || len(got.Records) != 1 || len(got.Records[0]) != 2 {
				t.Fatalf("%+v, %v", got, err)
			}
			if err := got.Verify(); err != nil {
				t.Error(err)
			}
			source := newSource(t, "a", anchor.Documents)
			if err := got.CheckGrant(0, source, anchor.Log{Size: 5}); err != nil {
				t.Error(err)
			}
			refused(t, got.CheckGrant(0, source, anchor.Log{Size: 4}), anchor.SizeMismatch)
			_, source.Sealer = key("another sealer")
			refused(t, got.CheckGrant(0, source, anchor.Log{Size: 5}), anchor.SealerNotGranted)
		})
	}
}

// One bit of the seal or of its records is never overlooked.
func TestSealFlippedBits(t *testing.T) {
	records := deposit("a").Append(nil)
	s := anchor.NewSeal(place, "b-1")
	s.Add("a", 0, records)
	compact := []byte(sign(t, "sealer", anchor.TypSeal, s))
	check := func(compact, records []byte) error {
		got, err := anchor.ParseSeal(string(compact), [][]byte{records}, place)
		if err == nil {
			err = got.Verify()
		}
		return err
	}
	if err := check(compact, records); err != nil {
		t.Fatal(err)
	}
	for bit := range len(compact) * 8 {
		flipped := bytes.Clone(compact)
		flipped[bit/8] ^= 1 << (bit % 8)
		if check(flipped, records) == nil {
			t.Fatalf("bit %d of the seal", bit)
		}
	}
	for bit := range len(records) * 8 {
		flipped := bytes.Clone(records)
		flipped[bit/8] ^= 1 << (bit % 8)
		if check(compact, flipped) == nil {
			t.Fatalf("bit %d of the records", bit)
		}
	}
}

func FuzzParseSeal(f *testing.F) {
	records := deposit("a").Append(nil)
	s := anchor.NewSeal(place, "b-1")
	s.Add("a", 0, records)
	f.Add(sign(f, "sealer", anchor.TypSeal, s), records)
	f.Fuzz(func(t *testing.T, compact string, records []byte) {
		got, err := anchor.ParseSeal(compact, [][]byte{records}, place)
		if err == nil && (len(got.Logs) != 1 || len(got.Records[0]) == 0) {
			t.Fatalf("%+v", got)
		}
	})
}
