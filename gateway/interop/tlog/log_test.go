// SPDX-License-Identifier: Apache-2.0

package tlog_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/formats/log"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// place is the HTTP API over the real contract in memory, with a source "docs".
type place struct {
	t      *testing.T
	ledger *anchortest.Ledger
	sealer *sealer.Sealer
	api    *httptest.Server
	count  int
}

func newPlace(t *testing.T, witnesses ...sealer.Witness) *place {
	t.Helper()
	p := &place{t: t, ledger: anchortest.New(t)}
	key := anchortest.Key("sealer")
	p.ledger.Register(t, "docs", anchor.Documents, key)
	var err error
	p.sealer, err = sealer.Open(sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: time.Millisecond, Witnesses: witnesses}, p.ledger)
	require.NoError(t, err)
	p.api = httptest.NewServer(rest.New(nil).WithAnchor(p.sealer))
	t.Cleanup(func() {
		p.api.Close()
		require.NoError(t, p.sealer.Close())
	})
	require.Eventually(t, func() bool {
		_, err := p.sealer.Store().Source(t.Context(), "docs")
		return err == nil
	}, 10*time.Second, time.Millisecond)
	return p
}

// grow anchors further records.
func (p *place) grow(n int) {
	p.t.Helper()
	var records []anchor.Record
	for range n {
		r := anchortest.Deposit(fmt.Sprint("document ", p.count))
		p.count++
		records = append(records, r)
	}
	_, err := p.sealer.Submit(p.t.Context(), "docs", records)
	require.NoError(p.t, err)
	_, err = p.sealer.Await(p.t.Context(), "docs", records...)
	require.NoError(p.t, err)
}

func (p *place) logKey() string {
	p.t.Helper()
	vkey, err := p.sealer.LogKey("docs")
	require.NoError(p.t, err)
	return vkey
}

// Tessera's client follows our log as it grows, over whole tiles and parts of
// them: checkpoints, consistency, every leaf, every entry, and the paths that our
// receipts carry.
func TestTesseraClient(t *testing.T) {
	p := newPlace(t)
	at, err := url.Parse(p.api.URL + "/v1/logs/docs/")
	require.NoError(t, err)
	fetch, err := client.NewHTTPFetcher(at, p.api.Client())
	require.NoError(t, err)
	verifier, err := note.NewVerifier(p.logKey())
	require.NoError(t, err)

	p.grow(3)
	tracker, err := client.NewLogStateTracker(t.Context(), fetch.ReadTile, nil, verifier, origin, client.UnilateralConsensus(fetch.ReadCheckpoint))
	require.NoError(t, err)
	size := uint64(3)
	require.Equal(t, size, tracker.Latest().Size)
	for _, more := range []int{1, 252, 1, 300} { // to 4, 256, 257 and 557 leaves
		p.grow(more)
		size += uint64(more)
		_, path, _, err := tracker.Update(t.Context())
		require.NoError(t, err)
		require.Equal(t, size, tracker.Latest().Size)
		ours, err := p.sealer.Consistency(t.Context(), "docs", size-uint64(more), size)
		require.NoError(t, err)
		require.Len(t, path, len(ours))
		for i := range ours {
			require.Equal(t, path[i], ours[i][:])
		}
	}

	latest := tracker.Latest()
	leaves, err := client.FetchLeafHashes(t.Context(), fetch.ReadTile, 0, size, size)
	require.NoError(t, err)
	builder, err := client.NewProofBuilder(t.Context(), size, fetch.ReadTile)
	require.NoError(t, err)
	all := client.EntryBundles(t.Context(), 2, func(context.Context) (uint64, error) { return size, nil }, fetch.ReadEntryBundle, 0, size)
	unbundle := func(raw []byte) ([][]byte, error) {
		var b api.EntryBundle
		err := b.UnmarshalText(raw)
		return b.Entries, err
	}
	seen := uint64(0)
	for e, err := range client.Entries(all, unbundle) {
		require.NoError(t, err)
		require.Equal(t, seen, e.Index)
		leaf := rfc6962.DefaultHasher.HashLeaf(e.Entry)
		require.Equal(t, leaves[e.Index], leaf)
		path, err := builder.InclusionProof(t.Context(), e.Index)
		require.NoError(t, err)
		require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, e.Index, size, leaf, path, latest.Hash))
		r, err := p.sealer.Receipt(t.Context(), "docs", e.Index)
		require.NoError(t, err)
		var theirs fproof.TLogProof // formats' own reader of C2SP tlog-proof
		require.NoError(t, theirs.Unmarshal(r.Marshal()))
		require.Equal(t, r.Marshal(), theirs.Marshal())
		require.Equal(t, e.Entry, theirs.ExtraData)
		at, _, _, err := log.ParseCheckpoint(theirs.Checkpoint, origin, verifier) // the one that sealed the record, or a later one
		require.NoError(t, err)
		then, err := client.NewProofBuilder(t.Context(), at.Size, fetch.ReadTile)
		require.NoError(t, err)
		path, err = then.InclusionProof(t.Context(), e.Index)
		require.NoError(t, err)
		require.Len(t, theirs.Hashes, len(path))
		for i := range path {
			require.Equal(t, path[i], theirs.Hashes[i][:])
		}
		seen++
	}
	require.Equal(t, size, seen)

	// A checkpoint under another key than the log's is no checkpoint to it.
	stranger := must(note.NewVerifier(must(note.NewEd25519VerifierKey(origin, anchortest.Key("stranger").Public().(ed25519.PublicKey)))))
	_, _, _, err = client.FetchCheckpoint(t.Context(), fetch.ReadCheckpoint, stranger, origin)
	require.Error(t, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
