// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"context"
	"iter"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Fabric is the ledger as a peer gives it.
type Fabric struct {
	Client  *gateway.Client
	Channel string
	Anchor  *gateway.Anchor
}

// Seal implements Ledger.
func (f Fabric) Seal(ctx context.Context, signed string, records [][]byte) (anchor.Sealed, error) {
	return f.Anchor.Seal(ctx, signed, records)
}

// BlockOf is the block that holds a transaction, whole as the peer has it (protobuf
// common.Block).
func (f Fabric) BlockOf(ctx context.Context, tx string) ([]byte, error) {
	return f.Client.Fabric().GetNetwork(f.Channel).GetContract("qscc").EvaluateWithContext(ctx, "GetBlockByTxID", client.WithArguments(f.Channel, tx))
}

// Blocks implements Ledger.
func (f Fabric) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		for raw, err := range blocks.Stream(ctx, f.Client.Fabric().GetNetwork(f.Channel), from) {
			var b *blocks.Block
			if err == nil {
				b, err = blocks.Parse(raw)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}
