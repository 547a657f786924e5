// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestRecover(t *testing.T) {
	now := noon(today)
	p := currency.Program{ID: "nowon", RecoveryHours: 24}
	r := currency.ProposeRecovery{Program: "nowon", Account: alice.account, DID: bob.did}
	frozen := alice.holder()
	frozen.Status, frozen.Person, frozen.Merchant = currency.Frozen, "p", "m"
	_, err := alice.holder().ProposeRecovery(r, p, "A/a", now)
	wantCode(t, err, currency.HolderState)
	proposed, err := frozen.ProposeRecovery(r, p, "A/a", now)
	wantCode(t, err, nil)
	unfrozen, err := proposed.Unfreeze()
	wantCode(t, err, nil)

	for name, tc := range map[string]struct {
		holder currency.Holder
		did    string
		by     string
		now    time.Time
		want   *code.Code
	}{
		"in time":            {proposed, bob.did, "B/b", now.Add(24 * time.Hour), nil},
		"early":              {proposed, bob.did, "B/b", now.Add(24*time.Hour - time.Second), currency.RecoveryEarly},
		"by the same":        {proposed, bob.did, "A/a", now.Add(48 * time.Hour), currency.SameOfficer},
		"by a colleague":     {proposed, bob.did, "A/b", now.Add(48 * time.Hour), currency.SameInstitution},
		"of another key":     {proposed, bakery.did, "B/b", now.Add(48 * time.Hour), currency.HolderState},
		"of none proposed":   {frozen, bob.did, "B/b", now.Add(48 * time.Hour), currency.HolderState},
		"after an objection": {unfrozen, bob.did, "B/b", now.Add(48 * time.Hour), currency.HolderState},
	} {
		t.Run(name, func(t *testing.T) {
			r.DID = tc.did
			before, after, err := tc.holder.Recover(r, p, nil, tc.by, tc.now)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if before.Status != currency.Closed || before.Successor != bob.account || before.Recovery != nil {
				t.Errorf("before %+v", before)
			}
			if after.DID != bob.did || after.Kid != bob.Kid || after.Status != currency.Active || after.Person != "p" || after.Merchant != "m" {
				t.Errorf("after %+v", after)
			}
		})
	}
	if got := (currency.Program{}).Cooldown(); got != 72*time.Hour {
		t.Errorf("cool-down %s", got)
	}
}
