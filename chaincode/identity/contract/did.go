// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// didFunctions:
//
//   - Operate takes one operation as its signatures, each a compact JWS
//     (did-operation+jws) over the same payload, in any order. It answers an
//     identity.Outcome, the first one where the operation was carried out before.
//     Emits DIDCreated, DIDUpdated, DIDRotated, DIDSuspended, DIDResumed,
//     DIDRecovered or DIDDeactivated, with id/version. Codes: see identity.Parse
//     and identity.Apply.
//   - Resolve {did, version or time} answers an identity.Resolved. DID_UNKNOWN,
//     VERSION_UNKNOWN.
//   - History {did, from, limit} answers up to 50 versions with their operations,
//     by which anyone can check the whole chain. DID_UNKNOWN.
func didFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Order("Operate", -1, operate),
		ledger.Query("Resolve", resolve),
		ledger.Query("History", history),
	}
}

var events = map[identity.Type]string{
	identity.Create: "DIDCreated", identity.Update: "DIDUpdated", identity.Rotate: "DIDRotated",
	identity.Suspend: "DIDSuspended", identity.Resume: "DIDResumed", identity.Recover: "DIDRecovered",
	identity.Deactivate: "DIDDeactivated",
}

func operate(t *ledger.Tx, compacts []string) (identity.Outcome, error) {
	s, err := identity.Parse(place(t), compacts)
	if err != nil {
		return identity.Outcome{}, err
	}
	head, found, err := heads.Get(t, s.ID)
	if err != nil {
		return identity.Outcome{}, err
	}
	var before *identity.Version
	if found {
		if s.Number <= head.Version {
			done, err := version(t, s.ID, s.Number)
			if err != nil {
				return identity.Outcome{}, err
			}
			return done.Outcome(), done.CheckReplay(s)
		}
		current, err := version(t, s.ID, head.Version)
		if err != nil {
			return identity.Outcome{}, err
		}
		before = &current
	}
	controllers, err := states(t, s.Controllers())
	if err != nil {
		return identity.Outcome{}, err
	}
	next, err := identity.Apply(before, s, controllers, t.Now(), t.ID())
	if err != nil {
		return identity.Outcome{}, err
	}
	if !found {
		head.Created = next.Time
	}
	head.Version, head.Digest, head.Status, head.Updated = next.Number, next.Digest, next.State.Status, next.Time
	t.Emit(events[s.Type], s.ID+"/"+strconv.FormatInt(next.Number, 10))
	if err := versions.Put(t, next, s.ID, ledger.Num(next.Number)); err != nil {
		return identity.Outcome{}, err
	}
	return next.Outcome(), heads.Put(t, head, s.ID)
}

// states are the current states of those of the DIDs that exist.
func states(t *ledger.Tx, dids []string) (map[string]identity.State, error) {
	all := map[string]identity.State{}
	for _, d := range dids {
		id, err := identity.ParseDID(d)
		if err != nil {
			return nil, err
		}
		head, found, err := heads.Get(t, id)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		v, err := version(t, id, head.Version)
		if err != nil {
			return nil, err
		}
		all[d] = v.State
	}
	return all, nil
}

func resolve(t *ledger.Tx, q identity.ResolveQuery) (identity.Resolved, error) {
	id, head, err := head(t, q.DID)
	if err != nil {
		return identity.Resolved{}, err
	}
	number := head.Version
	switch {
	case q.Version > head.Version:
		return identity.Resolved{}, identity.VersionUnknown.Errorf("%d, the current one is %d", q.Version, head.Version)
	case q.Version > 0:
		number = q.Version
	case q.Time > 0:
		if number, err = versionAt(t, id, head, q.Time); err != nil {
			return identity.Resolved{}, err
		}
	}
	found := identity.Resolved{Head: head}
	if found.Version, err = version(t, id, number); err != nil || number == head.Version {
		return found, err
	}
	after, err := version(t, id, number+1)
	found.Next = after.Time
	return found, err
}

// versionAt is the number of the version in force at a time. VERSION_UNKNOWN.
func versionAt(t *ledger.Tx, id string, h identity.Head, at int64) (int64, error) {
	return identity.VersionAt(h.Version, at, func(n int64) (int64, error) {
		v, err := version(t, id, n)
		return v.Time, err
	})
}

func history(t *ledger.Tx, q identity.HistoryQuery) ([]identity.Version, error) {
	id, head, err := head(t, q.DID)
	if err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = identity.MaxHistory
	}
	all := []identity.Version{}
	for n := q.From; n <= head.Version && len(all) < q.Limit; n++ {
		v, err := version(t, id, n)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func head(t *ledger.Tx, did string) (string, identity.Head, error) {
	id, err := identity.ParseDID(did)
	if err != nil {
		return "", identity.Head{}, err
	}
	h, found, err := heads.Get(t, id)
	if err == nil && !found {
		err = identity.DIDUnknown.Errorf("%s", did)
	}
	return id, h, err
}

func version(t *ledger.Tx, id string, number int64) (identity.Version, error) {
	v, found, err := versions.Get(t, id, ledger.Num(number))
	if err == nil && !found {
		err = identity.VersionUnknown.Errorf("%s has no version %d", id, number)
	}
	return v, err
}
