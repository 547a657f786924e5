// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// shopFunctions, the mutators by the issuer's merchants officer; a shop's own
// order SetShare (share-order+jws) is among the orders:
//
//   - SetMerchantTerms {op, program, id, class, revenue, owner, business, until,
//     share} changes them all at once; emits MerchantTermsChanged.
//     MERCHANT_UNKNOWN, BUSINESS_UNKNOWN, MERCHANT_BANNED, TOO_LARGE where the
//     business has a hundred merchants.
//   - VerifySales {op, program, id, sales, evidence} raises or lowers what the
//     merchant may redeem a month; emits SalesVerified. MERCHANT_UNKNOWN.
//   - BanMerchant {op, program, id, reason} closes the merchant, and all others of
//     its business, but for those that are suspended and stay so, and keeps the
//     business out for as long as the policy in force says; emits MerchantBanned for
//     each. MERCHANT_UNKNOWN, BUSINESS_UNKNOWN, INVALID_POLICY.
//   - LiftBan {op, program, business} takes a ban back; emits BanLifted.
//     BAN_UNKNOWN.
//   - Ban {program, business} answers the record. BAN_UNKNOWN.
func shopFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("SetMerchantTerms", setMerchantTerms),
		ledger.Officer("VerifySales", verifySales),
		ledger.Officer("BanMerchant", banMerchant),
		ledger.Officer("LiftBan", liftBan),
		ledger.Query("Ban", func(t *ledger.Tx, r currency.BanQuery) (currency.Ban, error) {
			return ban(t, r)
		}),
	}
}

// merchantOf loads a merchant for an officer who may change it.
func merchantOf(t *ledger.Tx, programID, id string) (p currency.Program, m currency.Merchant, by string, err error) {
	if p, err = program(t, programID); err != nil {
		return p, m, "", err
	}
	caller, err := t.RequireRole(currency.RoleMerchants, p.Organisations.Issuer)
	if err != nil {
		return p, m, "", err
	}
	m, err = merchant(t, programID, id)
	return p, m, caller.String(), err
}

func setMerchantTerms(t *ledger.Tx, r currency.SetMerchantTerms) (currency.Merchant, error) {
	p, m, _, err := merchantOf(t, r.Program, r.ID)
	if err != nil {
		return m, err
	}
	if err := checkBusiness(t, p, r.MerchantTerms); err != nil {
		return m, err
	}
	if m.Business != "" && m.Business != r.Business { // another one does not make the ban another's
		if err := checkBusiness(t, p, m.MerchantTerms); err != nil {
			return m, err
		}
	}
	if err := keepBusiness(t, r.Program, m.ID, m.Business, r.Business); err != nil {
		return m, err
	}
	m.MerchantTerms = r.MerchantTerms
	t.Emit("MerchantTermsChanged", r.Program+"/"+r.ID)
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func verifySales(t *ledger.Tx, r currency.VerifySales) (currency.Merchant, error) {
	_, m, _, err := merchantOf(t, r.Program, r.ID)
	if err != nil {
		return m, err
	}
	m.Sales, m.Evidence = r.Sales, r.Evidence
	t.Emit("SalesVerified", r.Program+"/"+r.ID)
	return m, merchants.Put(t, m, r.Program, r.ID)
}

func banMerchant(t *ledger.Tx, r currency.BanMerchant) (currency.Ban, error) {
	p, m, by, err := merchantOf(t, r.Program, r.ID)
	if err != nil {
		return currency.Ban{}, err
	}
	rules, err := current(t, p)
	if err != nil {
		return currency.Ban{}, err
	}
	m, b, err := m.Ban(r.Reason, rules, by, p.Today(t.Now()), t.Now().Unix())
	if err != nil {
		return b, err
	}
	before, found, err := bans.Get(t, r.Program, m.Business)
	if err != nil {
		return b, err
	}
	if found && before.Lifted == "" {
		b.Until = max(b.Until, before.Until) // a ban never ends earlier by another
	}
	if b.Closed, err = closeOthers(t, r.Program, m); err != nil {
		return b, err
	}
	t.Emit("MerchantBanned", r.Program+"/"+r.ID)
	if err := merchants.Put(t, m, r.Program, r.ID); err != nil {
		return b, err
	}
	return b, bans.Put(t, b, r.Program, m.Business)
}

// closeOthers closes what other merchants the business of a banned one has.
func closeOthers(t *ledger.Tx, program string, banned currency.Merchant) (closed []string, err error) {
	of, _, err := businesses.Get(t, program, banned.Business)
	if err != nil {
		return nil, err
	}
	for _, id := range of.Merchants {
		m, err := merchant(t, program, id)
		if err != nil {
			return nil, err
		}
		if id == banned.ID || m.Status != currency.Active {
			continue
		}
		if m, err = m.Become(currency.Closed, t.Now().Unix()); err != nil {
			return nil, err
		}
		if err := merchants.Put(t, m, program, id); err != nil {
			return nil, err
		}
		t.Emit("MerchantBanned", program+"/"+id)
		closed = append(closed, id)
	}
	return closed, nil
}

// keepBusiness lists a merchant under its business, and no longer under the one before.
func keepBusiness(t *ledger.Tx, program, id, before, business string) error {
	if before != "" && before != business {
		b, _, err := businesses.Get(t, program, before)
		if err != nil {
			return err
		}
		if err := businesses.Put(t, b.Without(id), program, before); err != nil {
			return err
		}
	}
	if business == "" {
		return nil
	}
	b, _, err := businesses.Get(t, program, business)
	if err != nil {
		return err
	}
	if b, err = b.With(id); err != nil {
		return err
	}
	return businesses.Put(t, b, program, business)
}

func liftBan(t *ledger.Tx, r currency.LiftBan) (currency.Ban, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Ban{}, err
	}
	caller, err := t.RequireRole(currency.RoleMerchants, p.Organisations.Issuer)
	if err != nil {
		return currency.Ban{}, err
	}
	b, err := ban(t, r.BanQuery)
	if err != nil {
		return b, err
	}
	b.Lifted = caller.String()
	t.Emit("BanLifted", r.Program+"/"+r.Business)
	return b, bans.Put(t, b, r.Program, r.Business)
}

// ban loads the ban of a business, or returns BAN_UNKNOWN where there is none or
// it was taken back.
func ban(t *ledger.Tx, r currency.BanQuery) (currency.Ban, error) {
	b, found, err := bans.Get(t, r.Program, r.Business)
	if err == nil && (!found || b.Lifted != "") {
		err = currency.BanUnknown.Errorf("business %.12s… in programme %s", r.Business, r.Program)
	}
	return b, err
}

// checkBusiness returns BUSINESS_UNKNOWN where the policy in force bans and the
// business is not told, or MERCHANT_BANNED.
func checkBusiness(t *ledger.Tx, p currency.Program, terms currency.MerchantTerms) error {
	if terms.Business == "" {
		if p.Policy == 0 {
			return nil
		}
		rules, err := current(t, p)
		if err == nil && rules.Shops != nil && len(rules.Shops.Bans) > 0 {
			err = currency.BusinessUnknown.Errorf("policy version %d bans businesses: tell the digest of this one", rules.Version)
		}
		return err
	}
	b, found, err := bans.Get(t, p.ID, terms.Business)
	if err != nil || !found {
		return err
	}
	return b.Check(p.Today(t.Now()))
}

// setShare lets a shop say what part of a bill it takes.
func (s *step) setShare(o currency.SetShare) (currency.Buckets, string, error) {
	m, err := s.merchant()
	if err != nil {
		return nil, "", err
	}
	m.Share = o.Share
	s.receipt.Kind = currency.KindShare
	return s.collected.Buckets, "ShareSet", merchants.Put(s.tx, m, s.Program, m.ID)
}
