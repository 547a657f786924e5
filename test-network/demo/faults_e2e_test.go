// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/networktest"
	"github.com/komsco/trust-platform/test-network/platform"
)

// start brings a platform up that the test takes down.
func start(t *testing.T) (*platform.Platform, platform.Options) {
	t.Helper()
	o := platform.Options{Options: testnetwork.Options{
		Dir: filepath.Join(t.TempDir(), "network"), BasePort: networktest.FreeBasePort(t), Progress: os.Stderr,
	}}
	o.GatewayPort = o.BasePort + network.PortSpan - 1
	networktest.StopAtEnd(t, o.Dir)
	p, err := platform.Up(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p, o
}

// TestKillsInABurst kills each kind of process in the middle of a burst of
// payments and brings the platform up again. Every payment is sent until it is
// answered; each must then be on the ledger once, and all money explained.
func TestKillsInABurst(t *testing.T) {
	p, o := start(t)
	ctx := t.Context()
	town, stall := people(t, p, 40)
	var victims []string
	nodes, err := p.Status(ctx)
	require.NoError(t, err)
	kinds := map[string]bool{}
	for _, n := range nodes {
		if !kinds[n.Kind] {
			kinds[n.Kind] = true
			victims = append(victims, n.Name)
		}
	}
	require.Len(t, victims, 4, "a peer, an orderer, a chaincode and a service: %v", victims)

	for _, victim := range victims {
		t.Run(victim, func(t *testing.T) {
			const each = 10
			var answered atomic.Int64
			var wg sync.WaitGroup
			for _, r := range town.Residents {
				wg.Go(func() {
					for range each {
						order, err := r.Pay(stall.ID, 100)
						if !assert(t, err) || !assert(t, untilCommitted(ctx, town.API, "/v1/payments", order)) {
							return
						}
						answered.Add(1)
					}
				})
			}
			want := int64(each * len(town.Residents))
			require.Eventually(t, func() bool { return answered.Load() > want/5 }, time.Minute, time.Millisecond, "the burst is under way")
			require.NoError(t, p.Kill(ctx, victim))
			_, err := platform.Up(ctx, o)
			require.NoError(t, err)
			wg.Wait()
			require.Equal(t, want, answered.Load())
			accounted(t, p, town, stall)
		})
	}
}

// people founds a town of n residents who hold 55,000 won each, and a stall.
func people(t *testing.T, p *platform.Platform, n int) (*demo.Town, *demo.Shop) {
	t.Helper()
	town, err := demo.Found(t.Context(), p, "faults", demo.Rules)
	require.NoError(t, err)
	require.NoError(t, town.Settle(t.Context(), n, 50_000))
	stall, err := town.Register(t.Context(), "stall", "11350", "market")
	require.NoError(t, err)
	return town, stall
}

// untilCommitted sends an order again after any doubt, which is always safe.
func untilCommitted(ctx context.Context, api *demo.API, path, order string) error {
	deadline := time.Now().Add(3 * time.Minute)
	for {
		err := api.Order(ctx, path, order, nil)
		if err == nil || demo.Final(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond): // between two tries, not to wait for something
		}
	}
}

// accounted checks that every order that was answered is on the ledger, once,
// and that the supply is explained on every organisation's peer.
func accounted(t *testing.T, p *platform.Platform, town *demo.Town, stall *demo.Shop) {
	t.Helper()
	ctx := t.Context()
	auditor, err := p.Officer(ctx, "KomscoMSP", "guard")
	require.NoError(t, err)
	var paid int64
	for _, r := range town.Residents {
		purse, err := auditor.Purse(ctx, town.Program, r.Wallet.Account, "")
		require.NoError(t, err)
		require.Equal(t, r.Seq, purse.Seq, "orders carried out of account %s", r.Wallet.Account)
		page, err := auditor.Receipts(ctx, town.Program, r.Wallet.Account, "", 0, "")
		require.NoError(t, err)
		require.Len(t, page.Records, int(r.Seq))
		for _, e := range page.Records {
			if e.Record.Kind == currency.KindPayment {
				paid += e.Record.Amount
			}
		}
	}
	var clients []*gateway.Client
	for _, org := range p.Orgs() {
		c, err := p.Client(ctx, org.MSPID, "Admin")
		require.NoError(t, err)
		clients = append(clients, c)
	}
	report, err := gateway.Audit(ctx, clients, p.Consortium().Channel, "currency", 0, nil)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	taken, err := town.Takings(ctx, stall)
	require.NoError(t, err)
	require.Equal(t, paid, taken, "what residents paid is what the stall may claim")
}

func assert(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
	return err == nil
}
