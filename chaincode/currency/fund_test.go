// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func proposed() currency.Appropriation {
	return currency.Appropriation{Program: "nowon", ID: "welfare-1", Fund: "welfare", Amount: 1000, ProposedBy: "CityMSP/kim"}
}

func TestApprove(t *testing.T) {
	p := goodProgram()
	a, err := proposed().Approve(p, "KomscoMSP/lee")
	wantCode(t, err, nil)
	if !a.Approved || a.ApprovedBy != "KomscoMSP/lee" || a.Left != 1000 {
		t.Errorf("approved to %+v", a)
	}
	_, err = a.Approve(p, "BankMSP/park")
	wantCode(t, err, currency.AppropriationState)
	for by, want := range map[string]*code.Code{"CityMSP/kim": currency.SameOfficer, "CityMSP/choi": currency.SameInstitution} {
		a, err := proposed().Approve(p, by)
		wantCode(t, err, want)
		if a != proposed() {
			t.Errorf("a refused approval left %+v", a)
		}
	}
}

func TestFundsAreDrawnToTheLastWon(t *testing.T) {
	d := currency.Deposit{Ref: "KB-1", Fund: "deposits", Amount: 1000, Left: 1000}
	_, err := proposed().Draw(1)
	wantCode(t, err, currency.AppropriationState)
	a, err := proposed().Approve(goodProgram(), "KomscoMSP/lee")
	wantCode(t, err, nil)
	for _, step := range []struct {
		amount, left int64
		want         *code.Code
	}{{400, 600, nil}, {601, 600, currency.FundExceeded}, {600, 0, nil}, {1, 0, currency.FundExceeded}} {
		d, err = d.Draw(step.amount)
		wantCode(t, err, step.want)
		a, err = a.Draw(step.amount)
		wantCode(t, err, step.want)
		if d.Left != step.left || a.Left != step.left || d.Amount != 1000 || a.Amount != 1000 {
			t.Fatalf("after drawing %d: %+v, %+v", step.amount, d, a)
		}
	}
}

func TestFundRequests(t *testing.T) {
	type money struct {
		program, id, fund string
		amount            int64
	}
	for _, tc := range []struct {
		name string
		money
		want *code.Code
	}{
		{"good", money{"nowon", "KB-2026.03_1", "deposits", 1}, nil},
		{"the most", money{"nowon", "KB-1", "deposits", currency.MaxAmount}, nil},
		{"zero", money{"nowon", "KB-1", "deposits", 0}, currency.InvalidAmount},
		{"negative", money{"nowon", "KB-1", "deposits", -1}, currency.InvalidAmount},
		{"too much", money{"nowon", "KB-1", "deposits", currency.MaxAmount + 1}, currency.InvalidAmount},
		{"no programme", money{"", "KB-1", "deposits", 1}, currency.InvalidID},
		{"no reference", money{"nowon", "", "deposits", 1}, currency.InvalidID},
		{"no fund", money{"nowon", "KB-1", "", 1}, currency.InvalidID},
		{"a name in the reference", money{"nowon", "김철수", "deposits", 1}, currency.InvalidID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := tc.money
			wantCode(t, currency.ConfirmDeposit{Program: m.program, Ref: m.id, Fund: m.fund, Amount: m.amount}.Validate(), tc.want)
			wantCode(t, currency.ProposeAppropriation{Program: m.program, ID: m.id, Fund: m.fund, Amount: m.amount}.Validate(), tc.want)
		})
	}
	wantCode(t, currency.RecordOperation{RecordQuery: currency.RecordQuery{Program: "nowon", ID: "a b"}}.Validate(), currency.InvalidID)
}
