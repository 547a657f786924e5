// SPDX-License-Identifier: Apache-2.0

// Package sealer takes records for sources' logs, keeps them on disk, seals them
// on the ledger in batches, and gives receipts. A source always maps to one lane;
// a lane has one transaction in flight, and its queue fills meanwhile.
//
// Nothing is lost and nothing is sealed twice, whenever the process ends: a
// record is on disk before it is acknowledged, a seal before it is sent, and the
// very same seal is sent again until the blocks show what became of it.
package sealer

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/sync/errgroup"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/logs"
)

// Ledger is the anchor contract and the channel's blocks.
type Ledger interface {
	// Seal carries a seal to the ledger and waits for the commit; its errors are
	// those of gateway.Anchor.
	Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error)
	// Blocks yields the channel's blocks from a number on, as they come, until ctx
	// ends or the peer goes away.
	Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error]
}

// Options of a sealer. Zero values mean the defaults.
type Options struct {
	Dir   string // what has to survive a crash is kept there
	Place anchor.Place
	Key   ed25519.PrivateKey // signs seals
	// LogKeys sign checkpoints, the newest first; Key alone by default. A key is
	// rotated by adding the new one in front, having each source register it, and
	// leaving the old one out once none has it registered.
	LogKeys  []ed25519.PrivateKey
	Interval time.Duration // that a record waits for others; default 250 ms
	MaxBatch int           // records of a seal; default 40,000
	MaxQueue int           // records that may wait; default 400,000
	Lanes    int           // each with one seal in flight; default 2
	// Witnesses cosign every latest checkpoint. Receipts are given at one that all of
	// them cosigned, as soon as there is one.
	Witnesses []Witness
	Log       *slog.Logger
	Metrics   *Metrics
}

// The ways in which a submission is not taken.
var (
	ErrOverloaded = errors.New("the queue is full")
	ErrStopped    = errors.New("the sealer stopped")
)

// Sealer is a running sealer. Stop it with Close.
type Sealer struct {
	Options
	DID    string // that sources grant their logs to
	signer jws.Signer
	ledger Ledger
	store  *logs.Store

	submits chan submit
	coming  atomic.Int64 // records on their way to the disk
	stop    context.CancelFunc
	done    sync.WaitGroup
	ended   chan struct{} // closed when loops have ended
	failure atomic.Pointer[error]
}

// Open takes up the work where it was left. The ledger need not be there yet.
func Open(o Options, l Ledger) (*Sealer, error) {
	if o.Interval <= 0 {
		o.Interval = 250 * time.Millisecond
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 40_000
	}
	if o.MaxQueue <= 0 {
		o.MaxQueue = 400_000
	}
	if o.Lanes <= 0 {
		o.Lanes = 2
	}
	if o.MaxBatch > anchor.MaxLeaves {
		return nil, fmt.Errorf("sealer: %d records a batch, at most %d", o.MaxBatch, anchor.MaxLeaves)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	for _, w := range o.Witnesses {
		if _, err := torchwood.NewCosignatureVerifier(w.Key); err != nil {
			return nil, fmt.Errorf("sealer: key of witness %s: %w", w.URL, err)
		}
	}
	public, ok := o.Key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("sealer: no key: an Ed25519 private key is needed")
	}
	own, kid := did.OfKey(did.Key{Alg: "EdDSA", Ed25519: public})
	store, err := logs.Open(o.Dir, o.Place.Chaincode, own)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Sealer{
		Options: o, DID: own, signer: jws.Signer{Key: crypto.Signer(o.Key), Kid: kid}, ledger: l, store: store,
		submits: make(chan submit, 1024), stop: stop, ended: make(chan struct{}),
	}
	store.LimitChunks(o.MaxBatch)
	s.Metrics.waiting.Set(float64(store.Waiting()))
	loops := []func(context.Context) error{s.follow, s.take, s.seal, s.watch}
	for _, w := range o.Witnesses {
		loops = append(loops, func(ctx context.Context) error { return s.cosign(ctx, w) })
	}
	for _, loop := range loops {
		s.done.Go(func() {
			if err := loop(ctx); err != nil && ctx.Err() == nil {
				s.fail(err)
			}
		})
	}
	go func() {
		s.done.Wait()
		close(s.ended)
	}()
	return s, nil
}

// Close stops. What waits stays on disk and is sealed after the next Open.
func (s *Sealer) Close() error {
	s.stop()
	<-s.ended
	return s.store.Close()
}

// fail stops everything for good: what would be served or sealed could be wrong.
func (s *Sealer) fail(err error) {
	if s.failure.CompareAndSwap(nil, &err) {
		s.Log.Error("the sealer stopped; nothing more is sealed or served", "failure", err)
		s.Metrics.failed.Set(1)
	}
	s.stop()
}

// Err is why the sealer stopped by itself, nil while it works.
func (s *Sealer) Err() error {
	if failure := s.failure.Load(); failure != nil {
		return fmt.Errorf("%w: %w", ErrStopped, *failure)
	}
	return nil
}

// Store is what the sealer knows of the logs.
func (s *Sealer) Store() *logs.Store { return s.store }

// follow takes in block after block.
func (s *Sealer) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		from, err := s.store.Next(ctx)
		if err != nil {
			return err
		}
		for b, err := range s.ledger.Blocks(ctx, from) {
			if err == nil {
				err = s.store.Apply(ctx, b)
			}
			if errors.Is(err, logs.ErrDiffers) {
				return err
			}
			if err != nil {
				s.Log.Warn("blocks are read anew", "failure", err)
				break
			}
			s.Metrics.height.Set(float64(b.Number + 1))
			s.Metrics.waiting.Set(float64(s.store.Waiting()))
		}
		sleep(ctx, time.Second)
	}
	return ctx.Err()
}

// seal carries what an earlier life of this sealer had under way, and then has
// every lane seal its sources' records.
func (s *Sealer) seal(ctx context.Context) error {
	for ctx.Err() == nil {
		batch, err := s.store.Pending(ctx)
		if err != nil {
			return err
		}
		if batch == nil {
			break
		}
		if err := s.carry(ctx, batch, map[string]time.Time{}); err != nil {
			return err
		}
	}
	lanes, ctx := errgroup.WithContext(ctx)
	for i := range s.Lanes {
		lanes.Go(func() error { return s.sealLane(ctx, i) })
	}
	return lanes.Wait()
}

// sealLane makes batches of a lane's records and carries them to the ledger, one
// after the other.
func (s *Sealer) sealLane(ctx context.Context, lane int) error {
	paused := map[string]time.Time{} // sources that refuse this sealer, until they may be tried again
	for ctx.Err() == nil {
		changed := s.store.Changed()
		sources, _, err := s.queued(ctx, lane, paused)
		if err != nil {
			return err
		}
		batch, err := s.store.Decide(ctx, s.MaxBatch, sources, s.sign)
		if err != nil {
			return err
		}
		if batch != nil {
			if err := s.carry(ctx, batch, paused); err != nil {
				return err
			}
			continue
		}
		select {
		case <-changed:
		case <-time.After(time.Second): // sources paused are tried again
		case <-ctx.Done():
		}
		if _, n, err := s.queued(ctx, lane, paused); err == nil && n > 0 && n < s.MaxBatch {
			sleep(ctx, s.Interval)
		}
	}
	return ctx.Err()
}

// queued are sources of a lane whose records wait, at most as many as a seal has
// logs, and how many records those are.
func (s *Sealer) queued(ctx context.Context, lane int, paused map[string]time.Time) (sources []string, records int, err error) {
	all, err := s.store.Queued(ctx)
	for _, q := range all {
		if until, ok := paused[q.Source]; ok && time.Now().Before(until) {
			continue
		}
		delete(paused, q.Source)
		if laneOf(q.Source, s.Lanes) == lane && len(sources) < anchor.MaxLogs {
			sources, records = append(sources, q.Source), records+q.Records
		}
	}
	return sources, records, err
}

// laneOf is the lane of a source, one of n.
func laneOf(source string, n int) int {
	return int(crc32.ChecksumIEEE([]byte(source)) % uint32(n)) //nolint:gosec // n is small and above zero
}

func (s *Sealer) sign(expect []anchor.SealLog, records [][]byte) (id, signed string, err error) {
	seal := anchor.NewSeal(s.Place, "b-"+strings.ToLower(rand.Text()))
	for i, l := range expect {
		seal.Add(l.Source, l.Size, records[i])
	}
	signed, err = s.signer.Sign(anchor.TypSeal, seal)
	return seal.Batch, signed, err
}

// pauseAfter is how long a source that refuses this sealer is left alone.
const pauseAfter = 10 * time.Second

// carry sends a batch until blocks show what became of it, or until it is known
// that nothing ever will. An error is final.
func (s *Sealer) carry(ctx context.Context, b *logs.Batch, paused map[string]time.Time) error {
	start := time.Now()
	for try := 0; ctx.Err() == nil; try++ {
		_, err := s.ledger.Seal(ctx, b.Signed, b.Records)
		switch {
		case err == nil:
			s.Metrics.seals.Inc()
			s.Metrics.latency.Observe(time.Since(start).Seconds())
			return s.wait(ctx, b.ID)
		case errors.Is(err, anchor.SizeMismatch):
			// The ledger knows nothing of this batch, and the size it expects is past for good.
			s.Log.Warn("a batch is made anew", "batch", b.ID, "failure", err)
			if err := s.store.Dissolve(ctx, b.ID); err != nil {
				return err
			}
			sleep(ctx, s.Interval) // for the block that this index has not seen yet
			return nil
		case errors.Is(err, anchor.SealerNotGranted), errors.Is(err, anchor.SourceUnknown):
			s.Log.Error("a source refuses this sealer", "batch", b.ID, "failure", err)
			for _, id := range s.refusing(ctx, b) {
				paused[id] = time.Now().Add(pauseAfter)
			}
			if err := s.store.Dissolve(ctx, b.ID); err != nil {
				return err
			}
			sleep(ctx, s.Interval)
			return nil
		case permanent(err):
			// What was sent can never be taken, so its records may wait for a sealer that is set right.
			return errors.Join(fmt.Errorf("batch %s: %w", b.ID, err), s.store.Dissolve(ctx, b.ID))
		}
		s.Metrics.retries.Inc()
		s.Log.Warn("a seal is sent again", "batch", b.ID, "try", try, "failure", err)
		sleep(ctx, min(time.Duration(try+1)*100*time.Millisecond, 2*time.Second))
	}
	return ctx.Err()
}

// refusing are the sources of a batch that do not grant their log to this sealer.
func (s *Sealer) refusing(ctx context.Context, b *logs.Batch) []string {
	m, err := anchor.ParseSeal(b.Signed, b.Records, s.Place)
	if err != nil {
		return nil
	}
	var all []string
	for _, l := range m.Logs {
		if from, err := s.store.Source(ctx, l.Source); err == nil && from.Sealer != s.DID {
			all = append(all, l.Source)
		}
	}
	return all
}

// permanent reports whether the chaincode refused what was sent, which sending it
// again would not change.
func permanent(err error) bool {
	var failed *gateway.Error
	if errors.As(err, &failed) {
		return failed.Code != nil && failed.Code.Kind != code.Internal
	}
	return false
}

// wait waits until the index shows a batch.
func (s *Sealer) wait(ctx context.Context, id string) error {
	for ctx.Err() == nil {
		changed := s.store.Changed()
		if settled, err := s.store.Settled(ctx, id); settled || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
