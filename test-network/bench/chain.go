// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// chain follows a peer's blocks. While load runs it only notes when each came;
// reading them is left for afterwards.
type chain struct {
	stop   context.CancelFunc
	mu     sync.Mutex
	grew   *sync.Cond
	height uint64 // blocks received
	raw    []received
	err    error
}

type received struct {
	block *common.Block
	seen  time.Time
}

// follow starts with block 0.
func follow(ctx context.Context, network *client.Network) (*chain, error) {
	ctx, stop := context.WithCancel(ctx)
	stream, err := network.BlockEvents(ctx, client.WithStartBlock(0))
	if err != nil {
		stop()
		return nil, fmt.Errorf("follow the blocks: %w", err)
	}
	c := &chain{stop: stop}
	c.grew = sync.NewCond(&c.mu)
	go func() {
		for b := range stream {
			c.mu.Lock()
			c.raw = append(c.raw, received{b, time.Now()})
			c.height = b.GetHeader().GetNumber() + 1
			c.grew.Broadcast()
			c.mu.Unlock()
		}
		c.mu.Lock()
		c.err = errors.Join(errors.New("the stream of blocks has ended"), ctx.Err())
		c.grew.Broadcast()
		c.mu.Unlock()
	}()
	return c, nil
}

// take reads what has come since the last take, once all blocks below height
// are there.
func (c *chain) take(height uint64) ([]block, error) {
	c.mu.Lock()
	for c.height < height && c.err == nil {
		c.grew.Wait()
	}
	raw, err := c.raw, c.err
	c.raw = nil
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	blocks := make([]block, len(raw))
	for i, r := range raw {
		if blocks[i], err = parseBlock(r.block, r.seen); err != nil {
			return nil, err
		}
	}
	return blocks, nil
}
