// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"iter"
	"slices"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/till"
)

// Fabric is a channel as the client's own peer holds it.
type Fabric struct {
	Client  *gateway.Client
	Channel string
}

// Height implements Chain.
func (f Fabric) Height(ctx context.Context) (uint64, error) { return f.Client.Height(ctx, f.Channel) }

// Blocks implements Chain.
func (f Fabric) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		for raw, err := range blocks.Stream(ctx, f.Client.Fabric().GetNetwork(f.Channel), from) {
			if err != nil {
				yield(nil, err)
				return
			}
			b, err := blocks.Parse(raw)
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func sortEvents(events []till.Event) {
	slices.SortFunc(events, func(a, b till.Event) int { return a.ID.Compare(b.ID) })
}
