// SPDX-License-Identifier: Apache-2.0

package alarm_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/fraud"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway/internal/alarm"
	"github.com/komsco/trust-platform/gateway/internal/blocks"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
)

// record is what the ledger's blocks say of fraud.
func record(l *gatewaytest.Ledger) (*fraud.Record, error) {
	r := fraud.NewRecord()
	for n := range l.Height() {
		for _, tx := range l.Block(n).Txs {
			for _, w := range tx.Writes {
				if table, key, ok := blocks.SplitKey(w.Key); ok && tx.Code == 0 && w.Namespace == gatewaytest.Place.Chaincode {
					if err := r.Add(table, key, w.Value); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return r, nil
}

// gauge reads the gauge that has these values among its labels' as Prometheus would
// scrape it, -1 if there is none.
func gauge(t *testing.T, r *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	all, err := r.Gather()
	require.NoError(t, err)
	for _, family := range all {
		for _, m := range family.GetMetric() {
			found := 0
			for _, l := range m.GetLabel() {
				if slices.Contains(labels, l.GetValue()) {
					found++
				}
			}
			if family.GetName() == name && found == len(labels) {
				return m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// Three payments of one payer at one shop raise the alarm, in the metrics and once in
// the log; a case about them ends it. What cannot be looked at is told and tried again.
func TestAlarmOfAThreshold(t *testing.T) {
	l := gatewaytest.NewLedger(t)
	town := gatewaytest.NewTown(t, l, gatewaytest.Place, "nowon")
	rules := currency.Policy{
		Program: "nowon", Version: 2, Unit: "KRW", Denomination: 1, Validity: currency.Validity{Months: 60}, PersonCeiling: 1_000_000, BatchCeiling: 1_000_000_000,
		Fraud: []currency.Threshold{{Name: "same-shop", Pattern: currency.RepeatedPayments, Hours: 24, Count: 3}},
	}
	officer := func(msp, name, function string, request any) {
		t.Helper()
		require.NoError(t, l.Officer(msp, name, function, request))
	}
	officer("CityMSP", "policy", "ProposePolicy", currency.ProposePolicy{Operation: call.Operation{Op: "propose-2"}, Policy: rules})
	officer("KomscoMSP", "approver", "ApprovePolicy", currency.ApprovePolicy{Operation: call.Operation{Op: "approve-2"}, PolicyQuery: currency.PolicyQuery{Program: "nowon", Version: 2}})
	carry := func(orders ...string) {
		t.Helper()
		items, err := l.Carry(orders...)
		require.NoError(t, err)
		require.Empty(t, items[0].Code, items[0].Detail)
	}
	carry(town.Join(1)...)
	town.Issue(100_000)
	var issued string
	for n := range l.Height() {
		for _, tx := range l.Block(n).Txs {
			if string(tx.Args[0]) == "IssueBatch" {
				issued = tx.ID
			}
		}
	}
	payer := town.Resident[0]
	pay := func(seq int64) {
		t.Helper()
		p := currency.Payment{Seq: seq, To: "stall", Amount: 1_000}
		if seq == 1 {
			p.Claims = []currency.CreditName{currency.NewCreditName(issued, 0)}
		}
		carry(gatewaytest.Must(payer.Payment(p)))
	}

	var (
		mu      sync.Mutex
		said    bytes.Buffer
		current *fraud.Record
		failure error
		looks   int
	)
	set := func(r *fraud.Record, err error) {
		mu.Lock()
		defer mu.Unlock()
		current, failure = r, err
	}
	set(record(l))
	registry := prometheus.NewRegistry()
	ctx, stop := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	log := slog.New(slog.NewTextHandler(&writer{&mu, &said}, nil))
	watch.Go(func() {
		alarm.Fraud{
			Place: gatewaytest.Place, Every: time.Millisecond, Back: 24 * time.Hour, Metrics: alarm.NewMetrics(registry), Log: log,
			Look: func(_ context.Context, since time.Time) ([]fraud.Flag, error) {
				mu.Lock()
				defer mu.Unlock()
				if looks++; failure != nil {
					return nil, failure
				}
				return current.InForce(min(since.Unix(), l.Now().Add(-24*time.Hour).Unix()))
			},
		}.Watch(ctx)
	})
	defer watch.Wait()
	defer stop()
	lines := func(text string) int {
		mu.Lock()
		defer mu.Unlock()
		return strings.Count(said.String(), text)
	}
	seen := func(n int) { // some looks go by
		t.Helper()
		mu.Lock()
		from := looks
		mu.Unlock()
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return looks >= from+n
		}, 10*time.Second, time.Millisecond)
	}

	pay(1)
	pay(2)
	set(record(l))
	seen(3)
	require.EqualValues(t, -1, gauge(t, registry, "trust_fraud_flags", "same-shop"))
	pay(3)
	set(record(l))
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_fraud_flags", "same-shop") == 1 }, 10*time.Second, time.Millisecond)
	seen(3)
	require.Equal(t, 1, lines("a fraud threshold is reached"))

	set(nil, errors.New("the peer is gone"))
	require.Eventually(t, func() bool { return lines("the peer is gone") > 1 }, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 1, gauge(t, registry, "trust_fraud_flags", "same-shop"), "as it was seen last")

	flags, err := gatewaytest.Must(record(l)).InForce(0)
	require.NoError(t, err)
	officer("KomscoMSP", "guard", "OpenCase", currency.OpenCase{
		Operation: call.Operation{Op: "open-1"}, CaseQuery: currency.CaseQuery{Program: "nowon", Account: payer.Account(), ID: "c-1"},
		Reason: "alarm", Rule: "same-shop", Receipts: flags[0].Receipts,
	})
	set(record(l))
	require.Eventually(t, func() bool { return gauge(t, registry, "trust_fraud_flags", "same-shop") == 0 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 1, lines("a fraud threshold is reached"))
}

// Programmes of one name on two channels have an alarm each, and a contract that cannot
// be looked at does not hide behind another.
func TestAlarmsOfContracts(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics := alarm.NewMetrics(registry)
	var looks [3]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var watches sync.WaitGroup
	defer watches.Wait()
	defer stop()
	for i, channel := range []string{"first", "second", "gone"} {
		watches.Go(func() {
			alarm.Fraud{
				Place: currency.Place{Network: "trust", Channel: channel, Chaincode: "currency"}, Every: time.Millisecond, Metrics: metrics, Log: slog.New(slog.DiscardHandler),
				Look: func(context.Context, time.Time) ([]fraud.Flag, error) {
					if looks[i].Add(1); channel == "gone" {
						return nil, errors.New("no such channel")
					}
					return []fraud.Flag{{Program: "nowon", Rule: "ring", New: 1 - i}}, nil
				},
			}.Watch(ctx)
		})
	}
	require.Eventually(t, func() bool {
		return looks[0].Load() > 3 && looks[1].Load() > 3 && looks[2].Load() > 3
	}, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 1, gauge(t, registry, "trust_fraud_flags", "first", "currency", "nowon", "ring"))
	require.EqualValues(t, 0, gauge(t, registry, "trust_fraud_flags", "second", "currency", "nowon", "ring"))
	require.Positive(t, gauge(t, registry, "trust_fraud_looked_timestamp_seconds", "second", "currency"))
	require.Zero(t, gauge(t, registry, "trust_fraud_looked_timestamp_seconds", "gone", "currency"))
}

// writer is a log that tests read while it is written.
type writer struct {
	mu  *sync.Mutex
	buf *bytes.Buffer
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}
