// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// kidOf is the key that a compact JWS names, empty if it cannot be read.
func kidOf(compact string) string {
	header, _, _ := strings.Cut(compact, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return ""
	}
	var h struct {
		Kid string `json:"kid"`
	}
	if json.Unmarshal(raw, &h) != nil {
		return ""
	}
	return h.Kid
}

// Submission is a record on its way into a source's log.
type Submission struct {
	Source string
	Record anchor.Record
}

// State is where a submission stands.
type State struct {
	Sealed bool
	Index  uint64 // of the leaf, where sealed
	Before bool   // it was there, or on its way, before this submission
	// Code and Detail say why the ledger refused it, the last time it was tried.
	Code, Detail string
}

// Submit puts records into the queue, each unless its source has the digest or
// waits to have it. They are on disk when it returns.
func (s *Store) Submit(ctx context.Context, all []Submission) ([]State, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	find, err := tx.PrepareContext(ctx, "SELECT idx FROM leaf WHERE source = ? AND name = ? ORDER BY idx LIMIT 1")
	if err != nil {
		return nil, err
	}
	defer find.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	insert, err := tx.PrepareContext(ctx, "INSERT INTO queue (source, name, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
	if err != nil {
		return nil, err
	}
	defer insert.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	states := make([]State, len(all))
	added := false
	for i, sub := range all {
		name := Name(sub.Record)
		err := find.QueryRowContext(ctx, sub.Source, name).Scan(&states[i].Index)
		if err == nil {
			states[i].Sealed, states[i].Before = true, true
			continue
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		done, err := insert.ExecContext(ctx, sub.Source, name, sub.Record.Append(nil))
		if err != nil {
			return nil, err
		}
		rows, err := done.RowsAffected()
		if err != nil {
			return nil, err
		}
		states[i].Before = rows == 0
		added = added || rows > 0
		if _, err := tx.ExecContext(ctx, "DELETE FROM refused WHERE source = ? AND name = ?", sub.Source, name); err != nil {
			return nil, err
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	if added {
		s.notify()
	}
	return states, nil
}

// ErrUnknown is a digest that is neither in the log nor on its way.
var ErrUnknown = errors.New("neither sealed nor waiting")

// State tells where a digest stands: sealed, waiting or refused. It returns
// ErrUnknown.
func (s *Store) State(ctx context.Context, source string, name []byte) (State, error) {
	found, err := s.Find(ctx, source, name, 1)
	if err != nil {
		return State{}, err
	}
	if len(found) > 0 {
		return State{Sealed: true, Index: found[0]}, nil
	}
	var one int
	err = s.read.QueryRowContext(ctx, "SELECT 1 FROM queue WHERE source = ? AND name = ?", source, name).Scan(&one)
	if err == nil {
		return State{}, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return State{}, err
	}
	var st State
	err = s.read.QueryRowContext(ctx, "SELECT code, detail FROM refused WHERE source = ? AND name = ?", source, name).Scan(&st.Code, &st.Detail)
	if !errors.Is(err, sql.ErrNoRows) {
		return st, err
	}
	// It may have been sealed since it was looked for in the log.
	if found, err = s.Find(ctx, source, name, 1); err == nil && len(found) > 0 {
		return State{Sealed: true, Index: found[0]}, nil
	}
	return State{}, errors.Join(err, ErrUnknown)
}

// Waiting is how many records are in the queue.
func (s *Store) Waiting(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM queue").Scan(&n)
	return n, err
}

// Batch is a seal that was decided on, and is on disk before it is sent: after a
// crash the very same is sent again.
type Batch struct {
	ID      string
	Signed  string
	Records [][]byte // of each log, as the seal names them
}

// Pending is the batch that was decided on and is not in a block yet, nil if
// there is none.
func (s *Store) Pending(ctx context.Context) (*Batch, error) {
	b := &Batch{}
	err := s.read.QueryRowContext(ctx, "SELECT id, signed FROM batch LIMIT 1").Scan(&b.ID, &b.Signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	logs, order, err := s.records(ctx, "SELECT id, source, record FROM queue WHERE batch = ? ORDER BY id", b.ID)
	if err != nil {
		return nil, err
	}
	for _, source := range order {
		b.Records = append(b.Records, logs[source].raw)
	}
	return b, nil
}

// Settled reports whether blocks have shown what became of a batch.
func (s *Store) Settled(ctx context.Context, id string) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM batch WHERE id = ?", id).Scan(&n)
	return n == 0, err
}

// chosen is what a seal takes of one log.
type chosen struct {
	raw []byte
	ids []int64
}

// records reads rows of the queue and groups them by source, in the order in
// which the sources first appear.
func (s *Store) records(ctx context.Context, query string, args ...any) (map[string]*chosen, []string, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	logs, order := map[string]*chosen{}, []string(nil)
	size := 0
	for rows.Next() {
		var (
			id     int64
			source string
			record []byte
		)
		if err := rows.Scan(&id, &source, &record); err != nil {
			return nil, nil, err
		}
		if size += len(record); size > maxSealBytes {
			break
		}
		c := logs[source]
		if c == nil {
			if len(order) == anchor.MaxLogs {
				continue // its turn comes with the next seal
			}
			c = &chosen{}
			logs[source] = c
			order = append(order, source)
		}
		c.raw = append(c.raw, record...)
		c.ids = append(c.ids, id)
	}
	return logs, order, rows.Err()
}

// maxSealBytes leaves room within the 2 MB of a seal.
const maxSealBytes = anchor.MaxBytes - 64<<10

// Decide makes a batch of what has waited longest: at most max records, of
// sources that are not in skip. sign makes the seal. It returns nil where nothing
// waits.
func (s *Store) Decide(ctx context.Context, max int, skip []string, sign func(logs []anchor.SealLog, records [][]byte) (id, signed string, err error)) (*Batch, error) {
	query, args := "SELECT id, source, record FROM queue WHERE batch IS NULL", []any{}
	if len(skip) > 0 {
		query += " AND source NOT IN (?" + strings.Repeat(", ?", len(skip)-1) + ")"
		for _, id := range skip {
			args = append(args, id)
		}
	}
	logs, order, err := s.records(ctx, query+" ORDER BY id LIMIT ?", append(args, max)...)
	if err != nil || len(order) == 0 {
		return nil, err
	}
	b := &Batch{}
	var expect []anchor.SealLog
	var ids []int64
	for _, source := range order {
		l, err := s.Log(ctx, source)
		if errors.Is(err, anchor.SourceUnknown) {
			return nil, nil // the blocks are being read again
		}
		if err != nil {
			return nil, err
		}
		expect = append(expect, anchor.SealLog{Source: source, Size: l.Size})
		b.Records = append(b.Records, logs[source].raw)
		ids = append(ids, logs[source].ids...)
	}
	if b.ID, b.Signed, err = sign(expect, b.Records); err != nil {
		return nil, err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	mark, err := tx.PrepareContext(ctx, "UPDATE queue SET batch = ? WHERE id = ?")
	if err != nil {
		return nil, err
	}
	defer mark.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	for _, id := range ids {
		if _, err := mark.ExecContext(ctx, b.ID, id); err != nil {
			return nil, err
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO batch (id, signed) VALUES (?, ?)", b.ID, b.Signed); err != nil {
		return nil, err
	}
	return b, tx.Commit()
}

// Dissolve gives a batch up that the ledger has refused as a whole and can never
// take any more. Its records wait again.
func (s *Store) Dissolve(ctx context.Context, id string) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	for _, statement := range []string{"UPDATE queue SET batch = NULL WHERE batch = ?", "DELETE FROM batch WHERE id = ?"} {
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// settle takes out of the queue what became of a batch of this store's sealer,
// whether this store sent it or one that it was restored from.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, done anchor.Sealed, raw [][]byte) error {
	remove, err := tx.PrepareContext(ctx, "DELETE FROM queue WHERE source = ? AND name = ?")
	if err != nil {
		return err
	}
	defer remove.Close() //nolint:errcheck // nothing is lost: what was read or written is known by now
	for i, l := range done.Logs {
		records, err := anchor.ParseRecords(raw[i])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDiffers, err)
		}
		for _, r := range records {
			if _, err := remove.ExecContext(ctx, l.Source, Name(r)); err != nil {
				return err
			}
		}
		for _, r := range l.Refused {
			if r.At < 0 || r.At >= len(records) {
				return fmt.Errorf("%w: record %d of %d is refused", ErrDiffers, r.At, len(records))
			}
			_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO refused (source, name, code, detail) VALUES (?, ?, ?, ?)",
				l.Source, Name(records[r.At]), r.Code, r.Detail)
			if err != nil {
				return err
			}
		}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM batch WHERE id = ?", done.Batch)
	return err
}
