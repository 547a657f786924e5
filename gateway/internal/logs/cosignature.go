// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"context"
	"database/sql"
	"errors"
)

// Cosign keeps a witness's cosignature of a checkpoint: a line of a signed note.
func (s *Store) Cosign(ctx context.Context, source string, size uint64, witness, line string) error {
	_, err := s.write.ExecContext(ctx, "INSERT OR REPLACE INTO cosignature (source, size, witness, line) VALUES (?, ?, ?, ?)", source, size, witness, line)
	return err
}

// Cosigned is the largest size of a log that a witness has cosigned, 0 if none.
func (s *Store) Cosigned(ctx context.Context, source, witness string) (size uint64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(size), 0) FROM cosignature WHERE source = ? AND witness = ?", source, witness).Scan(&size)
	return size, err
}

// Cosignatures are the lines under a checkpoint, in the order of the witnesses'
// names.
func (s *Store) Cosignatures(ctx context.Context, source string, size uint64) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT line FROM cosignature WHERE source = ? AND size = ? ORDER BY witness", source, size)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // nothing is lost: what was read is known by now
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// CosignedAt is the size of the first checkpoint which holds a leaf and which so
// many witnesses cosigned, 0 if there is none yet.
func (s *Store) CosignedAt(ctx context.Context, source string, index uint64, witnesses int) (size uint64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT size FROM cosignature WHERE source = ? AND size > ? GROUP BY size HAVING COUNT(*) >= ? ORDER BY size LIMIT 1",
		source, index, witnesses).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return size, err
}
