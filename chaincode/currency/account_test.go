// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"reflect"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

func TestFreeze(t *testing.T) {
	for _, tc := range []struct {
		status                currency.Status
		act, freeze, unfreeze *code.Code
	}{
		{currency.Active, nil, nil, currency.HolderState},
		{currency.Frozen, currency.HolderFrozen, currency.HolderState, nil},
		{currency.Closed, currency.HolderClosed, currency.HolderState, currency.HolderState},
	} {
		t.Run(string(tc.status), func(t *testing.T) {
			h := alice.holder()
			h.Status, h.Reason = tc.status, "case-7"
			wantCode(t, h.CanAct(), tc.act)
			wantCode(t, h.CanReceive(), tc.act)
			frozen, err := h.Freeze("case-8", 1_800_000_000)
			wantCode(t, err, tc.freeze)
			if want := (currency.Holder{DID: h.DID, Kid: h.Kid, Key: h.Key, Status: currency.Frozen, Reason: "case-8", Since: 1_800_000_000}); err == nil && !reflect.DeepEqual(frozen, want) {
				t.Errorf("froze to %+v", frozen)
			}
			if err != nil && !reflect.DeepEqual(frozen, h) {
				t.Errorf("a refused freeze left %+v", frozen)
			}
			free, err := h.Unfreeze()
			wantCode(t, err, tc.unfreeze)
			if want := alice.holder(); err == nil && !reflect.DeepEqual(free, want) {
				t.Errorf("unfroze to %+v", free)
			}
		})
	}
}

func TestAccountRequests(t *testing.T) {
	good := currency.SetFreeze{Program: "nowon", Account: alice.account, Reason: "case-7"}
	wantCode(t, good.Validate(), nil)
	wantCode(t, currency.AccountQuery{Program: "nowon", Account: alice.account}.Validate(), nil)
	for name, malleate := range map[string]func(*currency.SetFreeze){
		"no programme":          func(r *currency.SetFreeze) { r.Program = "" },
		"no reason":             func(r *currency.SetFreeze) { r.Reason = "" },
		"a reason about people": func(r *currency.SetFreeze) { r.Reason = "Mr Kim lost it" },
		"no account":            func(r *currency.SetFreeze) { r.Account = "" },
		"a DID for the account": func(r *currency.SetFreeze) { r.Account = alice.did },
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			malleate(&r)
			wantCode(t, r.Validate(), currency.InvalidID)
		})
	}
}

func TestAccountID(t *testing.T) {
	// The first half of SHA-256("abc"), FIPS 180-4.
	if got, want := currency.AccountID("abc"), "ungWv48Bz-pBQUDeXa4iIw"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	good := alice.account
	for _, bad := range []string{
		"", good[:21], good + "A", good + "==", good[:10] + "\n" + good[10:], "+" + good[1:], good[:21] + "B", "/" + good[1:],
	} {
		if err := currency.CheckAccountID("to", bad); bad != good {
			wantCode(t, err, currency.InvalidID)
		}
	}
	wantCode(t, currency.CheckAccountID("to", good), nil)
}

func TestCreditName(t *testing.T) {
	name := currency.NewCreditName(txID(7), 12)
	if tx, n, err := name.Split(); err != nil || tx != txID(7) || n != 12 {
		t.Errorf("%s splits into %s %d %v", name, tx, n, err)
	}
	for _, bad := range []string{
		"", ":", txID(7), txID(7) + ":", txID(7) + ":-1", txID(7) + ":+1", txID(7) + ":01", txID(7) + ":1:2", txID(7) + ": 1",
		txID(7) + ":4294967296", txID(7)[1:] + ":1", "AB" + txID(7)[2:] + ":1", "zz" + txID(7)[2:] + ":1",
	} {
		_, _, err := currency.CreditName(bad).Split()
		wantCode(t, err, currency.InvalidID)
	}
}
