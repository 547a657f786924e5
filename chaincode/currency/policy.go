// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"
)

// Policy is one version of a programme's rules. Approved versions never change;
// value is bound to the version it was issued under.
type Policy struct {
	Program       string      `json:"program"`
	Version       int         `json:"version"`
	Unit          string      `json:"unit"`                   // what amounts of an issue are counted in, e.g. "KRW"
	Denomination  int64       `json:"denomination"`           // issued amounts are multiples of it, won
	Validity      Validity    `json:"validity"`               // how long issued value may be spent
	BonusRate     int         `json:"bonusRate,omitempty"`    // subsidy on top of bought value, basis points (1000 = 10%), rounded down to the won
	Sale          *Sale       `json:"sale,omitempty"`         // how residents buy it; left out where it is not sold
	HoldingCap    int64       `json:"holdingCap,omitempty"`   // what a person may hold, won; 0 is no cap
	PersonCeiling int64       `json:"personCeiling"`          // what one person may be issued in a batch, bonus included, or earn at once, won
	BatchCeiling  int64       `json:"batchCeiling"`           // what a batch may issue, bonus included, won
	Regions       []string    `json:"regions,omitempty"`      // where it may be spent: merchants' regions; empty is everywhere
	Categories    []string    `json:"categories,omitempty"`   // merchants' business categories; empty is all
	Uses          []Use       `json:"uses,omitempty"`         // purposes, one of which must hold as well; empty is any
	Purposes      []Purpose   `json:"purposes,omitempty"`     // what some of the value may be kept for, by its id; none if left out
	CashRefund    *CashRefund `json:"cashRefund,omitempty"`   // when bought value may be turned back into cash; never if left out
	Earning       *Earning    `json:"earning,omitempty"`      // what activities are rewarded; none if left out
	Cashback      *Cashback   `json:"cashback,omitempty"`     // what is given back after spending; nothing if left out
	Shops         *Shops      `json:"shops,omitempty"`        // bans and redemption caps of merchants
	TokenMinutes  int         `json:"tokenMinutes,omitempty"` // how far ahead a token that payers show may expire, 1 to 60; 0 is 5
	Gifts         bool        `json:"gifts,omitempty"`        // holders may give it to one another
	Respend       bool        `json:"respend,omitempty"`      // merchants keep the terms and may spend it themselves
	Guards        Guards      `json:"guards,omitzero"`        // further walls before an issue
	Fraud         []Threshold `json:"fraud,omitempty"`        // from where on payments and gifts are flagged
	Grace         Grace       `json:"grace,omitzero"`         // how long sweeps leave alone what is over
	Into          []Way       `json:"into,omitempty"`         // programmes that value under it may be exchanged into
	From          []Way       `json:"from,omitempty"`         // programmes whose value is exchanged into it
	SpendOrder    []Source    `json:"spendOrder,omitempty"`   // which source goes first among equal expiries; default benefit, reward, subsidy, principal
	Approved      bool        `json:"approved,omitempty"`     // by a second person
	ProposedBy    string      `json:"proposedBy,omitempty"`   // MSP/common name
	ApprovedBy    string      `json:"approvedBy,omitempty"`   // MSP/common name
}

var defaultSpendOrder = []Source{Benefit, Reward, Subsidy, Principal}

// Order is the policy's order of sources.
func (p Policy) Order() []Source {
	if len(p.SpendOrder) == 0 {
		return defaultSpendOrder
	}
	return p.SpendOrder
}

// Validate returns INVALID_POLICY, INVALID_ID or INVALID_AMOUNT for rules that
// cannot stand.
func (p Policy) Validate() error {
	if err := CheckID("programme id", p.Program); err != nil {
		return err
	}
	if p.Version < 1 || p.Version > 9999 {
		return InvalidPolicy.Errorf("version %d: 1 to 9999", p.Version)
	}
	if err := CheckID("unit", p.Unit); err != nil {
		return err
	}
	for _, a := range []struct {
		what string
		won  int64
	}{{"denomination", p.Denomination}, {"personCeiling", p.PersonCeiling}, {"batchCeiling", p.BatchCeiling}} {
		if err := CheckAmount(a.what, a.won); err != nil {
			return err
		}
	}
	switch {
	case p.HoldingCap < 0 || p.HoldingCap > MaxAmount:
		return InvalidAmount.Errorf("holdingCap is %d won, 0 to %d is allowed", p.HoldingCap, MaxAmount)
	case p.PersonCeiling > p.BatchCeiling:
		return InvalidPolicy.Errorf("a person's ceiling of %d won is above the batch's of %d", p.PersonCeiling, p.BatchCeiling)
	case p.BonusRate < 0 || p.BonusRate > 10_000:
		return InvalidPolicy.Errorf("bonusRate %d: 0 to 10000 basis points", p.BonusRate)
	case len(p.Regions) > 300 || len(p.Categories) > 300:
		return InvalidPolicy.Errorf("%d regions and %d categories, at most 300 each", len(p.Regions), len(p.Categories))
	}
	for _, r := range p.Regions {
		if err := CheckID("region", r); err != nil {
			return err
		}
	}
	for _, c := range p.Categories {
		if err := CheckID("category", c); err != nil {
			return err
		}
	}
	if n := len(p.SpendOrder); n != 0 {
		want, got := slices.Clone(sources), slices.Clone(p.SpendOrder)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return InvalidPolicy.Errorf("spendOrder %v: each of %v once", p.SpendOrder, sources)
		}
	}
	if err := p.Guards.check(p.BatchCeiling); err != nil {
		return err
	}
	if p.Sale != nil && p.Guards.DayCeiling > 0 && p.Guards.DaySale == 0 {
		return InvalidPolicy.Errorf("a day's ceiling of %d won counts what residents buy: set a part of it aside as daySale", p.Guards.DayCeiling)
	}
	if p.TokenMinutes < 0 || p.TokenMinutes > 60 {
		return InvalidPolicy.Errorf("tokenMinutes %d: 1 to 60, or 0 for %d", p.TokenMinutes, DefaultTokenMinutes)
	}
	if err := p.Grace.check(); err != nil {
		return err
	}
	if err := checkThresholds(p.Fraud); err != nil {
		return err
	}
	if err := checkWays(p.Program, p.Into, p.From); err != nil {
		return err
	}
	if len(p.Uses) > maxUses {
		return InvalidPolicy.Errorf("%d uses, at most %d", len(p.Uses), maxUses)
	}
	for _, u := range p.Uses {
		if err := u.check(); err != nil {
			return err
		}
	}
	if err := p.checkPurposes(); err != nil {
		return err
	}
	if err := p.Shops.check(); err != nil {
		return err
	}
	if p.Earning != nil {
		if err := p.Earning.check(); err != nil {
			return err
		}
	}
	if p.Cashback != nil {
		if err := p.Cashback.check(); err != nil {
			return err
		}
	}
	if p.Sale != nil {
		if err := p.Sale.check(); err != nil {
			return err
		}
	}
	if p.CashRefund != nil {
		if err := p.CashRefund.check(p.Validity); err != nil {
			return err
		}
		if err := p.CashRefund.checkWays(p.From); err != nil {
			return err
		}
	}
	return p.Validity.check()
}

// CheckIssuable returns POLICY_EXPIRED where value issued on that day for a
// purpose, or for none, could never be spent: a fixed last day has passed.
// PURPOSE_UNKNOWN where the policy names no such purpose.
func (p Policy) CheckIssuable(purpose string, today Day) error {
	if err := p.CheckPurpose(purpose); err != nil {
		return err
	}
	if last := p.expiry(purpose, today); last != 0 && last < today {
		return PolicyExpired.Errorf("policy version %d: value may be spent until %s, it is %s", p.Version, last, today)
	}
	return nil
}

// Bonus is the subsidy on top of a bought amount, rounded down to the won.
func (p Policy) Bonus(principal int64) int64 { return share(principal, p.BonusRate) }

// accepts says why value under this policy may not be spent at a merchant.
func (p Policy) accepts(m Merchant) Refusal {
	if p.Version == 0 {
		return "of an unknown policy"
	}
	if len(p.Regions) > 0 && !slices.Contains(p.Regions, m.Region) {
		return Refusal("not for region " + m.Region)
	}
	if len(p.Categories) > 0 && !slices.Contains(p.Categories, m.Category) {
		return Refusal("not for category " + m.Category)
	}
	return ""
}

// Policies are the versions that a decision may meet.
type Policies map[int]Policy
