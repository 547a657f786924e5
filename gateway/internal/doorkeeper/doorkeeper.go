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
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/signin"
)

// Lives of what a doorkeeper gives out.
const (
	ChallengeLife = 2 * time.Minute
	TokenLife     = 5 * time.Minute
)

// maxUsed bounds the answered challenges that are kept, times two.
const maxUsed = 1 << 17

// ErrFull says that more people signed in lately than a doorkeeper remembers.
var ErrFull = errors.New("more sign-ins in two minutes than this gateway remembers")

// Documents are the documents on the ledger.
type Documents interface {
	Resolve(ctx context.Context, q identity.ResolveQuery) (identity.Resolved, error)
}

// Doorkeeper gives out challenges and tokens.
type Doorkeeper struct {
	issuer    string
	documents Documents
	signer    jws.Signer
	public    signin.PublicKey
	pairs     []byte // names pairwise subjects, for as long as the key serves
	seal      []byte // of challenges; new at each start, so none of before is answered twice
	now       func() time.Time

	mu          sync.Mutex
	used, older map[nonce]struct{} // answered in this life of a challenge, and in the one before
	turned      time.Time
}

type nonce [16]byte

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
		public: signin.NewPublicKey(public), pairs: pairs, seal: make([]byte, 32), now: time.Now, used: map[nonce]struct{}{},
	}
	d.turned = d.now()
	_, err = rand.Read(d.seal)
	return d, err
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
	body := make([]byte, 25, 57)
	if _, err := rand.Read(body[:16]); err != nil {
		return signin.Challenge{}, err
	}
	expires := d.now().Add(ChallengeLife).Unix()
	binary.BigEndian.PutUint64(body[16:], uint64(expires)) //nolint:gosec // a time of today
	body[24] = byte(level)                                 //nolint:gosec // 0 to 2
	sealed := append(body, d.mac(body, audience)...)
	return signin.Challenge{Audience: audience, Challenge: base64.RawURLEncoding.EncodeToString(sealed), Expires: expires, Unlock: unlock}, nil
}

func (d *Doorkeeper) mac(body []byte, audience string) []byte {
	h := hmac.New(sha256.New, d.seal)
	h.Write(body)
	h.Write([]byte(audience))
	return h.Sum(nil)
}

// open reads a challenge of this doorkeeper for an audience.
func (d *Doorkeeper) open(challenge, audience string) (n nonce, level int, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(raw) != 57 || !hmac.Equal(raw[25:], d.mac(raw[:25], audience)) {
		return n, 0, signin.ChallengeUnknown.Errorf("%.20q… is no challenge of this gateway for %.80s", challenge, audience)
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(raw[16:])), 0) //nolint:gosec // put there above
	if d.now().After(expires) {
		return n, 0, signin.ChallengeExpired.Errorf("it was good until %s", expires.UTC().Format(time.RFC3339))
	}
	return nonce(raw[:16]), int(raw[24]), nil
}

// Token takes an answer to a challenge. It returns BAD_JWS, BAD_SIGNATURE,
// CHALLENGE_UNKNOWN, CHALLENGE_EXPIRED, CHALLENGE_USED, SIGN_IN_KEY, SIGN_IN_LEVEL
// or [ErrFull].
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
	n, level, err := d.open(r.Challenge, r.Audience)
	if err != nil {
		return "", c, err
	}
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
	if err := d.use(n); err != nil {
		return "", c, err
	}
	now := d.now()
	c = signin.Claims{
		Audience: r.Audience, DID: who.did, Subject: who.did, Issued: now.Unix(), Expires: now.Add(TokenLife).Unix(), Issuer: d.issuer,
		ID: base64.RawURLEncoding.EncodeToString(n[:]), Nonce: r.Nonce, Unlock: who.unlock, VersionID: who.version,
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

// use notes an answered challenge. What is older than a challenge's life is
// forgotten.
func (d *Doorkeeper) use(n nonce) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); now.Sub(d.turned) > ChallengeLife+time.Second {
		if d.older = d.used; now.Sub(d.turned) > 2*(ChallengeLife+time.Second) {
			d.older = nil
		}
		d.used, d.turned = map[nonce]struct{}{}, now
	}
	_, now := d.used[n]
	_, before := d.older[n]
	switch {
	case now || before:
		return signin.ChallengeUsed.Errorf("challenge %s", base64.RawURLEncoding.EncodeToString(n[:]))
	case len(d.used) >= maxUsed:
		return ErrFull
	}
	d.used[n] = struct{}{}
	return nil
}
