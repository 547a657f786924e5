// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"slices"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// engine carries out the orders of one transaction.
type engine struct {
	tx      *ledger.Tx
	place   currency.Place
	alone   bool           // there is one order only
	asked   bool           // a condition was called
	claims  int            // credits named so far
	credits []*pending     // to be written at the end, in the order of their numbers
	till    map[string]int // program/account of a merchant: its latest credit in this transaction
}

// pending is a credit of this transaction.
type pending struct {
	program, account string
	n                int // its number
	credit           currency.Credit
}

// task is one order on its way through the engine.
type task struct {
	*currency.Order
	err      error
	verified bool
	former   bool     // signed by the account's key of before
	first    string   // the transaction that carried it out before: receipt or account is its result
	with     []string // programmes that the same order pays in as well
	receipt  currency.Receipt
	account  currency.Account
}

func newEngine(t *ledger.Tx) *engine {
	place := currency.Place{Network: t.Network(), Channel: t.Channel(), Chaincode: t.Chaincode()}
	return &engine{tx: t, place: place, till: map[string]int{}}
}

func (e *engine) parse(compact string, types ...string) *task {
	o, err := currency.ParseOrder(compact, e.place, types...)
	return &task{Order: o, err: err}
}

// prefetch reads what a batch needs in three round trips. A purse is named only
// after its holder's signature held, so a forged order makes the batch depend on
// nothing that its victim writes.
func (e *engine) prefetch(orders []*task) error {
	var keys []string
	for _, o := range orders {
		if o.err != nil {
			continue
		}
		keys = append(keys, programs.Key(o.Program), holders.Key(o.Program, o.Holder))
	}
	if err := e.tx.Prefetch(keys...); err != nil {
		return err
	}
	keys = keys[:0]
	named := 0
	for _, o := range orders {
		if o.err != nil {
			continue
		}
		h, found, err := holders.Get(e.tx, o.Program, o.Holder)
		if err != nil {
			return err
		}
		if !found || o.Payload.Typ() == currency.TypOpen {
			continue // an account may be opened by an earlier order of this batch
		}
		if o.err = e.verify(o, h); o.err == nil {
			keys = append(keys, purses.Key(o.Program, o.Holder))
			keys = append(keys, e.others(o, h)...)
			if named += len(o.Claims()); named <= currency.MaxClaims { // beyond, the order is refused unread
				keys = append(keys, e.claimed(o)...)
			}
		}
	}
	return e.tx.Prefetch(keys...)
}

// others are the keys, besides holder, purse and claims, that carrying out an
// order reads for certain.
func (e *engine) others(o *task, h currency.Holder) []string {
	var keys []string
	switch p := o.Payload.(type) {
	case currency.Payment:
		keys = append(keys, merchants.Key(o.Program, p.To))
	case currency.Authorise:
		keys = append(keys, merchants.Key(o.Program, p.To))
	case currency.Charge:
		keys = append(keys, merchants.Key(o.Program, p.To), holders.Key(o.Program, o.Shown.MerchantAccount))
	case currency.Capture:
		keys = append(keys, holds.Key(o.Program, p.Hold.Holder, ledger.Num(p.Hold.Seq)))
	case currency.Void:
		keys = append(keys, holds.Key(o.Program, p.Hold.Holder, ledger.Num(p.Hold.Seq)))
	case currency.PayTogether:
		keys = append(keys, e.ofParts(p)...)
	case currency.Gift:
		keys = append(keys, holders.Key(o.Program, p.To))
	case currency.Exchange:
		keys = append(keys, programs.Key(p.Into), holders.Key(p.Into, o.Holder))
	case currency.PresentTicket:
		keys = append(keys, ticketSeries.Key(o.Program, p.Series), allotments.Key(o.Program, p.Series))
		if name, err := p.Message().TicketName(); err == nil {
			keys = append(keys, usedTickets.Key(o.Program, p.Series, name))
		}
	case currency.Buy, currency.Earn, currency.AskCashback:
		keys = append(keys, persons.Key(o.Program, h.PersonID()))
	case currency.CompleteRefund:
		if h.Merchant != "" {
			keys = append(keys, merchants.Key(o.Program, h.Merchant), owes.Key(o.Program, h.Merchant),
				dues.Key(o.Program, h.Merchant, p.Payment.Holder, ledger.Num(p.Payment.Seq)))
		}
	case currency.Redeem:
		if h.Merchant != "" {
			keys = append(keys, merchants.Key(o.Program, h.Merchant), owes.Key(o.Program, h.Merchant))
		}
	case currency.Refund:
		if h.Merchant != "" {
			keys = append(keys, merchants.Key(o.Program, h.Merchant))
		}
	}
	return keys
}

// claimed are the keys of the credits that an order names.
func (e *engine) claimed(o *task) []string {
	order, together := o.Payload.(currency.PayTogether)
	if !together {
		return creditKeys(o.Program, o.Holder, o.Claims())
	}
	var keys []string
	for _, p := range order.Payments() {
		keys = append(keys, creditKeys(p.Program, o.Holder, p.Claims)...)
	}
	return keys
}

func creditKeys(program, account string, names []currency.CreditName) []string {
	var keys []string
	for _, name := range names {
		if tx, n, err := name.Split(); err == nil {
			keys = append(keys, credits.Key(program, account, tx, ledger.Num(n)))
		}
	}
	return keys
}

// parsedKeys spares decompressing the points of keys that signed lately. It holds
// keys by their own encoding, never the outcome of a check.
var parsedKeys, _ = lru.New[string, did.Key](1 << 16) // fails only for sizes below 1

func parseKey(multikey string) (did.Key, error) {
	if key, ok := parsedKeys.Get(multikey); ok {
		return key, nil
	}
	key, err := did.ParseMultikey(multikey)
	if err == nil {
		parsedKeys.Add(multikey, key)
	}
	return key, err
}

// verify checks the signature. One of the key that the account had before counts
// for what was carried out already, and for nothing else.
func (e *engine) verify(o *task, h currency.Holder) error {
	if h.Former != nil && o.Message.Header.Kid == h.Former.Kid {
		o.former, h.Kid, h.Key = true, h.Former.Kid, h.Former.Key
	}
	key, err := parseKey(h.Key)
	if err != nil {
		return err
	}
	o.verified = true
	return o.Verify(h, key)
}

// carryOut runs one order and leaves its outcome in the task.
func (e *engine) carryOut(o *task) {
	o.err = e.tx.Attempt(func() error {
		if o.Payload.Typ() == currency.TypOpen {
			return e.open(o)
		}
		if order, ok := o.Payload.(currency.PayTogether); ok {
			return e.payTogether(o, order)
		}
		return e.spend(o)
	})
}

func (e *engine) open(o *task) error {
	p, err := program(e.tx, o.Program)
	if err != nil {
		return err
	}
	before, found, err := holders.Get(e.tx, o.Program, o.Holder)
	if err != nil {
		return err
	}
	if found {
		if before.Order != o.Digest {
			return currency.HolderExists.Errorf("account %s", o.Holder)
		}
		o.first = before.Tx
		o.account = currency.Account{Program: o.Program, Account: o.Holder, Status: before.Status, Opened: before.Opened}
		return nil
	}
	h, person, err := o.Payload.(currency.Open).Decide(o.DID, o.Message.Header.Kid, p, documents(e.tx, p), o.Digest, e.tx.Now())
	if err != nil {
		return err
	}
	h.Tx = e.tx.ID()
	if err := e.verify(o, h); err != nil {
		return err
	}
	if err := o.CheckTime(e.tx.Now()); err != nil {
		return err
	}
	if person != "" {
		if err := e.take(o, person); err != nil {
			return err
		}
	}
	o.account = currency.Account{Program: o.Program, Account: o.Holder, Status: h.Status, Opened: h.Opened}
	e.tx.Emit("AccountOpened", o.Program+"/"+o.Holder)
	return holders.Put(e.tx, h, o.Program, o.Holder)
}

// take makes the account the one of its person, whose earlier one, if any, must
// be closed. What counts per person goes on counting.
func (e *engine) take(o *task, person string) error {
	who, found, err := persons.Get(e.tx, o.Program, person)
	if err != nil {
		return err
	}
	if found {
		before, err := holder(e.tx, o.Program, who.Holder)
		if err != nil {
			return err
		}
		if before.Status != currency.Closed {
			return currency.PersonHasAccount.Errorf("in programme %s", o.Program)
		}
	}
	who.Holder, who.Region = o.Holder, o.Payload.(currency.Open).Region()
	return persons.Put(e.tx, who, o.Program, person)
}

// spend carries out an order that takes a sequence number: all checks that every
// type shares, then the type's own rule, then the purse and the receipt.
func (e *engine) spend(o *task) error {
	p, err := program(e.tx, o.Program)
	if err != nil {
		return err
	}
	h, err := holder(e.tx, o.Program, o.Holder)
	if err != nil {
		return err
	}
	if !o.verified {
		if err := e.verify(o, h); err != nil {
			return err
		}
	}
	purse, _, err := purses.Get(e.tx, o.Program, o.Holder)
	if err != nil {
		return err
	}
	replay, err := o.CheckSeq(purse)
	if err != nil {
		return err
	}
	if replay {
		return e.replay(o)
	}
	if o.former {
		return currency.KeyMismatch.Errorf("signed by %.160s, another key took its place: %.160s", o.Message.Header.Kid, h.Kid)
	}
	if err := o.CheckTime(e.tx.Now()); err != nil {
		return err
	}
	if err := h.CanAct(); err != nil {
		return err
	}
	if err := e.checkCondition(o); err != nil {
		return err
	}
	s := &step{engine: e, task: o, program: p, holder: h, purse: purse}
	if s.rules, err = current(e.tx, p); err != nil {
		return err
	}
	if err := s.collect(purse.Buckets); err != nil {
		return err
	}
	o.receipt = currency.Receipt{
		Order: o.Digest, Tx: e.tx.ID(), At: e.tx.Now().Unix(),
		Claimed: s.collected.Claimed, Unclaimed: s.collected.Unclaimed, With: o.with,
	}
	if err := s.checkOwed(); err != nil {
		return err
	}
	left, event, err := s.run()
	if err != nil {
		return err
	}
	if err := s.ask(); err != nil {
		return err
	}
	s.purse.Seq, s.purse.Buckets = o.Seq, left
	if err := purses.Put(e.tx, s.purse, o.Program, o.Holder); err != nil {
		return err
	}
	if err := receipts.Put(e.tx, o.receipt, o.Program, o.Holder, ledger.Num(o.Seq)); err != nil {
		return err
	}
	if s.sent != nil {
		e.send(s.sent)
	}
	e.tx.Emit(event, o.Program+"/"+o.Holder+"/"+strconv.FormatInt(o.Seq, 10))
	return nil
}

func (e *engine) replay(o *task) error {
	r, found, err := receipts.Get(e.tx, o.Program, o.Holder, ledger.Num(o.Seq))
	if err != nil {
		return err
	}
	if !found {
		return currency.ReceiptUnknown.Errorf("account %s seq %d", o.Holder, o.Seq)
	}
	o.receipt, o.first = r, r.Tx
	return o.CheckReplay(r)
}

// assign gives a credit its number. Payments to one merchant share one credit in
// a transaction, as long as a purse can take it in: one of more kinds of value
// could never be claimed. Everything else stands alone.
func (e *engine) assign(p *pending) {
	p.n = len(e.credits)
	if n, ok := e.till[p.program+"/"+p.account]; ok && p.credit.Kind == currency.CreditPayment {
		both := currency.MergeParts(slices.Concat(e.credits[n].credit.Parts, p.credit.Parts))
		if len(both) <= currency.MaxBuckets {
			p.n, p.credit.From, p.credit.Parts = n, "", both
		}
	}
}

// send adds a credit, or puts it in the place of the one it shares, once nothing
// can fail any more.
func (e *engine) send(p *pending) {
	if p.n < len(e.credits) {
		e.credits[p.n] = p
		return
	}
	e.credits = append(e.credits, p)
	if p.credit.Kind == currency.CreditPayment {
		e.till[p.program+"/"+p.account] = p.n
	}
}

func (e *engine) saveCredits() error {
	for n, c := range e.credits {
		if err := credits.Put(e.tx, c.credit, c.program, c.account, e.tx.ID(), ledger.Num(int64(n))); err != nil {
			return err
		}
	}
	return nil
}
