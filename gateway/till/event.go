// SPDX-License-Identifier: Apache-2.0

// Package till listens to what happens to an account, over the gateway's HTTP API: a
// shop's till hears a payment as soon as it is on the ledger. What it hears, it hears
// in the ledger's order and at least once, however often the line breaks.
package till

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Type says what an event is about.
type Type string

// The types of event.
const (
	Paid     Type = "paid"     // the account's shop was paid, or value was set aside for it: Receipt is the payer's, of kind payment or hold, without the kinds of value
	Received Type = "received" // a credit came that is not a payment: a gift, an issue, a refund, a reward …
	Carried  Type = "order"    // an order of the account's own was carried out: Receipt is its own
)

// Event is something that happened to an account.
type Event struct {
	ID      Position              `json:"id"`
	Type    Type                  `json:"type"`
	Program string                `json:"program"`
	Tx      string                `json:"tx"`
	Receipt *currency.ReceiptView `json:"receipt,omitempty"`
	Credit  *Incoming             `json:"credit,omitempty"` // of received
}

// Incoming is a credit that came.
type Incoming struct {
	Name   currency.CreditName `json:"name"`
	Kind   currency.CreditKind `json:"kind"`
	From   string              `json:"from,omitempty"`
	Amount int64               `json:"amount"` // won
}

// Position is where on the ledger something stands. As text it is block.tx.n, the id
// of an event; n counts from 1, so that block.0.0 stands before all of a block.
type Position struct {
	Block uint64
	Tx, N int
}

// String is block.tx.n.
func (p Position) String() string { return fmt.Sprintf("%d.%d.%d", p.Block, p.Tx, p.N) }

// MarshalText implements encoding.TextMarshaler.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Position) UnmarshalText(raw []byte) (err error) {
	*p, err = ParsePosition(string(raw))
	return err
}

// Compare orders positions as the ledger does.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Block, o.Block), cmp.Compare(p.Tx, o.Tx), cmp.Compare(p.N, o.N))
}

// ParsePosition reads block.tx.n.
func ParsePosition(s string) (Position, error) {
	var p Position
	parts := strings.Split(s, ".")
	if len(parts) == 3 {
		block, err1 := strconv.ParseUint(parts[0], 10, 62)
		tx, err2 := strconv.ParseUint(parts[1], 10, 31)
		n, err3 := strconv.ParseUint(parts[2], 10, 31)
		if p = (Position{block, int(tx), int(n)}); err1 == nil && err2 == nil && err3 == nil && p.String() == s {
			return p, nil
		}
	}
	return Position{}, fmt.Errorf("%.80q is no event's id, block.tx.n", s)
}
