// SPDX-License-Identifier: Apache-2.0

// Package doorkeeper is the gateway's side of sign-in (see package signin). A
// challenge carries all there is to know about itself, so asking for any number
// of them costs no memory; only those that were answered are kept, until they
// would have expired.
package doorkeeper

import (
	"context"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/signin"
)

// Lives of what a doorkeeper gives out.
const (
	ChallengeLife = 2 * time.Minute
	TokenLife     = 5 * time.Minute
)

// maxUsed bounds the answered challenges that are kept, times two.
const maxUsed = 1 << 17

// Documents are the documents on the ledger.
type Documents interface {
	Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error)
}

// Doorkeeper gives out challenges and tokens.
type Doorkeeper struct {
	issuer     string
	documents  Documents
	signer     jws.Signer
	public     signin.PublicKey
	pairs      []byte       // names pairwise subjects, for as long as the key serves
	challenges *once.Nonces // about their audience; the level that is asked for is in them
	now        func() time.Time
}

// New makes a doorkeeper that signs with a P-256 key in the name of issuer, the
// URL under which the gateway is known.
func New(issuer string, key *ecdsa.PrivateKey, documents Documents) (*Doorkeeper, error) {
	public := did.Key{Alg: "ES256", P256: &key.PublicKey}
	raw, err := key.Bytes()
	if err != nil {
		return nil, err
	}
	pairs, err := hkdf.Key(sha256.New, raw, nil, "pairwise subjects", 32)
	if err != nil {
		return nil, err
	}
	d := &Doorkeeper{
		issuer: issuer, documents: documents, signer: jws.Signer{Key: key, Kid: public.Thumbprint()},
		public: signin.NewPublicKey(public), pairs: pairs,
	}
	d.clock(time.Now)
	return d, nil
}

func (d *Doorkeeper) clock(now func() time.Time) {
	d.now, d.challenges = now, once.New(ChallengeLife, maxUsed, now)
}

// Issuer is the iss of the tokens.
func (d *Doorkeeper) Issuer() string { return d.issuer }

// Keys are the public keys of the tokens.
func (d *Doorkeeper) Keys() signin.Keys { return signin.Keys{Keys: []signin.PublicKey{d.public}} }

// Challenge makes a challenge for an audience that asks for at least this level,
// none if empty. It returns INVALID_AUDIENCE.
func (d *Doorkeeper) Challenge(audience string, unlock identity.Unlock) (signin.Challenge, error) {
	if unlock == "" {
		unlock = identity.UnlockNone
	}
	level := signin.Level(unlock)
	if level < 0 {
		return signin.Challenge{}, signin.InvalidAudience.Errorf("unlock %.20q is none of none, pin, biometric", string(unlock))
	}
	if err := signin.CheckAudience(audience); err != nil {
		return signin.Challenge{}, err
	}
	challenge, expires := d.challenges.Make(audience, byte(level)) //nolint:gosec // 0 to 2
	return signin.Challenge{Audience: audience, Challenge: challenge, Expires: expires.Unix(), Unlock: unlock}, nil
}

// refused is why a challenge does not serve, as a code; once.ErrFull stays.
func refused(err error, challenge, audience string) error {
	switch {
	case errors.Is(err, once.ErrUnknown):
		return signin.ChallengeUnknown.Errorf("%.20q… is no challenge of this gateway for %.80s", challenge, audience)
	case errors.Is(err, once.ErrExpired):
		return signin.ChallengeExpired.Errorf("%.20q… was good for %s", challenge, ChallengeLife)
	case errors.Is(err, once.ErrUsed):
		return signin.ChallengeUsed.Errorf("challenge %.20q…", challenge)
	}
	return err
}

// Token takes an answer to a challenge. It returns BAD_JWS, BAD_SIGNATURE,
// CHALLENGE_UNKNOWN, CHALLENGE_EXPIRED, CHALLENGE_USED, SIGN_IN_KEY, SIGN_IN_LEVEL
// or [once.ErrFull].
func (d *Doorkeeper) Token(ctx context.Context, answer string) (string, signin.Claims, error) {
	var c signin.Claims
	m, err := jws.Parse(answer, did.ES256K)
	if err != nil {
		return "", c, err
	}
	if m.Header.Typ != signin.Typ {
		return "", c, code.BadJWS.Errorf("typ is %.40q, expected %s", m.Header.Typ, signin.Typ)
	}
	var r signin.Response
	if err := jws.DecodeCanonical(m.Payload, &r); err != nil {
		return "", c, code.BadJWS.Errorf("payload %w", err)
	}
	if err := r.Validate(); err != nil {
		return "", c, err
	}
	id, asked, err := d.challenges.Open(r.Challenge, r.Audience)
	if err != nil {
		return "", c, refused(err, r.Challenge, r.Audience)
	}
	level := int(asked[0])
	who, err := d.key(ctx, m.Header.Kid)
	if err != nil {
		return "", c, err
	}
	if err := m.Verify(who.key); err != nil {
		return "", c, err
	}
	if signin.Level(who.unlock) < level {
		return "", c, signin.LevelTooLow.Errorf("the key is unlocked by %s, level %d of 0 to 2; %.80s asks for level %d", who.unlock, signin.Level(who.unlock), r.Audience, level)
	}
	if err := d.challenges.Use(r.Challenge, r.Audience); err != nil {
		return "", c, refused(err, r.Challenge, r.Audience)
	}
	now := d.now()
	c = signin.Claims{
		Audience: r.Audience, DID: who.did, Subject: who.did, Issued: now.Unix(), Expires: now.Add(TokenLife).Unix(), Issuer: d.issuer,
		ID: base64.RawURLEncoding.EncodeToString(id[:]), Nonce: r.Nonce, Unlock: who.unlock, VersionID: who.version,
	}
	if r.Pairwise {
		h := hmac.New(sha256.New, d.pairs)
		h.Write([]byte(who.did + "\x00" + r.Audience))
		c.DID, c.VersionID, c.Subject = "", 0, base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	token, err := d.signer.Sign(signin.TypToken, c)
	return token, c, err
}

// Caller is the DID of who shows a token that is for this gateway itself: its audience
// is the issuer. It returns BAD_JWS, BAD_SIGNATURE or TOKEN_REFUSED.
func (d *Doorkeeper) Caller(token string) (string, error) {
	c, err := signin.Verifier{Issuer: d.issuer, Audience: d.issuer, Keys: d.Keys()}.Verify(token, "", d.now())
	if err == nil && c.DID == "" {
		err = signin.TokenRefused.Errorf("a pairwise token names nobody here")
	}
	return c.DID, err
}

// person is whose key signed.
type person struct {
	did     string
	key     did.Key
	unlock  identity.Unlock
	version int64
}

// key finds a key for authentication by its DID URL. did:key and did:jwk say
// nothing of how they are unlocked.
func (d *Doorkeeper) key(ctx context.Context, kid string) (person, error) {
	id, fragment, err := did.Split(kid)
	if err != nil {
		return person{}, err
	}
	if !strings.HasPrefix(id, identity.Prefix) {
		m, err := did.Resolve(id, did.ES256K)
		if err == nil && m.URL != kid {
			err = signin.KeyRefused.Errorf("%.160s is no key of %.80s", kid, id)
		}
		return person{did: id, key: m.Key, unlock: identity.UnlockNone}, err
	}
	found, err := d.documents.Resolve(ctx, identity.ResolveQuery{DID: id})
	if err != nil {
		return person{}, err
	}
	state := found.Version.State
	if state.Status != identity.Active {
		return person{}, signin.KeyRefused.Errorf("%s is %s", id, state.Status)
	}
	for _, k := range state.Keys {
		if k.ID() == fragment && k.Has(identity.Authentication) {
			key, err := k.Public()
			return person{did: id, key: key, unlock: k.Unlock, version: found.Version.Number}, err
		}
	}
	return person{}, signin.KeyRefused.Errorf("%.160s is no key for authentication in version %d of its document", kid, found.Version.Number)
}
