// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// saltSize is that of a disclosure's salt in bytes (RFC 9901 section 9.3).
const saltSize = 16

// disclosure is a claim or an array's element that its holder may keep back.
type disclosure struct {
	encoded string
	name    string // "" of an element
	value   any
	used    bool
}

func (d *disclosure) digest() string {
	sum := sha256.Sum256([]byte(d.encoded))
	return encode64(sum[:])
}

func newDisclosure(parts ...any) (*disclosure, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	raw, err := encode(append([]any{encode64(salt)}, parts...))
	if err != nil {
		return nil, err
	}
	return &disclosure{encoded: encode64(raw)}, nil
}

// parseDisclosure reads a disclosure (RFC 9901 section 4.2).
func parseDisclosure(encoded string) (*disclosure, error) {
	raw, err := decode64(encoded)
	if err != nil {
		return nil, err
	}
	v, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	parts, ok := v.([]any)
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return nil, Malformed.Errorf("a disclosure is an array of 2 or 3")
	}
	if _, ok := parts[0].(string); !ok {
		return nil, Malformed.Errorf("a disclosure's salt is a string")
	}
	d := &disclosure{encoded: encoded, value: parts[len(parts)-1]}
	if len(parts) == 3 {
		if d.name, ok = parts[1].(string); !ok || d.name == "_sd" || d.name == "..." || d.name == "" {
			return nil, Malformed.Errorf("a disclosure cannot be of the claim %.40q", parts[1])
		}
	}
	return d, nil
}

// conceal replaces what stands at the paths by digests, innermost first, and
// answers the disclosures. A path is names and indexes separated by /, as in
// "address/street" or "nationalities/0".
func conceal(claims Object, paths []string) ([]*disclosure, error) {
	sorted := slices.Clone(paths)
	sort.Strings(sorted)
	if len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		return nil, Malformed.Errorf("a path is named twice")
	}
	// What is inside something else is concealed before it, so that its digest goes along.
	slices.SortStableFunc(sorted, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	var all []*disclosure
	for _, path := range sorted {
		d, err := concealOne(claims, path)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	sortDigests(claims)
	return all, nil
}

func concealOne(claims Object, path string) (*disclosure, error) {
	steps := strings.Split(path, "/")
	var at any = claims
	for _, step := range steps[:len(steps)-1] {
		switch v := at.(type) {
		case Object:
			at = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, Malformed.Errorf("there is nothing at %.80q", path)
			}
			at = v[i]
		default:
			return nil, Malformed.Errorf("there is nothing at %.80q", path)
		}
	}
	last := steps[len(steps)-1]
	switch v := at.(type) {
	case Object:
		value, found := v[last]
		if !found || last == "_sd" || last == "..." {
			return nil, Malformed.Errorf("there is nothing to disclose at %.80q", path)
		}
		d, err := newDisclosure(last, value)
		if err != nil {
			return nil, err
		}
		delete(v, last)
		digests, _ := v["_sd"].([]any)
		v["_sd"] = append(digests, d.digest())
		return d, nil
	case []any:
		i, err := strconv.Atoi(last)
		if err != nil || i < 0 || i >= len(v) {
			return nil, Malformed.Errorf("there is nothing at %.80q", path)
		}
		d, err := newDisclosure(v[i])
		if err != nil {
			return nil, err
		}
		v[i] = Object{"...": d.digest()}
		return d, nil
	default:
		return nil, Malformed.Errorf("there is nothing at %.80q", path)
	}
}

// addDecoys adds digests of nothing, so that the number of claims does not show.
func addDecoys(claims Object, n int) error {
	digests, _ := claims["_sd"].([]any)
	for range n {
		d, err := newDisclosure("decoy")
		if err != nil {
			return err
		}
		digests = append(digests, d.digest())
	}
	if n > 0 {
		claims["_sd"] = digests
		sortDigests(claims)
	}
	return nil
}

// sortDigests hides the order in which claims were concealed.
func sortDigests(o Object) {
	if digests, ok := o["_sd"].([]any); ok {
		slices.SortFunc(digests, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	for _, v := range o {
		if inner, ok := v.(Object); ok {
			sortDigests(inner)
		}
	}
}

// reveal puts disclosures in the places of their digests (RFC 9901 section 7.1).
// hidden counts digests that stay. It returns CREDENTIAL_MALFORMED, among others for
// a digest that occurs twice, a disclosure without digest, a claim that is there
// already.
func reveal(claims Object, disclosures []*disclosure) (out Object, hidden int, err error) {
	r := revealer{byDigest: map[string]*disclosure{}, seen: map[string]bool{}}
	for _, d := range disclosures {
		if r.byDigest[d.digest()] != nil {
			return nil, 0, Malformed.Errorf("a disclosure is there twice")
		}
		r.byDigest[d.digest()] = d
	}
	if alg, there := claims["_sd_alg"]; there && alg != "sha-256" {
		return nil, 0, Unsupported.Errorf("_sd_alg %.20v: sha-256 is accepted", alg)
	}
	v, err := r.object(claims, 0)
	if err != nil {
		return nil, 0, err
	}
	for _, d := range disclosures {
		if !d.used {
			return nil, 0, Malformed.Errorf("a disclosure belongs to nothing in the credential")
		}
	}
	delete(v, "_sd_alg")
	return v, r.hidden, nil
}

type revealer struct {
	byDigest map[string]*disclosure
	seen     map[string]bool
	hidden   int
}

// take finds the disclosure of a digest; nil where it is kept back or a decoy.
func (r *revealer) take(digest any) (*disclosure, error) {
	s, ok := digest.(string)
	if !ok || r.seen[s] {
		return nil, Malformed.Errorf("a digest is no string or occurs twice")
	}
	r.seen[s] = true
	d := r.byDigest[s]
	if d == nil {
		r.hidden++
		return nil, nil
	}
	d.used = true
	return d, nil
}

func (r *revealer) object(o Object, depth int) (Object, error) {
	out := make(Object, len(o))
	for name, v := range o {
		if name == "_sd" {
			continue
		}
		if name == "..." {
			return nil, Malformed.Errorf("a claim is named ...")
		}
		var err error
		if out[name], err = r.value(v, depth+1); err != nil {
			return nil, err
		}
	}
	digests, there := o["_sd"]
	if !there {
		return out, nil
	}
	list, ok := digests.([]any)
	if !ok {
		return nil, Malformed.Errorf("_sd is not an array")
	}
	for _, digest := range list {
		d, err := r.take(digest)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		if _, taken := o[d.name]; taken || d.name == "" {
			return nil, Malformed.Errorf("a disclosure is of a claim %.40q that is there already, or of none", d.name)
		}
		if _, taken := out[d.name]; taken {
			return nil, Malformed.Errorf("the claim %.40q is disclosed twice", d.name)
		}
		if out[d.name], err = r.value(d.value, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *revealer) value(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, Malformed.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case Object:
		return r.object(v, depth)
	case []any:
		out := make([]any, 0, len(v))
		for _, element := range v {
			if o, ok := element.(Object); ok {
				if digest, concealed := o["..."]; concealed {
					if len(o) != 1 {
						return nil, Malformed.Errorf("an element is concealed and has other members")
					}
					d, err := r.take(digest)
					if err != nil {
						return nil, err
					}
					if d == nil {
						continue
					}
					if d.name != "" {
						return nil, Malformed.Errorf("the disclosure of the claim %.40q stands for an element", d.name)
					}
					element = d.value
				}
			}
			inner, err := r.value(element, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, inner)
		}
		return out, nil
	default:
		return v, nil
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
