// SPDX-License-Identifier: Apache-2.0

package statuses_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
	"github.com/komsco/trust-platform/gateway/openid"
)

// bureau is an issuer with a list for each purpose.
type bureau struct {
	*gatewaytest.Subject
	ledger *gatewaytest.Identities
	file   string
}

func newBureau(t *testing.T) *bureau {
	l := gatewaytest.NewIdentities(t)
	l.At(time.Now())
	b := &bureau{Subject: l.Born("ES256", identity.UnlockNone), ledger: l, file: filepath.Join(t.TempDir(), "folder", "statuses.db")}
	b.open("revoked", identity.Revocation)
	b.open("suspended", identity.Suspension)
	return b
}

func (b *bureau) open(name string, purpose identity.StatusPurpose) {
	p := gatewaytest.Registry
	b.Tell(identity.OpenStatusList{
		Network: p.Network, Channel: p.Channel, Chaincode: p.Chaincode, V: 1, Name: name, Entries: identity.MinEntries, Purpose: purpose,
	})
}

func (b *bureau) keeper(t *testing.T) *statuses.Keeper {
	t.Helper()
	k, err := statuses.Open(statuses.Options{
		File: b.file, Ledger: b.ledger, Place: gatewaytest.Registry, Now: b.ledger.Now, Signers: map[string]credential.Signer{b.DID: b.Signer},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func (b *bureau) set(t *testing.T, e statuses.Entry) bool {
	t.Helper()
	said, err := b.ledger.StatusAt(t.Context(), identity.StatusQuery{Owner: e.Issuer, List: e.List, Index: e.Index})
	require.NoError(t, err)
	return said.Set
}

// A credential's entry is found by its id, after a restart too, and nothing of the id is
// on disk or on the ledger.
func TestStatusFollowsTheCredential(t *testing.T) {
	b := newBureau(t)
	k := b.keeper(t)
	revoked, err := k.Draw(t.Context(), b.DID, "revoked", "urn:uuid:1")
	require.NoError(t, err)
	suspended, err := k.Draw(t.Context(), b.DID, "suspended", "urn:uuid:1")
	require.NoError(t, err)
	other, err := k.Draw(t.Context(), b.DID, "suspended", "urn:uuid:2")
	require.NoError(t, err)
	require.NoError(t, k.Close())

	k = b.keeper(t)
	change := statuses.Change{Caller: b.DID, ID: "urn:uuid:1", Purpose: identity.Suspension, Set: true}
	done, err := k.Change(t.Context(), change)
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.Equal(t, "suspended", done[0].List)
	require.NotEmpty(t, done[0].Tx)
	require.True(t, b.set(t, suspended))
	require.False(t, b.set(t, revoked))
	require.False(t, b.set(t, other))
	change.Set = false
	_, err = k.Change(t.Context(), change)
	require.NoError(t, err)
	require.False(t, b.set(t, suspended))

	change.Purpose, change.Set = identity.Revocation, true
	for range 2 { // asked again, it holds already
		_, err = k.Change(t.Context(), change)
		require.NoError(t, err)
		require.True(t, b.set(t, revoked))
	}
	change.Set = false
	_, err = k.Change(t.Context(), change)
	require.ErrorIs(t, err, identity.StatusFinal)
	require.True(t, b.set(t, revoked))
}

func TestChangesRefused(t *testing.T) {
	b := newBureau(t)
	k := b.keeper(t)
	stranger := b.ledger.Born("ES256", identity.UnlockNone)
	mine, err := k.Draw(t.Context(), b.DID, "suspended", "mine")
	require.NoError(t, err)
	at := func(list string, index int, by string) *statuses.Entry {
		return &statuses.Entry{Issuer: by, List: list, Index: index}
	}
	height := b.ledger.Height()
	for name, c := range map[string]struct {
		change statuses.Change
		want   error
	}{
		"an unknown id":           {statuses.Change{Caller: b.DID, ID: "other", Purpose: identity.Suspension}, credential.Unissued},
		"no id":                   {statuses.Change{Caller: b.DID, Purpose: identity.Suspension}, credential.Unissued},
		"another purpose":         {statuses.Change{Caller: b.DID, ID: "mine", Purpose: identity.Revocation}, credential.Unissued},
		"by another":              {statuses.Change{Caller: stranger.DID, ID: "mine", Purpose: identity.Suspension}, credential.Unissued},
		"by another, by entry":    {statuses.Change{Caller: stranger.DID, ID: "mine", Purpose: identity.Suspension, Entry: at("suspended", mine.Index, b.DID)}, openid.ClientRefused},
		"an entry of another":     {statuses.Change{Caller: b.DID, ID: "mine", Purpose: identity.Suspension, Entry: at("suspended", (mine.Index+1)%identity.MinEntries, b.DID)}, credential.BadStatusChange},
		"an entry beyond":         {statuses.Change{Caller: b.DID, ID: "other", Purpose: identity.Suspension, Entry: at("suspended", identity.MinEntries, b.DID)}, credential.BadStatusChange},
		"another purpose's entry": {statuses.Change{Caller: b.DID, ID: "other", Purpose: identity.Revocation, Entry: at("suspended", 1, b.DID)}, credential.BadStatusChange},
		"an unknown list":         {statuses.Change{Caller: b.DID, ID: "other", Purpose: identity.Revocation, Entry: at("nowhere", 1, b.DID)}, identity.StatusListUnknown},
		"a list of another's":     {statuses.Change{Caller: stranger.DID, ID: "other", Purpose: identity.Revocation, Entry: at("revoked", 1, stranger.DID)}, identity.StatusListUnknown},
	} {
		c.change.Set = true
		_, err := k.Change(t.Context(), c.change)
		require.ErrorIs(t, err, c.want, name)
	}
	require.Equal(t, height, b.ledger.Height(), "nothing was said to the ledger")
	// What was issued elsewhere is found by its entry.
	e := at("suspended", 77, b.DID)
	_, err = k.Change(t.Context(), statuses.Change{Caller: b.DID, ID: "elsewhere", Purpose: identity.Suspension, Set: true, Entry: e})
	require.NoError(t, err)
	require.True(t, b.set(t, *e))
	b.ledger.Gone = gatewaytest.Gone
	_, err = k.Change(t.Context(), statuses.Change{Caller: b.DID, ID: "mine", Purpose: identity.Suspension, Set: true})
	require.ErrorIs(t, err, gatewaytest.Gone)
}

// hasty has its caller go away while an entry's status is asked.
type hasty struct {
	*gatewaytest.Identities
	leave context.CancelFunc
}

func (h hasty) StatusAt(ctx context.Context, _ identity.StatusQuery) (identity.StatusAnswer, error) {
	h.leave()
	return identity.StatusAnswer{}, ctx.Err()
}

// An entry drawn for who went away belongs to no credential.
func TestDrawnForNobody(t *testing.T) {
	b := newBureau(t)
	ctx, leave := context.WithCancel(t.Context())
	k := b.keeper(t)
	k.Ledger = hasty{b.ledger, leave}
	_, err := k.Draw(ctx, b.DID, "suspended", "id")
	require.ErrorIs(t, err, context.Canceled)
	k.Ledger = b.ledger
	_, err = k.Change(t.Context(), statuses.Change{Caller: b.DID, ID: "id", Purpose: identity.Suspension, Set: true})
	require.ErrorIs(t, err, credential.Unissued)
}

// Entries that an issuer names are remembered, those it drew are nobody else's, and two
// credentials of one id change together.
func TestEntriesAreDrawnOnce(t *testing.T) {
	b := newBureau(t)
	k := b.keeper(t)
	var (
		mu   sync.Mutex
		seen = map[int]bool{}
		all  sync.WaitGroup
	)
	for worker := range 4 {
		all.Go(func() {
			for n := range 50 {
				e, err := k.Draw(t.Context(), b.DID, "revoked", strconv.Itoa(worker*50+n))
				mu.Lock()
				if err != nil || seen[e.Index] {
					t.Errorf("entry %d again: %v", e.Index, err)
				}
				seen[e.Index] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 200)
	for _, index := range []int{3, 1} {
		require.NoError(t, k.Note(t.Context(), "twice", statuses.Entry{Issuer: b.DID, List: "suspended", Index: index, Purpose: identity.Suspension}))
	}
	require.ErrorIs(t, k.Note(t.Context(), "x", statuses.Entry{Issuer: b.DID, List: "suspended", Index: 1, Purpose: identity.Revocation}), credential.BadStatusChange)
	require.ErrorIs(t, k.Note(t.Context(), "x", statuses.Entry{Issuer: b.DID, List: "suspended", Index: -1, Purpose: identity.Suspension}), credential.BadStatusChange)
	_, err := k.Change(t.Context(), statuses.Change{ID: "twice", Purpose: identity.Suspension, Set: true})
	require.NoError(t, err)
	for index, set := range map[int]bool{0: false, 1: true, 2: false, 3: true} {
		require.Equal(t, set, b.set(t, statuses.Entry{Issuer: b.DID, List: "suspended", Index: index}), index)
	}
	_, err = k.Draw(t.Context(), b.DID, "nowhere", "x")
	require.ErrorIs(t, err, identity.StatusListUnknown)
}

// Ids are each issuer's own: another's credential of the same id is in nobody's way.
func TestSameIDOfTwoIssuers(t *testing.T) {
	b := newBureau(t)
	k := b.keeper(t)
	other := b.ledger.Born("ES256", identity.UnlockNone)
	k.Signers[other.DID] = other.Signer
	(&bureau{Subject: other, ledger: b.ledger}).open("suspended", identity.Suspension)
	for i := range identity.MaxChanges {
		require.NoError(t, k.Note(t.Context(), "diploma-17", statuses.Entry{Issuer: other.DID, List: "suspended", Index: i, Purpose: identity.Suspension}))
	}
	require.ErrorIs(t, k.Note(t.Context(), "diploma-17", statuses.Entry{Issuer: other.DID, List: "suspended", Index: identity.MaxChanges, Purpose: identity.Suspension}),
		credential.BadStatusChange)

	elsewhere := statuses.Entry{Issuer: b.DID, List: "suspended", Index: 77}
	_, err := k.Change(t.Context(), statuses.Change{Caller: b.DID, ID: "diploma-17", Purpose: identity.Suspension, Set: true, Entry: &elsewhere})
	require.NoError(t, err)
	require.True(t, b.set(t, elsewhere))
	require.False(t, b.set(t, statuses.Entry{Issuer: other.DID, List: "suspended", Index: 77}))
	_, err = k.Draw(t.Context(), b.DID, "revoked", "diploma-17")
	require.NoError(t, err)
}
