// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Released is what a payer claims of a hold that nobody captured in time.
type Released struct {
	Credit currency.CreditName `json:"credit"`
}

// Release gives a hold back to its payer once its deadline and the policy's grace
// are over, for the payer or the merchant. It returns READ_REFUSED, HOLD_UNKNOWN,
// HOLD_OPEN or HOLD_EMPTY, asked again too: the credit is among the payer's.
func (s *Service) Release(ctx context.Context, q currency.ReceiptQuery) (Released, error) {
	name := currency.ReceiptName{Holder: q.Account, Seq: q.Seq}
	held, err := s.Hold(ctx, q)
	if err != nil {
		return Released{}, err
	}
	_, r, err := s.parse(q.Read, []string{currency.TypRead})
	if err != nil {
		return Released{}, err
	}
	if _, _, err := held.Release(name, time.Now()); err != nil { // nothing is sent that would be refused
		return Released{}, err
	}
	swept, err := r.Ledger.Sweep(ctx, currency.Sweep{
		Operation: operation("release"), Program: q.Program, Holds: []currency.ReceiptName{name},
	})
	switch {
	case err != nil:
		return Released{}, err
	case len(swept.Released) > 0:
		return Released{swept.Released[0]}, nil
	}
	for _, left := range swept.Skipped {
		if refusal := currency.Codes.Parse(left.Code + ": hold " + name.String()); refusal != nil {
			return Released{}, refusal
		}
	}
	return Released{}, currency.HoldUnknown.Errorf("hold %s", name)
}
