// SPDX-License-Identifier: Apache-2.0

package sealer_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/logs"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
	"github.com/komsco/trust-platform/gateway/receipt"
)

var key = anchortest.Key("sealer")

func open(t testing.TB, l sealer.Ledger, dir string) *sealer.Sealer {
	t.Helper()
	s, err := sealer.Open(sealer.Options{Dir: dir, Place: anchortest.Place, Key: key, Interval: 5 * time.Millisecond, MaxBatch: 300}, l)
	require.NoError(t, err)
	return s
}

// start opens a sealer with source "docs" and waits until it knows it.
func start(t testing.TB) (*anchortest.Ledger, *sealer.Sealer) {
	t.Helper()
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	s := open(t, l, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	knows(t, s, "docs")
	return l, s
}

func knows(t testing.TB, s *sealer.Sealer, source string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := s.Store().Source(t.Context(), source)
		return err == nil
	}, 10*time.Second, time.Millisecond)
}

func deposits(prefix string, n int) []anchor.Record {
	all := make([]anchor.Record, n)
	for i := range all {
		all[i] = anchortest.Deposit(fmt.Sprint(prefix, i))
	}
	return all
}

func policyOf(t testing.TB, s *sealer.Sealer, source string) *receipt.Policy {
	t.Helper()
	vkey, err := s.LogKey(source)
	require.NoError(t, err)
	p, err := receipt.ParsePolicy([]byte("log " + vkey + "\nquorum none"))
	require.NoError(t, err)
	return p
}

func TestReceipts(t *testing.T) {
	l, s := start(t)
	var all []anchor.Record
	var checkpoints []receipt.Checkpoint
	for i, n := range []int{1, 3, 252, 1, 600, 2} { // over the edges of tiles
		records := deposits(fmt.Sprint("r", i, "."), n)
		states, err := s.Submit(t.Context(), "docs", records)
		require.NoError(t, err)
		require.Len(t, states, n)
		done, err := s.Await(t.Context(), "docs", records...)
		require.NoError(t, err)
		for k, st := range done {
			require.True(t, st.Sealed)
			require.Equal(t, uint64(len(all)+k), st.Index)
		}
		all = append(all, records...)
		c, _, err := s.Checkpoint(t.Context(), "docs", 0)
		require.NoError(t, err)
		checkpoints = append(checkpoints, c)
	}
	p := policyOf(t, s, "docs")
	for i, r := range all {
		got, err := s.Receipt(t.Context(), "docs", uint64(i))
		require.NoError(t, err)
		parsed, err := receipt.Parse(got.Marshal())
		require.NoError(t, err)
		proved, err := receipt.Verify(parsed, p)
		require.NoError(t, err, "leaf %d", i)
		require.Equal(t, r.Append(nil), proved.Record.Append(nil))
		if i%97 == 0 { // what is not ours agrees
			theirs, err := torchwood.ParsePolicy([]byte("log " + must(s.LogKey("docs")) + "\nquorum none"))
			require.NoError(t, err)
			require.NoError(t, torchwood.VerifyProof(theirs, tlog.RecordHash(r.Entry("docs")), got.Marshal()))
		}
	}
	empty := receipt.Checkpoint{Origin: checkpoints[0].Origin, Root: [32]byte(anchor.EmptyRoot())}
	for _, from := range append(checkpoints, empty) {
		for _, to := range checkpoints {
			hashes, err := s.Consistency(t.Context(), "docs", from.Size, to.Size)
			if from.Size > to.Size {
				require.ErrorIs(t, err, anchor.CheckpointUnknown)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, receipt.CheckConsistency(from, to, hashes), "%d to %d", from.Size, to.Size)
		}
	}
	_, err := s.Receipt(t.Context(), "docs", uint64(len(all)))
	require.ErrorIs(t, err, anchor.CheckpointUnknown)
	found, err := s.Store().FindReference(t.Context(), "docs", anchor.ReferenceOf("r2.7"), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []uint64{11}, found)
	_ = l
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A client of the checksum database's kind reads the tiles, as torchwood does it.
func TestTilesForOtherClients(t *testing.T) {
	_, s := start(t)
	records := deposits("t", 700)
	must(s.Submit(t.Context(), "docs", records))
	must(s.Await(t.Context(), "docs", records...))
	c, _, err := s.Checkpoint(t.Context(), "docs", 0)
	require.NoError(t, err)
	reader := tileReader{s.Store().Tiles("docs"), c.Size}
	client, err := torchwood.NewClient(reader)
	require.NoError(t, err)
	next := 0
	for i, entry := range client.AllEntries(t.Context(), tlog.Tree{N: int64(c.Size), Hash: c.Root}, 0) {
		require.Equal(t, int64(next), i)
		require.Equal(t, records[i].Entry("docs"), entry)
		next++
	}
	require.NoError(t, client.Err())
	require.Equal(t, len(records), next)
	for _, bad := range []string{"", "0", "0/0", "0/000.p/256", "0/000.p/0", "0/x000/000", "0/../000", "8/000", "-1/000", "entries/003", "0/002.p/189", "0/003", "1/001", "00/000", "0/000.p/01"} {
		_, err := s.Store().Tiles("docs").Read(bad, c.Size)
		require.ErrorIs(t, err, logs.ErrNoTile, bad)
	}
	for _, good := range []string{"0/000", "0/000.p/1", "0/002.p/188", "1/000.p/2", "entries/000", "entries/002.p/3"} {
		_, err := s.Store().Tiles("docs").Read(good, c.Size)
		require.NoError(t, err, good)
	}
}

type tileReader struct {
	tiles logs.Tiles
	size  uint64
}

func (r tileReader) ReadTiles(_ context.Context, tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if data[i], err = r.ReadEndpoint(context.Background(), torchwood.TilePath(t)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (r tileReader) ReadEndpoint(_ context.Context, path string) ([]byte, error) {
	return r.tiles.Read(strings.TrimPrefix(path, "tile/"), r.size)
}

func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func TestSameDigestAgain(t *testing.T) {
	_, s := start(t)
	first := deposits("d", 3)
	must(s.Submit(t.Context(), "docs", first))
	done := must(s.Await(t.Context(), "docs", first...))
	again := first[1]
	again.Submitter = "somebody-else"
	states, err := s.Submit(t.Context(), "docs", []anchor.Record{again, anchortest.Deposit("new"), anchortest.Deposit("new")})
	require.NoError(t, err)
	require.Equal(t, logs.State{Sealed: true, Before: true, Index: done[1].Index}, states[0])
	require.False(t, states[1].Before)
	require.True(t, states[2].Before, "twice in one request")
	r, err := s.Record(t.Context(), "docs", done[1].Index)
	require.NoError(t, err)
	require.Equal(t, "tester", r.Submitter, "the first deposit counts")
}

// What a DID signed for has a leaf of its own, whoever deposited the digest before; sent
// again it is known.
func TestSameDigestSigned(t *testing.T) {
	_, s := start(t)
	of := func(signer string, kind anchor.Kind) anchor.Record {
		r := anchortest.Deposit("d")
		r.Kind = kind
		_, r.Submitter = anchortest.Signer(signer)
		return r
	}
	all := []anchor.Record{anchortest.Deposit("d")}
	must(s.Submit(t.Context(), "docs", all))
	must(s.Await(t.Context(), "docs", all...))
	all = append(all, of("v1", anchor.Notarise), of("v2", anchor.Notarise), of("v1", anchor.Manifest))
	for i, st := range must(s.Submit(t.Context(), "docs", all)) {
		require.Equal(t, i == 0, st.Before)
	}
	done := must(s.Await(t.Context(), "docs", all...))
	for i, st := range done {
		r, err := s.Record(t.Context(), "docs", st.Index)
		require.NoError(t, err)
		require.Equal(t, all[i].Append(nil), r.Append(nil))
	}
	for i, st := range must(s.Submit(t.Context(), "docs", all)) {
		require.Equal(t, logs.State{Sealed: true, Before: true, Index: done[i].Index}, st)
	}
	st, err := s.Store().State(t.Context(), "docs", logs.Name(all[2]))
	require.NoError(t, err)
	require.Equal(t, done[0], st, "the digest's first leaf")
}

// A copy of another chain's header that the chain never signed does not keep the
// genuine one out, as long as it waits or by being refused.
func TestHeaderCopy(t *testing.T) {
	l, s := start(t)
	chain, genesis := fabrictest.New(t, "kt", 1, false)
	hash := genesis.Hash()
	source := anchortest.NewSource(t, "kt", anchor.Chain, key)
	source.Headers = &anchor.HeaderTerms{Format: anchor.FabricChain, Start: hex.EncodeToString(hash[:])}
	l.RegisterSource(t, source)
	knows(t, s, "kt")
	record := func(b fabrictest.Block) anchor.Record {
		return must(anchor.BlockRecord("agent", anchor.FabricChain, b.Marshal(), b.Data))
	}
	b := chain.Next(t, []byte("tx"))
	good := []anchor.Record{record(genesis), record(b)}
	b.Signatures = []fabric.Signature{{Creator: b.Signatures[0].Creator, Value: genesis.Previous}}
	l.Fail(func() error { return anchortest.Gone }, nil)
	must(s.Submit(t.Context(), "kt", []anchor.Record{record(b)}))
	for _, st := range must(s.Submit(t.Context(), "kt", good)) {
		require.False(t, st.Before)
	}
	l.Fail(nil, nil)
	for _, st := range must(s.Await(t.Context(), "kt", good...)) {
		require.True(t, st.Sealed, st)
	}
	genesis.Data = append([]byte("not "), genesis.Data...)
	_, err := s.Submit(t.Context(), "kt", []anchor.Record{record(genesis)})
	require.ErrorIs(t, err, anchor.InvalidRecord, "with other data than it stands for")
}

func TestSubmitRefuses(t *testing.T) {
	l, s := start(t)
	l.Register(t, "others", anchor.Documents, anchortest.Key("another sealer"))
	knows(t, s, "others")
	_, err := s.Submit(t.Context(), "none", deposits("a", 1))
	require.ErrorIs(t, err, anchor.SourceUnknown)
	_, err = s.Submit(t.Context(), "others", deposits("a", 1))
	require.ErrorIs(t, err, anchor.SealerNotGranted)
	bad := anchortest.Deposit("a")
	bad.Digest = bad.Digest[1:]
	_, err = s.Submit(t.Context(), "docs", []anchor.Record{anchortest.Deposit("b"), bad})
	require.ErrorIs(t, err, anchor.InvalidRecord)
	step := anchortest.Deposit("a")
	step.Kind, step.Body = anchor.Step, []byte("x")
	_, err = s.Submit(t.Context(), "docs", []anchor.Record{step})
	require.ErrorIs(t, err, anchor.KindRefused)
	_, err = s.Submit(t.Context(), "docs", make([]anchor.Record, sealer.MaxSubmit+1))
	require.ErrorIs(t, err, anchor.TooLarge)
	_, err = s.Store().State(t.Context(), "docs", logs.Name(anchortest.Deposit("b")))
	require.ErrorIs(t, err, logs.ErrUnknown, "none of a refused request is taken")
}

func TestRefusedByTheLedger(t *testing.T) {
	l, s := start(t)
	l.Register(t, "kt", anchor.Chain, key)
	knows(t, s, "kt")
	header := func(height int64, hash, previous string) anchor.Record {
		c := anchor.NewHeader(anchortest.Place, "kt", height, hash, previous)
		v1, _ := anchortest.Signer("v1")
		v2, _ := anchortest.Signer("v2")
		return must(anchor.HeaderRecord("agent", must(v1.Sign(anchor.TypHeader, c)), must(v2.Sign(anchor.TypHeader, c))))
	}
	h := func(s string) string { return hex.EncodeToString(anchor.ReferenceOf(s)) }
	good, gap := header(1, h("1"), h("0")), header(3, h("3"), h("2"))
	must(s.Submit(t.Context(), "kt", []anchor.Record{good, gap}))
	states := must(s.Await(t.Context(), "kt", good, gap))
	require.True(t, states[0].Sealed)
	require.Equal(t, anchor.HeaderGap.Name, states[1].Code)
	require.ErrorIs(t, sealer.Refusal(states[1]), anchor.HeaderGap)
	// Once what was missing is there, it is taken.
	missing := header(2, h("2"), h("1"))
	must(s.Submit(t.Context(), "kt", []anchor.Record{missing, gap}))
	states = must(s.Await(t.Context(), "kt", missing, gap))
	require.True(t, states[0].Sealed && states[1].Sealed)
}

func TestBackPressure(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	l.Fail(func() error { return anchortest.Gone }, nil)
	s, err := sealer.Open(sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, MaxQueue: 10}, l)
	require.NoError(t, err)
	defer s.Close() //nolint:errcheck // the test is over
	knows(t, s, "docs")
	must(s.Submit(t.Context(), "docs", deposits("a", 8)))
	_, err = s.Submit(t.Context(), "docs", deposits("b", 3))
	require.ErrorIs(t, err, sealer.ErrOverloaded)
	l.Fail(nil, nil)
	must(s.Await(t.Context(), "docs", deposits("a", 8)...))
}

// A source that withdraws its grant stops its own records and nobody else's.
func TestGrantWithdrawn(t *testing.T) {
	l, s := start(t)
	l.Register(t, "more", anchor.Documents, key)
	knows(t, s, "more")
	l.Fail(func() error { return anchortest.Gone }, nil)
	must(s.Submit(t.Context(), "docs", deposits("a", 2)))
	must(s.Submit(t.Context(), "more", deposits("b", 2)))
	source := anchortest.NewSource(t, "docs", anchor.Documents, anchortest.Key("another"))
	source.Version = 2
	l.Change(t, source)
	l.Fail(nil, nil)
	must(s.Await(t.Context(), "more", deposits("b", 2)...))
	st, err := s.Store().State(t.Context(), "docs", logs.Name(deposits("a", 1)[0]))
	require.NoError(t, err)
	require.False(t, st.Sealed)
	require.NoError(t, s.Err())
}

// Whenever the sealer ends, and whatever the network loses, there is one log and
// each record that was taken is in it once.
func TestCrashes(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			l := anchortest.New(t)
			l.Register(t, "docs", anchor.Documents, key)
			l.Register(t, "more", anchor.Documents, key) // of another lane
			l.Register(t, "land", anchor.Documents, key) // of the same as more
			var lottery sync.Mutex
			lose := func() error {
				lottery.Lock()
				defer lottery.Unlock()
				if random.IntN(3) == 0 {
					return anchortest.Gone
				}
				return nil
			}
			l.Fail(lose, lose)
			dir := t.TempDir()
			taken := map[string][]anchor.Record{}
			for life := range 8 {
				s := open(t, l, dir)
				knows(t, s, "land")
				lives, die := context.WithTimeout(t.Context(), time.Duration(life*7)*time.Millisecond+20*time.Millisecond)
				for n := 0; lives.Err() == nil; n++ {
					source := []string{"docs", "more", "land"}[n%3]
					records := deposits(fmt.Sprint(seed, ".", life, ".", n, "."), 1+n%50)
					if _, err := s.Submit(lives, source, records); err == nil {
						taken[source] = append(taken[source], records...)
					}
				}
				die()
				require.NoError(t, s.Err())
				require.NoError(t, s.Close())
			}
			l.Fail(nil, nil)
			s := open(t, l, dir)
			defer s.Close() //nolint:errcheck // the test is over
			for source, records := range taken {
				require.NotEmpty(t, records)
				states, err := s.Await(t.Context(), source, records...)
				require.NoError(t, err)
				seen := map[uint64]bool{}
				for i, st := range states {
					require.True(t, st.Sealed, "record %d of %s: %+v", i, source, st)
					require.False(t, seen[st.Index], "leaf %d twice", st.Index)
					seen[st.Index] = true
					more, err := s.Store().Find(t.Context(), source, logs.Name(records[i]), 2)
					require.NoError(t, err)
					require.Len(t, more, 1, "a record is in the log twice")
				}
			}
			equal(t, s.Store(), rebuilt(t, l))
		})
	}
}

// held is a ledger that keeps every seal of a source until it is let go.
type held struct {
	*anchortest.Ledger
	source string
	let    <-chan struct{}
}

func (l held) Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error) {
	m, err := anchor.ParseSeal(signed, records, anchortest.Place)
	if err != nil {
		return anchor.Sealed{}, err
	}
	for _, log := range m.Logs {
		if log.Source != l.source {
			continue
		}
		select {
		case <-l.let:
		case <-ctx.Done():
			return anchor.Sealed{}, ctx.Err()
		}
	}
	return l.Ledger.Seal(ctx, signed, records)
}

// While a seal of one lane is under way, sources of the other are sealed, and those
// of its own wait.
func TestLanes(t *testing.T) {
	ledger := anchortest.New(t)
	for _, id := range []string{"docs", "deeds", "land"} { // lanes 1, 1 and 0 of two
		ledger.Register(t, id, anchor.Documents, key)
	}
	let := make(chan struct{})
	s := open(t, held{ledger, "docs", let}, t.TempDir())
	defer s.Close() //nolint:errcheck // the test is over
	knows(t, s, "land")
	must(s.Submit(t.Context(), "docs", deposits("a", 1)))
	require.Eventually(t, func() bool { return len(must(s.Store().Queued(t.Context()))) == 0 }, 10*time.Second, time.Millisecond, "docs is under way")
	must(s.Submit(t.Context(), "deeds", deposits("b", 1)))
	for i := range 3 {
		records := deposits(fmt.Sprint("c", i), 10)
		must(s.Submit(t.Context(), "land", records))
		for _, st := range must(s.Await(t.Context(), "land", records...)) {
			require.True(t, st.Sealed)
		}
	}
	for source, records := range map[string][]anchor.Record{"docs": deposits("a", 1), "deeds": deposits("b", 1)} {
		st, err := s.Store().State(t.Context(), source, logs.Name(records[0]))
		require.NoError(t, err)
		require.False(t, st.Sealed, source)
	}
	close(let)
	for source, records := range map[string][]anchor.Record{"docs": deposits("a", 1), "deeds": deposits("b", 1)} {
		require.True(t, must(s.Await(t.Context(), source, records...))[0].Sealed, source)
	}
	equal(t, s.Store(), rebuilt(t, ledger))
}

// rebuilt is what anybody makes of the blocks.
func rebuilt(t *testing.T, l *anchortest.Ledger) *logs.Store {
	t.Helper()
	store, err := logs.Open(t.TempDir(), anchortest.Place.Chaincode, "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	height := l.Height()
	for b, err := range l.Blocks(t.Context(), 0) {
		require.NoError(t, err)
		require.NoError(t, store.Apply(t.Context(), b))
		if b.Number+1 == height {
			break
		}
	}
	return store
}

func equal(t *testing.T, a, b *logs.Store) {
	t.Helper()
	require.Eventually(t, func() bool { return must(a.Next(t.Context())) >= must(b.Next(t.Context())) }, 10*time.Second, time.Millisecond)
	ours, theirs := must(a.Logs(t.Context())), must(b.Logs(t.Context()))
	require.Equal(t, theirs, ours)
	for id, log := range ours {
		for index := uint64(0); index < log.Size; index += 256 {
			path := fmt.Sprintf("entries/%03d", index/256)
			if log.Size-index < 256 {
				path += fmt.Sprint(".p/", log.Size-index)
			}
			require.Equal(t, must(b.Tiles(id).Read(path, log.Size)), must(a.Tiles(id).Read(path, log.Size)))
		}
		require.Equal(t, log.Root, must(a.Tiles(id).Root(log.Size)))
	}
}

// Where the blocks say something else than the ledger's checkpoints, everything
// stops.
func TestAnotherRootStopsIt(t *testing.T) {
	l, s := start(t)
	must(s.Submit(t.Context(), "docs", deposits("a", 2)))
	must(s.Await(t.Context(), "docs", deposits("a", 2)...))
	l.Tamper(func(b *blocks.Block) {
		for i := range b.Txs {
			for k, w := range b.Txs[i].Writes {
				if strings.HasPrefix(w.Key, "\x00"+anchor.TableLog+"\x00") {
					b.Txs[i].Writes[k].Value = bytes.Replace(w.Value, []byte(`"root":"`), []byte(`"root":"AAAA`), 1)
				}
			}
		}
	})
	_, err := s.Submit(t.Context(), "docs", deposits("b", 2))
	require.NoError(t, err)
	_, err = s.Await(t.Context(), "docs", deposits("b", 2)...)
	require.ErrorIs(t, err, sealer.ErrStopped)
	require.ErrorIs(t, s.Err(), logs.ErrDiffers)
	_, err = s.Submit(t.Context(), "docs", deposits("c", 1))
	require.ErrorIs(t, err, sealer.ErrStopped)
	_, err = s.Receipt(t.Context(), "docs", 0)
	require.ErrorIs(t, err, sealer.ErrStopped)
}

// Tiles that a loss of power has damaged are read from the blocks again, and
// what waits is not lost with them.
func TestDamagedTiles(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	dir := t.TempDir()
	s := open(t, l, dir)
	knows(t, s, "docs")
	must(s.Submit(t.Context(), "docs", deposits("a", 300)))
	must(s.Await(t.Context(), "docs", deposits("a", 300)...))
	l.Fail(func() error { return anchortest.Gone }, nil)
	must(s.Submit(t.Context(), "docs", deposits("b", 5)))
	require.NoError(t, s.Close())
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "logs", "docs", "tile", "0"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Truncate(path, 100)
		}
		return err
	}))
	l.Fail(nil, nil)
	s = open(t, l, dir)
	defer s.Close() //nolint:errcheck // the test is over
	require.Eventually(t, func() bool {
		log, err := s.Store().Log(t.Context(), "docs")
		return err == nil && log.Size == 305
	}, 20*time.Second, time.Millisecond)
	equal(t, s.Store(), rebuilt(t, l))
}

// The key that a source has registered is the one that signs, or nothing does.
func TestRotatedKey(t *testing.T) {
	l, s := start(t)
	must(s.Submit(t.Context(), "docs", deposits("a", 1)))
	must(s.Await(t.Context(), "docs", deposits("a", 1)...))
	before := must(s.Receipt(t.Context(), "docs", 0))
	next := anchortest.NewSource(t, "docs", anchor.Documents, anchortest.Key("another"))
	next.Sealer, next.Version = s.DID, 2
	l.Change(t, next)
	require.Eventually(t, func() bool {
		_, err := s.Receipt(t.Context(), "docs", 0)
		return errors.Is(err, anchor.SealerNotGranted)
	}, 10*time.Second, time.Millisecond)
	_, err := receipt.Verify(before, policyOf(t, s, "docs"))
	require.NoError(t, err, "what was signed before still holds under the old key")
}

// A log's key is rotated without a break: the gateway gets the new key, goes on
// with the old one until the source registers the new, and then signs with that.
// Both forms of every receipt hold under the key of their day.
func TestKeyRotation(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	dir, fresh := t.TempDir(), anchortest.Key("fresh")
	s, err := sealer.Open(sealer.Options{Dir: dir, Place: anchortest.Place, Key: key, LogKeys: []ed25519.PrivateKey{fresh, key}, Interval: time.Millisecond}, l)
	require.NoError(t, err)
	defer s.Close() //nolint:errcheck // the test is over
	knows(t, s, "docs")
	must(s.Submit(t.Context(), "docs", deposits("a", 3)))
	must(s.Await(t.Context(), "docs", deposits("a", 3)...))
	old, next := anchortest.NewSource(t, "docs", anchor.Documents, key), anchortest.NewSource(t, "docs", anchor.Documents, fresh)
	require.Equal(t, next.LogKey, must(s.LogKey("docs")), "what is offered is the new key")
	under := func(vkeys ...string) *receipt.Policy {
		return must(receipt.ParsePolicy([]byte("log " + strings.Join(vkeys, "\nlog ") + "\nquorum none")))
	}
	check := func(good, bad *receipt.Policy) [][]byte {
		t.Helper()
		r := must(s.Receipt(t.Context(), "docs", 1))
		both := [][]byte{r.Marshal(), must(s.COSE(t.Context(), "docs", r))}
		for _, raw := range both {
			_, err := receipt.Check(raw, good)
			require.NoError(t, err)
			_, err = receipt.Check(raw, bad)
			require.ErrorIs(t, err, receipt.ErrUntrusted)
		}
		return both
	}
	before := check(under(old.LogKey), under(next.LogKey))
	next.Sealer, next.Version = s.DID, 2
	l.Change(t, next)
	require.Eventually(t, func() bool {
		from, err := s.Store().Source(t.Context(), "docs")
		return err == nil && from.Version == 2
	}, 10*time.Second, time.Millisecond)
	after := check(under(next.LogKey), under(old.LogKey))
	for _, raw := range append(before, after...) {
		_, err := receipt.Check(raw, under(old.LogKey, next.LogKey))
		require.NoError(t, err, "a policy names both keys")
	}
}

// A gateway that is set up for another network seals nothing, says so, and loses
// nothing.
func TestWrongPlace(t *testing.T) {
	l := anchortest.New(t)
	l.Register(t, "docs", anchor.Documents, key)
	dir := t.TempDir()
	wrong := anchortest.Place
	wrong.Network = "another"
	s, err := sealer.Open(sealer.Options{Dir: dir, Place: wrong, Key: key, Interval: time.Millisecond}, l)
	require.NoError(t, err)
	knows(t, s, "docs")
	must(s.Submit(t.Context(), "docs", deposits("a", 3)))
	_, err = s.Await(t.Context(), "docs", deposits("a", 3)...)
	require.ErrorIs(t, err, sealer.ErrStopped)
	require.ErrorIs(t, s.Err(), anchor.Elsewhere)
	require.NoError(t, s.Close())
	s = open(t, l, dir)
	defer s.Close() //nolint:errcheck // the test is over
	for _, st := range must(s.Await(t.Context(), "docs", deposits("a", 3)...)) {
		require.True(t, st.Sealed)
	}
}
