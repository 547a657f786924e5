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

// Open opens an account with the holder's open order.
func (c *Currency) Open(ctx context.Context, order string) (currency.Account, error) {
	return submit[currency.Account](ctx, c, "Open", order)
}

// Pay carries out a payment order. Like the other methods that carry out orders
// it waits for the commit, returns the first receipt where the order was carried
// out before, and tries anew where another transaction came in between. After an
// error that is [Error.InDoubt], call it again with the same order.
func (c *Currency) Pay(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Pay", order)
}

// Give carries out a gift order.
func (c *Currency) Give(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Give", order)
}

// Claim carries out a claim order.
func (c *Currency) Claim(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Claim", order)
}

// Redeem carries out a redeem order.
func (c *Currency) Redeem(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Redeem", order)
}

// Refund carries out a refund order.
func (c *Currency) Refund(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Refund", order)
}

// Charge carries out a charge order, on the purse of the payer whose token it
// carries: TOKEN_EXCEEDED, TOKEN_LIFE, REQUEST_MISMATCH.
func (c *Currency) Charge(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Charge", order)
}

// RequestParts lists the parts of a merchant's bill that were taken.
func (c *Currency) RequestParts(ctx context.Context, q currency.RequestQuery) (currency.RequestParts, error) {
	return evaluate[currency.RequestParts](ctx, c, "RequestParts", q)
}

// CompleteRefund carries out a complete-refund order: REFUND_UNKNOWN,
// INSUFFICIENT_FUNDS.
func (c *Currency) CompleteRefund(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "CompleteRefund", order)
}

// Buy carries out a purchase order: it waits for the bank to confirm its deposit.
func (c *Currency) Buy(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Buy", order)
}

// Authorise carries out an authorise order: value is set aside for a merchant.
func (c *Currency) Authorise(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Authorise", order)
}

// Capture carries out a capture order.
func (c *Currency) Capture(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Capture", order)
}

// Void carries out a void order.
func (c *Currency) Void(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Void", order)
}

// CashOut carries out a cash refund order: the bank pays, as it pays redemptions.
func (c *Currency) CashOut(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "CashOut", order)
}

// Exchange carries out an exchange order: what it gives in the other programme
// is claimed there.
func (c *Currency) Exchange(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Exchange", order)
}

// CloseAccount carries out a close order: the account is closed for good.
func (c *Currency) CloseAccount(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Close", order)
}

// SetShare carries out a share order: what part of a bill a merchant takes.
func (c *Currency) SetShare(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "SetShare", order)
}

// Earn carries out an earn order: what an attestation rewards is credited.
func (c *Currency) Earn(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "Earn", order)
}

// AskCashback carries out a cashback order.
func (c *Currency) AskCashback(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "AskCashback", order)
}

// PayTogether carries out a joint payment order: payments in several programmes,
// all of them or none. The receipt is that of the first.
func (c *Currency) PayTogether(ctx context.Context, order string) (currency.Receipt, error) {
	return submit[currency.Receipt](ctx, c, "PayTogether", order)
}

// Quote is what a payment would do, were it ordered now, shown to its payer.
func (c *Currency) Quote(ctx context.Context, q currency.QuoteQuery) (currency.Quote, error) {
	return evaluate[currency.Quote](ctx, c, "Quote", q)
}

// PayBatch carries out 1 to 1000 orders of any of these types in one
// transaction. Each stands or falls alone and has its outcome at its place.
func (c *Currency) PayBatch(ctx context.Context, orders ...string) ([]currency.Item, error) {
	return submit[[]currency.Item](ctx, c, "PayBatch", orders...)
}

// Purse is what an account holds. read is a read order of its holder.
func (c *Currency) Purse(ctx context.Context, program, account, read string) (currency.PurseView, error) {
	return evaluate[currency.PurseView](ctx, c, "Purse", own(program, account, read, 0, ""))
}

// Receipt is the receipt of an order, shown to its holder and to the merchant
// who was paid; the merchant does not see kinds of value, claims and other programmes.
func (c *Currency) Receipt(ctx context.Context, q currency.ReceiptQuery) (currency.ReceiptView, error) {
	return evaluate[currency.ReceiptView](ctx, c, "Receipt", q)
}

// Hold is what an authorise order set aside, shown to its payer and to the
// merchant it is for, without the kinds of value: HOLD_UNKNOWN, READ_REFUSED.
func (c *Currency) Hold(ctx context.Context, q currency.ReceiptQuery) (currency.Hold, error) {
	return evaluate[currency.Hold](ctx, c, "Hold", q)
}

// Receipts pages through the receipts of an account, 1 to 500 at a time; limit 0
// is 500. bookmark is the page before's Next.
func (c *Currency) Receipts(ctx context.Context, program, account, read string, limit int, bookmark string) (call.Page[currency.Receipt], error) {
	return evaluate[call.Page[currency.Receipt]](ctx, c, "Receipts", own(program, account, read, limit, bookmark))
}

// Credits pages through the credits that an account has not claimed. A credit's
// name is its transaction and number, the two parts of the entry's key.
func (c *Currency) Credits(ctx context.Context, program, account, read string, limit int, bookmark string) (call.Page[currency.Credit], error) {
	return evaluate[call.Page[currency.Credit]](ctx, c, "Credits", own(program, account, read, limit, bookmark))
}

// Program is a programme's definition.
func (c *Currency) Program(ctx context.Context, program string) (currency.Program, error) {
	return evaluate[currency.Program](ctx, c, "Program", currency.ProgramQuery{Program: program})
}

// Policy is a version of a programme's rules; version 0 is the one in force.
func (c *Currency) Policy(ctx context.Context, program string, version int) (currency.Policy, error) {
	return evaluate[currency.Policy](ctx, c, "Policy", currency.PolicyQuery{Program: program, Version: version})
}

// Merchant is a merchant of a programme. Its owner, business, revenue and sales are
// shown to merchants officers, cashiers, auditors and guards only.
func (c *Currency) Merchant(ctx context.Context, program, id string) (currency.Merchant, error) {
	return evaluate[currency.Merchant](ctx, c, "Merchant", currency.RecordQuery{Program: program, ID: id})
}

// CreditName is the name under which the credit of an entry is claimed.
func CreditName(e call.Entry[currency.Credit]) (currency.CreditName, error) {
	var n int
	if len(e.Key) != 2 {
		return "", fmt.Errorf("credit key %q: transaction and number are expected", e.Key)
	}
	if _, err := fmt.Sscanf(e.Key[1], "%d", &n); err != nil {
		return "", fmt.Errorf("credit key %q: %w", e.Key, err)
	}
	return currency.NewCreditName(e.Key[0], n), nil
}

func own(program, account, read string, limit int, bookmark string) currency.OwnQuery {
	return currency.OwnQuery{
		PageQuery: currency.PageQuery{Program: program, Limit: limit, Bookmark: bookmark},
		Account:   account, Read: read,
	}
}

// conflictRetries is how often an order is endorsed anew after a conflict, and
// conflictPause how long it waits before, growing each time.
const (
	conflictRetries = 5
	conflictPause   = 50 * time.Millisecond
)

func submit[T any](ctx context.Context, c *Currency, function string, args ...string) (T, error) {
	for try := 1; ; try++ {
		payload, _, err := c.Submit(ctx, function, args...)
		var failed *Error
		if try <= conflictRetries && errors.As(err, &failed) && failed.Conflict() && pause(ctx, time.Duration(try)*conflictPause) {
			continue
		}
		return decode[T](function, payload, err)
	}
}

func evaluate[T any](ctx context.Context, c *Currency, function string, query any) (T, error) {
	arg, err := json.Marshal(query)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("encode the argument of %s: %w", function, err)
	}
	payload, err := c.Evaluate(ctx, function, string(arg))
	return decode[T](function, payload, err)
}

func decode[T any](function string, payload []byte, err error) (T, error) {
	var result T
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(payload, &result); err != nil {
		return result, fmt.Errorf("decode the answer of %s: %w", function, err)
	}
	return result, nil
}

// pause waits and reports whether the context still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
