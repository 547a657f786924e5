// SPDX-License-Identifier: Apache-2.0

// Package logs keeps the anchor chaincode's logs as an organisation's own blocks
// tell them: tiles, checkpoints, and an index from digests to leaves. All of it is
// rebuilt from the blocks alone; the root of every log is compared with the
// ledger's after every seal, and a difference stops it.
package logs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/sqlite"
)

// schema of the database. What is in chunk and batch is the sealer's, and the
// one thing that blocks cannot bring back.
const schema = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (source TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tip (source TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (source TEXT, size INTEGER, record TEXT NOT NULL, PRIMARY KEY (source, size)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hit (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cosignature (source TEXT, size INTEGER, witness TEXT, line TEXT NOT NULL, PRIMARY KEY (source, size, witness)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (source TEXT, name BLOB, code TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (source, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, n INTEGER NOT NULL, records BLOB NOT NULL, batch TEXT);
CREATE TABLE IF NOT EXISTS batch (id TEXT PRIMARY KEY, signed TEXT NOT NULL) WITHOUT ROWID;
`

// Store is the logs of one anchor chaincode. It is safe for concurrent use.
type Store struct {
	dir       string
	chaincode string
	sealer    string // DID whose batches leave the queue; may be empty
	write     *sql.DB
	read      *sql.DB

	chunk int        // records of a chunk of the queue, at most
	queue sync.Mutex // held while the queue changes

	mu      sync.Mutex
	waits   map[term]bool // claims of what is in the queue; changed under queue and mu
	named   map[term]int  // how many of them are of a name
	changed chan struct{} // closed and replaced whenever something changed
}

// Open opens the logs kept in a folder, or begins them there. chaincode is the
// name under which anchor is committed. sealer is the DID whose batches are in
// this store's queue, empty if none.
func Open(dir, chaincode, sealer string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	write, err := sqlite.Open(filepath.Join(dir, "logs.db"), 1)
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	read, err := sqlite.Open(filepath.Join(dir, "logs.db"), 4)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("logs: %w", err), write.Close())
	}
	s := &Store{dir: dir, chaincode: chaincode, sealer: sealer, write: write, read: read, chunk: chunkRecords, waits: map[term]bool{}, named: map[term]int{}, changed: make(chan struct{})}
	older, err := s.older()
	if err == nil {
		_, err = write.Exec(schema)
	}
	if err == nil && older {
		err = s.forget()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("logs in %s: %w", dir, err), s.Close())
	}
	if err := errors.Join(s.upgrade(), s.upgradeCosignatures()); err != nil {
		return nil, errors.Join(fmt.Errorf("logs in %s: %w", dir, err), s.Close())
	}
	if err := s.readQueue(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("logs in %s: %w", dir, err), s.Close())
	}
	if err := s.check(); err != nil {
		if err = errors.Join(err, s.forget()); s.check() != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// upgrade takes over what a gateway before left in a queue of single records, and
// has the index made anew from the blocks.
func (s *Store) upgrade() error {
	var old int
	if err := s.write.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'queue'").Scan(&old); err != nil || old == 0 {
		return err
	}
	for _, statement := range []string{
		"INSERT INTO chunk (source, n, records, batch) SELECT source, 1, record, batch FROM queue ORDER BY id", "DROP TABLE queue", "DROP TABLE IF EXISTS leaf",
	} {
		if _, err := s.write.Exec(statement); err != nil {
			return err
		}
	}
	return s.forget()
}

// LimitChunks has the queue keep at most n records together, so that a seal of
// that many can be made.
func (s *Store) LimitChunks(n int) { s.chunk = max(1, min(n, chunkRecords)) }

// Close closes the files.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// check compares the tiles on disk with the logs of the database: after a loss of
// power they may not fit.
func (s *Store) check() error {
	all, err := s.Logs(context.Background())
	if err != nil {
		return err
	}
	for id, l := range all {
		if err := l.Check(); err != nil {
			return fmt.Errorf("log %s: %w", id, err)
		}
		root, err := s.Tiles(id).Root(l.Size)
		if err != nil || string(root) != string(l.Root) {
			return fmt.Errorf("log %s: its tiles have root %x at size %d, it is %x: %w", id, root, l.Size, l.Root, errors.Join(err, ErrDiffers))
		}
		if l.Size > 0 {
			if _, err := s.Tiles(id).Entry(l.Size - 1); err != nil {
				return fmt.Errorf("log %s: %w", id, err)
			}
		}
	}
	return nil
}

// older reports whether the database was made before it kept chains' tips, which
// only the blocks can tell.
func (s *Store) older() (bool, error) {
	var logs, tips int
	err := s.write.QueryRow("SELECT COALESCE(SUM(name = 'log'), 0), COALESCE(SUM(name = 'tip'), 0) FROM sqlite_master WHERE type = 'table'").Scan(&logs, &tips)
	return logs > 0 && tips == 0, err
}

// forget drops what blocks can bring back, to read them again from the first.
func (s *Store) forget() error {
	for _, table := range []string{"meta", "source", "log", "tip", "checkpoint", "hit"} {
		if _, err := s.write.Exec("DELETE FROM " + table); err != nil { //nolint:gosec // names of our own
			return err
		}
	}
	return nil
}

// Tiles are the files of a log.
func (s *Store) Tiles(source string) Tiles { return TilesOf(s.dir, source) }

// Changed is closed when something changes after the call.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) notify() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Next is the number of the block that is to be applied next.
func (s *Store) Next(ctx context.Context) (uint64, error) {
	var next uint64
	err := s.read.QueryRowContext(ctx, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'next'").Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return next, err
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func get[T any](ctx context.Context, q querier, query string, args ...any) (record T, found bool, err error) {
	var raw string
	err = q.QueryRowContext(ctx, query, args...).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return record, false, nil
	}
	if err != nil {
		return record, false, err
	}
	return record, true, json.Unmarshal([]byte(raw), &record)
}

// Source is a source as it is now.
func (s *Store) Source(ctx context.Context, id string) (anchor.Source, error) {
	record, found, err := get[anchor.Source](ctx, s.read, "SELECT record FROM source WHERE id = ?", id)
	if err == nil && !found {
		err = anchor.SourceUnknown.Errorf("%.64s", id)
	}
	return record, err
}

// Sources are all sources as they are now.
func (s *Store) Sources(ctx context.Context) ([]anchor.Source, error) {
	return all[anchor.Source](ctx, s.read, "SELECT record FROM source ORDER BY id")
}

// Tip is where another chain stands in its log, found if it has a header.
func (s *Store) Tip(ctx context.Context, source string) (tip anchor.ChainTip, found bool, err error) {
	return get[anchor.ChainTip](ctx, s.read, "SELECT record FROM tip WHERE source = ?", source)
}

func all[T any](ctx context.Context, db *sql.DB, query string) (records []T, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	for rows.Next() {
		var raw string
		var one T
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(raw), &one); err != nil {
			return nil, err
		}
		records = append(records, one)
	}
	return records, rows.Err()
}

// Log is a log as it is now.
func (s *Store) Log(ctx context.Context, id string) (anchor.Log, error) {
	return logOf(ctx, s.read, id)
}

func logOf(ctx context.Context, q querier, id string) (anchor.Log, error) {
	record, found, err := get[anchor.Log](ctx, q, "SELECT record FROM log WHERE source = ?", id)
	if err == nil && !found {
		err = anchor.SourceUnknown.Errorf("%.64s", id)
	}
	return record, err
}

// Logs are all logs, by source.
func (s *Store) Logs(ctx context.Context) (map[string]anchor.Log, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT source, record FROM log")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	all := map[string]anchor.Log{}
	for rows.Next() {
		var id, raw string
		if err := rows.Scan(&id, &raw); err != nil {
			return nil, err
		}
		var l anchor.Log
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			return nil, err
		}
		all[id] = l
	}
	return all, rows.Err()
}

// Checkpoint is the checkpoint of a size, 0 being the latest.
func (s *Store) Checkpoint(ctx context.Context, source string, size uint64) (anchor.Checkpoint, error) {
	query, args := "SELECT record FROM checkpoint WHERE source = ? AND size = ?", []any{source, size}
	if size == 0 {
		query, args = "SELECT record FROM checkpoint WHERE source = ? ORDER BY size DESC LIMIT 1", []any{source}
	}
	record, found, err := get[anchor.Checkpoint](ctx, s.read, query, args...)
	if err == nil && !found {
		err = anchor.CheckpointUnknown.Errorf("source %.64s has none of size %d (0 is the latest)", source, size)
	}
	return record, err
}

// SealedAt is the size of the first checkpoint that holds a leaf.
func (s *Store) SealedAt(ctx context.Context, source string, index uint64) (uint64, error) {
	var size uint64
	err := s.read.QueryRowContext(ctx, "SELECT size FROM checkpoint WHERE source = ? AND size > ? ORDER BY size LIMIT 1", source, index).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, anchor.CheckpointUnknown.Errorf("log %.64s has no leaf %d", source, index)
	}
	return size, err
}
