// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// merchantFunctions, the mutators by the issuer's merchants officer:
//
//   - RegisterMerchant {op, program, id, did, region, category, payout} also opens
//     the merchant's account; emits MerchantRegistered. MERCHANT_EXISTS,
//     HOLDER_EXISTS, BUSINESS_UNKNOWN, MERCHANT_BANNED, TOO_LARGE. Its terms (class, revenue,
//     owner, business, until, share) may be left out, but for business where the
//     policy in force bans.
//   - SetMerchantStatus {op, program, id, status}; emits MerchantStatusChanged.
//     MERCHANT_UNKNOWN, MERCHANT_STATE, MERCHANT_BANNED where one whose business is
//     banned is to be active again.
//   - Merchant {program, id} answers the record to merchants officers, to cashiers
//     and to who may read accounts; others see no owner, business, revenue and sales.
func merchantFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("RegisterMerchant", registerMerchant),
		ledger.Officer("SetMerchantStatus", setMerchantStatus),
		ledger.Query("Merchant", func(t *ledger.Tx, r currency.RecordQuery) (currency.Merchant, error) {
			m, err := merchant(t, r.Program, r.ID)
			if err != nil {
				return m, err
			}
			all, err := mayRead(t, r.Program, readShops)
			if !all {
				m = m.Public()
			}
			return m, err
		}),
	}
}

func registerMerchant(t *ledger.Tx, r currency.RegisterMerchant) (currency.Merchant, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Merchant{}, err
	}
	if _, err := t.RequireRole(currency.RoleMerchants, p.Organisations.Issuer); err != nil {
		return currency.Merchant{}, err
	}
	m := r.Merchant()
	if err := checkBusiness(t, p, m.MerchantTerms); err != nil {
		return m, err
	}
	if taken, err := merchants.Has(t, r.Program, r.ID); err != nil || taken {
		return m, first(err, currency.MerchantExists.Errorf("merchant %s", r.ID))
	}
	if taken, err := holders.Has(t, r.Program, m.Account); err != nil || taken {
		return m, first(err, currency.HolderExists.Errorf("account %s", m.Account))
	}
	key, err := p.SignerOf(r.DID, "", r.ID, documents(t, p))
	if err != nil {
		return m, err
	}
	h := currency.Holder{
		DID: r.DID, Kid: key.Kid, Key: key.Key, Status: currency.Active,
		Merchant: r.ID, Opened: t.Now().Unix(),
	}
	if err := keepBusiness(t, r.Program, r.ID, "", m.Business); err != nil {
		return m, err
	}
	t.Emit("MerchantRegistered", r.Program+"/"+r.ID)
	if err := holders.Put(t, h, r.Program, m.Account); err != nil {
		return m, err
	}
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func setMerchantStatus(t *ledger.Tx, r currency.SetMerchantStatus) (currency.Merchant, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Merchant{}, err
	}
	if _, err := t.RequireRole(currency.RoleMerchants, p.Organisations.Issuer); err != nil {
		return currency.Merchant{}, err
	}
	m, err := merchant(t, r.Program, r.ID)
	if err != nil {
		return m, err
	}
	if r.Status == currency.Active && m.Business != "" {
		if err := checkBusiness(t, p, m.MerchantTerms); err != nil {
			return m, err
		}
	}
	if m, err = m.Become(r.Status, t.Now().Unix()); err != nil {
		return m, err
	}
	t.Emit("MerchantStatusChanged", r.Program+"/"+r.ID)
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func merchant(t *ledger.Tx, program, id string) (currency.Merchant, error) {
	m, found, err := merchants.Get(t, program, id)
	if err == nil && !found {
		err = currency.MerchantUnknown.Errorf("merchant %s", id)
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
