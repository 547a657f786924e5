// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// right is a role that lets its holder read, in the organisations where it counts.
type right struct {
	role  call.Role
	among func(currency.Organisations) []string
}

// What officers may read of a programme, by their roles.
var (
	readAccounts = []right{{currency.RoleAuditor, currency.Organisations.All}, {currency.RoleGuard, issuerAndOperator}}
	readBank     = slices.Concat([]right{{currency.RoleCashier, bank}}, readAccounts)                                                       // what goes through the bank
	readShops    = slices.Concat([]right{{currency.RoleMerchants, issuer}}, readBank)                                                       // what is known of shops
	readReturns  = slices.Concat([]right{{currency.RoleTreasurer, issuer}}, readAccounts)                                                   // what came back to funds
	readIssues   = slices.Concat([]right{{currency.RoleIssuer, issuer}, {currency.RoleApprover, currency.Organisations.All}}, readAccounts) // which account a run gave what
)

func issuer(o currency.Organisations) []string            { return []string{o.Issuer} }
func bank(o currency.Organisations) []string              { return []string{o.Bank} }
func issuerAndOperator(o currency.Organisations) []string { return []string{o.Issuer, o.Operator} }

// requireOne lets officers pass who hold one of the rights. ROLE_MISSING.
func requireOne(t *ledger.Tx, id string, rights []right) error {
	p, err := program(t, id)
	if err != nil {
		return err
	}
	var caller ledger.Caller
	var roles []string
	for _, r := range rights {
		if caller, err = t.RequireRole(r.role, r.among(p.Organisations)...); !errors.Is(err, code.RoleMissing) {
			return err
		}
		roles = append(roles, string(r.role)+" of "+strings.Join(r.among(p.Organisations), ", "))
	}
	return code.RoleMissing.Errorf("%s holds none of the roles that read this: %s", caller, strings.Join(roles, "; "))
}

// mayRead tells whether one of the rights is held, for queries that show others
// less. A calling chaincode holds none.
func mayRead(t *ledger.Tx, id string, rights []right) (bool, error) {
	err := requireOne(t, id, rights)
	if errors.Is(err, code.RoleMissing) || errors.Is(err, code.NestedCall) {
		return false, nil
	}
	return err == nil, err
}

// ownerOrPayer lets the account's owner pass, by a read order, and officers who
// may read what goes through the bank.
func ownerOrPayer(t *ledger.Tx, program, account, read string) error {
	if read == "" {
		return requireOne(t, program, readBank)
	}
	r, err := reader(t, program, read)
	if err == nil && r.account != account {
		err = currency.ReadRefused.Errorf("account %s is not the reader's", account)
	}
	return err
}
