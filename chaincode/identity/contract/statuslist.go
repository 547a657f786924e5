// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// statusFunctions take one statement as those for schemas do, and answer an
// identity.Told:
//
//   - OpenStatusList (status-list+jws) emits StatusListOpened, owner/name.
//     STATUS_LIST_EXISTS.
//   - SetStatus (status+jws) changes up to 500 entries and touches only the shards
//     they are in; emits StatusChanged, owner/name. STATUS_LIST_UNKNOWN,
//     STATUS_FINAL, STATEMENT_EXPIRED.
//   - Status {owner, list, index, time} answers one entry, StatusBits {owner, list,
//     time} all of them, now or as of a time. STATUS_LIST_UNKNOWN, VERSION_UNKNOWN for
//     a time before the list.
func statusFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Order("OpenStatusList", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], openStatusList(t)) }),
		ledger.Order("SetStatus", 1, func(t *ledger.Tx, a []string) (identity.Told, error) { return heard(t, a[0], setStatus(t)) }),
		ledger.Query("Status", status),
		ledger.Query("StatusBits", statusBits),
	}
}

func openStatusList(t *ledger.Tx) func(identity.Said[identity.OpenStatusList]) error {
	return func(s identity.Said[identity.OpenStatusList]) error {
		o := s.Payload
		if taken, err := statusLists.Has(t, s.ByID, o.Name); err != nil || taken {
			return first(err, identity.StatusListExists.Errorf("%s", o.Name))
		}
		t.Emit("StatusListOpened", s.ByID+"/"+o.Name)
		return statusLists.Put(t, identity.StatusList{
			Owner: s.By, Name: o.Name, Purpose: o.Purpose, Entries: o.Entries, Opened: t.Now().Unix(), Statement: s.Digest,
		}, s.ByID, o.Name)
	}
}

func setStatus(t *ledger.Tx) func(identity.Said[identity.SetStatus]) error {
	return func(s identity.Said[identity.SetStatus]) error {
		if err := s.Payload.CheckTime(t.Now()); err != nil {
			return err
		}
		list, err := statusList(t, s.ByID, s.Payload.List)
		if err != nil {
			return err
		}
		order, changes, err := list.Shards(s.Payload.Changes)
		if err != nil {
			return err
		}
		keys := make([]string, len(order))
		for i, n := range order {
			keys[i] = shards.Key(s.ByID, list.Name, ledger.Num(int64(n)))
		}
		if err := t.Prefetch(keys...); err != nil {
			return err
		}
		for _, n := range order {
			have, found, err := shards.Get(t, s.ByID, list.Name, ledger.Num(int64(n)))
			if err != nil {
				return err
			}
			if found && have.Number == 0 { // of before versions were kept
				have.Number = 1
				if err := putVersion(t, have, s.ByID, list.Name, n); err != nil {
					return err
				}
			}
			if have, err = have.Change(list.Purpose, changes[n], t.Now().Unix()); err != nil {
				return err
			}
			have.Tx, have.Statement = t.ID(), s.Digest
			if err := shards.Put(t, have, s.ByID, list.Name, ledger.Num(int64(n))); err != nil {
				return err
			}
			if err := putVersion(t, have, s.ByID, list.Name, n); err != nil {
				return err
			}
		}
		t.Emit("StatusChanged", s.ByID+"/"+list.Name)
		return nil
	}
}

func status(t *ledger.Tx, q identity.StatusQuery) (identity.StatusAnswer, error) {
	owner, err := identity.ParseDID(q.Owner)
	if err != nil {
		return identity.StatusAnswer{}, err
	}
	list, err := statusList(t, owner, q.List)
	if err != nil {
		return identity.StatusAnswer{}, err
	}
	if q.Index >= list.Entries {
		return identity.StatusAnswer{}, identity.InvalidStatement.Errorf("index %d: the list has %d entries", q.Index, list.Entries)
	}
	if err := list.Since(q.Time); err != nil {
		return identity.StatusAnswer{}, err
	}
	shard, _, err := shardAt(t, owner, q.List, q.Index/identity.ShardBits, q.Time)
	return identity.StatusAnswer{
		Purpose: list.Purpose, Set: shard.Has(q.Index), Changed: shard.Changed, Version: shard.Number, Tx: shard.Tx, Statement: shard.Statement,
	}, err
}

func putVersion(t *ledger.Tx, s identity.Shard, owner, list string, n int) error {
	return shardVersions.Put(t, s, owner, list, ledger.Num(int64(n)), ledger.Num(s.Number))
}

// shardAt is a shard as of a time, 0 for now; found is false where none of its entries
// had been set by then.
func shardAt(t *ledger.Tx, owner, list string, n int, at int64) (s identity.Shard, found bool, err error) {
	s, found, err = shards.Get(t, owner, list, ledger.Num(int64(n)))
	if err != nil || !found || at == 0 || s.Changed <= at {
		return s, found, err
	}
	version := func(number int64) (identity.Shard, error) {
		v, there, err := shardVersions.Get(t, owner, list, ledger.Num(int64(n)), ledger.Num(number))
		if err == nil && !there {
			err = code.CorruptState.Errorf("version %d of shard %d of %s", number, n, list)
		}
		return v, err
	}
	number, err := identity.VersionAt(max(s.Number, 1), at, func(number int64) (int64, error) {
		if s.Number == 0 { // of before versions were kept
			return s.Changed, nil
		}
		v, err := version(number)
		return v.Changed, err
	})
	if errors.Is(err, identity.VersionUnknown) {
		return identity.Shard{}, false, nil
	}
	if err != nil {
		return identity.Shard{}, false, err
	}
	s, err = version(number)
	return s, err == nil, err
}

func statusBits(t *ledger.Tx, q identity.StatusQuery) (identity.StatusBits, error) {
	owner, err := identity.ParseDID(q.Owner)
	if err != nil {
		return identity.StatusBits{}, err
	}
	list, err := statusList(t, owner, q.List)
	if err != nil {
		return identity.StatusBits{}, err
	}
	if err := list.Since(q.Time); err != nil {
		return identity.StatusBits{}, err
	}
	all := identity.StatusBits{StatusList: list, Bits: make([]byte, list.Entries/8)}
	keys := make([]string, list.Entries/identity.ShardBits)
	for n := range keys {
		keys[n] = shards.Key(owner, q.List, ledger.Num(int64(n)))
	}
	if err := t.Prefetch(keys...); err != nil {
		return all, err
	}
	for n := range keys {
		shard, found, err := shardAt(t, owner, q.List, n, q.Time)
		if err != nil {
			return all, err
		}
		if found {
			copy(all.Bits[n*identity.ShardBits/8:], shard.Bits)
			all.Changed = max(all.Changed, shard.Changed)
		}
	}
	return all, nil
}

func statusList(t *ledger.Tx, owner, name string) (identity.StatusList, error) {
	l, found, err := statusLists.Get(t, owner, name)
	if err == nil && !found {
		err = identity.StatusListUnknown.Errorf("%s", name)
	}
	return l, err
}
