// SPDX-License-Identifier: Apache-2.0

package credential

import "strconv"

// locate finds at which path each disclosure stands; what it does not reach has none.
// Elements count as [Revealed] has them, without those that are kept back or none. It returns CREDENTIAL_MALFORMED for a digest that occurs twice (RFC 9901 section 7.1),
// which would lead on and on, and for two disclosures of one path, of which a holder
// could not say which to show.
func (p *parsedSDJWT) locate() (*located, error) {
	l := &located{byPath: map[string]*disclosure{}, inside: map[*disclosure]*disclosure{}, byDigest: map[string]*disclosure{}}
	for _, d := range p.disclosures {
		l.byDigest[d.digest()] = d
	}
	return l, l.value(p.token.claims, "", nil, 0)
}

// located are disclosures in their places.
type located struct {
	byPath   map[string]*disclosure
	inside   map[*disclosure]*disclosure // the disclosure that each is in, which has to be shown with it; nil for none
	byDigest map[string]*disclosure
}

// digest places the disclosure of a digest, at a step or at its own name.
func (l *located) digest(digest any, path, step string, element bool, in *disclosure, depth int) error {
	s, _ := digest.(string)
	d := l.byDigest[s]
	if d == nil || (d.name == "") != element {
		return nil
	}
	if _, placed := l.inside[d]; placed {
		return Malformed.Errorf("a digest occurs twice")
	}
	l.inside[d] = in
	if step == "" {
		step = d.name
	}
	if l.byPath[path+step] != nil {
		return Malformed.Errorf("two disclosures stand at %.80q", path+step)
	}
	l.byPath[path+step] = d
	return l.value(d.value, path+step+"/", d, depth+1)
}

func (l *located) value(v any, path string, in *disclosure, depth int) error {
	if depth > maxDepth {
		return Malformed.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case Object:
		if digests, ok := v["_sd"].([]any); ok {
			for _, digest := range digests {
				if err := l.digest(digest, path, "", false, in, depth); err != nil {
					return err
				}
			}
		}
		for name, inner := range v {
			if err := l.value(inner, path+name+"/", in, depth+1); err != nil {
				return err
			}
		}
	case []any:
		n := 0
		for _, inner := range v {
			step := strconv.Itoa(n)
			if o, ok := inner.(Object); ok && len(o) == 1 {
				if digest, concealed := o["..."]; concealed {
					if err := l.digest(digest, path, step, true, in, depth); err != nil {
						return err
					}
					if s, _ := digest.(string); l.byDigest[s] != nil {
						n++
					}
					continue
				}
			}
			if err := l.value(inner, path+step+"/", in, depth+1); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}
