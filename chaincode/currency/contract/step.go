// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// step is one purse order with the state that its rule decides on.
type step struct {
	*engine
	*task
	program   currency.Program
	holder    currency.Holder
	rules     currency.Policy // in force
	collected currency.Collected
	sent      *pending // what the other side is credited
}

func claimsOf(p currency.Payload) []currency.CreditName {
	switch o := p.(type) {
	case currency.Payment:
		return o.Claims
	case currency.Gift:
		return o.Claims
	case currency.Claim:
		return o.Claims
	case currency.Redeem:
		return o.Claims
	case currency.Refund:
		return o.Claims
	default:
		return nil
	}
}

// collect claims the credits that the order names, under its own holder only.
func (s *step) collect(b currency.Buckets) error {
	names := claimsOf(s.Payload)
	if s.claims+len(names) > currency.MaxClaims {
		return currency.TooLarge.Errorf("%d credits are named in this transaction, at most %d", s.claims+len(names), currency.MaxClaims)
	}
	s.claims += len(names)
	named := make([]currency.Named, len(names))
	for i, name := range names {
		tx, n, err := name.Split()
		if err != nil {
			return err
		}
		c, found, err := credits.Get(s.tx, s.Program, s.Holder, tx, ledger.Num(n))
		if err != nil {
			return err
		}
		named[i] = currency.Named{Name: name, Credit: c, Found: found}
	}
	holdingCap := s.rules.HoldingCap
	if s.holder.Merchant != "" {
		holdingCap = 0 // what a shop takes in is no person's holding
	}
	s.collected = currency.Collect(b, named, holdingCap)
	for _, name := range s.collected.Claimed {
		tx, n, err := name.Split()
		if err != nil {
			return err
		}
		credits.Delete(s.tx, s.Program, s.Holder, tx, ledger.Num(n))
	}
	return nil
}

// run decides the order by its type. It returns what the purse holds then and
// the event.
func (s *step) run() (currency.Buckets, string, error) {
	switch o := s.Payload.(type) {
	case currency.Payment:
		return s.pay(o)
	case currency.Gift:
		return s.give(o)
	case currency.Claim:
		s.receipt.Kind = currency.KindClaim
		return s.collected.Buckets, "Claimed", s.collected.CheckAny()
	case currency.Redeem:
		return s.redeem(o)
	case currency.Refund:
		return s.refund(o)
	default:
		return nil, "", currency.WrongOrder.Errorf("typ %s does not touch a purse", o.Typ())
	}
}

func (s *step) pay(o currency.Payment) (currency.Buckets, string, error) {
	m, err := merchant(s.tx, s.Program, o.To)
	if err != nil {
		return nil, "", err
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	done, err := o.Decide(s.collected.Buckets, m, s.rules, rules, s.program.Today(s.tx.Now()))
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditPayment, m.Account, s.Holder, done.Credit)
	s.fill(currency.KindPayment, o.Amount, o.To, o.Ref, done.Used)
	return done.Left, "Paid", nil
}

func (s *step) give(o currency.Gift) (currency.Buckets, string, error) {
	to, err := holder(s.tx, s.Program, o.To)
	if err != nil {
		return nil, "", err
	}
	rules, err := s.policies()
	if err != nil {
		return nil, "", err
	}
	done, err := o.Decide(s.collected.Buckets, to, s.rules, rules, s.program.Today(s.tx.Now()))
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditGift, o.To, s.Holder, done.Credit)
	s.fill(currency.KindGift, o.Amount, o.To, o.Ref, done.Used)
	return done.Left, "Gifted", nil
}

func (s *step) redeem(o currency.Redeem) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	left, used, err := o.Decide(s.collected.Buckets, m)
	if err != nil {
		return nil, "", err
	}
	claimed := currency.Redemption{Merchant: m.ID, Amount: o.Amount, Parts: used, Payout: m.Payout, At: s.tx.Now().Unix()}
	s.fill(currency.KindRedemption, o.Amount, "", "", used)
	return left, "Redeemed", redemptions.Put(s.tx, claimed, s.Program, s.Holder, ledger.Num(s.Seq))
}

func (s *step) refund(o currency.Refund) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	seq := ledger.Num(o.Payment.Seq)
	paid, found, err := receipts.Get(s.tx, s.Program, o.Payment.Holder, seq)
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", currency.ReceiptUnknown.Errorf("%s", o.Payment)
	}
	before, _, err := refunds.Get(s.tx, s.Program, o.Payment.Holder, seq)
	if err != nil {
		return nil, "", err
	}
	done, after, err := o.Decide(s.collected.Buckets, m, paid, before)
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditRefund, o.Payment.Holder, m.ID, done.Credit)
	s.fill(currency.KindRefund, o.Amount, o.Payment.Holder, o.Ref, done.Used)
	s.receipt.Payment = &o.Payment
	return done.Left, "Refunded", refunds.Put(s.tx, after, s.Program, o.Payment.Holder, seq)
}

// merchant is the merchant whose account signed, or NOT_MERCHANT.
func (s *step) merchant() (currency.Merchant, error) {
	if s.holder.Merchant == "" {
		return currency.Merchant{}, currency.NotMerchant.Errorf("account %s is a resident's", s.Holder)
	}
	return merchant(s.tx, s.Program, s.holder.Merchant)
}

// policies loads the versions that bind what is held.
func (s *step) policies() (currency.Policies, error) {
	all := currency.Policies{s.rules.Version: s.rules}
	for _, b := range s.collected.Buckets {
		if _, ok := all[b.Policy]; ok || b.IsPlain() {
			continue
		}
		p, err := policy(s.tx, s.Program, b.Policy)
		if err != nil {
			return nil, err
		}
		all[b.Policy] = p
	}
	return all, nil
}

func (s *step) send(kind currency.CreditKind, account, from string, parts []currency.Part) {
	s.sent = &pending{
		program: s.Program, account: account,
		credit: currency.Credit{Kind: kind, From: from, Parts: parts, At: s.tx.Now().Unix()},
	}
	s.assign(s.sent)
}

func (s *step) fill(kind currency.Kind, amount int64, to, ref string, used []currency.Part) {
	r := &s.receipt
	r.Kind, r.Amount, r.To, r.Ref, r.Used = kind, amount, to, ref, used
	if s.sent != nil {
		r.Credit = currency.NewCreditName(s.tx.ID(), s.sent.n)
	}
}
