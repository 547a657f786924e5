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
	Wait      bool         `json:"wait,omitempty"` // what the merchant lacks waits for its next takings
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

// Refunded is how much of a payment went back so far, or waits to.
type Refunded struct {
	Amount int64 `json:"amount"` // won
}

// Decide gives back amount of a payment: the same terms the payer had, what was
// spent last first. The merchant gives won of the same funds; what it lacks waits,
// as the transfer's Due, where the order says so. It returns NOT_REFUNDABLE,
// REFUND_EXCEEDS or INSUFFICIENT_FUNDS.
func (o Refund) Decide(b Buckets, m Merchant, paid Receipt, before Refunded) (Transfer, Refunded, error) {
	if paid.Kind != KindPayment || paid.To != m.ID {
		return Transfer{}, before, NotRefundable.Errorf("receipt %s is a %s to %s, not a payment to %s", o.Payment, paid.Kind, paid.To, m.ID)
	}
	if o.Amount > paid.Amount-before.Amount {
		return Transfer{}, before, RefundExceeds.Errorf("%d won were paid, %d of it went back, %d more are asked for", paid.Amount, before.Amount, o.Amount)
	}
	done, err := b.giveBack(takeBack(paid.Used, before.Amount, o.Amount))
	if err == nil && len(done.Due) > 0 && !o.Wait {
		err = InsufficientFunds.Errorf("%d won are refunded, the merchant lacks %d won of %s", o.Amount, Total(done.Due), funds(done.Due))
	}
	if err != nil {
		return Transfer{}, before, err
	}
	return done, Refunded{Amount: before.Amount + o.Amount}, nil
}

// giveBack gives parts back out of a merchant's purse, each out of won of its own
// fund; what is not there is due.
func (bs Buckets) giveBack(back []Part) (Transfer, error) {
	there := map[string]int64{}
	for _, b := range bs {
		there[b.Origin] += b.Left
	}
	done := Transfer{Left: bs}
	for _, p := range back {
		paid, due := cutParts([]Part{p}, there[p.Origin])
		there[p.Origin] -= Total(paid)
		done.Credit, done.Due = append(done.Credit, paid...), append(done.Due, due...)
	}
	for _, p := range MergeParts(plain(done.Credit)) {
		left, used, err := done.Left.Draw(p.Amount, nil, false, func(b Bucket) Refusal {
			if b.Origin != p.Origin {
				return Refusal("of fund " + b.Origin)
			}
			return ""
		})
		if err != nil {
			return Transfer{}, err
		}
		done.Left, done.Used = left, append(done.Used, used...)
	}
	done.Credit, done.Due = MergeParts(done.Credit), MergeParts(done.Due)
	return done, nil
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
