// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// Rule says whose signatures are needed: those of one principal, or so many of
// other rules. A rule that names neither is never satisfied.
type Rule struct {
	Principal *Principal `json:"principal,omitempty"`
	Need      int        `json:"need,omitempty"`
	Of        []Rule     `json:"of,omitempty"`
	// Apart tells that each rule of Of is judged by itself, over all signatures, as
	// Fabric does with the policies of several organisations. Within one policy a
	// signature counts once.
	Apart bool `json:"apart,omitempty"`
}

// Principal is who may sign: a role in an organisation, or one certificate.
type Principal struct {
	MSP  string `json:"msp"`
	Role string `json:"role,omitempty"` // member, admin, client, peer, orderer
	Cert []byte `json:"cert,omitempty"` // DER
}

// Roles by their number in Fabric's MSPRole.
var roles = []string{"member", "admin", "client", "peer", "orderer"}

// Bounds of a rule.
const (
	maxDepth = 16
	maxRules = 1000 // parts in all
)

type ruleReader struct{ parts int }

func (r *ruleReader) count(depth int) error {
	if r.parts++; r.parts > maxRules || depth > maxDepth {
		return malformed("a rule of more than %d parts, or deeper than %d", maxRules, maxDepth)
	}
	return nil
}

// policy reads a policy of a group. One that is missing, or of a kind not known,
// is never satisfied.
func (r *ruleReader) policy(name string, g group, depth int) (Rule, error) {
	if err := r.count(depth); err != nil {
		return Rule{}, err
	}
	entry, known := g.policies[name]
	if !known {
		return Rule{}, nil
	}
	raw, err := path("policy "+name, entry, 2)
	if err != nil {
		return Rule{}, err
	}
	m, err := read("policy "+name, raw)
	if err != nil {
		return Rule{}, err
	}
	kind, err := m.number(1)
	if err != nil {
		return Rule{}, err
	}
	value, err := m.one(2)
	if err != nil {
		return Rule{}, err
	}
	switch kind {
	case 1: // SIGNATURE
		return r.signatures(value)
	case 3: // IMPLICIT_META
		return r.meta(value, g, depth)
	default:
		return Rule{}, nil
	}
}

// meta reads an ImplicitMetaPolicy: so many of the policies of one name in the
// groups below.
func (r *ruleReader) meta(raw []byte, g group, depth int) (Rule, error) {
	m, err := read("implicit policy", raw)
	if err != nil {
		return Rule{}, err
	}
	name, err := m.one(1)
	if err != nil {
		return Rule{}, err
	}
	kind, err := m.number(2)
	if err != nil {
		return Rule{}, err
	}
	rule := Rule{Apart: true}
	for _, below := range slices.Sorted(maps.Keys(g.groups)) {
		inner, err := readGroup(below, g.groups[below])
		if err != nil {
			return Rule{}, err
		}
		one, err := r.policy(string(name), inner, depth+1)
		if err != nil {
			return Rule{}, err
		}
		rule.Of = append(rule.Of, one)
	}
	switch kind {
	case 0: // ANY
		rule.Need = 1
	case 1: // ALL
		rule.Need = len(rule.Of)
	case 2: // MAJORITY
		rule.Need = len(rule.Of)/2 + 1
	default:
		return Rule{}, malformed("implicit policy of kind %d", kind)
	}
	if len(rule.Of) == 0 {
		rule.Need = 0 // as Fabric has it; ReadTrust refuses a rule that needs nobody
	}
	return rule, nil
}

// signatures reads a SignaturePolicyEnvelope.
func (r *ruleReader) signatures(raw []byte) (Rule, error) {
	m, err := read("signature policy", raw)
	if err != nil {
		return Rule{}, err
	}
	rule, err := m.one(2)
	if err != nil {
		return Rule{}, err
	}
	var principals []*Principal
	if len(m.parts[3]) > maxRules {
		return Rule{}, malformed("%d principals", len(m.parts[3]))
	}
	for _, raw := range m.parts[3] {
		p, err := readPrincipal(raw)
		if err != nil {
			return Rule{}, err
		}
		principals = append(principals, p)
	}
	return r.gate(rule, principals, 0)
}

func (r *ruleReader) gate(raw []byte, principals []*Principal, depth int) (Rule, error) {
	if err := r.count(depth); err != nil {
		return Rule{}, err
	}
	m, err := read("signature policy", raw)
	if err != nil {
		return Rule{}, err
	}
	inner, err := m.one(2)
	if err != nil {
		return Rule{}, err
	}
	if inner == nil {
		if len(m.numbers[1]) != 1 || m.numbers[1][0] >= uint64(len(principals)) {
			return Rule{}, malformed("a signature policy names none of its %d principals", len(principals))
		}
		return Rule{Principal: principals[m.numbers[1][0]]}, nil
	}
	if len(m.numbers[1]) > 0 {
		return Rule{}, malformed("a signature policy is both a principal and a gate")
	}
	if m, err = read("gate", inner); err != nil {
		return Rule{}, err
	}
	need, err := m.number(1)
	if err != nil || need > maxRules {
		return Rule{}, malformed("a gate asks for %d signatures", need)
	}
	rule := Rule{Need: int(need)}
	for _, raw := range m.parts[2] {
		one, err := r.gate(raw, principals, depth+1)
		if err != nil {
			return Rule{}, err
		}
		rule.Of = append(rule.Of, one)
	}
	return rule, nil
}

// readPrincipal reads an MSPPrincipal: a role or an identity, nil for another
// kind, which nobody satisfies.
func readPrincipal(raw []byte) (*Principal, error) {
	m, err := read("principal", raw)
	if err != nil {
		return nil, err
	}
	kind, err := m.number(1)
	if err != nil {
		return nil, err
	}
	value, err := m.one(2)
	if err != nil {
		return nil, err
	}
	switch kind {
	case 0: // ROLE
		if m, err = read("role", value); err != nil {
			return nil, err
		}
		id, err := m.one(1)
		if err != nil {
			return nil, err
		}
		role, err := m.number(2)
		if err != nil || role >= uint64(len(roles)) {
			return nil, malformed("a principal of role %d", role)
		}
		return &Principal{MSP: string(id), Role: roles[role]}, nil
	case 2: // IDENTITY
		id, cert, err := readIdentity(value)
		if err != nil {
			return nil, err
		}
		return &Principal{MSP: id, Cert: cert.Raw}, nil
	default:
		return nil, nil
	}
}

// orgs adds the MSP ids that the rule names by role.
func (r Rule) orgs(to map[string]bool) map[string]bool {
	if to == nil {
		to = map[string]bool{}
	}
	if p := r.Principal; p != nil && p.Role != "" {
		to[p.MSP] = true
	}
	for _, one := range r.Of {
		one.orgs(to)
	}
	return to
}

// satisfied judges by the signers, of whom those in used count no more. It notes
// in used whom it counted, if it is satisfied.
func (r Rule) satisfied(by []signer, used []bool) bool {
	switch {
	case r.Principal != nil:
		for i, s := range by {
			if !used[i] && s.is(*r.Principal) {
				used[i] = true
				return true
			}
		}
		return false
	case r.Apart:
		have := 0
		for _, one := range r.Of {
			if one.satisfied(by, make([]bool, len(by))) {
				have++
			}
		}
		return have >= r.Need
	case len(r.Of) == 0 && r.Need == 0:
		return false // a policy that is missing or cannot be read
	default:
		have := 0
		for _, one := range r.Of {
			tried := slices.Clone(used)
			if one.satisfied(by, tried) {
				have++
				copy(used, tried)
			}
		}
		return have >= r.Need
	}
}

// String is the rule for people.
func (r Rule) String() string {
	switch {
	case r.Principal != nil && r.Principal.Role != "":
		return r.Principal.MSP + "." + r.Principal.Role
	case r.Principal != nil:
		return "one certificate of " + r.Principal.MSP
	case len(r.Of) == 0:
		return "nobody"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d of (", r.Need)
	for i, one := range r.Of {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(one.String())
	}
	b.WriteString(")")
	return b.String()
}
