// SPDX-License-Identifier: Apache-2.0

package currency

import "github.com/komsco/trust-platform/chaincode/ledger/call"

// Roles of officers. Each counts only in the organisations that the programme
// names for it.
const (
	RoleRegistrar call.Role = "registrar" // defines programmes
	RolePolicy    call.Role = "policy"    // issuer: proposes policies
	RoleTreasurer call.Role = "treasurer" // issuer: proposes appropriations
	RoleApprover  call.Role = "approver"  // any organisation of the programme: gives the second approval
	RoleIssuer    call.Role = "issuer"    // issuer: opens, issues and closes runs
	RoleMerchants call.Role = "merchants" // issuer: registers and suspends merchants
	RoleGuard     call.Role = "guard"     // issuer and operator: freezes accounts
	RoleCashier   call.Role = "cashier"   // bank: confirms deposits and payouts
	RoleAuditor   call.Role = "auditor"   // any organisation of the programme: reads accounts
)

// Roles lists every role.
var Roles = []call.Role{
	RoleRegistrar, RolePolicy, RoleTreasurer, RoleApprover, RoleIssuer, RoleMerchants, RoleGuard, RoleCashier, RoleAuditor,
}
