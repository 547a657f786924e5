// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"context"
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/logs"
)

// submit is a request to put records on disk.
type submit struct {
	records []logs.Submission
	done    chan<- taken
}

type taken struct {
	states []logs.State
	err    error
}

// MaxSubmit bounds the records that are taken at once.
const MaxSubmit = 10_000

// Submit takes records of a source. They are on disk when it returns, those aside
// that were there before: under the same DID, where one signed for them. It returns
// ErrOverloaded, ErrStopped or the refusal of the source or of a record, and then
// takes none.
func (s *Sealer) Submit(ctx context.Context, source string, records []anchor.Record) ([]logs.State, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	if len(records) > MaxSubmit {
		return nil, anchor.TooLarge.Errorf("%d records at once, at most %d", len(records), MaxSubmit)
	}
	from, err := s.store.Source(ctx, source)
	if err != nil {
		return nil, err
	}
	all := make([]logs.Submission, len(records))
	for i, r := range records {
		if err := s.Check(from, r); err != nil {
			return nil, err
		}
		all[i] = logs.Submission{Source: source, Record: r}
	}
	coming := s.coming.Add(int64(len(all)))
	defer s.coming.Add(-int64(len(all)))
	if n := s.store.Waiting() + int(coming); n > s.MaxQueue {
		return nil, fmt.Errorf("%w: %d records wait, at most %d may", ErrOverloaded, n-len(all), s.MaxQueue)
	}
	answer := make(chan taken, 1)
	select {
	case s.submits <- submit{all, answer}:
	case <-s.ended:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case got := <-answer:
		return got.states, got.err
	case <-s.ended:
		return nil, ErrStopped
	}
}

// Check refuses what the ledger would refuse whatever its state, and what this
// sealer may not seal.
func (s *Sealer) Check(from anchor.Source, r anchor.Record) error {
	if from.Sealer != s.DID {
		return anchor.SealerNotGranted.Errorf("source %s grants its log to %.100s, this gateway seals as %s", from.ID, from.Sealer, s.DID)
	}
	if err := r.Validate(); err != nil {
		return err
	}
	if !from.Takes(r.Kind) {
		return anchor.KindRefused.Errorf("source %s keeps %s, this is a %s", from.ID, from.Kind, r.Kind)
	}
	var err error
	switch r.Kind {
	case anchor.Step:
		_, err = anchor.CheckStep(r, s.Place, from.ID)
	case anchor.Header:
		_, err = anchor.CheckHeader(r, s.Place, from)
	case anchor.Block:
		var b anchor.BlockHeader
		if b, err = anchor.CheckBlock(r, from); err == nil {
			err = b.CheckData()
		}
	case anchor.Notarise, anchor.Manifest:
	}
	return err
}

// take puts what is submitted on disk, all that arrived meanwhile in one go.
func (s *Sealer) take(ctx context.Context) error {
	for {
		var all []submit
		select {
		case first := <-s.submits:
			all = append(all, first)
		case <-ctx.Done():
			return ctx.Err()
		}
		records := len(all[0].records)
		for more := true; more && records < MaxSubmit; {
			select {
			case next := <-s.submits:
				all, records = append(all, next), records+len(next.records)
			default:
				more = false
			}
		}
		together := make([]logs.Submission, 0, records)
		for _, one := range all {
			together = append(together, one.records...)
		}
		states, err := s.store.Submit(ctx, together)
		added := int64(0)
		for _, one := range all {
			if err != nil {
				one.done <- taken{err: err}
				continue
			}
			mine := states[:len(one.records):len(one.records)]
			states = states[len(one.records):]
			for _, st := range mine {
				if !st.Before {
					added++
				}
			}
			one.done <- taken{states: mine}
		}
		if err != nil {
			return fmt.Errorf("queue: %w", err)
		}
		s.Metrics.taken.Add(float64(added))
		s.Metrics.waiting.Set(float64(s.store.Waiting()))
	}
}

// Await waits until records are sealed or refused, or ctx ends, and tells where
// they stand then.
func (s *Sealer) Await(ctx context.Context, source string, records ...anchor.Record) ([]logs.State, error) {
	states := make([]logs.State, len(records))
	next := 0
	for {
		if err := s.Err(); err != nil {
			return nil, err
		}
		changed := s.store.Changed()
		for next < len(records) {
			st, err := s.store.StateOf(context.WithoutCancel(ctx), source, records[next])
			if err != nil {
				return nil, err
			}
			states[next] = st
			if !st.Sealed && st.Code == "" {
				break
			}
			next++
		}
		if next == len(records) {
			return states, nil
		}
		select {
		case <-changed:
		case <-s.ended:
			return states, ErrStopped
		case <-ctx.Done():
			return states, ctx.Err()
		}
	}
}

// Refusal is the ledger's refusal of a record, as an error with its code.
func Refusal(st logs.State) error {
	if c := anchor.Codes.Lookup(st.Code); c != nil {
		return c.Errorf("%s", st.Detail)
	}
	return code.Broken.Errorf("%s: %s", st.Code, st.Detail)
}
