// SPDX-License-Identifier: Apache-2.0

// Package audit recomputes the supply equation of the currency chaincode from
// an organisation's own blocks, one at a time from block 0, and compares what
// several organisations' peers hold.
//
// It keeps nothing but the stored values of records that are terms of the
// equation at the moment: deposits, appropriations, runs, batches, unclaimed
// credits, purses and redemptions. That is some 300 to 700 bytes for each
// account and far less than the blocks it reads; Counts.Bytes tells what keys and
// values take.
package audit

import (
	"fmt"
	"maps"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
)

// Ledger is the equation as one peer's blocks have made it so far.
type Ledger struct {
	chaincode string
	supply    *currency.Supply
	values    map[string][]byte // of records that hold money, by key
	counts    Counts
	digest    Digest
	violation *Violation
}

// Counts is what an audit has read.
type Counts struct {
	Blocks       uint64 `json:"blocks"` // from block 0
	Transactions int    `json:"transactions"`
	Valid        int    `json:"valid"`     // of these
	Conflicts    int    `json:"conflicts"` // of these: another transaction came in between
	Changes      int    `json:"changes"`   // of records that hold money
	Events       int    `json:"events"`    // Fabric events of the chaincode, of valid transactions
	Records      int    `json:"records"`   // that hold money at the end
	Bytes        int64  `json:"bytes"`     // of memory for these: keys and values
}

// Violation is the first block after which money was not explained.
type Violation struct {
	Block      uint64        `json:"block"`
	Line       currency.Line `json:"line"`           // programme, fund and every term
	Difference int64         `json:"difference"`     // entered less what explains it, won
	Term       currency.Term `json:"term,omitempty"` // that is below zero, if one is
	// Txs are the valid transactions of that block which changed the
	// programme's money: one of them, or several together, did it.
	Txs []string `json:"txs"`
}

// Error names block, programme, fund and figures.
func (v *Violation) Error() string {
	what := fmt.Sprintf("%d won are unexplained", v.Difference)
	if v.Difference == 0 {
		what = fmt.Sprintf("%s is %d won", v.Term, v.Line.Terms[v.Term])
	}
	return fmt.Sprintf("after block %d, programme %s fund %s: %s (%s); look at %d transactions from %s",
		v.Block, v.Line.Program, v.Line.Fund, what, figures(v.Line), len(v.Txs), first(v.Txs))
}

func first(txs []string) string {
	if len(txs) == 0 {
		return "none"
	}
	return txs[0]
}

func figures(l currency.Line) string {
	text := ""
	for _, t := range currency.SupplyTerms[1:] {
		text += fmt.Sprintf(", %s %d", t, l.Terms[t])
	}
	return fmt.Sprintf("%s %d against%s", currency.Entered, l.Terms[currency.Entered], text[1:])
}

// NewLedger starts before block 0. chaincode is the name under which currency is
// committed.
func NewLedger(chaincode string) *Ledger {
	return &Ledger{chaincode: chaincode, supply: currency.NewSupply(), values: map[string][]byte{}}
}

// Add takes in the next block and checks the equation. A violation does not end
// the audit; the first one is kept. An error means that the block cannot be
// understood.
func (l *Ledger) Add(b *blocks.Block) error {
	if b.Number != l.counts.Blocks {
		return fmt.Errorf("block %d came where block %d was expected", b.Number, l.counts.Blocks)
	}
	l.counts.Blocks++
	l.counts.Transactions += len(b.Txs)
	for i := range b.Txs {
		tx := &b.Txs[i]
		switch tx.Code {
		case peer.TxValidationCode_VALID:
			l.counts.Valid++
		case peer.TxValidationCode_MVCC_READ_CONFLICT, peer.TxValidationCode_PHANTOM_READ_CONFLICT:
			l.counts.Conflicts++
		}
		if tx.Event != nil && tx.Event.Chaincode == l.chaincode {
			if !tx.Valid() {
				return fmt.Errorf("block %d transaction %s: an event of a transaction that is %s", b.Number, tx.ID, tx.Code)
			}
			l.counts.Events++
		}
	}
	changed := map[string][]string{} // transactions by programme
	for tx, w := range b.Writes(l.chaincode) {
		program, err := l.apply(w)
		if err != nil {
			return fmt.Errorf("block %d transaction %s: %w", b.Number, tx.ID, err)
		}
		if program == "" {
			continue
		}
		l.counts.Changes++
		if txs := changed[program]; len(txs) == 0 || txs[len(txs)-1] != tx.ID {
			changed[program] = append(txs, tx.ID)
		}
	}
	l.digest = l.digest.Next(b, l.chaincode)
	if len(changed) > 0 && l.violation == nil {
		l.check(b.Number, changed)
	}
	return nil
}

// apply returns the programme whose money changed, empty if none did.
func (l *Ledger) apply(w blocks.Write) (program string, err error) {
	table, parts, composite := blocks.SplitKey(w.Key)
	if !composite || !currency.HoldsMoney(table) {
		return "", nil
	}
	if len(parts) == 0 {
		return "", fmt.Errorf("key %q names no programme", w.Key)
	}
	before, had := l.values[w.Key]
	var after []byte
	if !w.IsDelete {
		after = w.Value
	}
	if err := l.supply.Apply(table, parts[0], before, after); err != nil {
		return "", err
	}
	if had {
		l.counts.Records--
		l.counts.Bytes -= int64(len(w.Key) + len(before))
	}
	delete(l.values, w.Key)
	if after != nil {
		l.values[w.Key] = after
		l.counts.Records++
		l.counts.Bytes += int64(len(w.Key) + len(after))
	}
	return parts[0], nil
}

func (l *Ledger) check(block uint64, changed map[string][]string) {
	for _, line := range l.supply.Lines() {
		d, negative := line.Difference(), line.Negative()
		if d == 0 && negative == "" {
			continue
		}
		l.violation = &Violation{
			Block: block, Line: clone(line), Difference: d, Term: negative, Txs: changed[line.Program],
		}
		return
	}
}

// clone frees a line from the supply that goes on changing.
func clone(line currency.Line) currency.Line {
	terms := make(map[currency.Term]int64, len(currency.SupplyTerms))
	for _, t := range currency.SupplyTerms {
		terms[t] = 0
	}
	maps.Copy(terms, line.Terms)
	line.Terms = terms
	return line
}

// Lines is the equation of every programme and fund, every term named.
func (l *Ledger) Lines() []currency.Line {
	lines := l.supply.Lines()
	for i := range lines {
		lines[i] = clone(lines[i])
	}
	return lines
}

// Counts tells what was read so far.
func (l *Ledger) Counts() Counts { return l.counts }

// Digest stands for all blocks so far.
func (l *Ledger) Digest() Digest { return l.digest }

// Violation is nil as long as the equation held after every block.
func (l *Ledger) Violation() *Violation { return l.violation }
