// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	legacy "golang.org/x/crypto/sha3"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// Why a receipt does not hold.
var (
	ErrUntrusted   = errors.New("not signed by whom the policy trusts")
	ErrNotIncluded = errors.New("the record is not in the tree that was signed")
	ErrOther       = errors.New("the content is another than the one that was anchored")
	ErrDiverged    = errors.New("the two checkpoints are not of one log that only grew")
)

// Proof is what a receipt proves under a policy.
type Proof struct {
	Checkpoint
	Source       string
	Record       anchor.Record
	Index        uint64
	LogKey       string // that signed, as name+hash
	Cosignatures []Cosignature
	Form         string // of the receipt
	// File is the manifest's file that was proved, nil where that is the record itself.
	File *anchor.File
}

// The forms of a receipt.
const (
	FormProof = "tlog-proof" // C2SP tlog-proof
	FormCOSE  = "cose"       // COSE Receipt, RFC 9942
)

// parseEntry reads the entry of a receipt, which is of the log that signed.
func parseEntry(entry []byte, origin string) (string, anchor.Record, error) {
	source, record, err := anchor.ParseEntry(entry)
	if err != nil {
		return "", record, malformed("record: %w", err)
	}
	if !strings.HasSuffix(origin, "/"+source) {
		return "", record, fmt.Errorf("%w: it is of source %s, the log is %.300s", ErrNotIncluded, source, origin)
	}
	return source, record, nil
}

// Open verifies a signed checkpoint under a policy. It returns ErrMalformed or
// ErrUntrusted.
func Open(signed []byte, p *Policy) (c Checkpoint, logKey string, seen []Cosignature, err error) {
	n, err := note.Open(signed, p)
	if err != nil {
		var unsigned *note.UnverifiedNoteError
		if errors.As(err, &unsigned) {
			return c, "", nil, fmt.Errorf("%w: %s", ErrUntrusted, signers(unsigned.Note))
		}
		var forged *note.InvalidSignatureError
		if errors.As(err, &forged) {
			return c, "", nil, fmt.Errorf("%w: the signature of %s is forged, or the checkpoint was changed", ErrUntrusted, forged.Name)
		}
		return c, "", nil, malformed("checkpoint: %w", err)
	}
	for _, sig := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := b64.DecodeString(sig.Base64); err != nil { // stray bits, which package note lets pass
			return c, "", nil, malformed("signature of %.200s is not in base64", sig.Name)
		}
	}
	if c, err = ParseCheckpoint(n.Text); err != nil {
		return c, "", nil, err
	}
	logKey, seen, err = p.check(c.Origin, n)
	return c, logKey, seen, err
}

func signers(n *note.Note) string {
	if len(n.UnverifiedSigs) == 0 {
		return "nobody signed"
	}
	var names []string
	for _, s := range n.UnverifiedSigs {
		names = append(names, fmt.Sprintf("%.200s+%08x", s.Name, s.Hash))
	}
	return "it names the keys " + strings.Join(names, ", ") + ", which the policy does not"
}

// Verify checks a receipt under a policy, with nothing else. It returns
// ErrMalformed, ErrUntrusted or ErrNotIncluded.
func Verify(r Receipt, p *Policy) (Proof, error) {
	var proof Proof
	if _, _, err := anchor.ParseEntry(r.Entry); err != nil {
		return proof, malformed("record: %w", err)
	}
	c, logKey, seen, err := Open(r.Note, p)
	if err != nil {
		return proof, err
	}
	source, record, err := parseEntry(r.Entry, c.Origin)
	if err != nil {
		return proof, err
	}
	if r.Index >= c.Size {
		return proof, fmt.Errorf("%w: leaf %d of a tree of %d", ErrNotIncluded, r.Index, c.Size)
	}
	path := make(tlog.RecordProof, len(r.Path))
	for i, h := range r.Path {
		path[i] = h
	}
	leaf := anchor.LeafHash(r.Entry)
	if err := tlog.CheckRecord(path, int64(c.Size), c.Root, int64(r.Index), leaf); err != nil { //nolint:gosec // parsing bounds both
		return proof, fmt.Errorf("%w: leaf %d of %d", ErrNotIncluded, r.Index, c.Size)
	}
	return Proof{Checkpoint: c, Source: source, Record: record, Index: r.Index, LogKey: logKey, Cosignatures: seen, Form: FormProof}, nil
}

// CheckContent compares content with what was proved: the record, or the file of
// its manifest. It returns ErrOther, or what reading failed with.
func (p Proof) CheckContent(salt []byte, content io.Reader) error {
	if p.File == nil {
		return CheckContent(p.Record, salt, content)
	}
	digest, err := hex.DecodeString(p.File.Digest)
	if err != nil {
		return malformed("digest of the file: %w", err)
	}
	return CheckContent(anchor.Record{Algorithm: anchor.SHA256, Digest: digest}, salt, content)
}

// CheckContent compares content with the record's digest, taken over salt and
// content. It returns ErrOther, or what reading failed with.
func CheckContent(r anchor.Record, salt []byte, content io.Reader) error {
	h, err := newHash(r.Algorithm)
	if err != nil {
		return err
	}
	h.Write(salt)
	if _, err := io.Copy(h, content); err != nil {
		return err
	}
	if sum := h.Sum(nil); !bytes.Equal(sum, r.Digest) {
		return fmt.Errorf("%w: its %s is %x, anchored was %x", ErrOther, r.Algorithm, sum, r.Digest)
	}
	return nil
}

func newHash(a anchor.Algorithm) (hash.Hash, error) {
	switch a {
	case anchor.SHA256:
		return sha256.New(), nil
	case anchor.SHA384:
		return sha512.New384(), nil
	case anchor.SHA512:
		return sha512.New(), nil
	case anchor.SHA3x256:
		return sha3.New256(), nil
	case anchor.SHA3x512:
		return sha3.New512(), nil
	case anchor.Keccak256:
		return legacy.NewLegacyKeccak256(), nil
	default:
		return nil, malformed("%s is not known", a)
	}
}

// CheckConsistency checks that a log only grew from one checkpoint to another
// (RFC 9162 section 2.1.4). From the empty tree everything grew, and its proof is
// empty; but the empty tree has one root. It returns ErrDiverged.
func CheckConsistency(from, to Checkpoint, proof [][HashSize]byte) error {
	if from.Origin != to.Origin {
		return fmt.Errorf("%w: %q and %q", ErrDiverged, from.Origin, to.Origin)
	}
	if from.Size > to.Size {
		return fmt.Errorf("%w: from %d leaves to %d", ErrDiverged, from.Size, to.Size)
	}
	for _, c := range []Checkpoint{from, to} {
		if c.Size == 0 && !bytes.Equal(c.Root[:], anchor.EmptyRoot()) {
			return fmt.Errorf("%w: an empty tree has another root", ErrDiverged)
		}
	}
	if from.Size == 0 || from.Size == to.Size {
		if len(proof) > 0 || from.Size == to.Size && from.Root != to.Root {
			return fmt.Errorf("%w: from %d leaves to %d, with a proof of %d hashes", ErrDiverged, from.Size, to.Size, len(proof))
		}
		return nil
	}
	tree := make(tlog.TreeProof, len(proof))
	for i, h := range proof {
		tree[i] = h
	}
	if err := tlog.CheckTree(tree, int64(to.Size), to.Root, int64(from.Size), from.Root); err != nil { //nolint:gosec // parsing bounds both
		return fmt.Errorf("%w: from %d leaves to %d", ErrDiverged, from.Size, to.Size)
	}
	return nil
}
