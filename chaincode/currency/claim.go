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

// Unclaimed is a credit that an order named and did not get.
type Unclaimed struct {
	Credit CreditName `json:"credit"`
	Code   string     `json:"code"` // CREDIT_UNKNOWN, CREDIT_REPEATED, HOLDING_CAP or BUCKET_LIMIT
}

// Collected is the outcome of claiming.
type Collected struct {
	Buckets   Buckets
	Claimed   []CreditName
	Unclaimed []Unclaimed
}

// Collect claims credits into a purse, each as a whole or not at all. What is
// absent or repeated, would pass the holding cap (0 is none) or does not fit is
// reported and left as it is.
func Collect(b Buckets, credits []Named, holdingCap int64) Collected {
	out := Collected{Buckets: b}
	taken := map[CreditName]bool{}
	for _, c := range credits {
		why := ""
		switch {
		case taken[c.Name]:
			why = CreditRepeated.Name
		case !c.Found:
			why = CreditUnknown.Name
		case holdingCap > 0 && out.Buckets.Total()+Total(c.Credit.Parts) > holdingCap:
			why = HoldingCap.Name
		default:
			next, err := out.Buckets.Add(c.Credit.Parts, c.Credit.Kind != CreditRefund)
			if err != nil {
				why = BucketLimit.Name
				break
			}
			out.Buckets = next
			out.Claimed = append(out.Claimed, c.Name)
		}
		taken[c.Name] = true
		if why != "" {
			out.Unclaimed = append(out.Unclaimed, Unclaimed{Credit: c.Name, Code: why})
		}
	}
	return out
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
