// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"maps"
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// payTogether carries out the payments of one order, each in its programme as if
// it were alone, all of them or none. What is written is taken back by the attempt
// that this is part of; the credits that wait to be written, here. The outcome is
// the first payment's receipt; the others stand in their programmes.
func (e *engine) payTogether(o *task, order currency.PayTogether) (err error) {
	sent, till := slices.Clone(e.credits), maps.Clone(e.till)
	defer func() {
		if err != nil {
			e.credits, e.till = sent, till
		}
	}()
	payments := order.Payments()
	programmes := make([]string, len(payments))
	for i, p := range payments {
		programmes[i] = p.Program
	}
	for i, p := range payments {
		part := &task{Order: o.Part(p), with: slices.Delete(slices.Clone(programmes), i, i+1)}
		if err := e.spend(part); err != nil {
			return err
		}
		switch {
		case i == 0:
			o.receipt, o.first = part.receipt, part.first
			if o.first != "" {
				return nil // all of it was carried out before, with the first
			}
		case part.first != "":
			return currency.SeqUsed.Errorf("seq %d of programme %s was used in transaction %s", part.Seq, part.Program, part.first)
		}
	}
	return nil
}

// ofParts are the keys, besides claims, that the parts of an order read for certain,
// but for the first one's own.
func (e *engine) ofParts(o currency.PayTogether) []string {
	var keys []string
	for i, p := range o.Payments() {
		keys = append(keys, merchants.Key(p.Program, p.To))
		if i > 0 {
			keys = append(keys, programs.Key(p.Program), holders.Key(p.Program, o.Holder))
		}
	}
	return keys
}
