// SPDX-License-Identifier: Apache-2.0

package service

import (
	"container/list"
	"sync"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// Status is where an order stands, as far as this gateway knows.
type Status string

// The statuses.
const (
	StatusPending   Status = "pending"   // on its way
	StatusCommitted Status = "committed" // carried out, for good
	StatusFailed    Status = "failed"    // refused; code says why
	StatusUnknown   Status = "unknown"   // not seen lately, or in doubt: send the order again, or look for its receipt
)

// Result is what became of an order. It tells nothing that the order's digest
// does not already stand for: amounts and names are in the receipt.
type Result struct {
	Program   string               `json:"program,omitempty"`
	Account   string               `json:"account,omitempty" doc:"Account id of the one who signed"`
	Seq       int64                `json:"seq,omitempty" doc:"Sequence number of the order; 0 for orders to open an account"`
	Order     string               `json:"order" doc:"Digest of the order: SHA-256 of its signing input, hex"`
	Status    Status               `json:"status" enum:"pending,committed,failed,unknown"`
	Tx        string               `json:"tx,omitempty" doc:"Transaction that carried it out"`
	Code      string               `json:"code,omitempty" doc:"Why it was refused, see /v1/errors"`
	Replayed  bool                 `json:"replayed,omitempty" doc:"It had been carried out before; this is the first result"`
	Unclaimed []currency.Unclaimed `json:"unclaimed,omitempty" doc:"Credits it named and did not get"`
}

// Order tells where an order stands.
func (s *Service) Order(digest string) Result {
	if r, ok := s.track.get(digest); ok {
		return r
	}
	return Result{Order: digest, Status: StatusUnknown}
}

// maxTracked is how many orders' statuses are kept.
const maxTracked = 100_000

// tracker keeps the latest results. It is a convenience for who asks after an
// order: what counts stands on the ledger.
type tracker struct {
	mu     sync.Mutex
	max    int
	recent *list.List // of Result, oldest first
	of     map[string]*list.Element
}

func newTracker(most int) *tracker {
	return &tracker{max: most, recent: list.New(), of: map[string]*list.Element{}}
}

func (t *tracker) put(r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set(r)
}

// set is put with the lock held.
func (t *tracker) set(r Result) {
	if e := t.of[r.Order]; e != nil {
		if before := e.Value.(Result); before.Status == StatusCommitted && r.Status != StatusCommitted {
			return // sent again: what is done is done
		}
		e.Value = r
		return
	}
	t.of[r.Order] = t.recent.PushBack(r)
	if t.recent.Len() > t.max {
		oldest := t.recent.Front()
		delete(t.of, oldest.Value.(Result).Order)
		t.recent.Remove(oldest)
	}
}

// begin notes that an order is on its way, again perhaps: what is carried out, and
// what is under way already, stays as it is. first says that nothing was known of
// it; undo makes it what it was before, if nothing came of it since.
func (t *tracker) begin(r Result) (first bool, undo func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.of[r.Order]
	if e == nil {
		t.set(r)
		return true, func() { t.back(r, nil) }
	}
	before := e.Value.(Result)
	if before.Status == StatusCommitted || before.Status == StatusPending {
		return false, func() {}
	}
	e.Value = r
	return false, func() { t.back(r, &before) }
}

// back takes away what begin noted.
func (t *tracker) back(noted Result, before *Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.of[noted.Order]
	switch {
	case e == nil || e.Value.(Result).Status != StatusPending:
	case before != nil:
		e.Value = *before
	default:
		t.recent.Remove(e)
		delete(t.of, noted.Order)
	}
}

func (t *tracker) get(order string) (Result, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.of[order]; e != nil {
		return e.Value.(Result), true
	}
	return Result{}, false
}
