// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
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
	there, err := c.client.Height(ctx, c.channel)
	if err != nil {
		return TraceGraph{}, err
	}
	if height == 0 {
		height = there
	}
	if height > there {
		return TraceGraph{}, fmt.Errorf("a trace up to height %d was asked for, channel %s has %d blocks", height, c.channel, there)
	}
	return tracing.Run(ctx, c.contract.ChaincodeName(), q, c.client.blocks(ctx, c.channel, height), func(done uint64) {
		if progress != nil {
			progress(done, height)
		}
	})
}
