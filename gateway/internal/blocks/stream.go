// SPDX-License-Identifier: Apache-2.0

package blocks

import (
	"context"
	"fmt"
	"iter"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Stream yields a channel's blocks from a number on, as a peer delivers them and
// unchecked, until the stream ends or ctx is done.
func Stream(ctx context.Context, network *client.Network, from uint64) iter.Seq2[*common.Block, error] {
	return func(yield func(*common.Block, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		stream, err := network.BlockEvents(ctx, client.WithStartBlock(from))
		if err != nil {
			cancel()
			yield(nil, fmt.Errorf("read blocks: %w", err))
			return
		}
		defer func() {
			cancel()
			for range stream { // the client's goroutine waits to be rid of its block
			}
		}()
		for raw := range stream {
			if !yield(raw, nil) {
				return
			}
		}
	}
}
