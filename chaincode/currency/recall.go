// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// HeldClaim is a claim on the bank that a case holds, and how much of it. From then on
// it is not to be paid, frozen account or not. Whether the bank sent it before, only
// the bank knows: either it confirms that, with the time, and the case loses the
// claim, or it recalls the claim, and the money comes into the case. Until then the
// money stays where it is.
type HeldClaim struct {
	Seq    int64 `json:"seq"`              // of the redemption
	Amount int64 `json:"amount,omitempty"` // won; all of it where a request leaves it out
}

// MaxHeldClaims bounds the claims that a case holds and the bank has not recalled.
const MaxHeldClaims = 64

// HoldClaims holds claims on the bank, of the redemptions that it names, in their
// order. It returns CASE_STATE, HOLDER_STATE unless the account is frozen or its holder
// closed it, REDEMPTION_PAID, REDEMPTION_RECALLED, REDEMPTION_HELD, or
// INSUFFICIENT_FUNDS where a claim is of less.
func (r HoldFunds) HoldClaims(c Case, h Holder, claims []Redemption, at int64) (Case, []Redemption, error) {
	if err := r.check(c, h); err != nil {
		return c, nil, err
	}
	if n := len(c.Claims) + len(claims); n > MaxHeldClaims {
		return c, nil, CaseState.Errorf("case %s would hold %d claims, at most %d", r.ID, n, MaxHeldClaims)
	}
	c.Claims = slices.Clone(c.Claims)
	held := slices.Clone(claims)
	for i, claim := range claims {
		h := r.Redemptions[i]
		if h.Amount == 0 {
			h.Amount = claim.Amount
		}
		if err := claim.checkOpen(); err != nil {
			return c, nil, err
		}
		if claim.Case != "" {
			return c, nil, RedemptionHeld.Errorf("seq %d is held for case %s", h.Seq, claim.Case)
		}
		if h.Amount > claim.Amount {
			return c, nil, InsufficientFunds.Errorf("redemption %d is of %d won, %d are to be held", h.Seq, claim.Amount, h.Amount)
		}
		held[i].Case, held[i].Since = r.ID, at
		c.Claims = append(c.Claims, h)
	}
	return c, held, nil
}

// checkOpen returns REDEMPTION_PAID or REDEMPTION_RECALLED.
func (r Redemption) checkOpen() error {
	switch {
	case r.Paid != "":
		return RedemptionPaid.Errorf("paid under the bank's reference %s", r.Paid)
	case r.Recalled != 0:
		return RedemptionRecalled.Errorf("recalled on %s", rfc3339(r.Recalled))
	}
	return nil
}

func checkHeldClaims(claims []HeldClaim) error {
	if len(claims) > MaxHeldClaims {
		return TooLarge.Errorf("%d redemptions are named, at most %d are allowed", len(claims), MaxHeldClaims)
	}
	named := map[int64]bool{}
	for _, h := range claims {
		if h.Seq < 1 || h.Seq > MaxAmount || named[h.Seq] {
			return InvalidID.Errorf("redemption %d: a sequence number, each once", h.Seq)
		}
		named[h.Seq] = true
		if h.Amount != 0 {
			if err := CheckAmount("amount of a redemption", h.Amount); err != nil {
				return err
			}
		}
	}
	return nil
}

// Free is the claim that no case holds any more.
func (r Redemption) Free() Redemption {
	r.Case, r.Since = "", 0
	return r
}

// Lose takes a claim, which the bank had paid before, from the case.
func (c Case) Lose(seq int64) Case {
	c.Claims = slices.DeleteFunc(slices.Clone(c.Claims), func(h HeldClaim) bool { return h.Seq == seq })
	return c
}

// Recall ends a claim that the bank has not paid and will not: what the case holds of
// it comes into the case, back is the rest, in the terms that it had; used is what the
// claim's receipt says. It returns REDEMPTION_PAID, REDEMPTION_RECALLED, CASE_UNKNOWN
// where no case holds it, and BUCKET_LIMIT.
func (r Redemption) Recall(c Case, seq int64, used []Part, at int64) (recalled Redemption, after Case, back []Part, err error) {
	if err := r.checkOpen(); err != nil {
		return r, c, nil, err
	}
	i := slices.IndexFunc(c.Claims, func(h HeldClaim) bool { return h.Seq == seq })
	if r.Case == "" || i < 0 {
		return r, c, nil, CaseUnknown.Errorf("no case holds redemption %d: it is to be paid", seq)
	}
	held, back := cutParts(r.terms(used), c.Claims[i].Amount)
	if c.Held, err = mergeHeld(append(slices.Clone(c.Held), held...)); err != nil {
		return r, c, nil, err
	}
	r.Recalled = at
	return r, c.Lose(seq), back, nil
}

// terms are the parts of a claim in the terms that they had. A cash refund claims plain
// won of what was bought: nobody but a shop may hold those.
func (r Redemption) terms(used []Part) []Part {
	if r.Merchant != "" {
		return r.Parts
	}
	var out []Part
	for _, p := range r.Parts {
		for _, u := range used {
			if take := min(p.Amount, u.Amount); take > 0 && u.Source == Principal && u.Origin == p.Origin {
				out = append(out, Part{Terms: u.Terms, Amount: take})
				p.Amount -= take
			}
		}
	}
	return MergeParts(out)
}

// RecallPayout is the bank's word that it did not pay a redemption that a case holds,
// and will not.
type RecallPayout struct {
	call.Operation
	Program string `json:"program"`
	Account string `json:"account"` // that claimed
	Seq     int64  `json:"seq"`     // of the redemption
}

// Validate checks the form.
func (r RecallPayout) Validate() error {
	return ReceiptQuery{Program: r.Program, Account: r.Account, Seq: r.Seq}.Validate()
}
