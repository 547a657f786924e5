// SPDX-License-Identifier: Apache-2.0

package currency

// Gift gives value to another resident, its terms along with it (TypGift).
type Gift struct {
	Amount    int64        `json:"amount"` // won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"`    // credits to claim first, at most 500
	Condition *Condition   `json:"condition,omitempty"` // must agree, or nothing moves
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Ref       string       `json:"ref,omitempty"` // the caller's reference, e.g. of a bill
	Seq       int64        `json:"seq"`
	To        string       `json:"to"` // account id of the receiver
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Gift) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Gift) Typ() string { return TypGift }

// Validate implements Payload.
func (o Gift) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	if err := CheckAccountID("to", o.To); err != nil {
		return err
	}
	if o.To == o.Holder {
		return SelfTransfer.Errorf("account %s gives to itself", o.Holder)
	}
	if err := checkRef(o.Ref); err != nil {
		return err
	}
	if err := o.Condition.validate(o.Chaincode); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Decide gives amount from a purse to another holder. It returns
// TO_MERCHANT, HOLDER_FROZEN, HOLDER_CLOSED, GIFTS_OFF where what would
// cover it may not be given, or INSUFFICIENT_FUNDS.
func (o Gift) Decide(b Buckets, to Holder, current Policy, policies Policies, today Day) (Transfer, error) {
	if to.Merchant != "" {
		return Transfer{}, ToMerchant.Errorf("account %s is merchant %s", o.To, to.Merchant)
	}
	if err := to.CanReceive(); err != nil {
		return Transfer{}, err
	}
	var kept int64 // unexpired, but not to be given
	left, used, err := b.Draw(o.Amount, current.Order(), true, func(b Bucket) Refusal {
		if why := b.usable(today); why != "" {
			return why
		}
		if !policies[b.Policy].Gifts {
			kept += b.Left
			return "not to be given"
		}
		return ""
	})
	if err != nil && kept >= o.Amount {
		return Transfer{}, GiftsOff.Errorf("%d won are held that may be spent but not given", kept)
	}
	if err != nil {
		return Transfer{}, err
	}
	return Transfer{Left: left, Used: used, Credit: used}, nil
}
