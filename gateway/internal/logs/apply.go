// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// ErrDiffers is in the tree of every error which says that the logs are not what
// the ledger says they are. Nothing may be served or sealed then.
var ErrDiffers = errors.New("the log differs from the ledger's")

// Apply takes in the next block. All of it takes effect or nothing. An error that
// is ErrDiffers is final.
func (s *Store) Apply(ctx context.Context, b *blocks.Block) error {
	next, err := s.Next(ctx)
	if err != nil {
		return err
	}
	if b.Number != next {
		return fmt.Errorf("block %d came where block %d was expected", b.Number, next)
	}
	s.queue.Lock()
	defer s.queue.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	var gone []waiter   // from the queue
	for i := range b.Txs {
		if t := &b.Txs[i]; t.Valid() {
			settled, err := s.apply(ctx, tx, t)
			if err != nil {
				return fmt.Errorf("block %d transaction %s: %w", b.Number, t.ID, err)
			}
			gone = append(gone, settled...)
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO meta (name, value) VALUES ('next', ?)", fmt.Sprint(b.Number+1)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.leave(gone)
	s.notify()
	return nil
}

// apply takes in a transaction. It answers what leaves the queue with it.
func (s *Store) apply(ctx context.Context, tx *sql.Tx, t *blocks.Tx) (gone []waiter, err error) {
	stored := map[string]anchor.Log{} // as the ledger has them after this transaction
	for _, w := range t.Writes {
		table, parts, composite := blocks.SplitKey(w.Key)
		if w.Namespace != s.chaincode || !composite || w.IsDelete || len(parts) == 0 {
			continue
		}
		switch table {
		case anchor.TableSource:
			_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO source (id, record) VALUES (?, ?)", parts[0], string(w.Value))
		case anchor.TableTip:
			_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO tip (source, record) VALUES (?, ?)", parts[0], string(w.Value))
		case anchor.TableCheckpoint:
			var c anchor.Checkpoint
			if err = json.Unmarshal(w.Value, &c); err == nil {
				_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO checkpoint (source, size, record) VALUES (?, ?, ?)", parts[0], c.Size, string(w.Value))
			}
		case anchor.TableLog:
			var l anchor.Log
			if err = json.Unmarshal(w.Value, &l); err == nil {
				stored[parts[0]] = l
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if t.Chaincode == s.chaincode && len(t.Args) > 2 && string(t.Args[0]) == "Seal" {
		if gone, err = s.seal(ctx, tx, t, stored); err != nil {
			return nil, err
		}
	}
	for id, l := range stored { // what no seal has explained
		if l.Size > 0 {
			return nil, fmt.Errorf("%w: log %s was written with %d leaves by something else than a seal", ErrDiffers, id, l.Size)
		}
		if err := putLog(ctx, tx, id, l); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

func putLog(ctx context.Context, tx *sql.Tx, id string, l anchor.Log) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO log (source, record) VALUES (?, ?)", id, string(raw))
	return err
}

// seal appends what a seal appended. Every log it explains leaves stored.
func (s *Store) seal(ctx context.Context, tx *sql.Tx, t *blocks.Tx, stored map[string]anchor.Log) ([]waiter, error) {
	var done anchor.Sealed
	if err := json.Unmarshal(t.Payload, &done); err != nil {
		return nil, fmt.Errorf("%w: the answer to a seal cannot be read: %w", ErrDiffers, err)
	}
	if done.Tx != t.ID {
		return nil, nil // the first result of a seal that was carried out before
	}
	if len(done.Logs) != len(t.Args)-2 {
		return nil, fmt.Errorf("%w: %d logs for the records of %d", ErrDiffers, len(done.Logs), len(t.Args)-2)
	}
	for i, l := range done.Logs {
		if err := s.sealLog(ctx, tx, l, t.Args[i+2], stored); err != nil {
			return nil, fmt.Errorf("log %s: %w", l.Source, err)
		}
	}
	sealer, _, _ := strings.Cut(kidOf(string(t.Args[1])), "#")
	if sealer != s.sealer {
		return nil, nil
	}
	return s.settle(ctx, tx, done, t.Args[2:])
}

func (s *Store) sealLog(ctx context.Context, tx *sql.Tx, done anchor.SealedLog, raw []byte, stored map[string]anchor.Log) error {
	records, err := anchor.ParseRecords(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDiffers, err)
	}
	refused := map[int]bool{}
	for _, r := range done.Refused {
		refused[r.At] = true
	}
	log, err := logOf(ctx, tx, done.Source)
	if err != nil {
		return err
	}
	if log.Size != done.From {
		return fmt.Errorf("%w: it has %d leaves, the ledger had %d", ErrDiffers, log.Size, done.From)
	}
	var entries [][]byte
	var index []hit
	for at, r := range records {
		if !refused[at] {
			index = hits(done.Source, r, log.Size+uint64(len(entries)), index)
			entries = append(entries, r.Entry(done.Source))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	if log, err = s.Tiles(done.Source).Append(log, entries); err != nil {
		return err
	}
	want, written := stored[done.Source]
	if !written || log.Size != want.Size || !bytes.Equal(log.Root, want.Root) || !bytes.Equal(log.Root, done.Root) {
		return fmt.Errorf("%w: at size %d its root is %x, the ledger's at size %d is %x", ErrDiffers, log.Size, log.Root, want.Size, want.Root)
	}
	delete(stored, done.Source)
	if err := addHits(ctx, tx, index); err != nil {
		return err
	}
	return putLog(ctx, tx, done.Source, want)
}
