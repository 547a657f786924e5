// SPDX-License-Identifier: Apache-2.0

package currency

// CashRefund says when bought value may be turned back into cash. Value of one
// policy version and last day counts together, bought and subsidy, as long as some of
// either is left: of what was used up, nothing counts any more.
type CashRefund struct {
	Share   int `json:"share,omitempty"` // of the face that must have been used before the rest is refunded, basis points (6000 = 60%); 0 is never
	Days    int `json:"days,omitempty"`  // after buying in which it is refunded if unused, 0 is never; needs a validity that is not rounded or fixed, for the last day then tells the first
	Subsidy int `json:"subsidy"`         // part of the value left that is subsidy and not refunded, basis points: 1000 where 90 were paid for 100, 909 where 100 were paid for 110
}

func (c CashRefund) check(v Validity) error {
	switch {
	case c.Share < 0 || c.Share > 10_000 || c.Subsidy < 0 || c.Subsidy > 10_000:
		return InvalidPolicy.Errorf("cashRefund: share %d and subsidy %d, 0 to 10000 basis points", c.Share, c.Subsidy)
	case c.Days < 0 || c.Days > 366:
		return InvalidPolicy.Errorf("cashRefund: %d days, 0 to 366", c.Days)
	case c.Share == 0 && c.Days == 0:
		return InvalidPolicy.Errorf("cashRefund: neither share nor days say when; leave it out")
	case c.Days > 0 && (v.Until != 0 || v.Round != "" || v == Validity{}):
		return InvalidPolicy.Errorf("cashRefund within %d days of buying: the last day of this validity does not tell when it was bought", c.Days)
	}
	return nil
}

// checkWays returns INVALID_POLICY where exchanged value counts as bought and keeps a
// last day that does not tell when it came.
func (c CashRefund) checkWays(from []Way) error {
	for _, w := range from {
		if c.Days > 0 && w.Expiry == Kept && w.As != Benefit && w.As != Reward {
			return InvalidPolicy.Errorf("cashRefund within %d days of buying: value of %s keeps its last day, which does not tell when it was bought", c.Days, w.Program)
		}
	}
	return nil
}

// CashOut turns what is left of bought value into a claim on the bank
// (TypCashOut): all of it that the policies let go by then.
type CashOut struct {
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Network   string       `json:"network"`
	Payout    string       `json:"payout"` // salted SHA-256 of the bank account, hex
	Program   string       `json:"program"`
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o CashOut) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (CashOut) Typ() string { return TypCashOut }

// Validate implements Payload.
func (o CashOut) Validate() error {
	if err := CheckDigest("payout", o.Payout); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Cashed is what a cash refund does to value.
type Cashed struct {
	Left     Buckets
	Used     []Part // all that leaves the purse
	Cash     []Part // of that, by fund, what the bank pays
	Returned []Part // and what goes back to its fund
}

// batchOfValue is what was bought under one policy until one last day, for one purpose or none.
type batchOfValue struct {
	policy  int
	expiry  Day
	purpose string
}

// standing is how much of it there was and is, in won.
type standing struct {
	purpose                     string
	face, left, principal, cash int64
}

// Decide refunds, of each policy version and last day, the value left less the
// subsidy, once the policy's share of its face was used, or none of it within the
// policy's days, nor anything held: held is the last day on which something was, 0 if
// never. The subsidy is taken off rounded up to the won, so cash is
// rounded down, and never more than what is left of the bought part. What is not
// refunded goes back to the funds it came from. It returns TO_MERCHANT, whose way
// is to redeem, or NOT_CASHABLE.
func (o CashOut) Decide(b Buckets, h Holder, policies Policies, today, held Day) (Cashed, error) {
	if h.Merchant != "" {
		return Cashed{}, ToMerchant.Errorf("account %s is merchant %s, who redeems", o.Holder, h.Merchant)
	}
	all := map[batchOfValue]standing{}
	for _, bucket := range b {
		if policies.cashable(bucket, today) {
			s := all[bucket.batch()]
			s.purpose = bucket.Purpose
			s.face += bucket.Face
			s.left += bucket.Left
			if bucket.Source == Principal {
				s.principal += bucket.Left
			}
			all[bucket.batch()] = s
		}
	}
	var out Cashed
	why := "none of it was bought under terms that refund cash"
	for _, bucket := range b {
		key := bucket.batch()
		s, ok := all[key]
		if ok && policies.cashable(bucket, today) {
			due, refusal := policies[bucket.Policy].due(s, bucket.Expiry, today, held)
			if refusal == nil {
				out.take(bucket, min(bucket.Left, due-s.cash))
				if bucket.Source == Principal {
					s.cash += min(bucket.Left, due-s.cash)
					all[key] = s
				}
				continue
			}
			why = refusal.Error()
		}
		out.Left = append(out.Left, bucket)
	}
	if len(out.Cash) == 0 {
		return Cashed{}, NotCashable.Errorf("%d won are held: %s", b.Total(), why)
	}
	out.Cash, out.Returned = MergeParts(out.Cash), MergeParts(out.Returned)
	return out, nil
}

func (b Bucket) batch() batchOfValue { return batchOfValue{b.Policy, b.Expiry, b.Purpose} }

// boughtWith reports whether two buckets count together for a cash refund.
func (b Bucket) boughtWith(other Bucket) bool {
	return b.bought() && other.bought() && b.batch() == other.batch()
}

func (b Bucket) bought() bool { return b.Source == Principal || b.Source == Subsidy }

func (ps Policies) cashable(b Bucket, today Day) bool {
	return b.usable(today) == "" && ps[b.Policy].CashRefund != nil && b.bought()
}

// take moves a bucket out of the purse: cash of it, if it was bought, to the
// bank, the rest to its fund.
func (c *Cashed) take(b Bucket, cash int64) {
	c.Used = append(c.Used, Part{Terms: b.Terms, Amount: b.Left})
	if b.Source != Principal {
		cash = 0
	}
	if cash > 0 {
		c.Cash = append(c.Cash, Part{Terms: b.Plain(), Amount: cash})
	}
	if rest := b.Left - cash; rest > 0 {
		c.Returned = append(c.Returned, Part{Terms: b.Plain(), Amount: rest})
	}
}

// due is the cash that value of one policy version and last day gives, won; the
// error says with figures why it gives none yet.
func (p Policy) due(s standing, expiry, today, held Day) (int64, error) {
	c := *p.CashRefund
	used := s.face - s.left
	needed := s.face - share(s.face, 10_000-c.Share) // rounded up
	first := today.After(-c.Days)                    // on which what is young was bought
	young := c.Days > 0 && used == 0 && held < first && p.expiry(s.purpose, first) <= expiry
	if !young && (c.Share == 0 || used < needed) {
		return 0, NotCashable.Errorf("of %d won until %s %d were used, %d have to be", s.face, expiry, used, needed)
	}
	cash := min(s.principal, share(s.left, 10_000-c.Subsidy))
	if cash == 0 {
		return 0, NotCashable.Errorf("the %d won until %s are all subsidy", s.left, expiry)
	}
	return cash, nil
}
