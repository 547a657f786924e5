// SPDX-License-Identifier: Apache-2.0

package doorkeeper_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/doorkeeper"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/signin"
)

const (
	issuer = "https://gateway.example"
	bank   = "https://bank.example"
	clinic = "https://clinic.example"
)

type house struct {
	*testing.T
	ids  *gatewaytest.Identities
	door *doorkeeper.Doorkeeper
	time time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, ids: gatewaytest.NewIdentities(t), time: time.Now()}
	h.door = h.another()
	return h
}

// another is the doorkeeper as it would be after a restart, with a key of its own.
func (h *house) another() *doorkeeper.Doorkeeper {
	d, err := doorkeeper.New(issuer, gatewaytest.Must(gateway.NewKey()), h.ids)
	require.NoError(h, err)
	d.SetClock(func() time.Time { return h.time })
	return d
}

func (h *house) challenge(audience string, unlock identity.Unlock) string {
	h.Helper()
	c, err := h.door.Challenge(audience, unlock)
	require.NoError(h, err)
	return c.Challenge
}

func (h *house) answer(s jws.Signer, r signin.Response) string {
	h.Helper()
	a, err := signin.Answer(s, r)
	require.NoError(h, err)
	return a
}

func (h *house) refused(want *code.Code, answer string) {
	h.Helper()
	token, _, err := h.door.Token(h.Context(), answer)
	require.ErrorIs(h, err, want)
	require.Empty(h, token)
}

func TestSignIn(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", did.ES256K} {
		t.Run(alg, func(t *testing.T) {
			h := newHouse(t)
			minsu := h.ids.Born(alg, identity.UnlockPIN)
			for _, audience := range []string{bank, clinic, "did:web:agency.example"} {
				token, _, err := h.door.Token(t.Context(), h.answer(minsu.Signer, signin.Response{
					Audience: audience, Challenge: h.challenge(audience, identity.UnlockPIN), Nonce: "session-7",
				}))
				require.NoError(t, err)
				v := signin.Verifier{Issuer: issuer, Audience: audience, Unlock: identity.UnlockPIN, Keys: h.door.Keys()}
				got, err := v.Verify(token, "session-7", h.time)
				require.NoError(t, err)
				require.Equal(t, minsu.DID, got.DID)
				require.Equal(t, minsu.DID, got.Subject)
				require.Equal(t, identity.UnlockPIN, got.Unlock)
				require.EqualValues(t, 1, got.VersionID)
			}
		})
	}
}

// Two audiences cannot tell that their visitor is one person; each knows him again.
func TestPairwise(t *testing.T) {
	h := newHouse(t)
	minsu, jisoo := h.ids.Born("ES256", identity.UnlockPIN), h.ids.Born("ES256", identity.UnlockPIN)
	name := func(who *gatewaytest.Subject, audience string) string {
		token, claims, err := h.door.Token(t.Context(), h.answer(who.Signer, signin.Response{Audience: audience, Challenge: h.challenge(audience, ""), Pairwise: true}))
		require.NoError(t, err)
		require.Empty(t, claims.DID)
		require.Zero(t, claims.VersionID)
		m, err := jws.Parse(token)
		require.NoError(t, err)
		require.NotContains(t, string(m.Payload), "did:")
		return claims.Subject
	}
	require.Equal(t, name(minsu, bank), name(minsu, bank))
	require.NotEqual(t, name(minsu, bank), name(minsu, clinic))
	require.NotEqual(t, name(minsu, bank), name(jisoo, bank))
}

func TestSignInRefused(t *testing.T) {
	h := newHouse(t)
	minsu, thief := h.ids.Born("ES256", identity.UnlockPIN), h.ids.Born("ES256", identity.UnlockBiometric)
	good := func() signin.Response {
		return signin.Response{Audience: bank, Challenge: h.challenge(bank, identity.UnlockPIN)}
	}
	change := func(f func(*signin.Response)) signin.Response {
		r := good()
		f(&r)
		return r
	}
	h.refused(code.BadJWS, "x")
	h.refused(code.BadJWS, gatewaytest.Must(minsu.Signer.Sign("read-order+jws", good())))
	h.refused(code.BadJWS, gatewaytest.Must(minsu.Signer.Sign(signin.Typ, struct {
		X int `json:"x"`
	}{1})))
	h.refused(signin.ChallengeUnknown, h.answer(minsu.Signer, change(func(r *signin.Response) { r.Audience = clinic })))
	h.refused(signin.ChallengeUnknown, h.answer(minsu.Signer, change(func(r *signin.Response) { r.Challenge = strings.Repeat("A", 76) })))
	h.refused(signin.ChallengeUnknown, h.answer(minsu.Signer, change(func(r *signin.Response) { r.Challenge = "" })))
	forged := minsu.Signer
	forged.Key = thief.Key
	h.refused(code.BadSignature, h.answer(forged, good()))
	stranger := minsu.Signer
	stranger.Kid = minsu.DID + "#" + strings.Split(thief.Signer.Kid, "#")[1]
	h.refused(signin.KeyRefused, h.answer(stranger, good()))
	h.refused(signin.LevelTooLow, h.answer(minsu.Signer, signin.Response{Audience: bank, Challenge: h.challenge(bank, identity.UnlockBiometric)}))

	// A DID that is its key says nothing of how it is unlocked.
	key := gatewaytest.Must(gateway.NewKey())
	_, url := did.OfKey(did.Key{Alg: "ES256", P256: &key.PublicKey})
	bare := jws.Signer{Key: key, Kid: url}
	h.refused(signin.LevelTooLow, h.answer(bare, good()))
	_, _, err := h.door.Token(t.Context(), h.answer(bare, signin.Response{Audience: bank, Challenge: h.challenge(bank, "")}))
	require.NoError(t, err)

	unborn := minsu.Signer
	unborn.Kid = "did:komsco:6i2rlsmrz7i3pey55lu6bqdt4poed3li4dukprrpxckzoiivtija#x"
	h.refused(identity.DIDUnknown, h.answer(unborn, good()))

	late := good()
	h.time = h.time.Add(doorkeeper.ChallengeLife + 2*time.Second)
	h.refused(signin.ChallengeExpired, h.answer(minsu.Signer, late))
	before := good()
	h.door = h.another()
	h.refused(signin.ChallengeUnknown, h.answer(minsu.Signer, before))

	for _, why := range []identity.Type{identity.Suspend, identity.Deactivate} {
		minsu.Do(identity.Operation{Type: why}, minsu.Signer)
		h.refused(signin.KeyRefused, h.answer(minsu.Signer, good()))
	}
	h.ids.Gone = gatewaytest.Gone
	_, _, err = h.door.Token(t.Context(), h.answer(thief.Signer, good()))
	require.ErrorIs(t, err, gatewaytest.Gone)
}

// However many send one answer at once, one token comes of it, also just before
// and after it is forgotten.
func TestChallengeServesOnce(t *testing.T) {
	h := newHouse(t)
	minsu := h.ids.Born("ES256", identity.UnlockPIN)
	answer := h.answer(minsu.Signer, signin.Response{Audience: bank, Challenge: h.challenge(bank, "")})
	var tokens atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, _, err := h.door.Token(t.Context(), answer)
			switch {
			case err == nil:
				tokens.Add(1)
			case !errors.Is(err, signin.ChallengeUsed):
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, tokens.Load())
	start := h.time
	for _, later := range []time.Duration{time.Second, doorkeeper.ChallengeLife / 2, doorkeeper.ChallengeLife - time.Second} {
		h.time = start.Add(later)
		h.refused(signin.ChallengeUsed, answer)
		// Others sign in meanwhile, which is when old ones are forgotten.
		_, _, err := h.door.Token(t.Context(), h.answer(minsu.Signer, signin.Response{Audience: bank, Challenge: h.challenge(bank, "")}))
		require.NoError(t, err)
	}
	h.time = start.Add(doorkeeper.ChallengeLife + 2*time.Second)
	h.refused(signin.ChallengeExpired, answer)
}

func TestChallengeRefused(t *testing.T) {
	h := newHouse(t)
	for _, audience := range []string{
		"", "bank", "http://bank.example", "https://bank.example/", "https://bank.example/path", "https://Bank.example", "https://u@bank.example",
		"https://bank.example?x", "ftp://bank.example", "did:web:a#b", "https://" + strings.Repeat("a", 260), "https://은행.kr", "https://",
	} {
		_, err := h.door.Challenge(audience, "")
		require.ErrorIs(t, err, signin.InvalidAudience, audience)
	}
	_, err := h.door.Challenge(bank, "face")
	require.ErrorIs(t, err, signin.InvalidAudience)
	_, err = h.door.Challenge("http://127.0.0.1:8080", "")
	require.NoError(t, err, "for those who try it out")
}

func TestTokenRefused(t *testing.T) {
	h := newHouse(t)
	minsu := h.ids.Born("ES256", identity.UnlockPIN)
	token, _, err := h.door.Token(t.Context(), h.answer(minsu.Signer, signin.Response{Audience: bank, Challenge: h.challenge(bank, ""), Nonce: "n"}))
	require.NoError(t, err)
	good := signin.Verifier{Issuer: issuer, Audience: bank, Unlock: identity.UnlockPIN, Keys: h.door.Keys()}
	for name, c := range map[string]struct {
		change func(*signin.Verifier)
		nonce  string
		after  time.Duration
		want   *code.Code
	}{
		"another audience": {func(v *signin.Verifier) { v.Audience = clinic }, "n", 0, signin.TokenRefused},
		"another issuer":   {func(v *signin.Verifier) { v.Issuer = clinic }, "n", 0, signin.TokenRefused},
		"a higher level":   {func(v *signin.Verifier) { v.Unlock = identity.UnlockBiometric }, "n", 0, signin.TokenRefused},
		"another nonce":    {nil, "m", 0, signin.TokenRefused},
		"no nonce":         {nil, "", 0, signin.TokenRefused},
		"too late":         {nil, "n", doorkeeper.TokenLife, signin.TokenRefused},
		"far too early":    {nil, "n", -2 * time.Minute, signin.TokenRefused},
		"another key":      {func(v *signin.Verifier) { v.Keys = h.another().Keys() }, "n", 0, signin.TokenRefused},
		"another key's name": {func(v *signin.Verifier) {
			k := h.another().Keys()
			k.Keys[0].Kid = h.door.Keys().Keys[0].Kid
			v.Keys = k
		}, "n", 0, code.BadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			v := good
			if c.change != nil {
				c.change(&v)
			}
			_, err := v.Verify(token, c.nonce, h.time.Add(c.after))
			require.ErrorIs(t, err, c.want)
		})
	}
	_, err = good.Verify(token, "n", h.time.Add(doorkeeper.TokenLife-time.Second))
	require.NoError(t, err)
	answer := h.answer(minsu.Signer, signin.Response{Audience: bank, Challenge: h.challenge(bank, "")})
	_, err = good.Verify(answer, "", h.time)
	require.ErrorIs(t, err, signin.TokenRefused, "an answer is no token")
}

// Whatever an answer is, it comes to a token or to a code.
func FuzzToken(f *testing.F) {
	now := time.Now()
	ids := gatewaytest.NewIdentities(f)
	minsu := ids.Born("ES256", identity.UnlockPIN)
	known := documents{minsu.DID: gatewaytest.Must(ids.Resolve(f.Context(), identity.ResolveQuery{DID: minsu.DID}))}
	door := gatewaytest.Must(doorkeeper.New(issuer, gatewaytest.Must(gateway.NewKey()), known))
	door.SetClock(func() time.Time { return now })
	f.Add(gatewaytest.Must(signin.Answer(minsu.Signer, signin.Response{Audience: bank, Challenge: gatewaytest.Must(door.Challenge(bank, "")).Challenge})))
	f.Add("a.b.c")
	v := signin.Verifier{Issuer: issuer, Audience: bank, Keys: door.Keys()}
	f.Fuzz(func(t *testing.T, answer string) {
		token, _, err := door.Token(t.Context(), answer)
		if err != nil && code.Of(err) == nil {
			t.Fatalf("no code: %v", err)
		}
		if err == nil {
			if _, err := v.Verify(token, "", now); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := v.Verify(answer, "", now); err == nil {
			t.Fatalf("%s is a token", answer)
		}
	})
}

// documents are what the registry answered before.
type documents map[string]identity.Resolved

func (d documents) Resolve(_ context.Context, q identity.ResolveQuery) (identity.Resolved, error) {
	found, ok := d[q.DID]
	if !ok {
		return found, identity.DIDUnknown.Errorf("%s", q.DID)
	}
	return found, nil
}
