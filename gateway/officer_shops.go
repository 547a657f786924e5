// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// SetMerchantTerms changes what a programme knows of a shop, all of it at once, by
// the issuer's merchants officer: MERCHANT_UNKNOWN, BUSINESS_UNKNOWN,
// MERCHANT_BANNED.
func (c *Currency) SetMerchantTerms(ctx context.Context, r currency.SetMerchantTerms) (currency.Merchant, error) {
	record, _, err := Operate[currency.Merchant](ctx, c, "SetMerchantTerms", r)
	return record, err
}

// VerifySales notes what a merchant sells in a month, which raises or lowers what
// it may redeem: MERCHANT_UNKNOWN.
func (c *Currency) VerifySales(ctx context.Context, r currency.VerifySales) (currency.Merchant, error) {
	record, _, err := Operate[currency.Merchant](ctx, c, "VerifySales", r)
	return record, err
}

// BanMerchant closes a merchant, and all others of its business, and keeps it out for as long as the
// policy in force says: MERCHANT_UNKNOWN, BUSINESS_UNKNOWN, INVALID_POLICY.
func (c *Currency) BanMerchant(ctx context.Context, r currency.BanMerchant) (currency.Ban, error) {
	record, _, err := Operate[currency.Ban](ctx, c, "BanMerchant", r)
	return record, err
}

// LiftBan takes a ban back: BAN_UNKNOWN.
func (c *Currency) LiftBan(ctx context.Context, r currency.LiftBan) (currency.Ban, error) {
	record, _, err := Operate[currency.Ban](ctx, c, "LiftBan", r)
	return record, err
}

// Ban is what keeps a business out of a programme: BAN_UNKNOWN.
func (c *Currency) Ban(ctx context.Context, program, business string) (currency.Ban, error) {
	return evaluate[currency.Ban](ctx, c, "Ban", currency.BanQuery{Program: program, Business: business})
}
