// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/lanes"
	"github.com/komsco/trust-platform/test-network/demo"
)

// Measure is one workload in one round. What counts as an item is said by the
// workload: a receipt on the ledger, a valid transaction, a row issued.
type Measure struct {
	Workload     string             `json:"workload"`
	Round        int                `json:"round"`
	PerSecond    float64            `json:"perSecond"`           // items in valid transactions
	Items        int                `json:"items"`               // counted from blocks
	Seconds      float64            `json:"seconds"`             // from the first to the last block counted
	Transactions int                `json:"transactions"`        // in these blocks
	Conflicts    int                `json:"conflicts"`           // of these: MVCC and phantom
	Invalid      map[string]int     `json:"invalid,omitempty"`   // transactions without effect, by validation code
	Blocks       int                `json:"blocks"`              //
	BlockItems   float64            `json:"blockItems"`          // items in a block, on average
	BlockBytes   float64            `json:"blockBytes"`          // size of a block, on average
	ItemBytes    float64            `json:"itemBytes"`           // bytes on the ledger for each item, all of the block included
	Answers      map[string]int     `json:"answers,omitempty"`   // what callers were told: "ok" or a code
	Latency      *Latency           `json:"latency,omitempty"`   // of answers "ok", ms
	Refused      *Latency           `json:"refused,omitempty"`   // of answers to come again later, ms
	CPU          map[string]float64 `json:"cpu,omitempty"`       // ms for each item, by what used it
	Processes    map[string]float64 `json:"processes,omitempty"` // CPU seconds a second, by process
	Pipeline     float64            `json:"pipeline,omitempty"`  // ms for each item that a peer's pipeline of the channel was busy
	Memory       map[string]Memory  `json:"memory,omitempty"`    // MiB of processes, where a workload is long
	Note         string             `json:"note,omitempty"`
}

// String is one line for people.
func (m *Measure) String() string {
	line := fmt.Sprintf("%9.1f/s", m.PerSecond)
	if m.Latency != nil {
		line += fmt.Sprintf("  p50 %.0f p99 %.0f ms", m.Latency.P50, m.Latency.P99)
	}
	if m.Blocks > 0 {
		line += fmt.Sprintf("  %.0f items a block, %.0f bytes each", m.BlockItems, m.ItemBytes)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Memory)) {
		of := m.Memory[name]
		line += fmt.Sprintf("  %s %.0f, %.0f, %.0f MiB", name, of.Start, of.Middle, of.End)
	}
	if m.Conflicts > 0 {
		line += fmt.Sprintf("  %d conflicts", m.Conflicts)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Answers)) {
		if name != answerOK {
			line += fmt.Sprintf("  %s×%d", name, m.Answers[name])
		}
	}
	if m.Note != "" {
		line += "  " + m.Note
	}
	return line
}

// answerOK counts what was carried out.
const answerOK = "ok"

// tally collects what callers were told.
type tally struct {
	mu      sync.Mutex
	answers map[string]int
	took    []time.Duration // of what was carried out
	refused []time.Duration // of what was turned away for the time being
}

func newTally() *tally { return &tally{answers: map[string]int{}} }

// reset forgets what came while the load warmed up.
func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers, t.took, t.refused = map[string]int{}, nil, nil
}

// add counts an answer to what was to be sent at a moment.
func (t *tally) add(intended time.Time, err error) {
	took := time.Since(intended)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers[answerName(err)]++
	switch {
	case err == nil:
		t.took = append(t.took, took)
	case refused(err):
		t.refused = append(t.refused, took)
	}
}

// snapshot is the count so far.
func (t *tally) snapshot() *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &tally{answers: maps.Clone(t.answers), took: slices.Clone(t.took), refused: slices.Clone(t.refused)}
}

// answerName is "ok", the contract's code, an HTTP status or the phase in which
// the network failed.
func answerName(err error) string {
	var (
		problem *demo.Problem
		failed  *gateway.Error
		failure *lanes.Failure
		phase   *phaseError
	)
	switch coded := code.Of(err); {
	case err == nil:
		return answerOK
	case coded != nil:
		return coded.Code.Name
	case errors.As(err, &problem):
		return strings.TrimSpace(fmt.Sprintf("%d %s", problem.Status, problem.Code))
	case errors.Is(err, errNoPayer):
		return "no payer free"
	case errors.Is(err, lanes.ErrOverloaded):
		return "OVERLOADED"
	case errors.As(err, &failed) && failed.Phase == gateway.PhaseCommit:
		return failed.Validation.String()
	case errors.As(err, &failed):
		return "failed in " + string(failed.Phase)
	case errors.As(err, &phase):
		return "failed in " + string(phase.phase)
	case errors.As(err, &failure):
		return "not settled"
	default:
		return "other"
	}
}

// load keeps a workload going until stop ends or its orders do, and returns when
// every answer is there. ctx outlives stop: calls under way end by themselves.
type load func(ctx, stop context.Context, t *tally) error

// measure runs a load, lets it warm up, and counts what its chaincode's blocks
// hold of the time after that. items is what a window is counted in.
func (s *stage) measure(ctx context.Context, chaincode string, items func(window) int, run load) (*Measure, error) {
	if _, err := s.catchUp(ctx); err != nil { // blocks of before
		return nil, err
	}
	stop, cancel := context.WithCancel(ctx)
	t, done := newTally(), make(chan error, 1)
	go func() { done <- run(ctx, stop, t) }()
	finished := wait(ctx, done, s.Warm)
	ended := func() error { // what the load still uses is not taken from under it, however this ends
		cancel()
		if finished == nil {
			err := <-done
			finished = &err
		}
		return *finished
	}
	defer func() { _ = ended() }() // told below, or something else went wrong first
	profiled := s.profile(ctx, s.profiling)
	busy, err := s.pipeline.busy(ctx)
	if err != nil {
		return nil, err
	}
	begin, before := time.Now(), s.meter.cpu()
	t.reset()
	if finished == nil {
		finished = wait(ctx, done, s.Window)
	}
	told := t.snapshot()
	end, used := time.Now(), s.meter.cpu().since(before)
	after, err := s.pipeline.busy(ctx)
	if err := errors.Join(err, ended(), profiled()); err != nil {
		return nil, err
	}
	blocks, err := s.catchUp(ctx)
	if err != nil {
		return nil, err
	}
	w := count(blocks, begin, end, chaincode)
	m := &Measure{
		Items: items(w), Seconds: w.Seconds, Transactions: w.Transactions, Conflicts: w.Conflicts, Invalid: w.Codes, Blocks: w.Blocks,
		Answers: told.answers, Latency: latency(told.took), Refused: latency(told.refused), CPU: map[string]float64{}, Processes: map[string]float64{},
	}
	n := float64(m.Items)
	m.PerSecond, m.BlockItems, m.BlockBytes = per(n, w.Seconds), per(n, float64(w.Blocks)), per(float64(w.Bytes), float64(w.Blocks))
	m.ItemBytes = per(float64(w.Bytes), n)
	span := end.Sub(begin).Seconds()
	m.Pipeline = per(1000*(after-busy), m.PerSecond*span)
	for kind, seconds := range used.kinds() {
		m.CPU[kind] = per(1000*seconds, m.PerSecond*span)
	}
	for name, seconds := range used {
		m.Processes[name] = per(seconds, span)
	}
	return m, nil
}

// wait returns how the load ended, nil if it still runs after d or is being stopped.
func wait(ctx context.Context, done <-chan error, d time.Duration) *error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return &err
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil
	}
}

func countReceipts(w window) int { return w.Receipts }

func countValid(w window) int { return w.Valid }
