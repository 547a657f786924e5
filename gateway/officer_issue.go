// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
)

// Issue is a whole issue: a run, the batches into which its rows are cut, and
// the closing that returns what was not issued.
type Issue struct {
	Program string
	Run     string // id of the run; it stands for this issue, also when it is taken up again
	Unit    string // what the rows are counted in, as the one who issues understands it
	Source  currency.Source
	Purpose string // of the policy in force, that all of it is kept for; empty is none
	Rows    []currency.Row
	// Draws say what pays for it. An amount of 0 means as much as is needed and
	// there: bought value comes from deposits and its bonus from appropriations,
	// everything else from appropriations.
	Draws []currency.Draw

	BatchRows int                 // rows in a batch; 0 is 500, at most currency.MaxRows
	Parallel  int                 // batches under way at a time; 0 is 4
	KeepOpen  bool                // leave the run open, so that rows that fell can be looked into
	Progress  func(IssueProgress) // called after opening and after each batch, never twice at a time
}

// IssueProgress is how far an issue is.
type IssueProgress struct {
	Batches, BatchesDone int
	Rows, RowsDone       int   // of these, those that fell included
	Won                  int64 // issued so far, with bonus
	Failed               int   // rows that fell
}

// Issued is the outcome of an issue.
type Issued struct {
	Run     currency.Run // as it stands now
	Rows    int          // that were issued
	Issued  int64        // won, without bonus
	Bonus   int64        // won
	Failed  []FailedRow  // in the order of the rows
	Resumed int          // batches that had been issued before
}

// FailedRow is a row that was not issued: its money goes back when the run is
// closed.
type FailedRow struct {
	Row    int    `json:"row"` // its place in Issue.Rows, from 0
	To     string `json:"to"`
	Amount int64  `json:"amount"` // won
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

const (
	defaultBatchRows = 500
	defaultParallel  = 4
	issueRetries     = 4
	issuePause       = 500 * time.Millisecond
)

// Issue opens a run, issues its batches several at a time and closes it. Batches take
// the rows in the order of their recipients, whatever their order in Rows. It may be
// called again with the same Run and Rows after any error or interruption:
// batches that were issued are not issued again; so it goes on after RUN_WAITING,
// once a second person has approved, and RUN_COOLING. A row that falls is no error.
// Errors are those of OpenRun, IssueBatch and CloseRun; RUN_EXISTS where the run
// was opened for something else.
func (c *Currency) Issue(ctx context.Context, i Issue) (Issued, error) {
	var out Issued
	if i.BatchRows == 0 {
		i.BatchRows = defaultBatchRows
	}
	if i.BatchRows < 1 || i.BatchRows > currency.MaxRows {
		return out, currency.TooLarge.Errorf("%d rows in a batch, 1 to %d are allowed", i.BatchRows, currency.MaxRows)
	}
	run, resumed, err := c.takeUp(ctx, i)
	if err != nil {
		return out, err
	}
	out.Run = run
	p := &issuing{Issue: i, currency: c, resumed: resumed}
	if p.roster, err = layRoster(i.Rows, run.Batches); err != nil {
		return out, err
	}
	err = p.all(ctx)
	p.sum(&out)
	if err != nil {
		return out, err
	}
	if i.KeepOpen || run.Closed {
		return out, nil
	}
	out.Run, err = c.CloseRun(ctx, currency.RecordOperation{
		Operation: i.operation("close"), RecordQuery: currency.RecordQuery{Program: i.Program, ID: i.Run},
	})
	return out, err
}

// takeUp opens the run, or finds it opened before for the same rows.
func (c *Currency) takeUp(ctx context.Context, i Issue) (run currency.Run, resumed bool, err error) {
	run, err = c.Run(ctx, i.Program, i.Run)
	if errors.Is(err, currency.RunUnknown) {
		if run, err = c.open(ctx, i); !errors.Is(err, currency.RunExists) {
			return run, false, err
		}
		run, err = c.Run(ctx, i.Program, i.Run) // somebody else opened it just now
	}
	if err != nil {
		return run, true, err
	}
	rules, err := c.Policy(ctx, i.Program, run.Policy)
	if err != nil {
		return run, true, err
	}
	return run, true, i.check(run, rules)
}

func (c *Currency) open(ctx context.Context, i Issue) (currency.Run, error) {
	rules, err := c.Policy(ctx, i.Program, 0)
	if err != nil {
		return currency.Run{}, err
	}
	request := currency.OpenRun{
		Operation: i.operation("open"), Program: i.Program, ID: i.Run, Unit: i.Unit, Source: i.Source, Purpose: i.Purpose,
	}
	var total, bonus int64
	for places := range slices.Chunk(byRecipient(i.Rows), i.BatchRows) {
		rows := make([]currency.Row, len(places))
		for n, place := range places {
			rows[n] = i.Rows[place]
		}
		a, err := currency.Announce(rows, i.Source, rules)
		if err != nil {
			return currency.Run{}, err
		}
		request.Batches = append(request.Batches, a)
		total, bonus = total+a.Total, bonus+a.Bonus
	}
	if request.Draws, err = c.fill(ctx, i, total, bonus); err != nil {
		return currency.Run{}, err
	}
	return c.OpenRun(ctx, request)
}

// fill gives amounts to the draws that have none. The last one of a kind gets
// all that is missing, so that a fund too small is refused with its figures.
func (c *Currency) fill(ctx context.Context, i Issue, total, bonus int64) ([]currency.Draw, error) {
	draws := slices.Clone(i.Draws)
	needs := map[bool]int64{true: total, false: bonus} // from deposits, from appropriations
	if i.Source != currency.Principal {
		needs = map[bool]int64{false: total}
	}
	last := map[bool]int{}
	for n, d := range draws {
		needs[d.Deposit != ""] -= d.Amount
		if d.Amount == 0 {
			last[d.Deposit != ""] = n
		}
	}
	for n := range draws {
		d := &draws[n]
		if d.Amount != 0 {
			continue
		}
		fromDeposits := d.Deposit != ""
		amount := max(0, needs[fromDeposits])
		if n != last[fromDeposits] {
			left, err := c.left(ctx, i.Program, *d)
			if err != nil {
				return nil, err
			}
			amount = min(amount, left)
		}
		d.Amount = amount
		needs[fromDeposits] -= amount
	}
	return slices.DeleteFunc(draws, func(d currency.Draw) bool { return d.Amount == 0 }), nil
}

func (c *Currency) left(ctx context.Context, program string, d currency.Draw) (int64, error) {
	if d.Deposit != "" {
		deposit, err := c.Deposit(ctx, program, d.Deposit)
		return deposit.Left, err
	}
	appropriation, err := c.Appropriation(ctx, program, d.Appropriation)
	return appropriation.Left, err
}

// check returns RUN_EXISTS unless the run announced these very rows.
func (i Issue) check(run currency.Run, rules currency.Policy) error {
	var rows int
	for _, b := range run.Batches {
		rows += b.Rows
	}
	if run.Unit != i.Unit || run.Source != i.Source || run.Purpose != i.Purpose || rows != len(i.Rows) {
		return currency.RunExists.Errorf("%s was opened for %d rows of %s in %s for purpose %q, these are %d rows of %s in %s for %q; give this issue a run id of its own",
			i.Run, rows, run.Source, run.Unit, run.Purpose, len(i.Rows), i.Source, i.Unit, i.Purpose)
	}
	batches, err := Batches(run, i.Rows)
	if err != nil {
		return err
	}
	for n, rows := range batches {
		a, err := currency.Announce(rows, i.Source, rules)
		if err != nil {
			return err
		}
		if a != run.Batches[n] {
			return currency.RunExists.Errorf("%s was opened for other rows: batch %d announced %d won with digest %s, these are %d won with digest %s",
				i.Run, n, run.Batches[n].Total, run.Batches[n].Digest, a.Total, a.Digest)
		}
	}
	return nil
}

// operation derives the id of a step, so that a repetition is known as one.
func (i Issue) operation(step string) call.Operation {
	sum := sha256.Sum256([]byte("issue\x00" + i.Program + "\x00" + i.Run + "\x00" + step))
	return call.Operation{Op: "issue." + hex.EncodeToString(sum[:16])}
}

// issuing is an issue whose run is open.
type issuing struct {
	Issue
	currency *Currency
	resumed  bool
	roster

	mu       sync.Mutex
	done     map[int]currency.Batch
	before   int // batches that had been issued before
	progress IssueProgress
}

// all issues the batches, several at a time. After the first error no further
// one is begun, and those under way are waited for.
func (p *issuing) all(ctx context.Context) error {
	p.done = map[int]currency.Batch{}
	p.progress = IssueProgress{Batches: len(p.batches), Rows: len(p.Rows)}
	p.report()
	parallel := p.Parallel
	if parallel < 1 {
		parallel = defaultParallel
	}
	var (
		workers sync.WaitGroup
		next    = make(chan int)
		failed  = make(chan error, parallel)
	)
	for range min(parallel, len(p.batches)) {
		workers.Go(func() {
			for n := range next {
				if err := p.one(ctx, n); err != nil {
					failed <- fmt.Errorf("batch %d of run %s: %w", n, p.Run, err)
					return
				}
			}
		})
	}
	var err error
	for n := range p.batches {
		select {
		case next <- n:
			continue
		case err = <-failed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		break
	}
	close(next)
	workers.Wait()
	select {
	case late := <-failed:
		if err == nil {
			err = late
		}
	default:
	}
	return err
}

func (p *issuing) one(ctx context.Context, n int) error {
	if p.resumed {
		b, err := p.currency.Batch(ctx, p.Program, p.Run, n)
		if err == nil {
			p.finish(n, b, true)
			return nil
		}
		if !errors.Is(err, currency.BatchUnknown) {
			return err
		}
	}
	request := currency.IssueBatch{
		Operation: p.operation(strconv.Itoa(n)), Program: p.Program, Run: p.Run, Batch: n, Rows: p.batches[n],
	}
	for try := 1; ; try++ {
		b, err := p.currency.IssueBatch(ctx, request)
		var e *Error
		switch {
		case err == nil:
			p.finish(n, b, false)
			return nil
		case errors.Is(err, currency.BatchDone): // by another officer, who issues the same run
			if b, err = p.currency.Batch(ctx, p.Program, p.Run, n); err == nil {
				p.finish(n, b, true)
			}
			return err
		case try <= issueRetries && errors.As(err, &e) && (e.InDoubt() || e.Temporary()) && pause(ctx, time.Duration(try)*issuePause):
			continue // the operation id keeps it from being issued twice
		default:
			return err
		}
	}
}

func (p *issuing) finish(n int, b currency.Batch, before bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[n] = b
	if before {
		p.before++
	}
	p.progress.BatchesDone++
	p.progress.RowsDone += len(p.batches[n])
	p.progress.Won += b.Issued + b.Bonus
	p.progress.Failed += len(b.Failed)
	p.report()
}

func (p *issuing) report() {
	if p.Progress != nil {
		p.Progress(p.progress)
	}
}

func (p *issuing) sum(out *Issued) {
	out.Resumed = p.before
	for n := range p.batches {
		b, ok := p.done[n]
		if !ok {
			continue
		}
		out.Rows += b.Rows
		out.Issued += b.Issued
		out.Bonus += b.Bonus
		for _, f := range b.Failed {
			row := p.batches[n][f.Row]
			out.Failed = append(out.Failed, FailedRow{Row: p.places[n][f.Row], To: row.To, Amount: row.Amount, Code: f.Code, Detail: f.Detail})
		}
	}
	slices.SortFunc(out.Failed, func(a, b FailedRow) int { return a.Row - b.Row })
}
