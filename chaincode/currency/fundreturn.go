// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// FundReturn is value of one fund that a transaction gave back to it. It is
// written blindly, under the fund and the transaction, so returns never meet;
// an appropriation absorbs it later.
type FundReturn struct {
	Fund          string `json:"fund"`
	Amount        int64  `json:"amount"`                  // won
	Day           Day    `json:"day"`                     // of the programme's calendar; its year is the fiscal year
	Case          string `json:"case,omitempty"`          // that it was clawed back for
	Appropriation string `json:"appropriation,omitempty"` // that absorbed it
}

// Year is the fiscal year in whose books the return is: the calendar year.
func (r FundReturn) Year() int { return int(r.Day) / 10_000 }

// Absorb takes returns of its own fund into an appropriation, which may be drawn
// for runs again. It returns APPROPRIATION_STATE, RETURN_ABSORBED, or FISCAL_YEAR
// where the appropriation is in the books of another year.
func (a Appropriation) Absorb(returns []FundReturn) (Appropriation, []FundReturn, error) {
	if !a.Approved {
		return a, nil, AppropriationState.Errorf("%s waits for its second approval", a.ID)
	}
	out := make([]FundReturn, len(returns))
	for i, r := range returns {
		if r.Appropriation != "" {
			return a, nil, ReturnAbsorbed.Errorf("%d won of %s are in appropriation %s", r.Amount, r.Day, r.Appropriation)
		}
		if a.Year != 0 && r.Year() != a.Year {
			return a, nil, FiscalYear.Errorf("appropriation %s is of %d, %d won came back on %s", a.ID, a.Year, r.Amount, r.Day)
		}
		var err error
		if a.Left, err = sum("the appropriation", a.Left, r.Amount); err != nil {
			return a, nil, err
		}
		r.Appropriation = a.ID
		out[i] = r
	}
	return a, out, nil
}

// AbsorbReturns takes returns into an appropriation of the same fund.
type AbsorbReturns struct {
	call.Operation
	Program string   `json:"program"`
	ID      string   `json:"id"`      // of the appropriation
	Returns []string `json:"returns"` // the transactions that gave back, 1 to 500
}

// Validate checks the form.
func (r AbsorbReturns) Validate() error {
	if len(r.Returns) == 0 || len(r.Returns) > call.MaxPage {
		return TooLarge.Errorf("%d returns are named, 1 to %d are allowed", len(r.Returns), call.MaxPage)
	}
	seen := map[string]bool{}
	for _, tx := range r.Returns {
		if err := CheckDigest("transaction", tx); err != nil {
			return err
		}
		if seen[tx] {
			return InvalidID.Errorf("the return of transaction %s is named twice", tx)
		}
		seen[tx] = true
	}
	return RecordQuery{Program: r.Program, ID: r.ID}.Validate()
}
