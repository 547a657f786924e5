// SPDX-License-Identifier: Apache-2.0

// Package receipt makes and verifies receipts of anchored records. A receipt is a
// C2SP tlog-proof: the record, its path through the source's Merkle tree (RFC
// 9162), and the tree's checkpoint as a signed note. It verifies with nothing but
// itself and a policy file that names whose keys are trusted: no network, no
// gateway, no ledger.
package receipt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// HashSize is the size of every hash, in bytes: SHA-256.
const HashSize = 32

// MaxSize bounds a log's size; sizes are JSON numbers elsewhere.
const MaxSize = 1 << 50

// Checkpoint is a log's state as its key signs it (C2SP tlog-checkpoint). Time
// and transaction are extension lines, so they are signed too.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   [HashSize]byte
	Time   time.Time // that the ledger gave it, UTC, to the second
	Tx     string    // transaction on the ledger that sealed it
}

// ErrMalformed is in the tree of every error about the form of what is parsed.
var ErrMalformed = errors.New("malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// Text is the note's text: origin, size, root, time, transaction, a line each.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\ntx %s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		c.Time.UTC().Format(time.RFC3339), c.Tx)
}

// ParseCheckpoint reads a note's text. Whatever Text would not write is
// ErrMalformed.
func ParseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[5] != "" || lines[0] == "" {
		return c, malformed("a checkpoint has five lines: origin, size, root, time, tx")
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return c, malformed("the checkpoint's root is %w", err)
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || size > MaxSize {
		return c, malformed("the checkpoint's size is %.30q", lines[1])
	}
	at, ok1 := strings.CutPrefix(lines[3], "time ")
	tx, ok2 := strings.CutPrefix(lines[4], "tx ")
	when, err := time.Parse(time.RFC3339, at)
	if !ok1 || !ok2 || err != nil {
		return c, malformed("the checkpoint's last lines are not its time and its transaction")
	}
	c = Checkpoint{Origin: lines[0], Size: size, Root: root, Time: when.UTC(), Tx: tx}
	if c.Text() != text {
		return c, malformed("the checkpoint is spelled in another way than its one")
	}
	return c, nil
}

// Sign is the checkpoint as a signed note.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if _, err := ParseCheckpoint(c.Text()); err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: c.Text()}, signers...)
}

var b64 = base64.StdEncoding.Strict()

// parseHash reads a hash in its one spelling of base64.
func parseHash(text string) (h [HashSize]byte, err error) {
	raw, err := b64.DecodeString(text)
	if err != nil || len(raw) != HashSize || strings.ContainsAny(text, "\r\n") {
		return h, fmt.Errorf("%.60q, not 32 bytes in base64", text)
	}
	return [HashSize]byte(raw), nil
}
