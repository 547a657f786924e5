// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// ForwardTakings gives takings that a merchant has not claimed to a refund that it
// owes. Anybody may: MERCHANT_UNKNOWN, HOLDER_FROZEN, REFUND_UNKNOWN,
// NOTHING_CLAIMED.
func (c *Currency) ForwardTakings(ctx context.Context, r currency.ForwardTakings) (currency.TakingsForwarded, error) {
	record, _, err := Operate[currency.TakingsForwarded](ctx, c, "ForwardTakings", r)
	return record, err
}

// Takings names credits of the merchant that a waiting refund could come out of, for
// [Currency.ForwardTakings]. Who paid shows a read order, officers leave it out:
// READ_REFUSED, RECEIPT_UNKNOWN, REFUND_UNKNOWN.
func (c *Currency) Takings(ctx context.Context, q currency.TakingsQuery) (currency.Takings, error) {
	return evaluate[currency.Takings](ctx, c, "Takings", q)
}

// WaitingRefunds pages through what a merchant owes; account is the merchant's. An
// entry's key is the payer's account and the payment's sequence number. The
// merchant shows a read order, officers leave it out.
func (c *Currency) WaitingRefunds(ctx context.Context, program, account, read string, limit int, bookmark string) (call.Page[currency.Due], error) {
	return evaluate[call.Page[currency.Due]](ctx, c, "WaitingRefunds", own(program, account, read, limit, bookmark))
}
