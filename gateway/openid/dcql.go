// SPDX-License-Identifier: Apache-2.0

package openid

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/gateway/credential"
)

// Query is a query in DCQL (OpenID4VP 1.0 section 6). What is taken of it: SD-JWT VCs
// that are bound to a key, one for each credential asked for. Refused are multiple,
// trusted_authorities and other formats.
type Query struct {
	Credentials []CredentialQuery `json:"credentials"`
	Sets        []CredentialSet   `json:"credential_sets,omitempty"` // all credentials if left out
}

// CredentialQuery asks for a credential.
type CredentialQuery struct {
	ID        string       `json:"id"`
	Format    string       `json:"format"`
	Meta      QueryMeta    `json:"meta"`
	Claims    []ClaimQuery `json:"claims,omitempty"`     // none that could be kept back if left out
	ClaimSets [][]string   `json:"claim_sets,omitempty"` // ids of claims: one of these, the first that can be had
}

// QueryMeta says of which types the credential may be.
type QueryMeta struct {
	Types []string `json:"vct_values"`
}

// ClaimQuery asks for a claim.
type ClaimQuery struct {
	ID     string `json:"id,omitempty"`
	Path   []any  `json:"path"`             // names; null is every element of an array, a number is one
	Values []any  `json:"values,omitempty"` // of which it has to be one
}

// Bounds of a query.
const (
	maxQueried = 16  // credentials
	maxClaims  = 100 // of a credential
	maxSets    = 20
	maxPath    = 16
)

var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ParseQuery reads a query. It returns BAD_QUERY.
func ParseQuery(raw []byte) (Query, error) {
	var q struct {
		Credentials []struct {
			CredentialQuery
			Multiple    bool  `json:"multiple"`
			Bound       *bool `json:"require_cryptographic_holder_binding"`
			Authorities any   `json:"trusted_authorities"`
		} `json:"credentials"`
		Sets []CredentialSet `json:"credential_sets"`
	}
	if err := credential.Decode(raw, &q); err != nil {
		return Query{}, BadQuery.Errorf("%w", err)
	}
	if len(q.Credentials) < 1 || len(q.Credentials) > maxQueried {
		return Query{}, BadQuery.Errorf("%d credentials, 1 to %d are asked for", len(q.Credentials), maxQueried)
	}
	var out Query
	for _, c := range q.Credentials {
		switch {
		case c.Multiple:
			return Query{}, BadQuery.Errorf("%.64s: multiple is not supported", c.ID)
		case c.Bound != nil && !*c.Bound:
			return Query{}, BadQuery.Errorf("%.64s: only what is bound to a key is asked for", c.ID)
		case c.Authorities != nil:
			return Query{}, BadQuery.Errorf("%.64s: trusted_authorities are not supported; roots of accreditation are on the ledger", c.ID)
		}
		if err := c.validate(); err != nil {
			return Query{}, err
		}
		if slices.ContainsFunc(out.Credentials, func(o CredentialQuery) bool { return o.ID == c.ID }) {
			return Query{}, BadQuery.Errorf("%s is there twice", c.ID)
		}
		out.Credentials = append(out.Credentials, c.CredentialQuery)
	}
	out.Sets = q.Sets
	return out, out.validateSets()
}

func (c CredentialQuery) validate() error {
	switch {
	case !identifier.MatchString(c.ID):
		return BadQuery.Errorf("id %.80q: letters, digits, _ and -, at most 64", c.ID)
	case c.Format != credential.FormatSDJWT:
		return BadQuery.Errorf("%s: format %.40q, %s is supported", c.ID, c.Format, credential.FormatSDJWT)
	case len(c.Meta.Types) == 0 || slices.Contains(c.Meta.Types, "") || len(c.Meta.Types) > maxSets:
		return BadQuery.Errorf("%s: meta.vct_values has %d types, 1 to %d are needed", c.ID, len(c.Meta.Types), maxSets)
	case len(c.Claims) > maxClaims || len(c.ClaimSets) > maxSets:
		return BadQuery.Errorf("%s: %d claims, %d claim_sets; at most %d and %d", c.ID, len(c.Claims), len(c.ClaimSets), maxClaims, maxSets)
	case c.Claims != nil && len(c.Claims) == 0, c.ClaimSets != nil && len(c.ClaimSets) == 0:
		return BadQuery.Errorf("%s: claims and claim_sets are left out or not empty", c.ID)
	}
	ids := map[string]bool{}
	for _, claim := range c.Claims {
		if err := claim.validate(); err != nil {
			return err
		}
		if claim.ID == "" && c.ClaimSets == nil {
			continue
		}
		if !identifier.MatchString(claim.ID) || ids[claim.ID] {
			return BadQuery.Errorf("%s: claim id %.80q is of no form or there twice; claim_sets need one for each", c.ID, claim.ID)
		}
		ids[claim.ID] = true
	}
	for _, set := range c.ClaimSets {
		if len(set) == 0 || len(set) > maxClaims {
			return BadQuery.Errorf("%s: a claim set of %d claims", c.ID, len(set))
		}
		for _, id := range set {
			if !ids[id] {
				return BadQuery.Errorf("%s: claim_sets name %.80q, which is no claim", c.ID, id)
			}
		}
	}
	return nil
}

func (c ClaimQuery) validate() error {
	if len(c.Path) < 1 || len(c.Path) > maxPath {
		return BadQuery.Errorf("a path of %d steps, 1 to %d", len(c.Path), maxPath)
	}
	for i, step := range c.Path {
		switch step := step.(type) {
		case string:
			if step == "" || strings.Contains(step, "/") {
				return BadQuery.Errorf("path %v: names are not empty and have no /", c.Path)
			}
		case nil:
		case json.Number:
			if n, err := strconv.ParseUint(step.String(), 10, 31); err != nil || strconv.FormatUint(n, 10) != step.String() {
				return BadQuery.Errorf("path %v: indexes are whole numbers from 0", c.Path)
			}
		default:
			return BadQuery.Errorf("path %v: steps are names, indexes and null", c.Path)
		}
		if _, name := step.(string); i == 0 && !name {
			return BadQuery.Errorf("path %v begins with no name", c.Path)
		}
	}
	for _, v := range c.Values {
		switch v.(type) {
		case string, bool, json.Number:
		default:
			return BadQuery.Errorf("values of %v are text, whole numbers and booleans", c.Path)
		}
	}
	return nil
}

// Attributes are the names of all that a query may get to see, as verifiers register
// them: of each path the last name.
func (q Query) Attributes() []string {
	var all []string
	for _, c := range q.Credentials {
		for _, claim := range c.Claims {
			for _, step := range slices.Backward(claim.Path) {
				if name, ok := step.(string); ok {
					all = append(all, name)
					break
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Match finds in what a credential says the places that answer the query, as paths such
// as degree/grade; ok is false where it does not answer it.
func (c CredentialQuery) Match(claims credential.Object) (places []string, ok bool) {
	vct, _ := claims["vct"].(string)
	if !slices.Contains(c.Meta.Types, vct) {
		return nil, false
	}
	if c.ClaimSets == nil {
		return c.match(claims, func(ClaimQuery) bool { return true })
	}
	for _, set := range c.ClaimSets {
		if places, ok := c.match(claims, func(q ClaimQuery) bool { return slices.Contains(set, q.ID) }); ok {
			return places, true
		}
	}
	return nil, false
}

func (c CredentialQuery) match(claims credential.Object, asked func(ClaimQuery) bool) (places []string, ok bool) {
	for _, claim := range c.Claims {
		if !asked(claim) {
			continue
		}
		at := claim.find(claims, claim.Path, "")
		if len(at) == 0 {
			return nil, false
		}
		places = append(places, at...)
	}
	return places, true
}

// find follows a path (section 7) and answers where it ends, at one of the values.
func (c ClaimQuery) find(v any, path []any, at string) (places []string) {
	if len(path) == 0 {
		if len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(want any) bool { return reflect.DeepEqual(want, v) }) {
			return nil
		}
		return []string{strings.TrimSuffix(at, "/")}
	}
	switch step := path[0].(type) {
	case string:
		if o, ok := v.(credential.Object); ok {
			if inner, there := o[step]; there {
				return c.find(inner, path[1:], at+step+"/")
			}
		}
	case nil:
		list, _ := v.([]any)
		for i, inner := range list {
			places = append(places, c.find(inner, path[1:], at+strconv.Itoa(i)+"/")...)
		}
	case json.Number:
		list, _ := v.([]any)
		if i, err := strconv.Atoi(step.String()); err == nil && i < len(list) {
			return c.find(list[i], path[1:], at+step.String()+"/")
		}
	}
	return places
}

// disclose chooses of a credential's disclosures those at the places or around them.
func disclose(available, places []string) (chosen []string) {
	for _, d := range available {
		if slices.ContainsFunc(places, func(p string) bool { return p == d || strings.HasPrefix(p, d+"/") }) {
			chosen = append(chosen, d)
		}
	}
	return chosen
}
