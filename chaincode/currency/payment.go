// SPDX-License-Identifier: Apache-2.0

package currency

// Payment pays a merchant (TypPayment).
type Payment struct {
	Amount    int64        `json:"amount"`         // won
	Bill      int64        `json:"bill,omitempty"` // whole amount of the bill that ref names, won; where a share of it counts
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"`    // credits to claim first, at most 500
	Condition *Condition   `json:"condition,omitempty"` // must agree, or nothing moves
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Part      int          `json:"part,omitempty"` // of the request, from 0
	Program   string       `json:"program"`
	Ref       string       `json:"ref,omitempty"`     // the caller's reference, e.g. of a bill
	Request   string       `json:"request,omitempty"` // the merchant's request that is paid: a compact JWS
	Seq       int64        `json:"seq"`
	To        string       `json:"to"` // merchant id
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Payment) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Payment) Typ() string { return TypPayment }

// Validate implements Payload.
func (o Payment) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	if err := CheckID("merchant id", o.To); err != nil {
		return err
	}
	if err := checkRef(o.Ref); err != nil {
		return err
	}
	if err := checkBill(o.Bill, o.Amount, o.Ref); err != nil {
		return err
	}
	if err := o.Condition.validate(o.Chaincode); err != nil {
		return err
	}
	if err := checkRequest(o.Request, o.Part); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Transfer is what a payment, a gift or a refund does to value: what stays in
// the purse, what was taken from it, and what the other side is credited.
type Transfer struct {
	Left   Buckets
	Used   []Part
	Credit []Part
	Due    []Part // of a refund: what the merchant lacks
	Bill   *Bill  // what was paid of the bill since, where the order names one
}

// Decide pays amount from a purse to a merchant: what may be spent there,
// earliest expiry first. The merchant gets plain won, or the same terms where
// the policy lets merchants respend. It returns MERCHANT_SUSPENDED,
// MERCHANT_CLOSED, MERCHANT_EXPIRED, SELF_TRANSFER, BILL_MISSING, BILL_MISMATCH,
// BILL_SHARE or INSUFFICIENT_FUNDS, which says what terms kept value from being
// spent.
func (o Payment) Decide(b Buckets, at Till, current Policy, policies Policies, today Day) (Transfer, error) {
	if err := at.open(o, today); err != nil {
		return Transfer{}, err
	}
	var limited shares
	left, used, err := b.draw(o.Amount, current.Order(), false, func(b Bucket) (*room, Refusal) {
		return at.admits(o, b, policies[b.Policy], today, &limited)
	})
	if err != nil {
		return Transfer{}, err
	}
	credit := make([]Part, len(used))
	for i, p := range used {
		if !policies[p.Policy].Respend {
			p.Terms = p.Plain()
		}
		credit[i] = p
	}
	done := Transfer{Left: left, Used: used, Credit: MergeParts(credit)}
	if o.Bill > 0 {
		bill := at.Before.after(o, used, limited)
		done.Bill = &bill
	}
	return done, nil
}

func (b Bucket) usable(today Day) Refusal {
	switch {
	case b.IsPlain():
		return "plain won, which is redeemed and not spent"
	case b.Expiry != 0 && b.Expiry < today:
		return "expired"
	}
	return ""
}
