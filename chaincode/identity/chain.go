// SPDX-License-Identifier: Apache-2.0

package identity

// Find reads the accreditation of a scope; found is false where there is none.
type Find func(Scope) (a Accreditation, found bool, err error)

// Stands tells whether a document was active at a moment.
type Stands func(did string, at Moment) (bool, error)

// Records are what a chain of grants is looked up in, each by its exact key.
type Records struct {
	Find   Find
	Stands Stands
}

// maxLookups bounds the records that one answer is searched in, documents included.
const maxLookups = 96

// search looks for a chain of grants from a subject to the root.
type search struct {
	Records
	root   Root
	at     Moment
	asked  []string // attributes that the subject's own grant has to take in
	tried  int
	stood  map[string]bool // of the documents that were asked
	fallen string          // the first of them that was not active
}

func newSearch(root Root, at Moment, in Records) *search {
	return &search{Records: in, root: root, at: at, stood: map[string]bool{}}
}

// Accredited returns the grants by which a subject has a standing, its
// own first, each by who is a delegate through the next, up to the root; none for
// the root itself. At that moment every grant must hold and every document on the
// way be active: the subject's, the delegates' and the root's. Of a verifier, asked
// is what it means to ask for, which one of its grants has to take in as a whole. It
// returns NOT_ACCREDITED or OVER_ASKING.
func Accredited(root Root, s Scope, asked []string, at Moment, in Records) ([]Grant, error) {
	f := newSearch(root, at, in)
	if s.Standing == Verifier {
		f.asked = asked
	}
	chain, ok, err := f.chain(s, 0)
	if err == nil && !ok && len(f.asked) > 0 { // for less, perhaps
		f.asked, f.tried = nil, 0
		if chain, ok, err = f.chain(s, 0); err == nil && ok {
			return chain, chain[0].CheckAsking(asked)
		}
	}
	if err == nil && !ok {
		err = NotAccredited.Errorf("%s is no %s for schema %.130s in region %s under root %s at %d (Unix seconds)%s",
			s.Subject, s.Standing, string(s.Schema), s.Region, s.Root, at.Time, f.because())
	}
	return chain, err
}

// MayAccredit returns NOT_ACCREDITED unless who gives an accreditation is the root,
// or a delegate whose own takes it in, now.
func MayAccredit(root Root, by string, given Scope, now int64, in Records) error {
	s := Scope{Root: given.Root, Subject: by, Standing: Delegate, Schema: given.Schema, Region: given.Region}
	f := newSearch(root, Moment{Time: now}, in)
	_, ok, err := f.chain(s, 1) // below the grant that is given
	if err == nil && !ok {
		err = NotAccredited.Errorf("%s may not accredit for schema %.130s in region %s under root %s%s",
			by, string(given.Schema), given.Region, given.Root, f.because())
	}
	return err
}

func (f *search) chain(s Scope, depth int) ([]Grant, bool, error) {
	top := s.Standing == Delegate && s.Subject == f.root.DID && f.at.within(f.root.Opened, f.root.Closed)
	if depth > MaxDepth && !top {
		return nil, false, nil
	}
	if stands, err := f.stands(s.Subject); err != nil || !stands || top {
		return nil, stands && top, err
	}
	for _, schema := range distinct(s.Schema, Any) {
		for _, region := range distinct(s.Region, Any) {
			if f.tried++; f.tried > maxLookups {
				return nil, false, nil
			}
			wider := s
			wider.Schema, wider.Region = schema, region
			rest, ok, err := f.grant(wider, depth)
			if err != nil || ok {
				return rest, ok, err
			}
		}
	}
	return nil, false, nil
}

// grant looks for a grant of exactly this scope, the last one first, and on from who
// gave it.
func (f *search) grant(s Scope, depth int) ([]Grant, bool, error) {
	a, found, err := f.Find(s)
	if err != nil || !found {
		return nil, false, err
	}
	for i := len(a.Grants) - 1; i >= 0; i-- {
		g := a.Grants[i]
		if !g.at(f.at) || depth == 0 && g.CheckAsking(f.asked) != nil {
			continue
		}
		rest, ok, err := f.chain(Scope{Root: s.Root, Subject: g.By, Standing: Delegate, Schema: s.Schema, Region: s.Region}, depth+1)
		if err != nil || ok {
			return append([]Grant{g}, rest...), ok, err
		}
	}
	return nil, false, nil
}

// stands asks for a document once.
func (f *search) stands(did string) (bool, error) {
	if stood, known := f.stood[did]; known {
		return stood, nil
	}
	if f.tried++; f.tried > maxLookups {
		return false, nil
	}
	stood, err := f.Stands(did, f.at)
	if err == nil && !stood && f.fallen == "" {
		f.fallen = did
	}
	f.stood[did] = stood
	return stood, err
}

// because adds what else is to be known about a refusal.
func (f *search) because() string {
	if f.fallen == "" {
		return ""
	}
	return "; the document of " + f.fallen + " is not active then"
}

func distinct[T comparable](a, b T) []T {
	if a == b {
		return []T{a}
	}
	return []T{a, b}
}
