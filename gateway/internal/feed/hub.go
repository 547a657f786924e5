// SPDX-License-Identifier: Apache-2.0

// Package feed tells accounts what happens to them, from a peer's blocks. One
// reader follows the chain for all; the latest blocks are kept, and each listener
// takes from them at its own pace. Who falls behind what is kept reads the peer
// until it has caught up, in turns with others who do, so a slow listener costs time of
// its own and little memory, and many of them keep no peer busy.
package feed

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/till"
)

// Chain is a peer's blocks.
type Chain interface {
	Height(ctx context.Context) (uint64, error)
	// Blocks yields blocks from a number on and waits for those to come, until ctx is
	// done or the peer goes.
	Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error]
}

// Options of a hub.
type Options struct {
	Chaincode string
	Keep      int           // events kept for listeners; 0 is 20,000
	Pause     time.Duration // before a broken stream of blocks is opened again; 0 is a second
	Log       *slog.Logger
}

// Hub follows one chain once somebody listens. Stop it with Close.
type Hub struct {
	o     Options
	chain Chain

	turns turns

	start  sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	kept   []told // successive blocks
	events int
	next   uint64 // block that is waited for
	ready  bool   // next is known
	grown  chan struct{}
}

// told is a block by who hears of it.
type told struct {
	number uint64
	events map[string][]till.Event
	count  int
}

// New is a hub that does not follow yet.
func New(chain Chain, o Options) *Hub {
	if o.Keep <= 0 {
		o.Keep = 20_000
	}
	if o.Pause <= 0 {
		o.Pause = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Hub{o: o, chain: chain, turns: turns{taken: map[string]bool{}}, ctx: ctx, cancel: cancel, done: make(chan struct{}), grown: make(chan struct{})}
}

// Close ends every listener's stream and the hub's own.
func (h *Hub) Close() {
	h.cancel()
	h.start.Do(func() { close(h.done) })
	<-h.done
}

// Done is closed when the hub is.
func (h *Hub) Done() <-chan struct{} { return h.ctx.Done() }

// Listener hears of one account.
type Listener struct {
	Program, Account string
	Merchant         string // id of the account's shop, empty for residents
}

func (l Listener) keys() []string {
	keys := []string{"account/" + l.Program + "/" + l.Account}
	if l.Merchant != "" {
		keys = append(keys, "merchant/"+l.Program+"/"+l.Merchant)
	}
	return keys
}

// Now is the position before everything that is to come.
func (h *Hub) Now(ctx context.Context) (till.Position, error) {
	height, err := h.chain.Height(ctx)
	return till.Position{Block: height}, err
}

// Listen yields what happens behind a position, in order, one slice for each block
// that comes, or for all that were read in a turn: empty where they are not about the
// listener, and then only the position counts. It ends with ctx, with the hub, or with
// an error of the peer's.
func (h *Hub) Listen(ctx context.Context, who Listener, after till.Position) iter.Seq2[Heard, error] {
	h.start.Do(func() { go h.follow() })
	return func(yield func(Heard, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(h.ctx, cancel)()
		at := after
		for ctx.Err() == nil && h.ctx.Err() == nil { // the first hears of the second a moment later
			block, found, wait, behind := h.look(at.Block)
			switch {
			case behind:
				heard, err := h.catchUp(ctx, who, at)
				if heard.At != at && !yield(heard, nil) {
					return
				}
				at = heard.At
				if err != nil {
					if ctx.Err() == nil {
						yield(Heard{}, err)
					}
					return
				}
			case found:
				heard := hear(who, block, at)
				at = till.Position{Block: block.number + 1}
				heard.At = at
				if !yield(heard, nil) {
					return
				}
			default:
				select {
				case <-wait:
				case <-ctx.Done():
				}
			}
		}
	}
}

// Heard is what blocks say to a listener. At stands behind them.
type Heard struct {
	Events []till.Event
	At     till.Position
}

// look finds a block among those kept. behind says that it has to be read from the
// peer.
func (h *Hub) look(number uint64) (block told, found bool, wait <-chan struct{}, behind bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.next - uint64(len(h.kept))
	switch {
	case !h.ready || number >= h.next:
		return told{}, false, h.grown, false
	case number < first:
		return told{}, false, nil, true
	default:
		return h.kept[number-first], true, nil, false // a copy: it may be dropped meanwhile
	}
}

// catchUp reads the peer for a turn: until what is kept goes on, or others are to read.
func (h *Hub) catchUp(ctx context.Context, who Listener, after till.Position) (Heard, error) {
	heard := Heard{At: after}
	account := who.keys()[0]
	if !h.turns.wait(ctx, account) {
		return heard, ctx.Err()
	}
	defer h.turns.leave(account)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for b, err := range h.chain.Blocks(ctx, after.Block) {
		if err == nil && b.Number != heard.At.Block {
			err = fmt.Errorf("block %d came where block %d was expected", b.Number, heard.At.Block)
		}
		if err != nil {
			return heard, err
		}
		t, err := tell(b, h.o.Chaincode)
		if err != nil {
			return heard, err
		}
		heard.Events = append(heard.Events, hear(who, t, after).Events...)
		heard.At = till.Position{Block: b.Number + 1}
		_, _, _, behind := h.look(heard.At.Block)
		if !behind || len(heard.Events) >= turnEvents || heard.At.Block-after.Block >= turnBlocks {
			return heard, nil
		}
	}
	return heard, fmt.Errorf("it ended before block %d", heard.At.Block)
}

// hear picks a listener's events behind a position.
func hear(who Listener, t told, after till.Position) Heard {
	var out []till.Event
	for _, key := range who.keys() {
		for _, e := range t.events[key] {
			if e.ID.Compare(after) > 0 {
				out = append(out, e)
			}
		}
	}
	if len(who.keys()) > 1 {
		sortEvents(out)
	}
	return Heard{Events: out}
}

// follow reads the chain from its end on, for all.
func (h *Hub) follow() {
	defer close(h.done)
	for h.ctx.Err() == nil {
		err := h.read()
		if h.ctx.Err() != nil {
			return
		}
		h.o.Log.Warn("the stream of blocks is interrupted", "failure", err, "again in", h.o.Pause)
		select {
		case <-h.ctx.Done():
		case <-time.After(h.o.Pause):
		}
	}
}

func (h *Hub) read() error {
	h.mu.Lock()
	from, ready := h.next, h.ready
	h.mu.Unlock()
	if !ready {
		height, err := h.chain.Height(h.ctx)
		if err != nil {
			return err
		}
		h.mu.Lock()
		from, h.next, h.ready = height, height, true
		h.wake()
		h.mu.Unlock()
	}
	for b, err := range h.chain.Blocks(h.ctx, from) {
		if err != nil {
			return err
		}
		if b.Number != from {
			return fmt.Errorf("block %d came where block %d was expected", b.Number, from)
		}
		t, err := tell(b, h.o.Chaincode)
		if err != nil {
			return err
		}
		from++
		h.keep(t)
	}
	return fmt.Errorf("it ended before block %d", from)
}

func (h *Hub) keep(t told) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, t)
	h.events += t.count + 1
	for h.events > h.o.Keep && len(h.kept) > 1 {
		h.events -= h.kept[0].count + 1
		h.kept[0] = told{}
		h.kept = h.kept[1:]
	}
	h.next = t.number + 1
	h.wake()
}

// wake is called with the lock held.
func (h *Hub) wake() {
	close(h.grown)
	h.grown = make(chan struct{})
}

// tell reads what a block says to whom: receipts, and credits that are new to an
// account, of its valid transactions, in the order of their keys.
func tell(b *blocks.Block, chaincode string) (told, error) {
	t := told{number: b.Number, events: map[string][]till.Event{}}
	place, n := -1, 0
	var from map[string]string
	for tx, w := range b.Writes(chaincode) {
		table, key, ok := blocks.SplitKey(w.Key)
		if !ok || w.IsDelete {
			continue
		}
		if tx.Index != place {
			place, n, from = tx.Index, 0, takenFrom(tx, chaincode)
		}
		say := func(to string, e till.Event) {
			n++
			e.ID, e.Program, e.Tx = till.Position{Block: b.Number, Tx: tx.Index, N: n}, key[0], tx.ID
			t.events[to] = append(t.events[to], e)
			t.count++
		}
		switch {
		case table == currency.TableReceipt && len(key) == 3:
			seq, err := strconv.ParseInt(key[2], 10, 64)
			if err != nil {
				return t, fmt.Errorf("block %d: key %q: %w", b.Number, w.Key, err)
			}
			r := currency.ReceiptView{Account: key[1], Seq: seq}
			if err := r.UnmarshalBinary(w.Value); err != nil {
				return t, fmt.Errorf("block %d: receipt %s/%d: %w", b.Number, key[1], seq, err)
			}
			say("account/"+key[0]+"/"+key[1], till.Event{Type: till.Carried, Receipt: &r})
			if r.Kind == currency.KindPayment || r.Kind == currency.KindHold {
				paid := r
				paid.Receipt = r.ForMerchant()
				say("merchant/"+key[0]+"/"+r.To, till.Event{Type: till.Paid, Receipt: &paid})
			}
		case table == currency.TableCredit && len(key) == 4 && comes(tx, key, from):
			var c currency.Credit
			if err := c.UnmarshalBinary(w.Value); err != nil {
				return t, fmt.Errorf("block %d: credit %q: %w", b.Number, w.Key, err)
			}
			number, err := strconv.Atoi(key[3])
			if err != nil {
				return t, fmt.Errorf("block %d: key %q: %w", b.Number, w.Key, err)
			}
			if c.Kind != currency.CreditPayment { // those are told by their payers' receipts
				say("account/"+key[0]+"/"+key[1], till.Event{Type: till.Received, Credit: &till.Incoming{
					Name: currency.NewCreditName(key[2], number), Kind: c.Kind, From: c.From, Amount: currency.Total(c.Parts),
				}})
			}
		}
	}
	return t, nil
}

// comes reports whether a credit is new to its account: made by the transaction, or moved
// from a recovered account to who took over, under its old name. One that is written in
// its place is a rest.
func comes(tx *blocks.Tx, key []string, from map[string]string) bool {
	before, taken := from[creditOf(key)]
	return key[2] == tx.ID || taken && before != key[1]
}

// takenFrom says of which accounts a transaction deletes credits.
func takenFrom(tx *blocks.Tx, chaincode string) map[string]string {
	from := map[string]string{}
	for _, w := range tx.Writes {
		if !w.IsDelete || w.Namespace != chaincode { // nearly all of them
			continue
		}
		if table, key, ok := blocks.SplitKey(w.Key); ok && table == currency.TableCredit && len(key) == 4 {
			from[creditOf(key)] = key[1]
		}
	}
	return from
}

// creditOf is what a credit is called in its programme, whosever it is.
func creditOf(key []string) string { return key[0] + "/" + key[2] + "/" + key[3] }
