// SPDX-License-Identifier: Apache-2.0

// Package follow takes another Fabric chain's headers to a source's log through a
// gateway's HTTP API. It keeps nothing: where it stands, the log says. So it may
// end at any moment, and run in several places at once; headers are anchored once
// and in order, by the contract's own rules.
package follow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/anchor/fabric"
)

// Chain is the chain that is followed.
type Chain interface {
	// Blocks yields whole blocks (protobuf common.Block) from a height on, as they
	// come, until ctx ends or the peer goes away.
	Blocks(ctx context.Context, from uint64) iter.Seq2[[]byte, error]
}

// Log is the source's log, as a gateway serves it.
type Log interface {
	// State is the source and where its chain stands, nil where it has no header yet.
	State(ctx context.Context, source string) (anchor.Source, *anchor.ChainTip, error)
	// Submit hands a record over. It returns when the gateway has it on disk.
	Submit(ctx context.Context, source string, r anchor.Record) error
	// Outcome tells what became of a record: sealed, refused by the ledger, or neither
	// yet.
	Outcome(ctx context.Context, source string, r anchor.Record) (sealed bool, refused, err error)
}

// ErrForked is a chain that signed two histories. The evidence is on the ledger.
var ErrForked = errors.New("the chain forked")

// ErrStuck is a header that the ledger refuses whenever it is sent.
var ErrStuck = errors.New("the ledger refuses the next header")

// Follower follows one chain.
type Follower struct {
	Source    string
	Submitter string // name under which headers are brought
	Chain     Chain
	Log       Log
	Until     int64         // height after which to stop; negative: never
	Window    int           // headers under way at once; default 200
	Pause     time.Duration // after which a connection that failed is tried again; default 1 s
	Say       *slog.Logger
}

const (
	defaultWindow = 200
	// settleEvery is how often the log is asked how far it is.
	settleEvery = 100 * time.Millisecond
	// patience is how long headers under way may take before all is looked at anew.
	patience = time.Minute
	// attempts to get past one height before it counts as refused for good.
	attempts = 5
)

// Run follows until ctx ends, Until is reached, the chain forks or the ledger will
// not take a header. Whatever else fails it tries again.
func (f *Follower) Run(ctx context.Context) error {
	if f.Window <= 0 {
		f.Window = defaultWindow
	}
	if f.Pause <= 0 {
		f.Pause = time.Second
	}
	if f.Say == nil {
		f.Say = slog.New(slog.DiscardHandler)
	}
	stuck, at := 0, int64(-2)
	for {
		height, err := f.round(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, errors.Is(err, ErrForked), permanent(err):
			return err
		}
		if height != at {
			stuck, at = 0, height
		}
		// A gateway that reads its blocks anew does not know the source for a while.
		if errors.Is(err, ErrStuck) || errors.Is(err, anchor.SourceUnknown) {
			if stuck++; stuck >= attempts {
				return err
			}
		}
		f.Say.Warn("tried again", "height", height, "failure", err)
		_ = wait(ctx, f.Pause) // its end is seen above
	}
}

// permanent reports what trying again does not change.
func permanent(err error) bool {
	return errors.Is(err, anchor.InvalidSource) || errors.Is(err, anchor.HeaderUnpinned) ||
		errors.Is(err, anchor.SealerNotGranted) || errors.Is(err, anchor.KindRefused)
}

// round follows from where the log stands, until something fails. It returns the
// height that the log had at last.
func (f *Follower) round(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source, tip, err := f.Log.State(ctx, f.Source)
	if err != nil {
		return -1, err
	}
	if source.Headers == nil || source.Headers.Format != anchor.FabricChain {
		return -1, anchor.InvalidSource.Errorf("source %s does not follow a Fabric chain", f.Source)
	}
	from := uint64(0)
	if tip != nil {
		if f.reached(tip.Height) {
			return tip.Height, nil
		}
		from = uint64(tip.Height) //nolint:gosec // heights are not negative
	}
	w := window{f: f, tip: tip}
	blocks, failed := f.read(ctx, from)
	for {
		raw, more, err := w.next(ctx, blocks)
		if err != nil {
			return w.height(), err
		}
		if !more {
			return w.height(), errors.Join(errors.New("the chain's blocks ended"), <-failed)
		}
		if raw == nil {
			continue
		}
		if err := w.take(ctx, source, raw); err != nil {
			return w.height(), err
		}
		if len(w.sent) > 0 && f.reached(w.at) {
			if err := w.settle(ctx); err != nil {
				return w.height(), err
			}
			return w.height(), nil
		}
	}
}

func (f *Follower) reached(height int64) bool { return f.Until >= 0 && height >= f.Until }

// read reads blocks ahead of who takes them.
func (f *Follower) read(ctx context.Context, from uint64) (<-chan []byte, <-chan error) {
	blocks, failed := make(chan []byte, 16), make(chan error, 1)
	go func() {
		defer close(blocks)
		for raw, err := range f.Chain.Blocks(ctx, from) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case blocks <- raw:
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
		}
		failed <- nil
	}()
	return blocks, failed
}

// Record is what a whole block's header is anchored as, and its height.
func Record(submitter string, raw []byte) (anchor.Record, int64, error) {
	b, err := fabric.ParseBlock(raw)
	if err != nil {
		return anchor.Record{}, 0, err
	}
	if err := b.CheckData(b.Envelopes); err != nil {
		return anchor.Record{}, 0, err
	}
	var data []byte
	if last, err := b.LastConfig(); b.Number == 0 || err == nil && last == b.Number {
		if len(b.Envelopes) != 1 {
			return anchor.Record{}, 0, fmt.Errorf("configuration block %d has %d transactions", b.Number, len(b.Envelopes))
		}
		data = b.Envelopes[0]
	}
	r, err := anchor.BlockRecord(submitter, anchor.FabricChain, b.Marshal(), data)
	return r, int64(b.Number), err //nolint:gosec // ParseBlock bounds it
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
