// SPDX-License-Identifier: Apache-2.0

package ledgertest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// simulation collects what one peer reads and writes for one transaction on
// one channel. All chaincodes of the transaction share it.
type simulation struct {
	net       *Network
	txID      string
	reads     map[stateKey]Version
	writes    map[stateKey]Write
	ranges    []*rangeScan
	wrote     bool
	paginated bool
}

func newSimulation(n *Network, txID string) *simulation {
	return &simulation{
		net: n, txID: txID,
		reads: map[stateKey]Version{}, writes: map[stateKey]Write{},
	}
}

// get returns the committed value, whatever this transaction has written.
func (s *simulation) get(namespace, key string) []byte {
	id := stateKey{namespace, key}
	e := s.net.state[namespace].get(key)
	if e == nil {
		s.reads[id] = Version{}
		return nil
	}
	s.reads[id] = e.version
	return bytes.Clone(e.value)
}

// put notes a write; an empty value is a delete.
func (s *simulation) put(namespace, key string, value []byte) error {
	if s.paginated {
		return fmt.Errorf("txid [%s]: unsuppored transaction. "+ // Fabric's own spelling
			"Transaction has already performed a paginated query. Writes are not allowed", s.txID)
	}
	s.wrote = true
	w := Write{Namespace: namespace, Key: key, IsDelete: len(value) == 0}
	if !w.IsDelete {
		w.Value = bytes.Clone(value)
	}
	s.writes[w.id()] = w
	return nil
}

// paginate is asked before a paginated query.
func (s *simulation) paginate() error {
	if s.wrote {
		return fmt.Errorf("txid [%s]: unsuppored transaction. "+
			"Paginated queries are supported only in a read-only transaction", s.txID)
	}
	s.paginated = true
	return nil
}

// results closes the simulation.
func (s *simulation) results() *rwset {
	rw := &rwset{reads: make([]Read, 0, len(s.reads))}
	for id, version := range s.reads {
		rw.reads = append(rw.reads, Read{id.namespace, id.key, version})
	}
	slices.SortFunc(rw.reads, func(a, b Read) int { return a.id().compare(b.id()) })
	rw.writes = slices.SortedFunc(maps.Values(s.writes), func(a, b Write) int { return a.id().compare(b.id()) })

	// A range read twice in the same way counts once.
	type bounds struct {
		namespace, start, end string
		exhausted             bool
	}
	known := map[bounds]struct{}{}
	for _, scan := range s.ranges {
		r := scan.read
		id := bounds{r.Namespace, r.Start, r.End, r.Exhausted}
		if _, twice := known[id]; !twice {
			known[id] = struct{}{}
			rw.ranges = append(rw.ranges, r)
		}
	}
	return rw
}
