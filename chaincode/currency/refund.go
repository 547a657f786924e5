// SPDX-License-Identifier: Apache-2.0

package currency

// Refund gives back a payment, whole or in part, by the merchant that took it
// (TypRefund).
type Refund struct {
	Amount    int64        `json:"amount"` // won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Payment   ReceiptName  `json:"payment"` // receipt of the payment
	Program   string       `json:"program"`
	Ref       string       `json:"ref,omitempty"` // the caller's reference, e.g. of a bill
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Refund) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Refund) Typ() string { return TypRefund }

// Validate implements Payload.
func (o Refund) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	if err := CheckAccountID("payer", o.Payment.Holder); err != nil {
		return err
	}
	if o.Payment.Seq < 1 || o.Payment.Seq > MaxAmount {
		return InvalidID.Errorf("payment.seq is %d, the first order has 1", o.Payment.Seq)
	}
	if err := checkRef(o.Ref); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Refunded is how much of a payment went back so far.
type Refunded struct {
	Amount int64 `json:"amount"` // won
}

// Decide gives back amount of a payment: the same terms the payer had, what was
// spent last first. The merchant gives won of the same funds. It returns
// NOT_REFUNDABLE, REFUND_EXCEEDS or INSUFFICIENT_FUNDS.
func (o Refund) Decide(b Buckets, m Merchant, paid Receipt, before Refunded) (Transfer, Refunded, error) {
	if paid.Kind != KindPayment || paid.To != m.ID {
		return Transfer{}, before, NotRefundable.Errorf("receipt %s is a %s to %s, not a payment to %s", o.Payment, paid.Kind, paid.To, m.ID)
	}
	if o.Amount > paid.Amount-before.Amount {
		return Transfer{}, before, RefundExceeds.Errorf("%d won were paid, %d of it went back, %d more are asked for", paid.Amount, before.Amount, o.Amount)
	}
	back := takeBack(paid.Used, before.Amount, o.Amount)
	left, used := b, []Part(nil)
	for _, p := range MergeParts(plain(back)) {
		var part []Part
		var err error
		left, part, err = left.Draw(p.Amount, nil, false, func(b Bucket) Refusal {
			if b.Origin != p.Origin {
				return Refusal("of fund " + b.Origin)
			}
			return ""
		})
		if err != nil {
			return Transfer{}, before, err
		}
		used = append(used, part...)
	}
	return Transfer{Left: left, Used: used, Credit: MergeParts(back)}, Refunded{Amount: before.Amount + o.Amount}, nil
}

// takeBack walks the parts of a payment from the last spent to the first,
// passes over what went back before, and takes amount of the rest.
func takeBack(used []Part, before, amount int64) []Part {
	var back []Part
	for i := len(used) - 1; i >= 0 && amount > 0; i-- {
		p := used[i]
		skip := min(before, p.Amount)
		before -= skip
		if p.Amount = min(p.Amount-skip, amount); p.Amount > 0 {
			amount -= p.Amount
			back = append(back, p)
		}
	}
	return back
}

func plain(parts []Part) []Part {
	out := make([]Part, len(parts))
	for i, p := range parts {
		out[i] = Part{Terms: p.Plain(), Amount: p.Amount}
	}
	return out
}
