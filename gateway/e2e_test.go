// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/gatewaytest"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

const (
	channel   = "trust"
	chaincode = "currency"
	endowment = 10_000
)

// TestOnFabric plays the gateway's life on a real network: the program itself,
// over HTTP.
func TestOnFabric(t *testing.T) {
	n := networktest.New(t, testnetwork.Options{Chaincodes: []testnetwork.Chaincode{
		{Name: chaincode, Package: "./chaincode/currency/cmd/currency"},
	}})
	place := currency.Place{Network: n.Consortium().Network, Channel: channel, Chaincode: chaincode}
	officers := &fabricOfficers{t: t, network: n, clients: map[string]*gateway.Client{}}
	town := gatewaytest.NewTown(t, officers, place, "nowon")
	g := startGateway(t, n)

	p := &purses{t: t, place: place, base: g.base, next: map[string]int64{}}
	require.NoError(t, p.sendAll("/v1/accounts", town.Join(40)))
	town.Issue(endowment)
	var claims []string
	for _, h := range town.Resident {
		claims = append(claims, gatewaytest.Must(h.Claim(currency.Claim{Seq: p.seq(h), Claims: p.credits(h)})))
	}
	require.NoError(t, p.sendAll("/v1/claims", claims))

	t.Run("one payment, and again", func(t *testing.T) {
		order := p.pay(town.Resident[0], 100)
		status, _, body := p.post("/v1/payments", order, nil)
		require.Equal(t, http.StatusCreated, status, body)
		first := decode[map[string]any](t, body)
		require.Equal(t, "committed", first["status"])
		status, header, body := p.post("/v1/payments", order, nil)
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, "true", header.Get("Idempotency-Hit"))
		require.Equal(t, first["tx"], decode[map[string]any](t, body)["tx"])
	})

	t.Run("asynchronously", func(t *testing.T) {
		status, header, body := p.post("/v1/payments", p.pay(town.Resident[1], 100), http.Header{"Prefer": {"respond-async"}})
		require.Equal(t, http.StatusAccepted, status, body)
		require.Eventually(t, func() bool {
			_, _, body := p.get(header.Get("Location"), "")
			return strings.Contains(body, `"status":"committed"`)
		}, 20*time.Second, 50*time.Millisecond)
	})

	t.Run("a burst at one stall", func(t *testing.T) {
		var orders []string
		for range 10 {
			for _, h := range town.Resident {
				orders = append(orders, p.pay(h, 10))
			}
		}
		start := time.Now()
		require.NoError(t, p.sendAll("/v1/payments", orders))
		t.Logf("%d payments in %s, %d conflicts", len(orders), time.Since(start), g.metric("trust_gateway_conflicts_total"))
		t.Logf("repeated: %s", g.metrics("trust_gateway_retries_total"))
		require.Zero(t, g.metric("trust_gateway_conflicts_total"))
	})

	t.Run("a payer on a second path", func(t *testing.T) {
		spender := town.Resident[5]
		money := officers.client("KomscoMSP", "rival").Currency(channel, chaincode)
		var wg sync.WaitGroup
		direct := make(chan error, 1)
		second := gatewaytest.Must(spender.Payment(currency.Payment{Seq: p.next[spender.Account()] + 1, To: "stall", Amount: 1}))
		wg.Go(func() {
			_, err := money.Pay(t.Context(), second)
			direct <- err
		})
		var orders []string
		for _, h := range town.Resident {
			orders = append(orders, p.pay(h, 10))
		}
		failed := p.sendEach("/v1/payments", orders)
		wg.Wait()
		lost := <-direct
		for i, err := range failed {
			if i == 5 && err != nil {
				require.ErrorContains(t, err, "SEQ_USED")
				require.NoError(t, lost)
				continue
			}
			require.NoError(t, err)
		}
		if lost != nil {
			require.ErrorIs(t, lost, currency.SeqUsed)
		}
	})

	t.Run("the orderer is killed in the middle of a burst", func(t *testing.T) {
		orderer := n.Consortium().Orderers.Organisation.Nodes[0].Name
		before := p.view(town.Resident[9])
		var orders []string
		for range 5 {
			for _, h := range town.Resident {
				orders = append(orders, p.pay(h, 10))
			}
		}
		done := make(chan []error, 1)
		go func() { done <- p.sendEach("/v1/payments", orders) }()
		require.NoError(t, n.Kill(t.Context(), orderer))
		require.NoError(t, n.Start(t.Context(), orderer))
		failed := <-done
		// Whatever was not answered is sent again, in the payers' order.
		for i, err := range failed {
			if err != nil {
				t.Logf("order %d: %v", i, err)
				require.NoError(t, p.sendAll("/v1/payments", orders[i:i+1]))
			}
		}
		require.Equal(t, before.Total-50, p.view(town.Resident[9]).Total)
	})

	t.Run("the gateway's own peer is killed in the middle of a burst", func(t *testing.T) {
		before := p.view(town.Resident[9])
		var orders []string
		for range 5 {
			for _, h := range town.Resident {
				orders = append(orders, p.pay(h, 10))
			}
		}
		done := make(chan []error, 1)
		go func() { done <- p.sendEach("/v1/payments", orders) }()
		require.NoError(t, n.Kill(t.Context(), "peer0.komsco"))
		failed := <-done
		for i, err := range failed {
			if err != nil {
				t.Logf("order %d: %v", i, err)
				require.NoError(t, p.sendAll("/v1/payments", orders[i:i+1]))
			}
		}
		require.Equal(t, before.Total-50, p.view(town.Resident[9]).Total)
		require.NoError(t, n.Start(t.Context(), "peer0.komsco"))
	})

	for _, h := range town.Resident {
		view := p.view(h)
		require.Equal(t, p.next[h.Account()], view.Seq)
	}
	g.stop()
}

// fabricOfficers submits with officers' own certificates.
type fabricOfficers struct {
	t       *testing.T
	network *testnetwork.Network
	mu      sync.Mutex
	clients map[string]*gateway.Client
}

func (f *fabricOfficers) CommonName(msp, name string) string {
	return gatewaytest.Must(f.network.User(msp, name)).CommonName
}

func (f *fabricOfficers) client(msp, name string) *gateway.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[msp+name]; c != nil {
		return c
	}
	org := gatewaytest.Must(f.network.Org(msp))
	u := gatewaytest.Must(f.network.User(msp, name))
	c, err := gateway.Connect(f.t.Context(), gateway.Options{
		PeerEndpoint: org.Peer, PeerName: org.PeerHost, TLSRootCert: org.TLSRoot, MSPID: msp, Cert: u.Cert, Key: u.Key,
	})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = c.Close() })
	f.clients[msp+name] = c
	return c
}

func (f *fabricOfficers) Officer(msp, name, function string, request any) error {
	raw, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, _, err = f.client(msp, name).Currency(channel, chaincode).Submit(f.t.Context(), function, string(raw)); err != nil {
		return err
	}
	return f.level(msp, name)
}

// level waits until every organisation's peer holds the blocks that this
// officer's holds: the next officer asks another peer.
func (f *fabricOfficers) level(msp, name string) error {
	height, err := f.client(msp, name).Height(f.t.Context(), channel)
	if err != nil {
		return err
	}
	for _, org := range f.network.Orgs() {
		c := f.client(org.MSPID, gatewaytest.Admin)
		require.Eventually(f.t, func() bool {
			n, err := c.Height(f.t.Context(), channel)
			return err == nil && n >= height
		}, 30*time.Second, 20*time.Millisecond, "the peer of %s at height %d", org.MSPID, height)
	}
	return nil
}

// running is the gateway's program.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	logs *bytes.Buffer
}

func startGateway(t *testing.T, n *testnetwork.Network) *running {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gateway")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/gateway").CombinedOutput()
	require.NoError(t, err, string(out))
	org := gatewaytest.Must(n.Org("KomscoMSP"))
	u := gatewaytest.Must(n.User("KomscoMSP", "gateway"))
	g := &running{t: t, logs: &bytes.Buffer{}, base: "http://" + freeAddress(t)}
	other := gatewaytest.Must(n.Org("CityMSP"))
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "otherPeers: [{endpoint: %q, name: %q, tlsRoot: %q}]\n",
		other.Peer, other.PeerHost, other.TLSRoot), 0o600))
	g.cmd = exec.Command(program, "--config", file, "--listen", strings.TrimPrefix(g.base, "http://"), "--peer-endpoint", org.Peer,
		"--peer-name", org.PeerHost, "--peer-tls-root", org.TLSRoot, "--identity-msp", "KomscoMSP",
		"--network", n.Consortium().Network, "--channel", channel, "--chaincode", chaincode)
	g.cmd.Env = append(os.Environ(), "TRUST_GATEWAY_IDENTITY_CERT="+u.Cert, "TRUST_GATEWAY_IDENTITY_KEY="+u.Key)
	g.cmd.Stdout, g.cmd.Stderr = g.logs, g.logs
	require.NoError(t, g.cmd.Start())
	t.Cleanup(func() {
		_ = g.cmd.Process.Kill() // it has ended unless the test failed
		if t.Failed() {
			t.Logf("gateway:\n%s", g.logs)
		}
	})
	require.Eventually(t, func() bool {
		r, err := http.Get(g.base + "/readyz") //nolint:noctx // the test's deadline ends it
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	}, 20*time.Second, 50*time.Millisecond, "the gateway is not ready: %s", g.logs)
	return g
}

// stop asks the gateway to end, which it does cleanly.
func (g *running) stop() {
	g.t.Helper()
	require.NoError(g.t, g.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(g.t, g.cmd.Wait(), g.logs.String())
}

// metrics are the lines of a metric with labels.
func (g *running) metrics(name string) []string {
	g.t.Helper()
	var lines []string
	for _, line := range strings.Split(g.scrape(), "\n") {
		if strings.HasPrefix(line, name+"{") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (g *running) metric(name string) int {
	g.t.Helper()
	for _, line := range strings.Split(g.scrape(), "\n") {
		var value int
		if n, _ := fmt.Sscanf(line, name+" %d", &value); n == 1 {
			return value
		}
	}
	g.t.Fatalf("no metric %s", name)
	return 0
}

func (g *running) scrape() string {
	g.t.Helper()
	r, err := http.Get(g.base + "/metrics") //nolint:noctx // the test's deadline ends it
	require.NoError(g.t, err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	require.NoError(g.t, err)
	return string(raw)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// purses are residents' phones.
type purses struct {
	t     *testing.T
	place currency.Place
	base  string
	next  map[string]int64
}

func (p *purses) seq(h *gateway.Holder) int64 {
	p.next[h.Account()]++
	return p.next[h.Account()]
}

func (p *purses) pay(h *gateway.Holder, amount int64) string {
	return gatewaytest.Must(h.Payment(currency.Payment{Seq: p.seq(h), To: "stall", Amount: amount}))
}

func (p *purses) do(method, path string, body io.Reader, header http.Header) (int, http.Header, string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return 0, nil, "", err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(raw), err
}

func (p *purses) post(path, order string, header http.Header) (int, http.Header, string) {
	p.t.Helper()
	status, h, body, err := p.do(http.MethodPost, path, strings.NewReader(`{"order":"`+order+`"}`), header)
	require.NoError(p.t, err)
	return status, h, body
}

func (p *purses) get(path, read string) (int, http.Header, string) {
	p.t.Helper()
	header := http.Header{}
	if read != "" {
		header.Set("Authorization", "Order "+read)
	}
	status, h, body, err := p.do(http.MethodGet, path, nil, header)
	require.NoError(p.t, err)
	return status, h, body
}

// sendEach sends orders, those of one payer one after the other and all payers at once.
func (p *purses) sendEach(path string, orders []string) []error {
	errs := make([]error, len(orders))
	of := map[string][]int{}
	for i, order := range orders {
		o, err := currency.ParseOrder(order, p.place, currency.TypOpen, currency.TypPayment, currency.TypClaim)
		if err != nil {
			errs[i] = err
			continue
		}
		of[o.Holder] = append(of[o.Holder], i)
	}
	var wg sync.WaitGroup
	for _, mine := range of {
		wg.Go(func() {
			for _, i := range mine {
				status, _, body, err := p.do(http.MethodPost, path, strings.NewReader(`{"order":"`+orders[i]+`"}`), nil)
				if err == nil && status != http.StatusCreated && status != http.StatusOK {
					err = fmt.Errorf("%d %s", status, body)
				}
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errs
}

func (p *purses) sendAll(path string, orders []string) error {
	return errors.Join(p.sendEach(path, orders)...)
}

func (p *purses) own(h *gateway.Holder, rest string) string {
	p.t.Helper()
	status, _, body := p.get("/v1/programs/nowon/accounts/"+h.Account()+rest, gatewaytest.Must(h.Read()))
	require.Equal(p.t, http.StatusOK, status, body)
	return body
}

func (p *purses) view(h *gateway.Holder) currency.PurseView {
	return decode[currency.PurseView](p.t, p.own(h, ""))
}

func (p *purses) credits(h *gateway.Holder) []currency.CreditName {
	var names []currency.CreditName
	for _, e := range decode[call.Page[currency.Credit]](p.t, p.own(h, "/credits")).Records {
		names = append(names, gatewaytest.Must(gateway.CreditName(e)))
	}
	return names
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}
