// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// earningFunctions; a member's own order Earn (earn-order+jws) is among the
// orders:
//
//   - SubmitAttestation {op, program, attestation, tranche} by anybody, without a
//     role, credits who the attestation names; emits AttestationRewarded. The same
//     codes as Earn: NOT_EARNED, UNIT_MISMATCH, EVIDENCE_USED, EARNING_CAP, PERSON_CEILING, FUND_EXCEEDED,
//     ALLOTMENT_UNKNOWN, ALLOTMENT_COOLING, ALLOTMENT_STOPPED, ALLOTMENT_CLOSED, ORDER_EXPIRED, BAD_SIGNATURE, TO_MERCHANT,
//     HOLDER_UNKNOWN, HOLDER_FROZEN, HOLDER_CLOSED.
//   - Evidence {program, evidence} answers officers who may read accounts what it
//     was credited for. EVIDENCE_UNKNOWN.
func earningFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("SubmitAttestation", submitAttestation),
		ledger.Query("Evidence", func(t *ledger.Tx, r currency.EvidenceQuery) (currency.Evidence, error) {
			if err := requireOne(t, r.Program, readAccounts); err != nil {
				return currency.Evidence{}, err
			}
			e, found, err := evidences.Get(t, r.Program, r.Evidence)
			if err == nil && !found {
				err = currency.EvidenceUnknown.Errorf("%s in programme %s", r.Evidence, r.Program)
			}
			return e, err
		}),
	}
}

// earn carries out an earn order: see currency.Attestation.Decide.
func (s *step) earn(o currency.Earn) (currency.Buckets, string, error) {
	a, m, err := o.Shown()
	if err != nil {
		return nil, "", err
	}
	used, part, err := reward(s.tx, s.program, s.rules, s.holder, a, m, o.Tranche)
	if err != nil {
		return nil, "", err
	}
	s.send(currency.CreditReward, s.Holder, "", []currency.Part{part})
	s.fill(currency.KindEarn, used.Amount, "", a.Activity, nil)
	return s.collected.Buckets, "Earned", nil
}

func submitAttestation(t *ledger.Tx, r currency.SubmitAttestation) (currency.Rewarded, error) {
	p, err := program(t, r.Program)
	if err != nil {
		return currency.Rewarded{}, err
	}
	a, m, err := currency.ParseAttestation(r.Attestation, newEngine(t).place)
	if err != nil {
		return currency.Rewarded{}, err
	}
	if a.Program != r.Program {
		return currency.Rewarded{}, currency.OrderElsewhere.Errorf("the attestation is for programme %s", a.Program)
	}
	rules, err := current(t, p)
	if err != nil {
		return currency.Rewarded{}, err
	}
	h, err := holder(t, r.Program, a.Holder)
	if err != nil {
		return currency.Rewarded{}, err
	}
	used, part, err := reward(t, p, rules, h, a, m, r.Tranche)
	if err != nil {
		return currency.Rewarded{}, err
	}
	t.Emit("AttestationRewarded", r.Program+"/"+a.Evidence)
	c := currency.Credit{Kind: currency.CreditReward, Parts: []currency.Part{part}, At: t.Now().Unix()}
	return currency.Rewarded{Evidence: used, Credit: currency.NewCreditName(t.ID(), 0)},
		credits.Put(t, c, r.Program, a.Holder, t.ID(), ledger.Num(0))
}

// reward pays an attestation out of the policy's allotment. Reading evidence and
// person makes two rewards of one of them conflict, so neither a cap nor an
// evidence is ever passed by interleaving.
func reward(t *ledger.Tx, p currency.Program, rules currency.Policy, h currency.Holder, a currency.Attestation, m *jws.Message, number int) (currency.Evidence, currency.Part, error) {
	var none currency.Part
	before, found, err := evidences.Get(t, p.ID, a.Evidence)
	if err != nil {
		return before, none, err
	}
	if found {
		return before, none, currency.EvidenceUsed.Errorf("%s was credited before", a.Evidence) // to whom is for those who may ask Evidence
	}
	id := h.PersonID()
	who, err := person(t, p.ID, id, a.Holder)
	if err != nil {
		return before, none, err
	}
	var from currency.Tranche
	if rules.Earning != nil {
		if from, err = drawable(t, p.ID, rules.Earning.Allotment, number); err != nil {
			return before, none, err
		}
	}
	used, who, from, part, err := a.Decide(m, h, who, p, documents(t, p), rules, from, t.Now())
	if err != nil {
		return used, none, err
	}
	used.Tx = t.ID()
	if err := evidences.Put(t, used, p.ID, a.Evidence); err != nil {
		return used, none, err
	}
	if err := persons.Put(t, who, p.ID, id); err != nil {
		return used, none, err
	}
	return used, part, tranches.Put(t, from, p.ID, rules.Earning.Allotment, ledger.Num(int64(number)))
}
