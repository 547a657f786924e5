// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/komsco/trust-platform/network"
)

// Grid is what a sweep tries: every block setting on a network of its own, and
// on each every number of lanes with every batch size.
type Grid struct {
	Timeouts []time.Duration // after which a block is cut
	Messages []int           // transactions in a block at most
	Bytes    []int           // size at which a block is cut
	Lanes    []int
	Batches  []int // orders in a transaction at most
}

// Setting is one point of a sweep.
type Setting struct {
	Blocks  network.Batch `json:"blocks"`
	Lanes   int           `json:"lanes,omitempty"` // 0 for workloads that use none
	Batch   int           `json:"batch,omitempty"`
	Measure Measure       `json:"measure"`
}

// Sweep measures the hot payments over a grid, and with each block setting the
// floor and the usual token's popular payee.
func Sweep(ctx context.Context, o Options, g Grid) ([]Setting, error) {
	o.defaults()
	var all []Setting
	for _, timeout := range g.Timeouts {
		for _, messages := range g.Messages {
			for _, bytes := range g.Bytes {
				b := *o.Blocks
				b.Timeout, b.MaxMessages, b.PreferredBytes = timeout, messages, bytes
				o.Blocks = &b
				some, err := sweepLanes(ctx, o, g)
				all = append(all, some...)
				if err != nil {
					return all, fmt.Errorf("blocks of %s, %d transactions, %d bytes: %w", timeout, messages, bytes, err)
				}
			}
		}
	}
	return all, nil
}

func sweepLanes(ctx context.Context, o Options, g Grid) (all []Setting, err error) {
	s, err := open(ctx, o)
	if s != nil {
		defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return nil, err
	}
	add := func(w workload, lanes, batch int) error {
		m, err := w.run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		m.Workload = w.name
		s.say("blocks of %s, %d transactions, %d bytes; %d lanes × %d: %s %s",
			o.Blocks.Timeout, o.Blocks.MaxMessages, o.Blocks.PreferredBytes, lanes, batch, w.name, m)
		all = append(all, Setting{*o.Blocks, lanes, batch, *m})
		return nil
	}
	for _, w := range []workload{{Floor, floor}, {UsualHot, usualHot}, {UsualHotRetried, usualHotRetried}} {
		if err := add(w, 0, 0); err != nil {
			return all, err
		}
	}
	for _, lanes := range g.Lanes {
		for _, batch := range g.Batches {
			if err := s.lanes.Close(ctx); err != nil {
				return all, err
			}
			s.layLanes(lanes, batch)
			if err := add(workload{Hot, payHot}, lanes, batch); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// SaveSweep writes sweep.json and sweep.md into a folder.
func SaveSweep(dir string, all []Setting) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	table, err := os.Create(filepath.Join(dir, "sweep.md"))
	if err != nil {
		return err
	}
	sweepTable(table, all)
	return errors.Join(table.Close(), os.WriteFile(filepath.Join(dir, "sweep.json"), raw, 0o600))
}

func sweepTable(w io.Writer, all []Setting) {
	fmt.Fprintln(w, "| block after | transactions | bytes | lanes × batch | workload | a second | p50, p99 ms | items a block |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, x := range all {
		lanes, m := "", x.Measure
		if x.Lanes > 0 {
			lanes = fmt.Sprintf("%d × %d", x.Lanes, x.Batch)
		}
		fmt.Fprintf(w, "| %s | %d | %d | %s | %s | %.1f | %s | %.0f |\n",
			x.Blocks.Timeout, x.Blocks.MaxMessages, x.Blocks.PreferredBytes, lanes, m.Workload, m.PerSecond, times(m.Latency), m.BlockItems)
	}
}
