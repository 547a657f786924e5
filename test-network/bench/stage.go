// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/lanes"
	"github.com/komsco/trust-platform/network/fabric"
	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/demo"
	"github.com/komsco/trust-platform/test-network/platform"
)

// courier is whose certificate carries transactions, the floor's and ours. It
// has no role.
const (
	courierOrg  = "KomscoMSP"
	courierName = "courier"
)

// How many batches may wait in a lane: in the gateway's fewer, so that who comes when
// it is full is told so at once.
const (
	queued        = 4
	gatewayQueued = 2
)

// stage is the network under measurement and who acts on it.
type stage struct {
	Options
	*platform.Platform
	client   *gateway.Client // the courier's
	money    *gateway.Currency
	lanes    *lanes.Lanes
	api      *demo.API
	caller   *caller
	town     *demo.Town
	payers   []*payer
	welfare  []*payer // on the roster of the welfare run
	chain    *chain
	meter    meter
	pipeline *pipeline
	credits  *credits
	accounts int   // residents' accounts so far
	receipts int   // that growth has loaded
	runs     int   // issue runs so far
	anchored int64 // records that the gateway took
	turns    int   // how many payers paid again and again
	// What earlier workloads found out.
	floorWorkers int                // callers at the floor's best
	profiling    string             // the workload that comes, if profiles are to be taken of it
	minted       bool               // whether the usual token's payers have money
	signed       map[string]float64 // payments a second that a workload reached last
}

// rules are the demo's, with ceilings that let a payer pay all day.
var rules = func() currency.Policy {
	p := demo.Rules
	p.HoldingCap, p.PersonCeiling, p.BatchCeiling = 0, 10*purse, 10*purse*currency.MaxRows
	return p
}()

// purse is what a payer is given at the start, in won; a payment takes price.
const (
	purse = 1_000_000
	price = 10
)

// open brings up the network and everybody who acts on it. The stage is nil only
// where there is nothing to close.
func open(ctx context.Context, o Options) (*stage, error) {
	if o.Dir == "" {
		root, err := fabric.Root()
		if err != nil {
			return nil, err
		}
		o.Dir = filepath.Join(root, ".bench", "network")
	}
	s := &stage{Options: o, credits: newCredits(), signed: map[string]float64{}, floorWorkers: floorCallers[1]}
	if err := testnetwork.Reset(ctx, o.Dir, io.Discard); err != nil {
		return nil, err
	}
	return s, s.prepare(ctx)
}

func (s *stage) prepare(ctx context.Context) error {
	var err error
	s.Platform, err = platform.Up(ctx, platform.Options{
		Options: testnetwork.Options{
			Dir: s.Dir, BasePort: s.BasePort, ChaincodePerOrg: true, Batch: s.Blocks, Progress: s.Progress,
			PeerProfiles: s.peerProfiles(),
		},
		GatewayPort: s.GatewayPort, GatewayOrg: courierOrg,
		GatewayArgs: []string{
			"--pprof", s.pprofAddress(), "--lanes-count", strconv.Itoa(s.Lanes), "--lanes-in-flight", strconv.Itoa(s.InFlight), "--lanes-max-batch", strconv.Itoa(s.Batch),
			"--lanes-queue", strconv.Itoa(gatewayQueued * s.InFlight * s.Batch), "--log-level", "error",
			"--anchor-max-queue", strconv.Itoa(3 * sealRecords), // so that what is taken is soon what is sealed
		},
	})
	if err != nil {
		return err
	}
	for name, pkg := range map[string]string{"noop": "./test-network/cmd/noop", "usual": "./test-network/bench/usual"} {
		if err := s.Deploy(ctx, testnetwork.Chaincode{Name: name, Package: pkg}); err != nil {
			return err
		}
	}
	if s.Profiles != "" {
		if err := s.exposeProfiles(ctx); err != nil {
			return err
		}
	}
	if s.client, err = s.Client(ctx, courierOrg, courierName); err != nil {
		return err
	}
	channel := s.Consortium().Channel
	s.money = s.client.Currency(channel, "currency")
	s.layLanes(s.Lanes, s.Batch)
	if s.chain, err = follow(ctx, s.client.Fabric().GetNetwork(channel)); err != nil {
		return err
	}
	if s.meter, err = newMeter(ctx, s.Network); err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1 << 16 // every caller keeps its connection
	transport.MaxIdleConns = 0
	s.api = &demo.API{URL: s.URL, HTTP: &http.Client{Transport: transport, Timeout: time.Minute}}
	if s.caller, err = newCaller(s.URL); err != nil {
		return err
	}
	if s.pipeline, err = newPipeline(s.Consortium(), s.Dir); err != nil {
		return err
	}
	return s.settle(ctx)
}

// layLanes starts the SDK's lanes.
func (s *stage) layLanes(n, batch int) {
	s.Lanes, s.Batch = n, batch
	place := currency.Place{Network: s.Consortium().Network, Channel: s.Consortium().Channel, Chaincode: "currency"}
	s.lanes = lanes.New(s.money, place, lanes.Options{Lanes: n, InFlight: s.InFlight, MaxBatch: batch, Queue: queued * s.InFlight * batch})
}

// settle founds a town: shops, and residents with money in their purses.
func (s *stage) settle(ctx context.Context) error {
	var err error
	s.say("A programme with %d shops and %d residents", s.Shops, s.Payers)
	if s.town, err = demo.Found(ctx, s.Platform, "bench", rules); err != nil {
		return err
	}
	for i := range s.Shops {
		if _, err := s.town.Register(ctx, fmt.Sprintf("shop-%d", i+1), "11350", "market"); err != nil {
			return err
		}
	}
	if err := s.openAccounts(ctx, s.Payers); err != nil {
		return err
	}
	if _, err := s.issue(ctx, s.payers, purse); err != nil {
		return err
	}
	if err := s.credited(ctx, s.payers); err != nil {
		return err
	}
	return s.drain(ctx)
}

// credited waits until the courier's peer shows a credit for each of those who were
// issued one: the issuer was told of their commit by another peer.
func (s *stage) credited(ctx context.Context, to []*payer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if _, err := s.catchUp(ctx); err != nil {
			return err
		}
		waits := slices.IndexFunc(to, func(p *payer) bool { return len(s.credits.of(p.Account())) == 0 })
		if waits < 0 {
			return nil
		}
		if !sleepUntil(ctx, time.Now().Add(50*time.Millisecond)) {
			return fmt.Errorf("the courier's peer shows no credit for %s: %w", to[waits].Account(), ctx.Err())
		}
	}
}

// openAccounts adds payers to the town.
func (s *stage) openAccounts(ctx context.Context, n int) error {
	fresh, err := s.newcomers(ctx, n)
	s.payers = append(s.payers, fresh...)
	return err
}

// newcomers open accounts.
func (s *stage) newcomers(ctx context.Context, n int) ([]*payer, error) {
	fresh := make([]*payer, n)
	orders := make([]string, n)
	first := s.accounts
	err := parallel(n, func(i int) error {
		r, order, err := s.town.Newcomer(fmt.Sprintf("person-%d", first+i))
		fresh[i], orders[i] = &payer{Resident: r}, order
		return err
	})
	if err != nil {
		return nil, err
	}
	s.accounts += n
	return fresh, s.sendAll(ctx, orders)
}

// sendAll carries orders out through the lanes, as fast as they go.
func (s *stage) sendAll(ctx context.Context, orders []string) error {
	return s.sendClaims(ctx, orders, make([]int, len(orders)))
}

// sendClaims is sendAll for orders that claim so many credits each. A transaction takes
// [currency.MaxClaims], so that of orders full of them few may wait, or those behind
// outlive their time.
func (s *stage) sendClaims(ctx context.Context, orders []string, claims []int) error {
	// As many as the lanes have in flight when they are full, a quarter of what may wait.
	room := max(int64(s.Lanes*s.InFlight*s.Batch), currency.MaxClaims)
	outstanding := semaphore.NewWeighted(room)
	all, going := errgroup.WithContext(ctx)
	for i, order := range orders {
		weight := int64(max(claims[i], 1))
		if outstanding.Acquire(going, weight) != nil {
			break // with what failed first
		}
		sent, err := s.send(going, order)
		all.Go(func() error {
			if err != nil {
				return err
			}
			defer outstanding.Release(weight)
			return (<-sent).Err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// send waits where the lane is full.
func (s *stage) send(ctx context.Context, order string) (<-chan lanes.Outcome, error) {
	for {
		sent, err := s.lanes.Send(order)
		if !errors.Is(err, lanes.ErrOverloaded) {
			return sent, err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// issue gives each of some residents won. The credits are left for them to
// claim.
func (s *stage) issue(ctx context.Context, to []*payer, won int64) (gateway.Issued, error) {
	run, err := s.fund(ctx, int64(len(to))*won)
	if err != nil {
		return gateway.Issued{}, err
	}
	return s.issueRun(ctx, run, to, won)
}

// fund provides the money of a run, and names it.
func (s *stage) fund(ctx context.Context, total int64) (run string, err error) {
	s.runs++
	run = fmt.Sprintf("run-%d", s.runs)
	if err := s.town.Deposit(ctx, run, total); err != nil {
		return run, err
	}
	return run, s.town.Appropriate(ctx, run, total/10)
}

func (s *stage) issueRun(ctx context.Context, run string, to []*payer, won int64) (gateway.Issued, error) {
	issuer, err := s.Officer(ctx, "CityMSP", "issuer")
	if err != nil {
		return gateway.Issued{}, err
	}
	rows := make([]currency.Row, len(to))
	for i, p := range to {
		rows[i] = currency.Row{To: p.Account(), Amount: won}
	}
	total := int64(len(rows)) * won
	done, err := issuer.Issue(ctx, gateway.Issue{
		Program: s.town.Program, Run: run, Unit: rules.Unit, Source: currency.Principal, Rows: rows,
		BatchRows: issueRows, Parallel: issueParallel,
		Draws: []currency.Draw{{Deposit: run, Amount: total}, {Appropriation: run, Amount: total / 10}},
	})
	if err == nil && len(done.Failed) > 0 {
		err = fmt.Errorf("%d rows were not issued, the first: %+v", len(done.Failed), done.Failed[0])
	}
	return done, err
}

// catchUp reads all blocks that the courier's peer has, and returns those that
// are new.
func (s *stage) catchUp(ctx context.Context) ([]block, error) {
	height, err := s.client.Height(ctx, s.Consortium().Channel)
	if err != nil {
		return nil, err
	}
	blocks, err := s.chain.take(height)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		for _, t := range b.Txs {
			if t.valid() {
				s.credits.apply(t.writes)
			}
		}
	}
	return blocks, nil
}

func (s *stage) close(ctx context.Context) error {
	if s.chain != nil {
		s.chain.stop()
	}
	var errs []error
	if s.lanes != nil {
		errs = append(errs, s.lanes.Close(ctx))
	}
	if s.Platform != nil {
		errs = append(errs, s.Platform.Close()) //nolint:staticcheck // not the stage's own
	}
	if !s.Keep {
		errs = append(errs, testnetwork.Reset(ctx, s.Dir, io.Discard))
	}
	return errors.Join(errs...)
}

func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.Progress, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
}

// parallel runs f for 0 to n-1 on all cores and returns the first error of each.
func parallel(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	workers := cores()
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = f(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
