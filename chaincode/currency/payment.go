// SPDX-License-Identifier: Apache-2.0

package currency

// Payment pays a merchant (TypPayment).
type Payment struct {
	Amount    int64        `json:"amount"` // won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Ref       string       `json:"ref,omitempty"` // the caller's reference, e.g. of a bill
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
	return checkClaims(o.Claims)
}

// Transfer is what a payment, a gift or a refund does to value: what stays in
// the purse, what was taken from it, and what the other side is credited.
type Transfer struct {
	Left   Buckets
	Used   []Part
	Credit []Part
	Due    []Part // of a refund: what the merchant lacks
}

// Decide pays amount from a purse to a merchant: what may be spent there,
// earliest expiry first. The merchant gets plain won, or the same terms where
// the policy lets merchants respend. It returns MERCHANT_SUSPENDED,
// MERCHANT_CLOSED, SELF_TRANSFER or INSUFFICIENT_FUNDS, which says what terms
// kept value from being spent.
func (o Payment) Decide(b Buckets, m Merchant, current Policy, policies Policies, today Day) (Transfer, error) {
	if err := m.CanBePaid(); err != nil {
		return Transfer{}, err
	}
	if m.Account == o.Holder {
		return Transfer{}, SelfTransfer.Errorf("merchant %s pays itself", m.ID)
	}
	left, used, err := b.Draw(o.Amount, current.Order(), false, func(b Bucket) Refusal {
		if why := b.usable(today); why != "" {
			return why
		}
		return policies[b.Policy].accepts(m)
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
	return Transfer{Left: left, Used: used, Credit: MergeParts(credit)}, nil
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
