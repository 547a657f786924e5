// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Sweep takes what has lapsed out of the purses and credits it names, 1 to 500,
// gives it back to the funds it came from, and holds past their deadline back to
// their payers. Anybody may: it asks for no role.
// What is skipped is in the result, so any sweep may be repeated.
func (c *Currency) Sweep(ctx context.Context, r currency.Sweep) (currency.Swept, error) {
	record, _, err := Operate[currency.Swept](ctx, c, "Sweep", r)
	return record, err
}

// Lapsing looks through a page of purses, credits or holds for what a sweep may
// name, as an officer who may read accounts. A page may hold nothing and have a
// next one.
func (c *Currency) Lapsing(ctx context.Context, q currency.LapsingQuery) (currency.Lapsing, error) {
	return evaluate[currency.Lapsing](ctx, c, "Lapsing", q)
}

// AbsorbReturns puts what came back to a fund into an appropriation of that
// fund, by the issuer's treasurer: APPROPRIATION_UNKNOWN, APPROPRIATION_STATE,
// RETURN_UNKNOWN, RETURN_ABSORBED, FISCAL_YEAR.
func (c *Currency) AbsorbReturns(ctx context.Context, r currency.AbsorbReturns) (currency.Appropriation, error) {
	record, _, err := Operate[currency.Appropriation](ctx, c, "AbsorbReturns", r)
	return record, err
}

// FundReturns pages through what came back to the funds of a programme, 1 to 500
// at a time; limit 0 is 500. The key of an entry is fund and transaction. It is for the
// issuer's treasurers, auditors and guards: ROLE_MISSING.
func (c *Currency) FundReturns(ctx context.Context, program string, limit int, bookmark string) (call.Page[currency.FundReturn], error) {
	return evaluate[call.Page[currency.FundReturn]](ctx, c, "FundReturns", currency.PageQuery{Program: program, Limit: limit, Bookmark: bookmark})
}
