// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestGuardsOfAPolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		guards currency.Guards
		want   *code.Code
	}{
		"none":                          {currency.Guards{}, nil},
		"all":                           {currency.Guards{DayCeiling: 100_000_000, Large: 1, CoolHours: 720, Approval: true}, nil},
		"a day below a batch":           {currency.Guards{DayCeiling: 99_999_999}, currency.InvalidPolicy},
		"a sale without shares":         {currency.Guards{DayCeiling: 100_000_000, DaySale: 1}, currency.InvalidPolicy},
		"shares of no sale":             {currency.Guards{DayCeiling: 100_000_000, SaleShares: 1}, currency.InvalidPolicy},
		"shares of less than one won":   {currency.Guards{DayCeiling: 100_000_000, DaySale: 999, SaleShares: 1_000}, currency.InvalidPolicy},
		"shares of one won":             {currency.Guards{DayCeiling: 100_000_000, DaySale: 1_000, SaleShares: 1_000}, nil},
		"too many shares":               {currency.Guards{DayCeiling: 100_000_000, DaySale: 1, SaleShares: 1_001}, currency.InvalidPolicy},
		"a sale above the day":          {currency.Guards{DayCeiling: 100_000_000, DaySale: 100_000_001, SaleShares: 1}, currency.InvalidPolicy},
		"a sale negative":               {currency.Guards{DayCeiling: 100_000_000, DaySale: -1, SaleShares: 1}, currency.InvalidPolicy},
		"a sale without a day":          {currency.Guards{DaySale: 1, SaleShares: 1}, currency.InvalidPolicy},
		"a day negative":                {currency.Guards{DayCeiling: -1}, currency.InvalidAmount},
		"large beyond all amounts":      {currency.Guards{Large: currency.MaxAmount + 1, CoolHours: 1}, currency.InvalidAmount},
		"large without a cool-down":     {currency.Guards{Large: 1}, currency.InvalidPolicy},
		"a cool-down of nothing":        {currency.Guards{CoolHours: 1}, currency.InvalidPolicy},
		"a cool-down of a month and up": {currency.Guards{Large: 1, CoolHours: 721}, currency.InvalidPolicy},
		"a cool-down negative":          {currency.Guards{Large: 1, CoolHours: -1}, currency.InvalidPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.Guards = tc.guards
			wantCode(t, p.Validate(), tc.want)
		})
	}
}

func TestGuardedRun(t *testing.T) {
	now := noon(today)
	p := goodPolicy()
	p.Guards = currency.Guards{Approval: true, Large: 1, CoolHours: 24}
	r, _, err := bought(t).Open(p, funding(), now)
	wantCode(t, err, nil)
	r.By = "CityMSP/issuer"
	program := currency.Program{}
	wantCode(t, r.CheckIssuing(now), currency.RunWaiting)
	_, err = r.Approve(digest, program, "BankMSP/approver")
	wantCode(t, err, currency.RosterMismatch)
	_, err = r.Approve(r.Root, program, "CityMSP/deputy")
	wantCode(t, err, currency.SameInstitution)
	_, err = r.Approve(r.Root, program, "CityMSP/issuer")
	wantCode(t, err, currency.SameOfficer)
	r, err = r.Approve(r.Root, program, "BankMSP/approver")
	wantCode(t, err, nil)
	_, err = r.Approve(r.Root, program, "BankMSP/approver")
	wantCode(t, err, currency.RunApproved)
	if r.From == 0 {
		t.Fatalf("%d won and more are large", p.Guards.Large)
	}
	wantCode(t, r.CheckIssuing(now.Add(24*time.Hour-time.Second)), currency.RunCooling)
	wantCode(t, r.CheckIssuing(now.Add(24*time.Hour)), nil)

	_, err = r.Stop("case-1", program, "CityMSP/guard")
	wantCode(t, err, currency.SameInstitution)
	stopped, err := r.Stop("case-1", program, "KomscoMSP/guard")
	wantCode(t, err, nil)
	wantCode(t, stopped.CheckIssuing(now.Add(48*time.Hour)), currency.RunStopped)
	_, err = stopped.Stop("case-2", program, "KomscoMSP/guard")
	wantCode(t, err, currency.RunStopped)
	_, err = stopped.Approve(r.Root, program, "BankMSP/approver")
	wantCode(t, err, currency.RunStopped)
	r.Closed = true
	_, err = r.Stop("case-1", program, "KomscoMSP/guard")
	wantCode(t, err, currency.RunClosed)
	_, err = r.Approve(r.Root, program, "BankMSP/approver")
	wantCode(t, err, currency.RunClosed)
}

func TestDayCeiling(t *testing.T) {
	g := currency.Guards{DayCeiling: 1_000}
	d, err := currency.DayIssued{}.Open(660, g, today)
	wantCode(t, err, nil)
	d, err = d.Open(340, g, today)
	wantCode(t, err, nil)
	_, err = d.Open(1, g, today)
	wantCode(t, err, currency.DayCeiling)
	if d, err = d.Open(1, currency.Guards{}, today); err != nil || d.Reserved != 1_001 {
		t.Errorf("%+v, %v", d, err)
	}
	_, err = d.Open(currency.MaxAmount, g, today)
	wantCode(t, err, currency.InvalidAmount)

	// What is set aside for the sale is not there for runs.
	g = currency.Guards{DayCeiling: 1_000, DaySale: 400, SaleShares: 4}
	_, err = currency.DayIssued{}.Open(601, g, today)
	wantCode(t, err, currency.DayCeiling)
	_, err = currency.DayIssued{}.Open(600, g, today)
	wantCode(t, err, nil)
	sold, err := currency.DayIssued{}.Sell(100, g, today)
	wantCode(t, err, nil)
	_, err = sold.Sell(1, g, today)
	wantCode(t, err, currency.DayCeiling)
	g.DaySale = 1_000
	_, err = currency.DayIssued{}.Open(1, g, today)
	wantCode(t, err, currency.DayCeiling)

	for tranche, want := range map[int]int{0: 0, 3: 3, 4: 0, 999: 3} {
		if share, counted := g.Share(tranche); share != want || !counted {
			t.Errorf("tranche %d counts in share %d, %t", tranche, share, counted)
		}
	}
	if _, counted := (currency.Guards{DayCeiling: 1}).Share(1); counted {
		t.Error("counted without shares")
	}
}

// A programme on sale says how much of its day is for that.
func TestDayCeilingOfASale(t *testing.T) {
	p := goodPolicy()
	p.Sale = &currency.Sale{Fund: "deposits", Form: currency.Bonus, Rate: 1000, Hours: 4}
	p.Guards = currency.Guards{DayCeiling: 100_000_000}
	wantCode(t, p.Validate(), currency.InvalidPolicy)
	p.Guards.DaySale, p.Guards.SaleShares = 40_000_000, 10
	wantCode(t, p.Validate(), nil)
}

// The roster's root is RFC 9162's: leaves behind 0, nodes behind 1, split at the
// largest power of two below their number.
func TestRosterRoot(t *testing.T) {
	var all []currency.Announced
	leaf := func(i int) []byte {
		row := sha256.Sum256([]byte{byte(i)})
		h := sha256.Sum256(append([]byte{0}, row[:]...))
		return h[:]
	}
	node := func(l, r []byte) []byte {
		h := sha256.Sum256(append(append([]byte{1}, l...), r...))
		return h[:]
	}
	for i := range 5 {
		row := sha256.Sum256([]byte{byte(i)})
		all = append(all, currency.Announced{Digest: hex.EncodeToString(row[:])})
	}
	for n, want := range map[int][]byte{
		1: leaf(0),
		2: node(leaf(0), leaf(1)),
		3: node(node(leaf(0), leaf(1)), leaf(2)),
		5: node(node(node(leaf(0), leaf(1)), node(leaf(2), leaf(3))), leaf(4)),
	} {
		if got := currency.RosterRoot(all[:n]); got != hex.EncodeToString(want) {
			t.Errorf("%d batches: %s, want %x", n, got, want)
		}
	}
}
