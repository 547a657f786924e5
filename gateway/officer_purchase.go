// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// OpenAllotment sets budget aside for incentives of purchases, by the issuer's
// issuing officer: ALLOTMENT_EXISTS, UNIT_MISMATCH, BATCH_CEILING,
// FUND_EXCEEDED, APPROPRIATION_UNKNOWN, APPROPRIATION_STATE.
func (c *Currency) OpenAllotment(ctx context.Context, r currency.OpenAllotment) (currency.Allotment, error) {
	record, _, err := Operate[currency.Allotment](ctx, c, "OpenAllotment", r)
	return record, err
}

// CloseAllotment returns what its tranches still hold: ALLOTMENT_UNKNOWN,
// ALLOTMENT_CLOSED. Stop first one that much is drawn from: who draws is in its way.
func (c *Currency) CloseAllotment(ctx context.Context, r currency.RecordOperation) (currency.Allotment, error) {
	record, _, err := Operate[currency.Allotment](ctx, c, "CloseAllotment", r)
	return record, err
}

// StopAllotment ends all drawing from an allotment, or all payment of the tickets
// that it pays for, by a guard of another organisation than who opened it; what is
// left stays until it is closed: ALLOTMENT_UNKNOWN, ALLOTMENT_CLOSED,
// ALLOTMENT_STOPPED, SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) StopAllotment(ctx context.Context, r currency.StopAllotment) (currency.Allotment, error) {
	record, _, err := Operate[currency.Allotment](ctx, c, "StopAllotment", r)
	return record, err
}

// Allotment is an allotment of a programme: ALLOTMENT_UNKNOWN.
func (c *Currency) Allotment(ctx context.Context, program, id string) (currency.Allotment, error) {
	return evaluate[currency.Allotment](ctx, c, "Allotment", currency.RecordQuery{Program: program, ID: id})
}

// Tranche is one part of an allotment: ALLOTMENT_UNKNOWN.
func (c *Currency) Tranche(ctx context.Context, program, allotment string, number int) (currency.Tranche, error) {
	return evaluate[currency.Tranche](ctx, c, "Tranche", currency.TrancheQuery{Program: program, Allotment: allotment, Tranche: number})
}

// ConfirmPurchase is the bank's word that the deposit for a purchase arrived, by
// its cashier; the buyer is credited at once. Callers at work at the same time
// name different tranches, or they wait for each other: PURCHASE_UNKNOWN,
// PURCHASE_PAID, PURCHASE_LAPSED, DEPOSIT_EXISTS, INVALID_AMOUNT,
// ALLOTMENT_UNKNOWN, ALLOTMENT_COOLING, ALLOTMENT_STOPPED, ALLOTMENT_CLOSED, FUND_EXCEEDED.
func (c *Currency) ConfirmPurchase(ctx context.Context, r currency.ConfirmPurchase) (currency.Purchase, error) {
	record, _, err := Operate[currency.Purchase](ctx, c, "ConfirmPurchase", r)
	return record, err
}

// Purchase is what an account ordered to buy, shown to officers who may read
// accounts: PURCHASE_UNKNOWN, READ_REFUSED.
func (c *Currency) Purchase(ctx context.Context, program, account string, seq int64) (currency.Purchase, error) {
	return evaluate[currency.Purchase](ctx, c, "Purchase", currency.ReceiptQuery{Program: program, Account: account, Seq: seq})
}
