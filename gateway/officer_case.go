// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// OpenCase opens a case about an account and freezes it, by a guard of issuer or
// operator: HOLDER_UNKNOWN, HOLDER_CLOSED, CASE_EXISTS, CASE_STATE,
// RECEIPT_UNKNOWN. Where it names a threshold as its rule, the ledger measures the
// receipts and keeps version and figures on the case: POLICY_UNKNOWN,
// THRESHOLD_UNKNOWN, THRESHOLD_UNMET. [Currency.FraudFlags] finds receipts that
// reach one.
func (c *Currency) OpenCase(ctx context.Context, r currency.OpenCase) (currency.Case, error) {
	record, _, err := Operate[currency.Case](ctx, c, "OpenCase", r)
	return record, err
}

// HoldFunds takes value of a frozen account into a case, out of its purse and of
// credits it has not claimed, and holds claims of it on the bank, whose money comes
// into the case by [Currency.RecallPayout]: CASE_UNKNOWN, CASE_STATE, HOLDER_STATE,
// INSUFFICIENT_FUNDS, CREDIT_UNKNOWN, BUCKET_LIMIT, REDEMPTION_UNKNOWN,
// REDEMPTION_PAID, REDEMPTION_HELD, REDEMPTION_RECALLED. The account may be unfrozen
// afterwards: what is held stays held.
func (c *Currency) HoldFunds(ctx context.Context, r currency.HoldFunds) (currency.Case, error) {
	record, _, err := Operate[currency.Case](ctx, c, "HoldFunds", r)
	return record, err
}

// ProposeClawback proposes that an amount of what a case holds go back to the
// funds it came from: CASE_UNKNOWN, CASE_STATE, INSUFFICIENT_FUNDS.
func (c *Currency) ProposeClawback(ctx context.Context, r currency.ClawBack) (currency.Case, error) {
	record, _, err := Operate[currency.Case](ctx, c, "ProposeClawback", r)
	return record, err
}

// ApproveClawback carries a proposed clawback of the same amount out, by an
// approver of another organisation: CASE_UNKNOWN, CASE_STATE, SAME_OFFICER,
// SAME_ORGANISATION.
func (c *Currency) ApproveClawback(ctx context.Context, r currency.ClawBack) (currency.Case, error) {
	record, _, err := Operate[currency.Case](ctx, c, "ApproveClawback", r)
	return record, err
}

// CloseCase gives the holder what a case still holds, as a credit, lets claims be paid
// again that the bank has not recalled, and unfreezes an account that only cases froze: CASE_UNKNOWN, CASE_STATE.
func (c *Currency) CloseCase(ctx context.Context, r currency.CaseOperation) (currency.Case, error) {
	record, _, err := Operate[currency.Case](ctx, c, "CloseCase", r)
	return record, err
}

// Case is a case, shown to auditors and guards: ROLE_MISSING, CASE_UNKNOWN.
func (c *Currency) Case(ctx context.Context, q currency.CaseQuery) (currency.Case, error) {
	return evaluate[currency.Case](ctx, c, "Case", q)
}

// Cases pages through the cases about an account. read is a read order of its
// holder; officers who may read accounts leave it empty. READ_REFUSED.
func (c *Currency) Cases(ctx context.Context, program, account, read string, limit int, bookmark string) (call.Page[currency.Case], error) {
	return evaluate[call.Page[currency.Case]](ctx, c, "Cases", own(program, account, read, limit, bookmark))
}
