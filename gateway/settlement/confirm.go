// SPDX-License-Identifier: Apache-2.0

package settlement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Outcome says what became of a row.
type Outcome string

// The outcomes. Before and Repeated are as good as Paid.
const (
	Paid     Outcome = "paid"     // recorded now
	Before   Outcome = "before"   // the same was recorded before
	Repeated Outcome = "repeated" // the same row stands further up
	Refused  Outcome = "refused"  // Code and Detail say why
)

// Result is what became of one row, in the order of the file.
type Result struct {
	Row int `json:"row"` // from 1
	Confirmation
	Outcome Outcome `json:"outcome"`
	Code    string  `json:"code,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// Ledger is the part of the currency contract that confirming needs.
type Ledger interface {
	Redemption(ctx context.Context, program, account string, seq int64) (currency.Redemption, error)
	ConfirmPayout(ctx context.Context, r currency.ConfirmPayout) (currency.Payout, error)
}

// Confirming is a bank's file to be recorded.
type Confirming struct {
	Program  string
	Unit     string // the programme's
	File     *Confirmations
	Parallel int                   // rows under way at a time; 0 is 8
	Progress func(done, total int) // called after each row, never twice at a time; may be nil
}

const defaultParallel = 8

// Confirm records each transfer of the file with the ledger. A row that is
// refused is no error and holds no other up: an unknown reference is
// REDEMPTION_UNKNOWN, another amount than claimed INVALID_AMOUNT, a redemption
// paid under another of the bank's references REDEMPTION_PAID, the bank's reference
// of another payout PAYOUT_EXISTS, another unit UNIT_MISMATCH, one whose account was frozen
// when it was sent REDEMPTION_WITHHELD. Of rows that contradict one
// another (one reference paid twice, one bank's reference for two) none is recorded.
//
// An error (the peer is gone, the role is missing) ends it after the rows that are under way;
// results then hold what was done. The same file may be sent again at any time: what
// was recorded stays as it is.
func (c Confirming) Confirm(ctx context.Context, ledger Ledger) ([]Result, error) {
	w := &work{Confirming: c, ledger: ledger, results: make([]Result, len(c.File.Rows)), same: map[int]int{}}
	todo := w.sort()
	parallel := c.Parallel
	if parallel < 1 {
		parallel = defaultParallel
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(parallel, len(todo)) {
		workers.Go(func() {
			for i := range next {
				if err := w.one(ctx, i); err != nil {
					cancel(fmt.Errorf("row %d: %w", i+1, err))
				}
			}
		})
	}
	for _, i := range todo {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	w.again()
	if ctx.Err() == nil {
		return w.results, nil
	}
	var done []Result
	for _, r := range w.results {
		if r.Outcome != "" {
			done = append(done, r)
		}
	}
	return done, context.Cause(ctx)
}

type work struct {
	Confirming
	ledger  Ledger
	results []Result
	same    map[int]int // rows that say what an earlier one says, and which

	mu   sync.Mutex
	done int
}

// sort settles all rows that need no asking, and returns the others.
func (w *work) sort() (todo []int) {
	first := map[Confirmation]int{}
	byRedemption, byBankRef := map[currency.ReceiptName][]int{}, map[string][]int{}
	for i, c := range w.File.Rows {
		w.results[i] = Result{Row: i + 1, Confirmation: c}
		name, err := c.check(w.Program, w.Unit)
		if err != nil {
			w.finish(i, Refused, err)
			continue
		}
		same := c
		same.Reference, _ = NewReference(w.Program, name) // one spelling; a name read from one makes one
		if at, twice := first[same]; twice {
			w.same[i] = at // told once it is known what becomes of the first
			continue
		}
		first[same] = i
		byRedemption[name], byBankRef[c.BankRef] = append(byRedemption[name], i), append(byBankRef[c.BankRef], i)
		todo = append(todo, i)
	}
	contradicted := map[int]error{}
	for name, rows := range byRedemption {
		for _, i := range rows {
			if len(rows) > 1 {
				contradicted[i] = currency.RedemptionPaid.Errorf("rows %s of the file pay redemption %s differently: none is recorded", numbers(rows), name)
			}
		}
	}
	for ref, rows := range byBankRef {
		for _, i := range rows {
			if len(rows) > 1 {
				contradicted[i] = currency.PayoutExists.Errorf("rows %s of the file are different transfers under the bank's reference %s: none is recorded", numbers(rows), ref)
			}
		}
	}
	sound := todo[:0]
	for _, i := range todo {
		if err := contradicted[i]; err != nil {
			w.finish(i, Refused, err)
		} else {
			sound = append(sound, i)
		}
	}
	return sound
}

// again settles the rows that say what an earlier one says, where that one is settled.
func (w *work) again() {
	for i := range w.results {
		at, twice := w.same[i]
		if !twice || w.results[at].Outcome == "" {
			continue
		}
		first := w.results[at]
		if first.Outcome != Refused {
			w.finish(i, Repeated, nil)
			w.results[i].Detail = "the same as row " + strconv.Itoa(at+1)
			continue
		}
		w.finish(i, Refused, nil)
		w.results[i].Code, w.results[i].Detail = first.Code, first.Detail
	}
}

func numbers(rows []int) string {
	text := ""
	for _, i := range rows {
		text += ", " + strconv.Itoa(i+1)
	}
	return text[2:]
}

// one records a row. It returns an error where the ledger could not be asked.
func (w *work) one(ctx context.Context, i int) error {
	c := w.File.Rows[i]
	name, err := c.Reference.Redemption(w.Program)
	if err != nil {
		return err // not reached: it was checked
	}
	claimed, err := w.ledger.Redemption(ctx, w.Program, name.Holder, name.Seq)
	if err == nil && claimed.Paid == c.BankRef && claimed.Amount == c.Amount {
		w.finish(i, Before, nil)
		return nil
	}
	if err == nil {
		_, err = claimed.Pay(c.BankRef, c.Amount)
	}
	if err == nil {
		_, err = w.ledger.ConfirmPayout(ctx, currency.ConfirmPayout{
			Operation: w.operation(name, c), Program: w.Program, Ref: c.BankRef, Account: name.Holder, Seq: name.Seq, Amount: c.Amount, Sent: c.sent(),
		})
	}
	if err == nil {
		w.finish(i, Paid, nil)
		return nil
	}
	for _, own := range []*code.Code{currency.RedemptionUnknown, currency.RedemptionPaid, currency.RedemptionRecalled, currency.PayoutExists, currency.InvalidAmount, currency.RedemptionWithheld, currency.InvalidID} {
		if errors.Is(err, own) {
			w.finish(i, Refused, err)
			return nil
		}
	}
	return err
}

func (w *work) finish(i int, outcome Outcome, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &w.results[i]
	r.Outcome = outcome
	if err != nil {
		r.Detail = err.Error()
		if e := code.Of(err); e != nil {
			r.Code, r.Detail = e.Code.Name, e.Error()
		}
	}
	w.done++
	if w.Progress != nil {
		w.Progress(w.done, len(w.results))
	}
}

// operation derives the id of a row, so that a repetition is known as one.
func (w *work) operation(name currency.ReceiptName, c Confirmation) call.Operation {
	sum := sha256.Sum256([]byte("payout\x00" + w.Program + "\x00" + name.String() + "\x00" + c.BankRef + "\x00" + strconv.FormatInt(c.Amount, 10)))
	return call.Operation{Op: "payout." + hex.EncodeToString(sum[:16])}
}
