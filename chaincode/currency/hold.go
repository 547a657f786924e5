// SPDX-License-Identifier: Apache-2.0

package currency

import "time"

// MaxHold bounds how long a payer may set value aside.
const MaxHold = 31 * 24 * time.Hour

// MaxHolds bounds the holds of a purse that are not settled: neither captured whole, nor
// is what went back claimed. Until then what is set aside, which is neither used nor
// left, would count as used for a cash refund.
const MaxHolds = 32

// Authorise sets value aside for a merchant, who captures it until a deadline or
// does not (TypAuthorise).
type Authorise struct {
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
	Ref       string       `json:"ref,omitempty"`     // the caller's reference, e.g. of a booking
	Request   string       `json:"request,omitempty"` // the merchant's request that is paid: a compact JWS
	Seq       int64        `json:"seq"`
	To        string       `json:"to"`    // merchant id
	Until     int64        `json:"until"` // last moment to capture, Unix seconds
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Authorise) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Authorise) Typ() string { return TypAuthorise }

// Validate implements Payload.
func (o Authorise) Validate() error {
	if o.Until <= 0 || o.Until > 1<<40 {
		return InvalidID.Errorf("until %d is not a time in Unix seconds", o.Until)
	}
	return o.payment().Validate()
}

// payment is the payment that the order sets aside.
func (o Authorise) payment() Payment {
	return Payment{Amount: o.Amount, Bill: o.Bill, Holder: o.Holder, To: o.To, Ref: o.Ref, Claims: o.Claims, Request: o.Request, Part: o.Part, Condition: o.Condition, Chaincode: o.Chaincode}
}

// Hold is value that its payer set aside for a merchant.
type Hold struct {
	Merchant string `json:"merchant"`        // merchant id
	Parts    []Part `json:"parts,omitempty"` // what is still held, in the order in which it is captured
	Captured int64  `json:"captured"`        // won so far
	Until    int64  `json:"until"`           // last moment to capture, Unix seconds
	Back     int64  `json:"back"`            // goes back to its payer after, Unix seconds
	At       int64  `json:"at"`              // Unix seconds

	Returned CreditName `json:"returned,omitempty"` // what went back to its payer
}

// ForMerchant is the hold as the merchant whom it is for sees it: what is left by
// fund, without the payer's kinds of value.
func (h Hold) ForMerchant() Hold {
	h.Parts = plain(h.Parts)
	return h
}

// Decide sets amount aside as [Payment.Decide] would pay it. It returns the same
// codes, or HOLD_DEADLINE where the deadline has passed or is too far.
func (o Authorise) Decide(b Buckets, at Till, current Policy, policies Policies, today Day, now time.Time) (Transfer, Hold, error) {
	if left := o.Until - now.Unix(); left < 0 || left > int64(MaxHold/time.Second) {
		return Transfer{}, Hold{}, HoldDeadline.Errorf("until is %d seconds from now, 0 to %d are allowed", left, int64(MaxHold/time.Second))
	}
	done, err := o.payment().Decide(b, at, current, policies, today)
	back := o.Until + int64(current.Grace.hold()/time.Second)
	return done, Hold{Merchant: at.Merchant.ID, Parts: done.Used, Until: o.Until, Back: back, At: now.Unix()}, err
}

// Capture takes held value, whole or in part, by the merchant it is held for
// (TypCapture). What is left stays held for another capture.
type Capture struct {
	Amount    int64        `json:"amount"` // won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Hold      ReceiptName  `json:"hold"` // receipt of the authorisation
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Capture) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Capture) Typ() string { return TypCapture }

// Validate implements Payload.
func (o Capture) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	if err := o.Hold.validate(); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Decide captures amount of a hold into the merchant's own purse, as plain won
// where the terms do not let merchants respend. Who may be paid may capture. It
// returns MERCHANT_SUSPENDED, MERCHANT_CLOSED, HOLD_UNKNOWN where it is another's,
// HOLD_DEADLINE, HOLD_EXCEEDS or BUCKET_LIMIT.
func (o Capture) Decide(b Buckets, m Merchant, h Hold, policies Policies, today Day, now time.Time) (Transfer, Hold, error) {
	if err := h.checkMerchant(o.Hold, m); err != nil {
		return Transfer{}, h, err
	}
	if err := m.CanBePaid(today); err != nil {
		return Transfer{}, h, err
	}
	if now.Unix() > h.Until {
		return Transfer{}, h, HoldDeadline.Errorf("hold %s could be captured until %s", o.Hold, time.Unix(h.Until, 0).UTC().Format(time.RFC3339))
	}
	if held := Total(h.Parts); o.Amount > held {
		return Transfer{}, h, HoldExceeds.Errorf("hold %s: %d won are held, %d are asked for", o.Hold, held, o.Amount)
	}
	used, rest := cutParts(h.Parts, o.Amount)
	taken := make([]Part, len(used))
	for i, p := range used {
		if !policies[p.Policy].Respend {
			p.Terms = p.Plain()
		}
		taken[i] = p
	}
	left, err := b.Add(MergeParts(taken), true)
	h.Parts, h.Captured = rest, h.Captured+o.Amount
	return Transfer{Left: left, Used: used}, h, err
}

// Void gives what is still held back to its payer, by the merchant it is held
// for (TypVoid).
type Void struct {
	Chaincode string      `json:"chaincode"`
	Channel   string      `json:"channel"`
	Exp       int64       `json:"exp"`
	Hold      ReceiptName `json:"hold"` // receipt of the authorisation
	Holder    string      `json:"holder"`
	Network   string      `json:"network"`
	Program   string      `json:"program"`
	Seq       int64       `json:"seq"`
	V         int         `json:"v"`
}

// Binding implements Payload.
func (o Void) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Void) Typ() string { return TypVoid }

// Validate implements Payload.
func (o Void) Validate() error { return o.Hold.validate() }

// Decide gives a hold back. It returns HOLD_UNKNOWN where it is another
// merchant's, or HOLD_EMPTY.
func (o Void) Decide(m Merchant, h Hold) ([]Part, Hold, error) {
	if err := h.checkMerchant(o.Hold, m); err != nil {
		return nil, h, err
	}
	return h.giveBack(o.Hold)
}

// Release gives back what nobody captured in time. Anybody may ask for it. It
// returns HOLD_OPEN until the policy's grace after the deadline, or HOLD_EMPTY.
func (h Hold) Release(name ReceiptName, now time.Time) ([]Part, Hold, error) {
	if from := time.Unix(h.Back, 0); !now.After(from) {
		return nil, h, HoldOpen.Errorf("hold %s goes back after %s", name, from.UTC().Format(time.RFC3339))
	}
	return h.giveBack(name)
}

func (h Hold) giveBack(name ReceiptName) ([]Part, Hold, error) {
	back := h.Parts
	if len(back) == 0 {
		return nil, h, HoldEmpty.Errorf("hold %s: %d won were captured, the rest went back", name, h.Captured)
	}
	h.Parts = nil
	return MergeParts(back), h, nil
}

func (h Hold) checkMerchant(name ReceiptName, m Merchant) error {
	if h.Merchant != m.ID {
		return HoldUnknown.Errorf("hold %s is not for merchant %s", name, m.ID)
	}
	return nil
}

// Paid is what a closed hold amounts to for a refund: a payment of what was
// captured. It returns NOT_REFUNDABLE while something is held: that is voided.
func (h Hold) Paid(authorised Receipt) (Receipt, error) {
	if len(h.Parts) > 0 {
		return authorised, NotRefundable.Errorf("%d won are still held: void the hold first", Total(h.Parts))
	}
	authorised.Kind, authorised.Amount = KindPayment, h.Captured
	authorised.Used, _ = cutParts(authorised.Used, h.Captured)
	return authorised, nil
}

func (r ReceiptName) validate() error {
	return ReceiptQuery{Program: "-", Account: r.Holder, Seq: r.Seq}.Validate()
}
