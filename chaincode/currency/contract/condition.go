// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// checkCondition returns CONDITION_ALONE where the order would share its
// transaction: what a condition wrote before it refused can only be undone with
// all of the transaction.
func (e *engine) checkCondition(o *task) error {
	if currency.ConditionOf(o.Payload) != nil && !e.alone {
		return currency.ConditionAlone.Errorf("send the order in a transaction of its own")
	}
	return nil
}

// ask has the order's condition agree to what the receipt says will move, and
// keeps its answer there. Once it was asked, any refusal ends the transaction
// (see fatal).
func (s *step) ask() error {
	c := currency.ConditionOf(s.Payload)
	if c == nil {
		return nil
	}
	deal, err := json.Marshal(currency.Deal{
		V: 1, Program: s.Program, Kind: s.receipt.Kind, From: s.Holder, To: s.receipt.To, Amount: s.receipt.Amount,
		Ref: s.receipt.Ref, Order: s.Digest,
	})
	if err != nil {
		return code.Broken.Errorf("encode deal: %w", err)
	}
	args := [][]byte{deal}
	for _, a := range c.Args {
		args = append(args, []byte(a))
	}
	s.asked = true
	answer, err := s.tx.Call(c.Contract, c.Function, args...)
	if err != nil {
		return currency.ConditionRefused.Errorf("%w", err)
	}
	s.receipt.Condition, err = c.Agree(answer)
	return err
}

// fatal reports whether the order's refusal has to end the transaction: its
// condition may have written something.
func (e *engine) fatal(o *task) bool { return e.asked && o.err != nil }
