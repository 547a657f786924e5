// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// settle takes out of the queue what became of a batch of this store's sealer,
// whether this store sent it or one that it was restored from. It answers what
// waits no more once the transaction is committed.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, done anchor.Sealed, raw [][]byte) ([]waiter, error) {
	gone := []waiter(nil)
	for i, l := range done.Logs {
		records, err := anchor.ParseRecords(raw[i]) //nolint:gosec // as many as there are logs, which seal has checked
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDiffers, err)
		}
		for _, r := range records {
			gone = append(gone, waiterOf(l.Source, r))
		}
		for _, r := range l.Refused {
			if r.At < 0 || r.At >= len(records) {
				return nil, fmt.Errorf("%w: record %d of %d is refused", ErrDiffers, r.At, len(records))
			}
			_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO refused (source, name, code, detail) VALUES (?, ?, ?, ?)",
				l.Source, claim(records[r.At]), r.Code, r.Detail)
			if err != nil {
				return nil, err
			}
		}
	}
	own, err := tx.ExecContext(ctx, "DELETE FROM batch WHERE id = ?", done.Batch)
	if err != nil {
		return nil, err
	}
	n, err := own.RowsAffected()
	if err != nil {
		return nil, err
	}
	if n > 0 {
		_, err = tx.ExecContext(ctx, "DELETE FROM chunk WHERE batch = ?", done.Batch)
		return gone, err
	}
	return gone, s.strike(ctx, tx, gone)
}

// strike takes records out of chunks that another life of this queue had put into
// batches: the rare case of a store that was restored from a copy. A batch which
// this copy had decided on with such a record can never be taken by the ledger, as
// that record's log has grown since: its records wait again.
func (s *Store) strike(ctx context.Context, tx *sql.Tx, gone []waiter) error {
	struck := map[term]bool{}
	for _, w := range gone {
		if s.waits[w.claim] {
			struck[w.claim] = true
		}
	}
	if len(struck) == 0 {
		return nil
	}
	left, past := map[int64]chunk{}, map[string]bool{}
	err := each(ctx, tx, "SELECT id, source, records, COALESCE(batch, '') FROM chunk", nil, func(r *sql.Rows) error {
		var (
			id     int64
			source string
			raw    []byte
			batch  string
		)
		if err := r.Scan(&id, &source, &raw, &batch); err != nil {
			return err
		}
		records, err := anchor.ParseRecords(raw)
		if err != nil {
			return fmt.Errorf("the queue is damaged: %w", err)
		}
		c := chunk{}
		for _, r := range records {
			if !struck[waiterOf(source, r).claim] {
				c.raw, c.n = r.Append(c.raw), c.n+1
			}
		}
		if c.n < len(records) {
			left[id] = c
			if batch != "" {
				past[batch] = true
			}
		}
		return nil
	})
	for id := range past {
		if err == nil {
			err = dissolve(ctx, tx, id)
		}
	}
	for id, c := range left {
		if err != nil {
			return err
		}
		if c.n == 0 {
			_, err = tx.ExecContext(ctx, "DELETE FROM chunk WHERE id = ?", id)
		} else {
			_, err = tx.ExecContext(ctx, "UPDATE chunk SET n = ?, records = ? WHERE id = ?", c.n, c.raw, id)
		}
	}
	return err
}

// readQueue finds out what waits.
func (s *Store) readQueue(ctx context.Context) error {
	return each(ctx, s.read, "SELECT source, records FROM chunk", nil, func(r *sql.Rows) error {
		var (
			source string
			raw    []byte
		)
		if err := r.Scan(&source, &raw); err != nil {
			return err
		}
		records, err := anchor.ParseRecords(raw)
		if err != nil {
			return fmt.Errorf("the queue is damaged: %w", err)
		}
		for _, r := range records {
			s.wait([]waiter{waiterOf(source, r)})
		}
		return nil
	})
}
