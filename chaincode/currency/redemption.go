// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// Redeem turns what a merchant holds into a redemption that the bank pays out
// (TypRedeem).
type Redeem struct {
	Amount    int64        `json:"amount"` // won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Redeem) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Redeem) Typ() string { return TypRedeem }

// Validate implements Payload.
func (o Redeem) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Redemption is a merchant's claim on the bank, or a resident's for a cash refund. It keeps the payout account of
// its day.
type Redemption struct {
	Merchant string `json:"merchant,omitempty"` // empty for a resident's cash refund
	Amount   int64  `json:"amount"`             // won
	Parts    []Part `json:"parts"`              // by fund
	Payout   string `json:"payout"`             // digest of the account it is paid to
	At       int64  `json:"at"`                 // Unix seconds
	Month    int    `json:"month,omitempty"`    // yyyymm that it counts in towards the shop's cap; 0 where none was in force
	Paid     string `json:"paid,omitempty"`     // the bank's reference, once paid
	Case     string `json:"case,omitempty"`     // that holds it; it is not to be paid
	Since    int64  `json:"since,omitempty"`    // when the case took hold of it, Unix seconds
	Recalled int64  `json:"recalled,omitempty"` // when the bank said that it will not pay it, Unix seconds: it is no claim any more
}

// Payout is a transfer that the bank made. Its reference is its key.
type Payout struct {
	Redemption ReceiptName `json:"redemption"`
	Amount     int64       `json:"amount"`         // won
	Sent       int64       `json:"sent,omitempty"` // when the transfer left the bank, if it said so, Unix seconds
	By         string      `json:"by"`             // MSP/common name
	At         int64       `json:"at"`             // Unix seconds
}

// Decide redeems amount of what a merchant holds, but for won of funds that it
// owes refunds of; before is what it redeemed in the month. It returns
// MERCHANT_SUSPENDED, REDEMPTION_CAP or INSUFFICIENT_FUNDS.
func (o Redeem) Decide(b Buckets, m Merchant, owed Owed, rules Policy, before Monthly) (left Buckets, used []Part, err error) {
	if err := m.CanRedeem(); err != nil {
		return nil, nil, err
	}
	if most := rules.Shops.Cap(m); most > 0 && before.Amount+o.Amount > most {
		return nil, nil, RedemptionCap.Errorf("%d won were redeemed this month, %d more pass the cap of %d; verified sales raise it", before.Amount, o.Amount, most)
	}
	left, used, err = b.Draw(o.Amount, nil, false, owed.keeps)
	return left, used, err
}

// Pay settles a redemption. It returns REDEMPTION_PAID, REDEMPTION_RECALLED, or
// INVALID_AMOUNT where the bank paid another amount than was claimed.
func (r Redemption) Pay(bankRef string, amount int64) (Redemption, error) {
	if err := r.checkOpen(); err != nil {
		return r, err
	}
	if amount != r.Amount {
		return r, InvalidAmount.Errorf("%d won were claimed, %d paid", r.Amount, amount)
	}
	r.Paid = bankRef
	return r, nil
}

// ConfirmPayout is the bank's word that it paid a redemption.
type ConfirmPayout struct {
	call.Operation
	Program string `json:"program"`
	Ref     string `json:"ref"`            // the bank's reference, unique in the programme
	Account string `json:"account"`        // the merchant's account id
	Seq     int64  `json:"seq"`            // of the redemption
	Amount  int64  `json:"amount"`         // won
	Sent    int64  `json:"sent,omitempty"` // when the transfer left the bank, Unix seconds; now if left out
}

// Validate checks the form.
func (r ConfirmPayout) Validate() error {
	if err := checkMoney(r.Program, r.Ref, "-", r.Amount); err != nil {
		return err
	}
	if r.Sent < 0 || r.Sent > 1<<40 {
		return InvalidID.Errorf("sent %d is not a time in Unix seconds", r.Sent)
	}
	return ReceiptQuery{Program: r.Program, Account: r.Account, Seq: r.Seq}.Validate()
}
