// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

const origin = "testnet/trust/anchor/diplomas"

func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// signer is a log's key. It does as x/mod's own signer, from a key that is there.
func signer(t testing.TB, origin, name string) (note.Signer, string) {
	t.Helper()
	key := private(name)
	vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	parts := strings.SplitN(vkey, "+", 3)
	s, err := note.NewSigner("PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	require.NoError(t, err)
	return s, vkey
}

func witness(t testing.TB, name string) (*torchwood.CosignatureSigner, string) {
	t.Helper()
	s, err := torchwood.NewCosignatureSigner(name, private(name))
	require.NoError(t, err)
	return s, s.Verifier().String()
}

func policy(t testing.TB, lines ...string) *receipt.Policy {
	t.Helper()
	p, err := receipt.ParsePolicy([]byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return p
}

// tree is a log built with the code of Go's checksum database.
type tree struct {
	entries [][]byte
	stored  []tlog.Hash
}

func (l *tree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = l.stored[n]
	}
	return out, nil
}

func newTree(t testing.TB, size int) *tree {
	t.Helper()
	l := &tree{}
	for i := range size {
		entry := record(i).Entry("diplomas")
		more, err := tlog.StoredHashes(int64(i), entry, l)
		require.NoError(t, err)
		l.stored, l.entries = append(l.stored, more...), append(l.entries, entry)
	}
	return l
}

func content(i int) string { return fmt.Sprint("diploma ", i) }

func record(i int) anchor.Record {
	sum := sha256.Sum256([]byte(content(i)))
	return anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: sum[:], Submitter: "did:key:z1", Reference: anchor.ReferenceOf("ref")}
}

func (l *tree) checkpoint(t testing.TB, size int) receipt.Checkpoint {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), l)
	require.NoError(t, err)
	return receipt.Checkpoint{Origin: origin, Size: uint64(size), Root: root, Time: time.Unix(1_750_000_000, 0).UTC(), Tx: strings.Repeat("ab", 32)}
}

func (l *tree) receipt(t testing.TB, index int, signers ...note.Signer) receipt.Receipt {
	t.Helper()
	size := len(l.entries)
	path, err := tlog.ProveRecord(int64(size), int64(index), l)
	require.NoError(t, err)
	signed, err := l.checkpoint(t, size).Sign(signers...)
	require.NoError(t, err)
	r := receipt.Receipt{Entry: l.entries[index], Index: uint64(index), Note: signed}
	for _, h := range path {
		r.Path = append(r.Path, h)
	}
	return r
}

func TestVerify(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	city, cityKey := witness(t, "city.example")
	p := policy(t, "log "+vkey, "witness city "+cityKey, "quorum city")
	for _, size := range []int{1, 2, 3, 7, 8, 100} {
		l := newTree(t, size)
		for index := range size {
			raw := l.receipt(t, index, log, city).Marshal()
			r, err := receipt.Parse(raw)
			require.NoError(t, err)
			got, err := receipt.Verify(r, p)
			require.NoError(t, err)
			require.Equal(t, uint64(index), got.Index)
			require.Equal(t, "diplomas", got.Source)
			require.Len(t, got.Cosignatures, 1)
			require.NoError(t, receipt.CheckContent(got.Record, nil, strings.NewReader(content(index))))
			require.ErrorIs(t, receipt.CheckContent(got.Record, nil, strings.NewReader(content(index)+" ")), receipt.ErrOther)
			require.ErrorIs(t, receipt.CheckContent(got.Record, []byte("salt"), strings.NewReader(content(index))), receipt.ErrOther)

			// What is not ours agrees.
			v, err := note.NewVerifier(vkey)
			require.NoError(t, err)
			theirs := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(v))
			require.NoError(t, torchwood.VerifyProof(theirs, tlog.RecordHash(r.Entry), raw))
			path := make([][]byte, len(r.Path))
			for i := range r.Path {
				path[i] = r.Path[i][:]
			}
			require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, r.Index, got.Size, rfc6962.DefaultHasher.HashLeaf(r.Entry), path, got.Root[:]))
		}
	}
}

func TestWords(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	city, cityKey := witness(t, "city.example")
	got, err := receipt.Verify(newTree(t, 5).receipt(t, 3, log, city), policy(t, "log "+vkey, "witness city "+cityKey, "quorum city"))
	require.NoError(t, err)
	words := got.Words()
	for _, want := range []string{
		"Record 3 of the log of diplomas, a notarise", "Deposited by did:key:z1, as the log's sealer established",
		"tree of 5 records of " + origin, "2025-06-15T15:06:40Z", "Witness city had seen it",
	} {
		require.Contains(t, words, want)
	}
}

// No bit of a receipt can change: the record, the path, the checkpoint and every
// signature are covered, and there is one spelling.
func TestFlippedBits(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	city, cityKey := witness(t, "city.example")
	p := policy(t, "log "+vkey, "witness city "+cityKey, "quorum city")
	raw := newTree(t, 11).receipt(t, 6, log, city).Marshal()
	for bit := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		r, err := receipt.Parse(flipped)
		if err == nil {
			_, err = receipt.Verify(r, p)
		}
		require.Error(t, err, "bit %d of %q", bit, raw[bit/8])
	}
}

func TestUntrusted(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	rotated, newKey := signer(t, origin, "new log key")
	_, otherLog := signer(t, "testnet/trust/anchor/other", "log")
	city, cityKey := witness(t, "city.example")
	bank, bankKey := witness(t, "bank.example")
	all := []string{"log " + vkey, "log " + newKey, "witness city " + cityKey, "witness bank " + bankKey}
	l := newTree(t, 9)
	for _, tc := range []struct {
		name   string
		lines  []string
		signed []note.Signer
		want   error
	}{
		{"the log", append(all, "quorum none"), []note.Signer{log}, nil},
		{"the rotated key", append(all, "quorum none"), []note.Signer{rotated}, nil},
		{"a key before it was trusted", []string{"log " + vkey, "quorum none"}, []note.Signer{rotated}, receipt.ErrUntrusted},
		{"the key of another log", []string{"log " + otherLog, "quorum none"}, []note.Signer{log}, receipt.ErrUntrusted},
		{"witnesses alone", append(all, "quorum none"), []note.Signer{city, bank}, receipt.ErrUntrusted},
		{"one of two", append(all, "group g 2 city bank", "quorum g"), []note.Signer{log, city}, receipt.ErrUntrusted},
		{"both", append(all, "group g all city bank", "quorum g"), []note.Signer{log, city, bank}, nil},
		{"any", append(all, "group g any city bank", "quorum g"), []note.Signer{log, bank}, nil},
		{"a group within", append(all, "group in any bank", "group g all city in", "quorum g"), []note.Signer{log, bank}, receipt.ErrUntrusted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := receipt.Verify(l.receipt(t, 4, tc.signed...), policy(t, tc.lines...))
			if tc.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, tc.want)
			}
		})
	}
	// A checkpoint of another tree, or a record of another source.
	r := l.receipt(t, 4, log)
	r.Note = newTree(t, 10).receipt(t, 4, log).Note
	_, err := receipt.Verify(r, policy(t, append(all, "quorum none")...))
	require.ErrorIs(t, err, receipt.ErrNotIncluded)
	r = l.receipt(t, 4, log)
	r.Entry = record(4).Entry("other")
	_, err = receipt.Verify(r, policy(t, append(all, "quorum none")...))
	require.ErrorIs(t, err, receipt.ErrNotIncluded)
	r = l.receipt(t, 4, log)
	r.Index = 9
	_, err = receipt.Verify(r, policy(t, append(all, "quorum none")...))
	require.ErrorIs(t, err, receipt.ErrNotIncluded)
}

func TestPolicyRefuses(t *testing.T) {
	_, vkey := signer(t, origin, "log")
	_, cityKey := witness(t, "city.example")
	same, err := torchwood.NewCosignatureSigner("bank.example", private("city.example"))
	require.NoError(t, err)
	for name, lines := range map[string][]string{
		"nothing":                  {""},
		"no quorum":                {"log " + vkey},
		"no log":                   {"quorum none"},
		"an unknown word":          {"log " + vkey, "colour red", "quorum none"},
		"a quorum of nobody known": {"log " + vkey, "quorum city"},
		"two quorums":              {"log " + vkey, "quorum none", "quorum none"},
		"a group of one twice":     {"log " + vkey, "witness city " + cityKey, "group g all city city", "quorum g"},
		"a key twice":              {"log " + vkey, "witness city " + cityKey, "witness town " + cityKey, "quorum city"},
		"a key of two names":       {"log " + vkey, "witness city " + cityKey, "witness bank " + same.Verifier().String(), "quorum city"},
		"a group of more than all": {"log " + vkey, "witness city " + cityKey, "group g 2 city", "quorum g"},
		"a log's key as a witness": {"log " + vkey, "witness city " + vkey, "quorum city"},
		"a group in itself":        {"log " + vkey, "group g all g", "quorum g"},
		"a witness named none":     {"log " + vkey, "witness none " + cityKey, "quorum none"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := receipt.ParsePolicy([]byte(strings.Join(lines, "\n")))
			require.Error(t, err)
		})
	}
}

func TestConsistency(t *testing.T) {
	l := newTree(t, 40)
	empty := receipt.Checkpoint{Origin: origin, Root: [32]byte(anchor.EmptyRoot())}
	for _, from := range []int{1, 2, 3, 8, 31, 39, 40} {
		for _, to := range []int{8, 39, 40} {
			if from > to {
				require.ErrorIs(t, receipt.CheckConsistency(l.checkpoint(t, from), l.checkpoint(t, to), nil), receipt.ErrDiverged)
				continue
			}
			path, err := tlog.ProveTree(int64(to), int64(from), l)
			require.NoError(t, err)
			hashes := make([][32]byte, len(path))
			for i := range path {
				hashes[i] = path[i]
			}
			require.NoError(t, receipt.CheckConsistency(l.checkpoint(t, from), l.checkpoint(t, to), hashes))
			other := l.checkpoint(t, from)
			other.Root[7] ^= 1
			require.ErrorIs(t, receipt.CheckConsistency(other, l.checkpoint(t, to), hashes), receipt.ErrDiverged)
			require.ErrorIs(t, receipt.CheckConsistency(l.checkpoint(t, from), l.checkpoint(t, to), append(hashes, other.Root)), receipt.ErrDiverged)
		}
	}
	require.NoError(t, receipt.CheckConsistency(empty, l.checkpoint(t, 40), nil))
	require.NoError(t, receipt.CheckConsistency(empty, empty, nil))
	require.ErrorIs(t, receipt.CheckConsistency(l.checkpoint(t, 40), empty, nil), receipt.ErrDiverged)
	require.ErrorIs(t, receipt.CheckConsistency(empty, l.checkpoint(t, 40), make([][32]byte, 1)), receipt.ErrDiverged)
	forged := empty
	forged.Root[0] ^= 1 // which the Merkle library would let pass
	require.ErrorIs(t, receipt.CheckConsistency(forged, l.checkpoint(t, 40), nil), receipt.ErrDiverged)
	require.NoError(t, proof.VerifyConsistency(rfc6962.DefaultHasher, 0, 40, nil, forged.Root[:], make([]byte, 32)))
	elsewhere := l.checkpoint(t, 40)
	elsewhere.Origin = "x"
	require.ErrorIs(t, receipt.CheckConsistency(l.checkpoint(t, 8), elsewhere, nil), receipt.ErrDiverged)
}

func FuzzParse(f *testing.F) {
	log, vkey := signer(f, origin, "log")
	f.Add(newTree(f, 5).receipt(f, 3, log).Marshal())
	p := policy(f, "log "+vkey, "quorum none")
	good := newTree(f, 5).receipt(f, 3, log)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := receipt.Parse(raw)
		if err != nil {
			if !errors.Is(err, receipt.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(r.Marshal(), raw) {
			t.Fatal("two spellings")
		}
		if _, err := receipt.Verify(r, p); err == nil && !bytes.Equal(r.Entry, good.Entry) {
			t.Fatal("a receipt that was never given verifies")
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(newTree(f, 5).checkpoint(f, 3).Text())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := receipt.ParseCheckpoint(text); err == nil && c.Text() != text {
			t.Fatal("two spellings")
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	_, vkey := signer(f, origin, "log")
	f.Add("log " + vkey + "\nquorum none")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = receipt.ParsePolicy([]byte(text)) })
}
