// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// sealFunctions:
//
//   - Seal takes a compact JWS (seal-order+jws) of the sealer and, for each log
//     that it names, the records in their binary form. It appends their leaves,
//     stores a checkpoint of each log and emits Sealed (source/size/root). Sealed
//     again, the same batch returns the first result and changes nothing. Nothing of
//     it is appended on INVALID_SEAL, INVALID_RECORD, EMPTY_BATCH, TOO_LARGE,
//     ELSEWHERE, BAD_SIGNATURE, SOURCE_UNKNOWN, SEALER_NOT_GRANTED, SIZE_MISMATCH,
//     BATCH_REUSED. Single steps and headers are refused each for itself, and named
//     in the answer; a header that contradicts the log is kept as evidence, which
//     emits ForkFound (source/height/hash).
func sealFunctions() []ledger.Function {
	return []ledger.Function{ledger.Binary("Seal", seal)}
}

func seal(t *ledger.Tx, signed string, data [][]byte) (anchor.Sealed, error) {
	s, err := anchor.ParseSeal(signed, data, place(t))
	if err != nil {
		return anchor.Sealed{}, err
	}
	if err := s.Verify(); err != nil {
		return anchor.Sealed{}, err
	}
	sealer := anchor.SealerKey(s.Sealer)
	first, found, err := batches.Get(t, sealer, s.Batch)
	if err != nil {
		return first, err
	}
	if found {
		if first.Seal != s.Digest {
			return first, anchor.BatchReused.Errorf("batch %s of this sealer was another seal, in transaction %s", s.Batch, first.Tx)
		}
		return first, nil
	}
	if err := t.Prefetch(keys(s)...); err != nil {
		return anchor.Sealed{}, err
	}
	done := anchor.Sealed{Batch: s.Batch, Tx: t.ID(), Seal: s.Digest}
	for i := range s.Logs {
		l, err := sealLog(t, s, i)
		if err != nil {
			return done, err
		}
		done.Logs = append(done.Logs, l)
	}
	return done, batches.Put(t, done, sealer, s.Batch)
}

// keys are what every log of a seal reads.
func keys(s *anchor.Signed) []string {
	var all []string
	for _, l := range s.Logs {
		all = append(all, sources.Key(l.Source), logs.Key(l.Source))
	}
	return all
}

func sealLog(t *ledger.Tx, s *anchor.Signed, i int) (anchor.SealedLog, error) {
	done := anchor.SealedLog{Source: s.Logs[i].Source}
	from, err := source(t, done.Source)
	if err != nil {
		return done, err
	}
	log, found, err := logs.Get(t, from.ID)
	if err != nil {
		return done, err
	}
	if !found {
		return done, code.CorruptState.Errorf("source %s has no log", from.ID)
	}
	if err := s.CheckGrant(i, from, log); err != nil {
		return done, err
	}
	w := writer{tx: t, source: from, next: log.Size, leaves: make([][32]byte, 0, len(s.Records[i]))}
	for at, r := range s.Records[i] {
		if err := w.add(r); err != nil {
			refusal := code.Of(err)
			if refusal == nil || refusal.Code.Kind == code.Internal {
				return done, err
			}
			done.Refused = append(done.Refused, anchor.Refusal{At: at, Code: refusal.Code.Name, Detail: refusal.Detail()})
		}
	}
	done.From = log.Size
	if len(w.leaves) > 0 {
		if log, err = log.Append(w.leaves, nil); err != nil {
			return done, err
		}
		log.Time = max(log.Time, t.Now().Unix())
		c := anchor.Checkpoint{Size: log.Size, Root: log.Root, Time: log.Time, Tx: t.ID(), Batch: s.Batch}
		if err := checkpoints.Put(t, c, from.ID, ledger.Num(int64(c.Size))); err != nil { //nolint:gosec // Append bounds sizes
			return done, err
		}
		if err := logs.Put(t, log, from.ID); err != nil {
			return done, err
		}
		t.Emit("Sealed", fmt.Sprintf("%s/%d/%x", from.ID, log.Size, log.Root))
	}
	done.Size, done.Root, done.Time = log.Size, log.Root, log.Time
	return done, nil
}

// writer collects the leaves that one seal appends to a log.
type writer struct {
	tx     *ledger.Tx
	source anchor.Source
	next   uint64 // index of the next leaf
	leaves [][32]byte
}

// add takes a record in, or refuses it and leaves no trace of it but evidence.
func (w *writer) add(r anchor.Record) error {
	if !w.source.Takes(r.Kind) {
		return anchor.KindRefused.Errorf("source %s keeps %s, this is a %s", w.source.ID, w.source.Kind, r.Kind)
	}
	var err error
	switch r.Kind {
	case anchor.Step:
		err = w.step(r)
	case anchor.Header:
		err = w.header(r)
	case anchor.Block:
		err = w.block(r)
	case anchor.Notarise, anchor.Manifest: // a digest may stand in a log any number of times
	}
	if err != nil {
		return err
	}
	w.leaves = append(w.leaves, anchor.LeafHash(r.Entry(w.source.ID)))
	w.next++
	return nil
}
