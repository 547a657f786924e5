// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// dueFunctions are about refunds that wait for their merchant's next takings:
//
//   - ForwardTakings {op, program, merchant, payment, credits} by anybody, without
//     a role: gives takings that the merchant has not claimed to a refund that it
//     owes; emits RefundCompleted. MERCHANT_UNKNOWN, HOLDER_FROZEN,
//     REFUND_UNKNOWN, NOTHING_CLAIMED where the credits hold nothing of its funds.
//   - WaitingRefunds {program, account, read, limit, bookmark} pages through what a
//     merchant owes, by payer and sequence number, for the merchant and for
//     officers who may read accounts.
//   - Takings {program, account, seq, read, limit, bookmark} names credits of the
//     merchant, a page of them, that the waiting refund of a payment could come out
//     of, for who paid and for those officers. RECEIPT_UNKNOWN, REFUND_UNKNOWN.
func dueFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ForwardTakings", forwardTakings),
		ledger.Query("WaitingRefunds", func(t *ledger.Tx, r currency.OwnQuery) (call.Page[currency.Due], error) {
			h, err := own(t, r)
			if err == nil && h.Merchant == "" {
				err = currency.NotMerchant.Errorf("account %s is a resident's", r.Account)
			}
			if err != nil {
				return call.Page[currency.Due]{}, err
			}
			return dues.List(t, r.Limit, r.Bookmark, r.Program, h.Merchant)
		}),
		ledger.Query("Takings", takings),
	}
}

// completeRefund gives back what the merchant owes: see currency.Due.Complete.
func (s *step) completeRefund(o currency.CompleteRefund) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	before, err := due(s.tx, s.Program, m.ID, o.Payment)
	if err != nil {
		return nil, "", err
	}
	done, after, err := before.Complete(s.collected.Buckets)
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditRefund, o.Payment.Holder, m.ID, done.Credit)
	s.fill(currency.KindRefund, currency.Total(done.Credit), o.Payment.Holder, "", done.Used)
	s.receipt.Payment, s.receipt.Due = &o.Payment, after.Parts
	return done.Left, "RefundCompleted", putDue(s.tx, s.Program, m.ID, o.Payment, after, done.Credit, nil)
}

func forwardTakings(t *ledger.Tx, r currency.ForwardTakings) (currency.TakingsForwarded, error) {
	var out currency.TakingsForwarded
	m, err := merchant(t, r.Program, r.Merchant)
	if err != nil {
		return out, err
	}
	till, err := holder(t, r.Program, m.Account)
	if err != nil {
		return out, err
	}
	if err := till.CanAct(); err != nil { // what is frozen stays where it is
		return out, err
	}
	waiting, err := due(t, r.Program, m.ID, r.Payment)
	if err != nil {
		return out, err
	}
	var back []currency.Part
	for _, name := range r.Credits {
		tx, n, err := name.Split()
		if err != nil {
			return out, err
		}
		c, found, err := credits.Get(t, r.Program, m.Account, tx, ledger.Num(n))
		if err != nil {
			return out, err
		}
		if !found {
			out.Unknown = append(out.Unknown, name)
			continue
		}
		var gone []currency.Part
		if gone, c.Parts, waiting = waiting.Forward(c.Parts); len(gone) == 0 {
			continue
		}
		back = append(back, gone...)
		if len(c.Parts) == 0 {
			credits.Delete(t, r.Program, m.Account, tx, ledger.Num(n))
		} else if err := credits.Put(t, c, r.Program, m.Account, tx, ledger.Num(n)); err != nil {
			return out, err
		}
	}
	if len(back) == 0 {
		return out, currency.NothingClaimed.Errorf("%d credits named, %d not there, none holds won of the funds that are owed", len(r.Credits), len(out.Unknown))
	}
	credit := currency.Credit{Kind: currency.CreditRefund, From: m.ID, Parts: currency.MergeParts(back), At: t.Now().Unix()}
	if err := credits.Put(t, credit, r.Program, r.Payment.Holder, t.ID(), ledger.Num(0)); err != nil {
		return out, err
	}
	t.Emit("RefundCompleted", r.Program+"/"+r.Payment.String())
	out.Credit, out.Amount, out.Waiting = currency.NewCreditName(t.ID(), 0), currency.Total(back), currency.Total(waiting.Parts)
	return out, putDue(t, r.Program, m.ID, r.Payment, waiting, back, nil)
}

func takings(t *ledger.Tx, r currency.TakingsQuery) (currency.Takings, error) {
	out := currency.Takings{Credits: []currency.CreditName{}}
	if _, err := own(t, r.OwnQuery); err != nil {
		return out, err
	}
	payment := currency.ReceiptName{Holder: r.Account, Seq: r.Seq}
	paid, found, err := receipts.Get(t, r.Program, r.Account, ledger.Num(r.Seq))
	if err != nil || !found {
		return out, first(err, currency.ReceiptUnknown.Errorf("account %s seq %d", r.Account, r.Seq))
	}
	if paid.To == "" { // it paid nobody
		return out, currency.RefundUnknown.Errorf("receipt %s is a %s", payment, paid.Kind)
	}
	waiting, err := due(t, r.Program, paid.To, payment)
	if err != nil {
		return out, err
	}
	m, err := merchant(t, r.Program, paid.To)
	if err != nil {
		return out, err
	}
	page, err := credits.List(t, r.Limit, r.Bookmark, r.Program, m.Account)
	if err != nil {
		return out, err
	}
	out.Merchant, out.Next = m.ID, page.Next
	for _, e := range page.Records {
		if len(waiting.Parts) == 0 {
			out.Next = ""
			break
		}
		var gone []currency.Part
		if gone, _, waiting = waiting.Forward(e.Record.Parts); len(gone) == 0 {
			continue
		}
		name, err := creditName(e.Key)
		if err != nil {
			return out, err
		}
		out.Credits = append(out.Credits, name)
	}
	return out, nil
}

func due(t *ledger.Tx, program, merchant string, payment currency.ReceiptName) (currency.Due, error) {
	d, found, err := dues.Get(t, program, merchant, payment.Holder, ledger.Num(payment.Seq))
	if err == nil && !found {
		err = currency.RefundUnknown.Errorf("payment %s to merchant %s", payment, merchant)
	}
	return d, err
}

// putDue saves what is due of a payment, and what the merchant owes with it: less
// what went back, more what was added.
func putDue(t *ledger.Tx, program, merchant string, payment currency.ReceiptName, d currency.Due, back, added []currency.Part) error {
	owed, _, err := owes.Get(t, program, merchant)
	if err != nil {
		return err
	}
	if err := owes.Put(t, owed.Less(back).Add(added), program, merchant); err != nil {
		return err
	}
	if len(d.Parts) == 0 {
		dues.Delete(t, program, merchant, payment.Holder, ledger.Num(payment.Seq))
		return nil
	}
	return dues.Put(t, d, program, merchant, payment.Holder, ledger.Num(payment.Seq))
}

// addDue has a refund wait.
func (s *step) addDue(merchant string, payment currency.ReceiptName, parts []currency.Part) error {
	d, _, err := dues.Get(s.tx, s.Program, merchant, payment.Holder, ledger.Num(payment.Seq))
	if err != nil {
		return err
	}
	d.Parts, d.At = currency.MergeParts(append(d.Parts[:len(d.Parts):len(d.Parts)], parts...)), s.tx.Now().Unix()
	return putDue(s.tx, s.Program, merchant, payment, d, nil, parts)
}

// checkOwed keeps a merchant that owes refunds from spending or closing.
func (s *step) checkOwed() error {
	if s.holder.Merchant == "" {
		return nil
	}
	switch s.Payload.Typ() {
	case currency.TypPayment, currency.TypCharge, currency.TypGift, currency.TypAuthorise, currency.TypClose:
		owed, _, err := owes.Get(s.tx, s.Program, s.holder.Merchant)
		return first(err, owed.Check(s.holder.Merchant))
	}
	return nil
}
