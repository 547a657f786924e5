// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypToken is the typ of a token (RFC 7519).
const TypToken = "JWT"

// Claims are what a token says.
type Claims struct {
	Audience  string          `json:"aud"`
	DID       string          `json:"did,omitempty"` // left out in a pairwise token
	Expires   int64           `json:"exp"`           // Unix seconds
	Issued    int64           `json:"iat"`           // Unix seconds
	Issuer    string          `json:"iss"`           // of the gateway
	ID        string          `json:"jti"`
	Nonce     string          `json:"nonce,omitempty"`
	Subject   string          `json:"sub"`                 // the DID or, in a pairwise token, a name that no other audience sees
	Unlock    identity.Unlock `json:"unlock"`              // what the key was unlocked with
	VersionID int64           `json:"versionId,omitempty"` // of the document that named the key
}

// Keys is a gateway's JSON Web Key Set (RFC 7517).
type Keys struct {
	Keys []PublicKey `json:"keys"`
}

// PublicKey is a public key of a gateway.
type PublicKey struct {
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use"`
	X   string `json:"x"`
	Y   string `json:"y,omitempty"`
}

// NewPublicKey describes a key under its thumbprint.
func NewPublicKey(k did.Key) PublicKey {
	j := k.JWK()
	return PublicKey{Alg: k.Alg, Crv: j.Crv, Kid: k.Thumbprint(), Kty: j.Kty, Use: "sig", X: j.X, Y: j.Y}
}

// Verifier is how an institution checks tokens.
type Verifier struct {
	Issuer   string          // of the gateway that it trusts
	Audience string          // itself
	Unlock   identity.Unlock // the least it asks for; any if empty
	Keys     Keys            // of the gateway, from its /.well-known/jwks.json
}

// Verify returns what a token says. nonce is the institution's own, empty if it
// gave none. It returns BAD_JWS, BAD_SIGNATURE or TOKEN_REFUSED. A token may be
// shown as often as it lives: note [Claims.ID] where it must count once.
func (v Verifier) Verify(token, nonce string, now time.Time) (Claims, error) {
	var c Claims
	m, err := jws.Parse(token)
	if err != nil {
		return c, err
	}
	if m.Header.Typ != TypToken {
		return c, TokenRefused.Errorf("typ is %.40q, a token has %s", m.Header.Typ, TypToken)
	}
	for _, k := range v.Keys.Keys {
		if k.Kid != m.Header.Kid {
			continue
		}
		key, err := did.JWK{Crv: k.Crv, Kty: k.Kty, X: k.X, Y: k.Y}.Key()
		if err != nil {
			return c, err
		}
		if err := m.Verify(key); err != nil {
			return c, err
		}
		if err := jws.DecodeCanonical(m.Payload, &c); err != nil {
			return c, TokenRefused.Errorf("the token %w", err)
		}
		return c, v.check(c, nonce, now)
	}
	return c, TokenRefused.Errorf("key %.60q is none of the %d of %s", m.Header.Kid, len(v.Keys.Keys), v.Issuer)
}

func (v Verifier) check(c Claims, nonce string, now time.Time) error {
	switch {
	case c.Issuer != v.Issuer:
		return TokenRefused.Errorf("issued by %.80q, %q is expected", c.Issuer, v.Issuer)
	case c.Audience != v.Audience:
		return TokenRefused.Errorf("for %.80q, this is %q", c.Audience, v.Audience)
	case c.Nonce != nonce:
		return TokenRefused.Errorf("nonce is %.80q, %.80q was given", c.Nonce, nonce)
	case now.Unix() >= c.Expires:
		return TokenRefused.Errorf("expired at %s", time.Unix(c.Expires, 0).UTC().Format(time.RFC3339))
	case now.Add(time.Minute).Unix() < c.Issued:
		return TokenRefused.Errorf("issued at %s, which is to come", time.Unix(c.Issued, 0).UTC().Format(time.RFC3339))
	case Level(c.Unlock) < Level(v.Unlock):
		return TokenRefused.Errorf("the key was unlocked by %s, %s is asked for", c.Unlock, v.Unlock)
	}
	return nil
}
