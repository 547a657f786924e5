// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"strings"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Key: role / MSP / hash of the common name / role.
var grants = NewTable[call.Grant]("role", 3)

// RequireRole returns ROLE_MISSING unless the caller belongs to one of the
// organisations and holds the role there. It returns NESTED_CALL where another
// chaincode calls: a role is not lent, not for reading either.
func (t *Tx) RequireRole(role call.Role, orgs ...string) (Caller, error) {
	if err := outermost(t.stub, t.config.Name); err != nil {
		return Caller{}, err
	}
	c, err := t.Caller()
	if err != nil {
		return c, err
	}
	if !slices.Contains(orgs, c.MSP) {
		return c, code.RoleMissing.Errorf("%s: role %s counts only from %s", c, role, strings.Join(orgs, ", "))
	}
	ok, err := grants.Has(t, c.MSP, c.key(), string(role))
	if err != nil {
		return c, err
	}
	if !ok {
		return c, code.RoleMissing.Errorf("%s does not hold role %s", c, role)
	}
	return c, nil
}

// RoleFunctions are GrantRole, RevokeRole and Role of a chaincode that knows
// these roles. Granting and revoking is for administrators (NodeOU admin), each
// within the own organisation.
//
//   - GrantRole {op, name, role} emits RoleGranted; NOT_ADMIN, ROLE_UNKNOWN.
//   - RevokeRole {op, name, role} emits RoleRevoked; the same codes. Revoking
//     what was not granted is no error.
//   - Roles {msp, name} lists the roles a member holds.
func RoleFunctions(roles ...call.Role) []Function {
	admin := func(t *Tx, r call.SetRole) (Caller, error) {
		c, err := t.Caller()
		if err != nil {
			return c, err
		}
		if !c.Admin {
			return c, code.NotAdmin.Errorf("%s is not an administrator of %s", c, c.MSP)
		}
		if !slices.Contains(roles, r.Role) {
			return c, code.RoleUnknown.Errorf("%.40q is none of %v", string(r.Role), roles)
		}
		return c, nil
	}
	return []Function{
		Officer("GrantRole", func(t *Tx, r call.SetRole) (call.Grant, error) {
			c, err := admin(t, r)
			if err != nil {
				return call.Grant{}, err
			}
			g := call.Grant{MSP: c.MSP, Name: r.Name, Role: r.Role, By: c.Name, Granted: t.Now().Unix()}
			t.Emit("RoleGranted", c.MSP+"/"+nameKey(r.Name)+"/"+string(r.Role))
			return g, grants.Put(t, g, c.MSP, nameKey(r.Name), string(r.Role))
		}),
		Officer("RevokeRole", func(t *Tx, r call.SetRole) (call.Grant, error) {
			c, err := admin(t, r)
			if err != nil {
				return call.Grant{}, err
			}
			g, found, err := grants.Get(t, c.MSP, nameKey(r.Name), string(r.Role))
			if err != nil || !found {
				return g, err
			}
			grants.Delete(t, c.MSP, nameKey(r.Name), string(r.Role))
			t.Emit("RoleRevoked", c.MSP+"/"+nameKey(r.Name)+"/"+string(r.Role))
			return g, nil
		}),
		Query("Roles", func(t *Tx, r call.Member) ([]call.Grant, error) {
			if !ValidPart(r.MSP) {
				return nil, code.BadRequest.Errorf("msp %.40q: an MSP id has A-Z a-z 0-9 . _ : - @", r.MSP)
			}
			held := []call.Grant{}
			for _, role := range roles {
				g, found, err := grants.Get(t, r.MSP, nameKey(r.Name), string(role))
				if err != nil {
					return nil, err
				}
				if found {
					held = append(held, g)
				}
			}
			return held, nil
		}),
	}
}
