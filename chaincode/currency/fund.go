// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// Deposit is money at the bank that principal is issued against. The bank's
// reference is its key, so it is confirmed once.
type Deposit struct {
	Program string `json:"program"`
	Ref     string `json:"ref"`             // the bank's reference
	Fund    string `json:"fund"`            // the origin of what is issued from it
	Amount  int64  `json:"amount"`          // won
	Left    int64  `json:"left"`            // not yet drawn by runs, won
	By      string `json:"by"`              // MSP/common name
	Donor   string `json:"donor,omitempty"` // account that gave it and may see where it went
}

// Appropriation is budget that two people of different organisations agreed to
// spend on a programme.
type Appropriation struct {
	Program    string `json:"program"`
	ID         string `json:"id"`
	Fund       string `json:"fund"`           // the origin of what is issued from it
	Amount     int64  `json:"amount"`         // won
	Left       int64  `json:"left"`           // not yet drawn by runs, won; 0 until approved
	Year       int    `json:"year,omitempty"` // fiscal year in whose books it is; 0 is any
	Approved   bool   `json:"approved,omitempty"`
	ProposedBy string `json:"proposedBy"`
	ApprovedBy string `json:"approvedBy,omitempty"`
}

// Approve completes an appropriation. It returns APPROPRIATION_STATE,
// SAME_OFFICER or SAME_ORGANISATION.
func (a Appropriation) Approve(p Program, by string) (Appropriation, error) {
	if a.Approved {
		return a, AppropriationState.Errorf("%s was approved by %s", a.ID, a.ApprovedBy)
	}
	if err := p.CheckSecond(a.ProposedBy, by); err != nil {
		return a, err
	}
	a.Approved, a.ApprovedBy, a.Left = true, by, a.Amount
	return a, nil
}

// Draw takes won out of the deposit for a run. It returns FUND_EXCEEDED.
func (d Deposit) Draw(amount int64) (Deposit, error) {
	if amount > d.Left {
		return d, FundExceeded.Errorf("deposit %s holds %d won, %d are drawn", d.Ref, d.Left, amount)
	}
	d.Left -= amount
	return d, nil
}

// Draw takes won out of the appropriation for a run. It returns FUND_EXCEEDED or
// APPROPRIATION_STATE.
func (a Appropriation) Draw(amount int64) (Appropriation, error) {
	if !a.Approved {
		return a, AppropriationState.Errorf("%s waits for its second approval", a.ID)
	}
	if amount > a.Left {
		return a, FundExceeded.Errorf("appropriation %s holds %d won, %d are drawn", a.ID, a.Left, amount)
	}
	a.Left -= amount
	return a, nil
}

// ConfirmDeposit is the bank's word that money arrived.
type ConfirmDeposit struct {
	call.Operation
	Program string `json:"program"`
	Ref     string `json:"ref"`             // the bank's reference, unique in the programme
	Fund    string `json:"fund"`            // the fund that what is issued from it belongs to
	Amount  int64  `json:"amount"`          // won
	Donor   string `json:"donor,omitempty"` // account id of who gave it, for a donation
}

// Validate checks the form.
func (r ConfirmDeposit) Validate() error {
	if r.Donor != "" {
		if err := CheckAccountID("donor", r.Donor); err != nil {
			return err
		}
	}
	return checkMoney(r.Program, r.Ref, r.Fund, r.Amount)
}

// ProposeAppropriation proposes to spend budget on a programme.
type ProposeAppropriation struct {
	call.Operation
	Program string `json:"program"`
	ID      string `json:"id"`
	Fund    string `json:"fund"`           // the fund that what is issued from it belongs to
	Amount  int64  `json:"amount"`         // won
	Year    int    `json:"year,omitempty"` // fiscal year in whose books it is; 0 is any
}

// Validate checks the form.
func (r ProposeAppropriation) Validate() error {
	if r.Year != 0 && (r.Year < 2000 || r.Year > 2999) {
		return InvalidID.Errorf("year %d: 2000 to 2999, or none", r.Year)
	}
	return checkMoney(r.Program, r.ID, r.Fund, r.Amount)
}

func checkMoney(program, id, fund string, amount int64) error {
	if err := CheckID("programme id", program); err != nil {
		return err
	}
	if err := CheckID("reference", id); err != nil {
		return err
	}
	if err := CheckID("fund", fund); err != nil {
		return err
	}
	return CheckAmount("amount", amount)
}

// RecordQuery names a record of a programme by its id.
type RecordQuery struct {
	Program string `json:"program"`
	ID      string `json:"id"`
}

// Validate checks the form.
func (r RecordQuery) Validate() error {
	if err := CheckID("programme id", r.Program); err != nil {
		return err
	}
	return CheckID("id", r.ID)
}

// DepositQuery names a deposit. Read is a read order of its donor; others leave it out.
type DepositQuery struct {
	RecordQuery
	Read string `json:"read,omitempty"`
}

// RecordOperation is an officer's call about one record.
type RecordOperation struct {
	call.Operation
	RecordQuery
}
