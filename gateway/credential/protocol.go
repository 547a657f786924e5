// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"context"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
)

// Token is a JWS of a protocol that credentials travel by, such as OpenID4VCI's proof
// of a key, whose signature holds.
type Token struct {
	Kid    string // DID URL of the key; "" where the key came along and nobody vouches for it
	Key    did.Key
	Unlock identity.Unlock // "" where the document does not tell
	Claims Object
}

// Token verifies a JWS of one typ, by a key that its signer's document has now for a
// purpose (kid), or by the key that came along (jwk): one of the two. It returns
// CREDENTIAL_MALFORMED, CREDENTIAL_UNSUPPORTED, BAD_SIGNATURE, KEY_NOT_VALID,
// DID_NOT_RESOLVABLE or what the ledger says.
func (v *Verifier) Token(ctx context.Context, compact, typ string, purpose identity.Purpose) (Token, error) {
	t, err := parseToken(compact)
	if err != nil {
		return Token{}, err
	}
	if t.typ != typ {
		return Token{}, Unsupported.Errorf("typ %.40q, %s is expected", t.typ, typ)
	}
	jwk, along := t.header["jwk"]
	out := Token{Kid: t.kid, Claims: t.claims}
	switch {
	case t.header["x5c"] != nil || along == (t.kid != ""):
		return Token{}, Malformed.Errorf("the header names its key by one of kid and jwk")
	case along:
		out.Key, err = publicJWK(jwk)
	default:
		var found foundKey
		found, err = v.keyAt(ctx, t.kid, purpose, 0)
		out.Key, out.Unlock = found.Key, found.Unlock
	}
	if err != nil {
		return Token{}, err
	}
	return out, t.verify(out.Key)
}

// publicJWK reads a key that somebody sent, which must not be a private one.
func publicJWK(v any) (did.Key, error) {
	o, _ := v.(Object)
	if _, private := o["d"]; private {
		return did.Key{}, Malformed.Errorf("the key came along with its secret: it is compromised")
	}
	raw, err := encode(v)
	if err != nil {
		return did.Key{}, err
	}
	var jwk did.JWK
	if err := Decode(raw, &jwk); err != nil {
		return did.Key{}, Malformed.Errorf("jwk: %w", err)
	}
	return jwk.Key(did.ES256K)
}

// SignToken makes a JWS of a protocol. With its key along, the header has no kid.
func SignToken(typ string, claims any, by Signer, keyAlong bool) (string, error) {
	alg, err := algOf(by)
	if err != nil {
		return "", err
	}
	h := header{Alg: alg, Kid: by.Kid, Typ: typ}
	if keyAlong {
		public, err := publicOf(by.Key)
		if err != nil {
			return "", err
		}
		jwk := public.JWK()
		h.Kid, h.JWK = "", &jwk
	}
	said, err := normal(claims)
	if err != nil {
		return "", err
	}
	draft, err := draftToken(h, said, whole)
	if err != nil {
		return "", err
	}
	return draft.sign(by)
}

// DecodeObject reads one JSON object of somebody else's. It returns
// CREDENTIAL_MALFORMED for repeated members, invalid UTF-8, anything behind it, and
// too much of it.
func DecodeObject(raw []byte) (Object, error) { return decodeObject(raw) }

// Moment reads a NumericDate (RFC 7519) of whole Unix seconds; found is false where it
// is left out.
func Moment(o Object, name string) (at int64, found bool, err error) { return moment(o, name) }

// AlgorithmOf is the JOSE algorithm of a signer's key. It returns BAD_DID for a key of
// another type, or a kid that is no DID URL.
func AlgorithmOf(s Signer) (string, error) { return algOf(s) }

// Refused tells an error about what was sent from a failure to reach the ledger.
func Refused(err error) bool { return err != nil && refusal(err) == nil }

// Revealed is all that an SD-JWT VC says with the disclosures that are at hand, nothing
// of it verified: for a wallet that looks through what it holds.
func Revealed(sdjwt string) (Object, error) {
	p, err := parseSDJWT(sdjwt)
	if err != nil {
		return nil, err
	}
	claims, _, err := reveal(p.token.claims, p.disclosures)
	return claims, err
}
