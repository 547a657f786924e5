// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func goodSale() *currency.Sale {
	return &currency.Sale{Fund: "deposits", Form: currency.Bonus, Rate: 1000, Hours: 4, MonthlyCap: 700_000}
}

func onSale() currency.Policy {
	p := goodPolicy()
	p.Sale = goodSale()
	return p
}

func TestSaleThatCannotStand(t *testing.T) {
	for _, c := range []struct {
		name     string
		malleate func(*currency.Sale)
		want     *code.Code
	}{
		{"good", func(*currency.Sale) {}, nil},
		{"holiday", func(s *currency.Sale) {
			s.Rates = []currency.DatedRate{{From: 2026_02_10, Until: 2026_02_20, Rate: 1500}}
		}, nil},
		{"no fund", func(s *currency.Sale) { s.Fund = "" }, currency.InvalidID},
		{"no form", func(s *currency.Sale) { s.Form = "" }, currency.InvalidPolicy},
		{"no hours", func(s *currency.Sale) { s.Hours = 0 }, currency.InvalidPolicy},
		{"31 days", func(s *currency.Sale) { s.Hours = 721 }, currency.InvalidPolicy},
		{"negative cap", func(s *currency.Sale) { s.MonthlyCap = -1 }, currency.InvalidAmount},
		{"negative rate", func(s *currency.Sale) { s.Rate = -1 }, currency.InvalidPolicy},
		{"twice as much", func(s *currency.Sale) { s.Rate = 10_000 }, nil},
		{"more than that", func(s *currency.Sale) { s.Rate = 10_001 }, currency.InvalidPolicy},
		{"for nothing", func(s *currency.Sale) { s.Form, s.Rate = currency.Discount, 10_000 }, currency.InvalidPolicy},
		{"period backwards", func(s *currency.Sale) { s.Rates = []currency.DatedRate{{From: 2026_02_20, Until: 2026_02_10}} }, currency.InvalidPolicy},
		{"no day", func(s *currency.Sale) { s.Rates = []currency.DatedRate{{From: 2026_02_20, Until: 2026_02_30}} }, currency.InvalidPolicy},
		{"rate of a period", func(s *currency.Sale) {
			s.Rates = []currency.DatedRate{{From: 2026_02_10, Until: 2026_02_20, Rate: 10_001}}
		}, currency.InvalidPolicy},
		{"101 periods", func(s *currency.Sale) { s.Rates = make([]currency.DatedRate, 101) }, currency.InvalidPolicy},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := onSale()
			c.malleate(p.Sale)
			wantCode(t, p.Validate(), c.want)
		})
	}
}

// 10% usually, 15% over the holidays; on top of what is paid or off it.
func TestPrice(t *testing.T) {
	s := goodSale()
	s.Rates = []currency.DatedRate{{From: 2026_02_10, Until: 2026_02_20, Rate: 1500}, {From: 2026_02_15, Until: 2026_12_31, Rate: 2000}}
	for _, c := range []struct {
		form               currency.Form
		amount             int64
		day                currency.Day
		principal, subsidy int64
	}{
		{currency.Bonus, 100_000, 2026_02_09, 100_000, 10_000},
		{currency.Bonus, 100_000, 2026_02_10, 100_000, 15_000},
		{currency.Bonus, 100_000, 2026_02_20, 100_000, 15_000}, // the first that covers the day
		{currency.Bonus, 100_000, 2026_02_21, 100_000, 20_000},
		{currency.Discount, 100_000, 2026_02_09, 90_000, 10_000},
		{currency.Discount, 100_000, 2026_02_10, 85_000, 15_000},
		{currency.Discount, 99, 2026_02_09, 90, 9}, // rounded down
		{currency.Bonus, 9, 2026_02_09, 9, 0},
		{currency.Bonus, currency.MaxAmount, 2026_02_09, currency.MaxAmount, currency.MaxAmount / 10},
	} {
		s.Form = c.form
		if principal, subsidy := s.Price(c.amount, c.day, ""); principal != c.principal || subsidy != c.subsidy {
			t.Errorf("%s of %d on %s: %d and %d, want %d and %d", c.form, c.amount, c.day, principal, subsidy, c.principal, c.subsidy)
		}
	}
}

// Rates by region and period, additions after a disaster, and a bound on them all:
// 7, 10, 13 and 15%, 5 points more, at most 20%.
func TestRatesOfRegions(t *testing.T) {
	s := goodSale()
	s.Rate, s.MaxRate = 700, 1700
	s.Rates = []currency.DatedRate{
		{Region: "11350", Rate: 1000},
		{Region: "47170", From: 2026_03_01, Rate: 1500},
		{Region: "47170", Rate: 1300},
		{From: 2026_03_02, Until: 2026_03_05, Region: "47170", Rate: 500, Adds: true},
		{Until: 2026_02_01, Rate: 100, Adds: true},
	}
	wantCode(t, s2policy(s).Validate(), nil)
	for _, c := range []struct {
		region string
		day    currency.Day
		want   int
	}{
		{"", today, 700},
		{"99999", today, 700},
		{"11350", today, 1000},
		{"11350", 2026_02_01, 1100},
		{"47170", 2026_02_28, 1300},
		{"47170", 2026_03_01, 1500},
		{"47170", today, 1700},
		{"47170", 2026_03_06, 1500},
	} {
		if got := s.On(c.day, c.region); got != c.want {
			t.Errorf("region %q on %s: %d, want %d", c.region, c.day, got, c.want)
		}
	}
	for _, bad := range []currency.DatedRate{{Rate: 1}, {Region: "a b", Rate: 1}, {From: 2026_03_02, Until: 2026_03_01}, {Region: "1", Rate: -1}, {Until: 2026_02_30}} {
		s.Rates = []currency.DatedRate{bad}
		if s2policy(s).Validate() == nil {
			t.Errorf("%+v stands", bad)
		}
	}
}

func s2policy(s *currency.Sale) currency.Policy {
	p := goodPolicy()
	p.Sale = s
	return p
}

func TestBuy(t *testing.T) {
	now := noon(today)
	type state struct {
		order  currency.Buy
		held   int64
		holder currency.Holder
		person currency.Person
		policy currency.Policy
	}
	for _, c := range []struct {
		name     string
		malleate func(*state)
		bought   int64 // counted afterwards
		want     *code.Code
	}{
		{"good", func(*state) {}, 100_000, nil},
		{"up to the month's cap", func(s *state) { s.person.Month, s.person.Bought = 202603, 600_000 }, 700_000, nil},
		{"above the month's cap", func(s *state) { s.person.Month, s.person.Bought = 202603, 600_100 }, 0, currency.PurchaseCap},
		{"next month", func(s *state) { s.person.Month, s.person.Bought = 202602, 700_000 }, 100_000, nil},
		{"a month that a late clock left again", func(s *state) { s.person.Month, s.person.Bought = 202604, 600_100 }, 0, currency.PurchaseCap},
		{"no cap", func(s *state) { s.policy.Sale.MonthlyCap, s.person.Month, s.person.Bought = 0, 202603, 700_000 }, 800_000, nil},
		{"one waits", func(s *state) { s.person.Waiting = &currency.Waiting{Seq: 1, Until: now.Unix()} }, 0, currency.PurchaseWaiting},
		{"one lapsed", func(s *state) {
			s.person = currency.Person{Month: 202603, Bought: 700_000, Waiting: &currency.Waiting{Seq: 1, Amount: 100_000, Until: now.Unix() - 1}}
		}, 700_000, nil},
		{"one lapsed last month", func(s *state) {
			s.person = currency.Person{Month: 202602, Bought: 100_000, Waiting: &currency.Waiting{Seq: 1, Amount: 100_000, Until: now.Unix() - 1}}
		}, 100_000, nil},
		{"up to the holding cap", func(s *state) { s.held = 1_390_000 }, 100_000, nil},
		{"above the holding cap", func(s *state) { s.held = 1_390_001 }, 0, currency.PurchaseCap},
		{"no multiple", func(s *state) { s.order.Amount = 100_050 }, 0, currency.UnitMismatch},
		{"above a person's ceiling", func(s *state) { s.policy.PersonCeiling = 109_999 }, 0, currency.PersonCeiling},
		{"1,000 times too much", func(s *state) { s.order.Amount *= 1000 }, 0, currency.PersonCeiling},
		{"by a shop", func(s *state) { s.holder.Merchant = "bakery" }, 0, currency.ToMerchant},
		{"not on sale", func(s *state) { s.policy.Sale = nil }, 0, currency.NotOnSale},
		{"past its last day", func(s *state) { s.policy.Validity = currency.Validity{Until: 2026_03_01} }, 0, currency.PolicyExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := state{order: currency.Buy{Amount: 100_000, Seq: 7, Holder: alice.account}, holder: alice.holder(), policy: onSale()}
			c.malleate(&s)
			got, who, err := s.order.Decide(s.held, s.holder, s.person, s.policy, today, now)
			wantCode(t, err, c.want)
			if c.want != nil {
				return
			}
			until := now.Add(4 * time.Hour).Unix()
			if want := (currency.Purchase{Amount: 100_000, Principal: 100_000, Subsidy: 10_000, Policy: 1, At: now.Unix(), Until: until}); got != want {
				t.Errorf("purchase %+v, want %+v", got, want)
			}
			if who.Bought != c.bought || who.Month != 202603 || *who.Waiting != (currency.Waiting{Seq: 7, Amount: 100_000, Until: until}) {
				t.Errorf("person %+v", who)
			}
		})
	}
}

func TestConfirmPurchase(t *testing.T) {
	now := noon(today)
	type state struct {
		purchase currency.Purchase
		request  currency.ConfirmPurchase
		holder   currency.Holder
		person   currency.Person
		policy   currency.Policy
		tranche  currency.Tranche
	}
	for _, c := range []struct {
		name     string
		malleate func(*state)
		want     *code.Code
	}{
		{"good", func(*state) {}, nil},
		{"at the last moment", func(s *state) { s.purchase.Until = now.Unix() }, nil},
		{"a second late", func(s *state) { s.purchase.Until = now.Unix() - 1 }, currency.PurchaseLapsed},
		{"another one took its place", func(s *state) { s.person.Waiting.Seq = 8 }, currency.PurchaseLapsed},
		{"none waits", func(s *state) { s.person.Waiting = nil }, currency.PurchaseLapsed},
		{"paid", func(s *state) { s.purchase.Paid = "KB-1" }, currency.PurchasePaid},
		{"a won less", func(s *state) { s.request.Amount-- }, currency.InvalidAmount},
		{"frozen", func(s *state) { s.holder.Status = currency.Frozen }, currency.HolderFrozen},
		{"closed", func(s *state) { s.holder.Status = currency.Closed }, currency.HolderClosed},
		{"past its last day", func(s *state) { s.policy.Validity = currency.Validity{Until: 2026_03_01} }, currency.PolicyExpired},
		{"tranche too small", func(s *state) { s.tranche.Left = 9_999 }, currency.FundExceeded},
		{"tranche at last cooled down", func(s *state) { s.tranche.From = now.Unix() }, nil},
		{"tranche cooling down", func(s *state) { s.tranche.From = now.Unix() + 1 }, currency.AllotmentCooling},
		{"tranche for rewards", func(s *state) { s.tranche.Source = currency.Reward }, currency.FundExceeded},
		{"no tranche", func(s *state) { s.tranche = currency.Tranche{} }, currency.FundExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := state{
				purchase: currency.Purchase{Amount: 100_000, Principal: 100_000, Subsidy: 10_000, Policy: 1, Until: now.Unix() + 60},
				request:  currency.ConfirmPurchase{Operation: call.Operation{Op: "1"}, Program: "nowon", Ref: "KB-7", Account: alice.account, Seq: 7, Amount: 100_000, Allotment: "sale"},
				holder:   alice.holder(), person: currency.Person{Waiting: &currency.Waiting{Seq: 7}}, policy: onSale(),
				tranche: currency.Tranche{Source: currency.Subsidy, Fund: "budget", Left: 10_000},
			}
			c.malleate(&s)
			err := s.purchase.Payable(s.request, s.holder, s.person, s.policy, today, now)
			var (
				paid  currency.Purchase
				in    currency.Deposit
				left  currency.Tranche
				parts []currency.Part
			)
			if err == nil {
				paid, in, left, parts, err = s.purchase.Pay(s.request, s.policy, s.tranche, today, now)
			}
			wantCode(t, err, c.want)
			if c.want != nil {
				return
			}
			if paid.Paid != "KB-7" || in.Amount != 100_000 || in.Left != 0 || in.Fund != "deposits" || left.Left != 0 {
				t.Errorf("paid %+v, deposit %+v, tranche %+v", paid, in, left)
			}
			if got := byOrigin(parts); len(parts) != 2 || got["deposits"] != 100_000 || got["budget"] != 10_000 || parts[0].Expiry != 2031_03_02 {
				t.Errorf("parts %+v", parts)
			}
		})
	}
}

func TestAllotment(t *testing.T) {
	for _, c := range []struct {
		name     string
		malleate func(*currency.OpenAllotment, *currency.Appropriation)
		want     *code.Code
	}{
		{"good", func(*currency.OpenAllotment, *currency.Appropriation) {}, nil},
		{"all there is", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Amount = 5_000_000 }, nil},
		{"no programme", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Program = "" }, currency.InvalidID},
		{"no amount", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Amount = 0 }, currency.InvalidAmount},
		{"for benefits", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Source = currency.Benefit }, currency.InvalidID},
		{"no tranches", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Tranches = 0 }, currency.TooLarge},
		{"too many tranches", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Tranches = 1001 }, currency.TooLarge},
		{"unequal tranches", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Tranches = 3 }, currency.InvalidAmount},
		{"another unit", func(r *currency.OpenAllotment, _ *currency.Appropriation) { r.Unit = "shares" }, currency.UnitMismatch},
		{"more than there is", func(_ *currency.OpenAllotment, a *currency.Appropriation) { a.Left = 999_999 }, currency.FundExceeded},
		{"not approved", func(_ *currency.OpenAllotment, a *currency.Appropriation) { a.Approved = false }, currency.AppropriationState},
		{"1,000 times too much", func(r *currency.OpenAllotment, a *currency.Appropriation) {
			r.Amount *= 1000
			a.Left *= 1000
		}, currency.BatchCeiling},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := currency.OpenAllotment{Program: "nowon", ID: "sale", Unit: "KRW", Source: currency.Subsidy, Appropriation: "budget", Amount: 1_000_000, Tranches: 4}
			from := currency.Appropriation{ID: "budget", Fund: "city", Amount: 5_000_000, Left: 5_000_000, Approved: true}
			c.malleate(&r, &from)
			before := from.Left
			err := r.Validate()
			if err != nil {
				wantCode(t, err, c.want)
				return
			}
			a, each, from, err := r.Allotment().Open(onSale(), from, noon(today))
			wantCode(t, err, c.want)
			if c.want != nil {
				return
			}
			if a.Fund != "city" || each.Left != r.Amount/4 || from.Left != before-r.Amount {
				t.Errorf("allotment %+v, tranche %+v, appropriation %+v", a, each, from)
			}
			drawn, err := each.Draw(currency.Subsidy, each.Left-1, noon(today))
			wantCode(t, err, nil)
			a, all, from, err := a.Close([]currency.Tranche{drawn, each, each, each}, from)
			wantCode(t, err, nil)
			if a.Returned != 1+3*each.Left || from.Left != before-each.Left+1 || all[1].Left != 0 {
				t.Errorf("closed %+v, tranches %+v, appropriation %+v", a, all, from)
			}
			_, _, _, err = a.Close(all, from)
			wantCode(t, err, currency.AllotmentClosed)
		})
	}
}

// What is large cools down, and a guard of another organisation may end it.
func TestLargeAllotment(t *testing.T) {
	p, now := onSale(), noon(today)
	p.Guards.Large, p.Guards.CoolHours = 1_000_000, 24
	for won, cool := range map[int64]int64{999_996: 0, 1_000_000: now.Add(24 * time.Hour).Unix()} {
		a := currency.Allotment{ID: "sale", Unit: "KRW", Source: currency.Subsidy, Amount: won, Tranches: 4, By: "CityMSP/issuer"}
		from := currency.Appropriation{ID: "budget", Fund: "city", Amount: won, Left: won, Approved: true}
		a, each, from, err := a.Open(p, from, now)
		wantCode(t, err, nil)
		if a.From != cool || each.From != cool {
			t.Errorf("%d won cool until %d, tranches until %d, want %d", won, a.From, each.From, cool)
		}
		all := []currency.Tranche{each, each, each, each}
		_, err = a.Stop("case-7", currency.Program{}, "CityMSP/issuer")
		wantCode(t, err, currency.SameOfficer)
		_, err = a.Stop("case-7", currency.Program{}, "CityMSP/guard")
		wantCode(t, err, currency.SameInstitution)
		wantCode(t, a.CheckDrawing(), nil)
		stopped, err := a.Stop("case-7", currency.Program{}, "KomscoMSP/guard")
		wantCode(t, err, nil)
		if stopped.Closed || stopped.StoppedBy != "KomscoMSP/guard" || stopped.Reason != "case-7" || stopped.Returned != 0 {
			t.Errorf("stopped %+v", stopped)
		}
		wantCode(t, stopped.CheckDrawing(), currency.AllotmentStopped)
		_, err = stopped.Stop("case-8", currency.Program{}, "KomscoMSP/guard")
		wantCode(t, err, currency.AllotmentStopped)
		closed, all, from, err := stopped.Close(all, from)
		wantCode(t, err, nil)
		if !closed.Closed || closed.StoppedBy != "KomscoMSP/guard" || closed.Returned != won || from.Left != won || all[3].Left != 0 {
			t.Errorf("closed %+v, tranches %+v, appropriation %+v", closed, all, from)
		}
		wantCode(t, closed.CheckDrawing(), currency.AllotmentClosed)
		_, err = closed.Stop("case-8", currency.Program{}, "KomscoMSP/guard")
		wantCode(t, err, currency.AllotmentClosed)
	}
}
