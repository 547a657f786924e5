// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"regexp"
	"slices"
)

// TypAccreditation and TypWithdrawal are the typ of statements about
// accreditations.
const (
	TypAccreditation = "accreditation+jws"
	TypWithdrawal    = "accreditation-withdrawal+jws"
)

// Standing is what an accreditation lets its subject do.
type Standing string

// The standings.
const (
	Delegate Standing = "delegate" // accredit others, within its own schemas, regions and time
	Issuer   Standing = "issuer"   // issue credentials
	Verifier Standing = "verifier" // ask for attributes, for a purpose
	Peer     Standing = "peer"     // be recognised as an authority of its own; gives no right under this root
)

// Bounds of accreditations.
const (
	MaxGrants     = 16 // of one subject in one standing, schema and region
	MaxDepth      = 4  // delegates between a root and an issuer
	maxAttributes = 64
)

// Scope is what an accreditation is about.
type Scope struct {
	Root     string    `json:"root"`    // name of the registry's root
	Subject  string    `json:"subject"` // DID
	Standing Standing  `json:"standing"`
	Schema   SchemaRef `json:"schema"`            // or Any
	Region   string    `json:"region"`            // or Any
	Purpose  string    `json:"purpose,omitempty"` // of a verifier
}

func (s Scope) check() error {
	if err := CheckName("root", s.Root); err != nil {
		return err
	}
	if _, err := ParseDID(s.Subject); err != nil {
		return err
	}
	switch s.Standing {
	case Delegate, Issuer, Peer:
		if s.Purpose != "" {
			return InvalidStatement.Errorf("purpose is for verifiers")
		}
	case Verifier:
		if err := CheckName("purpose", s.Purpose); err != nil {
			return err
		}
	default:
		return InvalidStatement.Errorf("standing %.20q is none of delegate, issuer, verifier, peer", string(s.Standing))
	}
	if err := checkSchema(s.Schema); err != nil {
		return err
	}
	return checkRegion(s.Region)
}

// Accredit is a grant by a root or one of its delegates.
type Accredit struct {
	Attributes []string  `json:"attributes,omitempty"` // of a verifier: all it may ask for, ascending
	Chaincode  string    `json:"chaincode"`
	Channel    string    `json:"channel"`
	From       int64     `json:"from"` // Unix seconds
	Network    string    `json:"network"`
	Purpose    string    `json:"purpose,omitempty"` // of a verifier
	Region     string    `json:"region"`
	Root       string    `json:"root"`
	Schema     SchemaRef `json:"schema"`
	Standing   Standing  `json:"standing"`
	Subject    string    `json:"subject"` // DID
	Until      int64     `json:"until"`   // Unix seconds, not included
	V          int       `json:"v"`
}

// Typ implements Payload.
func (Accredit) Typ() string { return TypAccreditation }

func (a Accredit) place() (int, Place) {
	return a.V, Place{a.Network, a.Channel, a.Chaincode}
}

// Scope is what it is about.
func (a Accredit) Scope() Scope {
	return Scope{a.Root, a.Subject, a.Standing, a.Schema, a.Region, a.Purpose}
}

// Validate checks the form. It returns INVALID_STATEMENT or BAD_DID.
func (a Accredit) Validate() error {
	if err := a.Scope().check(); err != nil {
		return err
	}
	if a.From < 1 || a.Until <= a.From || a.Until > 1<<40 {
		return InvalidStatement.Errorf("from %d until %d: a time of Unix seconds that is not empty", a.From, a.Until)
	}
	if (a.Standing == Verifier) == (len(a.Attributes) == 0) || len(a.Attributes) > maxAttributes || !ascending(a.Attributes) {
		return InvalidStatement.Errorf("attributes: 1 to %d for a verifier, distinct and in order, and none for others", maxAttributes)
	}
	return checkAttributes(a.Attributes)
}

// validAttribute takes names of claims as SD-JWT VC has them (age_over_19) too.
var validAttribute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func checkAttributes(all []string) error {
	for _, attribute := range all {
		if !validAttribute.MatchString(attribute) {
			return InvalidStatement.Errorf("attribute %.70q: letters, digits and _, at most 64", attribute)
		}
	}
	return nil
}

// Withdraw ends a grant from the block it lands in, by who gave it or by the root.
type Withdraw struct {
	Chaincode string    `json:"chaincode"`
	Channel   string    `json:"channel"`
	Grant     string    `json:"grant"` // digest of the statement that gave it
	Network   string    `json:"network"`
	Purpose   string    `json:"purpose,omitempty"`
	Region    string    `json:"region"`
	Root      string    `json:"root"`
	Schema    SchemaRef `json:"schema"`
	Standing  Standing  `json:"standing"`
	Subject   string    `json:"subject"`
	V         int       `json:"v"`
}

// Typ implements Payload.
func (Withdraw) Typ() string { return TypWithdrawal }

func (w Withdraw) place() (int, Place) {
	return w.V, Place{w.Network, w.Channel, w.Chaincode}
}

// Scope is what it is about.
func (w Withdraw) Scope() Scope {
	return Scope{w.Root, w.Subject, w.Standing, w.Schema, w.Region, w.Purpose}
}

// Validate checks the form. It returns INVALID_STATEMENT or BAD_DID.
func (w Withdraw) Validate() error {
	if !isDigest(w.Grant) {
		return InvalidStatement.Errorf("grant %.80q is not the digest of a statement", w.Grant)
	}
	return w.Scope().check()
}

// Grant is one accreditation in its time.
type Grant struct {
	By          string   `json:"by"`        // DID
	Statement   string   `json:"statement"` // digest
	From        int64    `json:"from"`      // Unix seconds
	Until       int64    `json:"until"`
	Granted     int64    `json:"granted"`
	Attributes  []string `json:"attributes,omitempty"`
	Withdrawn   int64    `json:"withdrawn,omitempty"`
	WithdrawnBy string   `json:"withdrawnBy,omitempty"`
	WithdrawnTx string   `json:"withdrawnTx,omitempty"`
}

// Moment is when something is asked for: now, as the ledger stands, or a time in
// the past as the ledger has it.
type Moment struct {
	Time int64 // Unix seconds
	Past bool
}

// within reports whether what began and perhaps ended was so at the moment. As the
// ledger stands, what ended has ended from its block on, whatever the clock of who
// asks says.
func (m Moment) within(began, ended int64) bool {
	if !m.Past {
		return began != 0 && ended == 0
	}
	return began != 0 && began <= m.Time && (ended == 0 || m.Time < ended)
}

// at reports whether the grant holds at a moment.
func (g Grant) at(m Moment) bool {
	return g.From <= m.Time && m.Time < g.Until && m.within(g.Granted, g.Withdrawn)
}

// Accreditation is all that one subject was ever granted in one scope: nothing is
// forgotten, so the past can be asked for.
type Accreditation struct {
	Scope
	Grants []Grant `json:"grants"`
}

// Add appends a grant. It returns DOCUMENT_TOO_LARGE.
func (a Accreditation) Add(g Grant) (Accreditation, error) {
	if len(a.Grants) >= MaxGrants {
		return a, TooLarge.Errorf("%s was accredited %d times for this, at most %d", a.Subject, len(a.Grants), MaxGrants)
	}
	a.Grants = append(slices.Clone(a.Grants), g)
	return a, nil
}

// Withdraw ends a grant. It returns ACCREDITATION_UNKNOWN, or NOT_ACCREDITED
// unless it is by who gave it or by the root.
func (a Accreditation) Withdraw(statement, by, root string, now int64, tx string) (Accreditation, error) {
	i := slices.IndexFunc(a.Grants, func(g Grant) bool { return g.Statement == statement })
	if i < 0 || a.Grants[i].Withdrawn != 0 {
		return a, AccreditationUnknown.Errorf("%s has no such grant that still stands", a.Subject)
	}
	if by != a.Grants[i].By && by != root {
		return a, NotAccredited.Errorf("%s neither gave the grant nor is the root", by)
	}
	a.Grants = slices.Clone(a.Grants)
	g := &a.Grants[i]
	g.Withdrawn, g.WithdrawnBy, g.WithdrawnTx = now, by, tx
	return a, nil
}

// CheckAsking returns OVER_ASKING unless a verifier's grant takes in every
// attribute asked for.
func (g Grant) CheckAsking(attributes []string) error {
	for _, a := range attributes {
		if !slices.Contains(g.Attributes, a) {
			return OverAsking.Errorf("attribute %.70q; %v may be asked for", a, g.Attributes)
		}
	}
	return nil
}

// AccreditedQuery asks whether a subject has a standing. Time 0 is now. Attributes
// are what a verifier means to ask for.
type AccreditedQuery struct {
	Scope
	Time       int64    `json:"time,omitempty"` // Unix seconds
	Attributes []string `json:"attributes,omitempty"`
}

// Validate checks the form.
func (q AccreditedQuery) Validate() error {
	if q.Time < 0 || q.Time > 1<<40 || len(q.Attributes) > maxAttributes {
		return InvalidStatement.Errorf("time %d, %d attributes", q.Time, len(q.Attributes))
	}
	return q.check()
}

// AccreditedAnswer tells by which grants, the subject's first, up to the root.
type AccreditedAnswer struct {
	Time  int64   `json:"time"` // Unix seconds, for which it holds
	Chain []Grant `json:"chain"`
}
