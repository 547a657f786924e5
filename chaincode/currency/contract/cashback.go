// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// cashback carries out a cashback order: see currency.AskCashback.Decide.
func (s *step) cashback(o currency.AskCashback) (currency.Buckets, string, error) {
	paid := make([]currency.PaidBefore, len(o.Payments))
	for i, seq := range o.Payments {
		r, found, err := receipts.Get(s.tx, s.Program, s.Holder, ledger.Num(seq))
		if err != nil {
			return nil, "", err
		}
		if !found {
			return nil, "", currency.ReceiptUnknown.Errorf("account %s seq %d", s.Holder, seq)
		}
		if r.Kind == currency.KindHold {
			held, err := hold(s.tx, s.Program, currency.ReceiptName{Holder: s.Holder, Seq: seq})
			if err != nil {
				return nil, "", err
			}
			if captured, open := held.Paid(r); open == nil { // while something is held it is a hold still
				r = captured
			}
		}
		paid[i] = currency.PaidBefore{Seq: seq, Receipt: r}
		if paid[i].Back, _, err = refunds.Get(s.tx, s.Program, s.Holder, ledger.Num(seq)); err != nil {
			return nil, "", err
		}
		if paid[i].Given, err = cashbacks.Has(s.tx, s.Program, s.Holder, ledger.Num(seq)); err != nil {
			return nil, "", err
		}
	}
	id := s.holder.PersonID()
	who, err := person(s.tx, s.Program, id, s.Holder)
	if err != nil {
		return nil, "", err
	}
	var from currency.Tranche
	if s.rules.Cashback != nil {
		if from, err = drawable(s.tx, s.Program, s.rules.Cashback.Allotment, o.Tranche); err != nil {
			return nil, "", err
		}
	}
	given, who, from, parts, err := o.Decide(s.holder, who, s.program, s.rules, paid, from, s.tx.Now())
	if err != nil {
		return nil, "", err
	}
	for i, g := range given {
		if err := cashbacks.Put(s.tx, g, s.Program, s.Holder, ledger.Num(o.Payments[i])); err != nil {
			return nil, "", err
		}
	}
	if err := persons.Put(s.tx, who, s.Program, id); err != nil {
		return nil, "", err
	}
	if len(parts) > 0 {
		s.send(currency.CreditReward, s.Holder, "", parts)
		if err := tranches.Put(s.tx, from, s.Program, s.rules.Cashback.Allotment, ledger.Num(int64(o.Tranche))); err != nil {
			return nil, "", err
		}
	}
	s.fill(currency.KindCashback, currency.Total(parts), "", "", nil)
	return s.collected.Buckets, "CashedBack", nil
}

// oweCashback notes that the payer of a refunded payment owes the cashback of it.
func (s *step) oweCashback(name currency.ReceiptName, paid currency.Receipt, back currency.Refunded) error {
	given, found, err := cashbacks.Get(s.tx, s.Program, name.Holder, ledger.Num(name.Seq))
	if err != nil || !found {
		return err
	}
	rules, err := policy(s.tx, s.Program, given.Policy)
	if err != nil {
		return err
	}
	given, owed := given.Refund(*rules.Cashback, paid, back)
	if owed == 0 {
		return nil
	}
	payer, account, err := successor(s.tx, s.Program, name.Holder)
	if err != nil {
		return err
	}
	id := payer.PersonID()
	who, err := person(s.tx, s.Program, id, account)
	if err != nil {
		return err
	}
	month := int(s.program.Today(time.Unix(paid.At, 0)) / 100)
	if err := persons.Put(s.tx, who.Owe(month, owed), s.Program, id); err != nil {
		return err
	}
	return cashbacks.Put(s.tx, given, s.Program, name.Holder, ledger.Num(name.Seq))
}

// successor is the holder whose account took over from an account, at last.
func successor(t *ledger.Tx, program, account string) (currency.Holder, string, error) {
	for {
		h, err := holder(t, program, account)
		if err != nil || h.Successor == "" {
			return h, account, err
		}
		account = h.Successor
	}
}
