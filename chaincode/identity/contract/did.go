// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"errors"
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
	have, found, err := documents.Get(t, s.ID)
	if err != nil {
		return identity.Outcome{}, err
	}
	var before *identity.Version
	if found {
		v, err := version(t, s.ID, have, min(s.Number, have.Head.Version))
		if err != nil {
			return identity.Outcome{}, err
		}
		if s.Number <= have.Head.Version {
			return v.Outcome(), v.CheckReplay(s)
		}
		before = &v
	}
	controllers, err := states(t, s.Controllers())
	if err != nil {
		return identity.Outcome{}, err
	}
	next, err := identity.Apply(before, s, controllers, t.Now(), t.ID())
	if err != nil {
		return identity.Outcome{}, err
	}
	if have.Latest != nil { // it makes room
		if err := versions.Put(t, *have.Latest, s.ID, ledger.Num(have.Head.Version)); err != nil {
			return identity.Outcome{}, err
		}
	}
	now := identity.Head{Version: next.Number, Digest: next.Digest, Status: next.State.Status, Created: have.Head.Created, Updated: next.Time}
	if !found {
		now.Created = next.Time
	}
	t.Emit(events[s.Type], s.ID+"/"+strconv.FormatInt(next.Number, 10))
	return next.Outcome(), documents.Put(t, identity.Current{Head: now, Latest: &next}, s.ID)
}

// states are the current states of those of the DIDs that exist.
func states(t *ledger.Tx, dids []string) (map[string]identity.State, error) {
	all := map[string]identity.State{}
	for _, d := range dids {
		id, have, err := document(t, d)
		if errors.Is(err, identity.DIDUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		v, err := version(t, id, have, have.Head.Version)
		if err != nil {
			return nil, err
		}
		all[d] = v.State
	}
	return all, nil
}

func resolve(t *ledger.Tx, q identity.ResolveQuery) (identity.Resolved, error) {
	id, have, err := document(t, q.DID)
	if err != nil {
		return identity.Resolved{}, err
	}
	number := have.Head.Version
	switch {
	case q.Version > number:
		return identity.Resolved{}, identity.VersionUnknown.Errorf("%d, the current one is %d", q.Version, number)
	case q.Version > 0:
		number = q.Version
	case q.Time > 0:
		if number, err = versionAt(t, id, have, q.Time); err != nil {
			return identity.Resolved{}, err
		}
	}
	found := identity.Resolved{Head: have.Head}
	if found.Version, err = version(t, id, have, number); err != nil || number == have.Head.Version {
		return found, err
	}
	after, err := version(t, id, have, number+1)
	found.Next = after.Time
	return found, err
}

// versionAt is the number of the version in force at a time. VERSION_UNKNOWN.
func versionAt(t *ledger.Tx, id string, of identity.Current, at int64) (int64, error) {
	return identity.VersionAt(of.Head.Version, at, func(n int64) (int64, error) {
		v, err := version(t, id, of, n)
		return v.Time, err
	})
}

func history(t *ledger.Tx, q identity.HistoryQuery) ([]identity.Version, error) {
	id, have, err := document(t, q.DID)
	if err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = identity.MaxHistory
	}
	until := min(have.Head.Version, q.From+int64(q.Limit)-1)
	var keys []string
	for n := q.From; n <= until; n++ {
		if n < have.Head.Version || have.Latest == nil {
			keys = append(keys, versions.Key(id, ledger.Num(n)))
		}
	}
	if err := t.Prefetch(keys...); err != nil {
		return nil, err
	}
	all := []identity.Version{}
	for n := q.From; n <= until; n++ {
		v, err := version(t, id, have, n)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// document is what is stored under a DID. DID_UNKNOWN.
func document(t *ledger.Tx, did string) (id string, d identity.Current, err error) {
	if id, err = identity.ParseDID(did); err != nil {
		return "", d, err
	}
	d, found, err := documents.Get(t, id)
	if err == nil && !found {
		err = identity.DIDUnknown.Errorf("%s", did)
	}
	return id, d, err
}

// version is a version of a document. VERSION_UNKNOWN.
func version(t *ledger.Tx, id string, of identity.Current, number int64) (identity.Version, error) {
	if of.Latest != nil && number == of.Head.Version {
		return *of.Latest, nil
	}
	v, found, err := versions.Get(t, id, ledger.Num(number))
	if err == nil && !found {
		err = identity.VersionUnknown.Errorf("%s has no version %d", id, number)
	}
	return v, err
}

// headAlone reads format 1, which had the current version under its own key alone.
func headAlone(_ int, object []byte) (d identity.Current, err error) {
	return d, json.Unmarshal(object, &d.Head)
}
