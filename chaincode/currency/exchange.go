// SPDX-License-Identifier: Apache-2.0

package currency

import "slices"

// Way is one direction of an exchange between two programmes, as the policy
// of one of them names it. It stands only where the policies in force of both
// name it at one rate: the one as into, the other as from.
type Way struct {
	Program  string   `json:"program"`            // the other programme
	Rate     int      `json:"rate"`               // won credited there for won given here, basis points, 1 to 10000; rounded down to the won
	Sources  []Source `json:"sources,omitempty"`  // what may be given, or is taken; empty is all
	Expiry   Keep     `json:"expiry,omitempty"`   // of from: which last day the value has then
	As       Source   `json:"as,omitempty"`       // of from: the source it counts as then; empty keeps its own
	Purposes []string `json:"purposes,omitempty"` // of into: value kept for these may be given as well; no other is
	Purpose  string   `json:"purpose,omitempty"`  // of from: what it is kept for then, one of the receiving policy's; empty is nothing
}

// Keep says which last day exchanged value has.
type Keep string

// The rules of expiry. None of them but Own lets value outlive what it was.
const (
	Earlier Keep = ""     // the earlier of its own and that of the receiving policy
	Kept    Keep = "kept" // its own
	Own     Keep = "own"  // that of the receiving policy, from the day of the exchange
)

// MaxWays bounds the exchanges that a policy names in one direction.
const MaxWays = 32

func checkWays(program string, into, from []Way) error {
	if len(into) > MaxWays || len(from) > MaxWays {
		return InvalidPolicy.Errorf("%d exchanges into and %d from other programmes, at most %d each", len(into), len(from), MaxWays)
	}
	for i, all := range [][]Way{into, from} {
		seen := map[string]bool{}
		for _, e := range all {
			if err := CheckID("exchange programme", e.Program); err != nil {
				return err
			}
			switch {
			case e.Program == program || seen[e.Program]:
				return InvalidPolicy.Errorf("exchange with %s: another programme, named once in a direction", e.Program)
			case e.Rate < 1 || e.Rate > 10_000:
				return InvalidPolicy.Errorf("exchange with %s at %d basis points: 1 to 10000, for no money comes of it", e.Program, e.Rate)
			case e.Expiry != Earlier && e.Expiry != Kept && e.Expiry != Own, i == 0 && e.Expiry != Earlier:
				return InvalidPolicy.Errorf("exchange with %s: expiry %.16q; the receiving policy says kept, own or nothing", e.Program, string(e.Expiry))
			case e.As != "" && (i == 0 || !slices.Contains(sources, e.As)):
				return InvalidPolicy.Errorf("exchange with %s: as %.16q; the receiving policy names a source or nothing", e.Program, string(e.As))
			}
			if (i == 0 && e.Purpose != "") || (i == 1 && len(e.Purposes) > 0) {
				return InvalidPolicy.Errorf("exchange with %s: who gives says of which purposes, who receives for which", e.Program)
			}
			for _, s := range e.Sources {
				if !slices.Contains(sources, s) {
					return InvalidPolicy.Errorf("exchange with %s: source %.16q", e.Program, string(s))
				}
			}
			seen[e.Program] = true
		}
	}
	return nil
}

func wayTo(all []Way, program string) (Way, bool) {
	i := slices.IndexFunc(all, func(e Way) bool { return e.Program == program })
	if i < 0 {
		return Way{}, false
	}
	return all[i], true
}

func (e Way) allows(s Source) bool { return len(e.Sources) == 0 || slices.Contains(e.Sources, s) }

// lets reports whether value may leave what it is kept for by this way.
func (e Way) lets(purpose string) bool {
	return purpose == "" || slices.Contains(e.Purposes, purpose)
}

// Exchange exchanges value into another programme, where the same holder has an
// account and claims it (TypExchange).
type Exchange struct {
	Amount    int64        `json:"amount"` // given, won
	Chaincode string       `json:"chaincode"`
	Channel   string       `json:"channel"`
	Claims    []CreditName `json:"claims,omitempty"` // credits to claim first, at most 500
	Exp       int64        `json:"exp"`
	Holder    string       `json:"holder"`
	Into      string       `json:"into"`            // the other programme
	Least     int64        `json:"least,omitempty"` // fewer won credited there and the order is refused; 0 takes any rate
	Network   string       `json:"network"`
	Program   string       `json:"program"`
	Ref       string       `json:"ref,omitempty"` // the caller's reference
	Seq       int64        `json:"seq"`
	V         int          `json:"v"`
}

// Binding implements Payload.
func (o Exchange) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (Exchange) Typ() string { return TypExchange }

// Validate implements Payload.
func (o Exchange) Validate() error {
	if err := CheckAmount("amount", o.Amount); err != nil {
		return err
	}
	if err := CheckID("into", o.Into); err != nil {
		return err
	}
	if o.Into == o.Program {
		return SelfTransfer.Errorf("programme %s is exchanged into itself", o.Program)
	}
	if o.Least < 0 || o.Least > MaxAmount {
		return InvalidAmount.Errorf("least is %d won, 0 to %d is allowed", o.Least, MaxAmount)
	}
	if err := checkRef(o.Ref); err != nil {
		return err
	}
	return checkClaims(o.Claims)
}

// Traded is what an exchange does to value.
type Traded struct {
	Left     Buckets
	Used     []Part // what left the purse, face along with it
	Credit   []Part // what it became in the other programme, under the same origins
	Record   Exchanged
	Returned []Part // what the rate left over, by fund: goes back there
}

// Decide exchanges amount from a purse, from whose terms the value's own policy
// lets go, into the other programme, whose policy in force is there. What is
// credited of each part is what the sum so far gives at the rate, rounded down,
// less what was credited before, so the whole is rounded down once; the rest goes
// back to its fund. It returns TO_MERCHANT, HOLDER_FROZEN, HOLDER_CLOSED,
// POLICY_EXPIRED, EXCHANGE_OFF, EXCHANGE_RATE or INSUFFICIENT_FUNDS, which says
// what terms kept value from going.
func (o Exchange) Decide(b Buckets, from, to Holder, current, there Policy, policies Policies, today, todayThere Day, at int64) (Traded, error) {
	for _, h := range []Holder{from, to} {
		if h.Merchant != "" {
			return Traded{}, ToMerchant.Errorf("account %s is merchant %s", o.Holder, h.Merchant)
		}
	}
	if err := to.CanReceive(); err != nil {
		return Traded{}, err
	}
	into, ok := wayTo(current.Into, o.Into)
	if !ok {
		return Traded{}, ExchangeOff.Errorf("policy %d of %s names no exchange into %s", current.Version, o.Program, o.Into)
	}
	taken, ok := wayTo(there.From, o.Program)
	if !ok || taken.Rate != into.Rate {
		return Traded{}, ExchangeOff.Errorf("policy %d of %s gives %d basis points, policy %d of %s takes at %d", current.Version, o.Program, into.Rate, there.Version, o.Into, taken.Rate)
	}
	if err := there.CheckIssuable(taken.Purpose, todayThere); err != nil {
		return Traded{}, err
	}
	left, used, err := b.Draw(o.Amount, current.Order(), true, func(b Bucket) Refusal {
		if why := b.usable(today); why != "" {
			return why
		}
		own, named := wayTo(policies[b.Policy].Into, o.Into)
		if !named || !own.allows(b.Source) {
			return Refusal("not to be exchanged into " + o.Into)
		}
		if !own.lets(b.Purpose) {
			return Refusal("kept for " + b.Purpose + ", not to be exchanged into " + o.Into)
		}
		if !taken.allows(b.Source) {
			return Refusal("of a source that " + o.Into + " does not take")
		}
		return ""
	})
	if err != nil {
		return Traded{}, err
	}
	out := Traded{Left: left, Used: used}
	var given, got int64
	for _, p := range used {
		given += p.Amount
		won := share(given, into.Rate) - got
		got += won
		if rest := p.Amount - won; rest > 0 {
			out.Returned = append(out.Returned, Part{Terms: p.Plain(), Amount: rest})
		}
		if won > 0 {
			out.Credit = append(out.Credit, Part{Terms: taken.terms(p.Terms, there, todayThere), Amount: won})
		}
	}
	if got == 0 || got < o.Least {
		return Traded{}, ExchangeRate.Errorf("%d won at %d basis points give %d won, at least %d are asked for", o.Amount, into.Rate, got, max(o.Least, 1))
	}
	out.Record = o.record(out.Credit, into.Rate, at)
	out.Credit, out.Returned = MergeParts(out.Credit), MergeParts(out.Returned)
	return out, nil
}

// terms are those of exchanged value in the receiving programme.
func (e Way) terms(t Terms, there Policy, today Day) Terms {
	own := there.expiry(e.Purpose, today)
	switch {
	case e.Expiry == Own, e.Expiry == Earlier && compareExpiry(own, t.Expiry) < 0:
		t.Expiry = own
	}
	if e.As != "" {
		t.Source = e.As
	}
	t.Policy, t.Purpose = there.Version, e.Purpose
	return t
}

// Exchanged is the record of an exchange, under the programme that gave, its
// holder and seq. Both programmes' equations are told by it: the same won, under
// the same funds, left the one and entered the other.
type Exchanged struct {
	Into  string `json:"into"`  // the programme that took
	Given int64  `json:"given"` // from the purse, won
	Rate  int    `json:"rate"`  // basis points
	Parts []Part `json:"parts"` // what went over, by fund, won
	At    int64  `json:"at"`    // Unix seconds
}

func (o Exchange) record(credit []Part, rate int, at int64) Exchanged {
	parts := make([]Part, len(credit))
	for i, p := range credit {
		parts[i] = Part{Terms: p.Plain(), Amount: p.Amount}
	}
	return Exchanged{Into: o.Into, Given: o.Amount, Rate: rate, Parts: MergeParts(parts), At: at}
}
