// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Cosign keeps a witness's cosignature of a checkpoint: a line of a signed note, which
// says by its name and its key's hash whose it is.
func (s *Store) Cosign(ctx context.Context, source string, size uint64, line string) error {
	witness, err := witnessOf(line)
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, "INSERT OR REPLACE INTO cosignature (source, size, witness, line) VALUES (?, ?, ?, ?)", source, size, witness, line)
	return err
}

// witnessOf is whose a line is, as verifier keys begin: name, plus, hash of the key.
func witnessOf(line string) (string, error) {
	if parts := strings.Fields(line); len(parts) == 3 {
		if raw, err := base64.StdEncoding.DecodeString(parts[2]); err == nil && len(raw) > 4 {
			return fmt.Sprintf("%s+%08x", parts[1], binary.BigEndian.Uint32(raw)), nil
		}
	}
	return "", fmt.Errorf("%.100q is no signature of a note", line)
}

// upgradeCosignatures has what a gateway before kept by a witness's name alone kept by
// its key too.
func (s *Store) upgradeCosignatures() error {
	tx, err := s.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	type row struct {
		source string
		size   uint64
		name   string
		line   string
	}
	var rows []row
	err = each(context.Background(), tx, "SELECT source, size, witness, line FROM cosignature WHERE instr(witness, '+') = 0", nil, func(r *sql.Rows) error {
		var one row
		err := r.Scan(&one.source, &one.size, &one.name, &one.line)
		rows = append(rows, one)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		witness, err := witnessOf(r.line)
		if err != nil { // nobody could read it as a cosignature either
			witness = r.name + "+"
		}
		if _, err := tx.Exec("UPDATE OR REPLACE cosignature SET witness = ? WHERE source = ? AND size = ? AND witness = ?", witness, r.source, r.size, r.name); err != nil {
			return err
		}
	}
	return tx.Commit()
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

// CosignedAt is the size of the first checkpoint which holds a leaf and which all of
// these witnesses cosigned, 0 if there is none yet. Others', kept from when they were
// asked, count for nothing.
func (s *Store) CosignedAt(ctx context.Context, source string, index uint64, witnesses ...string) (size uint64, err error) {
	args := []any{source, index}
	for _, w := range witnesses {
		args = append(args, w)
	}
	err = s.read.QueryRowContext(ctx, "SELECT size FROM cosignature WHERE source = ? AND size > ? AND witness IN (?"+strings.Repeat(", ?", len(witnesses)-1)+
		") GROUP BY size HAVING COUNT(*) = ? ORDER BY size LIMIT 1", append(args, len(witnesses))...).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return size, err
}
