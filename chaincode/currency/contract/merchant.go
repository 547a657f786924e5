// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// RegisterMerchantRequest takes a shop into a programme.
type RegisterMerchantRequest struct {
	ledger.Operation
	Program  string `json:"program"`
	ID       string `json:"id"`
	DID      string `json:"did"` // did:key or did:jwk whose key signs the merchant's orders
	Region   string `json:"region"`
	Category string `json:"category"`
	Payout   string `json:"payout"` // salted SHA-256 of the bank account, hex
}

// Validate checks the form.
func (r RegisterMerchantRequest) Validate() error {
	for _, id := range [][2]string{{"programme id", r.Program}, {"merchant id", r.ID}, {"region", r.Region}, {"category", r.Category}} {
		if err := currency.CheckID(id[0], id[1]); err != nil {
			return err
		}
	}
	if _, err := did.Resolve(r.DID); err != nil {
		return err
	}
	return currency.CheckDigest("payout", r.Payout)
}

// MerchantStatusRequest changes a merchant's status.
type MerchantStatusRequest struct {
	ledger.Operation
	Program string          `json:"program"`
	ID      string          `json:"id"`
	Status  currency.Status `json:"status"` // active, suspended or closed
}

// Validate checks the form.
func (r MerchantStatusRequest) Validate() error {
	return RecordRequest{Program: r.Program, ID: r.ID}.Validate()
}

// merchantFunctions, the mutators by the issuer's merchants officer:
//
//   - RegisterMerchant {op, program, id, did, region, category, payout} also opens
//     the merchant's account; emits MerchantRegistered. MERCHANT_EXISTS,
//     HOLDER_EXISTS.
//   - SetMerchantStatus {op, program, id, status}; emits MerchantStatusChanged.
//     MERCHANT_UNKNOWN, MERCHANT_STATE.
//   - Merchant {program, id} answers the record.
func merchantFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("RegisterMerchant", registerMerchant),
		ledger.Officer("SetMerchantStatus", setMerchantStatus),
		ledger.Query("Merchant", func(t *ledger.Tx, r RecordRequest) (currency.Merchant, error) {
			return merchant(t, r.Program, r.ID)
		}),
	}
}

func registerMerchant(t *ledger.Tx, r RegisterMerchantRequest) (currency.Merchant, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Merchant{}, err
	}
	if _, err := t.RequireRole(Merchants, p.Organisations.Issuer); err != nil {
		return currency.Merchant{}, err
	}
	m := currency.Merchant{
		ID: r.ID, DID: r.DID, Account: currency.AccountID(r.DID),
		Region: r.Region, Category: r.Category, Status: currency.Active, Payout: r.Payout,
	}
	if taken, err := merchants.Has(t, r.Program, r.ID); err != nil || taken {
		return m, first(err, currency.MerchantExists.Errorf("%s", r.ID))
	}
	if taken, err := holders.Has(t, r.Program, m.Account); err != nil || taken {
		return m, first(err, currency.HolderExists.Errorf("account %s", m.Account))
	}
	method, err := did.Resolve(r.DID)
	if err != nil {
		return m, err
	}
	h := currency.Holder{
		DID: r.DID, Kid: method.URL, Key: method.Key.Multikey(), Status: currency.Active,
		Merchant: r.ID, Opened: t.Now().Unix(),
	}
	t.Emit("MerchantRegistered", r.Program+"/"+r.ID)
	if err := holders.Put(t, h, r.Program, m.Account); err != nil {
		return m, err
	}
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func setMerchantStatus(t *ledger.Tx, r MerchantStatusRequest) (currency.Merchant, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Merchant{}, err
	}
	if _, err := t.RequireRole(Merchants, p.Organisations.Issuer); err != nil {
		return currency.Merchant{}, err
	}
	m, err := merchant(t, r.Program, r.ID)
	if err != nil {
		return m, err
	}
	if m, err = m.Become(r.Status); err != nil {
		return m, err
	}
	t.Emit("MerchantStatusChanged", r.Program+"/"+r.ID)
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func merchant(t *ledger.Tx, program, id string) (currency.Merchant, error) {
	m, found, err := merchants.Get(t, program, id)
	if err == nil && !found {
		err = currency.MerchantUnknown.Errorf("%s", id)
	}
	return m, err
}

// first returns the failure to read, if there was one, else the refusal.
func first(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}
