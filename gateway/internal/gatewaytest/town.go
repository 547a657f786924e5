// SPDX-License-Identifier: Apache-2.0

package gatewaytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
)

// Admin names an organisation's administrator.
const Admin = "Admin"

// Officers submits a request as a member of an organisation.
type Officers interface {
	Officer(msp, name, function string, request any) error
}

// TB is the part of testing.TB that fixtures need.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Town is an open programme with a market stall and a fund, ready to take
// residents in.
type Town struct {
	t        TB
	officers Officers
	place    currency.Place
	Program  string
	Stall    *gateway.Holder // of the merchant "stall"
	Resident []*gateway.Holder
	runs     int
}

const (
	issuer   = "CityMSP"
	operator = "KomscoMSP"
	bank     = "BankMSP"
)

// NewTown sets a town up by its officers.
func NewTown(t TB, officers Officers, place currency.Place, program string) *Town {
	t.Helper()
	n := &Town{t: t, officers: officers, place: place, Program: program}
	n.Stall = n.wallet().In(program)
	for _, g := range []struct {
		msp, name string
		role      call.Role
	}{
		{operator, "registrar", currency.RoleRegistrar},
		{operator, "approver", currency.RoleApprover},
		{operator, "guard", currency.RoleGuard},
		{issuer, "policy", currency.RolePolicy},
		{issuer, "treasurer", currency.RoleTreasurer},
		{issuer, "issuer", currency.RoleIssuer},
		{issuer, "merchants", currency.RoleMerchants},
	} {
		n.do(g.msp, Admin, "GrantRole", call.SetRole{Operation: op("grant", g.msp, string(g.role)), Name: n.name(g.msp, g.name), Role: g.role})
	}
	n.do(operator, "registrar", "DefineProgram", currency.DefineProgram{Operation: op("define", program), Program: currency.Program{
		ID: program, Title: "Town voucher", Zone: "+09:00", Open: true,
		Organisations: currency.Organisations{Issuer: issuer, Operator: operator, Bank: bank},
	}})
	n.do(issuer, "policy", "ProposePolicy", currency.ProposePolicy{Operation: op("propose", program), Policy: currency.Policy{
		Program: program, Version: 1, Unit: "KRW", Denomination: 1, Validity: currency.Validity{Months: 60},
		PersonCeiling: 1_000_000, BatchCeiling: 1_000_000_000, Gifts: true,
	}})
	n.do(operator, "approver", "ApprovePolicy", currency.ApprovePolicy{
		Operation: op("approve", program), PolicyQuery: currency.PolicyQuery{Program: program, Version: 1},
	})
	payout := sha256.Sum256([]byte("salt and bank account"))
	n.do(issuer, "merchants", "RegisterMerchant", currency.RegisterMerchant{
		Operation: op("register", program), Program: program, ID: "stall", DID: n.Stall.DID(),
		Region: "11350", Category: "food", Payout: hex.EncodeToString(payout[:]),
	})
	n.do(issuer, "treasurer", "ProposeAppropriation", currency.ProposeAppropriation{
		Operation: op("appropriate", program), Program: program, ID: "budget", Fund: "city", Amount: 1_000_000_000,
	})
	n.do(operator, "approver", "ApproveAppropriation", currency.RecordOperation{
		Operation: op("approve-budget", program), RecordQuery: currency.RecordQuery{Program: program, ID: "budget"},
	})
	return n
}

// Join makes wallets of new residents and returns the orders that open their
// accounts.
func (n *Town) Join(residents int) []string {
	n.t.Helper()
	orders := make([]string, residents)
	for i := range orders {
		h := n.wallet().In(n.Program)
		n.Resident = append(n.Resident, h)
		orders[i] = Must(h.Open(""))
	}
	return orders
}

// Issue gives every resident an amount of won, as a credit to be claimed, 500
// rows a batch.
func (n *Town) Issue(amount int64) {
	n.t.Helper()
	for at := 0; at < len(n.Resident); at += 500 {
		n.runs++
		run := "run-" + strconv.Itoa(n.runs)
		var rows []currency.Row
		for _, h := range n.Resident[at:min(at+500, len(n.Resident))] {
			rows = append(rows, currency.Row{To: h.Account(), Amount: amount})
		}
		total := amount * int64(len(rows))
		n.do(issuer, "issuer", "OpenRun", currency.OpenRun{
			Operation: op("open", n.Program, run), Program: n.Program, ID: run, Unit: "KRW", Source: currency.Benefit,
			Draws:   []currency.Draw{{Appropriation: "budget", Amount: total}},
			Batches: []currency.Announced{{Digest: currency.RowsDigest(rows), Rows: len(rows), Total: total}},
		})
		n.do(issuer, "issuer", "IssueBatch", currency.IssueBatch{
			Operation: op("issue", n.Program, run), Program: n.Program, Run: run, Rows: rows,
		})
	}
}

// Freeze freezes an account.
func (n *Town) Freeze(h *gateway.Holder) {
	n.t.Helper()
	n.do(operator, "guard", "FreezeHolder", currency.SetFreeze{
		Operation: op("freeze", h.Account()), Program: n.Program, Account: h.Account(), Reason: "case-1",
	})
}

func (n *Town) do(msp, name, function string, request any) {
	n.t.Helper()
	if err := n.officers.Officer(msp, n.name(msp, name), function, request); err != nil {
		n.t.Fatalf("%s by %s of %s: %v", function, name, msp, err)
	}
}

// name is the common name of an officer; some networks add a domain.
func (n *Town) name(msp, name string) string {
	if named, ok := n.officers.(interface{ CommonName(msp, name string) string }); ok && name != Admin {
		return named.CommonName(msp, name)
	}
	return name
}

func (n *Town) wallet() *gateway.Wallet {
	return Must(gateway.NewWallet(Must(gateway.NewKey()), n.place))
}

func op(parts ...string) call.Operation {
	id := "test"
	for _, p := range parts {
		id += "." + p
	}
	if len(id) > 64 { // an operation id's bound
		digest := sha256.Sum256([]byte(id))
		id = fmt.Sprintf("%x", digest[:16])
	}
	return call.Operation{Op: id}
}

// Must returns a value that cannot fail in a test.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
