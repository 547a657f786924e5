// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// What a status was at a time is proved by what it names: the transaction is in a
// block, and in its arguments is the issuer's statement, signed, about that entry.
func TestStatusIsProvedByItsBlock(t *testing.T) {
	tn := newTown(t)
	school := tn.born("school")
	tn.tell("OpenStatusList", school.say(t, openList(identity.Suspension)))
	moments := map[int64]bool{}
	for i, set := range []bool{true, false, true, true} {
		tn.net.Advance(time.Minute)
		changes := []identity.StatusChange{{Index: 7, Set: set}}
		if i == 3 {
			changes = []identity.StatusChange{{Index: 8, Set: true}} // of the same shard, and not of this entry
		}
		tn.tell("SetStatus", school.say(t, tn.setting(i, changes...)))
		moments[tn.net.Now().Unix()] = set
	}
	for at, want := range moments {
		got := get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: school.did, List: "list-1", Index: 7, Time: at})
		require.Equal(t, want, got.Set)
		require.Equal(t, at, got.Changed)
		var found *ledgertest.Tx
		for number := range tn.net.Height() {
			for i, tx := range tn.net.Block(number).Txs {
				if tx.ID == got.Tx {
					found = &tn.net.Block(number).Txs[i]
				}
			}
		}
		require.NotNil(t, found, "version %d", got.Version)
		require.Equal(t, peer.TxValidationCode_VALID, found.Code)
		statement, err := identity.ParseStatement[identity.SetStatus](here, string(found.Args[1]))
		require.NoError(t, err)
		require.Equal(t, got.Statement, statement.Digest)
		require.Equal(t, school.did, statement.By)
		require.NoError(t, statement.Verify(identity.State{Status: identity.Active, Keys: []identity.Key{school.key}}))
		if last := got.Version == 4; !last {
			require.Equal(t, []identity.StatusChange{{Index: 7, Set: want}}, statement.Payload.Changes)
		}
	}
}

// Twenty issuers revoke a hundred entries each, drawn at random, in one block: none is
// in another's way. Two statements of one issuer meet only in a shard that both touch:
// then the second waits for its next block, and nothing is lost.
func TestIssuersDoNotMeet(t *testing.T) {
	tn := newTown(t)
	random := rand.New(rand.NewPCG(7, 7))
	var txs []*ledgertest.Endorsement
	for i := range 20 {
		p := tn.born(fmt.Sprint("issuer", i))
		tn.tell("OpenStatusList", p.say(t, openList(identity.Revocation)))
		drawn := map[int]bool{}
		for len(drawn) < 100 {
			drawn[random.IntN(identity.MinEntries)] = true
		}
		var changes []identity.StatusChange
		for index := range drawn {
			changes = append(changes, identity.StatusChange{Index: index, Set: true})
		}
		tx, err := tn.net.Endorse(tn.courier, cc, "SetStatus", p.say(t, tn.setting(i, changes...)))
		require.NoError(t, err)
		require.Empty(t, tx.Ranges())
		txs = append(txs, tx)
	}
	for i, got := range tn.net.Commit(txs...) {
		require.Equal(t, peer.TxValidationCode_VALID, got, "issuer %d", i)
	}

	p := tn.born("issuer of the same shard")
	tn.tell("OpenStatusList", p.say(t, openList(identity.Revocation)))
	one, other := p.say(t, tn.setting(1, identity.StatusChange{Index: 0, Set: true})), p.say(t, tn.setting(2, identity.StatusChange{Index: 255, Set: true}))
	first, err := tn.net.Endorse(tn.courier, cc, "SetStatus", one)
	require.NoError(t, err)
	second, err := tn.net.Endorse(tn.courier, cc, "SetStatus", other)
	require.NoError(t, err)
	require.Equal(t, []peer.TxValidationCode{peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT}, tn.net.Commit(first, second))
	tn.tell("SetStatus", other)
	for index, want := range map[int]bool{0: true, 1: false, 254: false, 255: true} {
		got := get[identity.StatusAnswer](tn, "Status", identity.StatusQuery{Owner: p.did, List: "list-1", Index: index})
		require.Equal(t, want, got.Set, "entry %d", index)
	}
}

// Lists have 131,072 entries at least, as the standard asks, a million at most, and
// whole shards.
func TestSizesOfStatusLists(t *testing.T) {
	tn := newTown(t)
	school := tn.born("school")
	for entries, ok := range map[int]bool{
		0: false, -256: false, 131_071: false, 131_072: true, 131_073: false, 131_072 + 256: true,
		1_048_576: true, 1_048_576 + 256: false, 1 << 40: false,
	} {
		o := openList(identity.Revocation)
		o.Name, o.Entries = fmt.Sprint("l", max(entries, 0)), entries
		if !ok {
			tn.refused(identity.InvalidStatement, tn.courier, "OpenStatusList", school.say(t, o))
			continue
		}
		tn.tell("OpenStatusList", school.say(t, o))
		all := get[identity.StatusBits](tn, "StatusBits", identity.StatusQuery{Owner: school.did, List: o.Name})
		require.Len(t, all.Bits, entries/8)
		s := tn.setting(entries, identity.StatusChange{Index: entries - 1, Set: true})
		s.List = o.Name
		tn.tell("SetStatus", school.say(t, s))
		s = tn.setting(entries+1, identity.StatusChange{Index: entries, Set: true})
		s.List = o.Name
		tn.refused(identity.InvalidStatement, tn.courier, "SetStatus", school.say(t, s))
	}
	// As many changes in one statement as there may be, and one more.
	tn.tell("OpenStatusList", school.say(t, openList(identity.Revocation)))
	changes := make([]identity.StatusChange, identity.MaxChanges+1)
	for i := range changes {
		changes[i] = identity.StatusChange{Index: i * 261, Set: true}
	}
	tn.tell("SetStatus", school.say(t, tn.setting(1, slices.Clone(changes[1:])...)))
	tn.refused(identity.InvalidStatement, tn.courier, "SetStatus", school.say(t, tn.setting(2, changes...)))
	_, err := jws.Parse(school.say(t, tn.setting(3, changes...)))
	require.NoError(t, err, "it is the number that is refused")
}
