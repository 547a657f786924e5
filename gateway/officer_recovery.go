// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// ProposeRecovery proposes that another key take over a frozen account, by a
// guard of issuer or operator: HOLDER_UNKNOWN, HOLDER_STATE, HOLDER_EXISTS.
// UnfreezeHolder takes it back.
func (c *Currency) ProposeRecovery(ctx context.Context, r currency.ProposeRecovery) (currency.Holder, error) {
	record, _, err := Operate[currency.Holder](ctx, c, "ProposeRecovery", r)
	return record, err
}

// ApproveRecovery carries a recovery out after its cool-down, by an approver of
// another organisation: HOLDER_STATE, HOLDER_EXISTS, RECOVERY_EARLY,
// SAME_OFFICER, SAME_ORGANISATION.
func (c *Currency) ApproveRecovery(ctx context.Context, r currency.ProposeRecovery) (currency.Holder, error) {
	record, _, err := Operate[currency.Holder](ctx, c, "ApproveRecovery", r)
	return record, err
}

// ForwardCredits moves what waits for a recovered account to the last one that took
// over, to whom [Currency.Credits] shows it. Anybody may: HOLDER_UNKNOWN, HOLDER_STATE.
func (c *Currency) ForwardCredits(ctx context.Context, r currency.ForwardCredits) (currency.Forwarded, error) {
	record, _, err := Operate[currency.Forwarded](ctx, c, "ForwardCredits", r)
	return record, err
}
