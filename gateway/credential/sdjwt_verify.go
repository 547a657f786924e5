// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// sdjwt verifies an SD-JWT VC, as a presentation where a binding is called for.
func (v *Verifier) sdjwt(ctx context.Context, s string, d Demand, presented bool) (Report, error) {
	p, err := parseSDJWT(s)
	if err != nil {
		return Report{}, err
	}
	claims, hidden, err := reveal(p.token.claims, p.disclosures)
	if err != nil {
		return Report{}, err
	}
	times, err := readTimes(claims)
	if err != nil {
		return Report{}, err
	}
	c := v.begin(ctx, FormatSDJWT, d)
	c.Issuer, c.Signed, c.Claims = text(claims, "iss"), times.issued, claims
	if c.Issuer == "" {
		c.Issuer = didOf(p.token.kid)
	}
	// What must not be kept back (draft-ietf-oauth-sd-jwt-vc section 2.2.2.2) is read from what was signed.
	for _, name := range []string{"iss", "nbf", "exp", "cnf", "vct", "status"} {
		if _, open := p.token.claims[name]; !open && claims[name] != nil {
			return Report{}, Malformed.Errorf("%s is a disclosure", name)
		}
	}
	if _, ok := c.signed(p.token.kid, c.Issuer, identity.AssertionMethod, times.issued, func(k foundKey) error { return p.token.verify(k.Key) }); !ok {
		return c.done()
	}
	c.within(times.issued, times.from, times.until)
	c.typed([]string{text(claims, "vct")})
	c.statusOf(claims)
	c.schemaOfType(text(claims, "vct"), claims, hidden)
	c.accredited([]string{text(claims, "vct")}, times.issued)
	c.asked(p.shownNames())
	switch {
	case presented:
		c.bound(p, claims)
	case p.binding != "":
		return Report{}, Malformed.Errorf("a presentation, not a credential by itself")
	default:
		c.note(HolderBinding, NotChecked, "a credential by itself, not a presentation")
	}
	return c.done()
}

// bound checks the binding of a presentation (RFC 9901 section 7.3).
func (c *checks) bound(p *parsedSDJWT, claims Object) {
	key, made, err := c.binding(p, claims)
	if !c.judge(HolderBinding, err, "%s", key.Where) {
		return
	}
	c.answers(text(made, "nonce"), text(made, "aud"), must(moment(made, "iat")))
	c.unlocked(key)
}

func must(at int64, _ bool, _ error) int64 { return at }

func (c *checks) binding(p *parsedSDJWT, claims Object) (foundKey, Object, error) {
	cnf, ok := claims["cnf"].(Object)
	if !ok {
		return foundKey{}, nil, HolderUnproved.Errorf("the credential is bound to no key: it is for whoever has it")
	}
	if p.binding == "" {
		return foundKey{}, nil, HolderUnproved.Errorf("the presentation has no binding")
	}
	t, err := parseToken(p.binding)
	if err != nil {
		return foundKey{}, nil, err
	}
	if t.typ != TypBinding {
		return foundKey{}, nil, HolderUnproved.Errorf("the binding is of typ %.40q, not %s", t.typ, TypBinding)
	}
	key, err := c.holderKey(cnf, text(claims, "sub"), t.kid)
	if err != nil {
		return key, nil, err
	}
	if err := t.verify(key.Key); err != nil {
		return key, nil, err
	}
	if text(t.claims, "sd_hash") != sdHash(p.shown) {
		return key, nil, HolderUnproved.Errorf("the binding is of another credential, or of other disclosures")
	}
	if _, found, err := moment(t.claims, "iat"); err != nil || !found {
		return key, nil, HolderUnproved.Errorf("the binding has no iat")
	}
	return key, t.claims, c.inTime(t.claims)
}

// inTime checks when a binding says that it holds: RFC 9901 has no such times, RFC 7519
// wants them heeded where they are there.
func (c *checks) inTime(binding Object) error {
	says, err := readTimes(binding)
	now, early := c.now().Unix(), int64(leeway/time.Second)
	switch {
	case err != nil:
		return err
	case says.from > now+early:
		return NotYetValid.Errorf("the binding holds from %s on, it is %s", stamp(says.from), stamp(now))
	case says.until != 0 && now >= says.until:
		return Expired.Errorf("the binding held until %s, it is %s", stamp(says.until), stamp(now))
	}
	return nil
}

// holderKey is the key that may show the credential. Where the holder has a DID, the
// key has to be one for authentication of its document as it is now: a key that was
// rotated away shows nothing any more.
func (c *checks) holderKey(cnf Object, subject, kid string) (foundKey, error) {
	if len(cnf) != 1 {
		return foundKey{}, Unsupported.Errorf("cnf with %d members, one of jwk and kid is accepted", len(cnf))
	}
	if to := text(cnf, "kid"); to != "" {
		c.Holder = didOf(to)
		if to == didOf(to) { // any key of the DID
			if didOf(kid) != to {
				return foundKey{}, HolderUnproved.Errorf("bound to %.160s, shown by %.160q", to, kid)
			}
			to = kid
		}
		return c.keyAt(c.ctx, to, identity.Authentication, 0)
	}
	raw, err := encode(cnf["jwk"])
	if err != nil {
		return foundKey{}, err
	}
	var jwk did.JWK
	if err := Decode(raw, &jwk); err != nil {
		return foundKey{}, Malformed.Errorf("cnf has neither jwk nor kid")
	}
	key, err := jwk.Key(did.ES256K)
	if err != nil {
		return foundKey{}, err
	}
	if did.Validate(subject) != nil {
		return foundKey{Key: key, Where: "the key in the credential"}, nil
	}
	c.Holder = subject
	url := kid
	if url == "" {
		url = subject + "#" + key.Thumbprint()
		if own, err := did.Resolve(subject, did.ES256K); err == nil { // of a method whose DIDs are a key
			url = own.URL
		}
	}
	found, err := c.keyAt(c.ctx, url, identity.Authentication, 0)
	if err == nil && (didOf(url) != subject || found.Key.Thumbprint() != key.Thumbprint()) {
		err = HolderUnproved.Errorf("%.160s is not the key that the credential is bound to", url)
	}
	return found, err
}

// shownNames are the claims that were disclosed and could have been kept back.
func (p *parsedSDJWT) shownNames() []string {
	var names []string
	for _, d := range p.disclosures {
		if d.name != "" {
			names = append(names, d.name)
		}
	}
	return distinct(names)
}

// times are a token's, Unix seconds, 0 where it has none.
type times struct{ issued, from, until int64 }

func readTimes(claims Object) (t times, err error) {
	for name, to := range map[string]*int64{"iat": &t.issued, "nbf": &t.from, "exp": &t.until} {
		if *to, _, err = moment(claims, name); err != nil {
			return t, err
		}
	}
	return t, nil
}

// typed checks that the credential is one of the types asked for.
func (c *checks) typed(types []string) bool {
	if len(c.demand.Types) == 0 || slices.ContainsFunc(types, func(t string) bool { return slices.Contains(c.demand.Types, t) }) {
		return true
	}
	return c.judge(Schema, SchemaMismatch.Errorf("of type %.160q, one of %.300q is asked for", types, c.demand.Types), "")
}

// distinct puts strings in order, each once.
func distinct(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
