// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestPolicyValidate(t *testing.T) {
	many := slices.Repeat([]string{"11350"}, 301)
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Policy)
		want     *code.Code
	}{
		{"good", func(*currency.Policy) {}, nil},
		{"everything optional left out", func(p *currency.Policy) {
			p.Regions, p.Categories, p.BonusRate, p.HoldingCap, p.Validity = nil, nil, 0, 0, currency.Validity{}
		}, nil},
		{"programme missing", func(p *currency.Policy) { p.Program = "" }, currency.InvalidID},
		{"version 0", func(p *currency.Policy) { p.Version = 0 }, currency.InvalidPolicy},
		{"version 10000", func(p *currency.Policy) { p.Version = 10_000 }, currency.InvalidPolicy},
		{"unit missing", func(p *currency.Policy) { p.Unit = "" }, currency.InvalidID},
		{"unit with a space", func(p *currency.Policy) { p.Unit = "K RW" }, currency.InvalidID},
		{"denomination 0", func(p *currency.Policy) { p.Denomination = 0 }, currency.InvalidAmount},
		{"denomination negative", func(p *currency.Policy) { p.Denomination = -1 }, currency.InvalidAmount},
		{"no ceiling for a person", func(p *currency.Policy) { p.PersonCeiling = 0 }, currency.InvalidAmount},
		{"no ceiling for a batch", func(p *currency.Policy) { p.BatchCeiling = 0 }, currency.InvalidAmount},
		{"ceiling above all amounts", func(p *currency.Policy) { p.BatchCeiling = currency.MaxAmount + 1 }, currency.InvalidAmount},
		{"a person above the batch", func(p *currency.Policy) { p.BatchCeiling = p.PersonCeiling - 1 }, currency.InvalidPolicy},
		{"holding cap negative", func(p *currency.Policy) { p.HoldingCap = -1 }, currency.InvalidAmount},
		{"holding cap above all amounts", func(p *currency.Policy) { p.HoldingCap = currency.MaxAmount + 1 }, currency.InvalidAmount},
		{"bonus negative", func(p *currency.Policy) { p.BonusRate = -1 }, currency.InvalidPolicy},
		{"bonus of 100%", func(p *currency.Policy) { p.BonusRate = 10_000 }, nil},
		{"bonus above 100%", func(p *currency.Policy) { p.BonusRate = 10_001 }, currency.InvalidPolicy},
		{"300 regions", func(p *currency.Policy) { p.Regions = many[:300] }, nil},
		{"301 regions", func(p *currency.Policy) { p.Regions = many }, currency.InvalidPolicy},
		{"301 categories", func(p *currency.Policy) { p.Categories = many }, currency.InvalidPolicy},
		{"a region of nothing", func(p *currency.Policy) { p.Regions = []string{""} }, currency.InvalidID},
		{"a category with a slash", func(p *currency.Policy) { p.Categories = []string{"a/b"} }, currency.InvalidID},
		{"spend order of all four", func(p *currency.Policy) {
			p.SpendOrder = []currency.Source{currency.Reward, currency.Principal, currency.Benefit, currency.Subsidy}
		}, nil},
		{"spend order of three", func(p *currency.Policy) {
			p.SpendOrder = []currency.Source{currency.Reward, currency.Principal, currency.Benefit}
		}, currency.InvalidPolicy},
		{"spend order with one twice", func(p *currency.Policy) {
			p.SpendOrder = []currency.Source{currency.Reward, currency.Principal, currency.Benefit, currency.Benefit}
		}, currency.InvalidPolicy},
		{"spend order with an unknown one", func(p *currency.Policy) {
			p.SpendOrder = []currency.Source{currency.Reward, currency.Principal, currency.Benefit, "luck"}
		}, currency.InvalidPolicy},
		{"graces as short as clocks allow", func(p *currency.Policy) { p.Grace = currency.Grace{Lapse: 30, Hold: 30} }, nil},
		{"grace of a hold negative", func(p *currency.Policy) { p.Grace.Hold = -60 }, currency.InvalidPolicy},
		{"grace of 31 days and a minute", func(p *currency.Policy) { p.Grace.Lapse = 44_641 }, currency.InvalidPolicy},
		{"validity negative", func(p *currency.Policy) { p.Validity = currency.Validity{Months: -1} }, currency.InvalidPolicy},
		{"validity of 601 months", func(p *currency.Policy) { p.Validity = currency.Validity{Months: 601} }, currency.InvalidPolicy},
		{"validity of 3661 days", func(p *currency.Policy) { p.Validity = currency.Validity{Days: 3661} }, currency.InvalidPolicy},
		{"validity until no day", func(p *currency.Policy) { p.Validity = currency.Validity{Until: 2026_02_29} }, currency.InvalidPolicy},
		{"validity until and months", func(p *currency.Policy) { p.Validity = currency.Validity{Until: today, Months: 1} }, currency.InvalidPolicy},
		{"validity until, rounded", func(p *currency.Policy) { p.Validity = currency.Validity{Until: today, Round: "year"} }, currency.InvalidPolicy},
		{"validity rounded to the week", func(p *currency.Policy) { p.Validity = currency.Validity{Days: 1, Round: "week"} }, currency.InvalidPolicy},
		{"validity of the rest of the year", func(p *currency.Policy) { p.Validity = currency.Validity{Round: "year"} }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := goodPolicy()
			tc.malleate(&p)
			wantCode(t, p.Validate(), tc.want)
		})
	}
}

func TestBonusIsRoundedDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := currency.Policy{BonusRate: rapid.IntRange(0, 10_000).Draw(t, "rate")}
		amount := rapid.Int64Range(1, currency.MaxAmount).Draw(t, "amount")
		want := new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(p.BonusRate)))
		want.Quo(want, big.NewInt(10_000))
		if got := p.Bonus(amount); got != want.Int64() {
			t.Fatalf("%d basis points on %d won are %d, want %s", p.BonusRate, amount, got, want)
		}
	})
}

func TestSpendOrder(t *testing.T) {
	if got := goodPolicy().Order(); !slices.Equal(got, []currency.Source{currency.Benefit, currency.Reward, currency.Subsidy, currency.Principal}) {
		t.Errorf("default %v", got)
	}
	own := []currency.Source{currency.Principal, currency.Subsidy, currency.Reward, currency.Benefit}
	if got := (currency.Policy{SpendOrder: own}).Order(); !slices.Equal(got, own) {
		t.Errorf("own %v", got)
	}
}

func TestProposePolicyLeavesApprovalToOthers(t *testing.T) {
	proposed := goodPolicy()
	proposed.Approved = false
	wantCode(t, currency.ProposePolicy{Policy: proposed}.Validate(), nil)
	for _, malleate := range []func(*currency.Policy){
		func(p *currency.Policy) { p.Approved = true },
		func(p *currency.Policy) { p.ProposedBy = "CityMSP/kim" },
		func(p *currency.Policy) { p.ApprovedBy = "CityMSP/kim" },
		func(p *currency.Policy) { p.Version = 0 },
	} {
		p := proposed
		malleate(&p)
		wantCode(t, currency.ProposePolicy{Policy: p}.Validate(), currency.InvalidPolicy)
	}
	for version, want := range map[int]*code.Code{-1: currency.InvalidID, 0: nil, 9999: nil, 10_000: currency.InvalidID} {
		wantCode(t, currency.PolicyQuery{Program: "nowon", Version: version}.Validate(), want)
	}
}
