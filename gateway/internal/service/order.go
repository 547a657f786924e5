// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
)

// Pending is an order that was taken.
type Pending struct {
	Digest string // of the order, by which its status is asked for
	done   chan struct{}
	result Result
	err    error
	until  time.Time
}

// Submit takes an order of one of the types. client is the address it came from:
// one that lately sent forged orders has its signatures checked here. What is
// malformed is refused at once, with the contract's own codes; so is too much of
// a good thing, with lanes.ErrOverloaded.
func (s *Service) Submit(client, compact string, types ...string) (*Pending, error) {
	o, r, err := s.parse(compact, types)
	if err != nil {
		return nil, err
	}
	if s.suspects.has(client) {
		if err := verify(o); err != nil {
			s.suspects.add(client)
			return nil, err
		}
	}
	p := &Pending{Digest: o.Digest, done: make(chan struct{}), until: time.Now().Add(s.timeout)}
	p.result = Result{Program: o.Program, Account: o.Holder, Seq: o.Seq, Order: o.Digest, Status: StatusPending}
	first, undo := s.track.begin(p.result)
	job := &lanes.Job{Order: o, Compact: compact, Deadline: p.until, Settle: func(out lanes.Outcome) {
		if s.settle(p, client, out); first || !errors.Is(out.Err, code.BadSignature) {
			s.track.put(p.result)
		} else {
			undo() // the digest does not cover the signature: a forged copy says nothing of the order itself
		}
		close(p.done)
	}}
	if err := r.lanes.Enqueue(job); err != nil {
		undo()
		return nil, err
	}
	return p, nil
}

// settle notes the outcome, and whose order was forged.
func (s *Service) settle(p *Pending, client string, out lanes.Outcome) {
	p.err = out.Err
	p.result.Tx, p.result.Replayed, p.result.Unclaimed = out.Tx, out.Replayed, out.Unclaimed
	var failed *lanes.Failure
	switch refused := code.Of(out.Err); {
	case out.Err == nil:
		p.result.Status = StatusCommitted
	case refused != nil:
		p.result.Status, p.result.Code = StatusFailed, refused.Code.Name
		if refused.Code == code.BadSignature || refused.Code == currency.KeyMismatch {
			s.suspects.add(client)
		}
	case errors.As(out.Err, &failed):
		p.result.Status, p.result.Tx = StatusUnknown, failed.Tx
	}
}

// Wait waits until the order is settled. The error is a coded refusal, a
// *lanes.Failure, or that of ctx.
func (p *Pending) Wait(ctx context.Context) (Result, error) {
	// The lane has the last word; it is given a little longer than it gives itself.
	late := time.NewTimer(time.Until(p.until) + time.Second)
	defer late.Stop()
	select {
	case <-p.done:
		return p.result, p.err
	case <-late.C:
		return Result{}, &lanes.Failure{InDoubt: true, Cause: context.DeadlineExceeded}
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// verify checks an order's signature under its DID's own key. A DID that does
// not resolve by itself passes: the contract knows its key.
func verify(o *currency.Order) error {
	m, err := did.Resolve(o.DID)
	if err != nil {
		return nil
	}
	if m.URL != o.Message.Header.Kid {
		return currency.KeyMismatch.Errorf("signed by %.160s, the DID's key is %.160s", o.Message.Header.Kid, m.URL)
	}
	return o.Message.Verify(m.Key)
}
