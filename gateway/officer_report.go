// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"fmt"
	"iter"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/daybook"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// DayReport makes the books of one day from the blocks of the client's own peer:
// for each programme and fund what it opened with, what flowed and what it closed
// with, and what organisations owe one another for that day. It reads from block
// 0, as [Audit] does, and the figures are those of an audit at the heights it
// names. An error that a line does not tie comes with the whole report.
// progress, if not nil, is called after each block.
func DayReport(ctx context.Context, c *Client, channel, chaincode string, day currency.Day, progress func(done, height uint64)) (daybook.Report, error) {
	height, err := c.Height(ctx, channel)
	if err != nil {
		return daybook.Report{}, err
	}
	r, err := daybook.Make(bookkeeping(c.blocks(ctx, channel, height), chaincode, func(done uint64) {
		if progress != nil {
			progress(done, height)
		}
	}), day)
	if err != nil {
		return r, fmt.Errorf("report of a day: %w", err)
	}
	return r, nil
}

// bookkeeping is what the books need of blocks.
func bookkeeping(all iter.Seq2[*blocks.Block, error], chaincode string, progress func(done uint64)) iter.Seq2[[]daybook.Tx, error] {
	return func(yield func([]daybook.Tx, error) bool) {
		for b, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(bookTxs(b, chaincode), nil) {
				return
			}
			progress(b.Number + 1)
		}
	}
}

func bookTxs(b *blocks.Block, chaincode string) []daybook.Tx {
	var txs []daybook.Tx
	for i := range b.Txs {
		tx := &b.Txs[i]
		if !tx.Valid() {
			continue
		}
		to := daybook.Tx{ID: tx.ID, Time: tx.Time}
		for _, w := range tx.Writes {
			if table, key, ok := blocks.SplitKey(w.Key); ok && w.Namespace == chaincode {
				to.Writes = append(to.Writes, daybook.Write{Table: table, Key: key, Value: w.Value})
			}
		}
		txs = append(txs, to)
	}
	return txs
}

// YearReport makes the books of a fiscal year, the calendar year of each programme,
// as DayReport makes those of a day: for each fund what was appropriated, issued, used, lapsed, returned and is left,
// and each appropriation of the year. Both equations of [daybook.YearLine] hold, or
// there is an error beside the whole report; and it closes with the supply at the
// height it names.
func YearReport(ctx context.Context, c *Client, channel, chaincode string, year int, progress func(done, height uint64)) (daybook.YearReport, error) {
	height, err := c.Height(ctx, channel)
	if err != nil {
		return daybook.YearReport{}, err
	}
	r, err := daybook.MakeYear(bookkeeping(c.blocks(ctx, channel, height), chaincode, func(done uint64) {
		if progress != nil {
			progress(done, height)
		}
	}), year)
	if err != nil {
		return r, fmt.Errorf("report of a year: %w", err)
	}
	return r, nil
}
