// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// New money takes two people of two organisations.
func TestTwoPeopleForNewMoney(t *testing.T) {
	tn := newTown(t)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "new", Fund: "budget", Amount: 1_000_000})
	rows := []currency.Row{{To: tn.resident(nowon, "minsu").account, Amount: 1_000}}
	run := tn.openRun(nowon, "early", currency.Benefit, rows)
	run.Draws = []currency.Draw{{Appropriation: "new", Amount: 1_000}}
	approve := func() string { return tn.json(about(tn, "new")) }

	tn.refused(currency.AppropriationState, tn.city, "OpenRun", tn.json(run))
	tn.refused(currency.SameOfficer, tn.city, "ApproveAppropriation", approve())
	tn.refused(currency.SameInstitution, tn.deputy, "ApproveAppropriation", approve())
	tn.refused(code.RoleMissing, tn.courier, "ApproveAppropriation", approve())
	tn.do(tn.bank, "ApproveAppropriation", about(tn, "new"))
	tn.refused(currency.AppropriationState, tn.komsco, "ApproveAppropriation", approve())

	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 2)})
	version := func(n int) string {
		return tn.json(currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: nowon, Version: n}})
	}
	tn.refused(currency.SameOfficer, tn.city, "ApprovePolicy", version(2))
	tn.refused(currency.SameInstitution, tn.deputy, "ApprovePolicy", version(2))
	tn.refused(currency.PolicyUnknown, tn.komsco, "ApprovePolicy", version(3))
	tn.refused(currency.PolicyState, tn.komsco, "ApprovePolicy", version(1))
	tn.refused(currency.PolicyState, tn.city, "ProposePolicy", tn.json(currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 2)}))
	tn.refused(currency.PolicyState, tn.city, "ProposePolicy", tn.json(currency.ProposePolicy{Operation: tn.op(), Policy: policyOf(nowon, 4)}))

	// A programme may let one organisation's two people do it, never one person.
	p := tn.program("small")
	p.Open, p.Enrollers, p.SameOrganisation = true, nil, true
	tn.do(tn.komsco, "DefineProgram", currency.DefineProgram{Operation: tn.op(), Program: p})
	tn.do(tn.city, "ProposePolicy", currency.ProposePolicy{Operation: tn.op(), Policy: policyOf("small", 1)})
	small := currency.ApprovePolicy{Operation: tn.op(), PolicyQuery: currency.PolicyQuery{Program: "small", Version: 1}}
	tn.refused(currency.SameOfficer, tn.city, "ApprovePolicy", tn.json(small))
	tn.do(tn.deputy, "ApprovePolicy", small)
}

// Two approvals, or an approval and a proposal, in one block: one counts.
func TestApprovalsRace(t *testing.T) {
	tn := newTown(t)
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "new", Fund: "budget", Amount: 1_000_000})
	a := tn.endorse(tn.bank, "ApproveAppropriation", tn.json(about(tn, "new")))
	b := tn.endorse(tn.komsco, "ApproveAppropriation", tn.json(about(tn, "new")))
	tn.commit(a, b)
	require.Equal(t, valid, a.Status)
	require.Equal(t, mvcc, b.Status)
	require.EqualValues(t, 1_001_000_000, tn.audit.term(nowon, "budget", currency.Entered))
}

// Roles are granted by an administrator of the own organisation, and count
// there and for what they name only.
func TestRoles(t *testing.T) {
	tn := newTown(t)
	grant := func(name string, r call.Role) string {
		return tn.json(call.SetRole{Operation: tn.op(), Name: name, Role: r})
	}
	tn.refused(code.NotAdmin, tn.city, "GrantRole", grant("officer", currency.RoleCashier))
	tn.refused(code.NotAdmin, tn.net.Caller("CityMSP", "peer0", ledgertest.Peer), "GrantRole", grant("officer", currency.RoleCashier))
	tn.refused(code.NotAdmin, tn.city, "RevokeRole", grant("deputy", currency.RoleApprover))
	cityAdmin := tn.net.Caller("CityMSP", "admin", ledgertest.Admin)
	tn.refused(code.RoleUnknown, cityAdmin, "GrantRole", grant("officer", "king"))

	// An administrator holds no role by being one.
	deposit := currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d2", Fund: "bought", Amount: 1_000}
	tn.refused(code.RoleMissing, tn.net.Caller("BankMSP", "admin", ledgertest.Admin), "ConfirmDeposit", tn.json(deposit))

	// The city's own cashier is not the bank's, whatever the city grants; nor is
	// somebody of the same name in another organisation.
	tn.grant(tn.city, currency.RoleCashier)
	tn.refused(code.RoleMissing, tn.city, "ConfirmDeposit", tn.json(deposit))
	tn.refused(code.RoleMissing, tn.net.Caller("EvilMSP", "cashier", ledgertest.Client), "ConfirmDeposit", tn.json(deposit))
	evil := tn.net.Caller("EvilMSP", "cashier", ledgertest.Client)
	for _, r := range currency.Roles {
		tn.grant(evil, r)
	}
	tn.refused(code.RoleMissing, evil, "ConfirmDeposit", tn.json(deposit))
	tn.refused(code.RoleMissing, evil, "ApproveAppropriation", tn.json(about(tn, "budget")))
	tn.refused(code.RoleMissing, evil, "FreezeHolder", tn.json(tn.freezing(nowon, tn.stall)))
	tn.refused(code.RoleMissing, evil, "DefineProgram", tn.json(currency.DefineProgram{Operation: tn.op(), Program: tn.program("third")}))

	// A role that is revoked is gone, at once.
	revoke := call.SetRole{Operation: tn.op(), Name: tn.bank.Name, Role: currency.RoleCashier}
	tn.do(tn.net.Caller("BankMSP", "admin", ledgertest.Admin), "RevokeRole", revoke)
	tn.refused(code.RoleMissing, tn.bank, "ConfirmDeposit", tn.json(deposit))
	require.Len(t, get[[]call.Grant](tn, tn.courier, "Roles", call.Member{MSP: "BankMSP", Name: tn.bank.Name}), 1)
	tn.refused(code.NoCaller, tn.net.Caller("CityMSP", "", ledgertest.Client), "ConfirmDeposit", tn.json(deposit))
}

// An operation id stands for one thing: sent again it returns the first result
// and writes nothing, with other content or by another function it is refused.
// Ids of different officers do not meet.
func TestOperationIDs(t *testing.T) {
	tn := newTown(t)
	deposit := currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d2", Fund: "bought", Amount: 5_000}
	first := tn.do(tn.bank, "ConfirmDeposit", deposit)
	tn.net.Advance(time.Hour)
	again := tn.endorse(tn.bank, "ConfirmDeposit", tn.json(deposit))
	require.Equal(t, string(first), string(again.Payload))
	require.Empty(t, again.Writes())
	require.Nil(t, again.Event)
	// Another spelling of the same content is the same content.
	again = tn.endorse(tn.bank, "ConfirmDeposit", fmt.Sprintf(`{"amount": 5000, "fund":"bought","ref":"d2",  "program":"nowon","op":%q}`, deposit.Op))
	require.Equal(t, string(first), string(again.Payload))

	more := deposit
	more.Amount++
	tn.refused(code.OperationReused, tn.bank, "ConfirmDeposit", tn.json(more))
	payout := currency.ConfirmPayout{Operation: deposit.Operation, Program: nowon, Ref: "d2", Account: tn.stall.account, Seq: 1, Amount: 5_000}
	tn.refused(code.OperationReused, tn.bank, "ConfirmPayout", tn.json(payout))
	deposit.Operation = tn.op()
	tn.refused(currency.DepositExists, tn.bank, "ConfirmDeposit", tn.json(deposit))
	for _, op := range []string{"", "a b", "a/b", strings.Repeat("x", 65), "\x00", "가"} {
		deposit.Op = op
		tn.refused(code.BadRequest, tn.bank, "ConfirmDeposit", tn.json(deposit))
	}

	// The same id of two officers: two operations.
	same := call.Operation{Op: "same"}
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: same, Program: nowon, ID: "a", Fund: "budget", Amount: 1})
	tn.do(tn.bank, "ConfirmDeposit", currency.ConfirmDeposit{Operation: same, Program: nowon, Ref: "d3", Fund: "bought", Amount: 1})

	// A refusal is not remembered: the same operation may succeed later.
	early := about(tn, "later")
	tn.refused(currency.AppropriationUnknown, tn.bank, "ApproveAppropriation", tn.json(early))
	tn.do(tn.city, "ProposeAppropriation", currency.ProposeAppropriation{Operation: tn.op(), Program: nowon, ID: "later", Fund: "budget", Amount: 1})
	tn.do(tn.bank, "ApproveAppropriation", early)

	// Sent twice at once: one counts, and the other's sender learns the result.
	twice := tn.json(currency.ConfirmDeposit{Operation: tn.op(), Program: nowon, Ref: "d4", Fund: "bought", Amount: 1})
	a, b := tn.endorse(tn.bank, "ConfirmDeposit", twice), tn.endorse(tn.bank, "ConfirmDeposit", twice)
	tn.commit(a, b)
	require.Equal(t, valid, a.Status)
	require.Equal(t, mvcc, b.Status)
	require.Equal(t, string(a.Payload), string(tn.endorse(tn.bank, "ConfirmDeposit", twice).Payload))
}
