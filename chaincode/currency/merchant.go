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
	Payout   string `json:"payout"` // salted digest of the bank account it is paid out to
}

// CanBePaid returns MERCHANT_SUSPENDED or MERCHANT_CLOSED unless it may take
// payments.
func (m Merchant) CanBePaid() error {
	switch m.Status {
	case Active:
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
func (m Merchant) Become(s Status) (Merchant, error) {
	if s != Active && s != Suspended && s != Closed {
		return m, MerchantState.Errorf("status %.16q: active, suspended or closed", string(s))
	}
	if m.Status == Closed || m.Status == s {
		return m, MerchantState.Errorf("merchant %s is %s and cannot become %s", m.ID, m.Status, s)
	}
	m.Status = s
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
}

// Validate checks the form.
func (r RegisterMerchant) Validate() error {
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
