// SPDX-License-Identifier: Apache-2.0

package currency

import "time"

// Unpaid says that a redemption waits for the bank. It stands under the
// redemption's own name from the claim to the payout, so whoever pays reads what is
// open and nothing that was paid before, and no two claims write one key.
type Unpaid struct {
	At int64 `json:"at"` // when it was claimed, Unix seconds
}

// UnpaidRedemption is a redemption that the bank has not paid, and why it is not
// to be paid now, if so.
type UnpaidRedemption struct {
	Redemption
	Withheld *Withholding `json:"withheld,omitempty"`
}

// Withholding is why a claim on the bank waits: its account is frozen, its shop
// suspended, or a case holds it. The claim itself is not lost; it may be paid again
// once both may act and no case holds it.
type Withholding struct {
	Code   string `json:"code"`             // HOLDER_FROZEN, MERCHANT_SUSPENDED or CASE_OPEN
	Reason string `json:"reason,omitempty"` // of the freeze: an officer's reference; or the case
	Since  int64  `json:"since"`            // Unix seconds; 0 where it was not kept yet
}

// Withheld says why a redemption is not to be paid now, since the earliest of the
// reasons; nil where it may be. m is the zero Merchant for a resident's cash refund.
func (r Redemption) Withheld(h Holder, m Merchant) *Withholding {
	var why *Withholding
	if h.Status == Frozen {
		why = &Withholding{Code: HolderFrozen.Name, Reason: h.Reason, Since: h.Since}
	}
	if m.Status == Suspended && (why == nil || m.Since < why.Since) {
		why = &Withholding{Code: MerchantSuspended.Name, Since: m.Since}
	}
	if r.Case != "" && (why == nil || r.Since < why.Since) {
		why = &Withholding{Code: CaseOpen.Name, Reason: r.Case, Since: r.Since}
	}
	return why
}

// CheckSent returns REDEMPTION_WITHHELD where the bank sent a transfer when it was
// not to be, INVALID_ID where it says that it sent it before the claim or in the
// future. A transfer is sent when it is confirmed unless the bank says when: what
// left the bank before the account was frozen is recorded all the same.
func (r Redemption) CheckSent(sent int64, w *Withholding, now time.Time) error {
	bound := int64(ClockBound / time.Second)
	switch {
	case sent == 0:
		sent = now.Unix()
	case sent < r.At-bound || sent > now.Unix()+bound:
		return InvalidID.Errorf("sent at %s: claimed at %s, it is %s", rfc3339(sent), rfc3339(r.At), rfc3339(now.Unix()))
	}
	if w == nil || sent < w.Since {
		return nil
	}
	return RedemptionWithheld.Errorf("%s since %s %s, sent at %s: what was sent before is confirmed with its time, everything else waits", w.Code, rfc3339(w.Since), w.Reason, rfc3339(sent))
}

func rfc3339(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
