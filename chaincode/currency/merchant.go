// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Merchant is a shop that takes part in a programme. It holds an account of its
// own, under its DID.
type Merchant struct {
	ID       string `json:"id"`
	DID      string `json:"did"`
	Account  string `json:"account"`  // account id of the DID
	Region   string `json:"region"`   // e.g. a 5-digit legal-dong code
	Category string `json:"category"` // business category
	Status   Status `json:"status"`
	Since    int64  `json:"since,omitempty"` // of the status, Unix seconds; 0 since it was registered
	Payout   string `json:"payout"`          // salted digest of the bank account it is paid out to
	MerchantTerms
	Sales    int64  `json:"sales,omitempty"`    // verified to be sold in a month, won
	Evidence string `json:"evidence,omitempty"` // digest of the papers that prove them, hex
}

// Public is what anybody may know of a shop: where it is, what it takes and where
// payments to it go, not who owns it and what it sells.
func (m Merchant) Public() Merchant {
	m.Revenue, m.Owner, m.Business, m.Sales, m.Evidence = 0, "", "", 0, ""
	return m
}

// MerchantTerms are what a programme knows of a shop besides, all of it optional.
type MerchantTerms struct {
	Class    string `json:"class,omitempty"`    // e.g. social, which policies may name
	Revenue  int64  `json:"revenue,omitempty"`  // a year, won; 0 is not known
	Owner    string `json:"owner,omitempty"`    // person id of the owner in this programme, or account id where people have none; may not pay here, nor may other shops of the same owner
	Business string `json:"business,omitempty"` // salted SHA-256 of the business's registration number, hex; a ban keeps it out
	Until    Day    `json:"until,omitempty"`    // last day of a temporary registration
	Share    int    `json:"share,omitempty"`    // at most this part of a bill is taken in the programme's value, basis points; 0 is all
}

func (t MerchantTerms) check() error {
	for _, id := range [][2]string{{"class", t.Class}, {"owner", t.Owner}} {
		if id[1] == "" {
			continue
		}
		if err := CheckID(id[0], id[1]); err != nil {
			return err
		}
	}
	switch {
	case t.Revenue < 0 || t.Revenue > MaxAmount:
		return InvalidAmount.Errorf("revenue is %d won, 0 to %d is allowed", t.Revenue, MaxAmount)
	case t.Until != 0 && !t.Until.Valid():
		return InvalidID.Errorf("until %d is not a day yyyymmdd", t.Until)
	case t.Share < 0 || t.Share > 10_000:
		return InvalidID.Errorf("share %d: 0 to 10000 basis points", t.Share)
	case t.Business != "":
		return CheckDigest("business", t.Business)
	}
	return nil
}

// CanBePaid returns MERCHANT_SUSPENDED, MERCHANT_CLOSED or MERCHANT_EXPIRED
// unless it may take payments.
func (m Merchant) CanBePaid(today Day) error {
	switch m.Status {
	case Active:
		if m.Until != 0 && m.Until < today {
			return MerchantExpired.Errorf("merchant %s was registered until %s", m.ID, m.Until)
		}
		return nil
	case Suspended:
		return MerchantSuspended.Errorf("merchant %s", m.ID)
	default:
		return MerchantClosed.Errorf("merchant %s", m.ID)
	}
}

// CanRedeem returns MERCHANT_SUSPENDED while payouts are held back. A closed
// merchant may still redeem what it holds.
func (m Merchant) CanRedeem() error {
	if m.Status == Suspended {
		return MerchantSuspended.Errorf("merchant %s", m.ID)
	}
	return nil
}

// Become changes the status. It returns MERCHANT_STATE: a closed merchant stays
// closed, and nothing becomes what it is.
func (m Merchant) Become(s Status, at int64) (Merchant, error) {
	if s != Active && s != Suspended && s != Closed {
		return m, MerchantState.Errorf("status %.16q: active, suspended or closed", string(s))
	}
	if m.Status == Closed || m.Status == s {
		return m, MerchantState.Errorf("merchant %s is %s and cannot become %s", m.ID, m.Status, s)
	}
	m.Status, m.Since = s, at
	return m, nil
}

// RegisterMerchant takes a shop into a programme.
type RegisterMerchant struct {
	call.Operation
	Program  string `json:"program"`
	ID       string `json:"id"`
	DID      string `json:"did"` // whose key signs the merchant's orders
	Region   string `json:"region"`
	Category string `json:"category"`
	Payout   string `json:"payout"` // salted SHA-256 of the bank account, hex
	MerchantTerms
}

// Merchant is the shop as it is registered.
func (r RegisterMerchant) Merchant() Merchant {
	return Merchant{
		ID: r.ID, DID: r.DID, Account: AccountID(r.DID), Region: r.Region, Category: r.Category,
		Status: Active, Payout: r.Payout, MerchantTerms: r.MerchantTerms,
	}
}

// Validate checks the form.
func (r RegisterMerchant) Validate() error {
	if err := r.check(); err != nil {
		return err
	}
	for _, id := range [][2]string{{"programme id", r.Program}, {"merchant id", r.ID}, {"region", r.Region}, {"category", r.Category}} {
		if err := CheckID(id[0], id[1]); err != nil {
			return err
		}
	}
	if err := CheckHolderDID(r.DID); err != nil {
		return err
	}
	return CheckDigest("payout", r.Payout)
}

// SetMerchantStatus changes a merchant's status.
type SetMerchantStatus struct {
	call.Operation
	Program string `json:"program"`
	ID      string `json:"id"`
	Status  Status `json:"status"` // active, suspended or closed
}

// Validate checks the form.
func (r SetMerchantStatus) Validate() error {
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}

// SetMerchantTerms changes what a programme knows of a shop: all of it at once.
type SetMerchantTerms struct {
	call.Operation
	Program string `json:"program"`
	ID      string `json:"id"`
	MerchantTerms
}

// Validate checks the form.
func (r SetMerchantTerms) Validate() error {
	if err := r.check(); err != nil {
		return err
	}
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}

// SetShare is a shop's own word on what part of a bill it takes in the
// programme's value (TypShare).
type SetShare struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Program   string `json:"program"`
	Seq       int64  `json:"seq"`
	Share     int    `json:"share"` // basis points: 1000 is a tenth of each bill; 0 is all
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o SetShare) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (SetShare) Typ() string { return TypShare }

// Validate implements Payload.
func (o SetShare) Validate() error { return MerchantTerms{Share: o.Share}.check() }
