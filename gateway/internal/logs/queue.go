// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
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

// The queue is chunks of records of one source, in the order in which they came.
// What waits is known in memory as well, by two terms of 16 bytes.
const (
	chunkRecords = 1000
	chunkBytes   = 256 << 10
)

// waiter is a record in the queue: what it claims, and its name.
type waiter struct{ claim, name term }

func waiterOf(source string, r anchor.Record) waiter {
	return waiter{termOf(byClaim, source, claim(r)), termOf(byName, source, Name(r))}
}

// Submit puts records into the queue, each unless its source has one that says the same
// or waits to have it. They are on disk when it returns.
func (s *Store) Submit(ctx context.Context, all []Submission) ([]State, error) {
	s.queue.Lock()
	defer s.queue.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	states, err := s.known(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	var refusals bool // is there any to be forgotten?
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM refused)").Scan(&refusals); err != nil {
		return nil, err
	}
	fresh, order, chunks := map[term]waiter{}, []string(nil), map[string]*chunk{}
	put := func(source string, c *chunk) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO chunk (source, n, records) VALUES (?, ?, ?)", source, c.n, c.raw)
		*c = chunk{}
		return err
	}
	for i, sub := range all {
		if states[i].Sealed {
			continue
		}
		w := waiterOf(sub.Source, sub.Record)
		if _, twice := fresh[w.claim]; twice || s.waits[w.claim] {
			states[i].Before = true
			continue
		}
		fresh[w.claim] = w
		if refusals {
			if _, err := tx.ExecContext(ctx, "DELETE FROM refused WHERE source = ? AND name = ?", sub.Source, claim(sub.Record)); err != nil {
				return nil, err
			}
		}
		c := chunks[sub.Source]
		if c == nil {
			c = &chunk{}
			chunks[sub.Source], order = c, append(order, sub.Source)
		}
		c.raw = sub.Record.Append(c.raw)
		if c.n++; c.n == s.chunk || len(c.raw) >= chunkBytes {
			if err := put(sub.Source, c); err != nil {
				return nil, err
			}
		}
	}
	for _, source := range order {
		if c := chunks[source]; c.n > 0 {
			if err := put(source, c); err != nil {
				return nil, err
			}
		}
	}
	// They count as waiting from before they are on disk: a refusal of earlier that is
	// forgotten now is not missed by who asks meanwhile.
	s.wait(slices.Collect(maps.Values(fresh)))
	if err := tx.Commit(); err != nil {
		s.leave(slices.Collect(maps.Values(fresh)))
		return nil, err
	}
	if len(fresh) > 0 {
		s.notify()
	}
	return states, nil
}

// wait counts records in that wait from now on.
func (s *Store) wait(all []waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range all {
		if !s.waits[w.claim] {
			s.waits[w.claim] = true
			s.named[w.name]++
		}
	}
}

// leave counts records out, those aside that did not wait.
func (s *Store) leave(all []waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range all {
		if !s.waits[w.claim] {
			continue
		}
		delete(s.waits, w.claim)
		if s.named[w.name]--; s.named[w.name] == 0 {
			delete(s.named, w.name)
		}
	}
}

// known tells which submissions stand in a log already.
func (s *Store) known(ctx context.Context, tx *sql.Tx, all []Submission) ([]State, error) {
	states, at, keys := make([]State, len(all)), make([][]int64, len(all)), make([]int64, 0, len(all))
	for i, sub := range all {
		at[i] = places(sub.Source, sub.Record)
		keys = append(keys, at[i]...)
	}
	found, err := candidates(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	read := map[place]*anchor.Record{} // many submissions may be held against one leaf
	for i, sub := range all {
		for _, key := range at[i] {
			if states[i].Sealed {
				break
			}
			if states[i], err = s.sealed(sub, found[key], read); err != nil {
				return nil, err
			}
		}
	}
	return states, nil
}

// place is that of a leaf.
type place struct {
	source string
	index  uint64
}

// sealed tells whether one of some leaves says what a submission would. read has those
// that were read before, nil where a log has none there.
func (s *Store) sealed(sub Submission, leaves []uint64, read map[place]*anchor.Record) (State, error) {
	for _, index := range leaves {
		at := place{sub.Source, index}
		leaf, known := read[at]
		if !known {
			r, there, err := s.leaf(sub.Source, index)
			if err != nil {
				return State{}, err
			}
			if there {
				leaf = &r
			}
			read[at] = leaf
		}
		if leaf != nil && says(*leaf, sub.Record) {
			return State{Sealed: true, Before: true, Index: index}, nil
		}
	}
	return State{}, nil
}

// ErrUnknown is a digest that is neither in the log nor on its way.
var ErrUnknown = errors.New("neither sealed nor waiting")

// State tells where a digest stands: sealed, waiting or refused. Of several records of
// it, one that is sealed counts before those that wait, and they before those that were
// refused. It returns ErrUnknown.
func (s *Store) State(ctx context.Context, source string, name []byte) (State, error) {
	return s.state(ctx, source, standing{
		sealed: func() ([]uint64, error) { return s.Find(ctx, source, name, 1) },
		waits:  func() bool { return s.named[termOf(byName, source, name)] > 0 },
		// What claims something of the digest stands behind it; alone it stands as it was kept before.
		refused: [2][]byte{name, append(bytes.Clone(name), 0xff)},
	})
}

// StateOf tells where a record stands, whatever becomes of others of its digest. It
// returns ErrUnknown.
func (s *Store) StateOf(ctx context.Context, source string, r anchor.Record) (State, error) {
	by, value := byte(byName), Name(r)
	if deposited(r) {
		by, value = byClaim, claim(r)
	}
	is := func(leaf anchor.Record) bool { return says(leaf, r) }
	w := waiterOf(source, r)
	return s.state(ctx, source, standing{
		sealed:  func() ([]uint64, error) { return s.find(ctx, source, by, value, 0, 1, is) },
		waits:   func() bool { return s.waits[w.claim] },
		refused: [2][]byte{claim(r), claim(r)},
	})
}

// standing is how to find out where something stands.
type standing struct {
	sealed  func() ([]uint64, error)
	waits   func() bool // called under mu
	refused [2][]byte   // the first and the last claim of refusals that count
}

func (s *Store) state(ctx context.Context, source string, of standing) (State, error) {
	found, err := of.sealed()
	if err != nil {
		return State{}, err
	}
	if len(found) > 0 {
		return State{Sealed: true, Index: found[0]}, nil
	}
	if s.waiting(of) {
		return State{}, nil
	}
	var st State
	err = s.read.QueryRowContext(ctx, "SELECT code, detail FROM refused WHERE source = ? AND name BETWEEN ? AND ? ORDER BY name DESC LIMIT 1",
		source, of.refused[0], of.refused[1]).Scan(&st.Code, &st.Detail)
	if !errors.Is(err, sql.ErrNoRows) {
		return st, err
	}
	// It may have been submitted again, or sealed, since it was looked for.
	if s.waiting(of) {
		return State{}, nil
	}
	if found, err = of.sealed(); err == nil && len(found) > 0 {
		return State{Sealed: true, Index: found[0]}, nil
	}
	return State{}, errors.Join(err, ErrUnknown)
}

func (s *Store) waiting(of standing) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return of.waits()
}

// Waiting is how many records are in the queue.
func (s *Store) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waits)
}

// Batch is a seal that was decided on, and is on disk before it is sent: after a
// crash the very same is sent again.
type Batch struct {
	ID      string
	Signed  string
	Records [][]byte // of each log, as the seal names them
}

// Pending is a batch that was decided on and is not in a block yet, nil if there
// is none.
func (s *Store) Pending(ctx context.Context) (*Batch, error) {
	s.queue.Lock() // or a block takes the records away between the two reads
	defer s.queue.Unlock()
	b := &Batch{}
	err := s.read.QueryRowContext(ctx, "SELECT id, signed FROM batch LIMIT 1").Scan(&b.ID, &b.Signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	logs, order, err := s.chunks(ctx, anchor.MaxLeaves, "SELECT id, source, n, records FROM chunk WHERE batch = ? ORDER BY id", b.ID)
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

// chunk is records of one source: of the queue, or all that a seal takes.
type chunk struct {
	raw []byte
	n   int
	ids []int64
}

// errEnough ends the reading of chunks.
var errEnough = errors.New("the seal is full")

// chunks reads chunks and groups them by source, in the order in which the
// sources first appear: one at least, and as many as have at most max records.
func (s *Store) chunks(ctx context.Context, max int, query string, args ...any) (map[string]*chunk, []string, error) {
	logs, order := map[string]*chunk{}, []string(nil)
	size, records := 0, 0
	err := each(ctx, s.read, query, args, func(r *sql.Rows) error {
		var (
			id     int64
			source string
			n      int
			raw    []byte
		)
		if err := r.Scan(&id, &source, &n, &raw); err != nil {
			return err
		}
		c := logs[source]
		if c == nil && len(order) == anchor.MaxLogs {
			return nil // its turn comes with the next seal
		}
		size, records = size+len(raw), records+n
		if len(order) > 0 && (size > maxSealBytes || records > max) {
			return errEnough
		}
		if c == nil {
			c = &chunk{}
			logs[source], order = c, append(order, source)
		}
		c.raw, c.n, c.ids = append(c.raw, raw...), c.n+n, append(c.ids, id)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return logs, order, err
}

// maxSealBytes leaves room within the 2 MB of a seal.
const maxSealBytes = anchor.MaxBytes - 64<<10

// Queued is how many records of a source wait to be put into a batch.
type Queued struct {
	Source  string
	Records int
}

// Queued are the sources whose records wait to be put into a batch, that which
// has waited longest first.
func (s *Store) Queued(ctx context.Context) (all []Queued, err error) {
	err = each(ctx, s.read, "SELECT source, SUM(n) FROM chunk WHERE batch IS NULL GROUP BY source ORDER BY MIN(id)", nil, func(r *sql.Rows) error {
		var q Queued
		if err := r.Scan(&q.Source, &q.Records); err != nil {
			return err
		}
		all = append(all, q)
		return nil
	})
	return all, err
}

// Decide makes a batch of what has waited longest: at most max records (a chunk
// of the queue at least), of these sources, none of which may be in a batch by now.
// sign makes the seal. It returns nil where nothing waits.
func (s *Store) Decide(ctx context.Context, max int, sources []string, sign func(logs []anchor.SealLog, records [][]byte) (id, signed string, err error)) (*Batch, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	s.queue.Lock()
	defer s.queue.Unlock()
	query, args := "SELECT id, source, n, records FROM chunk WHERE batch IS NULL AND source IN (?"+strings.Repeat(", ?", len(sources)-1)+") ORDER BY id", []any{}
	for _, id := range sources {
		args = append(args, id)
	}
	logs, order, err := s.chunks(ctx, max, query, args...)
	if err != nil || len(order) == 0 {
		return nil, err
	}
	b := &Batch{}
	var expect []anchor.SealLog
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
	}
	if b.ID, b.Signed, err = sign(expect, b.Records); err != nil {
		return nil, err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	for _, source := range order {
		for _, id := range logs[source].ids {
			if _, err := tx.ExecContext(ctx, "UPDATE chunk SET batch = ? WHERE id = ?", b.ID, id); err != nil {
				return nil, err
			}
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
	s.queue.Lock()
	defer s.queue.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // has no effect after the commit
	if err := dissolve(ctx, tx, id); err != nil {
		return err
	}
	return tx.Commit()
}

func dissolve(ctx context.Context, tx *sql.Tx, id string) error {
	for _, statement := range []string{"UPDATE chunk SET batch = NULL WHERE batch = ?", "DELETE FROM batch WHERE id = ?"} {
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}
