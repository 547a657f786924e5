// SPDX-License-Identifier: Apache-2.0

package publisher_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
)

const url = "https://gateway.example/v1/status-lists/x/2026/credential"

// press is a publisher of an issuer's lists on an in-memory ledger.
type press struct {
	t      *testing.T
	ledger *gatewaytest.Identities
	issuer *gatewaytest.Subject
	*publisher.Publisher
}

func newPress(t *testing.T) *press {
	t.Helper()
	l := gatewaytest.NewIdentities(t)
	p := &press{t: t, ledger: l, issuer: l.Born("ES256", identity.UnlockNone)}
	p.Publisher = &publisher.Publisher{Ledger: l, Signers: map[string]credential.Signer{p.issuer.DID: p.issuer.Signer}, Now: l.Now}
	at := gatewaytest.Registry
	p.issuer.Tell(identity.OpenStatusList{
		Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, V: 1, Name: "2026", Entries: identity.MinEntries, Purpose: identity.Suspension,
	})
	return p
}

func (p *press) set(index int, on bool) {
	p.t.Helper()
	at := gatewaytest.Registry
	p.issuer.Tell(identity.SetStatus{
		Network: at.Network, Channel: at.Channel, Chaincode: at.Chaincode, V: 1, List: "2026", Nonce: credential.NewNonce(),
		Changes: []identity.StatusChange{{Index: index, Set: on}}, Exp: p.ledger.Now().Add(time.Minute).Unix(),
	})
}

func (p *press) list(format string) publisher.Signed {
	p.t.Helper()
	s, err := p.List(p.t.Context(), p.issuer.DID, "2026", url, format)
	require.NoError(p.t, err)
	return s
}

// entry verifies a signed list as somebody without a ledger does, who has the issuer's
// document, and reads an entry of it.
func (p *press) entry(s publisher.Signed, index int) bool {
	p.t.Helper()
	found, err := p.ledger.Resolve(p.t.Context(), identity.ResolveQuery{DID: p.issuer.DID})
	require.NoError(p.t, err)
	document, err := json.Marshal(found.Version.State.Document(p.issuer.DID))
	require.NoError(p.t, err)
	v := credential.Verifier{Documents: credential.Documents{p.issuer.DID: document}, Now: p.ledger.Now}
	r, err := v.Credential(p.t.Context(), s.Body, credential.Demand{Types: []string{credential.TypeStatusList}})
	require.NoError(p.t, err)
	require.True(p.t, r.Verified, "%+v", r.Checks)
	require.Equal(p.t, url, r.Claims["id"])
	bits, err := credential.DecodeBits(r.Claims["credentialSubject"].(map[string]any)["encodedList"].(string))
	require.NoError(p.t, err)
	require.Len(p.t, bits, identity.MinEntries/8)
	return bits[index/8]&(0x80>>(index%8)) != 0
}

// What is signed is what the ledger says, in both forms, at every moment.
func TestList(t *testing.T) {
	p := newPress(t)
	for _, format := range []string{"vc", credential.FormatVCJWT} {
		t.Run(format, func(t *testing.T) {
			for i, on := range []bool{false, true, false, true} {
				if i > 0 {
					p.ledger.Advance(time.Minute)
					p.set(77, on)
				}
				s := p.list(format)
				require.Equal(t, on, p.entry(s, 77))
				require.False(t, p.entry(s, 78))
			}
			p.set(77, false)
		})
	}
}

// A list that stays the same is signed once until half of its life is over; one that
// changed, at once. Forms and addresses do not get each other's.
func TestSignedOnce(t *testing.T) {
	p := newPress(t)
	first := p.list("vc")
	require.Equal(t, first, p.list("vc"))
	p.ledger.Advance(29 * time.Minute)
	require.Equal(t, first, p.list("vc"))
	p.ledger.Advance(2 * time.Minute)
	renewed := p.list("vc")
	require.NotEqual(t, first.ETag, renewed.ETag, "whoever caches it for five minutes must not be left with one that is over")
	require.Equal(t, first.Modified, renewed.Modified, "the list itself is as it was")

	p.ledger.Advance(time.Minute)
	p.set(1, true)
	changed := p.list("vc")
	require.NotEqual(t, renewed.ETag, changed.ETag)
	require.Equal(t, p.ledger.Now().Unix(), changed.Modified)

	jwt := p.list(credential.FormatVCJWT)
	require.NotEqual(t, changed.ETag, jwt.ETag)
	elsewhere, err := p.List(t.Context(), p.issuer.DID, "2026", "https://other.example/list", "vc")
	require.NoError(t, err)
	require.Contains(t, elsewhere.Body, "https://other.example/list")
	require.NotContains(t, p.list("vc").Body, "other.example")

	// Somebody who asks by many addresses does not fill the memory, and gets right lists all the same.
	for i := range 300 {
		s, err := p.List(t.Context(), p.issuer.DID, "2026", fmt.Sprintf("https://h%d.example/list", i), credential.FormatVCJWT)
		require.NoError(t, err)
		require.NotEmpty(t, s.Body)
	}
	require.True(t, p.entry(p.list("vc"), 1))
}

func TestListRefused(t *testing.T) {
	p := newPress(t)
	_, err := p.List(t.Context(), p.issuer.DID, "none", url, "vc")
	require.ErrorIs(t, err, identity.StatusListUnknown)
	other := p.ledger.Born("EdDSA", identity.UnlockNone)
	_, err = p.List(t.Context(), other.DID, "2026", url, "vc")
	require.ErrorIs(t, err, credential.ListUnsigned, "lists of others are not signed with somebody else's key")
	p.ledger.Gone = errors.New("the peer is gone")
	_, err = p.List(t.Context(), p.issuer.DID, "2026", url, "vc")
	require.ErrorContains(t, err, "the peer is gone", "rather nothing than what was true a while ago")
}

// bits is a ledger that many may ask at once.
type bits identity.StatusBits

func (b bits) StatusBits(context.Context, string, string) (identity.StatusBits, error) {
	return identity.StatusBits(b), nil
}

func TestManyAskAtOnce(t *testing.T) {
	p := newPress(t)
	raw, err := p.ledger.StatusBits(t.Context(), p.issuer.DID, "2026")
	require.NoError(t, err)
	p.Ledger = bits(raw)
	now := p.ledger.Now()
	p.Now = func() time.Time { return now }
	var wg sync.WaitGroup
	tags := make([]string, 8)
	for i := range tags {
		wg.Go(func() {
			s, err := p.List(t.Context(), p.issuer.DID, "2026", url, credential.FormatVCJWT)
			if err == nil {
				tags[i] = s.ETag
			}
		})
	}
	wg.Wait()
	for _, tag := range tags {
		require.Equal(t, tags[0], tag)
	}
	require.NotEmpty(t, tags[0])
}
