// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

func submissions(from, to int) []Submission {
	var all []Submission
	for i := from; i < to; i++ {
		all = append(all, Submission{"docs", anchor.Record{Kind: anchor.Notarise, Algorithm: anchor.SHA256, Digest: anchor.ReferenceOf(fmt.Sprint(i)), Submitter: "x"}})
	}
	return all
}

func reopen(t *testing.T, s *Store, dir string) *Store {
	t.Helper()
	if s != nil {
		require.NoError(t, s.Close())
	}
	s, err := Open(dir, "anchor", "did:key:x")
	require.NoError(t, err)
	return s
}

// What waits is known again after a restart, in the order in which it came.
func TestQueueAgain(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, nil, dir)
	_, err := s.Submit(t.Context(), submissions(0, 2500))
	require.NoError(t, err)
	s = reopen(t, s, dir)
	defer func() { require.NoError(t, s.Close()) }()
	require.Equal(t, 2500, s.Waiting())
	states, err := s.Submit(t.Context(), submissions(2400, 2600))
	require.NoError(t, err)
	for i, st := range states {
		require.Equal(t, i < 100, st.Before)
	}
	logs, order, err := s.chunks(t.Context(), 50_000, "SELECT id, source, n, records FROM chunk ORDER BY id")
	require.NoError(t, err)
	require.Equal(t, []string{"docs"}, order)
	records, err := anchor.ParseRecords(logs["docs"].raw)
	require.NoError(t, err)
	require.Len(t, records, 2600)
	for i, sub := range submissions(0, 2600) {
		require.Equal(t, sub.Record.Digest, records[i].Digest)
	}
}

// A store that was restored from a copy meets batches that it does not know, of
// its own sealer: their records leave its queue, the others stay.
func TestSettleOfAnotherLife(t *testing.T) {
	s := reopen(t, nil, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	hasLog(t, s, "docs")
	_, err := s.Submit(t.Context(), submissions(0, 10))
	require.NoError(t, err)
	_, err = s.Decide(t.Context(), 100, []string{"docs"}, unsigned("copied"))
	require.NoError(t, err)
	var raw []byte
	for _, sub := range submissions(3, 12) { // two of which this copy never had
		raw = sub.Record.Append(raw)
	}
	inTx(t, s, func(tx *sql.Tx) {
		gone, err := s.settle(t.Context(), tx, anchor.Sealed{Batch: "unknown", Logs: []anchor.SealedLog{{Source: "docs"}}}, [][]byte{raw})
		require.NoError(t, err)
		require.Len(t, gone, 9)
	})
	logs, _, err := s.chunks(t.Context(), 50_000, "SELECT id, source, n, records FROM chunk")
	require.NoError(t, err)
	require.Equal(t, 3, logs["docs"].n)
	records, err := anchor.ParseRecords(logs["docs"].raw)
	require.NoError(t, err)
	require.Len(t, records, 3)
	pending, err := s.Pending(t.Context())
	require.NoError(t, err)
	require.Nil(t, pending, "what the other life has sealed the ledger would refuse for ever")
	again, err := s.Decide(t.Context(), 100, []string{"docs"}, unsigned("anew"))
	require.NoError(t, err)
	require.Equal(t, [][]byte{logs["docs"].raw}, again.Records)
}

// unsigned is a seal of which only the batch's id matters.
func unsigned(id string) func([]anchor.SealLog, [][]byte) (string, string, error) {
	return func([]anchor.SealLog, [][]byte) (string, string, error) { return id, "signed " + id, nil }
}

// hasLog gives a store a source with an empty log, as blocks would.
func hasLog(t *testing.T, s *Store, source string) {
	t.Helper()
	inTx(t, s, func(tx *sql.Tx) { require.NoError(t, putLog(t.Context(), tx, source, anchor.NewLog())) })
}

// A batch is pending with all its records or not at all, whenever its block comes:
// half of one would be sent, refused for good, and end the sealer.
func TestPendingIsWhole(t *testing.T) {
	s := reopen(t, nil, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	hasLog(t, s, "docs")
	stop := meanwhile(func() bool {
		b, err := s.Pending(t.Context())
		return assert.NoError(t, err) && (b == nil || assert.Len(t, b.Records, 1))
	})
	for i := range 200 {
		all := submissions(i, i+1)
		_, err := s.Submit(t.Context(), all)
		require.NoError(t, err)
		b, err := s.Decide(t.Context(), 100, []string{"docs"}, unsigned(fmt.Sprint("b-", i)))
		require.NoError(t, err)
		s.queue.Lock() // as a block is taken in
		inTx(t, s, func(tx *sql.Tx) {
			_, err := s.settle(t.Context(), tx, anchor.Sealed{Batch: b.ID, Logs: []anchor.SealedLog{{Source: "docs"}}}, b.Records)
			require.NoError(t, err)
		})
		s.queue.Unlock()
	}
	stop()
}

// A record that was refused and is submitted again is refused or waits for whoever
// asks meanwhile, never unknown.
func TestSubmittedAgainIsKnown(t *testing.T) {
	s := reopen(t, nil, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	all := submissions(0, 200)
	inTx(t, s, func(tx *sql.Tx) {
		for _, sub := range all {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO refused (source, name, code, detail) VALUES (?, ?, 'X', '')", sub.Source, Name(sub.Record))
			require.NoError(t, err)
		}
	})
	var now atomic.Int64 // which of them is submitted
	stop := meanwhile(func() bool {
		sub := all[now.Load()]
		_, err := s.State(t.Context(), sub.Source, Name(sub.Record))
		return assert.NoError(t, err)
	})
	for i, sub := range all {
		now.Store(int64(i))
		_, err := s.Submit(t.Context(), []Submission{sub})
		require.NoError(t, err)
	}
	stop()
}

// Each copy of a block has its own fate, however alike they are called.
func TestCopiesApart(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, nil, dir)
	hasLog(t, s, "docs")
	s.LimitChunks(1)
	copyOf := func(body string) anchor.Record {
		return anchor.Record{Kind: anchor.Block, Algorithm: anchor.SHA256, Digest: anchor.ReferenceOf("header"), Submitter: "x", Body: []byte(body)}
	}
	worthless, genuine := copyOf("worthless"), copyOf("genuine")
	states, err := s.Submit(t.Context(), []Submission{{"docs", worthless}, {"docs", genuine}, {"docs", worthless}})
	require.NoError(t, err)
	require.Equal(t, []State{{}, {}, {Before: true}}, states)
	s = reopen(t, s, dir)
	defer func() { require.NoError(t, s.Close()) }()
	require.Equal(t, 2, s.Waiting())
	refuse := func(why string) {
		b, err := s.Decide(t.Context(), 1, []string{"docs"}, unsigned(why))
		require.NoError(t, err)
		inTx(t, s, func(tx *sql.Tx) {
			gone, err := s.settle(t.Context(), tx, anchor.Sealed{Batch: b.ID, Logs: []anchor.SealedLog{{Source: "docs", Refused: []anchor.Refusal{{Code: why}}}}}, b.Records)
			require.NoError(t, err)
			s.leave(gone)
		})
	}
	stand := func(want State, got State, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	of := func(r anchor.Record) (State, error) { return s.StateOf(t.Context(), "docs", r) }
	refuse("FORGED")
	got, err := of(worthless)
	stand(State{Code: "FORGED"}, got, err)
	got, err = of(genuine)
	stand(State{}, got, err)
	got, err = s.State(t.Context(), "docs", Name(genuine))
	stand(State{}, got, err)
	refuse("GAP")
	got, err = of(worthless)
	stand(State{Code: "FORGED"}, got, err)
	got, err = of(genuine)
	stand(State{Code: "GAP"}, got, err)
	_, err = s.Submit(t.Context(), []Submission{{"docs", genuine}})
	require.NoError(t, err)
	got, err = s.State(t.Context(), "docs", Name(genuine))
	stand(State{}, got, err)
}

// A digest that many deposited is looked up by its first leaves.
func TestManyOfOneDigest(t *testing.T) {
	s := reopen(t, nil, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	one := submissions(0, 1)[0]
	var entries [][]byte
	var index []hit
	deposit := func(i int) Submission {
		r := one.Record
		r.Submitter = fmt.Sprint("did:key:", i)
		return Submission{"docs", r}
	}
	for i := range 2 * maxCandidates {
		r := deposit(i).Record
		entries = append(entries, r.Entry("docs"))
		index = hits("docs", r, uint64(i), index)
	}
	_, err := s.Tiles("docs").Append(anchor.NewLog(), entries)
	require.NoError(t, err)
	inTx(t, s, func(tx *sql.Tx) { require.NoError(t, addHits(t.Context(), tx, index)) })
	found, err := candidates(t.Context(), s.read, []int64{termOf(byName, "docs", Name(one.Record)).key(), 7})
	require.NoError(t, err)
	require.Len(t, found, 1)
	for _, leaves := range found {
		require.Len(t, leaves, maxCandidates)
	}
	// However often one is asked for in a submission.
	many := slices.Repeat([]int64{termOf(byName, "docs", Name(one.Record)).key()}, 3*rowsAtOnce)
	again, err := candidates(t.Context(), s.read, many)
	require.NoError(t, err)
	require.Equal(t, found, again)
	states, err := s.Submit(t.Context(), []Submission{one, deposit(2*maxCandidates - 1), deposit(2 * maxCandidates)})
	require.NoError(t, err)
	require.Equal(t, []State{{Sealed: true, Before: true}, {Sealed: true, Before: true, Index: 2*maxCandidates - 1}, {}}, states)
	inTx(t, s, func(tx *sql.Tx) { // as it was indexed before
		_, err := tx.Exec("DELETE FROM hit WHERE key = ?", termOf(byClaim, "docs", claim(deposit(7).Record)).key())
		require.NoError(t, err)
	})
	states, err = s.Submit(t.Context(), []Submission{deposit(7)})
	require.NoError(t, err)
	require.Equal(t, State{Sealed: true, Before: true, Index: 7}, states[0])
}

// meanwhile looks again and again, until stopped or until a look says that it failed.
func meanwhile(look func() bool) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			default:
			}
			if !look() {
				return
			}
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

func inTx(t *testing.T, s *Store, do func(*sql.Tx)) {
	t.Helper()
	tx, err := s.write.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	do(tx)
	require.NoError(t, tx.Commit())
}

// A queue of single records, as it was kept before, is taken over.
func TestQueueUpgrade(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "logs.db"))
	require.NoError(t, err)
	_, err = old.Exec(`CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, name BLOB NOT NULL, record BLOB NOT NULL, batch TEXT);
		CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID; INSERT INTO meta VALUES ('next', '17');`)
	require.NoError(t, err)
	for i, sub := range submissions(0, 3) {
		batch := any(nil)
		if i == 0 {
			batch = "b-1"
		}
		_, err = old.Exec("INSERT INTO queue (source, name, record, batch) VALUES (?, ?, ?, ?)", sub.Source, Name(sub.Record), sub.Record.Append(nil), batch)
		require.NoError(t, err)
	}
	require.NoError(t, old.Close())
	s := reopen(t, nil, dir)
	defer func() { require.NoError(t, s.Close()) }()
	require.Equal(t, 3, s.Waiting())
	next, err := s.Next(context.Background())
	require.NoError(t, err)
	require.Zero(t, next, "the index is made anew")
	logs, _, err := s.chunks(t.Context(), 10, "SELECT id, source, n, records FROM chunk WHERE batch = 'b-1'")
	require.NoError(t, err)
	require.Equal(t, 1, logs["docs"].n)
}

// Two leaves may share a key of the index: the tiles tell them apart.
func TestIndexCollision(t *testing.T) {
	s := reopen(t, nil, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	all := submissions(0, 3)
	var entries [][]byte
	var index []hit
	for i, sub := range all {
		entries = append(entries, sub.Record.Entry("docs"))
		index = hits("docs", sub.Record, uint64(i), index)
	}
	_, err := s.Tiles("docs").Append(anchor.NewLog(), entries)
	require.NoError(t, err)
	wanted := termOf(byName, "docs", Name(all[2].Record)).key()
	index = append(index, hit{wanted, 0}, hit{wanted, 1}, hit{wanted, 700}) // of others, one of a longer log
	inTx(t, s, func(tx *sql.Tx) { require.NoError(t, addHits(t.Context(), tx, index)) })
	for _, limit := range []int{1, 2, 5} {
		found, err := s.Find(t.Context(), "docs", Name(all[2].Record), limit)
		require.NoError(t, err)
		require.Equal(t, []uint64{2}, found)
	}
	states, err := s.Submit(t.Context(), all[2:])
	require.NoError(t, err)
	require.Equal(t, State{Sealed: true, Before: true, Index: 2}, states[0])
}
