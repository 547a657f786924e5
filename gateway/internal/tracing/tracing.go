// SPDX-License-Identifier: Apache-2.0

// Package tracing traces money over a peer's own blocks: see chaincode/currency/trace
// for what counts as whose.
package tracing

import (
	"context"
	"iter"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Run answers a question from blocks, from block 0 on, which it does not keep.
// progress, if not nil, is called with the number of blocks read.
func Run(ctx context.Context, chaincode string, q trace.Question, all iter.Seq2[*blocks.Block, error], progress func(done uint64)) (trace.Graph, error) {
	l, err := trace.NewLedger(q)
	if err != nil {
		return trace.Graph{}, err
	}
	height := uint64(0)
	for b, err := range all {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return trace.Graph{}, err
		}
		for _, tx := range moves(b, chaincode) {
			if err := l.Add(tx); err != nil {
				return trace.Graph{}, err
			}
		}
		height = b.Number + 1
		if progress != nil {
			progress(height)
		}
		if l.Done() {
			break
		}
	}
	g, err := l.Graph()
	g.Height = height
	return g, err
}

// moves are the transactions of a block that say something of money, with the
// records that do.
func moves(b *blocks.Block, chaincode string) []trace.Tx {
	var out []trace.Tx
	for i := range b.Txs {
		tx := &b.Txs[i]
		if !tx.Valid() {
			continue
		}
		told := trace.Tx{Block: b.Number, ID: tx.ID}
		for _, w := range tx.Writes {
			if w.Namespace != chaincode {
				continue
			}
			if table, key, ok := blocks.SplitKey(w.Key); ok && trace.Tells(table) {
				told.Writes = append(told.Writes, trace.Write{Table: table, Key: key, Value: w.Value})
			}
		}
		if len(told.Writes) > 0 {
			out = append(out, told)
		}
	}
	return out
}
