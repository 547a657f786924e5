// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// rewarding is a policy that rewards an hour with 700 won, 50,000 in a life, by the
// bakery's word.
func rewarding() currency.Policy {
	p := goodPolicy()
	p.Earning = &currency.Earning{Allotment: "rewards", LifetimeCap: 50_000, Validity: &currency.Validity{Months: 36}, Activities: []currency.Activity{
		{ID: "volunteering", Unit: "minute", Pay: 700, For: 60, Attesters: []string{bakery.did}},
	}}
	return p
}

func TestReward(t *testing.T) {
	now := noon(today)
	type state struct {
		word   currency.Attestation
		by     party
		holder currency.Holder
		person currency.Person
		policy currency.Policy
		from   currency.Tranche
	}
	for _, c := range []struct {
		name     string
		malleate func(*state)
		earned   int64
		want     *code.Code
	}{
		{"three hours", func(*state) {}, 2_100, nil},
		{"a minute, rounded down", func(s *state) { s.word.Quantity = 1 }, 11, nil},
		{"up to the cap", func(s *state) { s.person.Earned = 47_900 }, 2_100, nil},
		{"what is left of the cap", func(s *state) { s.person.Earned = 49_999 }, 1, nil},
		{"above the cap", func(s *state) { s.person.Earned = 50_000 }, 0, currency.EarningCap},
		{"no cap", func(s *state) { s.policy.Earning.LifetimeCap, s.person.Earned = 0, 1_000_000 }, 2_100, nil},
		{"at the person's ceiling", func(s *state) { s.policy.PersonCeiling = 2_100 }, 2_100, nil},
		{"above a person's ceiling", func(s *state) { s.policy.PersonCeiling = 2_099 }, 0, currency.PersonCeiling},
		{"within it by the cap", func(s *state) { s.policy.PersonCeiling, s.person.Earned = 2_099, 49_000 }, 1_000, nil},
		{"in another unit", func(s *state) { s.word.Unit = "hour" }, 0, currency.UnitMismatch},
		{"of another activity", func(s *state) { s.word.Activity = "gaming" }, 0, currency.NotEarned},
		{"on another's word", func(s *state) { s.by = bob }, 0, currency.NotEarned},
		{"in the attester's name", func(s *state) { s.by.Signer, s.by.Kid = bob.Signer, bakery.Kid }, 0, code.BadSignature},
		{"nothing rewarded", func(s *state) { s.policy.Earning = nil }, 0, currency.NotEarned},
		{"too little", func(s *state) {
			s.policy.Earning.Activities[0].Pay, s.word.Quantity = 1, 59
		}, 0, currency.NotEarned},
		{"at the last moment", func(s *state) { s.word.Exp = now.Unix() }, 2_100, nil},
		{"a second late", func(s *state) { s.word.Exp = now.Unix() - 1 }, 0, currency.OrderExpired},
		{"to a shop", func(s *state) { s.holder.Merchant = "bakery" }, 0, currency.ToMerchant},
		{"to a frozen account", func(s *state) { s.holder.Status = currency.Frozen }, 0, currency.HolderFrozen},
		{"to a closed account", func(s *state) { s.holder.Status = currency.Closed }, 0, currency.HolderClosed},
		{"past its last day", func(s *state) { s.policy.Earning.Validity = &currency.Validity{Until: 2026_03_01} }, 0, currency.PolicyExpired},
		{"all the tranche has", func(s *state) { s.from.Left = 2_100 }, 2_100, nil},
		{"more than the tranche has", func(s *state) { s.from.Left = 2_099 }, 0, currency.FundExceeded},
		{"out of another source", func(s *state) { s.from.Source = currency.Subsidy }, 0, currency.FundExceeded},
		{"while the allotment cools down", func(s *state) { s.from.From = now.Unix() + 1 }, 0, currency.AllotmentCooling},
		{"kept for an unknown purpose", func(s *state) { s.from.Purpose = "rent" }, 0, currency.PurposeUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := state{
				word: currency.Attestation{
					Activity: "volunteering", Channel: here.Channel, Evidence: digest, Exp: now.Unix() + 60, Holder: alice.account,
					Network: here.Network, Program: "nowon", Quantity: 180, Unit: "minute", V: 1,
				},
				by: bakery, holder: alice.holder(), policy: rewarding(), from: currency.Tranche{Source: currency.Reward, Fund: "budget", Left: 1_000_000},
			}
			c.malleate(&s)
			word, m, err := currency.ParseAttestation(sign(t, s.by, currency.TypAttestation, s.word), here)
			wantCode(t, err, nil)
			e, who, from, part, err := word.Decide(m, s.holder, s.person, goodProgram(), nil, s.policy, s.from, now)
			wantCode(t, err, c.want)
			if c.want != nil {
				if who.Earned != s.person.Earned || from != s.from {
					t.Errorf("refused, and yet %+v, %+v", who, from)
				}
				return
			}
			terms := currency.Terms{Policy: 1, Expiry: 2029_03_02, Source: currency.Reward, Origin: "budget"}
			if e.Amount != c.earned || e.Attester != bakery.did || part != (currency.Part{Terms: terms, Amount: c.earned}) ||
				who.Earned != s.person.Earned+c.earned || from.Left != s.from.Left-c.earned {
				t.Errorf("earned %+v as %+v, person %+v, tranche %+v", e, part, who, from)
			}
		})
	}
}

// However an activity is cut into attestations, it earns no more than at once, and
// less only by what rounding takes, below a won each.
func TestRewardsOfParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := currency.Activity{Pay: rapid.Int64Range(1, 1_000_000).Draw(t, "pay"), For: rapid.Int64Range(1, 1_000_000).Draw(t, "for")}
		var all, parts int64
		n := rapid.IntRange(1, 20).Draw(t, "attestations")
		for range n {
			q := rapid.Int64Range(1, 1_000_000).Draw(t, "quantity")
			all += q
			parts += a.Reward(q)
		}
		if whole := a.Reward(all); parts > whole || whole-parts >= int64(n) {
			t.Fatalf("%+v: %d at once earn %d, in %d parts %d", a, all, whole, n, parts)
		}
	})
}
