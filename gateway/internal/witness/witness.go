// SPDX-License-Identifier: Apache-2.0

// Package witness cosigns checkpoints of logs (C2SP tlog-witness and
// tlog-cosignature) for an organisation: only those that the ledger of its own
// peer holds, and that are consistent with every one it cosigned before.
package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/receipt"
)

// Ledger is the anchor contract as the witness's own peer has it.
type Ledger interface {
	Source(ctx context.Context, id string, version int) (anchor.Source, error)
	Checkpoint(ctx context.Context, source string, size uint64) (anchor.Checkpoint, error)
}

// Why a checkpoint is not cosigned, with the statuses of C2SP tlog-witness.
var (
	ErrMalformed    = errors.New("not a request of tlog-witness")                   // 400
	ErrUnknownLog   = errors.New("the log is none of this ledger's")                // 404
	ErrNotSigned    = errors.New("the log's key did not sign the checkpoint")       // 403
	ErrInconsistent = errors.New("the proof of consistency does not hold")          // 422
	ErrNotHeld      = errors.New("this peer's ledger does not hold the checkpoint") // 403: it differs, or has not arrived yet
)

// ConflictError says that the request starts from another size than the one last
// cosigned (409).
type ConflictError struct{ Size uint64 }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the size cosigned last is %d", e.Size)
}

// Witness cosigns under one name and key. What it cosigned is on disk before it
// is given away.
type Witness struct {
	place  anchor.Place
	ledger Ledger
	dir    string
	signer *torchwood.CosignatureSigner

	mu sync.Mutex
}

// New makes a witness that remembers in dir what it cosigned.
func New(name string, key ed25519.PrivateKey, dir string, p anchor.Place, l Ledger) (*Witness, error) {
	signer, err := torchwood.NewCosignatureSigner(name, key)
	if err != nil {
		return nil, fmt.Errorf("witness %q: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return &Witness{place: p, ledger: l, dir: dir, signer: signer}, nil
}

// Key is the verifier key for policies.
func (w *Witness) Key() string { return w.signer.Verifier().String() }

// request is what add-checkpoint carries.
type request struct {
	old    uint64
	proof  [][receipt.HashSize]byte
	signed []byte
}

// MaxRequest bounds a request, in bytes.
const MaxRequest = 64 << 10

func parse(body []byte) (request, error) {
	var r request
	head, signed, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	old, isOld := strings.CutPrefix(lines[0], "old ")
	size, err := strconv.ParseUint(old, 10, 64)
	if !ok || !isOld || err != nil || strconv.FormatUint(size, 10) != old || size > receipt.MaxSize || len(lines) > 64 {
		return r, fmt.Errorf("%w: it begins with \"old SIZE\" and at most 63 hashes, an empty line, and the checkpoint", ErrMalformed)
	}
	r.old, r.signed = size, []byte(signed)
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != receipt.HashSize {
			return r, fmt.Errorf("%w: %.60q is not a hash in base64", ErrMalformed, line)
		}
		r.proof = append(r.proof, [receipt.HashSize]byte(raw))
	}
	return r, nil
}

// Request writes the body of add-checkpoint.
func Request(old uint64, proof [][receipt.HashSize]byte, signed []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(signed)
	return b.Bytes()
}

// Add cosigns a checkpoint that add-checkpoint brings. It answers the note's
// signature lines.
func (w *Witness) Add(ctx context.Context, body []byte) ([]byte, error) {
	r, err := parse(body)
	if err != nil {
		return nil, err
	}
	source, c, err := w.open(ctx, r.signed)
	if err != nil {
		return nil, err
	}
	if r.old > c.Size {
		return nil, fmt.Errorf("%w: from size %d to %d", ErrMalformed, r.old, c.Size)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, err := w.last(source, c.Origin)
	if err != nil {
		return nil, err
	}
	if r.old != last.Size {
		return nil, &ConflictError{last.Size}
	}
	if c.Size == last.Size && c.Root != last.Root {
		return nil, &ConflictError{last.Size} // as the specification has it: two trees of one size
	}
	if err := receipt.CheckConsistency(last, c, r.proof); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInconsistent, err)
	}
	if err := w.held(ctx, source, c); err != nil {
		return nil, err
	}
	if err := w.remember(source, c); err != nil {
		return nil, err
	}
	return w.sign(c)
}

// open finds the log that a checkpoint is of and checks that the key which the
// ledger names for it has signed.
func (w *Witness) open(ctx context.Context, signed []byte) (string, receipt.Checkpoint, error) {
	var none receipt.Checkpoint
	origin, _, _ := strings.Cut(string(signed), "\n")
	source, ok := strings.CutPrefix(origin, anchor.Origin(w.place, ""))
	if !ok || anchor.CheckID("source id", source) != nil {
		return "", none, fmt.Errorf("%w: %.200q", ErrUnknownLog, origin)
	}
	from, err := w.ledger.Source(ctx, source, 0)
	if errors.Is(err, anchor.SourceUnknown) {
		return "", none, fmt.Errorf("%w: %.200q", ErrUnknownLog, origin)
	}
	if err != nil {
		return "", none, err
	}
	policy, err := receipt.ParsePolicy([]byte("log " + from.LogKey + "\nquorum none"))
	if err != nil {
		return "", none, err
	}
	c, _, _, err := receipt.Open(signed, policy)
	switch {
	case errors.Is(err, receipt.ErrMalformed):
		return "", none, fmt.Errorf("%w: %w", ErrMalformed, err)
	case err != nil:
		return "", none, fmt.Errorf("%w: %w", ErrNotSigned, err)
	}
	return source, c, nil
}

// held checks that the ledger has this very checkpoint, time and transaction with
// it.
func (w *Witness) held(ctx context.Context, source string, c receipt.Checkpoint) error {
	if c.Size == 0 {
		return fmt.Errorf("%w: an empty log has none", ErrNotHeld)
	}
	own, err := w.ledger.Checkpoint(ctx, source, c.Size)
	if errors.Is(err, anchor.CheckpointUnknown) {
		return fmt.Errorf("%w: none of size %d", ErrNotHeld, c.Size)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(own.Root, c.Root[:]) || own.Time != c.Time.Unix() || own.Tx != c.Tx {
		return fmt.Errorf("%w: at size %d it has root %x of transaction %s", ErrNotHeld, c.Size, own.Root, own.Tx)
	}
	return nil
}

// memory is what a witness keeps of a log.
type memory struct {
	Size uint64 `json:"size"`
	Root []byte `json:"root"`
}

func (w *Witness) file(source string) string { return filepath.Join(w.dir, source+".json") }

// last is what was cosigned last, the empty tree if nothing was.
func (w *Witness) last(source, origin string) (receipt.Checkpoint, error) {
	c := receipt.Checkpoint{Origin: origin, Root: [receipt.HashSize]byte(anchor.EmptyRoot())}
	raw, err := os.ReadFile(w.file(source))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	var m memory
	if err := json.Unmarshal(raw, &m); err != nil || len(m.Root) != receipt.HashSize {
		return c, fmt.Errorf("%s is damaged; without it nothing of this log may be cosigned: %w", w.file(source), err)
	}
	c.Size, c.Root = m.Size, [receipt.HashSize]byte(m.Root)
	return c, nil
}

func (w *Witness) remember(source string, c receipt.Checkpoint) error {
	raw, err := json.Marshal(memory{c.Size, c.Root[:]})
	if err != nil {
		return err
	}
	fresh := w.file(source) + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh, w.file(source)); err != nil {
		return err
	}
	dir, err := os.Open(w.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// sign answers the cosignature alone, as lines of a note.
func (w *Witness) sign(c receipt.Checkpoint) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, w.signer)
	if err != nil {
		return nil, err
	}
	return bytes.TrimPrefix(signed, []byte(c.Text()+"\n")), nil
}
