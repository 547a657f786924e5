// SPDX-License-Identifier: Apache-2.0

package follow_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric/fabrictest"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/follow"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// chain is a Fabric chain as a peer gives it, whose connection breaks now and
// then.
type chain struct {
	mu     sync.Mutex
	blocks []fabrictest.Block
	breaks int // blocks after which a stream breaks; 0 is never
}

func (c *chain) add(b ...fabrictest.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks = append(c.blocks, b...)
}

func (c *chain) Blocks(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n := from; ctx.Err() == nil; {
			c.mu.Lock()
			var raw []byte
			if n < uint64(len(c.blocks)) {
				raw = c.blocks[n].Whole()
			}
			broken := c.breaks > 0 && n-from >= uint64(c.breaks)
			c.mu.Unlock()
			if broken {
				yield(nil, errors.New("connection reset"))
				return
			}
			if raw == nil {
				time.Sleep(time.Millisecond)
				continue
			}
			if !yield(raw, nil) {
				return
			}
			n++
		}
	}
}

// place is a gateway over an in-memory ledger, which can be killed.
type place struct {
	t      *testing.T
	ledger *anchortest.Ledger
	dir    string
	sealer *sealer.Sealer
	mu     sync.Mutex
	api    http.Handler
	url    string
}

func newPlace(t *testing.T, start string) *place {
	t.Helper()
	p := &place{t: t, ledger: anchortest.New(t), dir: t.TempDir()}
	s := anchortest.NewSource(t, "kt", anchor.Chain, anchortest.Key("sealer"))
	s.Headers = &anchor.HeaderTerms{Format: anchor.FabricChain, Start: start}
	p.ledger.RegisterSource(t, s)
	p.start()
	require.Eventually(t, func() bool {
		_, err := p.sealer.Store().Source(t.Context(), "kt")
		return err == nil
	}, 10*time.Second, time.Millisecond)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		api := p.api
		p.mu.Unlock()
		if api == nil {
			panic(http.ErrAbortHandler) // as a connection to a process that was killed
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); p.stop() })
	p.url = server.URL
	return p
}

func (p *place) start() {
	s, err := sealer.Open(sealer.Options{Dir: p.dir, Place: anchortest.Place, Key: anchortest.Key("sealer"), Interval: 2 * time.Millisecond}, p.ledger)
	require.NoError(p.t, err)
	p.mu.Lock()
	p.sealer, p.api = s, rest.New(nil).WithAnchor(s)
	p.mu.Unlock()
}

func (p *place) stop() {
	p.mu.Lock()
	s := p.sealer
	p.sealer, p.api = nil, nil
	p.mu.Unlock()
	if s != nil {
		require.NoError(p.t, s.Close())
	}
}

func (p *place) follower(c follow.Chain, until int64) *follow.Follower {
	return &follow.Follower{Source: "kt", Submitter: "agent", Chain: c, Log: follow.HTTP{URL: p.url}, Until: until, Pause: 5 * time.Millisecond, Window: 7}
}

func start(b fabrictest.Block) string {
	h := b.Hash()
	return hex.EncodeToString(h[:])
}

// The log has exactly the chain's headers, in order, whatever is killed meanwhile:
// the agent, its connection to the chain, the gateway, seals on their way.
func TestFollowsThroughKills(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 1, false)
	c := &chain{blocks: []fabrictest.Block{genesis}, breaks: 11}
	p := newPlace(t, start(genesis))
	const height = 60
	for n := 1; n <= height; n++ {
		if n%10 == 0 {
			c.add(made.Reconfigure(t, func(m *fabrictest.Chain) { m.Replace(t, 1) }))
		} else {
			c.add(made.Next(t, fmt.Append(nil, "transaction ", n)))
		}
	}
	seals := 0
	p.ledger.Fail(nil, func() error { // every third answer is lost behind the commit
		if seals++; seals%3 == 0 {
			return anchortest.Gone
		}
		return nil
	})
	stop := make(chan struct{})
	var kills sync.WaitGroup
	kills.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(150 * time.Millisecond):
				p.stop()
				p.start()
			}
		}
	})
	for runs := 0; ; runs++ {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // the agent is killed
		err := p.follower(c, height).Run(ctx)
		cancel()
		if err == nil {
			t.Logf("done in %d runs", runs+1)
			break
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, runs, 300)
	}
	close(stop)
	kills.Wait()
	log, err := p.sealer.Store().Log(t.Context(), "kt")
	require.NoError(t, err)
	require.EqualValues(t, height+1, log.Size, "each header once")
	for n, b := range c.blocks {
		r, err := p.sealer.Record(t.Context(), "kt", uint64(n))
		require.NoError(t, err)
		h := b.Hash()
		require.Equal(t, h[:], r.Digest, "leaf %d", n)
	}
}

func TestFollowsAsBlocksCome(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 4, true)
	c := &chain{blocks: []fabrictest.Block{genesis}}
	p := newPlace(t, start(genesis))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 { // two agents do no harm
		go func() { done <- p.follower(c, -1).Run(ctx) }()
	}
	for n := range 5 {
		c.add(made.Next(t, []byte{byte(n)}))
		require.Eventually(t, func() bool {
			tip, found, err := p.sealer.Store().Tip(t.Context(), "kt")
			return err == nil && found && tip.Height == int64(n+1)
		}, 10*time.Second, time.Millisecond)
	}
	cancel()
	for range 2 {
		require.ErrorIs(t, <-done, context.Canceled)
	}
	log, err := p.sealer.Store().Log(t.Context(), "kt")
	require.NoError(t, err)
	require.EqualValues(t, 6, log.Size)
}

// late tells where a log without a header stands once what was handed over is in it:
// the first seal falls between State and Outcome.
type late struct {
	follow.Log
	sent []anchor.Record
}

func (l *late) Submit(ctx context.Context, source string, r anchor.Record) error {
	l.sent = append(l.sent, r)
	return l.Log.Submit(ctx, source, r)
}

func (l *late) State(ctx context.Context, source string) (anchor.Source, *anchor.ChainTip, error) {
	s, tip, err := l.Log.State(ctx, source)
	for sealed := len(l.sent) == 0; err == nil && tip == nil && !sealed; {
		sealed, _, err = l.Outcome(ctx, source, l.sent[0])
	}
	return s, tip, err
}

func TestFollowsWhatWasSealedMeanwhile(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 1, false)
	c := &chain{blocks: []fabrictest.Block{genesis, made.Next(t, []byte("one"))}}
	f := newPlace(t, start(genesis)).follower(c, 1)
	f.Log, f.Window = &late{Log: f.Log}, 1 // the first is settled before the second comes
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, f.Run(ctx))
}

func TestReportsForks(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 1, false)
	p := newPlace(t, start(genesis))
	c := &chain{blocks: []fabrictest.Block{genesis}}
	c.add(made.Next(t, []byte("one")))
	other := made.Copy()
	c.add(made.Next(t, []byte("two")))
	require.NoError(t, p.follower(c, 2).Run(t.Context()))
	// Another peer of the chain tells another history.
	forked := &chain{blocks: append(c.blocks[:2:2], other.Next(t, []byte("another two")), other.Next(t, []byte("three")))}
	err := p.follower(forked, 3).Run(t.Context())
	require.ErrorIs(t, err, follow.ErrForked)
	require.ErrorIs(t, err, anchor.ForkedChain)
	tip, _, err := p.sealer.Store().Tip(t.Context(), "kt")
	require.NoError(t, err)
	require.Equal(t, 1, tip.Forks)
	require.EqualValues(t, 2, tip.Height)
}

func TestGivesUp(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 1, false)
	p := newPlace(t, start(genesis))
	bad := made.Next(t, []byte("one"))
	bad.Signatures = nil
	c := &chain{blocks: []fabrictest.Block{genesis, bad}}
	err := p.follower(c, 1).Run(t.Context())
	require.ErrorIs(t, err, follow.ErrStuck)
	require.ErrorIs(t, err, anchor.SignersMissing)
	f := p.follower(c, 1)
	f.Source = "other"
	require.ErrorIs(t, f.Run(t.Context()), anchor.SourceUnknown)
}

// A consenter that adds stale or broken signatures to its chain's blocks does not
// stop who follows it, as long as a quorum's hold.
func TestFollowsPastBadSignatures(t *testing.T) {
	made, genesis := fabrictest.New(t, "kt", 4, true)
	p := newPlace(t, start(genesis))
	c := &chain{blocks: []fabrictest.Block{genesis}}
	stale := made.Copy().Next(t, []byte("another")).Signatures[3]
	for n := range 5 {
		b := made.Next(t, []byte{byte(n)})
		b.Signatures[n%4].Value = stale.Value
		b.Signatures = append(b.Signatures, stale)
		c.add(b)
	}
	require.NoError(t, p.follower(c, 5).Run(t.Context()))
	tip, _, err := p.sealer.Store().Tip(t.Context(), "kt")
	require.NoError(t, err)
	require.EqualValues(t, 5, tip.Height)
	require.Zero(t, tip.Forks)

	short := made.Next(t, []byte("without a quorum"))
	short.Signatures[0].Value, short.Signatures[1].Value = stale.Value, stale.Value
	c.add(short)
	err = p.follower(c, 6).Run(t.Context())
	require.ErrorIs(t, err, follow.ErrStuck)
	require.ErrorIs(t, err, code.BadSignature)
}
