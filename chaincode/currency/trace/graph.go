// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Kind says what a node is.
type Kind string

// The kinds of node.
const (
	KindDeposit       Kind = "deposit"
	KindAppropriation Kind = "appropriation"
	KindRun           Kind = "run"       // an issue to many
	KindAllotment     Kind = "allotment" // of incentives and rewards
	KindAccount       Kind = "account"   // a resident's: purse, credits and holds
	KindShop          Kind = "shop"      // a merchant's, by its id
	KindExchange      Kind = "exchange"  // into the programme of its name
	KindRedeemed      Kind = "redeemed"  // claimed from the bank, not paid yet
	KindPaidOut       Kind = "paidOut"   // by the bank, to shops
	KindCashedOut     Kind = "cashedOut" // by the bank, to residents
	KindReturned      Kind = "returned"  // lapsed, or kept back, and at its fund
	KindCase          Kind = "case"      // held by officers for a case about an account
)

// Node is somewhere that traced money was. entered + in = out + held, in won.
type Node struct {
	ID      string `json:"id"` // kind/programme/name
	Kind    Kind   `json:"kind"`
	Program string `json:"program"`
	Name    string `json:"name,omitempty"`
	Entered int64  `json:"entered,omitempty"` // into the trace, here
	In      int64  `json:"in,omitempty"`
	Out     int64  `json:"out,omitempty"`
	Held    int64  `json:"held,omitempty"` // still here at the height
}

// Edge is what went from one node to another, in won. Both may have edges the other
// way: refunds, gifts back and forth.
type Edge struct {
	From         string `json:"from"`
	To           string `json:"to"`
	Amount       int64  `json:"amount"`
	Transactions int    `json:"transactions,omitempty"`
	FirstBlock   uint64 `json:"firstBlock,omitempty"`
	LastBlock    uint64 `json:"lastBlock,omitempty"`

	last string
}

// Graph is the answer.
type Graph struct {
	Question Question `json:"question"`
	Height   uint64   `json:"height"` // number of blocks it was read from
	Amount   int64    `json:"amount"` // traced, won
	Nodes    []Node   `json:"nodes"`  // as the money reached them
	Edges    []Edge   `json:"edges"`
}

type nodeName struct {
	kind          Kind
	program, name string
}

func (n Node) name() nodeName { return nodeName{n.Kind, n.Program, n.Name} }

// String is the node's id.
func (n Node) String() string { return n.name().id() }

func (n nodeName) id() string {
	id := string(n.kind) + "/" + n.program
	if n.name != "" {
		id += "/" + n.name
	}
	return id
}

// Graph is the answer as of the transactions so far. It returns RECEIPT_UNKNOWN,
// DEPOSIT_UNKNOWN or APPROPRIATION_UNKNOWN where the ledger has no such thing yet.
func (l *Ledger) Graph() (Graph, error) {
	g := Graph{Question: l.question, Amount: l.amount, Nodes: []Node{}, Edges: []Edge{}}
	if !l.found {
		q := l.question
		switch {
		case q.Receipt != nil:
			return g, currency.ReceiptUnknown.Errorf("account %s seq %d", q.Receipt.Holder, q.Receipt.Seq)
		case q.Deposit != "":
			return g, currency.DepositUnknown.Errorf("deposit %s", q.Deposit)
		default:
			return g, currency.AppropriationUnknown.Errorf("appropriation %s, or it is not approved", q.Appropriation)
		}
	}
	b := builder{ledger: l, index: map[nodeName]int{}, graph: &g}
	if l.question.Back {
		b.backward()
	} else {
		b.forward()
	}
	return g, nil
}

type builder struct {
	ledger *Ledger
	index  map[nodeName]int
	graph  *Graph
}

// node finds a node of the graph, or adds it: an account that is a shop's under the
// shop's name.
func (b *builder) node(n nodeName) *Node {
	if n.kind == KindAccount {
		if shop, ok := b.ledger.shops[n.program+"/"+n.name]; ok {
			n.kind, n.name = KindShop, shop
		}
	}
	i, ok := b.index[n]
	if !ok {
		i = len(b.graph.Nodes)
		b.index[n] = i
		b.graph.Nodes = append(b.graph.Nodes, Node{ID: n.id(), Kind: n.kind, Program: n.program, Name: n.name})
	}
	return &b.graph.Nodes[i]
}

func (b *builder) edge(f flow, e Edge) {
	e.From, e.To, e.last = b.node(f.from).ID, b.node(f.to).ID, ""
	if e.From == e.To { // two accounts of one shop: it lost the first one's key
		return
	}
	b.node(f.from).Out += e.Amount
	b.node(f.to).In += e.Amount
	for i := range b.graph.Edges {
		if known := &b.graph.Edges[i]; e.Transactions == 0 && known.From == e.From && known.To == e.To {
			known.Amount += e.Amount
			return
		}
	}
	b.graph.Edges = append(b.graph.Edges, e)
}

func (b *builder) forward() {
	l := b.ledger
	entered := make([]nodeName, 0, len(l.entered))
	for n := range l.entered {
		entered = append(entered, n)
	}
	slices.SortFunc(entered, func(x, y nodeName) int { return cmp.Compare(x.id(), y.id()) })
	for _, n := range entered {
		b.node(n).Entered += l.entered[n]
	}
	for _, f := range l.order {
		b.edge(f, *l.flows[f])
	}
	for place, queues := range l.queues {
		for _, queue := range queues {
			for _, x := range queue {
				if x.from != nil { // it came here, so the node is there
					b.node(l.nodes[place].name()).Held += x.amount
				}
			}
		}
	}
}

func (b *builder) backward() {
	for _, t := range b.ledger.back {
		var path []nodeName // the origin first
		for h := t.from; h != nil; h = h.from {
			path = append(path, h.node)
		}
		slices.Reverse(path)
		b.node(path[0]).Entered += t.amount
		if path[len(path)-1] != t.to {
			path = append(path, t.to)
		}
		for i := 1; i < len(path); i++ {
			b.edge(flow{path[i-1], path[i]}, Edge{Amount: t.amount})
		}
		b.node(t.to).Held += t.amount
	}
}

// Origins are the nodes at which the traced money entered.
func (g Graph) Origins() []Node { return g.those(func(n Node) bool { return n.Entered > 0 }) }

// Reached are the nodes that hold traced money, the most first.
func (g Graph) Reached() []Node {
	out := g.those(func(n Node) bool { return n.Held > 0 })
	slices.SortStableFunc(out, func(a, b Node) int { return cmp.Compare(b.Held, a.Held) })
	return out
}

func (g Graph) those(are func(Node) bool) []Node {
	var out []Node
	for _, n := range g.Nodes {
		if are(n) {
			out = append(out, n)
		}
	}
	return out
}
