// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"context"
	"iter"

	"google.golang.org/protobuf/proto"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Peer is a chain as one of its peers gives it.
type Peer struct {
	Client  *gateway.Client
	Channel string
}

// Blocks implements Chain.
func (p Peer) Blocks(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for block, err := range blocks.Stream(ctx, p.Client.Fabric().GetNetwork(p.Channel), from) {
			var raw []byte
			if err == nil {
				raw, err = proto.Marshal(block)
			}
			if !yield(raw, err) || err != nil {
				return
			}
		}
	}
}
