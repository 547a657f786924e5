// SPDX-License-Identifier: Apache-2.0

package openid

import "slices"

// CredentialSet asks for one of some combinations of credentials (OpenID4VP 1.0 section
// 6.2).
type CredentialSet struct {
	Options  [][]string `json:"options"`            // ids of credentials, what the verifier likes best first
	Required *bool      `json:"required,omitempty"` // it is if nothing is said
}

func (s CredentialSet) required() bool { return s.Required == nil || *s.Required }

// first is the first option whose credentials all are there, nil if there is none.
func (s CredentialSet) first(there func(id string) bool) []string {
	for _, option := range s.Options {
		if !slices.ContainsFunc(option, func(id string) bool { return !there(id) }) {
			return option
		}
	}
	return nil
}

// validateSets returns BAD_QUERY.
func (q Query) validateSets() error {
	if q.Sets != nil && len(q.Sets) == 0 || len(q.Sets) > maxSets {
		return BadQuery.Errorf("%d credential_sets: left out, or 1 to %d", len(q.Sets), maxSets)
	}
	for n, set := range q.Sets {
		if len(set.Options) == 0 || len(set.Options) > maxSets {
			return BadQuery.Errorf("credential_sets: set %d has %d options, 1 to %d are needed", n, len(set.Options), maxSets)
		}
		for _, option := range set.Options {
			if len(option) == 0 || len(option) > maxQueried {
				return BadQuery.Errorf("credential_sets: an option of set %d has %d credentials, 1 to %d are needed", n, len(option), maxQueried)
			}
			for _, id := range option {
				if !slices.ContainsFunc(q.Credentials, func(c CredentialQuery) bool { return c.ID == id }) {
					return BadQuery.Errorf("credential_sets: set %d names %.80q, which is no credential", n, id)
				}
			}
		}
	}
	return nil
}

// pick chooses, of the credentials that are there, those that answer the query: of each
// set the first option that can be had, or every credential where there are no sets.
// Those that only sets name that need not be answered are optional. ok is false where
// something is missing; missing says what.
func (q Query) pick(there func(id string) bool) (ids []string, optional map[string]bool, missing CredentialSet, ok bool) {
	sets := q.Sets
	if sets == nil {
		for _, c := range q.Credentials {
			sets = append(sets, CredentialSet{Options: [][]string{{c.ID}}})
		}
	}
	optional = map[string]bool{}
	for _, needed := range []bool{true, false} {
		for _, set := range sets {
			if set.required() != needed {
				continue
			}
			option := set.first(there)
			if option == nil && needed {
				return nil, nil, set, false
			}
			for _, id := range option {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
					optional[id] = !needed
				}
			}
		}
	}
	return ids, optional, CredentialSet{}, true
}
