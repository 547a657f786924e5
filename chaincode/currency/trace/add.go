// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// need is what a transaction changed of one spot and no move has told yet: above
// zero it came, below it went.
type need struct {
	spot
	program string
	left    int64
}

// changes are the needs of a transaction, in the order of its keys.
type changes struct {
	tx    Tx
	list  []*need
	of    map[string][]*need             // by place
	named map[currency.CreditName]string // places of its own new credits: one name, one credit
}

func (c *changes) need(program string, s spot) *need {
	for _, n := range c.of[s.place] {
		if n.program == program && n.terms == s.terms {
			return n
		}
	}
	n := &need{spot: s, program: program}
	c.list, c.of[s.place] = append(c.list, n), append(c.of[s.place], n)
	return n
}

// told is a receipt that the transaction wrote.
type told struct {
	program, account, seq string
	currency.Receipt
}

func (r told) of() currency.ReceiptName {
	n, _ := strconv.ParseInt(r.seq, 10, 64) // a key's number, by the contract that wrote it
	return currency.ReceiptName{Holder: r.account, Seq: n}
}

// Tells reports whether records of a table say anything to a trace; others need not
// be told.
func Tells(table string) bool {
	return table == currency.TableMerchant || table == currency.TableReceipt || currency.HoldsMoney(table)
}

// Add takes in the next valid transaction. An error means that it cannot be
// understood, or that its money is not explained.
func (l *Ledger) Add(tx Tx) error {
	if err := l.add(tx); err != nil {
		return fmt.Errorf("trace: block %d transaction %s: %w", tx.Block, tx.ID, err)
	}
	return nil
}

func (l *Ledger) add(tx Tx) error {
	c := &changes{tx: tx, of: map[string][]*need{}, named: map[currency.CreditName]string{}}
	var receipts []told
	for _, w := range tx.Writes {
		switch {
		case w.Table == currency.TableMerchant:
			if err := l.learn(w); err != nil {
				return err
			}
		case w.Table == currency.TableReceipt && w.Value != nil && len(w.Key) == 3:
			r := told{program: w.Key[0], account: w.Key[1], seq: w.Key[2]}
			if err := r.UnmarshalBinary(w.Value); err != nil {
				return err
			}
			receipts = append(receipts, r)
		case currency.HoldsMoney(w.Table):
			if err := l.compare(c, w); err != nil {
				return err
			}
		}
	}
	if len(c.list) == 0 {
		return nil
	}
	receipts = inTurn(receipts)
	for _, r := range receipts {
		if err := l.claim(c, r); err != nil {
			return err
		}
	}
	for i, r := range receipts {
		if err := l.spend(c, r, receipts[i+1:]); err != nil {
			return err
		}
	}
	return l.rest(c)
}

// inTurn puts receipts into the order of programme, account and seq, but none before
// what it follows up in the same transaction: a hold stands before its capture.
func inTurn(receipts []told) []told {
	slices.SortFunc(receipts, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.program, b.program), cmp.Compare(a.account, b.account), cmp.Compare(a.seq, b.seq))
	})
	var (
		out  = make([]told, 0, len(receipts))
		seen = make([]bool, len(receipts))
		take func(i int)
	)
	take = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		r := receipts[i]
		if i > 0 && receipts[i-1].program == r.program && receipts[i-1].account == r.account {
			take(i - 1)
		}
		if r.Payment != nil {
			if n := slices.IndexFunc(receipts, func(x told) bool { return x.program == r.program && x.of() == *r.Payment }); n >= 0 {
				take(n)
			}
		}
		out = append(out, r)
	}
	for i := range receipts {
		take(i)
	}
	return out
}

// compare notes what a record changed, and lets in what entered by it.
func (l *Ledger) compare(c *changes, w Write) error {
	now, err := l.shares(w)
	if err != nil {
		return err
	}
	at := placeOf(w.Table, w.Key...)
	if adds(w.Table) {
		for _, s := range l.told[at] {
			c.need(s.program, s.spot).left -= s.amount - s.entered
		}
		for _, s := range now {
			n := c.need(s.program, s.spot)
			n.left += s.amount - s.entered
		}
		l.enter(now, l.told[at])
		l.told[at] = now
		return nil
	}
	for _, place := range []string{at, at + "\x00paid"} {
		for _, terms := range l.termsAt(place) {
			n := c.need(w.Key[0], spot{place, terms})
			for _, x := range l.queues[place][terms] {
				n.left -= x.amount
			}
		}
	}
	for _, s := range now {
		c.need(s.program, s.spot).left += s.amount
	}
	if w.Table == currency.TableCredit && len(w.Key) == 4 && w.Key[2] == c.tx.ID {
		c.named[creditName(w.Key)] = at
	}
	return nil
}

// termsAt are the terms of what is in a place, in their order.
func (l *Ledger) termsAt(place string) []currency.Terms {
	if len(l.queues[place]) == 0 {
		return nil
	}
	parts := make([]currency.Part, 0, len(l.queues[place]))
	for t := range l.queues[place] {
		parts = append(parts, currency.Part{Terms: t})
	}
	parts = currency.MergeParts(parts)
	out := make([]currency.Terms, len(parts))
	for i, p := range parts {
		out[i] = p.Terms
	}
	return out
}

// enter lets new money in at the place that tells it.
func (l *Ledger) enter(now, before []share) {
	for _, s := range now {
		grown := s.entered
		for _, b := range before {
			if b.spot == s.spot {
				grown -= b.entered
			}
		}
		if grown <= 0 {
			continue
		}
		node := l.nodes[s.place].name()
		x := lot{amount: grown}
		asked := l.question.Program == node.program && (node.kind == KindDeposit && node.name == l.question.Deposit ||
			node.kind == KindAppropriation && node.name == l.question.Appropriation)
		switch {
		case asked:
			x.from, l.found = l.mark, true
			l.entered[node] += grown
			l.amount += grown
		case l.question.Back:
			x.from = &hop{node: node}
		}
		l.push(s.spot, x)
	}
}

// creditName is the name of a credit by its key.
func creditName(key []string) currency.CreditName {
	n := strings.TrimLeft(key[3], "0")
	if n == "" {
		n = "0"
	}
	return currency.CreditName(key[2] + ":" + n)
}

// claim moves the credits that an order claimed into its purse.
func (l *Ledger) claim(c *changes, r told) error {
	purse := placeOf(currency.TablePurse, r.program, r.account)
	for _, name := range r.Claimed {
		tx, n, err := name.Split()
		if err != nil {
			return err
		}
		for _, from := range slices.Clone(c.of[placeOf(currency.TableCredit, r.program, r.account, tx, fmt.Sprintf("%016d", n))]) {
			if from.left >= 0 {
				continue
			}
			if err := l.tellMove(c, from, c.need(r.program, spot{purse, from.terms}), -from.left, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// spend moves what a receipt names as used to what it names it for; later are the
// receipts behind it in the same transaction.
func (l *Ledger) spend(c *changes, r told, later []told) error {
	asked := l.question.Receipt != nil && l.question.Program == r.program && r.of() == *l.question.Receipt
	l.found = l.found || asked
	from := placeOf(currency.TablePurse, r.program, r.account)
	used := r.Used
	var to []string
	switch r.Kind {
	case currency.KindCapture, currency.KindVoid:
		if r.Payment == nil {
			return fmt.Errorf("receipt %s names no hold", r.of())
		}
		from = placeOf(currency.TableHold, r.program, r.Payment.Holder, fmt.Sprintf("%016d", r.Payment.Seq))
		to = append(to, placeOf(currency.TablePurse, r.program, r.account))
		if r.Kind == currency.KindVoid {
			to, used = nil, l.shrunk(c, from)
		}
	case currency.KindHold: // all of it, whatever is captured of it in the same transaction
		hold := placeOf(currency.TableHold, r.program, r.account, r.seq)
		for _, part := range used {
			if err := l.tellMove(c, c.need(r.program, spot{from, part.Terms}), c.need(r.program, spot{hold, part.Terms}), part.Amount, asked); err != nil {
				return err
			}
		}
		return nil
	case currency.KindRedemption, currency.KindCashOut:
		to = append(to, placeOf(currency.TableRedemption, r.program, r.account, r.seq))
	case currency.KindExchange:
		to = append(to, placeOf(currency.TableExchanged, r.program, r.account, r.seq))
	}
	if place, ok := c.named[r.Credit]; ok && r.Kind != currency.KindExchange {
		to = append(to, place)
	}
	for _, part := range used {
		source := c.need(r.program, spot{from, part.Terms})
		for _, same := range []bool{true, false} {
			for _, place := range to {
				for _, target := range c.of[place] {
					amount := min(part.Amount, target.left)
					if amount <= 0 || target.program != r.program || target.terms.Origin != part.Origin || (target.terms == part.Terms) != same {
						continue
					}
					if err := l.tellMove(c, source, target, amount, asked); err != nil {
						return err
					}
					part.Amount -= amount
				}
			}
		}
		if terms, ok := passedOn(r, part, later); ok {
			if err := l.tellMove(c, source, c.need(r.program, spot{to[0], terms}), part.Amount, asked); err != nil {
				return err
			}
			continue
		}
		if err := l.giveBack(c, source, part.Amount, asked); err != nil {
			return err
		}
	}
	if r.Kind == currency.KindExchange {
		return l.crossOver(c, to[0], r)
	}
	return nil
}

// passedOn tells under which terms a shop took what it captured, where it used it in the
// same transaction: the purse shows only what stayed.
func passedOn(r told, part currency.Part, later []told) (currency.Terms, bool) {
	if r.Kind != currency.KindCapture || part.Amount == 0 {
		return currency.Terms{}, false
	}
	for _, next := range later {
		if next.program != r.program || next.account != r.account {
			continue
		}
		for _, u := range next.Used {
			if u.Terms == part.Terms || u.Terms == part.Plain() {
				return u.Terms, true
			}
		}
	}
	return currency.Terms{}, false
}

// giveBack moves what is left of a receipt's part to what came back to its fund.
func (l *Ledger) giveBack(c *changes, from *need, amount int64, asked bool) error {
	for _, to := range c.list {
		take := min(amount, to.left)
		if take <= 0 || l.nodes[to.place].Kind != KindReturned || to.program != from.program || to.terms.Origin != from.terms.Origin {
			continue
		}
		if err := l.tellMove(c, from, to, take, asked); err != nil {
			return err
		}
		amount -= take
	}
	return nil
}

// crossOver moves what an exchange took to the credit in the other programme.
func (l *Ledger) crossOver(c *changes, bridge string, r told) error {
	for _, from := range slices.Clone(c.of[bridge]) {
		for _, to := range c.of[c.named[r.Credit]] {
			amount := min(-from.left, to.left)
			if amount <= 0 || to.program != from.program || to.terms.Origin != from.terms.Origin {
				continue
			}
			if err := l.tellMove(c, from, to, amount, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// shrunk is what went out of a place in this transaction.
func (l *Ledger) shrunk(c *changes, place string) []currency.Part {
	var out []currency.Part
	for _, n := range c.of[place] {
		if n.left < 0 {
			out = append(out, currency.Part{Terms: n.terms, Amount: -n.left})
		}
	}
	return out
}

func (l *Ledger) tellMove(c *changes, from, to *need, amount int64, asked bool) error {
	from.left += amount
	to.left -= amount
	return l.move(c.tx, from.spot, to.spot, amount, asked)
}

// rest moves what no receipt told.
func (l *Ledger) rest(c *changes) error {
	for _, from := range slices.Clone(c.list) {
		if from.left >= 0 {
			continue
		}
		if err := l.scatter(c, from, -from.left); err != nil {
			return err
		}
	}
	for _, n := range c.list {
		if n.left != 0 {
			return fmt.Errorf("%d won of %s, fund %s, are not explained", n.left, l.nodes[n.place], n.terms.Origin)
		}
	}
	return nil
}

// scatter moves an amount to what grew of the same programme and fund.
func (l *Ledger) scatter(c *changes, from *need, amount int64) error {
	for pass := range 3 {
		for _, to := range c.list {
			if to.left <= 0 || to.program != from.program || to.terms.Origin != from.terms.Origin {
				continue
			}
			if pass == 0 && l.nodes[to.place].name() != l.nodes[from.place].name() || pass == 1 && to.terms != from.terms {
				continue
			}
			take := min(amount, to.left)
			if take <= 0 {
				return nil
			}
			if err := l.tellMove(c, from, to, take, false); err != nil {
				return err
			}
			amount -= take
		}
	}
	return nil
}
