// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
)

// Ledger is what a verifier asks of the identity contract. *gateway.Identity is one.
type Ledger interface {
	Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error)
	Accredited(ctx context.Context, q identity.AccreditedQuery) (identity.AccreditedAnswer, error)
	Schema(ctx context.Context, ref identity.SchemaRef) (identity.Schema, error)
	StatusAt(ctx context.Context, q identity.StatusQuery) (identity.StatusAnswer, error)
}

// leeway is how far clocks may differ, and proofLife how old a presentation's proof
// may be.
const (
	leeway    = time.Minute
	proofLife = 15 * time.Minute
)

// Verifier verifies credentials and presentations. The zero value verifies what needs
// no ledger: keys of did:key and did:jwk.
type Verifier struct {
	Ledger    Ledger
	Documents Documents // of other DID methods
	// Web fetches the document of a did:web that is not among Documents; nothing is fetched if nil. See package didweb.
	Web      func(ctx context.Context, did string) (json.RawMessage, error)
	Schemas  Schemas
	Lists    map[string]string          // signed status lists that are not on the ledger, or without one, by their URL
	Contexts map[string]json.RawMessage // of JSON-LD, by their URL, beside that of VC 2.0
	Now      func() time.Time           // time.Now if nil
}

// Demand is what a verifier asks for. Its zero value asks for nothing beyond what the
// credential itself calls for.
type Demand struct {
	Challenge string // that the presentation is to answer (nonce)
	Domain    string // that it is to be for (aud)

	Root   string // of accreditation, under which the issuer has to stand
	Region string // for which; identity.Any if left out

	StatusTime int64    // Unix seconds: neither revoked nor suspended as of a past block; now if 0
	Types      []string // of which the credential has to have one (type or vct); any if left out
	Unlock     identity.Unlock
	CurrentKey bool // the issuer's key has to be in the current document too
	Asking     *Asking
}

// Asking is a verifier with what it asks for, which a wallet checks before it shows
// anything and a verifier's software before it takes anything.
type Asking struct {
	Verifier   string // DID
	Root       string
	Schema     identity.SchemaRef // identity.Any if left out
	Region     string             // identity.Any if left out
	Purpose    string
	Attributes []string
}

// Check returns OVER_ASKING unless the verifier may ask for all of it now,
// NOT_ACCREDITED if for nothing.
func (a Asking) Check(ctx context.Context, l Ledger) error {
	q := identity.AccreditedQuery{
		Scope: identity.Scope{
			Root: a.Root, Subject: a.Verifier, Standing: identity.Verifier, Schema: a.Schema, Region: a.Region, Purpose: a.Purpose,
		},
		Attributes: a.Attributes,
	}
	if q.Schema == "" {
		q.Schema = identity.Any
	}
	if q.Region == "" {
		q.Region = identity.Any
	}
	_, err := l.Accredited(ctx, q)
	return err
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

// checks is one verification under way.
type checks struct {
	*Verifier
	Report
	ctx    context.Context //nolint:containedctx // of the one call this lives for
	demand Demand
	broken error // the ledger could not be asked: no verdict
}

func (v *Verifier) begin(ctx context.Context, format string, d Demand) *checks {
	return &checks{Verifier: v, ctx: ctx, demand: d, Report: Report{Format: format}}
}

// judge notes a check. Where the ledger was out of reach there will be no report.
func (c *checks) judge(name Name, err error, reason string, args ...any) bool {
	if out := refusal(err); out != nil && c.broken == nil {
		c.broken = out
	}
	c.Report.judge(name, err, reason, args...)
	return err == nil
}

// done is the report, or the error that stood in its way.
func (c *checks) done() (Report, error) {
	if c.broken != nil {
		return Report{}, c.broken
	}
	c.close()
	return c.Report, nil
}

// signed checks a signature and its key, which stood in the document of who says to
// have made it at the time it says. current asks for the key now.
func (c *checks) signed(kid, by string, purpose identity.Purpose, at int64, verify func(key foundKey) error) (foundKey, bool) {
	found, err := c.keyAt(c.ctx, kid, purpose, at)
	if err == nil && c.demand.CurrentKey && at != 0 {
		_, err = c.keyAt(c.ctx, kid, purpose, 0)
	}
	if err == nil && by != didOf(kid) {
		err = KeyNotValid.Errorf("%.160s is not of %.160s", kid, by)
	}
	if !c.judge(SigningKey, err, "%s: %s", kid, found.Where) {
		return found, false
	}
	return found, c.judge(Signature, verify(found), "%s", found.Key.Alg)
}

// within checks times of whole Unix seconds; 0 is none.
func (c *checks) within(issued, from, until int64) bool {
	now, early := c.now().Unix(), int64(leeway/time.Second)
	var err error
	switch {
	case issued > now+early:
		err = NotYetValid.Errorf("issued at %s, it is %s", stamp(issued), stamp(now))
	case from > now+early:
		err = NotYetValid.Errorf("valid from %s on, it is %s", stamp(from), stamp(now))
	case until != 0 && now >= until:
		err = Expired.Errorf("valid until %s, it is %s", stamp(until), stamp(now))
	}
	reason := "valid at " + stamp(now)
	if until != 0 {
		reason += ", until " + stamp(until)
	}
	return c.judge(Validity, err, "%s", reason)
}

// accredited checks the issuer's standing when it signed, for each registered schema among
// those that the credential names, or for any.
func (c *checks) accredited(named []string, at int64) {
	d := c.demand
	if d.Root == "" {
		return
	}
	if c.Ledger == nil {
		c.judge(Accreditation, NotRegistryHere.Errorf("roots of accreditation are on it"), "")
		return
	}
	q := identity.AccreditedQuery{Scope: identity.Scope{Root: d.Root, Subject: c.Issuer, Standing: identity.Issuer, Region: d.Region}, Time: at}
	if q.Region == "" {
		q.Region = identity.Any
	}
	var schemas []identity.SchemaRef
	for _, url := range named {
		if ref := schemaRef(url); ref != "" {
			schemas = append(schemas, ref)
		}
	}
	if schemas == nil {
		schemas = append(schemas, identity.Any)
	}
	var answer identity.AccreditedAnswer
	for _, q.Schema = range schemas {
		var err error
		if answer, err = c.Ledger.Accredited(c.ctx, q); err != nil {
			c.judge(Accreditation, err, "")
			return
		}
	}
	c.judge(Accreditation, nil, "issuer under root %s by a chain of %d grants at %s", d.Root, len(answer.Chain), stamp(answer.Time))
}

// asked checks what the verifier asks for and what is shown to it.
func (c *checks) asked(shown []string) {
	if c.demand.Asking == nil {
		return
	}
	asking := *c.demand.Asking
	asking.Attributes = distinct(slices.Concat(asking.Attributes, shown))
	if c.Ledger == nil {
		c.judge(Purpose, NotRegistryHere.Errorf("the registry of verifiers is on it"), "")
		return
	}
	c.judge(Purpose, asking.Check(c.ctx, c.Ledger), "%s may ask for %v for the purpose %s", asking.Verifier, asking.Attributes, asking.Purpose)
}

// unlocked checks how the holder's key is unlocked.
func (c *checks) unlocked(key foundKey) {
	asked := c.demand.Unlock
	if asked == "" {
		return
	}
	c.judge(UnlockLevel, AtLeast(key.Unlock, asked), "unlocked by %s, %s is asked for", key.Unlock, asked)
}

// AtLeast returns UNLOCK_TOO_LOW unless a level reaches the one asked for. "" is the
// level of a key whose document does not tell.
func AtLeast(have, asked identity.Unlock) error {
	rank := map[identity.Unlock]int{"": 0, identity.UnlockNone: 1, identity.UnlockPIN: 2, identity.UnlockBiometric: 3}
	want, known := rank[asked]
	if !known || want == 0 {
		return UnlockTooLow.Errorf("%.20q is no level", string(asked))
	}
	if rank[have] >= want {
		return nil
	}
	if have == "" {
		return UnlockTooLow.Errorf("the document does not tell how the key is unlocked, %s is asked for", asked)
	}
	return UnlockTooLow.Errorf("unlocked by %s, %s is asked for", have, asked)
}

// answers checks challenge and domain of a proof made at a time.
func (c *checks) answers(challenge, domain string, made int64) {
	now := c.now().Unix()
	age := now - made
	switch {
	case c.demand.Challenge == "":
	case challenge != c.demand.Challenge:
		c.judge(Challenge, ReplayedProof.Errorf("for challenge %.80q, %.80q is asked for", challenge, c.demand.Challenge), "")
	case age < -int64(leeway/time.Second) || age > int64(proofLife/time.Second):
		c.judge(Challenge, ReplayedProof.Errorf("made at %s, %d s ago: %d at most", stamp(made), age, int64(proofLife/time.Second)), "")
	default:
		c.judge(Challenge, nil, "%s, made at %s", challenge, stamp(made))
	}
	if c.demand.Domain != "" {
		var err error
		if domain != c.demand.Domain {
			err = ReplayedProof.Errorf("for domain %.160q, %.160q is asked for", domain, c.demand.Domain)
		}
		c.judge(Domain, err, "%s", domain)
	}
}
