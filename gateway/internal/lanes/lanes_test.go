// SPDX-License-Identifier: Apache-2.0

package lanes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
)

// world is a town on an in-memory ledger with lanes to it.
type world struct {
	*gatewaytest.Town
	t      *testing.T
	ledger *gatewaytest.Ledger
	lanes  *lanes.Lanes
	seqs   map[string]int64
}

const endowment = 10_000

// newWorld opens accounts for residents and has each claim the endowment.
func newWorld(t *testing.T, residents int, o lanes.Options) *world {
	t.Helper()
	o.InFlight = max(o.InFlight, 1) // one transaction at a time, unless a test is about several
	ledger := gatewaytest.NewLedger(t)
	ledger.At(time.Now())
	w := &world{
		t: t, ledger: ledger, Town: gatewaytest.NewTown(t, ledger, gatewaytest.Place, "nowon"),
		lanes: lanes.New(ledger, o), seqs: map[string]int64{},
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.lanes.Close(ctx); err != nil {
			t.Errorf("close lanes: %v", err)
		}
	})
	w.committed(w.send(w.Join(residents)...)...)
	w.Issue(endowment)
	var claims []string
	for _, h := range w.Resident {
		claims = append(claims, gatewaytest.Must(h.Claim(currency.Claim{Seq: w.next(h), Claims: w.credits(h)})))
	}
	w.committed(w.send(claims...)...)
	return w
}

func (w *world) next(h *gateway.Holder) int64 {
	w.seqs[h.Account()]++
	return w.seqs[h.Account()]
}

// pay is the next payment order of a resident to the stall.
func (w *world) pay(h *gateway.Holder, amount int64) string {
	return gatewaytest.Must(h.Payment(currency.Payment{Seq: w.next(h), To: "stall", Amount: amount}))
}

// ticket is an order on its way.
type ticket struct {
	order   string
	done    chan struct{}
	outcome lanes.Outcome
}

func (w *world) enqueue(order string) (*ticket, error) {
	o, err := currency.ParseOrder(order, gatewaytest.Place, currency.Orders...)
	if err != nil {
		w.t.Fatal(err)
	}
	tk := &ticket{order: order, done: make(chan struct{})}
	return tk, w.lanes.Enqueue(&lanes.Job{
		Order: o, Compact: order, Deadline: time.Now().Add(10 * time.Second),
		Settle: func(out lanes.Outcome) { tk.outcome = out; close(tk.done) },
	})
}

func (w *world) send(orders ...string) []*ticket {
	w.t.Helper()
	all := make([]*ticket, len(orders))
	for i, o := range orders {
		tk, err := w.enqueue(o)
		if err != nil {
			w.t.Fatalf("order %d: %v", i, err)
		}
		all[i] = tk
	}
	return all
}

func (w *world) wait(tk *ticket) lanes.Outcome {
	w.t.Helper()
	select {
	case <-tk.done:
		return tk.outcome
	case <-time.After(20 * time.Second):
		w.t.Fatal("not settled within 20 s")
		return lanes.Outcome{}
	}
}

func (w *world) committed(tickets ...*ticket) {
	w.t.Helper()
	for i, tk := range tickets {
		if out := w.wait(tk); out.Err != nil {
			w.t.Fatalf("order %d: %v", i, out.Err)
		}
	}
}

func (w *world) refusedAs(tk *ticket, target error) {
	w.t.Helper()
	if out := w.wait(tk); !errors.Is(out.Err, target) {
		w.t.Fatalf("outcome %+v, expected %v", out, target)
	}
}

func ask[T any](w *world, function string, query any) T {
	w.t.Helper()
	raw, err := w.ledger.Evaluate(context.Background(), function, string(gatewaytest.Must(json.Marshal(query))))
	if err != nil {
		w.t.Fatalf("%s: %v", function, err)
	}
	var result T
	if err := json.Unmarshal(raw, &result); err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *world) own(h *gateway.Holder) currency.OwnQuery {
	return currency.OwnQuery{
		PageQuery: currency.PageQuery{Program: w.Program}, Account: h.Account(), Read: gatewaytest.Must(h.Read()),
	}
}

func (w *world) credits(h *gateway.Holder) []currency.CreditName {
	w.t.Helper()
	var names []currency.CreditName
	for _, e := range ask[call.Page[currency.Credit]](w, "Credits", w.own(h)).Records {
		names = append(names, gatewaytest.Must(gateway.CreditName(e)))
	}
	return names
}

// has checks what a resident holds and how many orders were carried out.
func (w *world) has(h *gateway.Holder, won, seq int64) {
	w.t.Helper()
	if p := ask[currency.PurseView](w, "Purse", w.own(h)); p.Total != won || p.Seq != seq {
		w.t.Fatalf("account %s holds %d won at seq %d, expected %d at %d", h.Account(), p.Total, p.Seq, won, seq)
	}
}

// held keeps the first batch that is submitted until release is called; submitted tells that it is there.
func (w *world) held() (submitted <-chan struct{}, release func()) {
	there, gate := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	var open sync.Once
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func([]string) error {
			if held.CompareAndSwap(false, true) {
				close(there)
				<-gate
			}
			return nil
		}
	})
	release = func() { open.Do(func() { close(gate) }) }
	w.t.Cleanup(release)
	return there, release
}

// gathered keeps the first resident's payment under way until release is called;
// those of the others wait for one batch.
func (w *world) gathered() (tickets []*ticket, release func()) {
	w.t.Helper()
	submitted, release := w.held()
	tickets = w.send(w.pay(w.Resident[0], 1))
	<-submitted
	for _, h := range w.Resident[1:] {
		tickets = append(tickets, w.send(w.pay(h, 100))...)
	}
	return tickets, release
}

// sendsElsewhere has a payer's next order, for 9 won, carried out on a second path.
func (w *world) sendsElsewhere(h *gateway.Holder, seq int64) error {
	items, err := w.ledger.Carry(gatewaytest.Must(h.Payment(currency.Payment{Seq: seq, To: "stall", Amount: 9})))
	if err == nil && items[0].Code != "" {
		err = errors.New(items[0].Detail)
	}
	return err
}

func TestOrdersThatArriveMeanwhileShareABlock(t *testing.T) {
	w := newWorld(t, 40, lanes.Options{Lanes: 1, MaxBatch: 25})
	submitted, release := w.held()
	height := w.ledger.Height()
	first := w.send(w.pay(w.Resident[0], 100))
	<-submitted
	var orders []string
	for _, h := range w.Resident[1:] {
		orders = append(orders, w.pay(h, 100))
	}
	rest := w.send(orders...)
	release()
	w.committed(append(first, rest...)...)
	if blocks := w.ledger.Height() - height; blocks != 3 {
		t.Errorf("%d blocks, expected one order alone, then 25, then 14", blocks)
	}
	for _, h := range w.Resident {
		w.has(h, endowment-100, 2)
	}
}

func TestOrdersOfOnePayerKeepTheirOrder(t *testing.T) {
	w := newWorld(t, 3, lanes.Options{Lanes: 2})
	var orders []string
	for range 30 {
		for _, h := range w.Resident {
			orders = append(orders, w.pay(h, 10))
		}
	}
	w.committed(w.send(orders...)...)
	for _, h := range w.Resident {
		w.has(h, endowment-300, 31)
	}
}

func TestReplayGetsTheFirstResult(t *testing.T) {
	w := newWorld(t, 1, lanes.Options{})
	order := w.pay(w.Resident[0], 100)
	first := w.wait(w.send(order)[0])
	height := w.ledger.Height()
	again := w.wait(w.send(order)[0])
	if again.Err != nil || !again.Replayed || again.Tx != first.Tx || first.Replayed {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if w.ledger.Height() != height {
		t.Error("a replay was submitted")
	}
	w.has(w.Resident[0], endowment-100, 2)
}

func TestSameOrderTwiceInABatch(t *testing.T) {
	w := newWorld(t, 2, lanes.Options{Lanes: 1})
	submitted, release := w.held()
	w.send(w.pay(w.Resident[1], 1))
	<-submitted
	order := w.pay(w.Resident[0], 100)
	twice := w.send(order, order)
	release()
	w.committed(twice...)
	if a, b := twice[0].outcome, twice[1].outcome; a.Tx != b.Tx || a.Replayed || !b.Replayed {
		t.Errorf("%+v and %+v", a, b)
	}
	w.has(w.Resident[0], endowment-100, 2)
}

func TestOpeningAgainIsAReplay(t *testing.T) {
	w := newWorld(t, 0, lanes.Options{})
	order := w.Join(1)[0]
	first := w.send(order)
	w.committed(first...)
	height := w.ledger.Height()
	if out := w.wait(w.send(order)[0]); out.Err != nil || !out.Replayed || out.Tx != first[0].outcome.Tx {
		t.Errorf("outcome %+v", out)
	}
	if w.ledger.Height() != height {
		t.Error("a replay was submitted")
	}
}

func TestRefusalsAreAnsweredWithoutSubmitting(t *testing.T) {
	w := newWorld(t, 1, lanes.Options{})
	h := w.Resident[0]
	height := w.ledger.Height()
	ahead := gatewaytest.Must(h.Payment(currency.Payment{Seq: 9, To: "stall", Amount: 1}))
	poor := gatewaytest.Must(h.Payment(currency.Payment{Seq: 2, To: "stall", Amount: endowment + 1}))
	nobody := gatewaytest.Must(h.Payment(currency.Payment{Seq: 2, To: "nobody", Amount: 1}))
	w.refusedAs(w.send(ahead)[0], currency.SeqAhead)
	w.refusedAs(w.send(poor)[0], currency.InsufficientFunds)
	w.refusedAs(w.send(nobody)[0], currency.MerchantUnknown)
	if w.ledger.Height() != height {
		t.Error("a batch of refusals was submitted")
	}
	w.has(h, endowment, 1)
}

// forge changes an order's signature.
func forge(order string) string {
	at := strings.LastIndexByte(order, '.') + 1
	first := "A"
	if order[at] == 'A' {
		first = "B"
	}
	return order[:at] + first + order[at+1:]
}

func TestForgedOrderHarmsNobodyInItsBatch(t *testing.T) {
	w := newWorld(t, 3, lanes.Options{Lanes: 1})
	submitted, release := w.held()
	w.send(w.pay(w.Resident[0], 1))
	<-submitted
	victim := w.Resident[1]
	good := w.pay(victim, 100)
	out := w.send(forge(good), good, w.pay(w.Resident[2], 7))
	release()
	w.refusedAs(out[0], code.BadSignature)
	w.committed(out[1:]...)
	w.has(victim, endowment-100, 2)
	w.has(w.Resident[2], endowment-7, 2)
}

func TestPayerOnASecondPathHoldsUpNobody(t *testing.T) {
	w := newWorld(t, 21, lanes.Options{Lanes: 1})
	spender := w.Resident[7]
	out, release := w.gathered()
	after := w.send(w.pay(spender, 50)) // seq 3
	var batches atomic.Int32
	var once sync.Once
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func([]string) error {
			batches.Add(1)
			var err error
			once.Do(func() { err = w.sendsElsewhere(spender, 2) }) // between endorsement and commit
			return err
		}
	})
	release()
	w.committed(after...)
	for i, tk := range out {
		if i == 7 {
			w.refusedAs(tk, currency.SeqUsed)
			continue
		}
		w.committed(tk)
	}
	for i, h := range w.Resident {
		if i != 0 && i != 7 {
			w.has(h, endowment-100, 2)
		}
	}
	w.has(spender, endowment-9-50, 3)
	if n := batches.Load(); n != 2 {
		t.Errorf("%d transactions, expected the one that conflicts, and the one made anew", n)
	}
}

// Who spends elsewhere again while the batch is made anew is left behind.
func TestPayerWhoMovesTwiceIsLeftBehind(t *testing.T) {
	w := newWorld(t, 5, lanes.Options{Lanes: 1})
	spender := w.Resident[3]
	tickets, release := w.gathered()
	var sizes []int
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			if sizes = append(sizes, len(batch)); len(sizes) > 2 {
				return nil
			}
			return w.sendsElsewhere(spender, int64(len(sizes))+1)
		}
	})
	release()
	for i, tk := range tickets {
		if i == 3 {
			w.refusedAs(tk, currency.SeqUsed)
		} else {
			w.committed(tk)
		}
	}
	if len(sizes) != 3 || sizes[0] != 4 || sizes[2] != 3 {
		t.Errorf("transactions of %v orders, expected all twice, then those who did not move", sizes)
	}
	w.has(spender, endowment-18, 3)
}

// Who once spent on a second path goes on alone for a while, and conflicts with
// nobody's batch again.
func TestPayerOnASecondPathIsKeptApart(t *testing.T) {
	w := newWorld(t, 6, lanes.Options{Lanes: 1})
	first, spender := w.Resident[0], w.Resident[3]
	reached, gate := make(chan struct{}), make(chan struct{}) // the order of first is there, and may go on
	var shared atomic.Int32                                   // transactions of several payers
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			if len(batch) == 1 {
				if o := gatewaytest.Must(currency.ParseOrder(batch[0], gatewaytest.Place, currency.TypPayment)); o.Holder == first.Account() {
					reached <- struct{}{}
					<-gate
				}
				return nil
			}
			shared.Add(1)
			if len(batch) < len(w.Resident)-1 {
				return nil
			}
			// The spender's order is in it: meanwhile the spender spends elsewhere.
			second := gatewaytest.Must(spender.Payment(currency.Payment{Seq: w.seqs[spender.Account()], To: "stall", Amount: 9}))
			_, err := w.ledger.Carry(second)
			return err
		}
	})
	round := func() (transactions int32) {
		before := shared.Load()
		tickets := w.send(w.pay(first, 1))
		<-reached
		for _, h := range w.Resident[1:] {
			tickets = append(tickets, w.send(w.pay(h, 100))...)
		}
		gate <- struct{}{}
		for i, tk := range tickets {
			if out := w.wait(tk); out.Err != nil && i != 3 {
				t.Errorf("order %d: %v", i, out.Err)
			}
		}
		return shared.Load() - before
	}
	if n := round(); n != 2 {
		t.Errorf("%d transactions, expected the one that conflicts, and the rest", n)
	}
	if n := round(); n != 1 {
		t.Errorf("%d transactions, expected one without the spender", n)
	}
}

func TestFreezeWins(t *testing.T) {
	w := newWorld(t, 5, lanes.Options{Lanes: 1})
	frozen := w.Resident[2]
	var once sync.Once
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			if len(batch) > 1 {
				once.Do(func() { w.Freeze(frozen) })
			}
			return nil
		}
	})
	var orders []string
	for _, h := range w.Resident {
		orders = append(orders, w.pay(h, 100), w.pay(h, 100))
	}
	out := w.send(orders...)
	var refused int
	for i, tk := range out {
		if err := w.wait(tk).Err; err != nil {
			// Its second order finds that the first was not carried out.
			if i/2 != 2 || !errors.Is(err, currency.HolderFrozen) && (i != 5 || !errors.Is(err, currency.SeqAhead)) {
				t.Errorf("order %d: %v", i, err)
			}
			refused++
		}
	}
	if refused == 0 {
		t.Error("nobody was refused: the freeze came too late to show anything")
	}
	p := ask[currency.PurseView](w, "Purse", w.own(frozen))
	if want := int64(endowment - 100*(2-refused)); p.Total != want {
		t.Errorf("the frozen account holds %d won, expected %d", p.Total, want)
	}
}

func TestRefusalBehindAnEarlierOrderWaitsForIt(t *testing.T) {
	w := newWorld(t, 2, lanes.Options{Lanes: 1})
	h := w.Resident[0]
	submitted, release := w.held()
	w.send(w.pay(w.Resident[1], 1))
	<-submitted
	// In one batch: the second order has too little left, because of the first.
	out := w.send(w.pay(h, endowment), gatewaytest.Must(h.Payment(currency.Payment{Seq: 3, To: "stall", Amount: 1})))
	var once sync.Once
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			if len(batch) == 2 {
				once.Do(func() {
					select {
					case <-out[1].done:
						t.Error("answered before the order it depends on was committed")
					default:
					}
				})
			}
			return nil
		}
	})
	release()
	w.committed(out[0])
	w.refusedAs(out[1], currency.InsufficientFunds)
	w.has(h, 0, 2)
}

func TestLostAnswersAndOutagesAreSatOut(t *testing.T) {
	for _, c := range []struct {
		name string
		hook func(l *gatewaytest.Ledger, fail func([]string) error)
	}{
		{"no peer to endorse", func(l *gatewaytest.Ledger, fail func([]string) error) { l.BeforeEndorse = fail }},
		{"no orderer", func(l *gatewaytest.Ledger, fail func([]string) error) { l.BeforeSubmit = fail }},
		{"answer lost after the commit", func(l *gatewaytest.Ledger, fail func([]string) error) { l.AfterSubmit = fail }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3, lanes.Options{Lanes: 1})
			var failures atomic.Int32
			w.ledger.Hooks(func(l *gatewaytest.Ledger) {
				c.hook(l, func([]string) error {
					if failures.Add(1) <= 3 {
						return gatewaytest.Gone
					}
					return nil
				})
			})
			var orders []string
			for _, h := range w.Resident {
				orders = append(orders, w.pay(h, 100))
			}
			w.committed(w.send(orders...)...)
			for _, h := range w.Resident {
				w.has(h, endowment-100, 2)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	for _, c := range []struct {
		name    string
		inDoubt bool
		hook    func(l *gatewaytest.Ledger)
	}{
		{"never endorsed", false, func(l *gatewaytest.Ledger) {
			l.BeforeEndorse = func([]string) error { return gatewaytest.Gone }
		}},
		{"committed unseen", true, func(l *gatewaytest.Ledger) {
			l.AfterSubmit = func([]string) error { return gatewaytest.Gone }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1, lanes.Options{Lanes: 1})
			w.ledger.Hooks(c.hook)
			order := w.pay(w.Resident[0], 100)
			o := gatewaytest.Must(currency.ParseOrder(order, gatewaytest.Place, currency.TypPayment))
			settled := make(chan lanes.Outcome, 1)
			if err := w.lanes.Enqueue(&lanes.Job{
				Order: o, Compact: order, Deadline: time.Now().Add(2 * time.Second),
				Settle: func(out lanes.Outcome) { settled <- out },
			}); err != nil {
				t.Fatal(err)
			}
			var failed *lanes.Failure
			if out := <-settled; !errors.As(out.Err, &failed) || failed.InDoubt != c.inDoubt || (failed.Tx != "") != c.inDoubt {
				t.Fatalf("outcome %+v", out)
			}
			w.ledger.Hooks(func(l *gatewaytest.Ledger) { l.BeforeEndorse, l.AfterSubmit = nil, nil })
			// Whatever it was, sending the same order again settles it.
			if out := w.wait(w.send(order)[0]); out.Err != nil || out.Replayed != c.inDoubt {
				t.Fatalf("outcome %+v", out)
			}
			w.has(w.Resident[0], endowment-100, 2)
		})
	}
}

func TestFullLaneRefuses(t *testing.T) {
	w := newWorld(t, 3, lanes.Options{Lanes: 1, Queue: 5})
	submitted, release := w.held()
	h := w.Resident[0]
	first := w.send(w.pay(h, 1))
	<-submitted
	var waiting []*ticket
	for range 5 {
		waiting = append(waiting, w.send(w.pay(h, 1))...)
	}
	if _, err := w.enqueue(w.pay(h, 1)); !errors.Is(err, lanes.ErrOverloaded) {
		t.Errorf("error %v", err)
	}
	release()
	w.committed(append(first, waiting...)...)
	w.has(h, endowment-6, 7)
}

// A lane takes no more than it gets through in MaxWait at its pace, one batch at
// least.
func TestLaneRefusesWhoWouldWaitTooLong(t *testing.T) {
	w := newWorld(t, 1, lanes.Options{Lanes: 1, MaxBatch: 2, MaxWait: time.Nanosecond})
	h := w.Resident[0]
	w.committed(w.send(w.pay(h, 1))...) // shows the pace
	submitted, release := w.held()
	first := w.send(w.pay(h, 1))
	<-submitted
	waiting := w.send(w.pay(h, 1), w.pay(h, 1))
	if _, err := w.enqueue(w.pay(h, 1)); !errors.Is(err, lanes.ErrOverloaded) {
		t.Errorf("error %v", err)
	}
	release()
	w.committed(append(first, waiting...)...)
}

func TestCloseSettlesWhatWasTaken(t *testing.T) {
	w := newWorld(t, 2, lanes.Options{Lanes: 1})
	submitted, release := w.held()
	out := w.send(w.pay(w.Resident[0], 1))
	<-submitted
	out = append(out, w.send(w.pay(w.Resident[1], 1))...)
	closed := make(chan error, 1)
	go func() { closed <- w.lanes.Close(context.Background()) }()
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, err := w.enqueue(gatewaytest.Must(w.Resident[1].Payment(currency.Payment{Seq: 99, To: "stall", Amount: 1})))
		if errors.Is(err, lanes.ErrStopped) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still taking orders: %v", err)
		}
	}
	release()
	w.committed(out...)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestABatchNamesNoMoreCreditsThanATransactionTakes(t *testing.T) {
	for name, order := range map[string]func(w *world, h *gateway.Holder, names []currency.CreditName) string{
		"claims": func(w *world, h *gateway.Holder, names []currency.CreditName) string {
			return gatewaytest.Must(h.Claim(currency.Claim{Seq: w.next(h), Claims: names}))
		},
		"charges": func(w *world, h *gateway.Holder, names []currency.CreditName) string { // the payer's token names them
			token := gatewaytest.Must(h.Token(currency.Token{Seq: w.next(h), Max: 1, Claims: names, Exp: w.ledger.Now().Add(time.Minute).Unix()}))
			return gatewaytest.Must(w.Stall.Charge(currency.Charge{To: "stall", Amount: 1, Token: token}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3, lanes.Options{Lanes: 1})
			submitted, release := w.held()
			w.send(w.pay(w.Resident[0], 1))
			<-submitted
			// 400 names each, all but one unknown: together they would pass the 500 of a transaction.
			w.Issue(50)
			var orders []string
			for _, h := range w.Resident[1:] {
				names := w.credits(h)
				for n := range 399 {
					names = append(names, currency.NewCreditName("00000000000000000000000000000000000000000000000000000000000000aa", n))
				}
				orders = append(orders, order(w, h, names))
			}
			out := w.send(orders...)
			release()
			w.committed(out...)
			for i, tk := range out {
				if n := len(tk.outcome.Unclaimed); n != 399 {
					t.Errorf("order %d: %d unclaimed, expected 399", i, n)
				}
			}
			if out[0].outcome.Tx == out[1].outcome.Tx {
				t.Error("both went in one transaction")
			}
		})
	}
}

// Half-way of a transaction the next one leaves, with other payers' orders only.
func TestNextTransactionLeavesMeanwhile(t *testing.T) {
	w := newWorld(t, 3, lanes.Options{Lanes: 1, InFlight: 2})
	submitted, release := w.held()
	first := w.send(w.pay(w.Resident[0], 1))
	<-submitted
	again := w.send(w.pay(w.Resident[0], 2))
	w.committed(w.send(w.pay(w.Resident[1], 1), w.pay(w.Resident[2], 1))...)
	select {
	case <-again[0].done:
		t.Error("an order overtook an earlier one of its payer")
	default:
	}
	release()
	w.committed(append(first, again...)...)
	w.has(w.Resident[0], endowment-3, 3)
}

// Whatever is in flight, nothing conflicts and every payer's orders keep their
// order.
func TestCrowdInFlight(t *testing.T) {
	w := newWorld(t, 12, lanes.Options{Lanes: 1, InFlight: 3, MaxBatch: 4})
	var sent sync.Map // an order conflicts where it is sent a second time
	var transactions atomic.Int32
	third := make(chan struct{})
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			for _, order := range batch {
				if _, again := sent.LoadOrStore(order, true); again {
					t.Error("a transaction conflicted")
				}
			}
			switch transactions.Add(1) {
			case 1, 2:
				<-third // three are on their way
			case 3:
				close(third)
			}
			return nil
		}
	})
	var orders []string
	for range 20 {
		for _, h := range w.Resident {
			orders = append(orders, w.pay(h, 10))
		}
	}
	for i, tk := range w.send(orders...) {
		if out := w.wait(tk); out.Err != nil {
			t.Fatalf("order %d: %v", i, out.Err)
		}
	}
	for _, h := range w.Resident {
		w.has(h, endowment-200, 21)
	}
}

// Who is set aside keeps the order of what waited in the lane and of what comes
// afterwards.
func TestSetAsideKeepsOrder(t *testing.T) {
	w := newWorld(t, 5, lanes.Options{Lanes: 1})
	spender := w.Resident[3]
	tickets, release := w.gathered()
	second, third := w.pay(spender, 1), w.pay(spender, 2)
	later := make(chan *ticket, 2)
	var batches atomic.Int32
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func([]string) error {
			switch batches.Add(1) {
			case 1: // it conflicts, while the spender's second order waits in the lane
				later <- gatewaytest.Must(w.enqueue(second))
				return w.sendsElsewhere(spender, 2)
			case 2: // the spender has been set aside, and sends a third
				later <- gatewaytest.Must(w.enqueue(third))
			}
			return nil
		}
	})
	release()
	for i, tk := range tickets {
		if i == 3 {
			w.refusedAs(tk, currency.SeqUsed)
			continue
		}
		w.committed(tk)
	}
	w.committed(<-later, <-later)
	w.has(spender, endowment-9-1-2, 4)
}

// The siding carries its payers together, and once more where one has moved.
func TestSidingSharesATransaction(t *testing.T) {
	w := newWorld(t, 6, lanes.Options{Lanes: 1})
	spenders := w.Resident[3:]
	tickets, release := w.gathered()
	var once sync.Once
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func([]string) (err error) {
			once.Do(func() {
				for _, h := range spenders {
					err = errors.Join(err, w.sendsElsewhere(h, 2))
				}
			})
			return err
		}
	})
	release()
	for i, tk := range tickets {
		if i < 3 {
			w.committed(tk)
		} else {
			w.refusedAs(tk, currency.SeqUsed)
		}
	}
	submitted, release := w.held()
	tickets = w.send(w.pay(spenders[0], 1)) // alone in the siding
	<-submitted
	var sizes []int
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeSubmit = func(batch []string) error {
			sizes = append(sizes, len(batch))
			if len(sizes) == 1 {
				return w.sendsElsewhere(spenders[1], 3)
			}
			return nil
		}
	})
	tickets = append(tickets, w.send(w.pay(spenders[1], 1), w.pay(spenders[2], 1))...)
	release()
	w.committed(tickets[0], tickets[2])
	w.refusedAs(tickets[1], currency.SeqUsed)
	if len(sizes) != 2 || sizes[0] != 2 || sizes[1] != 2 {
		t.Errorf("transactions of %v orders, expected both, then both anew", sizes)
	}
}

// One order that spoils its batch fails alone; where nothing can be endorsed, that is
// seen before each order was tried, and all may be sent again.
func TestSpoiltBatch(t *testing.T) {
	const residents = 65
	for _, c := range []struct {
		name    string
		spoils  func(batch []string, bad string) bool
		asked   int // endorsements of the batch at most
		carried int
	}{
		{"by one", func(batch []string, bad string) bool { return slices.Contains(batch, bad) }, 2*6 + 1, residents - 1},
		{"all", func([]string, string) bool { return true }, 16, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, residents, lanes.Options{Lanes: 1})
			tickets, release := w.gathered()
			bad := tickets[residents/2].order
			asked := 0
			w.ledger.Hooks(func(l *gatewaytest.Ledger) {
				l.BeforeEndorse = func(batch []string) error {
					if asked++; c.spoils(batch, bad) {
						return errors.New("nobody knows why")
					}
					return nil
				}
			})
			release()
			carried := 0
			for _, tk := range tickets {
				var failed *lanes.Failure
				switch out := w.wait(tk); {
				case out.Err == nil:
					carried++
				case !errors.As(out.Err, &failed) || failed.InDoubt:
					t.Fatalf("outcome %+v", out)
				}
			}
			if carried != c.carried || asked > c.asked {
				t.Fatalf("%d of %d carried out, asked %d times", carried, residents, asked)
			}
			w.ledger.Hooks(func(l *gatewaytest.Ledger) { l.BeforeEndorse = nil })
			for _, tk := range tickets {
				w.committed(w.send(tk.order)...)
			}
		})
	}
}

// A batch that cannot be endorsed as a whole is carried in parts. Who is set aside
// of one part takes along what stands in the others.
func TestPartsKeepOrder(t *testing.T) {
	w := newWorld(t, 5, lanes.Options{Lanes: 1})
	early, spender := w.Resident[0], w.Resident[1]
	submitted, release := w.held()
	first := w.send(w.pay(early, 1))
	<-submitted
	orders := []string{w.pay(spender, 1), w.pay(w.Resident[2], 1), w.pay(w.Resident[3], 1), w.pay(spender, 2)}
	own := w.send(orders...)
	second := make(chan struct{}) // the second part is being endorsed
	var reached sync.Once
	moves := 0
	w.ledger.Hooks(func(l *gatewaytest.Ledger) {
		l.BeforeEndorse = func(batch []string) error {
			if len(batch) == 4 {
				return errors.New("too much at once")
			}
			return nil
		}
		l.BeforeSubmit = func(batch []string) error {
			if slices.Contains(batch, orders[2]) {
				reached.Do(func() { close(second) })
			}
			if !slices.Contains(batch, orders[0]) {
				return nil
			}
			if moves++; moves > 2 {
				<-second // in the siding by now
				return nil
			}
			// An officer looks into the spender's account: the order stays good, what it has read does not.
			for _, function := range []string{"FreezeHolder", "UnfreezeHolder"} {
				err := w.ledger.Officer("KomscoMSP", "guard", function, currency.SetFreeze{
					Operation: call.Operation{Op: fmt.Sprint(function, moves)}, Program: w.Program, Account: spender.Account(), Reason: "case-1",
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
	})
	release()
	w.committed(first...)
	w.committed(own...)
	w.has(spender, endowment-3, 3)
}
