// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"
	"iter"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/tracing"
)

// TraceQuestion is what is traced: a deposit, an appropriation, or a receipt forward
// or back.
type TraceQuestion = trace.Question

// TraceGraph is where money went or came from; its SVG method draws it.
type TraceGraph = trace.Graph

// Trace follows money over the blocks of the client's own peer, from block 0 up to a
// height (a number of blocks; 0 is all there are): from an origin forward to shops,
// bank and lapse, or from a receipt back to its origins. The package
// chaincode/currency/trace says how value that mixes is told apart. Whoever the
// channel lets read blocks may trace, and sees accounts by their whole ids.
//
// It returns INVALID_ID, RECEIPT_UNKNOWN, DEPOSIT_UNKNOWN or APPROPRIATION_UNKNOWN
// (see package chaincode/ledger/code). progress, if not nil, is called after each
// block. Memory grows with the records that hold money, not with the blocks. The peer
// needs all blocks: one that joined from a snapshot has none of those before.
func (c *Currency) Trace(ctx context.Context, q TraceQuestion, height uint64, progress func(done, height uint64)) (TraceGraph, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := q.Validate(); err != nil {
		return TraceGraph{}, err
	}
	height, err := c.readable(ctx, "a trace", height)
	if err != nil {
		return TraceGraph{}, err
	}
	return tracing.Run(ctx, c.contract.ChaincodeName(), q, c.client.blocks(ctx, c.channel, height), upTo(height, progress))
}

// readable is a height up to which there are blocks: of 0, all there are.
func (c *Currency) readable(ctx context.Context, what string, height uint64) (uint64, error) {
	there, err := c.client.Height(ctx, c.channel)
	switch {
	case err != nil:
		return 0, err
	case height > there:
		return 0, fmt.Errorf("%s up to height %d was asked for, channel %s has %d blocks", what, height, c.channel, there)
	case height == 0:
		return there, nil
	}
	return height, nil
}

func upTo(height uint64, progress func(done, height uint64)) func(done uint64) {
	if progress == nil {
		return nil
	}
	return func(done uint64) { progress(done, height) }
}

// Tracer traces again and again: it keeps what traces need of the blocks it read, so
// each trace reads only what came since the one before from the peer. Close it.
type Tracer struct {
	currency *Currency
	turn     chan struct{}
	kept     *tracing.Copy
}

// UnfinishedTrace is a trace whose context ended first. The next one of the same
// [Tracer] goes on from there.
type UnfinishedTrace = tracing.Unfinished

// Tracer starts one. It keeps a file without a name in the temporary directory.
func (c *Currency) Tracer() (*Tracer, error) {
	kept, err := tracing.NewCopy(c.contract.ChaincodeName())
	if err != nil {
		return nil, err
	}
	return &Tracer{currency: c, turn: make(chan struct{}, 1), kept: kept}, nil
}

// Trace is [Currency.Trace], one at a time; whoever comes second waits. Where ctx
// ends first it returns an [UnfinishedTrace], which says how far it came.
func (t *Tracer) Trace(ctx context.Context, q TraceQuestion, height uint64, progress func(done, height uint64)) (TraceGraph, error) {
	if err := q.Validate(); err != nil {
		return TraceGraph{}, err
	}
	height, err := t.currency.readable(ctx, "a trace", height)
	if err != nil {
		return TraceGraph{}, err
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return TraceGraph{}, &UnfinishedTrace{Height: height, Cause: ctx.Err()}
	}
	return t.kept.Run(ctx, q, height, func(ctx context.Context, chain *blocks.Chain, height uint64) iter.Seq2[*blocks.Block, error] {
		return t.currency.client.blocksBehind(ctx, t.currency.channel, chain, height)
	}, upTo(height, progress))
}

// Close gives back what it kept.
func (t *Tracer) Close() error { return t.kept.Close() }
