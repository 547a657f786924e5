// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"context"
	"fmt"
	"iter"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/gateway"
)

// Peer is a chain as one of its peers gives it.
type Peer struct {
	Client  *gateway.Client
	Channel string
}

// Blocks implements Chain.
func (p Peer) Blocks(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		stream, err := p.Client.Fabric().GetNetwork(p.Channel).BlockEvents(ctx, client.WithStartBlock(from))
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
		for block := range stream {
			raw, err := proto.Marshal(block)
			if !yield(raw, err) || err != nil {
				return
			}
		}
	}
}
