// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypToken is the type of what a payer shows.
const TypToken = "payment-token+jws"

// DefaultTokenMinutes is how far ahead a token may expire where the policy does
// not say.
const DefaultTokenMinutes = 5

// Token is what a payer's phone shows at a till: whoever is a merchant of the
// programme may charge up to max won with it, once and soon. It takes the payer's
// next sequence number, so any other order of the payer's voids it.
type Token struct {
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Max       int64        `json:"max"` // won
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Token) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Token) Typ() string { return TypToken }

// Validate implements Payload.
func (o Token) Validate() error {
	if err := CheckAmount("max", o.Max); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Charge has a payer, who showed a token, pay the signing merchant (TypCharge). It
// is carried out on the payer's purse, under the token's sequence number; its
// receipt is the payer's receipt of a payment.
type Charge struct {
	Amount    int64  `json:"amount"`         // won
	Bill      int64  `json:"bill,omitempty"` // whole amount of the bill that ref names, won; where a share of it counts
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"` // the merchant's account id
	Network   string `json:"network"`
	Program   string `json:"program"`
	Ref       string `json:"ref,omitempty"` // the merchant's reference, e.g. of a bill
	To        string `json:"to"`            // merchant id
	Token     string `json:"token"`         // what the payer showed: a compact JWS
	V         int    `json:"v"`
}

// Binding implements Payload: it is the merchant's.
func (o Charge) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, 0, o.Exp}
}

// Typ implements Payload.
func (Charge) Typ() string { return TypCharge }

// Validate implements Payload.
func (o Charge) Validate() error {
	return Payment{Amount: o.Amount, Bill: o.Bill, To: o.To, Ref: o.Ref}.Validate()
}

// Shown is what a charge rests on besides its own content.
type Shown struct {
	Token           Token
	Merchant        *jws.Message // the charge itself, under the merchant's signature
	MerchantAccount string
}

// charged makes the payer's order of a charge: bound to the payer, signed by the
// payer's token, with the digest of the charge.
func (o *Order) charged(place Place) (*Order, error) {
	c := o.Payload.(Charge)
	t, err := ParseOrder(c.Token, place, TypToken)
	if err != nil {
		return nil, err
	}
	if t.Program != o.Program {
		return nil, OrderElsewhere.Errorf("the token is for programme %s, the charge for %s", t.Program, o.Program)
	}
	if t.Holder == o.Holder {
		return nil, SelfTransfer.Errorf("account %s charges itself", o.Holder)
	}
	out := *o
	out.Binding, out.Message, out.DID = t.Binding, t.Message, t.DID
	out.Exp = min(o.Exp, t.Exp)
	out.Shown = &Shown{Token: t.Payload.(Token), Merchant: o.Message, MerchantAccount: o.Holder}
	return &out, nil
}

// Check returns TOKEN_EXCEEDED, TOKEN_LIFE, REQUEST_MISMATCH where it is another
// merchant's account that signed, KEY_MISMATCH or, where the merchant's key signs no
// more, KEY_STOPPED.
func (o Charge) Check(s Shown, at Till, rules Policy, now time.Time) error {
	m, till := at.Merchant, at.Account
	longest := rules.tokenLife()
	switch left := s.Token.Exp - now.Unix(); { // seconds: centuries fit no Duration
	case o.Amount > s.Token.Max:
		return TokenExceeded.Errorf("%d won are charged, the token allows %d", o.Amount, s.Token.Max)
	case left > int64(longest/time.Second):
		return TokenLife.Errorf("the token expires in %d seconds, at most %s ahead is allowed", left, longest)
	case m.Account != s.MerchantAccount:
		return RequestMismatch.Errorf("account %s charges for merchant %s, whose account is %s", s.MerchantAccount, m.ID, m.Account)
	case till.Kid != s.Merchant.Header.Kid:
		return KeyMismatch.Errorf("the charge is signed by %.160s, the merchant's key is %.160s", s.Merchant.Header.Kid, till.Kid)
	}
	return till.CanSign()
}

func (p Policy) tokenLife() time.Duration {
	if p.TokenMinutes == 0 {
		return DefaultTokenMinutes * time.Minute
	}
	return time.Duration(p.TokenMinutes) * time.Minute
}
