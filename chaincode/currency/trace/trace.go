// SPDX-License-Identifier: Apache-2.0

// Package trace follows money over a ledger: from an origin (a deposit, an
// appropriation, what a holder gave away) forward to shops, bank and lapse, and
// from a receipt back to its origins. It is pure: writes of transactions go in, a
// graph comes out, and whoever holds the blocks draws the same one.
//
// How value that mixes is told apart is a convention; this is the whole of it:
//
//   - Value of equal terms in one purse, credit, hold, fund … is a queue: what came
//     first goes first. Value of other terms is another queue, so what a purse
//     spends is told by the buckets its receipt names.
//   - In a transaction money enters, then credits are claimed in the order of
//     receipts (programme, account, seq; a hold before its capture), then what
//     receipts name as used goes to what they name it for, the credit, hold or redemption, and what is left of it
//     back to its fund. What no receipt tells
//     (issues, sweeps, closings, the bank's word) goes from what shrank to what
//     grew, of the same programme and fund: first within one account, then of equal
//     terms, then any, each in the order of keys.
//
// Nothing is lost or made on the way: at every node of the graph
//
//	entered + in = out + held
//
// and what is held over all nodes is what entered.
package trace

import (
	"fmt"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Question is what is traced: exactly one of deposit, appropriation and receipt.
type Question struct {
	Program       string                `json:"program"`
	Deposit       string                `json:"deposit,omitempty"`       // the bank's reference
	Appropriation string                `json:"appropriation,omitempty"` // its id
	Receipt       *currency.ReceiptName `json:"receipt,omitempty"`       // what it moved: forward from there
	Back          bool                  `json:"back,omitempty"`          // of a receipt: back to its origins
}

// Validate checks the form.
func (q Question) Validate() error {
	named := 0
	if q.Deposit != "" {
		named++
		if err := currency.CheckID("reference", q.Deposit); err != nil {
			return err
		}
	}
	if q.Appropriation != "" {
		named++
		if err := currency.CheckID("appropriation", q.Appropriation); err != nil {
			return err
		}
	}
	if q.Receipt != nil {
		named++
		if err := (currency.ReceiptQuery{Program: q.Program, Account: q.Receipt.Holder, Seq: q.Receipt.Seq}).Validate(); err != nil {
			return err
		}
	}
	if named != 1 {
		return currency.InvalidID.Errorf("%d origins are named: name a deposit, an appropriation or a receipt", named)
	}
	if q.Back && q.Receipt == nil {
		return currency.InvalidID.Errorf("only a receipt is traced back")
	}
	return currency.CheckID("programme id", q.Program)
}

// String says what is asked in a few words.
func (q Question) String() string {
	switch {
	case q.Deposit != "":
		return fmt.Sprintf("deposit %s of %s", q.Deposit, q.Program)
	case q.Appropriation != "":
		return fmt.Sprintf("appropriation %s of %s", q.Appropriation, q.Program)
	case q.Back:
		return fmt.Sprintf("origins of receipt %s of %s", q.Receipt, q.Program)
	default:
		return fmt.Sprintf("receipt %s of %s", q.Receipt, q.Program)
	}
}

// Tx is a valid transaction with what it wrote in the contract's namespace.
type Tx struct {
	Block  uint64
	ID     string
	Writes []Write
}

// Write is a record that was put, or deleted where Value is nil.
type Write struct {
	Table string
	Key   []string // the parts of its key, the programme first
	Value []byte
}

// Ledger is where money is, as the transactions so far have left it, with what is
// traced of it. Its memory grows with the records that hold money, and for a
// question that goes back with the steps that this money has taken.
type Ledger struct {
	question Question
	queues   map[string]map[currency.Terms][]lot // by place
	nodes    map[string]Node                     // by place
	told     map[string][]share                  // runs, deposits and appropriations as last told
	shops    map[string]string                   // program/account: merchant id
	flows    map[flow]*Edge
	order    []flow // of flows, as they first came
	entered  map[nodeName]int64
	amount   int64
	mark     *hop    // of all money that is traced forward
	back     []taken // of a receipt traced back
	found    bool
}

// lot is an amount in a queue. from is nil where it is not traced.
type lot struct {
	amount int64
	from   *hop
}

// hop is a node that money came through, and how it came there.
type hop struct {
	node nodeName
	from *hop
}

// taken is what a receipt that is traced back moved.
type taken struct {
	lot
	to nodeName
}

type flow struct{ from, to nodeName }

// NewLedger starts before the first transaction. It returns INVALID_ID for a
// question that names no origin.
func NewLedger(q Question) (*Ledger, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	return &Ledger{
		question: q, queues: map[string]map[currency.Terms][]lot{}, nodes: map[string]Node{}, told: map[string][]share{},
		shops: map[string]string{}, flows: map[flow]*Edge{}, entered: map[nodeName]int64{}, mark: &hop{},
	}, nil
}

// Done reports whether nothing that follows can change the answer: a receipt that
// is traced back was met.
func (l *Ledger) Done() bool { return l.question.Back && l.found }

// Found reports whether what the question names was met.
func (l *Ledger) Found() bool { return l.found }

// pop takes an amount off the front of a queue.
func (l *Ledger) pop(s spot, amount int64) ([]lot, error) {
	queue := l.queues[s.place][s.terms]
	var out []lot
	for amount > 0 && len(queue) > 0 {
		take := min(amount, queue[0].amount)
		out = append(out, lot{take, queue[0].from})
		amount -= take
		if queue[0].amount -= take; queue[0].amount == 0 {
			queue = queue[1:]
		}
	}
	if amount > 0 {
		return nil, fmt.Errorf("%s lacks %d won of %+v", l.nodes[s.place], amount, s.terms)
	}
	if len(queue) > 0 {
		l.queues[s.place][s.terms] = queue
		return out, nil
	}
	delete(l.queues[s.place], s.terms)
	if len(l.queues[s.place]) == 0 {
		delete(l.queues, s.place)
	}
	return out, nil
}

// push puts lots at the end of a queue; neighbours that came the same way are one.
func (l *Ledger) push(s spot, lots ...lot) {
	if l.queues[s.place] == nil {
		l.queues[s.place] = map[currency.Terms][]lot{}
	}
	queue := l.queues[s.place][s.terms]
	for _, x := range lots {
		if n := len(queue); n > 0 && queue[n-1].from == x.from {
			queue[n-1].amount += x.amount
			continue
		}
		queue = append(queue, x)
	}
	l.queues[s.place][s.terms] = queue
}

// move takes an amount from one spot to another and tells it as an edge. asked is
// set for what the receipt of the question moves.
func (l *Ledger) move(tx Tx, from, to spot, amount int64, asked bool) error {
	lots, err := l.pop(from, amount)
	if err != nil {
		return err
	}
	a, b := l.nodes[from.place].name(), l.nodes[to.place].name()
	for i := range lots {
		x := &lots[i]
		switch {
		case asked && l.question.Back:
			l.back = append(l.back, taken{*x, b})
			l.amount += x.amount
		case asked:
			x.from = l.mark
			l.entered[a] += x.amount
			l.amount += x.amount
		}
		if x.from == nil || a == b {
			continue
		}
		if l.question.Back {
			if i > 0 && lots[i-1].from.from == x.from {
				x.from = lots[i-1].from
			} else {
				x.from = &hop{b, x.from}
			}
			continue
		}
		l.tell(tx, flow{a, b}, x.amount)
	}
	l.push(to, lots...)
	return nil
}

func (l *Ledger) tell(tx Tx, f flow, amount int64) {
	e := l.flows[f]
	if e == nil {
		e = &Edge{FirstBlock: tx.Block}
		l.flows[f] = e
		l.order = append(l.order, f)
	}
	e.Amount += amount
	e.LastBlock = tx.Block
	if e.last != tx.ID {
		e.last = tx.ID
		e.Transactions++
	}
}
