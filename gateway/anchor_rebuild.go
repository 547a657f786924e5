// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/logs"
)

// RebuildLogs makes every log of an anchor contract from the blocks of the
// client's own peer, in a folder: tiles as C2SP tlog-tiles under logs/SOURCE/, and
// an index. After each seal its root is compared with the one that the ledger
// stored; the first difference is an error. A folder that holds some of it goes on
// from there. progress, if not nil, is called after each block.
//
// It answers the logs as they are after the last block, by source.
func (c *Client) RebuildLogs(ctx context.Context, channel, chaincode, dir string, progress func(done, height uint64)) (_ map[string]anchor.Log, err error) {
	height, err := c.Height(ctx, channel)
	if err != nil {
		return nil, err
	}
	store, err := logs.Open(dir, chaincode, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	next, err := store.Next(ctx)
	if err != nil {
		return nil, err
	}
	for b, err := range c.blocks(ctx, channel, height) {
		if err == nil && b.Number >= next {
			err = store.Apply(ctx, b)
		}
		if err != nil {
			return nil, fmt.Errorf("rebuild the logs: %w", err)
		}
		if progress != nil {
			progress(b.Number+1, height)
		}
	}
	return store.Logs(ctx)
}

// EachTile calls do with every tile and bundle of a rebuilt log, by its path
// (tile/…), partial ones as they are at that size.
func EachTile(dir, source string, size uint64, do func(path string, data []byte) error) error {
	return logs.TilesOf(dir, source).Each(size, do)
}
