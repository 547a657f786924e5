// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// holdFunctions:
//
//   - Hold {program, account, seq, read} answers a hold to its payer, to the
//     merchant it is for, without the payer's kinds of value, and to officers who may
//     read accounts. READ_REFUSED, HOLD_UNKNOWN.
func holdFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Query("Hold", func(t *ledger.Tx, r currency.ReceiptQuery) (currency.Hold, error) {
			reader, err := reader(t, r.Program, r.Read)
			if err != nil {
				return currency.Hold{}, err
			}
			name := currency.ReceiptName{Holder: r.Account, Seq: r.Seq}
			h, err := hold(t, r.Program, name)
			if reader == nil || reader.account == r.Account {
				return h, err
			}
			if err != nil || reader.Merchant != h.Merchant {
				return currency.Hold{}, currency.ReadRefused.Errorf("hold %s is neither of nor for the reader", name)
			}
			return h.ForMerchant(), nil
		}),
	}
}

// authorise sets value aside: see currency.Authorise.Decide.
func (s *step) authorise(o currency.Authorise) (currency.Buckets, string, error) {
	at, err := s.till(o.To, o.Bill, o.Ref)
	if err != nil {
		return nil, "", err
	}
	if err := s.request(o.Request, o.Part, o.Amount, at); err != nil {
		return nil, "", err
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	done, held, err := o.Decide(s.collected.Buckets, at, s.rules, rules, s.program.Today(s.tx.Now()), s.tx.Now())
	if err != nil {
		return nil, "", err
	}
	if len(s.purse.Holds) >= currency.MaxHolds {
		if err := s.settle(); err != nil {
			return nil, "", err
		}
	}
	if n := len(s.purse.Holds); n >= currency.MaxHolds {
		return nil, "", currency.HoldLimit.Errorf("%d holds of account %s, %d are allowed", n, s.Holder, currency.MaxHolds)
	}
	s.purse.Holds = append(slices.Clone(s.purse.Holds), s.Seq)
	s.purse.HeldUntil, s.purse.HeldAt = max(s.purse.HeldUntil, held.Back), max(s.purse.HeldAt, held.At)
	s.fill(currency.KindHold, o.Amount, o.To, o.Ref, done.Used)
	if err := s.keepBill(done.Bill, o.To, o.Ref); err != nil {
		return nil, "", err
	}
	return done.Left, "Authorised", holds.Put(s.tx, held, s.Program, s.Holder, ledger.Num(s.Seq))
}

// capture takes held value: see currency.Capture.Decide.
func (s *step) capture(o currency.Capture) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	held, err := hold(s.tx, s.Program, o.Hold)
	if err != nil {
		return nil, "", err
	}
	rules := currency.Policies{}
	for _, p := range held.Parts {
		if rules[p.Policy], err = policy(s.tx, s.Program, p.Policy); err != nil {
			return nil, "", err
		}
	}
	done, held, err := o.Decide(s.collected.Buckets, m, held, rules, s.program.Today(s.tx.Now()), s.tx.Now())
	if err != nil {
		return nil, "", err
	}
	s.fill(currency.KindCapture, o.Amount, o.Hold.Holder, "", done.Used)
	s.receipt.Payment = &o.Hold
	return done.Left, "Captured", holds.Put(s.tx, held, s.Program, o.Hold.Holder, ledger.Num(o.Hold.Seq))
}

// void gives held value back: see currency.Void.Decide.
func (s *step) void(o currency.Void) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	held, err := hold(s.tx, s.Program, o.Hold)
	if err != nil {
		return nil, "", err
	}
	back, held, err := o.Decide(m, held)
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditRefund, o.Hold.Holder, m.ID, back)
	held.Returned = currency.NewCreditName(s.tx.ID(), s.sent.n)
	s.fill(currency.KindVoid, currency.Total(back), o.Hold.Holder, "", nil)
	s.receipt.Payment = &o.Hold
	return s.collected.Buckets, "Voided", holds.Put(s.tx, held, s.Program, o.Hold.Holder, ledger.Num(o.Hold.Seq))
}

// release gives back what nobody captured in time, as credit n of a sweep.
func release(t *ledger.Tx, program string, name currency.ReceiptName, n int) error {
	held, err := hold(t, program, name)
	if err != nil {
		return err
	}
	back, held, err := held.Release(name, t.Now())
	if err != nil {
		return err
	}
	t.Emit("Released", program+"/"+name.String())
	held.Returned = currency.NewCreditName(t.ID(), n)
	credit := currency.Credit{Kind: currency.CreditRefund, From: held.Merchant, Parts: back, At: t.Now().Unix()}
	if err := credits.Put(t, credit, program, name.Holder, t.ID(), ledger.Num(int64(n))); err != nil {
		return err
	}
	return holds.Put(t, held, program, name.Holder, ledger.Num(name.Seq))
}

// settle leaves the purse those of its holds that are not settled.
func (s *step) settle() error {
	var open []int64
	for _, seq := range s.purse.Holds {
		held, err := hold(s.tx, s.Program, currency.ReceiptName{Holder: s.Holder, Seq: seq})
		if err != nil {
			return err
		}
		waits := false
		if held.Returned != "" {
			tx, n, err := held.Returned.Split()
			if err != nil {
				return err
			}
			if waits = tx == s.tx.ID(); !waits { // credits of this transaction are written at its end
				if waits, err = credits.Has(s.tx, s.Program, s.Holder, tx, ledger.Num(n)); err != nil {
					return err
				}
			}
		}
		if waits || len(held.Parts) > 0 {
			open = append(open, seq)
		}
	}
	s.purse.Holds = open
	return nil
}

func hold(t *ledger.Tx, program string, name currency.ReceiptName) (currency.Hold, error) {
	h, found, err := holds.Get(t, program, name.Holder, ledger.Num(name.Seq))
	if err == nil && !found {
		err = currency.HoldUnknown.Errorf("%s", name)
	}
	return h, err
}
