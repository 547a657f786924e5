// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency/fraud"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// FraudFlag is evidence that reaches a fraud threshold of a policy: what a case about
// it names.
type FraudFlag = fraud.Flag

// FraudQuestion asks what reaches the thresholds of a programme's policy.
type FraudQuestion struct {
	Program string
	Policy  int       // version whose thresholds are meant; 0 is the one in force
	Since   time.Time // leaves out what ended earlier; the zero time leaves out nothing
	Height  uint64    // number of blocks to read; 0 is all there are
}

// FraudFlags finds, over the blocks of the client's own peer from block 0 on, the
// payments and gifts that reach the thresholds of a policy: see package
// chaincode/currency/fraud, whose flags are exactly what the ledger accepts as evidence
// of a case ([Currency.OpenCase]). Whoever the channel lets read blocks may ask.
//
// It returns PROGRAM_UNKNOWN or POLICY_UNKNOWN (see package chaincode/ledger/code).
// progress, if not nil, is called after each block. Memory grows with
// each payment and gift, by a few numbers. The peer needs all blocks: one that joined from a snapshot has
// none of those before.
func (c *Currency) FraudFlags(ctx context.Context, q FraudQuestion, progress func(done, height uint64)) ([]FraudFlag, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	height, err := c.readable(ctx, "a scan", q.Height)
	if err != nil {
		return nil, err
	}
	record := fraud.NewRecord()
	for b, err := range c.client.blocks(ctx, c.channel, height) {
		if err == nil {
			err = recordFraud(record, b, c.contract.ChaincodeName())
		}
		if err != nil {
			return nil, err
		}
		if progress != nil {
			progress(b.Number+1, height)
		}
	}
	var since int64
	if !q.Since.IsZero() {
		since = q.Since.Unix()
	}
	return record.Flags(q.Program, q.Policy, since)
}

// FraudWatch looks for flags again and again: it keeps what thresholds look at of the
// blocks it read, a few numbers of each payment and gift, so each look reads only what
// came since the one before.
type FraudWatch struct {
	currency *Currency
	chain    blocks.Chain
	record   *fraud.Record
	broken   error // of a record that cannot be read: it stays so
}

// FraudWatch starts one, before block 0.
func (c *Currency) FraudWatch() *FraudWatch {
	return &FraudWatch{currency: c, record: fraud.NewRecord()}
}

// Look finds what reaches the thresholds in force of every programme and did not end
// before since. One look at a time; after an error of the peer the next goes on where it
// stopped.
func (w *FraudWatch) Look(ctx context.Context, since time.Time) ([]FraudFlag, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if w.broken != nil {
		return nil, w.broken
	}
	c := w.currency
	height, err := c.readable(ctx, "a look", 0)
	if err != nil {
		return nil, err
	}
	for b, err := range c.client.blocksBehind(ctx, c.channel, &w.chain, height) {
		if err != nil {
			return nil, err
		}
		if w.broken = recordFraud(w.record, b, c.contract.ChaincodeName()); w.broken != nil {
			return nil, w.broken
		}
	}
	return w.record.InForce(since.Unix())
}

// recordFraud tells a record what a block says of fraud.
func recordFraud(r *fraud.Record, b *blocks.Block, chaincode string) error {
	for _, w := range b.Writes(chaincode) {
		if table, key, ok := blocks.SplitKey(w.Key); ok {
			if err := r.Add(table, key, w.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
