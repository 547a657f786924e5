// SPDX-License-Identifier: Apache-2.0

// Package sqlite opens the files in which the gateway keeps what blocks cannot bring
// back.
package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go alone
)

// Open opens a database for at most conns connections, or begins it there. Every
// commit is on disk before it returns.
func Open(file string, conns int) (*sql.DB, error) {
	if err := private(file); err != nil {
		return nil, err
	}
	return open(file, "", conns)
}

func open(file, pragmas string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"+pragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns) // none is closed only to be opened again
	return db, nil
}

// private makes the folder, and the file for its owner alone.
func private(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// OpenPrivate opens a database about persons, with the tables of a version of its
// schema and one connection: what is deleted is overwritten. It is in memory without a
// file, and refused where a newer gateway has written it.
func OpenPrivate(file, schema string, version int) (*sql.DB, error) {
	path := ":memory:"
	if file != "" {
		if err := private(file); err != nil {
			return nil, err
		}
		path = file
	}
	db, err := open(path, "&_pragma=secure_delete(ON)", 1)
	if err != nil {
		return nil, err
	}
	var have int
	err = db.QueryRow("PRAGMA user_version").Scan(&have)
	if err == nil && have > version {
		err = fmt.Errorf("%s is of version %d, this gateway knows %d", file, have, version)
	}
	if err == nil {
		_, err = db.Exec(fmt.Sprintf("BEGIN; %s; PRAGMA user_version = %d; COMMIT", schema, version))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
