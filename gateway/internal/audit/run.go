// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Source is one peer's blocks from block 0 on, ended after the height that is
// audited or by an error.
type Source struct {
	Name   string // of the peer, for people
	Blocks iter.Seq2[*blocks.Block, error]
}

// Report is the outcome of an audit.
type Report struct {
	Channel   string `json:"channel"`
	Chaincode string `json:"chaincode"`
	Height    uint64 `json:"height"`    // blocks 0 to height-1 were read
	Conflicts int    `json:"conflicts"` // transactions without effect because another came in between, at the first peer
	Peers     []Peer `json:"peers"`
	// Difference is the first place where another peer parts from the first;
	// nil if all hold the same.
	Difference *Difference `json:"difference,omitempty"`
}

// Peer is what one peer's own blocks tell.
type Peer struct {
	Name      string          `json:"name"`
	Lines     []currency.Line `json:"lines"` // by programme and fund
	Counts    Counts          `json:"counts"`
	Digest    Digest          `json:"digest"`
	Violation *Violation      `json:"violation,omitempty"` // the first block at which the equation does not hold
}

// Err is nil if the equation held after every block at every peer and all peers
// hold the same; else it joins every Violation and the Difference.
func (r Report) Err() error {
	var errs []error
	for _, p := range r.Peers {
		if p.Violation != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Name, p.Violation))
		}
	}
	if r.Difference != nil {
		errs = append(errs, r.Difference)
	}
	return errors.Join(errs...)
}

// step is a block that a peer's ledger has taken in.
type step struct {
	block  *blocks.Block
	digest Digest
	err    error
}

// Run audits the sources side by side, block for block, each in a goroutine of
// its own. progress, if not nil, is called after each block with the number of
// blocks that all peers have passed. It holds a few blocks of each source.
func Run(ctx context.Context, chaincode string, sources []Source, progress func(height uint64)) (Report, error) {
	report := Report{Chaincode: chaincode}
	if len(sources) == 0 {
		return report, errors.New("an audit needs at least one peer")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ledgers := make([]*Ledger, len(sources))
	steps := make([]chan step, len(sources))
	for i, s := range sources {
		ledgers[i], steps[i] = NewLedger(chaincode), make(chan step, 4)
		go follow(ctx, s, ledgers[i], steps[i])
	}
	// No goroutine outlives the audit.
	defer func() {
		cancel()
		for _, c := range steps {
			for open := true; open; {
				_, open = <-c
			}
		}
	}()
	err := compare(chaincode, sources, steps, &report, progress)
	if stopped := ctx.Err(); stopped != nil { // no peer ended: we did
		return report, stopped
	}
	if err != nil {
		return report, err
	}
	for i, l := range ledgers {
		report.Peers = append(report.Peers, Peer{
			Name: sources[i].Name, Lines: l.Lines(), Counts: l.Counts(), Digest: l.Digest(), Violation: l.Violation(),
		})
	}
	report.Conflicts = report.Peers[0].Counts.Conflicts
	return report, nil
}

func follow(ctx context.Context, s Source, l *Ledger, out chan<- step) {
	defer close(out)
	for b, err := range s.Blocks {
		if err == nil {
			err = l.Add(b)
		}
		select {
		case out <- step{b, l.Digest(), err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func compare(chaincode string, sources []Source, steps []chan step, report *Report, progress func(uint64)) error {
	for {
		var lead step
		for i := range sources {
			s, open := <-steps[i]
			switch {
			case open && s.err != nil:
				return fmt.Errorf("%s: %w", sources[i].Name, s.err)
			case i == 0 && !open:
				return ended(sources[1:], steps[1:], report.Height)
			case !open:
				return fmt.Errorf("%s ends at height %d, %s goes on", sources[i].Name, report.Height, sources[0].Name)
			case i == 0:
				lead = s
			case s.digest != lead.digest && report.Difference == nil:
				report.Difference = difference(lead.block, s.block, chaincode, sources[0].Name, sources[i].Name)
			}
		}
		report.Height++
		if progress != nil {
			progress(report.Height)
		}
	}
}

func ended(others []Source, steps []chan step, height uint64) error {
	for i := range others {
		if s, open := <-steps[i]; open && s.err == nil {
			return fmt.Errorf("%s goes on behind height %d, where the first peer ends", others[i].Name, height)
		} else if open {
			return fmt.Errorf("%s: %w", others[i].Name, s.err)
		}
	}
	return nil
}

func difference(a, b *blocks.Block, chaincode, nameA, nameB string) *Difference {
	d := Diff(a, b, chaincode)
	if d == nil { // not reached: digests part exactly where Diff finds something
		d = &Difference{Block: a.Number, What: "history", Values: [2]string{nothing, nothing}}
	}
	d.Peers = [2]string{nameA, nameB}
	return d
}
