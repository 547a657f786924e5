// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Source yields the blocks behind those that a chain has seen, which it tells of
// each, up to a height.
type Source func(ctx context.Context, chain *blocks.Chain, height uint64) iter.Seq2[*blocks.Block, error]

// Copy keeps what traces need of the blocks that were read, so that the next trace
// reads only the new ones from a peer. It is a file without a name in the temporary
// directory, gone with the process and made again by reading: about 700 bytes a
// payment. A Copy answers one question at a time.
type Copy struct {
	chaincode string
	f         *os.File
	size      int64
	chain     blocks.Chain
}

// NewCopy starts with nothing read.
func NewCopy(chaincode string) (*Copy, error) {
	f, err := os.CreateTemp("", "trust-traces-*")
	if err != nil {
		return nil, fmt.Errorf("a place for what traces read: %w", err)
	}
	return &Copy{chaincode: chaincode, f: f}, os.Remove(f.Name())
}

// Close gives the space back.
func (c *Copy) Close() error { return c.f.Close() }

// Unfinished is a trace that its time did not suffice for. What it read is kept, so
// asking again goes on from there.
type Unfinished struct {
	Read, Height uint64 // blocks
	Cause        error
}

func (e *Unfinished) Error() string {
	return fmt.Sprintf("%d of %d blocks were read, the next trace goes on from there: %v", e.Read, e.Height, e.Cause)
}

func (e *Unfinished) Unwrap() error { return e.Cause }

// Run answers a question as of a height, in blocks: from what it kept, then from the
// source, of which it keeps what it takes. An error of ctx is an [Unfinished].
func (c *Copy) Run(ctx context.Context, q trace.Question, height uint64, from Source, progress func(done uint64)) (trace.Graph, error) {
	l, err := trace.NewLedger(q)
	if err != nil {
		return trace.Graph{}, err
	}
	read, err := c.replay(ctx, l, height, progress)
	if err == nil && !l.Done() && read < height {
		read, err = c.extend(ctx, l, height, from, progress)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return trace.Graph{}, &Unfinished{Read: max(read, c.chain.Height()), Height: height, Cause: ctx.Err()}
	case err != nil:
		return trace.Graph{}, err
	}
	g, err := l.Graph()
	g.Height = read
	return g, err
}

// replay takes in what was kept; it returns how many blocks.
func (c *Copy) replay(ctx context.Context, l *trace.Ledger, height uint64, progress func(uint64)) (uint64, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(c.f, 0, c.size), 1<<20)
	var read uint64
	var raw []byte
	for read < min(height, c.chain.Height()) && !l.Done() {
		if err := ctx.Err(); err != nil {
			return read, err
		}
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return read, fmt.Errorf("what traces keep: %w", err)
		}
		if uint64(cap(raw)) < n {
			raw = make([]byte, n)
		}
		raw = raw[:n]
		if _, err := io.ReadFull(in, raw); err != nil {
			return read, fmt.Errorf("what traces keep: %w", err)
		}
		if err := replayBlock(l, read, raw); err != nil {
			return read, err
		}
		read++
		if progress != nil {
			progress(read)
		}
	}
	return read, nil
}

// extend reads on from the source. What a block holds is kept before it is told, so
// a question that fails leaves what others need.
func (c *Copy) extend(ctx context.Context, l *trace.Ledger, height uint64, from Source, progress func(uint64)) (uint64, error) {
	chain := c.chain
	out := bufio.NewWriterSize(io.NewOffsetWriter(c.f, c.size), 1<<20)
	kept, size := c.chain, c.size
	full := false
	keep := func() {
		if !full && out.Flush() == nil {
			c.chain, c.size = kept, size
		}
	}
	defer keep()
	var raw, framed []byte
	for b, err := range from(ctx, &chain, height) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return chain.Height(), err
		}
		txs := moves(b, c.chaincode)
		raw = appendBlock(raw[:0], txs)
		framed = append(binary.AppendUvarint(framed[:0], uint64(len(raw))), raw...)
		if _, err := out.Write(framed); err != nil {
			full = true // the disk is: this question goes on without
		}
		if !full {
			kept, size = chain, size+int64(len(framed))
		}
		for _, tx := range txs {
			if err := l.Add(tx); err != nil {
				return chain.Height(), err
			}
		}
		if progress != nil {
			progress(chain.Height())
		}
		if l.Done() {
			break
		}
	}
	return chain.Height(), nil
}

// appendBlock writes transactions: their number, then of each its id and its writes,
// every text with its length in front. A length of zero in front of a value is a
// deletion, else the value's length and one.
func appendBlock(b []byte, txs []trace.Tx) []byte {
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, uint64(len(txs)))
	for _, tx := range txs {
		text(tx.ID)
		b = binary.AppendUvarint(b, uint64(len(tx.Writes)))
		for _, w := range tx.Writes {
			text(w.Table)
			b = binary.AppendUvarint(b, uint64(len(w.Key)))
			for _, part := range w.Key {
				text(part)
			}
			if w.Value == nil {
				b = binary.AppendUvarint(b, 0)
				continue
			}
			b = append(binary.AppendUvarint(b, uint64(len(w.Value))+1), w.Value...)
		}
	}
	return b
}

var errTorn = errors.New("what traces keep is torn")

// replayBlock tells the transactions of a kept block.
func replayBlock(l *trace.Ledger, number uint64, raw []byte) error {
	torn := false
	count := func() uint64 {
		n, size := binary.Uvarint(raw)
		if torn = torn || size <= 0 || n > 1<<32; torn {
			return 0
		}
		raw = raw[size:]
		return n
	}
	take := func(n uint64) []byte {
		if torn = torn || n > uint64(len(raw)); torn {
			return nil
		}
		taken := raw[:n:n]
		raw = raw[n:]
		return taken
	}
	text := func() string { return string(take(count())) }
	for txs := count(); txs > 0 && !torn; txs-- {
		tx := trace.Tx{Block: number, ID: text()}
		for writes := count(); writes > 0 && !torn; writes-- {
			w := trace.Write{Table: text()}
			for parts := count(); parts > 0 && !torn; parts-- {
				w.Key = append(w.Key, text())
			}
			if n := count(); n > 0 {
				w.Value = append([]byte{}, take(n-1)...) // its own: the buffer is used again
			}
			tx.Writes = append(tx.Writes, w)
		}
		if torn {
			break
		}
		if err := l.Add(tx); err != nil {
			return err
		}
	}
	if torn || len(raw) > 0 {
		return errTorn
	}
	return nil
}
