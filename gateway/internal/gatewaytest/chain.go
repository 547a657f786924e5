// SPDX-License-Identifier: Apache-2.0

package gatewaytest

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Chain is the ledger's blocks as a peer streams them. Break ends every open stream,
// as a peer does that restarts.
type Chain struct {
	*Ledger
	Breaks chan struct{} // receive-only for streams; nil never breaks
}

// Height implements feed.Chain.
func (c Chain) Height(context.Context) (uint64, error) { return c.Ledger.Height(), nil }

// Blocks implements feed.Chain.
func (c Chain) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		for {
			for ; from < c.Ledger.Height(); from++ {
				if !yield(c.block(from), nil) {
					return
				}
			}
			select { // the ledger in memory calls nobody
			case <-time.After(2 * time.Millisecond):
			case <-c.Breaks:
				yield(nil, errors.New("the peer went away"))
				return
			case <-ctx.Done():
				return
			}
		}
	}
}
