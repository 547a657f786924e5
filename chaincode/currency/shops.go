// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Shops is what a policy says of merchants beside where its value may be spent.
// The policy in force counts.
type Shops struct {
	Bans       []BanRule       `json:"bans,omitempty"`       // how long a business stays out, by reason
	Redemption *RedemptionRule `json:"redemption,omitempty"` // what a merchant may redeem a month; no cap if left out
}

// BanRule is how long a business that was put out for a reason may not register
// again.
type BanRule struct {
	Reason string `json:"reason"` // e.g. fraud
	Months int    `json:"months"` // 1 to 600
}

// RedemptionRule caps what a merchant redeems a calendar month. Only verified
// sales raise it.
type RedemptionRule struct {
	Base  int64 `json:"base"`  // won
	Share int   `json:"share"` // of the verified sales of a month on top, basis points: 10000 is all of them
}

func (s *Shops) check() error {
	if s == nil {
		return nil
	}
	if len(s.Bans) > 32 {
		return InvalidPolicy.Errorf("%d bans, at most 32", len(s.Bans))
	}
	for i, b := range s.Bans {
		if err := CheckID("reason of a ban", b.Reason); err != nil {
			return err
		}
		if b.Months < 1 || b.Months > 600 {
			return InvalidPolicy.Errorf("a ban for %s of %d months: 1 to 600", b.Reason, b.Months)
		}
		if slices.ContainsFunc(s.Bans[:i], func(o BanRule) bool { return o.Reason == b.Reason }) {
			return InvalidPolicy.Errorf("two bans for %s", b.Reason)
		}
	}
	if r := s.Redemption; r != nil {
		if err := CheckAmount("redemption base", r.Base); err != nil {
			return err
		}
		if r.Share < 0 || r.Share > 100_000 {
			return InvalidPolicy.Errorf("redemption share %d: 0 to 100000 basis points of the verified sales", r.Share)
		}
	}
	return nil
}

// Cap is what a merchant may redeem a month under the policy, won; 0 is no cap.
func (s *Shops) Cap(m Merchant) int64 {
	if s == nil || s.Redemption == nil {
		return 0
	}
	r := s.Redemption
	return min(MaxAmount, r.Base+share(m.Sales, r.Share))
}

// Monthly counts won of one calendar month.
type Monthly struct {
	Month  int   `json:"month"`  // yyyymm of the programme's calendar
	Amount int64 `json:"amount"` // won
}

// In is what was counted in the month of a day. A clock that is late brings no month
// back that is over: what it redeems counts in the one that has begun.
func (c Monthly) In(today Day) Monthly {
	if month := int(today / 100); month > c.Month {
		return Monthly{Month: month}
	}
	return c
}

// Less is the count without an amount that was counted in a month, yyyymm, if in this one.
func (c Monthly) Less(amount int64, month int) Monthly {
	if c.Month == month {
		c.Amount = max(0, c.Amount-amount)
	}
	return c
}

// Ban keeps a business out of the programme, whatever merchant id, account or
// name it comes back with.
type Ban struct {
	Reason   string `json:"reason"`
	Merchant string `json:"merchant"`         // that was put out
	From     Day    `json:"from"`             // first day
	Until    Day    `json:"until"`            // last day
	By       string `json:"by"`               // MSP/common name
	Lifted   string `json:"lifted,omitempty"` // who took it back, MSP/common name

	Closed []string `json:"closed,omitempty"` // other merchants of the business, closed with it
}

// Business lists the merchants of one business: a ban closes all of them.
type Business struct {
	Merchants []string `json:"merchants"` // ids, in the order they came
}

// MaxShops bounds the merchants of one business, closed ones included.
const MaxShops = 100

// With is the business with a merchant. It returns TOO_LARGE.
func (b Business) With(id string) (Business, error) {
	if slices.Contains(b.Merchants, id) {
		return b, nil
	}
	if len(b.Merchants) >= MaxShops {
		return b, TooLarge.Errorf("the business has %d merchants, at most %d", len(b.Merchants), MaxShops)
	}
	return Business{append(slices.Clone(b.Merchants), id)}, nil
}

// Without is the business without a merchant.
func (b Business) Without(id string) Business {
	return Business{slices.DeleteFunc(slices.Clone(b.Merchants), func(m string) bool { return m == id })}
}

// Check returns MERCHANT_BANNED while the ban lasts.
func (b Ban) Check(today Day) error {
	if b.Lifted == "" && b.Until >= today {
		return MerchantBanned.Errorf("the business was put out for %s as merchant %s on %s and may register again after %s", b.Reason, b.Merchant, b.From, b.Until)
	}
	return nil
}

// Ban puts a merchant out: it is closed, and its business may not register again
// for as long as the policy says; at is now, Unix seconds. One that is suspended stays
// so, as what it claimed from the bank does: an officer closes it once that may be paid.
// It returns INVALID_POLICY for a reason that the policy does not know, or
// BUSINESS_UNKNOWN.
func (m Merchant) Ban(reason string, rules Policy, by string, today Day, at int64) (Merchant, Ban, error) {
	if m.Business == "" {
		return m, Ban{}, BusinessUnknown.Errorf("merchant %s: set the digest of its business first", m.ID)
	}
	var rule *BanRule
	if rules.Shops != nil {
		for i, b := range rules.Shops.Bans {
			if b.Reason == reason {
				rule = &rules.Shops.Bans[i]
			}
		}
	}
	if rule == nil {
		return m, Ban{}, InvalidPolicy.Errorf("policy version %d has no ban for %.48q", rules.Version, reason)
	}
	if m.Status == Active {
		m.Status, m.Since = Closed, at
	}
	last := Validity{Months: rule.Months}.Expiry(today)
	return m, Ban{Reason: reason, Merchant: m.ID, From: today, Until: last, By: by}, nil
}

// BanMerchant puts a merchant out of the programme.
type BanMerchant struct {
	call.Operation
	Program string `json:"program"`
	ID      string `json:"id"`
	Reason  string `json:"reason"` // one of the policy's bans
}

// Validate checks the form.
func (r BanMerchant) Validate() error {
	if err := CheckID("reason", r.Reason); err != nil {
		return err
	}
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}

// BanQuery names the ban of a business.
type BanQuery struct {
	Program  string `json:"program"`
	Business string `json:"business"` // salted SHA-256 of its registration number, hex
}

// Validate checks the form.
func (r BanQuery) Validate() error {
	if err := CheckDigest("business", r.Business); err != nil {
		return err
	}
	return CheckID("programme id", r.Program)
}

// LiftBan takes a ban back.
type LiftBan struct {
	call.Operation
	BanQuery
}

// VerifySales notes what a merchant was verified to sell in a month.
type VerifySales struct {
	call.Operation
	Program  string `json:"program"`
	ID       string `json:"id"`
	Sales    int64  `json:"sales"`    // won a month
	Evidence string `json:"evidence"` // SHA-256 of the papers, hex
}

// Validate checks the form.
func (r VerifySales) Validate() error {
	if r.Sales < 0 || r.Sales > MaxAmount {
		return InvalidAmount.Errorf("sales are %d won, 0 to %d is allowed", r.Sales, MaxAmount)
	}
	if err := CheckDigest("evidence", r.Evidence); err != nil {
		return err
	}
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}
