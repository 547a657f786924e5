// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// Bounds of a stream. A line holds at most a header with all its signatures.
const (
	maxLine    = 64 << 10
	maxChunk   = 1000 // lines that go to disk together
	lineWithin = 30 * time.Second
	// drainWithin is how long what stands behind a broken line may take to arrive.
	drainWithin = 5 * time.Second
)

const ndjson = "application/x-ndjson"

// Line answers a line of a stream.
type Line struct {
	Line     int       `json:"line"` // from 1
	Anchored *Anchored `json:"anchored,omitempty"`
	Problem  *Problem  `json:"problem,omitempty"`
}

// anchorMany takes submissions as NDJSON, of any number, and answers each line
// once its record is on disk. It holds one chunk in memory: a client that sends
// faster than disks write is slowed down.
func (a *API) anchorMany(w http.ResponseWriter, r *http.Request) {
	s, err := a.anchoring()
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != ndjson {
		writeProblem(w, r, wrongMedia.problem("send "+ndjson+": a JSON object a line"))
		return
	}
	from, err := s.Store().Source(r.Context(), r.PathValue("source"))
	if err != nil {
		writeProblem(w, r, anchorProblem(err))
		return
	}
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // HTTP/2 is, and where it is not supported clients read late
	w.Header().Set("Content-Type", ndjson)
	st := stream{
		sealer: s, source: from, in: bufio.NewReaderSize(r.Body, maxLine), out: json.NewEncoder(w),
		// Neither is there in tests without a connection.
		patience: func() { _ = control.SetReadDeadline(time.Now().Add(lineWithin)) },
		answered: func() { _ = control.SetWriteDeadline(time.Now().Add(lineWithin)) },
	}
	st.out.SetEscapeHTML(false)
	for !st.ended {
		if err := st.chunk(r.Context()); err != nil {
			break // the client is gone
		}
		if control.Flush() != nil {
			break
		}
	}
	// A connection in both directions at once can go on only where the body was read to its end.
	_ = control.SetReadDeadline(time.Now().Add(drainWithin))
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = control.SetReadDeadline(time.Time{})
}

type stream struct {
	sealer   *sealer.Sealer
	source   anchor.Source
	in       *bufio.Reader
	out      *json.Encoder
	patience func() // before a line is read
	answered func() // before answers are written
	lines    int
	ended    bool
}

// chunk reads lines as long as they are there, puts their records on disk and
// answers them.
func (st *stream) chunk(ctx context.Context) error {
	var answers []Line
	var records []anchor.Record
	var of []int // answer that each record belongs to
	for len(answers) < maxChunk && !st.ended && (len(answers) == 0 || st.in.Buffered() > 0) {
		st.patience()
		text, err := st.in.ReadSlice('\n')
		if err != nil && len(text) == 0 && errors.Is(err, io.EOF) {
			st.ended = true
			break
		}
		st.lines++
		answer := Line{Line: st.lines}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			answer.Problem, st.ended = tooLarge.problem("a line has at most 65536 bytes; nothing behind it was read"), true
		case err != nil && !errors.Is(err, io.EOF):
			answer.Problem, st.ended = slowBody.problem("the line did not arrive whole"), true
		default:
			st.ended = err != nil
			r, err := st.parse(text)
			if err != nil {
				answer.Problem = anchorProblem(err)
			} else {
				records, of = append(records, r), append(of, len(answers))
			}
		}
		answers = append(answers, answer)
	}
	st.take(ctx, answers, records, of)
	st.answered()
	for _, answer := range answers {
		if err := st.out.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) parse(text []byte) (anchor.Record, error) {
	var sub Submission
	if err := jws.DecodeStrict(text, &sub); err != nil {
		return anchor.Record{}, code.BadRequest.Errorf("the line %w", err)
	}
	r, err := sub.record(st.sealer.Place, st.source.ID)
	if err == nil {
		err = st.sealer.Check(st.source, r)
	}
	return r, err
}

// take puts records on disk, waiting as long as a line may for room in the queue.
func (st *stream) take(ctx context.Context, answers []Line, records []anchor.Record, of []int) {
	if len(records) == 0 {
		return
	}
	deadline := time.Now().Add(lineWithin)
	for {
		states, err := st.sealer.Submit(ctx, st.source.ID, records)
		if errors.Is(err, sealer.ErrOverloaded) && time.Now().Before(deadline) && ctx.Err() == nil {
			select { // a seal makes room; a caller who has gone waits for nothing
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if err != nil { // none was taken, and those behind it would fare no better
			for _, i := range of {
				answers[i].Problem = noted(ctx, anchorProblem(err))
			}
			st.ended = true
			return
		}
		for k, i := range of {
			o := anchored(st.source.ID, records[k].Algorithm, records[k].Digest, states[k])
			answers[i].Anchored = &o
		}
		return
	}
}
