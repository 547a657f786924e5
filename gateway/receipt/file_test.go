// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

func slip(i int) string { return fmt.Sprint("slip ", i) }

func manifest(n int) []anchor.File {
	files := make([]anchor.File, n)
	for i := range files {
		sum := sha256.Sum256([]byte(slip(i)))
		files[i] = anchor.File{Path: fmt.Sprintf("2026/%05d.png", i), Digest: hex.EncodeToString(sum[:]), Size: int64(len(slip(i)))}
	}
	return files
}

// manifestReceipt is the receipt of a manifest, third of five records.
func manifestReceipt(t testing.TB, files []anchor.File, signers ...note.Signer) receipt.Receipt {
	t.Helper()
	root, err := anchor.ManifestRoot(files)
	require.NoError(t, err)
	l := &tree{}
	for i := range 5 {
		r := record(i)
		if i == 2 {
			r.Kind, r.Digest = anchor.Manifest, root
		}
		more, err := tlog.StoredHashes(int64(i), r.Entry("diplomas"), l)
		require.NoError(t, err)
		l.stored, l.entries = append(l.stored, more...), append(l.entries, r.Entry("diplomas"))
	}
	return l.receipt(t, 2, signers...)
}

func TestFileProof(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	p := policy(t, "log "+vkey, "quorum none")
	for _, n := range []int{1, 2, 3, 5, 8, 33} {
		files := manifest(n)
		of := manifestReceipt(t, files, log)
		for i := range files {
			for _, raw := range [][]byte{of.Marshal(), coseOf(t, of)} {
				proof, err := receipt.NewFileProof(files, i, raw)
				require.NoError(t, err)
				whole, err := proof.Marshal()
				require.NoError(t, err)
				got, err := receipt.Check(whole, p)
				require.NoError(t, err)
				require.Equal(t, files[i], *got.File)
				require.NoError(t, got.CheckContent(nil, strings.NewReader(slip(i))))
				require.ErrorIs(t, got.CheckContent(nil, strings.NewReader(slip(i)+" ")), receipt.ErrOther)
				require.Contains(t, got.Words(), fmt.Sprintf("%q", files[i].Path))
			}
		}
	}
	_, err := receipt.NewFileProof(manifest(3), 3, nil)
	require.ErrorIs(t, err, receipt.ErrNotIncluded)
}

func TestFileProofFlippedBits(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	p := policy(t, "log "+vkey, "quorum none")
	files := manifest(11)
	proof, err := receipt.NewFileProof(files, 6, manifestReceipt(t, files, log).Marshal())
	require.NoError(t, err)
	raw, err := proof.Marshal()
	require.NoError(t, err)
	for bit := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := receipt.Check(flipped, p)
		require.Error(t, err, "bit %d of %q", bit, raw[bit/8])
	}
}

func TestFileProofOfAnother(t *testing.T) {
	log, vkey := signer(t, origin, "log")
	p := policy(t, "log "+vkey, "quorum none")
	files := manifest(9)
	of := manifestReceipt(t, files, log)
	good, err := receipt.NewFileProof(files, 4, of.Marshal())
	require.NoError(t, err)
	for name, change := range map[string]func(*receipt.FileProof){
		"another file":                func(p *receipt.FileProof) { p.File = files[5] },
		"another side":                func(p *receipt.FileProof) { p.Path[0].Left = !p.Path[0].Left },
		"a path one too short":        func(p *receipt.FileProof) { p.Path = p.Path[1:] },
		"the receipt of a document":   func(p *receipt.FileProof) { p.Receipt = newTree(t, 5).receipt(t, 2, log).Marshal() },
		"the receipt of another's":    func(p *receipt.FileProof) { p.Receipt = manifestReceipt(t, manifest(8), log).Marshal() },
		"a path one too long":         func(p *receipt.FileProof) { p.Path = append(p.Path, p.Path[0]) },
		"a file's proof as a receipt": func(p *receipt.FileProof) { p.Receipt, _ = good.Marshal() },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			bad.Path = append([]receipt.Sibling(nil), good.Path...)
			change(&bad)
			_, err := receipt.VerifyFile(bad, p)
			require.Error(t, err)
			require.True(t, errors.Is(err, receipt.ErrNotIncluded) || errors.Is(err, receipt.ErrMalformed), "%v", err)
		})
	}
}

func FuzzParseFileProof(f *testing.F) {
	log, vkey := signer(f, origin, "log")
	files := manifest(5)
	p := policy(f, "log "+vkey, "quorum none")
	proof, err := receipt.NewFileProof(files, 3, manifestReceipt(f, files, log).Marshal())
	require.NoError(f, err)
	raw, err := proof.Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := receipt.ParseFileProof(raw)
		if err != nil {
			if !errors.Is(err, receipt.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if again, err := parsed.Marshal(); err != nil || !bytes.Equal(again, raw) {
			t.Fatal("two spellings")
		}
		if _, err := receipt.VerifyFile(parsed, p); err == nil && !slices.Contains(files, parsed.File) {
			t.Fatal("a file that the manifest does not have verifies")
		}
	})
}
