// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
)

// step is one purse order with the state that its rule decides on.
type step struct {
	*engine
	*task
	program   currency.Program
	holder    currency.Holder
	rules     currency.Policy // in force
	collected currency.Collected
	purse     currency.Purse // as the order leaves it, but for seq and buckets
	sent      *pending       // what the other side is credited
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
	case currency.Charge:
		return s.charge(o)
	case currency.CompleteRefund:
		return s.completeRefund(o)
	case currency.PresentTicket:
		return s.present(o)
	case currency.Buy:
		return s.buy(o)
	case currency.Exchange:
		return s.exchange(o)
	case currency.Earn:
		return s.earn(o)
	case currency.AskCashback:
		return s.cashback(o)
	case currency.SetShare:
		return s.setShare(o)
	case currency.Close:
		return s.close(o)
	case currency.CashOut:
		return s.cashOut(o)
	case currency.Authorise:
		return s.authorise(o)
	case currency.Capture:
		return s.capture(o)
	case currency.Void:
		return s.void(o)
	default:
		return nil, "", currency.WrongOrder.Errorf("typ %s does not touch a purse", o.Typ())
	}
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
