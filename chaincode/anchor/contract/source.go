// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// sourceFunctions:
//
//   - RegisterSource {op, source} by a keeper, for the own organisation; emits
//     SourceRegistered. SOURCE_EXISTS, INVALID_SOURCE.
//   - ChangeSource {op, source} by a keeper of the owner: the next version, with
//     which a sealer is granted or withdrawn and a key rotated; emits SourceChanged.
//     SOURCE_UNKNOWN, SOURCE_STATE, NOT_OWNER, INVALID_SOURCE.
//   - Source {source, version}, Sources {limit, bookmark} answer the records.
func sourceFunctions() []ledger.Function {
	return []ledger.Function{
		ledger.Officer("RegisterSource", registerSource),
		ledger.Officer("ChangeSource", changeSource),
		ledger.Query("Source", func(t *ledger.Tx, q anchor.SourceQuery) (anchor.Source, error) {
			if q.Version == 0 {
				return source(t, q.Source)
			}
			s, found, err := versions.Get(t, q.Source, ledger.Num(int64(q.Version)))
			if err == nil && !found {
				err = anchor.SourceUnknown.Errorf("%s version %d", q.Source, q.Version)
			}
			return s, err
		}),
		ledger.Query("Sources", func(t *ledger.Tx, q anchor.ListQuery) (call.Page[anchor.Source], error) {
			return sources.List(t, q.Limit, q.Bookmark)
		}),
	}
}

func registerSource(t *ledger.Tx, r anchor.RegisterSource) (anchor.Source, error) {
	s := r.Source
	caller, err := keeper(t)
	if err != nil {
		return s, err
	}
	s.Owner, s.Version = caller.MSP, 1
	if err := s.CheckPlace(place(t)); err != nil {
		return s, err
	}
	taken, err := sources.Has(t, s.ID)
	if err != nil {
		return s, err
	}
	if taken {
		return s, anchor.SourceExists.Errorf("%s", s.ID)
	}
	log := anchor.NewLog()
	log.Time = t.Now().Unix()
	if err := logs.Put(t, log, s.ID); err != nil {
		return s, err
	}
	return s, putSource(t, s, "SourceRegistered")
}

func changeSource(t *ledger.Tx, r anchor.ChangeSource) (anchor.Source, error) {
	caller, err := keeper(t)
	if err != nil {
		return r.Source, err
	}
	s, err := source(t, r.Source.ID)
	if err != nil {
		return s, err
	}
	if s.Owner != caller.MSP {
		return s, anchor.NotOwner.Errorf("source %s belongs to %s, %s asks", s.ID, s.Owner, caller)
	}
	if s, err = s.Become(r.Source); err != nil {
		return s, err
	}
	if err := s.CheckPlace(place(t)); err != nil {
		return s, err
	}
	return s, putSource(t, s, "SourceChanged")
}

// keeper is the caller, where it is a keeper of its own organisation.
func keeper(t *ledger.Tx) (ledger.Caller, error) {
	caller, err := t.Caller()
	if err != nil {
		return caller, err
	}
	return t.RequireRole(anchor.RoleKeeper, caller.MSP)
}

func putSource(t *ledger.Tx, s anchor.Source, event string) error {
	t.Emit(event, s.ID+"/"+strconv.Itoa(s.Version))
	if err := versions.Put(t, s, s.ID, ledger.Num(int64(s.Version))); err != nil {
		return err
	}
	return sources.Put(t, s, s.ID)
}

// source loads a source or returns SOURCE_UNKNOWN.
func source(t *ledger.Tx, id string) (anchor.Source, error) {
	s, found, err := sources.Get(t, id)
	if err == nil && !found {
		err = anchor.SourceUnknown.Errorf("%s", id)
	}
	return s, err
}
