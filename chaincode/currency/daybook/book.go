// SPDX-License-Identifier: Apache-2.0

// Package daybook keeps the books of a day from an organisation's own blocks:
// what each programme and fund opened with, what flowed, what it closed with, and
// what that makes the member organisations owe one another. Any organisation
// computes the same from the same blocks.
//
// Blocks carry no time. The time of a block is the latest clock of a valid
// transaction up to it, so it never runs backwards, and may be ahead of the day
// by what clocks may be off (15 minutes). A block, whole, is of the day that its
// time has in the programme's zone.
package daybook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Tx is a valid transaction: what it wrote of the currency contract.
type Tx struct {
	ID     string
	Time   time.Time // the submitter's clock
	Writes []Write
}

// Write is a change of one record.
type Write struct {
	Table string   // TableDeposit and so on
	Key   []string // its parts, the programme first
	Value []byte   // as stored; nil where it was deleted
}

func (w Write) key() string { return w.Table + "\x00" + strings.Join(w.Key, "\x00") }

// Book is what one peer's blocks have told so far. Its memory grows with the records that
// hold money, some 300 to 700 bytes each, not with the blocks.
type Book struct {
	height   uint64
	now      time.Time
	values   map[string][]byte   // of records that hold money, by key
	shops    map[account]bool    // accounts that are merchants'
	programs map[string]*Program // by id
	backers  map[fund]string
}

type account struct{ program, account string }

type fund struct{ program, fund string }

// Program is the current day of one programme.
type Program struct {
	currency.Program
	Day         currency.Day
	From        uint64 // height at which the day began
	To          uint64 // height that the lines are of
	Obligations []Obligation
	lines       map[string]*Line
}

// NewBook starts before block 0.
func NewBook() *Book {
	return &Book{values: map[string][]byte{}, shops: map[account]bool{}, programs: map[string]*Program{}, backers: map[fund]string{}}
}

// Height is how many blocks were taken in.
func (b *Book) Height() uint64 { return b.height }

// Lines are the funds of the programme's current day, sorted.
func (p *Program) Lines() []Line {
	all := make([]Line, 0, len(p.lines))
	for _, l := range p.lines {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b Line) int { return cmp.Compare(a.Fund, b.Fund) })
	return all
}

// Programs are the programmes that were defined so far, sorted.
func (b *Book) Programs() []*Program {
	all := make([]*Program, 0, len(b.programs))
	for _, p := range b.programs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *Program) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Add takes in the valid transactions of the next block, in their order. over, if
// not nil, is called with each programme whose day ends before this block, while
// the book still tells that day, and with the day that begins.
func (b *Book) Add(txs []Tx, over func(p *Program, next currency.Day)) error {
	for _, tx := range txs {
		if tx.Time.After(b.now) {
			b.now = tx.Time
		}
	}
	for _, p := range b.Programs() {
		today := p.Today(b.now)
		if today == p.Day {
			continue
		}
		if over != nil {
			over(p, today)
		}
		p.begin(today, b.height)
	}
	for _, tx := range txs {
		if err := b.take(tx); err != nil {
			return fmt.Errorf("block %d transaction %s: %w", b.height, tx.ID, err)
		}
	}
	b.height++
	for _, p := range b.programs {
		p.To = b.height
	}
	return nil
}

func (p *Program) begin(day currency.Day, height uint64) {
	p.Day, p.From, p.Obligations = day, height, nil
	for fund, l := range p.lines {
		p.lines[fund] = l.next()
	}
}

// take takes in a transaction: first who is a shop and which programmes there
// are, then the money.
func (b *Book) take(tx Tx) error {
	for _, w := range tx.Writes {
		if w.Value != nil {
			if err := b.learn(w); err != nil {
				return err
			}
		}
	}
	t := movement{book: b, tx: tx.ID, stocks: map[fund]map[Side]int64{}, flows: map[fund]map[Flow]int64{}, issued: map[fund]int64{}}
	for _, w := range tx.Writes {
		if len(w.Key) == 0 {
			continue
		}
		id := w.key()
		if err := t.record(w, b.values[id]); err != nil {
			return err
		}
		if !currency.HoldsMoney(w.Table) {
			continue
		}
		delete(b.values, id)
		if w.Value != nil {
			b.values[id] = w.Value
		}
	}
	return t.settle()
}

func (b *Book) learn(w Write) error {
	switch {
	case w.Table == currency.TableHolder && len(w.Key) == 2:
		var h currency.Holder
		if err := h.UnmarshalBinary(w.Value); err != nil {
			return fmt.Errorf("holder %s: %w", w.Key[1], err)
		}
		if h.Merchant != "" {
			b.shops[account{w.Key[0], w.Key[1]}] = true
		}
	case w.Table == currency.TableProgram && len(w.Key) == 1:
		p := b.programs[w.Key[0]]
		known := p != nil
		if !known {
			p = &Program{lines: map[string]*Line{}}
		}
		if err := json.Unmarshal(w.Value, &p.Program); err != nil {
			return fmt.Errorf("programme %s: %w", w.Key[0], err)
		}
		if !known {
			p.Day, p.From = p.Today(b.now), b.height
			b.programs[w.Key[0]] = p
		}
	}
	return nil
}

func (b *Book) line(f fund) (*Line, error) {
	p := b.programs[f.program]
	if p == nil {
		return nil, fmt.Errorf("programme %s has money and was never defined", f.program)
	}
	if p.lines[f.fund] == nil {
		p.lines[f.fund] = newLine(f.program, f.fund)
	}
	return p.lines[f.fund], nil
}
