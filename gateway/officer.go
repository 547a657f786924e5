// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Operate carries out an officer's function and waits for its commit: the way of
// the methods below, for callers that want the transaction's id too. The request
// is checked before it is sent and tried anew where another transaction came in
// between. Its operation id makes it safe to repeat: after an error that is
// [Error.InDoubt], send the same request again.
func Operate[Record any, Request interface{ Validate() error }](
	ctx context.Context, c *Currency, function string, request Request,
) (record Record, tx string, err error) {
	if err := request.Validate(); err != nil {
		return record, "", err
	}
	arg, err := json.Marshal(request)
	if err != nil {
		return record, "", fmt.Errorf("encode the request of %s: %w", function, err)
	}
	for try := 1; ; try++ {
		payload, tx, err := c.Submit(ctx, function, string(arg))
		var failed *Error
		if try <= conflictRetries && errors.As(err, &failed) && failed.Conflict() && pause(ctx, time.Duration(try)*conflictPause) {
			continue
		}
		record, err := decode[Record](function, payload, err)
		return record, tx, err
	}
}

// GrantRole gives a role to a member of the caller's own organisation. The
// caller is its administrator: NOT_ADMIN, ROLE_UNKNOWN.
func (c *Currency) GrantRole(ctx context.Context, r call.SetRole) (call.Grant, error) {
	record, _, err := Operate[call.Grant](ctx, c, "GrantRole", r)
	return record, err
}

// RevokeRole takes a role away. Revoking what was not granted is no error.
func (c *Currency) RevokeRole(ctx context.Context, r call.SetRole) (call.Grant, error) {
	record, _, err := Operate[call.Grant](ctx, c, "RevokeRole", r)
	return record, err
}

// Roles lists the roles that a member of an organisation holds. name is the
// common name of the certificate.
func (c *Currency) Roles(ctx context.Context, msp, name string) ([]call.Grant, error) {
	return evaluate[[]call.Grant](ctx, c, "Roles", call.Member{MSP: msp, Name: name})
}

// DefineProgram defines a programme, by a registrar of one of its organisations:
// PROGRAM_EXISTS, INVALID_POLICY.
func (c *Currency) DefineProgram(ctx context.Context, r currency.DefineProgram) (currency.Program, error) {
	record, _, err := Operate[currency.Program](ctx, c, "DefineProgram", r)
	return record, err
}

// ProposePolicy proposes the next version of a programme's rules, by the
// issuer's policy officer: POLICY_STATE, INVALID_POLICY.
func (c *Currency) ProposePolicy(ctx context.Context, r currency.ProposePolicy) (currency.Policy, error) {
	record, _, err := Operate[currency.Policy](ctx, c, "ProposePolicy", r)
	return record, err
}

// ApprovePolicy brings a proposed version into force, by an approver of another
// organisation: POLICY_UNKNOWN, POLICY_STATE, SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) ApprovePolicy(ctx context.Context, r currency.ApprovePolicy) (currency.Policy, error) {
	record, _, err := Operate[currency.Policy](ctx, c, "ApprovePolicy", r)
	return record, err
}

// ConfirmDeposit is the bank's word that money arrived, by its cashier:
// DEPOSIT_EXISTS.
func (c *Currency) ConfirmDeposit(ctx context.Context, r currency.ConfirmDeposit) (currency.Deposit, error) {
	record, _, err := Operate[currency.Deposit](ctx, c, "ConfirmDeposit", r)
	return record, err
}

// Deposit is the deposit of a bank reference, its donor shown to cashiers, auditors
// and guards only: DEPOSIT_UNKNOWN.
func (c *Currency) Deposit(ctx context.Context, program, ref string) (currency.Deposit, error) {
	return evaluate[currency.Deposit](ctx, c, "Deposit", currency.RecordQuery{Program: program, ID: ref})
}

// ProposeAppropriation proposes to spend budget, by the issuer's treasurer:
// APPROPRIATION_EXISTS.
func (c *Currency) ProposeAppropriation(ctx context.Context, r currency.ProposeAppropriation) (currency.Appropriation, error) {
	record, _, err := Operate[currency.Appropriation](ctx, c, "ProposeAppropriation", r)
	return record, err
}

// ApproveAppropriation makes proposed budget available, by an approver of
// another organisation: APPROPRIATION_UNKNOWN, APPROPRIATION_STATE,
// SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) ApproveAppropriation(ctx context.Context, r currency.RecordOperation) (currency.Appropriation, error) {
	record, _, err := Operate[currency.Appropriation](ctx, c, "ApproveAppropriation", r)
	return record, err
}

// Appropriation is an appropriation of a programme: APPROPRIATION_UNKNOWN.
func (c *Currency) Appropriation(ctx context.Context, program, id string) (currency.Appropriation, error) {
	return evaluate[currency.Appropriation](ctx, c, "Appropriation", currency.RecordQuery{Program: program, ID: id})
}

// OpenRun reserves money for an issue and announces its batches, by the issuer's
// issuing officer: RUN_EXISTS, UNIT_MISMATCH, BATCH_CEILING, PERSON_CEILING,
// DAY_CEILING, FUND_EXCEEDED and what is wrong with the funds. [Currency.Issue] does a whole run.
func (c *Currency) OpenRun(ctx context.Context, r currency.OpenRun) (currency.Run, error) {
	record, _, err := Operate[currency.Run](ctx, c, "OpenRun", r)
	return record, err
}

// IssueBatch issues one announced batch. Each row stands or falls alone; those
// that fell are in the result: RUN_UNKNOWN, RUN_CLOSED, BATCH_UNKNOWN,
// BATCH_MISMATCH, BATCH_DONE.
func (c *Currency) IssueBatch(ctx context.Context, r currency.IssueBatch) (currency.Batch, error) {
	record, _, err := Operate[currency.Batch](ctx, c, "IssueBatch", r)
	return record, err
}

// CloseRun returns what was not issued to where it was drawn from: RUN_UNKNOWN,
// RUN_CLOSED.
func (c *Currency) CloseRun(ctx context.Context, r currency.RecordOperation) (currency.Run, error) {
	record, _, err := Operate[currency.Run](ctx, c, "CloseRun", r)
	return record, err
}

// ApproveRun is the second person's word for a run, by the root of its roster:
// RUN_UNKNOWN, RUN_APPROVED, RUN_STOPPED, RUN_CLOSED, ROSTER_MISMATCH,
// SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) ApproveRun(ctx context.Context, r currency.ApproveRun) (currency.Run, error) {
	record, _, err := Operate[currency.Run](ctx, c, "ApproveRun", r)
	return record, err
}

// StopRun stops a run, as a guard of another organisation than who opened it:
// RUN_UNKNOWN, RUN_STOPPED, RUN_CLOSED, SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) StopRun(ctx context.Context, r currency.StopRun) (currency.Run, error) {
	record, _, err := Operate[currency.Run](ctx, c, "StopRun", r)
	return record, err
}

// Run is an issue run: RUN_UNKNOWN.
func (c *Currency) Run(ctx context.Context, program, id string) (currency.Run, error) {
	return evaluate[currency.Run](ctx, c, "Run", currency.RecordQuery{Program: program, ID: id})
}

// Batch is what a batch of a run issued, for issuing officers of the issuer,
// approvers, auditors and guards: ROLE_MISSING, BATCH_UNKNOWN where it was not yet.
func (c *Currency) Batch(ctx context.Context, program, run string, number int) (currency.Batch, error) {
	return evaluate[currency.Batch](ctx, c, "Batch", currency.BatchQuery{Program: program, Run: run, Batch: number})
}

// RegisterMerchant takes a shop into a programme and opens its account, by the
// issuer's merchants officer: MERCHANT_EXISTS, HOLDER_EXISTS.
func (c *Currency) RegisterMerchant(ctx context.Context, r currency.RegisterMerchant) (currency.Merchant, error) {
	record, _, err := Operate[currency.Merchant](ctx, c, "RegisterMerchant", r)
	return record, err
}

// SetMerchantStatus suspends, reinstates or closes a merchant: MERCHANT_UNKNOWN,
// MERCHANT_STATE.
func (c *Currency) SetMerchantStatus(ctx context.Context, r currency.SetMerchantStatus) (currency.Merchant, error) {
	record, _, err := Operate[currency.Merchant](ctx, c, "SetMerchantStatus", r)
	return record, err
}

// FreezeHolder stops an account at once, by a guard of issuer or operator:
// HOLDER_UNKNOWN, HOLDER_STATE.
func (c *Currency) FreezeHolder(ctx context.Context, r currency.SetFreeze) (currency.Holder, error) {
	record, _, err := Operate[currency.Holder](ctx, c, "FreezeHolder", r)
	return record, err
}

// UnfreezeHolder lets a frozen account act again.
func (c *Currency) UnfreezeHolder(ctx context.Context, r currency.SetFreeze) (currency.Holder, error) {
	record, _, err := Operate[currency.Holder](ctx, c, "UnfreezeHolder", r)
	return record, err
}

// Holder is an account's record, shown to auditors and guards: ROLE_MISSING,
// HOLDER_UNKNOWN.
func (c *Currency) Holder(ctx context.Context, program, account string) (currency.Holder, error) {
	return evaluate[currency.Holder](ctx, c, "Holder", currency.AccountQuery{Program: program, Account: account})
}

// ConfirmPayout is the bank's word that it paid a redemption, by its cashier:
// REDEMPTION_UNKNOWN, REDEMPTION_PAID, REDEMPTION_WITHHELD, REDEMPTION_RECALLED,
// PAYOUT_EXISTS, INVALID_AMOUNT.
func (c *Currency) ConfirmPayout(ctx context.Context, r currency.ConfirmPayout) (currency.Payout, error) {
	record, _, err := Operate[currency.Payout](ctx, c, "ConfirmPayout", r)
	return record, err
}

// RecallPayout is the bank's word that it did not pay a redemption that a case holds,
// and will not, by its cashier: REDEMPTION_UNKNOWN, REDEMPTION_PAID,
// REDEMPTION_RECALLED, CASE_UNKNOWN.
func (c *Currency) RecallPayout(ctx context.Context, r currency.RecallPayout) (currency.Redemption, error) {
	record, _, err := Operate[currency.Redemption](ctx, c, "RecallPayout", r)
	return record, err
}

// Payout is the payout of a bank reference: REDEMPTION_UNKNOWN.
func (c *Currency) Payout(ctx context.Context, program, ref string) (currency.Payout, error) {
	return evaluate[currency.Payout](ctx, c, "Payout", currency.RecordQuery{Program: program, ID: ref})
}

// Redemption is a merchant's claim on the bank: REDEMPTION_UNKNOWN.
func (c *Currency) Redemption(ctx context.Context, program, account string, seq int64) (currency.Redemption, error) {
	return evaluate[currency.Redemption](ctx, c, "Redemption", currency.ReceiptQuery{Program: program, Account: account, Seq: seq})
}

// Redemptions pages through all redemptions of a programme, 1 to 500 at a time;
// limit 0 is 500. The key of an entry is account and sequence number.
func (c *Currency) Redemptions(ctx context.Context, program string, limit int, bookmark string) (call.Page[currency.Redemption], error) {
	return evaluate[call.Page[currency.Redemption]](ctx, c, "Redemptions", currency.PageQuery{Program: program, Limit: limit, Bookmark: bookmark})
}

// Unpaid pages through the redemptions of a programme that the bank has not paid,
// with why some are withheld, to the bank's cashiers and to auditors: ROLE_MISSING.
func (c *Currency) Unpaid(ctx context.Context, program string, limit int, bookmark string) (call.Page[currency.UnpaidRedemption], error) {
	return evaluate[call.Page[currency.UnpaidRedemption]](ctx, c, "Unpaid", currency.PageQuery{Program: program, Limit: limit, Bookmark: bookmark})
}
