// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// SubmitAttestation credits who an attestation names, without an order of theirs
// and without a role: the attester's signature decides. Callers at work at the same
// time name different tranches, or they wait for each other: NOT_EARNED,
// UNIT_MISMATCH, EVIDENCE_USED, EARNING_CAP, PERSON_CEILING, FUND_EXCEEDED,
// ALLOTMENT_UNKNOWN, ALLOTMENT_COOLING, ALLOTMENT_STOPPED, ALLOTMENT_CLOSED.
func (c *Currency) SubmitAttestation(ctx context.Context, r currency.SubmitAttestation) (currency.Rewarded, error) {
	record, _, err := Operate[currency.Rewarded](ctx, c, "SubmitAttestation", r)
	return record, err
}

// Evidence is what an evidence was credited for, shown to officers who may read
// accounts: EVIDENCE_UNKNOWN.
func (c *Currency) Evidence(ctx context.Context, program, digest string) (currency.Evidence, error) {
	return evaluate[currency.Evidence](ctx, c, "Evidence", currency.EvidenceQuery{Program: program, Evidence: digest})
}
