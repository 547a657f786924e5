// SPDX-License-Identifier: Apache-2.0

package currency

// Kind says what a receipt is of.
type Kind string

// The kinds of receipt.
const (
	KindPayment    Kind = "payment"
	KindGift       Kind = "gift"
	KindClaim      Kind = "claim"
	KindRefund     Kind = "refund"
	KindRedemption Kind = "redemption"
)

// Receipt is what an order that was carried out leaves, under its holder and
// seq, for ever the same. Sending the order again returns it.
type Receipt struct {
	Kind      Kind         `json:"kind"`
	Order     string       `json:"order"` // digest of the order, hex
	Tx        string       `json:"tx"`
	At        int64        `json:"at"`                  // Unix seconds
	Amount    int64        `json:"amount,omitempty"`    // won
	To        string       `json:"to,omitempty"`        // merchant id of a payment, else account id
	Credit    CreditName   `json:"credit,omitempty"`    // what the other side claims
	Ref       string       `json:"ref,omitempty"`       // the order's reference
	Payment   *ReceiptName `json:"payment,omitempty"`   // what was refunded
	Used      []Part       `json:"used,omitempty"`      // what was taken from the purse, in the order it was taken
	Claimed   []CreditName `json:"claimed,omitempty"`   // credits claimed first
	Unclaimed []Unclaimed  `json:"unclaimed,omitempty"` // credits named and not claimed
}
