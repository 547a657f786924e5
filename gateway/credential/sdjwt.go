// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// The formats' names, which are also the typ of their tokens.
const (
	FormatSDJWT = "dc+sd-jwt"
	TypBinding  = "kb+jwt"
)

// SDJWT is an SD-JWT VC to be issued (draft-ietf-oauth-sd-jwt-vc).
type SDJWT struct {
	Type        string   // vct: a URI that says what it is
	Claims      Object   // what it says; names of registered claims are not for here
	Disclosable []string // paths of claims that the holder may keep back: "name", "address/street", "nationalities/0"
	Decoys      int      // digests of nothing, at most 64, so that the number of claims does not show

	Subject string   // sub: DID of the holder, or left out
	Holder  *Binding // cnf: whose key has to show it; bearer credential if nil

	Issued    int64      // iat, Unix seconds; now if 0
	NotBefore int64      // nbf, or 0
	Expires   int64      // exp, or 0
	Status    *StatusRef // or nil
}

// Binding is the key that a credential is bound to (RFC 7800): one of the two.
type Binding struct {
	JWK *did.JWK // this very key
	Kid string   // this key, as a DID URL; or, as a DID, whichever key for authentication its document has
}

// StatusRef is an entry of a status list.
type StatusRef struct {
	URI   string // of the list
	Index int
}

// registered are the claims that an issuer sets through fields.
var registered = []string{"iss", "sub", "iat", "nbf", "exp", "vct", "cnf", "status", "_sd", "_sd_alg", "...", "vct#integrity"}

// Sign issues the credential in the name of the DID that the signer's key belongs to.
func (s SDJWT) Sign(by Signer) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	draft, err := s.Prepare(alg, by.Kid)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// Prepare is the credential as it is to be signed by a key elsewhere. It returns
// CREDENTIAL_MALFORMED.
func (s SDJWT) Prepare(alg, kid string) (Draft, error) {
	issuer, _, err := did.Split(kid)
	if err != nil {
		return Draft{}, err
	}
	claims, err := normal(s.Claims)
	if err != nil {
		return Draft{}, err
	}
	for _, name := range registered {
		if _, taken := claims[name]; taken {
			return Draft{}, Malformed.Errorf("claim %s is set by the issuer's software", name)
		}
	}
	if s.Type == "" || s.Decoys < 0 || s.Decoys > 64 {
		return Draft{}, Malformed.Errorf("type %q, %d decoys: a type is needed, at most 64 decoys", s.Type, s.Decoys)
	}
	disclosures, err := conceal(claims, s.Disclosable)
	if err != nil {
		return Draft{}, err
	}
	if err := addDecoys(claims, s.Decoys); err != nil {
		return Draft{}, err
	}
	if len(disclosures)+s.Decoys > 0 {
		claims["_sd_alg"] = "sha-256"
	}
	claims["iss"], claims["vct"] = issuer, s.Type
	if s.Issued == 0 {
		s.Issued = time.Now().Unix()
	}
	for name, at := range map[string]int64{"iat": s.Issued, "nbf": s.NotBefore, "exp": s.Expires} {
		if at < 0 || at > 1<<40 {
			return Draft{}, Malformed.Errorf("%s %d: Unix seconds up to 2^40", name, at)
		}
		if at != 0 {
			claims[name] = at
		}
	}
	if s.Subject != "" {
		claims["sub"] = s.Subject
	}
	if s.Holder != nil {
		if claims["cnf"], err = s.Holder.cnf(); err != nil {
			return Draft{}, err
		}
	}
	if s.Status != nil {
		claims["status"] = Object{"status_list": Object{"idx": s.Status.Index, "uri": s.Status.URI}}
	}
	return draftToken(header{Alg: alg, Kid: kid, Typ: FormatSDJWT}, claims, func(compact string) (string, error) {
		var b strings.Builder
		b.WriteString(compact + "~")
		for _, d := range disclosures {
			b.WriteString(d.encoded + "~")
		}
		return b.String(), nil
	})
}

func (b Binding) cnf() (Object, error) {
	switch {
	case b.JWK != nil && b.Kid == "":
		if _, err := b.JWK.Key(did.ES256K); err != nil {
			return nil, err
		}
		jwk := Object{"crv": b.JWK.Crv, "kty": b.JWK.Kty, "x": b.JWK.X}
		if b.JWK.Y != "" {
			jwk["y"] = b.JWK.Y
		}
		return Object{"jwk": jwk}, nil
	case b.JWK == nil && did.Validate(didOf(b.Kid)) == nil:
		return Object{"kid": b.Kid}, nil
	default:
		return nil, Malformed.Errorf("a binding is to one of a JSON Web Key and a DID or DID URL")
	}
}

// didOf is the DID of a DID URL, or the DID itself.
func didOf(url string) string {
	id, _, _ := strings.Cut(url, "#")
	return id
}

// Presenting is how a holder shows an SD-JWT VC.
type Presenting struct {
	Disclose []string // paths of what is shown; what a path lies within is shown with it
	Nonce    string
	Audience string
	Issued   int64 // Unix seconds; now if 0
}

// Present shows a credential with a binding by the holder's key (RFC 9901 section
// 4.3). It returns CREDENTIAL_MALFORMED for a path that the credential does not
// have.
func (p Presenting) Present(sdjwt string, holder Signer) (string, error) {
	alg, err := algOf(holder)
	if err != nil {
		return "", err
	}
	draft, err := p.Prepare(sdjwt, alg, holder.Kid)
	if err != nil {
		return "", err
	}
	return draft.sign(holder)
}

// Prepare is a presentation whose binding is to be signed by a key elsewhere.
func (p Presenting) Prepare(sdjwt, alg, kid string) (Draft, error) {
	shown, err := Select(sdjwt, p.Disclose)
	if err != nil {
		return Draft{}, err
	}
	if p.Nonce == "" || p.Audience == "" {
		return Draft{}, Malformed.Errorf("nonce and audience are needed")
	}
	if p.Issued == 0 {
		p.Issued = time.Now().Unix()
	}
	claims := Object{"aud": p.Audience, "iat": p.Issued, "nonce": p.Nonce, "sd_hash": sdHash(shown)}
	return draftToken(header{Alg: alg, Kid: kid, Typ: TypBinding}, claims, func(compact string) (string, error) { return shown + compact, nil })
}

// Select keeps back all that is not named: the credential with fewer disclosures. It
// returns CREDENTIAL_MALFORMED for a path that the credential does not have.
func Select(sdjwt string, paths []string) (string, error) {
	p, err := parseSDJWT(sdjwt)
	if err != nil {
		return "", err
	}
	at, err := p.locate()
	if err != nil {
		return "", err
	}
	keep := map[*disclosure]bool{}
	for _, path := range paths {
		if at.byPath[path] == nil {
			return "", Malformed.Errorf("the credential discloses nothing at %.80q; %v are there", path, slices.Sorted(maps.Keys(at.byPath)))
		}
		for d := at.byPath[path]; d != nil; d = at.inside[d] {
			keep[d] = true
		}
	}
	out := p.compact + "~"
	for _, d := range p.disclosures {
		if keep[d] {
			out += d.encoded + "~"
		}
	}
	return out, nil
}

// Disclosures are the paths of what a credential lets its holder keep back, of what is at
// hand: elements count as [Revealed] has them.
func Disclosures(sdjwt string) ([]string, error) {
	p, err := parseSDJWT(sdjwt)
	if err != nil {
		return nil, err
	}
	at, err := p.locate()
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(at.byPath)), nil
}

func sdHash(shown string) string {
	sum := sha256.Sum256([]byte(shown))
	return encode64(sum[:])
}

// parsedSDJWT is an SD-JWT taken apart, nothing of it verified.
type parsedSDJWT struct {
	compact     string
	token       *token
	disclosures []*disclosure
	binding     string // compact JWS, or ""
	shown       string // all up to the binding, which hashes it
}

func parseSDJWT(s string) (*parsedSDJWT, error) {
	if len(s) > MaxSize {
		return nil, Malformed.Errorf("%d bytes, at most %d", len(s), MaxSize)
	}
	parts := strings.Split(s, "~")
	if len(parts) < 2 {
		return nil, Malformed.Errorf("an SD-JWT ends with ~ or a binding behind it")
	}
	last := len(parts) - 1
	p := &parsedSDJWT{compact: parts[0], binding: parts[last], shown: s[:len(s)-len(parts[last])]}
	var err error
	if p.token, err = parseToken(parts[0]); err != nil {
		return nil, err
	}
	if p.token.typ != FormatSDJWT {
		return nil, Unsupported.Errorf("typ %.40q, %s is accepted", p.token.typ, FormatSDJWT)
	}
	for _, encoded := range parts[1:last] {
		d, err := parseDisclosure(encoded)
		if err != nil {
			return nil, err
		}
		p.disclosures = append(p.disclosures, d)
	}
	return p, nil
}
