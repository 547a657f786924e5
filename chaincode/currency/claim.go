// SPDX-License-Identifier: Apache-2.0

package currency

// Claim puts credits into the purse (TypClaim).
type Claim struct {
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims"` // credits to claim, 1 to 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Claim) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Claim) Typ() string { return TypClaim }

// Validate implements Payload.
func (o Claim) Validate() error {
	if len(o.Claims) == 0 {
		return InvalidID.Errorf("claims is empty: name the credits to claim")
	}
	return checkClaims(o.Claims)
}

// CreditKind says what a credit is.
type CreditKind string

// The kinds of credit.
const (
	CreditIssue   CreditKind = "issue"
	CreditPayment CreditKind = "payment"
	CreditGift    CreditKind = "gift"
	CreditRefund  CreditKind = "refund"
	CreditReward  CreditKind = "reward"
	CreditBuy     CreditKind = "purchase"
	CreditRelease CreditKind = "release"  // from is the case that held it
	CreditTrade   CreditKind = "exchange" // from is the programme it came from
)

// Credit is value on its way to a holder. Whoever pays writes it without reading
// anything of the receiver's, so receivers never cause a conflict; the receiver
// claims it by name. All payments to one merchant in one transaction share one.
type Credit struct {
	Kind  CreditKind `json:"kind"`
	From  string     `json:"from,omitempty"` // giver's account, merchant or run; empty where several payers share it
	Parts []Part     `json:"parts"`
	At    int64      `json:"at"` // Unix seconds
}

// Named is a credit and what it is called; Found is false where there is none.
type Named struct {
	Name   CreditName
	Credit Credit
	Found  bool
}

// Unclaimed is a credit that an order named and did not get, or not all of.
type Unclaimed struct {
	Credit CreditName `json:"credit"`
	Code   string     `json:"code"`             // CREDIT_UNKNOWN, CREDIT_REPEATED, HOLDING_CAP or BUCKET_LIMIT
	Amount int64      `json:"amount,omitempty"` // what stays claimable, won
}

// Collected is the outcome of claiming.
type Collected struct {
	Buckets   Buckets
	Claimed   []CreditName // whole or in part
	Rest      []Named      // of those claimed in part, what stays claimable
	Unclaimed []Unclaimed
}

// Collect claims credits into a purse. What would pass the holding cap (0 is
// none) stays claimable, be it part of a credit; a credit of more kinds of value
// than fit stays as a whole; what is absent or repeated is reported.
func Collect(b Buckets, credits []Named, holdingCap int64) Collected {
	out := Collected{Buckets: b}
	seen := map[CreditName]bool{}
	for _, c := range credits {
		if seen[c.Name] {
			out.leave(c.Name, CreditRepeated.Name, nil)
			continue
		}
		seen[c.Name] = true
		if !c.Found {
			out.leave(c.Name, CreditUnknown.Name, nil)
			continue
		}
		taken, rest := c.Credit.Parts, []Part(nil)
		if holdingCap > 0 {
			taken, rest = cutParts(c.Credit.Parts, holdingCap-out.Buckets.Total())
		}
		if len(rest) > 0 {
			out.leave(c.Name, HoldingCap.Name, rest)
		}
		if len(taken) == 0 {
			continue
		}
		next, err := out.Buckets.Add(taken, c.Credit.Kind != CreditRefund)
		if err != nil {
			if len(rest) > 0 {
				out.Unclaimed = out.Unclaimed[:len(out.Unclaimed)-1]
			}
			out.leave(c.Name, BucketLimit.Name, c.Credit.Parts)
			continue
		}
		out.Buckets = next
		out.Claimed = append(out.Claimed, c.Name)
		if len(rest) > 0 {
			c.Credit.Parts = rest
			out.Rest = append(out.Rest, c)
		}
	}
	return out
}

func (c *Collected) leave(name CreditName, why string, parts []Part) {
	c.Unclaimed = append(c.Unclaimed, Unclaimed{Credit: name, Code: why, Amount: Total(parts)})
}

// cutParts takes parts up to a room in won, in their order.
func cutParts(parts []Part, room int64) (taken, rest []Part) {
	for _, p := range parts {
		take := max(0, min(p.Amount, room))
		room -= take
		if take > 0 {
			taken = append(taken, Part{Terms: p.Terms, Amount: take})
		}
		if take < p.Amount {
			rest = append(rest, Part{Terms: p.Terms, Amount: p.Amount - take})
		}
	}
	return taken, rest
}

// CheckAny returns NOTHING_CLAIMED where a claim order got nothing, so that it
// does not use up a sequence number.
func (c Collected) CheckAny() error {
	if len(c.Claimed) > 0 {
		return nil
	}
	first := c.Unclaimed[0]
	return NothingClaimed.Errorf("%d credits named, the first is %s: %s", len(c.Unclaimed), first.Credit, first.Code)
}

// Claims are the credits that an order names to be claimed: those of a charge stand in
// the token that it carries, those of a joint payment in each of its payments.
func (o *Order) Claims() []CreditName {
	if o.Shown != nil {
		return o.Shown.Token.Claims
	}
	switch p := o.Payload.(type) {
	case Payment:
		return p.Claims
	case PayTogether:
		var all []CreditName
		for _, one := range p.Payments() {
			all = append(all, one.Claims...)
		}
		return all
	case Gift:
		return p.Claims
	case Claim:
		return p.Claims
	case Redeem:
		return p.Claims
	case Refund:
		return p.Claims
	case CompleteRefund:
		return p.Claims
	case CashOut:
		return p.Claims
	case Authorise:
		return p.Claims
	case Capture:
		return p.Claims
	case Exchange:
		return p.Claims
	default:
		return nil
	}
}
