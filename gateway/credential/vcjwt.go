// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The formats of VC-JOSE-COSE, which are also the typ of their tokens.
const (
	FormatVCJWT = "vc+jwt"
	FormatVPJWT = "vp+jwt"
)

// SignJWT issues a credential of VC 2.0 as a JWS. What it leaves out of @context and
// issuer is filled in.
func SignJWT(vc any, by Signer, issued time.Time) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	draft, err := PrepareJWT(vc, alg, by.Kid, issued)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// PrepareJWT is such a credential as it is to be signed by a key elsewhere. It returns
// CREDENTIAL_MALFORMED, and KEY_NOT_VALID for a key that is not the issuer's.
func PrepareJWT(vc any, alg, kid string, issued time.Time) (Draft, error) {
	o, err := vcOf(vc, kid)
	if err != nil {
		return Draft{}, err
	}
	for _, name := range []string{"vc", "vp", "iss", "iat", "nbf", "exp", "sub", "jti"} {
		if _, there := o[name]; there {
			return Draft{}, Malformed.Errorf("claim %s is set by the issuer's software, or not at all", name)
		}
	}
	o["iss"], o["iat"] = didOf(kid), number(issued.Unix())
	return draftToken(header{Alg: alg, Cty: "vc", Kid: kid, Typ: FormatVCJWT}, o, whole)
}

func whole(compact string) (string, error) { return compact, nil }

// vcjwt verifies a credential as a JWS.
func (v *Verifier) vcjwt(ctx context.Context, compact string, d Demand, presented bool, holder string) (Report, error) {
	t, err := parseToken(compact)
	if err != nil {
		return Report{}, err
	}
	if t.typ != FormatVCJWT {
		return Report{}, Unsupported.Errorf("typ %.40q, %s and %s are accepted", t.typ, FormatVCJWT, FormatSDJWT)
	}
	read, err := readVC(t.claims)
	if err != nil {
		return Report{}, err
	}
	times, err := t.agree(read.issuer)
	if err != nil {
		return Report{}, err
	}
	c := v.begin(ctx, FormatVCJWT, d)
	c.Issuer, c.Signed = read.issuer, times.issued
	if _, ok := c.signed(t.kid, read.issuer, identity.AssertionMethod, times.issued, func(k foundKey) error { return t.verify(k.Key) }); !ok {
		return c.done()
	}
	read.from = max(read.from, times.from)
	if times.until != 0 && (read.until == 0 || times.until < read.until) {
		read.until = times.until
	}
	c.typed(read.types)
	c.verifyVC(t.claims, read, presented, holder)
	return c.done()
}

// agree returns CREDENTIAL_MALFORMED unless the token's claims say nothing else than
// its payload (VC-JOSE-COSE section 3.1.3).
func (t *token) agree(by string) (times, error) {
	for _, name := range []string{"vc", "vp", "proof"} {
		if _, there := t.claims[name]; there {
			return times{}, Malformed.Errorf("a claim named %s", name)
		}
	}
	if iss, there := t.claims["iss"]; there && iss != by {
		return times{}, Malformed.Errorf("iss %.160v is not %.160s", iss, by)
	}
	return readTimes(t.claims)
}

// VP is a presentation of VC 2.0 to be made.
type VP struct {
	Credentials []string // in any format that is verified here
	Challenge   string
	Domain      string
}

// SignJWT shows the credentials by a JWS of the holder's key.
func (p VP) SignJWT(by Signer, made time.Time) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	draft, err := p.PrepareJWT(alg, by.Kid, made)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// PrepareJWT is such a presentation as it is to be signed by a key elsewhere.
func (p VP) PrepareJWT(alg, kid string, made time.Time) (Draft, error) {
	o, err := p.object(kid)
	if err != nil {
		return Draft{}, err
	}
	o["iss"], o["iat"] = didOf(kid), number(made.Unix())
	if p.Challenge != "" {
		o["nonce"] = p.Challenge
	}
	if p.Domain != "" {
		o["aud"] = p.Domain
	}
	return draftToken(header{Alg: alg, Cty: "vp", Kid: kid, Typ: FormatVPJWT}, o, whole)
}

// object is the presentation without a proof.
func (p VP) object(kid string) (Object, error) {
	holder, _, err := did.Split(kid)
	if err != nil {
		return nil, err
	}
	if len(p.Credentials) == 0 {
		return nil, Malformed.Errorf("a presentation of no credentials")
	}
	var all []any
	for _, credential := range p.Credentials {
		if strings.HasPrefix(credential, "{") {
			o, err := decodeObject([]byte(credential))
			if err != nil {
				return nil, err
			}
			all = append(all, o)
			continue
		}
		format := FormatVCJWT
		if strings.Contains(credential, "~") {
			format = FormatSDJWT
		}
		all = append(all, Object{"@context": ContextV2, "id": "data:application/" + format + "," + credential, "type": "EnvelopedVerifiableCredential"})
	}
	return Object{"@context": []any{ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": holder, "verifiableCredential": all}, nil
}

// vpjwt verifies a presentation as a JWS.
func (v *Verifier) vpjwt(ctx context.Context, compact string, d Demand) (Report, error) {
	t, err := parseToken(compact)
	if err != nil {
		return Report{}, err
	}
	if t.typ != FormatVPJWT {
		return Report{}, Unsupported.Errorf("typ %.40q, %s is accepted", t.typ, FormatVPJWT)
	}
	holder, inner, err := readVP(t.claims, t.kid)
	if err != nil {
		return Report{}, err
	}
	times, err := t.agree(holder)
	if err != nil {
		return Report{}, err
	}
	c := v.begin(ctx, FormatVPJWT, d)
	proof := proofOfHolder{kid: t.kid, made: times.issued, from: times.from, until: times.until, challenge: text(t.claims, "nonce"), domain: text(t.claims, "aud")}
	return c.presentation(holder, inner, proof, func(k foundKey) error { return t.verify(k.Key) })
}

// readVP reads a presentation. It returns CREDENTIAL_MALFORMED.
func readVP(o Object, kid string) (holder string, inner []Object, err error) {
	if _, err := readBase(o, "VerifiablePresentation"); err != nil {
		return "", nil, err
	}
	if holder = idOf(o["holder"]); holder == "" {
		holder = didOf(kid)
	}
	inner, err = objects(o, "verifiableCredential")
	if err == nil && (len(inner) == 0 || len(inner) > maxShown) {
		err = Malformed.Errorf("%d credentials, 1 to %d", len(inner), maxShown)
	}
	return holder, inner, err
}

// maxShown bounds the credentials of a presentation.
const maxShown = 16

// proofOfHolder is what a presentation's proof says beside the signature.
type proofOfHolder struct {
	kid               string
	made, from, until int64 // Unix seconds
	challenge, domain string
}

// presentation checks the holder's proof, then each credential.
func (c *checks) presentation(holder string, inner []Object, p proofOfHolder, verify func(foundKey) error) (Report, error) {
	c.Holder, c.Signed = holder, p.made
	key, ok := c.signed(p.kid, holder, identity.Authentication, 0, verify)
	if !ok {
		return c.done()
	}
	c.within(p.made, p.from, p.until)
	c.judge(HolderBinding, nil, "shown by %s", holder)
	c.answers(p.challenge, p.domain, p.made)
	c.unlocked(key)
	d := c.demand
	d.Challenge, d.Domain, d.Unlock = "", "", ""
	for _, o := range inner {
		r, err := c.shown(o, d, holder)
		if err != nil {
			return Report{}, err
		}
		c.Credentials = append(c.Credentials, r)
	}
	return c.done()
}

func (c *checks) shown(o Object, d Demand, holder string) (Report, error) {
	if text(o, "type") != "EnvelopedVerifiableCredential" {
		return c.integrity(c.ctx, o, d, true, holder)
	}
	id := text(o, "id")
	if compact, ok := strings.CutPrefix(id, "data:application/"+FormatVCJWT+","); ok {
		return c.vcjwt(c.ctx, compact, d, true, holder)
	}
	return Report{}, Unsupported.Errorf("an enveloped credential %.60q: %s is accepted; an %s is presented by itself, with its own binding", id, FormatVCJWT, FormatSDJWT)
}
