// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// suspects are the town of a till that sells no goods: ara, bora and chul pass their
// vouchers round and turn them into cash at the corner. duri has lunch at the grocer's,
// eun buys a paper at the corner.
type suspects struct {
	*money
	*demo.Town
	corner, grocer             *demo.Shop
	ara, bora, chul, duri, eun *demo.Resident
	guard                      *gateway.Currency
}

// fraud is one day there: what reaches the municipality's thresholds is found in the
// blocks, held, and clawed back by two people to the funds it came from; who did nothing
// wrong has all of it back.
func (m *money) fraud(t *testing.T) {
	rules := demo.Rules
	rules.Fraud = []currency.Threshold{
		{Name: "round", Pattern: currency.RoundPayments, Hours: 24, Count: 6, Least: 50_000, Multiple: 10_000},
		{Name: "same-shop", Pattern: currency.RepeatedPayments, Hours: 24, Count: 3, Won: 300_000},
		{Name: "ring", Pattern: currency.RingOfGifts, Hours: 24, Least: 50_000, Accounts: 4},
	}
	town, err := demo.Found(t.Context(), m.p, "corner", rules)
	require.NoError(t, err)
	s := &suspects{money: m, Town: town, guard: m.officer(t, "KomscoMSP", "guard")}
	s.corner, err = town.Register(t.Context(), "corner", "11350", "market")
	require.NoError(t, err)
	s.grocer, err = town.Register(t.Context(), "grocer", "11350", "market")
	require.NoError(t, err)
	require.NoError(t, town.Settle(t.Context(), 5, 500_000)) // and 50,000 of subsidy each
	all := town.Residents
	s.ara, s.bora, s.chul, s.duri, s.eun = all[0], all[1], all[2], all[3], all[4]
	s.secondOfficer(t)
	s.day(t)

	flags := s.scan(t, 3)
	require.Equal(t, currency.Figures{Count: 6, Won: 600_000, First: flags["round"].Found.First, Last: flags["round"].Found.Last}, flags["round"].Found)
	require.ElementsMatch(t, []string{s.corner.Account(), s.ara.Account(), s.bora.Account(), s.chul.Account()}, flags["round"].Accounts)
	require.ElementsMatch(t, []string{s.ara.Account(), s.bora.Account(), s.chul.Account()}, flags["ring"].Accounts)
	require.Equal(t, []string{s.grocer.Account(), s.duri.Account()}, flags["same-shop"].Accounts)

	for rule := range flags {
		s.alarm(t, rule, 1)
	}
	s.tillClawedBack(t, flags["round"])
	s.giftClawedBack(t, flags["ring"])
	s.grocerReleased(t, flags["same-shop"])
	for _, f := range s.scan(t, 3) {
		require.Zero(t, f.New, "%s: a case was about each receipt", f.Rule)
		require.Len(t, f.Cases, 1)
		s.alarm(t, f.Rule, 0)
	}
}

// alarm waits until the gateway's alarm of a rule tells so many flags without a case.
func (s *suspects) alarm(t *testing.T, rule string, flags int) {
	t.Helper()
	want := fmt.Sprintf("trust_fraud_flags{chaincode=\"currency\",channel=%q,program=%q,rule=%q} %d\n", s.p.Consortium().Channel, s.Program, rule, flags)
	require.Eventually(t, func() bool {
		resp, err := http.Get(s.API.URL + "/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(text), want)
	}, patience, 10*tick, want)
}

// secondOfficer lets the city's treasurer approve what KOMSCO's guard proposes.
func (s *suspects) secondOfficer(t *testing.T) {
	t.Helper()
	treasurer, err := s.p.User("CityMSP", "treasurer")
	require.NoError(t, err)
	_, err = s.officer(t, "CityMSP", "Admin").GrantRole(t.Context(), call.SetRole{
		Operation: op(s.Town, "grant"), Name: treasurer.CommonName, Role: currency.RoleApprover,
	})
	require.NoError(t, err)
}

func (s *suspects) day(t *testing.T) {
	t.Helper()
	give := func(from, to *demo.Resident) {
		order, err := from.Give(to.Account(), 60_000) // the subsidy first
		require.NoError(t, err)
		require.NoError(t, s.API.Order(t.Context(), "/v1/gifts", order, nil))
	}
	pay := func(r *demo.Resident, shop string, won int64) {
		order, err := r.Pay(shop, won)
		require.NoError(t, err)
		require.NoError(t, s.API.Order(t.Context(), "/v1/payments", order, nil))
	}
	give(s.ara, s.bora)
	give(s.bora, s.chul)
	give(s.chul, s.ara)
	require.NoError(t, s.Look(t.Context(), s.bora))
	require.NoError(t, s.Look(t.Context(), s.chul)) // ara has not claimed hers yet
	for _, r := range []*demo.Resident{s.ara, s.bora, s.chul} {
		pay(r, "corner", 100_000)
		pay(r, "corner", 100_000)
	}
	pay(s.eun, "corner", 7_500)
	for _, won := range []int64{12_400, 8_900, 15_300} {
		pay(s.duri, "grocer", won)
	}
}

// scan finds flags in the blocks of KOMSCO's own peer, once it has heard of the day.
func (s *suspects) scan(t *testing.T, n int) map[string]gateway.FraudFlag {
	t.Helper()
	by := map[string]gateway.FraudFlag{}
	require.Eventually(t, func() bool {
		flags, err := s.guard.FraudFlags(t.Context(), gateway.FraudQuestion{Program: s.Program}, nil)
		require.NoError(t, err)
		for _, f := range flags {
			by[f.Rule] = f
		}
		return len(flags) == n && by["same-shop"].Found.Count == 3
	}, patience, 10*tick)
	return by
}

// open opens the case that a flag asks for.
func (s *suspects) open(t *testing.T, f gateway.FraudFlag, about *demo.Resident) (currency.CaseQuery, error) {
	t.Helper()
	q := currency.CaseQuery{Program: s.Program, Account: about.Account(), ID: "case-" + f.Rule}
	c, err := s.guard.OpenCase(t.Context(), currency.OpenCase{
		Operation: op(s.Town, "open."+f.Rule+"."+about.Account()), CaseQuery: q, Reason: "scan", Rule: f.Rule, Policy: f.Policy, Receipts: f.Receipts,
	})
	if err == nil {
		require.Equal(t, f.Found, *c.Found, "the ledger measures what the scan found")
	}
	return q, err
}

// hold takes what waits for an account into a case, but for small change.
func (s *suspects) hold(t *testing.T, q currency.CaseQuery, least, want int64) {
	t.Helper()
	page, err := s.guard.Credits(t.Context(), s.Program, q.Account, "", 0, "")
	require.NoError(t, err)
	var names []currency.CreditName
	for _, e := range page.Records {
		if currency.Total(e.Record.Parts) < least {
			continue
		}
		name, err := gateway.CreditName(e)
		require.NoError(t, err)
		names = append(names, name)
	}
	c, err := s.guard.HoldFunds(t.Context(), currency.HoldFunds{Operation: op(s.Town, "hold."+q.ID), CaseQuery: q, Credits: names})
	require.NoError(t, err)
	require.Equal(t, want, currency.Total(c.Held))
}

// claw takes an amount back, by two people of two organisations, and says to which
// funds it went.
func (s *suspects) claw(t *testing.T, q currency.CaseQuery, won int64) map[string]int64 {
	t.Helper()
	r := currency.ClawBack{Operation: op(s.Town, "claw."+q.ID), CaseQuery: q, Amount: won}
	_, err := s.guard.ProposeClawback(t.Context(), r)
	require.NoError(t, err)
	r.Operation = op(s.Town, "alone."+q.ID)
	_, err = s.officer(t, "KomscoMSP", "approver").ApproveClawback(t.Context(), r)
	require.ErrorIs(t, err, currency.SameInstitution)
	treasurer := s.officer(t, "CityMSP", "treasurer")
	r.Operation = op(s.Town, "approve."+q.ID)
	require.Eventually(t, func() bool { // the city's peer has heard of the proposal
		_, err = treasurer.ApproveClawback(t.Context(), r)
		return err == nil
	}, patience, tick)
	back := map[string]int64{}
	require.Eventually(t, func() bool {
		page, err := s.guard.FundReturns(t.Context(), s.Program, 0, "")
		require.NoError(t, err)
		clear(back)
		for _, e := range page.Records {
			if e.Record.Case == q.ID {
				back[e.Record.Fund] += e.Record.Amount
			}
		}
		return len(back) > 0
	}, patience, tick)
	return back
}

func (s *suspects) end(t *testing.T, q currency.CaseQuery, released int64) {
	t.Helper()
	var c currency.Case
	require.Eventually(t, func() bool { // KOMSCO's peer has heard of the approval
		var err error
		c, err = s.guard.Case(t.Context(), q)
		return err == nil && c.Clawback == nil
	}, patience, tick)
	c, err := s.guard.CloseCase(t.Context(), currency.CaseOperation{Operation: op(s.Town, "end."+q.ID), CaseQuery: q})
	require.NoError(t, err)
	require.Equal(t, released, c.Released)
}

// The corner's round takings are held before it can redeem them, and go back whole; eun's
// paper stays paid.
func (s *suspects) tillClawedBack(t *testing.T, f gateway.FraudFlag) {
	t.Helper()
	_, err := s.open(t, f, s.eun)
	require.ErrorIs(t, err, currency.ThresholdUnmet, "eun has no part in it")
	_, err = s.open(t, f, s.grocer.Resident)
	require.ErrorIs(t, err, currency.ThresholdUnmet, "nor has the grocer")
	q, err := s.open(t, f, s.corner.Resident)
	require.NoError(t, err)
	order, err := s.corner.CashIn(607_500)
	require.NoError(t, err)
	err = s.API.Order(t.Context(), "/v1/redemptions", order, nil)
	require.True(t, demo.IsCode(err, "HOLDER_FROZEN"), "%v", err)
	s.corner.Seq--
	s.hold(t, q, 50_000, 600_000)
	require.Equal(t, map[string]int64{"principal": 500_000, "subsidy": 100_000}, s.claw(t, q, 600_000),
		"bora and chul spent each other's subsidy there, all else was bought")
	s.end(t, q, 0)
	s.payOut(t, s.Town, s.corner, "transfer-corner", 7_500)
}

// Of the gift that came round to ara 55,000 won are clawed back, in the order in which
// she would have spent them: the subsidy, then of what was bought. The rest is hers.
func (s *suspects) giftClawedBack(t *testing.T, f gateway.FraudFlag) {
	t.Helper()
	q, err := s.open(t, f, s.ara)
	require.NoError(t, err)
	s.hold(t, q, 0, 60_000)
	require.Equal(t, map[string]int64{"subsidy": 50_000, "principal": 5_000}, s.claw(t, q, 55_000))
	s.end(t, q, 5_000)
	require.NoError(t, s.Look(t.Context(), s.ara))
	order, err := s.ara.Pay("grocer", 290_000+5_000)
	require.NoError(t, err)
	require.NoError(t, s.API.Order(t.Context(), "/v1/payments", order, nil), "her account acts again")
}

// Three lunches reach a threshold as well. The officer looks, and gives everything back;
// the grocer reads why it was held, and is paid out.
func (s *suspects) grocerReleased(t *testing.T, f gateway.FraudFlag) {
	t.Helper()
	q, err := s.open(t, f, s.grocer.Resident)
	require.NoError(t, err)
	s.hold(t, q, 0, 36_600+295_000)
	s.end(t, q, 36_600+295_000)
	read, err := s.grocer.Read()
	require.NoError(t, err)
	var page call.Page[currency.Case]
	require.NoError(t, s.API.Get(t.Context(), fmt.Sprintf("/v1/programs/%s/accounts/%s/cases", s.Program, s.grocer.Account()), read, &page))
	require.Len(t, page.Records, 1)
	c := page.Records[0].Record
	require.Equal(t, "same-shop", c.Rule)
	require.Equal(t, 1, c.Policy)
	require.EqualValues(t, 36_600, c.Found.Won)
	require.NotEmpty(t, c.ClosedBy)
	s.payOut(t, s.Town, s.grocer, "transfer-grocer", 36_600+295_000)
}
