// SPDX-License-Identifier: Apache-2.0

package currency

// MaxTogether bounds the programmes that one order pays in.
const MaxTogether = 8

// PayTogether pays in several programmes at once, all of it or nothing: what one
// programme's value may not be used for, another's pays (TypTogether). Each
// payment leaves a receipt in its own programme, under the number it takes there.
type PayTogether struct {
	Amount    int64          `json:"amount"`         // won, in the order's own programme
	Bill      int64          `json:"bill,omitempty"` // whole amount of the bill that ref names, won; where a share of it counts
	Chaincode string         `json:"chaincode"`
	Channel   string         `json:"channel"`
	Claims    []CreditName   `json:"claims,omitempty"` // credits to claim first, at most 500 in all
	Exp       int64          `json:"exp"`
	Holder    string         `json:"holder"` // the same account id in every programme
	Network   string         `json:"network"`
	Others    []OtherPayment `json:"others"` // in other programmes, 1 to 7
	Program   string         `json:"program"`
	Ref       string         `json:"ref,omitempty"` // the caller's reference, e.g. of a bill
	Seq       int64          `json:"seq"`
	To        string         `json:"to"` // merchant id
	V         int            `json:"v"`
}

// OtherPayment is a payment of a PayTogether in another programme than its own.
type OtherPayment struct {
	Amount  int64        `json:"amount"`           // won
	Bill    int64        `json:"bill,omitempty"`   // whole amount of the bill that ref names, won; where a share of it counts
	Claims  []CreditName `json:"claims,omitempty"` // credits to claim first
	Program string       `json:"program"`
	Ref     string       `json:"ref,omitempty"` // the caller's reference, e.g. of a bill
	Seq     int64        `json:"seq"`           // the holder's next number there
	To      string       `json:"to"`            // merchant id there
}

// Binding implements Payload.
func (o PayTogether) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (PayTogether) Typ() string { return TypTogether }

// Validate implements Payload.
func (o PayTogether) Validate() error {
	if n := len(o.Others); n < 1 || n >= MaxTogether {
		return TooLarge.Errorf("%d payments in other programmes, 1 to %d are allowed", n, MaxTogether-1)
	}
	claims, seen := 0, map[string]bool{}
	for i, p := range o.Payments() {
		if err := CheckID("programme id", p.Program); err != nil {
			return err
		}
		if seen[p.Program] {
			return InvalidID.Errorf("programme %s pays twice", p.Program)
		}
		seen[p.Program] = true
		if p.Seq < 1 || p.Seq > MaxAmount {
			return InvalidID.Errorf("seq of payment %d is %d, the first order has 1", i, p.Seq)
		}
		if claims += len(p.Claims); claims > MaxClaims {
			return TooLarge.Errorf("%d credits are named, at most %d", claims, MaxClaims)
		}
		if err := p.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Payments are the payments as orders of their own programmes, the order's own
// first.
func (o PayTogether) Payments() []Payment {
	one := Payment{
		Amount: o.Amount, Bill: o.Bill, Chaincode: o.Chaincode, Channel: o.Channel, Claims: o.Claims, Exp: o.Exp,
		Holder: o.Holder, Network: o.Network, Program: o.Program, Ref: o.Ref, Seq: o.Seq, To: o.To, V: o.V,
	}
	all := []Payment{one}
	for _, p := range o.Others {
		one.Amount, one.Bill, one.Claims, one.Program, one.Ref, one.Seq, one.To = p.Amount, p.Bill, p.Claims, p.Program, p.Ref, p.Seq, p.To
		all = append(all, one)
	}
	return all
}

// Part is the order as far as it concerns one of its programmes: its digest, key
// and signature are those of the whole.
func (o *Order) Part(p Payment) *Order {
	part := *o
	part.Binding, part.Payload = p.Binding(), p
	return &part
}
