// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// Kind says what a receipt is of.
type Kind string

// The kinds of receipt.
const (
	KindPayment    Kind = "payment"
	KindGift       Kind = "gift"
	KindClaim      Kind = "claim"
	KindRefund     Kind = "refund"
	KindRedemption Kind = "redemption"
	KindHold       Kind = "hold"
	KindCapture    Kind = "capture"
	KindVoid       Kind = "void"
	KindCashOut    Kind = "cashout"
	KindClose      Kind = "close"
	KindExchange   Kind = "exchange"
	KindShare      Kind = "share" // a shop set what part of a bill it takes
	KindEarn       Kind = "earning"
	KindCashback   Kind = "cashback"
	KindTicket     Kind = "ticket"
	KindPurchase   Kind = "purchase" // ordered; the purchase itself tells whether it was paid
)

// Receipt is what an order that was carried out leaves, under its holder and
// seq, for ever the same. Sending the order again returns it.
type Receipt struct {
	Kind      Kind         `json:"kind"`
	Order     string       `json:"order"` // digest of the order, hex
	Tx        string       `json:"tx"`
	At        int64        `json:"at"`                  // Unix seconds
	Amount    int64        `json:"amount,omitempty"`    // won
	To        string       `json:"to,omitempty"`        // merchant id of a payment or hold, programme of an exchange, else account id
	Credit    CreditName   `json:"credit,omitempty"`    // what the other side claims
	Ref       string       `json:"ref,omitempty"`       // the order's reference
	Bill      int64        `json:"bill,omitempty"`      // whole amount of the bill that ref names, won
	With      []string     `json:"with,omitempty"`      // programmes that the same order paid in as well
	Payment   *ReceiptName `json:"payment,omitempty"`   // what was refunded, captured or voided
	Due       []Part       `json:"due,omitempty"`       // of a refund: what waits for the merchant's next takings
	Condition *Agreed      `json:"condition,omitempty"` // what the order's condition answered
	Used      []Part       `json:"used,omitempty"`      // what was taken from the purse, in the order it was taken
	Claimed   []CreditName `json:"claimed,omitempty"`   // credits claimed first, whole or in part
	Unclaimed []Unclaimed  `json:"unclaimed,omitempty"` // credits named and not claimed, or not all of
}

// ForMerchant is the receipt as the merchant who was paid sees it: what was paid by
// fund, without the payer's kinds of value, claims and other programmes.
func (r Receipt) ForMerchant() Receipt {
	r.Used, r.Claimed, r.Unclaimed, r.With = plain(r.Used), nil, nil, nil
	return r
}

// PageQuery pages through the records of a programme.
type PageQuery struct {
	Program  string `json:"program"`
	Limit    int    `json:"limit,omitempty"`    // 1 to 500; 0 is 500
	Bookmark string `json:"bookmark,omitempty"` // next of the page before
}

// Validate checks the form.
func (r PageQuery) Validate() error {
	if r.Limit < 0 || r.Limit > call.MaxPage || len(r.Bookmark) > 1024 {
		return InvalidID.Errorf("limit %d: 0 to %d", r.Limit, call.MaxPage)
	}
	return CheckID("programme id", r.Program)
}

// ReceiptQuery names a receipt. Read is a read order of the payer or of the
// merchant who was paid; officers leave it out.
type ReceiptQuery struct {
	Program string `json:"program"`
	Account string `json:"account"`
	Seq     int64  `json:"seq"`
	Read    string `json:"read,omitempty"`
}

// Validate checks the form.
func (r ReceiptQuery) Validate() error {
	if r.Seq < 1 || r.Seq > MaxAmount {
		return InvalidID.Errorf("seq is %d, the first order has 1", r.Seq)
	}
	return AccountQuery{Program: r.Program, Account: r.Account}.Validate()
}

// OwnQuery asks for the asker's own records: Read says whose. Officers name
// the account instead.
type OwnQuery struct {
	PageQuery
	Account string `json:"account"`
	Read    string `json:"read,omitempty"`
}

// Validate checks the form.
func (r OwnQuery) Validate() error {
	if err := r.PageQuery.Validate(); err != nil {
		return err
	}
	return CheckAccountID("account", r.Account)
}

// PurseView is what an account holds, as its owner sees it.
type PurseView struct {
	Program  string  `json:"program"`
	Account  string  `json:"account"`
	Status   Status  `json:"status"`
	Merchant string  `json:"merchant,omitempty"`
	Seq      int64   `json:"seq"`     // the next order's seq is one more
	Total    int64   `json:"total"`   // won
	Buckets  Buckets `json:"buckets"` // with their terms
}

// ReceiptView is a receipt with its sequence number and what was refunded of it.
type ReceiptView struct {
	Account  string `json:"account"`
	Seq      int64  `json:"seq"`
	Refunded int64  `json:"refunded,omitempty"` // won, with what waits
	Waiting  int64  `json:"waiting,omitempty"`  // won of that which the merchant still owes
	Receipt
}

// Item is the outcome of one order of a batch. An empty item was carried out in
// this transaction.
type Item struct {
	Code      string      `json:"code,omitempty"`      // why it was not carried out
	Detail    string      `json:"detail,omitempty"`    // the same with its figures
	First     string      `json:"first,omitempty"`     // the transaction that carried it out before
	Unclaimed []Unclaimed `json:"unclaimed,omitempty"` // credits it named and did not get
}
