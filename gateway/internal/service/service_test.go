// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// region is a ledger of its own, at a place of its own.
func region(t *testing.T) *gatewaytest.Ledger {
	ledger := gatewaytest.NewLedger(t)
	ledger.At(time.Now())
	return ledger
}

func close10(t *testing.T, s *Service) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, s.Close(ctx))
}

// An order goes where it is bound to, a programme is asked for where it lives.
func TestSeveralRoutes(t *testing.T) {
	seoul, busan := region(t), region(t)
	elsewhere := gatewaytest.Place
	elsewhere.Network = "busan"
	gatewaytest.NewTown(t, seoul, gatewaytest.Place, "nowon")
	gatewaytest.NewTown(t, busan, gatewaytest.Place, "dongbaek")
	s, err := New(Options{},
		Route{Place: gatewaytest.Place, Ledger: seoul},
		Route{Place: elsewhere, Programs: []string{"dongbaek"}, Ledger: busan})
	require.NoError(t, err)
	t.Cleanup(func() { close10(t, s) })

	for _, id := range []string{"nowon", "dongbaek"} {
		p, err := s.Program(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, id, p.ID)
	}
	_, err = s.Program(t.Context(), "nowhere")
	require.ErrorIs(t, err, currency.ProgramUnknown)

	wallet := func(p currency.Place) *gateway.Holder {
		return gatewaytest.Must(gateway.NewWallet(gatewaytest.Must(gateway.NewKey()), p)).In("nowon")
	}
	pending, err := s.Submit("client", gatewaytest.Must(wallet(gatewaytest.Place).Open("")), currency.Orders...)
	require.NoError(t, err)
	_, err = pending.Wait(t.Context())
	require.NoError(t, err)

	// Bound to the other route, it reaches that contract (which here thinks it is elsewhere, as it serves another network).
	pending, err = s.Submit("client", gatewaytest.Must(wallet(elsewhere).Open("")), currency.Orders...)
	require.NoError(t, err)
	_, err = pending.Wait(t.Context())
	require.ErrorIs(t, err, currency.OrderElsewhere)

	nowhere := gatewaytest.Place
	nowhere.Channel = "nowhere"
	_, err = s.Submit("client", gatewaytest.Must(wallet(nowhere).Open("")), currency.Orders...)
	require.ErrorIs(t, err, currency.OrderElsewhere)

	_, err = New(Options{}, Route{Place: elsewhere}, Route{Place: elsewhere})
	require.ErrorContains(t, err, "twice")
	_, err = New(Options{})
	require.Error(t, err)
}

func TestTrackerForgetsTheOldest(t *testing.T) {
	tr := newTracker(3)
	for i := range 5 {
		first, _ := tr.begin(Result{Order: strconv.Itoa(i), Status: StatusPending})
		require.True(t, first)
	}
	first, _ := tr.begin(Result{Order: "4"})
	require.False(t, first)
	for i := range 5 {
		_, known := tr.get(strconv.Itoa(i))
		require.Equal(t, i >= 2, known, i)
	}
	tr.put(Result{Order: "3", Status: StatusCommitted})
	tr.put(Result{Order: "3", Status: StatusFailed})
	r, _ := tr.get("3")
	require.Equal(t, StatusCommitted, r.Status, "what is done is done")
}

// An order sent again is on its way again, whatever became of it before, unless it
// is carried out.
func TestTrackerOfAnOrderSentAgain(t *testing.T) {
	pending := Result{Order: "a", Status: StatusPending}
	for _, c := range []struct{ before, during Status }{
		{StatusFailed, StatusPending}, {StatusUnknown, StatusPending}, {StatusPending, StatusPending}, {StatusCommitted, StatusCommitted},
	} {
		tr := newTracker(3)
		tr.put(Result{Order: "a", Status: c.before, Code: "OF_BEFORE"})
		first, undo := tr.begin(pending)
		require.False(t, first)
		now, _ := tr.get("a")
		require.Equal(t, c.during, now.Status)
		undo()
		now, _ = tr.get("a")
		require.Equal(t, Result{Order: "a", Status: c.before, Code: "OF_BEFORE"}, now, "not taken after all")

		_, undo = tr.begin(pending)
		tr.put(Result{Order: "a", Status: StatusCommitted})
		undo()
		now, _ = tr.get("a")
		require.Equal(t, StatusCommitted, now.Status, "another copy was carried out meanwhile")
	}
	tr := newTracker(3)
	_, undo := tr.begin(pending)
	undo()
	_, known := tr.get("a")
	require.False(t, known)
}

// No account takes all places of those who listen, nor more than all there are.
func TestListenersAreBounded(t *testing.T) {
	var c crowd
	var leave []func()
	enter := func(account string) error {
		out, err := c.enter(account)
		if err == nil {
			leave = append(leave, out)
		}
		return err
	}
	for range maxOfAccount {
		require.NoError(t, enter("p/loud"))
	}
	require.ErrorIs(t, enter("p/loud"), ErrAccountCrowded)
	for i := range maxListeners - maxOfAccount {
		require.NoError(t, enter("p/"+strconv.Itoa(i)))
	}
	require.ErrorIs(t, enter("p/late"), ErrCrowded)
	leave[0]()
	leave[0]() // counts once
	require.NoError(t, enter("p/late"))
	require.ErrorIs(t, enter("p/later"), ErrCrowded)
	for _, out := range leave {
		out()
	}
	require.Zero(t, c.all)
	require.Empty(t, c.of)
}

// Of those who send one order at the same moment, one begins it.
func TestTrackerBeginsOnce(t *testing.T) {
	tr := newTracker(10_000)
	for i := range 2000 {
		var (
			wg    sync.WaitGroup
			begun atomic.Int32
			start = make(chan struct{})
		)
		for range 8 {
			wg.Go(func() {
				<-start
				if first, _ := tr.begin(Result{Order: strconv.Itoa(i), Status: StatusPending}); first {
					begun.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, begun.Load())
	}
}

func TestSuspectsAreBounded(t *testing.T) {
	var s suspects
	for i := range maxSuspects + 10 {
		s.add(fmt.Sprint(i))
	}
	require.LessOrEqual(t, len(s.until), maxSuspects)
	require.True(t, s.has(fmt.Sprint(maxSuspects+9)))
	require.False(t, s.has("somebody else"))
}
