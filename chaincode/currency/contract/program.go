// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// programFunctions:
//
//   - DefineProgram {op, program} by a registrar of one of its organisations;
//     emits ProgramDefined. PROGRAM_EXISTS, INVALID_POLICY.
//   - ProposePolicy {op, policy} by the issuer's policy officer; emits
//     PolicyProposed. POLICY_STATE unless it is the next version.
//   - ApprovePolicy {op, program, version} by an approver who is another person of
//     another organisation; it is then in force; emits PolicyApproved.
//     POLICY_UNKNOWN, POLICY_STATE, SAME_OFFICER, SAME_ORGANISATION.
//   - Programs {limit, bookmark} pages through the programmes.
//   - Program {program}, Policy {program, version} answer the records.
func programFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("DefineProgram", defineProgram),
		ledger.Officer("ProposePolicy", proposePolicy),
		ledger.Officer("ApprovePolicy", approvePolicy),
		ledger.Query("Programs", func(t *ledger.Tx, r currency.ProgramsQuery) (call.Page[currency.Program], error) {
			return programs.List(t, r.Limit, r.Bookmark)
		}),
		ledger.Query("Program", func(t *ledger.Tx, r currency.ProgramQuery) (currency.Program, error) { return program(t, r.Program) }),
		ledger.Query("Policy", func(t *ledger.Tx, r currency.PolicyQuery) (currency.Policy, error) {
			if r.Version == 0 {
				p, err := program(t, r.Program)
				if err != nil {
					return currency.Policy{}, err
				}
				return current(t, p)
			}
			return policy(t, r.Program, r.Version)
		}),
	}
}

func defineProgram(t *ledger.Tx, r currency.DefineProgram) (currency.Program, error) {
	p := r.Program
	if _, err := t.RequireRole(currency.RoleRegistrar, p.Organisations.All()...); err != nil {
		return p, err
	}
	taken, err := programs.Has(t, p.ID)
	if err != nil {
		return p, err
	}
	if taken {
		return p, currency.ProgramExists.Errorf("programme %s", p.ID)
	}
	t.Emit("ProgramDefined", p.ID)
	return p, programs.Put(t, p, p.ID)
}

func proposePolicy(t *ledger.Tx, r currency.ProposePolicy) (currency.Policy, error) {
	proposed := r.Policy
	p, err := program(t, proposed.Program)
	if err != nil {
		return proposed, err
	}
	caller, err := t.RequireRole(currency.RolePolicy, p.Organisations.Issuer)
	if err != nil {
		return proposed, err
	}
	if err := proposed.Grace.CheckClock(t.ClockBound()); err != nil {
		return proposed, err
	}
	if proposed.Version != p.Policies+1 {
		return proposed, currency.PolicyState.Errorf("version %d was proposed, the next one is %d", proposed.Version, p.Policies+1)
	}
	p.Policies = proposed.Version
	proposed.ProposedBy = caller.String()
	t.Emit("PolicyProposed", p.ID+"/"+strconv.Itoa(proposed.Version))
	if err := programs.Put(t, p, p.ID); err != nil {
		return proposed, err
	}
	return proposed, putPolicy(t, proposed)
}

func approvePolicy(t *ledger.Tx, r currency.ApprovePolicy) (currency.Policy, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Policy{}, err
	}
	caller, err := t.RequireRole(currency.RoleApprover, p.Organisations.All()...)
	if err != nil {
		return currency.Policy{}, err
	}
	proposed, found, err := policies.Get(t, r.Program, ledger.Num(int64(r.Version)))
	if err != nil {
		return proposed, err
	}
	if !found {
		return proposed, currency.PolicyUnknown.Errorf("programme %s has no version %d", r.Program, r.Version)
	}
	if proposed.Approved || r.Version <= p.Policy {
		return proposed, currency.PolicyState.Errorf("version %d: version %d is in force", r.Version, p.Policy)
	}
	if err := p.CheckSecond(proposed.ProposedBy, caller.String()); err != nil {
		return proposed, err
	}
	proposed.Approved, proposed.ApprovedBy = true, caller.String()
	p.Policy = proposed.Version
	t.Emit("PolicyApproved", p.ID+"/"+strconv.Itoa(proposed.Version))
	if err := programs.Put(t, p, p.ID); err != nil {
		return proposed, err
	}
	return proposed, putPolicy(t, proposed)
}

func putPolicy(t *ledger.Tx, p currency.Policy) error {
	return policies.Put(t, p, p.Program, ledger.Num(int64(p.Version)))
}

// program loads a programme or returns PROGRAM_UNKNOWN.
func program(t *ledger.Tx, id string) (currency.Program, error) {
	p, found, err := programs.Get(t, id)
	if err == nil && !found {
		err = currency.ProgramUnknown.Errorf("programme %s", id)
	}
	return p, err
}

// policy loads a policy version or returns POLICY_UNKNOWN.
func policy(t *ledger.Tx, program string, version int) (currency.Policy, error) {
	p, found, err := policies.Get(t, program, ledger.Num(int64(version)))
	if err == nil && !found {
		err = currency.PolicyUnknown.Errorf("programme %s has no version %d", program, version)
	}
	return p, err
}

// current loads the policy in force or returns POLICY_UNKNOWN.
func current(t *ledger.Tx, p currency.Program) (currency.Policy, error) {
	if p.Policy == 0 {
		return currency.Policy{}, currency.PolicyUnknown.Errorf("programme %s has no approved policy yet", p.ID)
	}
	return policy(t, p.ID, p.Policy)
}
