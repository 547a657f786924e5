// SPDX-License-Identifier: Apache-2.0

package credential

import "strconv"

// locate finds at which path each disclosure stands. reveal has all rules; this only
// names places, and what it does not reach has none.
func (p *parsedSDJWT) locate(v any, path string, byPath map[string]*disclosure) error {
	byDigest := map[string]*disclosure{}
	for _, d := range p.disclosures {
		byDigest[d.digest()] = d
	}
	return locate(v, path, byPath, byDigest, 0)
}

func locate(v any, path string, byPath, byDigest map[string]*disclosure, depth int) error {
	if depth > maxDepth {
		return Malformed.Errorf("nested deeper than %d", maxDepth)
	}
	at := func(digest any, step string, element bool) error {
		s, _ := digest.(string)
		d := byDigest[s]
		if d == nil || (d.name == "") != element {
			return nil
		}
		if step == "" {
			step = d.name
		}
		byPath[path+step] = d
		return locate(d.value, path+step+"/", byPath, byDigest, depth+1)
	}
	switch v := v.(type) {
	case Object:
		if digests, ok := v["_sd"].([]any); ok {
			for _, digest := range digests {
				if err := at(digest, "", false); err != nil {
					return err
				}
			}
		}
		for name, inner := range v {
			if err := locate(inner, path+name+"/", byPath, byDigest, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, inner := range v {
			if o, ok := inner.(Object); ok && len(o) == 1 {
				if digest, concealed := o["..."]; concealed {
					if err := at(digest, strconv.Itoa(i), true); err != nil {
						return err
					}
					continue
				}
			}
			if err := locate(inner, path+strconv.Itoa(i)+"/", byPath, byDigest, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
