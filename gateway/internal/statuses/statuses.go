// SPDX-License-Identifier: Apache-2.0

// Package statuses keeps, for issuers who entrust a key to the gateway, which entries
// of their status lists the credentials have that it issued, and changes entries by
// statements that it signs for them. The way from a credential to its entry is here
// alone, by a hash of the credential's id: the ledger has bits and nothing else.
package statuses

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/sqlite"
)

const (
	schema = `CREATE TABLE IF NOT EXISTS entry (id BLOB NOT NULL, issuer TEXT NOT NULL, list TEXT NOT NULL, idx INTEGER NOT NULL,
PRIMARY KEY (id, issuer, list, idx)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS taken ON entry (issuer, list, idx)`
	version = 1
)

// maxTries bounds how often an entry is drawn anew: with nine of ten taken, one of
// 700,000 finds none.
const maxTries = 128

// maxEntries bounds the entries of one credential's id, so that one statement changes
// those of a list.
const maxEntries = identity.MaxChanges

// Ledger is the registry of status lists.
type Ledger interface {
	Tell(ctx context.Context, typ, statement string) (identity.Told, error)
	StatusAt(ctx context.Context, q identity.StatusQuery) (identity.StatusAnswer, error)
	StatusBits(ctx context.Context, owner, list string) (identity.StatusBits, error)
}

// Options set up a keeper.
type Options struct {
	File    string // in memory if empty: then a restart forgets which entries are taken
	Ledger  Ledger
	Place   identity.Place
	Signers map[string]credential.Signer // by the DID of the issuer
	Now     func() time.Time             // time.Now if nil
}

// Entry is an entry of a status list.
type Entry struct {
	Issuer  string // DID
	List    string
	Index   int
	Purpose identity.StatusPurpose
}

// Keeper keeps entries.
type Keeper struct {
	Options
	db *sql.DB

	mu    sync.Mutex
	lists map[string]identity.StatusList // as they were opened: purpose and size stay
}

// Open opens what is kept in a file.
func Open(o Options) (*Keeper, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	db, err := sqlite.OpenPrivate(o.File, schema, version)
	if err != nil {
		return nil, fmt.Errorf("statuses: %w", err)
	}
	return &Keeper{Options: o, db: db, lists: map[string]identity.StatusList{}}, nil
}

// Close closes the file.
func (k *Keeper) Close() error { return k.db.Close() }

// hash stands for the id of a credential; all that have none share one.
func hash(id string) []byte {
	sum := sha256.Sum256([]byte("credential " + id))
	return sum[:]
}

func (k *Keeper) list(ctx context.Context, issuer, name string) (identity.StatusList, error) {
	k.mu.Lock()
	known, ok := k.lists[issuer+"/"+name]
	k.mu.Unlock()
	if ok {
		return known, nil
	}
	bits, err := k.Ledger.StatusBits(ctx, issuer, name)
	if err != nil {
		return identity.StatusList{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lists[issuer+"/"+name] = bits.StatusList
	return bits.StatusList, nil
}

// Draw takes an entry of a list at random for the credential of an id, one that is
// clear and that no other has. It is on disk when it returns. The id may be empty; the
// entry is found by its index alone then. It returns STATUS_LIST_UNKNOWN,
// STATUS_LIST_FULL or BAD_STATUS_CHANGE for an id with too many entries.
func (k *Keeper) Draw(ctx context.Context, issuer, list, id string) (Entry, error) {
	l, err := k.list(ctx, issuer, list)
	if err != nil {
		return Entry{}, err
	}
	for range maxTries {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(l.Entries)))
		if err != nil {
			return Entry{}, err
		}
		e := Entry{Issuer: issuer, List: list, Index: int(n.Int64()), Purpose: l.Purpose}
		switch free, err := k.take(ctx, id, e, true); {
		case err != nil:
			return Entry{}, err
		case !free:
			continue
		}
		// An issuer may have set it by a statement of its own: then it stays taken, by nobody.
		said, err := k.Ledger.StatusAt(ctx, identity.StatusQuery{Owner: issuer, List: list, Index: e.Index})
		if err == nil && !said.Set {
			return e, nil
		}
		if _, drop := k.db.ExecContext(context.WithoutCancel(ctx), "UPDATE OR IGNORE entry SET id = ? WHERE id = ? AND issuer = ? AND list = ? AND idx = ?", hash(""), hash(id), issuer, list, e.Index); drop != nil || err != nil {
			return Entry{}, errors.Join(err, drop)
		}
	}
	return Entry{}, credential.ListFull.Errorf("%s of %s: %d entries drawn of %d, none free", list, issuer, maxTries, l.Entries)
}

// Note remembers an entry that the issuer chose for a credential itself. It returns
// BAD_STATUS_CHANGE for one that is not in the list, or of another purpose if it says one.
func (k *Keeper) Note(ctx context.Context, id string, e Entry) error {
	if err := k.check(ctx, e); err != nil {
		return err
	}
	_, err := k.take(ctx, id, e, false)
	return err
}

func (k *Keeper) check(ctx context.Context, e Entry) error {
	l, err := k.list(ctx, e.Issuer, e.List)
	switch {
	case err != nil:
		return err
	case e.Index < 0 || e.Index >= l.Entries:
		return credential.BadStatusChange.Errorf("entry %d, the list has %d", e.Index, l.Entries)
	case e.Purpose != "" && e.Purpose != l.Purpose:
		return credential.BadStatusChange.Errorf("the list is for %s, not for %.20q", l.Purpose, string(e.Purpose))
	}
	return nil
}

// take notes an entry for an id; alone, unless any id has it.
func (k *Keeper) take(ctx context.Context, id string, e Entry, alone bool) (free bool, err error) {
	tx, err := k.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	var taken bool
	var mine int
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM entry WHERE issuer = ? AND list = ? AND idx = ?)", e.Issuer, e.List, e.Index).Scan(&taken); err != nil {
		return false, err
	}
	if taken && alone {
		return false, nil
	}
	if id != "" {
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM entry WHERE id = ? AND issuer = ?", hash(id), e.Issuer).Scan(&mine); err != nil {
			return false, err
		}
	}
	if mine >= maxEntries {
		return false, credential.BadStatusChange.Errorf("%.160q has %d entries already: every credential has its own id", id, mine)
	}
	if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO entry (id, issuer, list, idx) VALUES (?, ?, ?, ?)", hash(id), e.Issuer, e.List, e.Index); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// entries are those of a credential, in order.
func (k *Keeper) entries(ctx context.Context, id string) (all []Entry, err error) {
	if id == "" {
		return nil, nil
	}
	rows, err := k.db.QueryContext(ctx, "SELECT issuer, list, idx FROM entry WHERE id = ? ORDER BY issuer, list, idx", hash(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Issuer, &e.List, &e.Index); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
