// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	"github.com/komsco/trust-platform/gateway/till"
)

// watched counts the streams of blocks that are open.
type watched struct {
	gatewaytest.Chain
	mu         sync.Mutex
	open, most int
}

func (w *watched) count(by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open += by
	w.most = max(w.most, w.open)
}

func (w *watched) Blocks(ctx context.Context, from uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		w.count(1)
		defer w.count(-1)
		w.Chain.Blocks(ctx, from)(yield)
	}
}

// stall is a shop that is listened to, by a hub that keeps about three blocks, and a
// resident who pays there from then on: won after won, by numbers from 0 on.
func stall(t *testing.T) (chain *watched, hub *feed.Hub, listen func() iter.Seq2[feed.Heard, error], pay func(i int)) {
	l := gatewaytest.NewLedger(t)
	l.At(time.Now())
	town := gatewaytest.NewTown(t, l, gatewaytest.Place, "nowon")
	orders := town.Join(1)
	_, err := l.Carry(orders...)
	require.NoError(t, err)
	town.Issue(10_000)
	a := town.Resident[0]
	var credit currency.CreditName // the issue's one
	for number := range l.Height() {
		for _, tx := range l.Block(number).Txs {
			if len(tx.Args) > 0 && string(tx.Args[0]) == "IssueBatch" {
				credit = currency.NewCreditName(tx.ID, 0)
			}
		}
	}
	_, err = l.Carry(gatewaytest.Must(a.Claim(currency.Claim{Seq: 1, Claims: []currency.CreditName{credit}})))
	require.NoError(t, err)
	pay = func(i int) {
		_, err := l.Carry(gatewaytest.Must(a.Payment(currency.Payment{Seq: int64(i) + 2, To: "stall", Amount: 1, Ref: fmt.Sprint(i)})))
		require.NoError(t, err)
	}
	chain = &watched{Chain: gatewaytest.Chain{Ledger: l}}
	hub = feed.New(chain, feed.Options{Chaincode: gatewaytest.Place.Chaincode, Keep: 6, Pause: time.Millisecond})
	t.Cleanup(hub.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	start, err := hub.Now(ctx)
	require.NoError(t, err)
	who := feed.Listener{Program: "nowon", Account: town.Stall.Account(), Merchant: "stall"}
	return chain, hub, func() iter.Seq2[feed.Heard, error] { return hub.Listen(ctx, who, start) }, pay
}

// Who listens while blocks come and are dropped hears each payment once, in order.
func TestListenersWhileBlocksAreDropped(t *testing.T) {
	_, _, listen, pay := stall(t)
	const payments, listeners = 200, 4
	var wg sync.WaitGroup
	heard := make([][]string, listeners)
	for i := range heard {
		wg.Go(func() {
			for h, err := range listen() {
				if err != nil {
					heard[i] = append(heard[i], err.Error())
					return
				}
				for _, e := range h.Events {
					heard[i] = append(heard[i], e.Receipt.Ref)
				}
				if len(heard[i]) >= payments {
					return
				}
			}
		})
	}
	var want []string
	for i := range payments {
		pay(i)
		want = append(want, fmt.Sprint(i))
	}
	wg.Wait()
	for _, refs := range heard {
		require.Equal(t, want, refs)
	}
}

// Listeners that take their time miss nothing, though the hub keeps a few events
// only: they read the peer until they have caught up.
func TestSlowListenersCatchUp(t *testing.T) {
	_, hub, listen, pay := stall(t)
	const payments = 50
	pay(0)
	n := 0
	var at till.Position
	for h, err := range listen() {
		require.NoError(t, err)
		for _, e := range h.Events {
			require.Equal(t, fmt.Sprint(n), e.Receipt.Ref)
			require.Positive(t, e.ID.Compare(at))
			at = e.ID
			n++
		}
		if n == 1 { // behind by more than is kept from here on
			for i := 1; i < payments; i++ {
				pay(i)
			}
		}
		if n == payments {
			break
		}
	}
	require.Equal(t, payments, n)

	hub.Close()
	for h, err := range listen() {
		t.Fatalf("a closed hub tells %v, %v", h, err)
	}
	require.Eventually(t, func() bool { // and leaves nothing running
		buf := make([]byte, 1<<20)
		return !strings.Contains(string(buf[:runtime.Stack(buf, true)]), "feed.(*Hub)")
	}, 5*time.Second, 5*time.Millisecond)
}

// written is a chain of one block, whose transaction now wrote these keys.
type written []blocks.Write

func (w written) Height(context.Context) (uint64, error) { return 1, nil }

func (w written) Blocks(ctx context.Context, _ uint64) iter.Seq2[*blocks.Block, error] {
	return func(yield func(*blocks.Block, error) bool) {
		if yield(&blocks.Block{Txs: []blocks.Tx{{ID: "now", Writes: w}}}, nil) {
			<-ctx.Done()
		}
	}
}

// Of credits an account hears what is new to it, by what a transaction makes or moves
// there from another account.
func TestCreditsThatAreNewToTheAccount(t *testing.T) {
	value, err := currency.Credit{Kind: currency.CreditGift, Parts: []currency.Part{{Amount: 5}}}.AppendBinary(nil)
	require.NoError(t, err)
	credit := func(program, account, tx string) string {
		return "\x00" + strings.Join([]string{currency.TableCredit, program, account, tx, ledger.Num(3)}, "\x00") + "\x00"
	}
	here := credit("nowon", "heir", "once")
	for name, c := range map[string]struct {
		put, gone, namespace, want string
	}{
		"made":                            {put: credit("nowon", "heir", "now"), want: "now:3"},
		"moved":                           {put: here, gone: credit("nowon", "lost", "once"), want: "once:3"},
		"written in its place":            {put: here},
		"while another is taken":          {put: here, gone: credit("nowon", "lost", "before")},
		"while another programme's is":    {put: here, gone: credit("busan", "lost", "once")},
		"while another contract's is":     {put: here, gone: credit("nowon", "lost", "once"), namespace: "other"},
		"while it is taken and put again": {put: here, gone: here},
	} {
		t.Run(name, func(t *testing.T) {
			chain := written{{Namespace: "currency", Key: c.put, Value: value}}
			if c.gone != "" {
				chain = append(chain, blocks.Write{Namespace: cmp.Or(c.namespace, "currency"), Key: c.gone, IsDelete: true})
			}
			hub := feed.New(chain, feed.Options{Chaincode: "currency"})
			defer hub.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var want, got []string
			if c.want != "" {
				want = []string{c.want}
			}
			for h, err := range hub.Listen(ctx, feed.Listener{Program: "nowon", Account: "heir"}, till.Position{}) {
				require.NoError(t, err)
				for _, e := range h.Events {
					require.EqualValues(t, 5, e.Credit.Amount)
					got = append(got, string(e.Credit.Name))
				}
				break
			}
			require.Equal(t, want, got)
		})
	}
}

// However many ask for everything from the first block on, a few read the peer at a
// time, one of each account, and all hear all of it. Who hangs up keeps no place.
func TestFewCatchUpAtATime(t *testing.T) {
	const payments, listeners = 200, 50
	for accounts, most := range map[int]int{1: 1, 10: 4} {
		t.Run(fmt.Sprint(accounts), func(t *testing.T) {
			chain, hub, _, pay := stall(t)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for i := range payments {
				pay(i)
			}
			who := func(i int) feed.Listener {
				return feed.Listener{Program: "nowon", Account: fmt.Sprint(i % accounts), Merchant: "stall"}
			}
			var wg sync.WaitGroup
			heard := make([]int, listeners)
			for i := range heard {
				wg.Go(func() {
					for h, err := range hub.Listen(ctx, who(i), till.Position{}) {
						if err != nil {
							t.Error(err)
							return
						}
						for _, e := range h.Events {
							if e.Receipt.Ref != fmt.Sprint(heard[i]) {
								t.Errorf("payment %s came where %d was expected", e.Receipt.Ref, heard[i])
							}
							heard[i]++
						}
						if heard[i] == payments || i%5 == 4 {
							return
						}
					}
				})
				wg.Go(func() {
					brief, cancel := context.WithTimeout(ctx, time.Duration(i)*time.Millisecond)
					defer cancel()
					for _, err := range hub.Listen(brief, who(i), till.Position{}) {
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			for i, n := range heard {
				if i%5 != 4 {
					require.Equal(t, payments, n, i)
				}
			}
			hub.Close()
			require.LessOrEqual(t, chain.most, most+1, "and the hub itself")
		})
	}
}
