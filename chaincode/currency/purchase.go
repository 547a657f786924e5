// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Buy orders value that a deposit at the bank is to pay for (TypBuy).
type Buy struct {
	Amount    int64  `json:"amount"` // won: what is paid where the sale gives a bonus, what is bought where it gives a discount
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Program   string `json:"program"`
	Ref       string `json:"ref,omitempty"` // the caller's reference
	Seq       int64  `json:"seq"`
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o Buy) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Buy) Typ() string { return TypBuy }

// Validate implements Payload.
func (o Buy) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	return checkRef(o.Ref)
}

// Purchase is an order to buy, under its holder and seq. Its price is that of
// the day it was ordered. The bank's confirmation pays it; without one it
// lapses by itself.
type Purchase struct {
	Amount    int64      `json:"amount"`            // as ordered, won
	Principal int64      `json:"principal"`         // to be paid in, won
	Subsidy   int64      `json:"subsidy,omitempty"` // comes on top, won
	Policy    int        `json:"policy"`            // version that binds the value
	At        int64      `json:"at"`                // Unix seconds
	Until     int64      `json:"until"`             // lapses after, Unix seconds
	Paid      string     `json:"paid,omitempty"`    // the bank's reference, once confirmed
	Credit    CreditName `json:"credit,omitempty"`  // what the holder claims then
}

// Waiting is a person's order that is not paid yet. There is one at a time: a
// new one takes the place of one that lapsed, so lapsing takes no transaction.
type Waiting struct {
	Seq    int64 `json:"seq"`
	Amount int64 `json:"amount"` // counted in the month it was ordered in, won
	Until  int64 `json:"until"`  // Unix seconds
}

// Decide orders a purchase. held is what the purse holds. It returns
// TO_MERCHANT, NOT_ON_SALE, POLICY_EXPIRED, UNIT_MISMATCH, PERSON_CEILING,
// PURCHASE_WAITING or PURCHASE_CAP.
func (o Buy) Decide(held int64, h Holder, who Person, rules Policy, today Day, now time.Time) (Purchase, Person, error) {
	var out Purchase
	if h.Merchant != "" {
		return out, who, ToMerchant.Errorf("account %s is merchant %s", o.Holder, h.Merchant)
	}
	sale := rules.Sale
	if sale == nil {
		return out, who, NotOnSale.Errorf("programme %s under policy version %d", rules.Program, rules.Version)
	}
	if err := rules.CheckIssuable("", today); err != nil {
		return out, who, err
	}
	if o.Amount%rules.Denomination != 0 {
		return out, who, UnitMismatch.Errorf("%d won is no multiple of %d", o.Amount, rules.Denomination)
	}
	principal, subsidy := sale.Price(o.Amount, today, who.Region)
	if principal+subsidy > rules.PersonCeiling {
		return out, who, PersonCeiling.Errorf("%d won at once, the policy allows %d", principal+subsidy, rules.PersonCeiling)
	}
	if w := who.Waiting; w != nil {
		if now.Unix() <= w.Until {
			return out, who, PurchaseWaiting.Errorf("order %d for %d won waits for its deposit until %s", w.Seq, w.Amount, time.Unix(w.Until, 0).UTC().Format(time.RFC3339))
		}
		who.Bought -= w.Amount
	}
	if month := int(today / 100); month > who.Month { // a clock that is late brings no month back
		who.Month, who.Bought = month, 0
	}
	if sale.MonthlyCap > 0 && who.Bought+o.Amount > sale.MonthlyCap {
		return out, who, PurchaseCap.Errorf("%d won were bought this month, %d more pass %d", who.Bought, o.Amount, sale.MonthlyCap)
	}
	if rules.HoldingCap > 0 && held+principal+subsidy > rules.HoldingCap {
		return out, who, PurchaseCap.Errorf("%d won are held, %d more pass what a person may hold, %d", held, principal+subsidy, rules.HoldingCap)
	}
	out = Purchase{
		Amount: o.Amount, Principal: principal, Subsidy: subsidy, Policy: rules.Version,
		At: now.Unix(), Until: now.Add(time.Duration(sale.Hours) * time.Hour).Unix(),
	}
	who.Bought += o.Amount
	who.Waiting = &Waiting{Seq: o.Seq, Amount: o.Amount, Until: out.Until}
	return out, who, nil
}

// ConfirmPurchase is the bank's word that the deposit for a purchase arrived.
type ConfirmPurchase struct {
	call.Operation
	Program   string `json:"program"`
	Ref       string `json:"ref"`                 // the bank's reference, unique in the programme
	Account   string `json:"account"`             // the buyer's account id
	Seq       int64  `json:"seq"`                 // of the purchase order
	Amount    int64  `json:"amount"`              // what arrived, won
	Allotment string `json:"allotment,omitempty"` // that the subsidy is drawn from; left out where there is none
	Tranche   int    `json:"tranche,omitempty"`   // of the allotment, from 0, and of the day's sale where that is guarded; those at work at the same time name different ones
}

// Validate checks the form.
func (r ConfirmPurchase) Validate() error {
	if err := checkMoney(r.Program, r.Ref, "-", r.Amount); err != nil {
		return err
	}
	if err := checkTranche(r.Tranche); err != nil {
		return err
	}
	if r.Allotment != "" {
		if err := CheckID("allotment", r.Allotment); err != nil {
			return err
		}
	}
	return ReceiptQuery{Program: r.Program, Account: r.Account, Seq: r.Seq}.Validate()
}

// Payable returns PURCHASE_PAID, PURCHASE_LAPSED, INVALID_AMOUNT where another
// amount arrived than is due, HOLDER_FROZEN, HOLDER_CLOSED or POLICY_EXPIRED.
// What arrived for a purchase that cannot be paid is the bank's to send back.
func (p Purchase) Payable(r ConfirmPurchase, h Holder, who Person, rules Policy, today Day, now time.Time) error {
	if p.Paid != "" {
		return PurchasePaid.Errorf("paid under the bank's reference %s", p.Paid)
	}
	if now.Unix() > p.Until || who.Waiting == nil || who.Waiting.Seq != r.Seq {
		return PurchaseLapsed.Errorf("order %s/%d waited until %s", r.Account, r.Seq, time.Unix(p.Until, 0).UTC().Format(time.RFC3339))
	}
	if r.Amount != p.Principal {
		return InvalidAmount.Errorf("%d won are due, %d arrived", p.Principal, r.Amount)
	}
	if err := h.CanReceive(); err != nil {
		return err
	}
	return rules.CheckIssuable("", today)
}

// Pay turns a purchase into value: the deposit that stands behind it and what
// the buyer is credited. from is the tranche that the subsidy is drawn from; it
// returns FUND_EXCEEDED or ALLOTMENT_COOLING.
func (p Purchase) Pay(r ConfirmPurchase, rules Policy, from Tranche, today Day, now time.Time) (Purchase, Deposit, Tranche, []Part, error) {
	fund := rules.Sale.Fund
	terms := Terms{Policy: p.Policy, Expiry: rules.Validity.Expiry(today), Source: Principal, Origin: fund}
	parts := []Part{{Terms: terms, Amount: p.Principal}}
	if p.Subsidy > 0 {
		var err error
		if from, err = from.Draw(Subsidy, p.Subsidy, now); err != nil {
			return p, Deposit{}, from, nil, err
		}
		terms.Source, terms.Origin = Subsidy, from.Fund
		parts = append(parts, Part{Terms: terms, Amount: p.Subsidy})
	}
	p.Paid = r.Ref
	return p, Deposit{Program: r.Program, Ref: r.Ref, Fund: fund, Amount: p.Principal}, from, parts, nil
}
