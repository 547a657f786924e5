// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// fileHeader is the first line of a file's proof.
const fileHeader = "trust-platform/file-proof@v1"

// FileProof proves one file of a manifest without the others: the file's line,
// the way from its leaf to the root of the manifest's tree, and the manifest's
// receipt, in either form. Which of how many files it is stays unsaid: the manifest's
// digest does not tell.
type FileProof struct {
	File    anchor.File
	Path    []Sibling // from the leaf to the root
	Receipt []byte    // of the manifest
}

// Sibling is a node that is hashed with the one on the way.
type Sibling struct {
	Left bool // stands to the left of it
	Hash [HashSize]byte
}

// NewFileProof proves the file at an index of a manifest that has this receipt.
func NewFileProof(files []anchor.File, index int, of []byte) (FileProof, error) {
	p := FileProof{Receipt: of}
	if index < 0 || index >= len(files) {
		return p, fmt.Errorf("%w: file %d of %d", ErrNotIncluded, index, len(files))
	}
	p.File = files[index]
	leaves := make([]tlog.Hash, len(files))
	for i, f := range files {
		line, err := jws.Canonical(f)
		if err != nil {
			return p, err
		}
		leaves[i] = anchor.LeafHash(line)
	}
	p.Path = pathOf(leaves, index)
	return p, nil
}

// pathOf is PATH(m, D[n]) of RFC 9162 section 2.1.3.1, with sides.
func pathOf(leaves []tlog.Hash, m int) []Sibling {
	if len(leaves) < 2 {
		return nil
	}
	k := split(len(leaves))
	if m < k {
		return append(pathOf(leaves[:k], m), Sibling{Hash: rootOf(leaves[k:])})
	}
	return append(pathOf(leaves[k:], m-k), Sibling{Left: true, Hash: rootOf(leaves[:k])})
}

// split is the largest power of two below n, which is at least 2.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func rootOf(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := split(len(leaves))
	return tlog.NodeHash(rootOf(leaves[:k]), rootOf(leaves[k:]))
}

var sides = map[bool]string{true: "left", false: "right"}

// Marshal writes the proof.
func (p FileProof) Marshal() ([]byte, error) {
	line, err := jws.Canonical(p.File)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nfile %s\n", fileHeader, line)
	for _, s := range p.Path {
		fmt.Fprintln(&b, sides[s.Left], base64.StdEncoding.EncodeToString(s.Hash[:]))
	}
	b.WriteByte('\n')
	b.Write(p.Receipt)
	return b.Bytes(), nil
}

// IsFileProof reports whether bytes begin as a file's proof does.
func IsFileProof(raw []byte) bool { return bytes.HasPrefix(raw, []byte(fileHeader+"\n")) }

// ParseFileProof reads a file's proof. Whatever Marshal would not write is
// ErrMalformed. What it says is not checked yet: see VerifyFile.
func ParseFileProof(raw []byte) (FileProof, error) {
	var p FileProof
	if len(raw) > MaxLength {
		return p, malformed("%d bytes, a file's proof has at most %d", len(raw), MaxLength)
	}
	head, of, ok := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || lines[0] != fileHeader || len(lines) < 2 || len(lines) > 2+64 {
		return p, malformed("not a file's proof: it begins with %s, and has a file and at most 64 hashes", fileHeader)
	}
	file, ok := strings.CutPrefix(lines[1], "file ")
	if !ok {
		return p, malformed("the file's proof names no file")
	}
	p.Receipt = of
	if err := jws.DecodeCanonical([]byte(file), &p.File); err != nil {
		return p, malformed("the file %w", err)
	}
	for _, line := range lines[2:] {
		side, hash, _ := strings.Cut(line, " ")
		h, err := parseHash(hash)
		if err != nil || side != sides[true] && side != sides[false] {
			return p, malformed("the file's path has %.80q: left or right and a hash are needed", line)
		}
		p.Path = append(p.Path, Sibling{Left: side == sides[true], Hash: h})
	}
	if again, err := p.Marshal(); err != nil || !bytes.Equal(again, raw) {
		return p, malformed("the file's proof is spelled in another way than its one")
	}
	return p, nil
}

// VerifyFile checks a file's proof under a policy, with nothing else: the file is
// in the manifest, and the manifest in the log. It returns ErrMalformed,
// ErrUntrusted or ErrNotIncluded.
func VerifyFile(p FileProof, policy *Policy) (Proof, error) {
	if IsFileProof(p.Receipt) {
		return Proof{}, malformed("a file's proof holds the receipt of its manifest, not another file's proof")
	}
	done, err := Check(p.Receipt, policy)
	if err != nil {
		return done, err
	}
	if done.Record.Kind != anchor.Manifest || done.Record.Algorithm != anchor.SHA256 {
		return Proof{}, fmt.Errorf("%w: the receipt is of a %s in %s, no manifest", ErrNotIncluded, done.Record.Kind, done.Record.Algorithm)
	}
	line, err := jws.Canonical(p.File)
	if err != nil {
		return Proof{}, malformed("the file %w", err)
	}
	at := tlog.Hash(anchor.LeafHash(line))
	for _, s := range p.Path {
		if s.Left {
			at = tlog.NodeHash(s.Hash, at)
		} else {
			at = tlog.NodeHash(at, s.Hash)
		}
	}
	if !bytes.Equal(at[:], done.Record.Digest) {
		return Proof{}, fmt.Errorf("%w: file %.200q is not in the manifest", ErrNotIncluded, p.File.Path)
	}
	done.File = &p.File
	return done, nil
}
