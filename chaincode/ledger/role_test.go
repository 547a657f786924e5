// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"fmt"
	"testing"

	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

func TestRoles(t *testing.T) {
	l := newLab(t)
	var (
		admin     = l.net.Caller("CityMSP", "admin", ledgertest.Admin)
		bankAdmin = l.net.Caller("BankMSP", "admin", ledgertest.Admin)
		namesake  = l.net.Caller("BankMSP", "kim", ledgertest.Client)
		colleague = l.net.Caller("CityMSP", "lee", ledgertest.Client)
	)
	op := 0
	set := func(by *ledgertest.Caller, function, name string, role call.Role) error {
		op++
		_, err := l.net.Invoke(by, "lab", function, fmt.Sprintf(`{"op":"%d","name":%q,"role":%q}`, op, name, role))
		return err
	}
	holds := func(who *ledgertest.Caller, orgs ...string) error {
		l.body = func(tx *ledger.Tx) error {
			c, err := tx.RequireRole(roleReader, orgs...)
			if err == nil && c.String() != who.MSPID+"/"+who.Name {
				return fmt.Errorf("it is %s", c)
			}
			return err
		}
		_, err := l.net.Endorse(who, "lab", "Do")
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	refused(t, holds(l.kim, "CityMSP"), code.RoleMissing)
	refused(t, set(l.kim, "GrantRole", "kim", roleReader), code.NotAdmin)
	refused(t, set(admin, "GrantRole", "kim", "king"), code.RoleUnknown)
	refused(t, set(admin, "GrantRole", "", roleReader), code.BadRequest)
	refused(t, set(admin, "GrantRole", "kim", ""), code.BadRequest)
	must(set(admin, "GrantRole", "kim", roleReader))
	must(holds(l.kim, "CityMSP"))
	must(holds(l.kim, "BankMSP", "CityMSP"))
	refused(t, holds(l.kim, "BankMSP"), code.RoleMissing)               // holds it where it does not count
	refused(t, holds(l.kim), code.RoleMissing)                          // counts nowhere
	refused(t, holds(namesake, "CityMSP", "BankMSP"), code.RoleMissing) // of another organisation
	refused(t, holds(colleague, "CityMSP"), code.RoleMissing)
	refused(t, holds(admin, "CityMSP"), code.RoleMissing) // who grants does not hold

	// The admin of another organisation grants and revokes at home only.
	must(set(bankAdmin, "RevokeRole", "kim", roleReader))
	must(holds(l.kim, "CityMSP"))

	answer, err := l.net.Query(colleague, "lab", "Roles", `{"msp":"CityMSP","name":"kim"}`)
	must(err)
	want := fmt.Sprintf(`[{"msp":"CityMSP","name":"kim","role":"reader","by":"admin","granted":%d}]`, l.net.Now().Unix())
	if string(answer) != want {
		t.Errorf("roles %s, want %s", answer, want)
	}
	answer, err = l.net.Query(colleague, "lab", "Roles", `{"msp":"BankMSP","name":"kim"}`)
	must(err)
	if string(answer) != `[]` {
		t.Errorf("the namesake has roles %s", answer)
	}
	for _, bad := range []string{`{"msp":"City/MSP","name":"kim"}`, `{"msp":"","name":"kim"}`, `{"msp":"CityMSP","name":""}`} {
		_, err := l.net.Query(colleague, "lab", "Roles", bad)
		refused(t, err, code.BadRequest)
	}

	refused(t, set(l.kim, "RevokeRole", "kim", roleReader), code.NotAdmin)
	must(set(admin, "RevokeRole", "kim", roleReader))
	refused(t, holds(l.kim, "CityMSP"), code.RoleMissing)
	must(set(admin, "RevokeRole", "kim", roleReader)) // again is no error
}
