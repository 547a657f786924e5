// SPDX-License-Identifier: Apache-2.0

// Package shelf keeps, for a while, what the gateway gave out to somebody with a secret:
// offers by their codes, requests by their links. A record lies under a hash of its
// secret and sealed with a key from it, so that the file tells nobody anything who does
// not have the secret; what is taken down or out of date is overwritten.
package shelf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/komsco/trust-platform/gateway/internal/sqlite"
)

const (
	schema = `CREATE TABLE IF NOT EXISTS record (kind TEXT NOT NULL, name BLOB NOT NULL, expires INTEGER NOT NULL, sealed BLOB NOT NULL,
PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passing ON record (kind, expires)`
	version = 1
)

// sweepEvery is how often what is out of date is thrown away; it does not show before.
const sweepEvery = time.Minute

// Shelf keeps records. It is safe for concurrent use.
type Shelf struct {
	db  *sql.DB
	now func() time.Time

	mu    sync.Mutex
	swept time.Time
}

// Open opens the shelf in a file. Without one it is in memory.
func Open(file string, now func() time.Time) (*Shelf, error) {
	if now == nil {
		now = time.Now
	}
	db, err := sqlite.OpenPrivate(file, schema, version)
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	return &Shelf{db: db, now: now}, nil
}

// Close closes the file.
func (s *Shelf) Close() error { return s.db.Close() }

// Tx is what changes together.
type Tx struct {
	tx  *sql.Tx
	now int64 // Unix milliseconds
}

// Do has changes made together: all are on disk when it returns nil, none if change
// returns an error, which it answers as it is.
func (s *Shelf) Do(change func(*Tx) error) error {
	now := s.now()
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	if s.due(now) {
		if _, err := tx.Exec("DELETE FROM record WHERE expires <= ?", now.UnixMilli()); err != nil {
			return err
		}
	}
	if err := change(&Tx{tx, now.UnixMilli()}); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *Shelf) due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) < sweepEvery {
		return false
	}
	s.swept = now
	return true
}

// Put keeps a record until a time, in the place of one that is there.
func (t *Tx) Put(kind, secret string, until time.Time, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	name, seal, err := keys(kind, secret)
	if err != nil {
		return err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	expires := until.UnixMilli()
	_, err = t.tx.Exec("INSERT OR REPLACE INTO record (kind, name, expires, sealed) VALUES (?, ?, ?, ?)",
		kind, name, expires, seal.Seal(nonce, nonce, raw, bound(kind, expires)))
	return err
}

// Get reads a record that is not out of date.
func (t *Tx) Get(kind, secret string, v any) (found bool, err error) {
	name, seal, err := keys(kind, secret)
	if err != nil {
		return false, err
	}
	var (
		expires int64
		sealed  []byte
	)
	err = t.tx.QueryRow("SELECT expires, sealed FROM record WHERE kind = ? AND name = ?", kind, name).Scan(&expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && expires <= t.now {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(sealed) < seal.NonceSize() {
		return false, fmt.Errorf("shelf: a record of %s is damaged", kind)
	}
	raw, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], bound(kind, expires))
	if err != nil {
		return false, fmt.Errorf("shelf: a record of %s is damaged: %w", kind, err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // as they were put there
	return true, d.Decode(v)
}

// Drop takes a record down, if it is there.
func (t *Tx) Drop(kind, secret string) error {
	name, _, err := keys(kind, secret)
	if err == nil {
		_, err = t.tx.Exec("DELETE FROM record WHERE kind = ? AND name = ?", kind, name)
	}
	return err
}

// Count is how many records of kinds are not out of date.
func (t *Tx) Count(kinds ...string) (n int, err error) {
	for _, kind := range kinds {
		var some int
		if err := t.tx.QueryRow("SELECT COUNT(*) FROM record WHERE kind = ? AND expires > ?", kind, t.now).Scan(&some); err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

// keys are the name under which a secret's record lies, and what seals it. Secrets have
// 128 bits at least.
func keys(kind, secret string) (name []byte, seal cipher.AEAD, err error) {
	if name, err = hkdf.Key(sha256.New, []byte(secret), nil, "name "+kind, sha256.Size); err != nil {
		return nil, nil, err
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "seal "+kind, 32)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	seal, err = cipher.NewGCM(block)
	return name, seal, err
}

// bound has a record be good as what it was put there for, and no longer.
func bound(kind string, expires int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(kind), uint64(expires)) //nolint:gosec // bits, not a number
}
