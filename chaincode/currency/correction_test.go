// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"slices"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// wrongRow is a run of two rows, 30,000 won and 3,000 of bonus, whose second was
// refused.
func wrongRow(t fataler) (currency.Run, currency.Batch) {
	t.Helper()
	r, _, err := bought(t).Open(goodPolicy(), funding(), noon(today))
	wantCode(t, err, nil)
	return r, currency.Batch{
		Fund: "deposits", BonusFund: "budget", Issued: 10_000, Bonus: 1_000, Rows: 1,
		Failed: []currency.Failure{{Row: 1, Code: "HOLDER_UNKNOWN"}},
	}
}

func TestProposeCorrection(t *testing.T) {
	row := func(n int, amount int64) []currency.CorrectedRow {
		return []currency.CorrectedRow{{Row: n, To: alice.account, Amount: amount}}
	}
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Run, *currency.Batch)
		rows     []currency.CorrectedRow
		want     *code.Code
	}{
		{"as announced", nil, row(1, 20_000), nil},
		{"less", nil, row(1, 100), nil},
		{"more than was approved", nil, row(1, 20_100), currency.CorrectionMismatch},
		{"more bonus than was approved", func(_ *currency.Run, b *currency.Batch) { b.Bonus = 1_001 }, row(1, 20_000), currency.CorrectionMismatch},
		{"a row that was issued", nil, row(0, 10_000), currency.CorrectionMismatch},
		{"a row that is not there", nil, row(2, 100), currency.CorrectionMismatch},
		{"together more", func(r *currency.Run, b *currency.Batch) {
			b.Failed = append(b.Failed, currency.Failure{Row: 0})
		}, append(row(1, 20_000), row(0, 100)...), currency.CorrectionMismatch},
		{"a closed run", func(r *currency.Run, _ *currency.Batch) { r.Closed = true }, row(1, 20_000), currency.RunClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, b := wrongRow(t)
			if tc.malleate != nil {
				tc.malleate(&r, &b)
			}
			c, err := currency.Correction{Run: r.ID, Rows: tc.rows}.Propose(r, b, goodPolicy(), "CityMSP/issuer")
			wantCode(t, err, tc.want)
			if err == nil && (c.Digest != currency.CorrectionDigest(tc.rows) || c.ProposedBy != "CityMSP/issuer") {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestApproveCorrection(t *testing.T) {
	r, b := wrongRow(t)
	c, err := currency.Correction{ID: "fix", Rows: []currency.CorrectedRow{{Row: 1, To: alice.account, Amount: 5_000}}}.Propose(r, b, goodPolicy(), "CityMSP/issuer")
	wantCode(t, err, nil)
	p := goodProgram()
	_, err = c.Approve(r, digest, p, "BankMSP/approver")
	wantCode(t, err, currency.CorrectionMismatch)
	_, err = c.Approve(r, c.Digest, p, "CityMSP/issuer")
	wantCode(t, err, currency.SameOfficer)
	_, err = c.Approve(r, c.Digest, p, "CityMSP/other")
	wantCode(t, err, currency.SameInstitution)
	closed := r
	closed.Closed = true
	_, err = c.Approve(closed, c.Digest, p, "BankMSP/approver")
	wantCode(t, err, currency.RunClosed)
	c, err = c.Approve(r, c.Digest, p, "BankMSP/approver")
	wantCode(t, err, nil)
	_, err = c.Approve(r, c.Digest, p, "BankMSP/approver")
	wantCode(t, err, currency.CorrectionApproved)
}

func TestCorrect(t *testing.T) {
	r, b := wrongRow(t)
	rules := goodPolicy()
	given := r.Given(twoRows, b, rules)
	if len(given) != 1 || given[alice.account] != 11_000 {
		t.Errorf("given: %v", given)
	}
	row := currency.CorrectedRow{Row: 1, To: alice.account, Amount: 15_000}
	after, parts, err := r.Correct(0, b, row, alice.holder(), rules, today, given[alice.account])
	wantCode(t, err, nil)
	if after.Issued != 25_000 || after.Bonus != 2_500 || after.Rows != 2 || after.Failed != nil ||
		!slices.Equal(after.Corrected, []currency.CorrectedRow{row}) || currency.Total(parts) != 16_500 {
		t.Errorf("%+v, %+v", after, parts)
	}
	if len(b.Failed) != 1 {
		t.Errorf("the batch of before changed: %+v", b)
	}
	if given := r.Given(twoRows, after, rules); given[alice.account] != 27_500 || given[bob.account] != 0 {
		t.Errorf("given: %v", given)
	}
	_, _, err = r.Correct(0, after, row, alice.holder(), rules, today, 0)
	wantCode(t, err, currency.CorrectionMismatch) // once

	// What the person was given before counts.
	_, _, err = r.Correct(0, b, row, alice.holder(), rules, today, rules.PersonCeiling-16_499)
	wantCode(t, err, currency.PersonCeiling)
	_, _, err = r.Correct(0, b, currency.CorrectedRow{Row: 1, To: alice.account, Amount: 150}, alice.holder(), rules, today, 0)
	wantCode(t, err, currency.UnitMismatch)
	_, _, err = r.Correct(0, b, currency.CorrectedRow{Row: 1, To: alice.account, Amount: 20_100}, alice.holder(), rules, today, 0)
	wantCode(t, err, currency.CorrectionMismatch)
}
