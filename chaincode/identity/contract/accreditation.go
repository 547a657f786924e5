// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// rootFunctions are for officers, two of different organisations for each change:
//
//   - ProposeRoot {op, name, did, close} by a registrar of any organisation; emits
//     RootProposed. ROOT_STATE, DID_UNKNOWN.
//   - ApproveRoot {op, name, did, close} by an approver of another one; emits
//     RootOpened or RootClosed. ROOT_STATE, SAME_ORGANISATION.
//   - Root {name} answers an identity.Root. ROOT_UNKNOWN.
//   - RootNames {did} answers an identity.RootNames: which roots a DID is or was.
//     ROOT_UNKNOWN.
func rootFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("ProposeRoot", proposeRoot),
		ledger.Officer("ApproveRoot", approveRoot),
		ledger.Query("Root", func(t *ledger.Tx, q identity.RootQuery) (identity.Root, error) { return root(t, q.Name) }),
		ledger.Query("RootNames", namesOf),
	}
}

func proposeRoot(t *ledger.Tx, r identity.ProposeRoot) (identity.Root, error) {
	caller, err := t.Caller()
	if err != nil {
		return identity.Root{}, err
	}
	if _, err := t.RequireRole(identity.RoleRegistrar, caller.MSP); err != nil {
		return identity.Root{}, err
	}
	if _, _, err := document(t, r.DID); err != nil {
		return identity.Root{}, err
	}
	have, found, err := roots.Get(t, r.Name)
	if err != nil {
		return have, err
	}
	if have, err = r.Propose(have, found, caller.String(), caller.MSP); err != nil {
		return have, err
	}
	t.Emit("RootProposed", r.Name)
	return have, roots.Put(t, have, r.Name)
}

func approveRoot(t *ledger.Tx, r identity.ApproveRoot) (identity.Root, error) {
	caller, err := t.Caller()
	if err != nil {
		return identity.Root{}, err
	}
	if _, err := t.RequireRole(identity.RoleApprover, caller.MSP); err != nil {
		return identity.Root{}, err
	}
	have, err := root(t, r.Name)
	if err != nil {
		return have, err
	}
	if have, err = r.Approve(have, caller.String(), caller.MSP, t.Now().Unix()); err != nil {
		return have, err
	}
	if r.Close {
		t.Emit("RootClosed", r.Name)
		return have, roots.Put(t, have, r.Name)
	}
	id := strings.TrimPrefix(have.DID, identity.Prefix)
	names, _, err := rootNames.Get(t, id)
	if err != nil {
		return have, err
	}
	if names, err = names.Add(have.Name, have.DID); err != nil {
		return have, err
	}
	if err := rootNames.Put(t, names, id); err != nil {
		return have, err
	}
	t.Emit("RootOpened", r.Name)
	return have, roots.Put(t, have, r.Name)
}

func namesOf(t *ledger.Tx, q identity.RootNamesQuery) (identity.RootNames, error) {
	names, found, err := rootNames.Get(t, strings.TrimPrefix(q.DID, identity.Prefix))
	if err == nil && !found {
		err = identity.RootUnknown.Errorf("%s is no root of accreditation", q.DID)
	}
	return names, err
}

// accreditationFunctions take one statement as those for schemas do, and answer
// an identity.Told:
//
//   - Accredit (accreditation+jws) by the root or a delegate whose own
//     accreditation takes the scope in; emits Accredited. ROOT_UNKNOWN,
//     NOT_ACCREDITED, DID_UNKNOWN, SCHEMA_UNKNOWN.
//   - WithdrawAccreditation (accreditation-withdrawal+jws) by who gave the grant or
//     the root; emits AccreditationWithdrawn. ACCREDITATION_UNKNOWN, NOT_ACCREDITED.
//   - Accredited {root, subject, standing, schema, region, purpose, time,
//     attributes} answers the chain of grants by which the subject has the standing,
//     now or at a time, when the documents of all on the way are active.
//     NOT_ACCREDITED, OVER_ASKING.
func accreditationFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Order("Accredit", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], accredit(t)) }),
		ledger.Order("WithdrawAccreditation", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], withdraw(t)) }),
		ledger.Query("Accredited", accredited),
	}
}

func accredit(t *ledger.Tx) func(identity.Said[identity.Accredit]) error {
	return func(s identity.Said[identity.Accredit]) error {
		a, scope, now := s.Payload, s.Payload.Scope(), t.Now().Unix()
		r, err := root(t, a.Root)
		if err != nil {
			return err
		}
		if _, _, err := document(t, a.Subject); err != nil {
			return err
		}
		if a.Schema != identity.Any {
			if _, err := schema(t, a.Schema); err != nil {
				return err
			}
		}
		if err := identity.MayAccredit(r, s.By, scope, now, records(t)); err != nil {
			return err
		}
		have, _, err := accreditations.Get(t, scopeKey(scope)...)
		if err != nil {
			return err
		}
		have.Scope = scope
		have, err = have.Add(identity.Grant{
			By: s.By, Statement: s.Digest, From: a.From, Until: a.Until, Granted: now, Attributes: a.Attributes,
		})
		if err != nil {
			return err
		}
		t.Emit("Accredited", strings.Join(scopeKey(scope), "/"))
		return accreditations.Put(t, have, scopeKey(scope)...)
	}
}

func withdraw(t *ledger.Tx) func(identity.Said[identity.Withdraw]) error {
	return func(s identity.Said[identity.Withdraw]) error {
		scope := s.Payload.Scope()
		r, err := root(t, scope.Root)
		if err != nil {
			return err
		}
		have, _, err := accreditations.Get(t, scopeKey(scope)...)
		if err != nil {
			return err
		}
		if have, err = have.Withdraw(s.Payload.Grant, s.By, r.DID, t.Now().Unix(), t.ID()); err != nil {
			return err
		}
		t.Emit("AccreditationWithdrawn", strings.Join(scopeKey(scope), "/"))
		return accreditations.Put(t, have, scopeKey(scope)...)
	}
}

func accredited(t *ledger.Tx, q identity.AccreditedQuery) (identity.AccreditedAnswer, error) {
	answer := identity.AccreditedAnswer{Time: q.Time}
	if answer.Time == 0 {
		answer.Time = t.Now().Unix()
	}
	r, err := root(t, q.Root)
	if err != nil {
		return answer, err
	}
	answer.Chain, err = identity.Accredited(r, q.Scope, q.Attributes, identity.Moment{Time: answer.Time, Past: q.Time != 0}, records(t))
	return answer, err
}

// records reads accreditations and the documents by exact key.
func records(t *ledger.Tx) identity.Records {
	return identity.Records{
		Find: func(s identity.Scope) (identity.Accreditation, bool, error) {
			return accreditations.Get(t, scopeKey(s)...)
		},
		Stands: func(did string, at identity.Moment) (bool, error) { return stands(t, did, at) },
	}
}

// stands tells whether a document is active as the ledger stands, or was at a time.
func stands(t *ledger.Tx, did string, at identity.Moment) (bool, error) {
	id, err := identity.ParseDID(did)
	if err != nil {
		return false, err
	}
	d, found, err := documents.Get(t, id)
	switch {
	case err != nil || !found || at.Past && at.Time < d.Head.Created:
		return false, err
	case !at.Past || d.Head.Updated <= at.Time:
		return d.Head.Status == identity.Active, nil
	}
	number, err := versionAt(t, id, d, at.Time)
	if err != nil {
		return false, err
	}
	v, err := version(t, id, d, number)
	return v.State.Status == identity.Active, err
}

func scopeKey(s identity.Scope) []string {
	purpose := s.Purpose
	if purpose == "" {
		purpose = "-"
	}
	return []string{s.Root, strings.TrimPrefix(s.Subject, identity.Prefix), string(s.Standing), string(s.Schema), s.Region, purpose}
}

func root(t *ledger.Tx, name string) (identity.Root, error) {
	r, found, err := roots.Get(t, name)
	if err == nil && !found {
		err = identity.RootUnknown.Errorf("%s", name)
	}
	return r, err
}
