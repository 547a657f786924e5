// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"
	"github.com/veraison/go-cose"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/gateway/receipt"
)

func coseOf(t testing.TB, r receipt.Receipt) []byte {
	t.Helper()
	c, err := r.COSE(private("log"))
	require.NoError(t, err)
	raw, err := c.Marshal()
	require.NoError(t, err)
	return raw
}

func TestCOSE(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	city, cityKey := witness(t, "city.example")
	p := policy(t, "log "+vkey, "witness city "+cityKey, "quorum city")
	for _, size := range []int{1, 2, 3, 7, 8, 100} {
		l := newTree(t, size)
		for index := range size {
			given := l.receipt(t, index, log, city)
			raw := coseOf(t, given)
			require.True(t, receipt.IsCOSE(raw))
			got, err := receipt.Check(raw, p)
			require.NoError(t, err)
			first, err := receipt.Check(given.Marshal(), p)
			require.NoError(t, err)
			require.Equal(t, receipt.FormCOSE, got.Form)
			got.Form = first.Form
			require.Equal(t, first, got, "both forms prove the same")

			// A verifier that knows RFC 9942 and nothing of ours: the root is the payload.
			var m cose.Sign1Message
			require.NoError(t, m.UnmarshalCBOR(raw))
			proofs := m.Headers.Unprotected[int64(396)].(map[any]any)[int64(-1)].([]any)
			var inclusion struct {
				_           struct{} `cbor:",toarray"`
				Size, Index int64
				Path        [][]byte
			}
			require.NoError(t, cbor.Unmarshal(proofs[0].([]byte), &inclusion))
			root, err := tlog.TreeHash(int64(size), l)
			require.NoError(t, err)
			path := make(tlog.RecordProof, len(inclusion.Path))
			for i, h := range inclusion.Path {
				path[i] = tlog.Hash(h)
			}
			require.NoError(t, tlog.CheckRecord(path, inclusion.Size, root, inclusion.Index, tlog.RecordHash(l.entries[index])))
			m.Payload = root[:]
			v, err := cose.NewVerifier(cose.AlgorithmEdDSA, private("log").Public().(ed25519.PublicKey))
			require.NoError(t, err)
			require.NoError(t, m.Verify(nil, v))
		}
	}
}

func TestCOSEFlippedBits(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	city, cityKey := witness(t, "city.example")
	p := policy(t, "log "+vkey, "witness city "+cityKey, "quorum city")
	raw := coseOf(t, newTree(t, 11).receipt(t, 6, log, city))
	for bit := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := receipt.Check(flipped, p)
		require.Error(t, err, "bit %d of byte %d", bit%8, bit/8)
	}
	for n := range raw {
		_, err := receipt.Check(raw[:n], p)
		require.Error(t, err, "the first %d bytes", n)
	}
}

func TestCOSEUntrusted(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	_, other := signer(t, origin, "other")
	_, cityKey := witness(t, "city.example")
	l := newTree(t, 9)
	whole, err := l.receipt(t, 4, log).COSE(private("log"))
	require.NoError(t, err)
	bare := whole
	bare.Note = nil
	later := whole
	later.Note = newTree(t, 10).receipt(t, 4, log).Note
	for _, tc := range []struct {
		name   string
		c      receipt.COSE
		policy []string
		want   error
	}{
		{"with a note", whole, []string{"log " + vkey, "quorum none"}, nil},
		{"without", bare, []string{"log " + vkey, "quorum none"}, nil},
		{"without, a witness needed", bare, []string{"log " + vkey, "witness city " + cityKey, "quorum city"}, receipt.ErrUntrusted},
		{"a witness needed", whole, []string{"log " + vkey, "witness city " + cityKey, "quorum city"}, receipt.ErrUntrusted},
		{"another key", whole, []string{"log " + other, "quorum none"}, receipt.ErrUntrusted},
		{"a witness's key", whole, []string{"log " + other, "witness city " + cityKey, "quorum city"}, receipt.ErrUntrusted},
		{"a note of another tree", later, []string{"log " + vkey, "quorum none"}, receipt.ErrNotIncluded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw, err := tc.c.Marshal()
			require.NoError(t, err)
			_, err = receipt.Check(raw, policy(t, tc.policy...))
			if tc.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, tc.want)
			}
		})
	}
	// Time and transaction are the log's word as well: they are signed.
	for _, change := range []func(*receipt.COSE){
		func(c *receipt.COSE) { c.Time = c.Time.Add(1e9) },
		func(c *receipt.COSE) { c.Tx = "other" },
		func(c *receipt.COSE) { c.Origin = "other/diplomas" },
	} {
		c := bare
		change(&c)
		_, err := receipt.VerifyCOSE(c, policy(t, "log "+vkey, "quorum none"))
		require.ErrorIs(t, err, receipt.ErrUntrusted)
	}
}

func FuzzParseCOSE(f *testing.F) {
	log, vkey := signer(f, origin, "log")
	good := newTree(f, 5).receipt(f, 3, log)
	f.Add(coseOf(f, good))
	p := policy(f, "log "+vkey, "quorum none")
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := receipt.ParseCOSE(raw)
		if err != nil {
			if !errors.Is(err, receipt.ErrMalformed) && !errors.Is(err, receipt.ErrNotIncluded) {
				t.Fatal(err)
			}
			return
		}
		again, err := c.Marshal()
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatal("two spellings")
		}
		if _, err := receipt.VerifyCOSE(c, p); err == nil && !bytes.Equal(c.Entry, good.Entry) {
			t.Fatal("a receipt that was never given verifies")
		}
	})
}

// BenchmarkCheck measures what a verifier needs for a receipt of either form, one
// signature each.
func BenchmarkCheck(b *testing.B) {
	log, vkey := signer(b, origin, "log")
	given := newTree(b, 1000).receipt(b, 500, log)
	p := policy(b, "log "+vkey, "quorum none")
	for form, raw := range map[string][]byte{receipt.FormProof: given.Marshal(), receipt.FormCOSE: coseOf(b, given)} {
		b.Run(form, func(b *testing.B) {
			for b.Loop() {
				if _, err := receipt.Check(raw, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
