// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// window is the headers that are under way.
type window struct {
	f    *Follower
	tip  *anchor.ChainTip // as the log said last
	sent []header         // not seen in the log yet
	at   int64            // height of the last of them
}

// header is one under way. past tells that the log was past its height before.
type header struct {
	anchor.Record
	height int64
	past   bool
}

func (w *window) height() int64 {
	if w.tip == nil {
		return -1
	}
	return w.tip.Height
}

// next is the next block. Where none is there yet, or enough are under way, it
// waits for those to be sealed.
func (w *window) next(ctx context.Context, blocks <-chan []byte) (raw []byte, more bool, err error) {
	if len(w.sent) > 0 {
		if len(w.sent) < w.f.Window {
			select {
			case raw, more = <-blocks:
				return raw, more, nil
			default:
			}
		}
		return nil, true, w.settle(ctx)
	}
	select {
	case raw, more = <-blocks:
		return raw, more, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// take hands a block's header over.
func (w *window) take(ctx context.Context, source anchor.Source, raw []byte) error {
	r, height, err := Record(w.f.Submitter, raw)
	if err != nil {
		return err
	}
	hash := hex.EncodeToString(r.Digest)
	switch {
	case w.tip != nil && len(w.sent) == 0 && height == w.tip.Height && hash == w.tip.Hash:
		return nil // where the log stands
	case w.tip == nil && len(w.sent) == 0 && hash != source.Headers.Start:
		return nil // the log begins further on
	}
	if err := w.f.Log.Submit(ctx, w.f.Source, r); err != nil {
		return err
	}
	w.sent, w.at = append(w.sent, header{r, height, w.tip != nil && height <= w.tip.Height}), height
	if w.sent[len(w.sent)-1].past {
		return w.settle(ctx) // another's work, or another history: the ledger tells
	}
	return nil
}

// settle waits until the log has what is under way, or the ledger refused some of
// it.
func (w *window) settle(ctx context.Context) error {
	deadline, all := time.Now().Add(patience), len(w.sent)
	for {
		_, tip, err := w.f.Log.State(ctx, w.f.Source)
		if err != nil {
			return err
		}
		if tip != nil && (w.tip == nil || tip.Height > w.tip.Height) {
			deadline = time.Now().Add(patience)
		}
		w.tip = tip
		for len(w.sent) > 0 {
			first := w.sent[0]
			if first.past || tip == nil || tip.Height < first.height {
				sealed, err := w.outcome(ctx, first.Record)
				if err != nil {
					return err
				}
				if !sealed {
					break
				}
			}
			w.sent = w.sent[1:]
		}
		if len(w.sent) == 0 && w.tip != nil { // without a tip they were sealed since State was asked
			w.f.Say.Info("followed", "height", w.height(), "headers", all)
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("height %d is not sealed after %s, the log is at %d", w.at, patience, w.height())
		}
		if err := wait(ctx, settleEvery); err != nil {
			return err
		}
	}
}

// outcome tells whether a header is in the log, and as an error why it never will
// be.
func (w *window) outcome(ctx context.Context, r anchor.Record) (sealed bool, err error) {
	sealed, refused, err := w.f.Log.Outcome(ctx, w.f.Source, r)
	switch {
	case err != nil:
		return false, err
	case refused == nil:
		return sealed, nil
	case errors.Is(refused, anchor.HeaderExists):
		return true, nil
	case errors.Is(refused, anchor.ForkedChain), errors.Is(refused, anchor.UntrustedChain):
		return false, fmt.Errorf("%w: %w", ErrForked, refused)
	case permanent(refused):
		return false, refused
	default:
		return false, fmt.Errorf("%w: %w", ErrStuck, refused)
	}
}
