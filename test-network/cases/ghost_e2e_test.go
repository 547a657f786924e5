// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/test-network/demo"
)

// The ghost dividend of 2018: 1,000 shares were paid instead of 1,000 won, 2.8
// billion in all, where no more than 120 million could ever be issued. Each programme
// here has one wall and none of the others, and 1,000 times too much ends at it, with
// its own code.
func (m *money) case12(t *testing.T) {
	const (
		people, won = 20, 140_000
		wrong       = 1_000 * won // 2,800,000,000 to all
		issuable    = 120_000_000
	)
	rows := func(each int64) []currency.Row {
		all := make([]currency.Row, people)
		for i := range all {
			all[i] = currency.Row{To: currency.AccountID(fmt.Sprintf("did:key:employee-%d", i)), Amount: each}
		}
		return all
	}
	issuer := m.officer(t, "CityMSP", "issuer")
	issue := func(town *demo.Town, each int64, change func(*gateway.Issue)) error {
		i := gateway.Issue{
			Program: town.Program, Run: "dividend", Unit: "KRW", Source: currency.Benefit, Rows: rows(each),
			Draws: []currency.Draw{{Appropriation: "dividend"}}, KeepOpen: true,
		}
		if change != nil {
			change(&i)
		}
		_, err := issuer.Issue(t.Context(), i)
		return err
	}
	for i, wall := range []struct {
		name   string
		rules  func(*currency.Policy)
		budget int64
		play   func(*testing.T, *demo.Town) error
		want   *code.Code
	}{
		{"the unit tag", nil, people * wrong, func(_ *testing.T, town *demo.Town) error {
			return issue(town, won, func(i *gateway.Issue) { i.Unit = "share" })
		}, currency.UnitMismatch},
		{"what two people approved", nil, issuable, func(_ *testing.T, town *demo.Town) error {
			return issue(town, wrong, nil)
		}, currency.FundExceeded},
		{"the second signature", nil, 0, func(t *testing.T, town *demo.Town) error {
			_, err := m.officer(t, "CityMSP", "treasurer").ProposeAppropriation(t.Context(), currency.ProposeAppropriation{
				Operation: op(town, "dividend"), Program: town.Program, ID: "dividend", Fund: "dividend", Amount: people * wrong,
			})
			require.NoError(t, err)
			return issue(town, wrong, func(i *gateway.Issue) { i.Draws[0].Amount = people * wrong })
		}, currency.AppropriationState},
		{
			"the ceiling of a batch", func(p *currency.Policy) { p.PersonCeiling, p.BatchCeiling = people*won, people*won }, people * wrong,
			func(_ *testing.T, town *demo.Town) error { return issue(town, wrong, nil) }, currency.BatchCeiling,
		},
		{"the ceiling of a person", func(p *currency.Policy) { p.PersonCeiling = won }, people * wrong, func(_ *testing.T, town *demo.Town) error {
			return issue(town, wrong, nil)
		}, currency.PersonCeiling},
		{"the ceiling of a day", func(p *currency.Policy) {
			p.PersonCeiling, p.BatchCeiling, p.Guards.DayCeiling = wrong, wrong, wrong
		}, people * wrong, func(_ *testing.T, town *demo.Town) error {
			return issue(town, wrong, func(i *gateway.Issue) { i.BatchRows = 1 })
		}, currency.DayCeiling},
		{
			"the cool-down, and another organisation's stop", func(p *currency.Policy) { p.Guards.Large, p.Guards.CoolHours = people*won+1, 24 }, people * wrong,
			func(t *testing.T, town *demo.Town) error {
				err := issue(town, wrong, nil)
				require.ErrorIs(t, err, currency.RunCooling)
				guard := m.officer(t, "KomscoMSP", "guard")
				require.Eventually(t, func() bool {
					_, err := guard.Run(t.Context(), town.Program, "dividend")
					return err == nil
				}, patience, tick)
				_, err = guard.StopRun(t.Context(), currency.StopRun{
					Operation: op(town, "stop"), RecordQuery: currency.RecordQuery{Program: town.Program, ID: "dividend"}, Reason: "case-7",
				})
				require.NoError(t, err)
				require.Eventually(t, func() bool {
					r, err := issuer.Run(t.Context(), town.Program, "dividend")
					return err == nil && r.StoppedBy != ""
				}, patience, tick)
				return issue(town, wrong, nil)
			}, currency.RunStopped,
		},
		{
			"the cool-down of an allotment, and another organisation's stop", func(p *currency.Policy) {
				p.Sale = &currency.Sale{Fund: "principal", Form: currency.Bonus, Rate: 1000, Hours: 4}
				p.Guards.Large, p.Guards.CoolHours = people*won+1, 24
			}, people * wrong, func(t *testing.T, town *demo.Town) error {
				opened, err := issuer.OpenAllotment(t.Context(), currency.OpenAllotment{
					Operation: op(town, "sale"), Program: town.Program, ID: "sale", Unit: "KRW", Source: currency.Subsidy,
					Appropriation: "dividend", Amount: people * wrong, Tranches: 10,
				})
				require.NoError(t, err)
				minsu := person(t, town, "minsu")
				require.NoError(t, buy(t, town, minsu, 10_000))
				cashier, guard := m.officer(t, "BankMSP", "cashier"), m.officer(t, "KomscoMSP", "guard")
				require.Eventually(t, func() bool {
					_, missing := cashier.Purchase(t.Context(), town.Program, minsu.Account(), minsu.Seq)
					return missing == nil
				}, patience, tick)
				_, refusal := cashier.ConfirmPurchase(t.Context(), currency.ConfirmPurchase{
					Operation: op(town, "KB-1"), Program: town.Program, Ref: "KB-1", Account: minsu.Account(), Seq: minsu.Seq, Amount: 10_000, Allotment: "sale",
				})
				stopped, err := guard.StopAllotment(t.Context(), currency.StopAllotment{
					Operation: op(town, "stop"), RecordQuery: currency.RecordQuery{Program: town.Program, ID: "sale"}, Reason: "case-7",
				})
				require.NoError(t, err)
				require.Equal(t, "case-7", stopped.Reason)
				closed, err := issuer.CloseAllotment(t.Context(), currency.RecordOperation{
					Operation: op(town, "close"), RecordQuery: currency.RecordQuery{Program: town.Program, ID: "sale"},
				})
				require.NoError(t, err)
				require.Equal(t, opened.Amount, closed.Returned)
				return refusal
			}, currency.AllotmentCooling,
		},
		{"the second person's roster", func(p *currency.Policy) { p.Guards.Approval = true }, people * wrong, func(t *testing.T, town *demo.Town) error {
			require.ErrorIs(t, issue(town, wrong, nil), currency.RunWaiting)
			run, err := issuer.Run(t.Context(), town.Program, "dividend")
			require.NoError(t, err)
			rules, err := issuer.Policy(t.Context(), town.Program, run.Policy)
			require.NoError(t, err)
			root, err := gateway.RosterRoot(run, rules, rows(won)) // of what was meant
			require.NoError(t, err)
			approver := m.officer(t, "KomscoMSP", "approver")
			require.Eventually(t, func() bool {
				_, err := approver.Run(t.Context(), town.Program, "dividend")
				return err == nil
			}, patience, tick)
			_, err = approver.ApproveRun(t.Context(), currency.ApproveRun{
				Operation: op(town, "approve"), RecordQuery: currency.RecordQuery{Program: town.Program, ID: "dividend"}, Root: root,
			})
			return err
		}, currency.RosterMismatch},
		{"the rows that were announced", nil, people * wrong, func(t *testing.T, town *demo.Town) error {
			err := issue(town, won, nil)
			require.NoError(t, err)
			_, err = issuer.IssueBatch(t.Context(), currency.IssueBatch{Operation: op(town, "again"), Program: town.Program, Run: "dividend", Batch: 0, Rows: rows(wrong)})
			return err
		}, currency.BatchMismatch},
	} {
		t.Run(wall.name, func(t *testing.T) {
			rules := demo.Rules
			rules.HoldingCap, rules.PersonCeiling, rules.BatchCeiling = 0, currency.MaxAmount, currency.MaxAmount
			if wall.rules != nil {
				wall.rules(&rules)
			}
			town, err := demo.Found(t.Context(), m.p, fmt.Sprintf("dividend-%d", i), rules)
			require.NoError(t, err)
			if wall.budget > 0 {
				require.NoError(t, town.Appropriate(t.Context(), "dividend", wall.budget))
			}
			err = wall.play(t, town)
			require.True(t, errors.Is(err, wall.want), "%v, expected %s", err, wall.want.Name)
		})
	}
}
