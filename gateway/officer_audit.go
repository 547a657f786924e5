// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/gateway/internal/audit"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// AuditReport is the supply equation of every programme and fund, as each peer's
// own blocks tell it. Printed, it is a table.
type AuditReport = audit.Report

// AuditPeer is what one peer's blocks tell.
type AuditPeer = audit.Peer

// AuditViolation is the first block after which money was not explained: an
// error that names programme, fund and figures.
type AuditViolation = audit.Violation

// AuditDifference is the first place where two peers' ledgers part: an error
// that names block, transaction, key and both values.
type AuditDifference = audit.Difference

// blockPatience is how long a peer may take to give the next block.
const blockPatience = 30 * time.Second

// Audit recomputes the supply equation of a currency contract from the blocks of
// each client's own peer, from block 0 up to a height (a number of blocks; 0 is
// that of the peer which is furthest), checks it after every block, and compares
// the peers block by block. Each client reads as its own identity. Peers need
// all blocks: one that joined from a snapshot has none of those before.
//
// The error is an [*AuditViolation] or an [*AuditDifference] (or several, joined)
// where the money is not explained or the ledgers part; the report is complete
// then. Any other error means that the audit could not be done. progress, if not
// nil, is called after each block that all peers have passed.
//
// Memory grows with the records that hold money, some 300 to 700 bytes each, for
// each peer, not with the blocks.
func Audit(ctx context.Context, clients []*Client, channel, chaincode string, height uint64, progress func(done, height uint64)) (AuditReport, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	highest := uint64(0)
	for _, c := range clients {
		h, err := c.Height(ctx, channel)
		if err != nil {
			return AuditReport{}, err
		}
		highest = max(highest, h)
	}
	if height == 0 {
		height = highest
	}
	if height > highest {
		return AuditReport{}, fmt.Errorf("an audit up to height %d was asked for, channel %s has %d blocks", height, channel, highest)
	}
	sources := make([]audit.Source, len(clients))
	for i, c := range clients {
		sources[i] = audit.Source{Name: c.String(), Blocks: c.blocks(ctx, channel, height)}
	}
	report, err := audit.Run(ctx, chaincode, sources, func(done uint64) {
		if progress != nil {
			progress(done, height)
		}
	})
	report.Channel = channel
	if err != nil {
		return report, fmt.Errorf("audit: %w", err)
	}
	return report, report.Err()
}

// String names organisation and peer.
func (c *Client) String() string { return c.options.MSPID + " at " + c.options.PeerEndpoint }

// Height is how many blocks of a channel the peer has.
func (c *Client) Height(ctx context.Context, channel string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.EvaluateTimeout)
	defer cancel()
	raw, err := c.fabric.GetNetwork(channel).GetContract("qscc").
		EvaluateWithContext(ctx, "GetChainInfo", client.WithArguments(channel))
	if err != nil {
		return 0, fmt.Errorf("height of channel %s at %s: %w", channel, c, newError(PhaseEvaluate, "", nil, err))
	}
	var info common.BlockchainInfo
	if err := proto.Unmarshal(raw, &info); err != nil {
		return 0, fmt.Errorf("height of channel %s at %s: %w", channel, c, err)
	}
	return info.GetHeight(), nil
}

// blocks yields blocks 0 to height-1, checked to be one chain.
func (c *Client) blocks(ctx context.Context, channel string, height uint64) iter.Seq2[*blocks.Block, error] {
	return c.blocksBehind(ctx, channel, new(blocks.Chain), height)
}

// blocksBehind yields the blocks behind a chain's last up to height-1, checked to
// continue it; the chain goes along.
func (c *Client) blocksBehind(ctx context.Context, channel string, chain *blocks.Chain, height uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		stream, err := c.fabric.GetNetwork(channel).BlockEvents(ctx, client.WithStartBlock(chain.Height()))
		if err != nil {
			cancel()
			yield(nil, fmt.Errorf("read blocks: %w", err))
			return
		}
		defer func() {
			cancel()
			for open := true; open; { // the client's goroutine waits to be rid of its block
				_, open = <-stream
			}
		}()
		for chain.Height() < height {
			b, err := next(ctx, stream, chain.Height(), height)
			if err == nil {
				err = chain.Next(b)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func next(ctx context.Context, stream <-chan *common.Block, number, height uint64) (*blocks.Block, error) {
	patience := time.NewTimer(blockPatience)
	defer patience.Stop()
	select {
	case raw, open := <-stream:
		switch {
		case open:
			return blocks.Parse(raw)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case number == 0:
			return nil, fmt.Errorf("the peer gives no block 0: it went away, or it joined from a snapshot; take a peer that holds all blocks")
		default:
			return nil, fmt.Errorf("the peer ended the stream before block %d; is it still there?", number)
		}
	case <-patience.C:
		return nil, fmt.Errorf("no block %d for %s, %d blocks are expected: the peer lags behind", number, blockPatience, height)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
