// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Purpose is what some of a policy's value is kept for: an issue, an allotment or
// an exchange names it, and each bucket of that value is bound to it wherever it
// goes. It only ever narrows: what the policy says of all value holds as well.
type Purpose struct {
	ID       string    `json:"id"`
	Uses     []Use     `json:"uses"`               // one of which must hold
	Validity *Validity `json:"validity,omitempty"` // how long its value may be spent, where not as long as the policy's other value
}

// maxPurposes bounds the purposes of a policy.
const maxPurposes = 32

func (p Policy) checkPurposes() error {
	if len(p.Purposes) > maxPurposes {
		return InvalidPolicy.Errorf("%d purposes, at most %d", len(p.Purposes), maxPurposes)
	}
	for i, one := range p.Purposes {
		if err := CheckID("purpose", one.ID); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Purposes[:i], func(o Purpose) bool { return o.ID == one.ID }) {
			return InvalidPolicy.Errorf("two purposes are called %s", one.ID)
		}
		if n := len(one.Uses); n == 0 || n > maxUses {
			return InvalidPolicy.Errorf("purpose %s has %d uses, 1 to %d are allowed", one.ID, n, maxUses)
		}
		for _, u := range one.Uses {
			if len(u.Purposes) > 0 {
				return InvalidPolicy.Errorf("a use of purpose %s names purposes: it is for this one", one.ID)
			}
			if err := u.check(); err != nil {
				return err
			}
		}
		if one.Validity != nil {
			if err := one.Validity.check(); err != nil {
				return err
			}
			if p.CashRefund != nil {
				if err := p.CashRefund.check(*one.Validity); err != nil {
					return err
				}
			}
		}
	}
	known := func(all []string) error {
		for _, id := range all {
			if err := p.checkPurpose(id, InvalidPolicy); err != nil {
				return err
			}
		}
		return nil
	}
	for _, u := range p.Uses {
		if err := known(u.Purposes); err != nil {
			return err
		}
	}
	for _, w := range p.Into {
		if err := known(w.Purposes); err != nil {
			return err
		}
	}
	for _, w := range p.From {
		if err := p.checkPurpose(w.Purpose, InvalidPolicy); err != nil {
			return err
		}
	}
	return nil
}

// purpose finds one by its id; nil is none.
func (p Policy) purpose(id string) *Purpose {
	if i := slices.IndexFunc(p.Purposes, func(o Purpose) bool { return o.ID == id }); i >= 0 {
		return &p.Purposes[i]
	}
	return nil
}

// CheckPurpose returns PURPOSE_UNKNOWN unless value under the policy may be kept
// for a purpose; empty is for none.
func (p Policy) CheckPurpose(id string) error { return p.checkPurpose(id, PurposeUnknown) }

func (p Policy) checkPurpose(id string, refusal *code.Code) error {
	if id != "" && p.purpose(id) == nil {
		return refusal.Errorf("policy version %d names no purpose %.64q", p.Version, id)
	}
	return nil
}

// checkPurposeID checks the form of a purpose that a request may name.
func checkPurposeID(id string) error {
	if id == "" {
		return nil
	}
	return CheckID("purpose", id)
}

// validity is how long value for a purpose may be spent; other is for none.
func (p Policy) validity(purpose string, other Validity) Validity {
	if own := p.purpose(purpose); own != nil && own.Validity != nil {
		return *own.Validity
	}
	return other
}

// expiry is the last day that value for a purpose may be spent, issued today.
func (p Policy) expiry(purpose string, today Day) Day {
	return p.validity(purpose, p.Validity).Expiry(today)
}

// admits says what part of a bill value kept for this purpose may pay, as
// [Policy.admits] does.
func (o *Purpose) admits(t Terms, m Merchant, today Day) (part int, why Refusal) {
	if o == nil {
		return 0, "of an unknown purpose"
	}
	return anyOf(o.Uses, t, m, today)
}
