// SPDX-License-Identifier: Apache-2.0

package daybook

import (
	"fmt"
	"iter"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Report is one day of every programme that there was, and what it makes the
// organisations owe one another.
type Report struct {
	Day       currency.Day `json:"day"`
	Programs  []Of         `json:"programs"`
	Positions []Position   `json:"positions"`
	Transfers []Transfer   `json:"transfers"`
}

// Of is the day of one programme. Its opening is the supply at height From, its
// closing that at height To, as an audit at these heights recomputes it.
type Of struct {
	Program     string       `json:"program"`
	From        uint64       `json:"from"`
	To          uint64       `json:"to"`
	Over        bool         `json:"over"` // a block of a later day was seen: nothing is added any more
	Lines       []Line       `json:"lines"`
	Obligations []Obligation `json:"obligations"`
}

// Make reads blocks from block 0 on (the valid transactions of each) until the
// day is over in every programme, or they end. It returns an error where a line does not
// tie; the report is whole then.
func Make(blocks iter.Seq2[[]Tx, error], day currency.Day) (Report, error) {
	r := Report{Day: day, Programs: []Of{}}
	b := NewBook()
	for txs, err := range blocks {
		if err != nil {
			return r, err
		}
		if err := b.Add(txs, func(p *Program, next currency.Day) {
			if p.Day <= day && day < next {
				r.add(p, true)
			}
		}); err != nil {
			return r, err
		}
		if b.past(day) {
			break
		}
	}
	for _, p := range b.Programs() {
		if p.Day <= day {
			r.add(p, false)
		}
	}
	var all []Obligation
	for _, of := range r.Programs {
		for _, l := range of.Lines {
			if err := l.Check(); err != nil {
				return r, fmt.Errorf("%s: %w", day, err)
			}
		}
		all = append(all, of.Obligations...)
	}
	r.Positions, r.Transfers = Net(all)
	return r, nil
}

// past reports whether the day is over wherever there is a programme.
func (b *Book) past(day currency.Day) bool {
	for _, p := range b.programs {
		if p.Day <= day {
			return false
		}
	}
	return len(b.programs) > 0
}

// add takes the programme's day in, or, where no block is of that day, a quiet one.
func (r *Report) add(p *Program, over bool) {
	of := Of{Program: p.ID, From: p.From, To: p.To, Over: over, Lines: p.Lines(), Obligations: p.Obligations}
	if p.Day < r.Day {
		of.From, of.Obligations = p.To, nil
		for i := range of.Lines {
			of.Lines[i] = *of.Lines[i].next()
		}
	}
	r.Programs = append(r.Programs, of)
}
