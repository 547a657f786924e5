// SPDX-License-Identifier: Apache-2.0

// Package bench measures the platform beside what others do, on a fresh network
// of its own. What every figure means is in README.md.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/komsco/trust-platform/gateway/lanes"
	"github.com/komsco/trust-platform/network"
)

// Options of a run. Zero values mean the defaults.
type Options struct {
	Dir         string // state folder of the network, removed before and after; default .bench/network
	BasePort    int    // of the network; default 26000
	GatewayPort int    // default 26199
	Rounds      int    // every workload is measured once in each; default 5
	Warm        time.Duration
	Window      time.Duration // measured, after Warm
	Payers      int           // residents with an account; default 16000
	Shops       int           // default 200
	Welfare     int           // rows of the welfare run; default 100000
	Lanes       int           // of the SDK and the gateway
	InFlight    int           // transactions of a lane on their way at a time
	Batch       int           // orders in a transaction at most
	Blocks      *network.Batch
	Keep        bool     // leave the network running
	Profiles    string   // folder for CPU profiles of our processes during hot payments; empty: none, for they cost a little
	Only        []string // workloads to measure; default all
	Progress    io.Writer
}

func (o *Options) defaults() {
	for _, d := range []struct {
		value     *int
		otherwise int
	}{
		{&o.BasePort, 26000},
		{&o.GatewayPort, 26199},
		{&o.Rounds, 5},
		{&o.Payers, 16_000},
		{&o.Shops, 200},
		{&o.Welfare, 100_000},
		{&o.Lanes, lanes.Default.Lanes},
		{&o.InFlight, lanes.Default.InFlight},
		{&o.Batch, lanes.Default.MaxBatch},
	} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	if o.Warm == 0 {
		o.Warm = 3 * time.Second
	}
	if o.Window == 0 {
		o.Window = 10 * time.Second
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Blocks == nil {
		blocks := network.Default().Batch
		o.Blocks = &blocks
	}
}

// Quick shortens everything, to see that it works. Its figures are no
// measurement.
func (o *Options) Quick() {
	o.Rounds, o.Warm, o.Window = 1, time.Second, 3*time.Second
	o.Payers, o.Shops, o.Welfare = 1000, 20, 5000
}

// Run measures everything on a new network, which it removes afterwards, and
// returns the report. A report that comes with an error is incomplete, or its
// books do not balance.
func Run(ctx context.Context, o Options) (r *Report, err error) {
	o.defaults()
	r = newReport(o)
	began := time.Now()
	s, err := open(ctx, o)
	if s != nil {
		defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return r, err
	}
	defer r.sum()
	for round := 1; round <= o.Rounds; round++ {
		for _, w := range workloads {
			if len(o.Only) > 0 && !slices.Contains(o.Only, w.name) {
				continue
			}
			s.profiling = ""
			if o.Profiles != "" && round == 1 && profiled[w.name] {
				s.profiling = w.name
			}
			m, err := w.run(ctx, s)
			if err != nil {
				return r, fmt.Errorf("round %d, %s: %w", round, w.name, err)
			}
			m.Workload, m.Round = w.name, round
			r.Measures = append(r.Measures, *m)
			s.say("round %d/%d  %-16s %s", round, o.Rounds, w.name, m)
		}
	}
	s.profiling = "" // what follows is another load: it would take the place of the profiles of before
	if s.signed[HotHTTP] > 0 {
		if err := s.overload(ctx, r); err != nil {
			return r, fmt.Errorf("overload: %w", err)
		}
	}
	defer func() { r.Seconds = time.Since(began).Seconds() }()
	return r, s.prove(ctx, r)
}

// workload is one thing that is measured in every round.
type workload struct {
	name string
	run  func(context.Context, *stage) (*Measure, error)
}

// workloads in the order in which a round measures them. Comparable ones stand
// close to each other, so that what drifts touches both.
var workloads = []workload{
	{Bound, bound},
	{Floor, floor},
	{UsualSpread, usualSpread},
	{UsualHot, usualHot},
	{UsualHotRetried, usualHotRetried},
	{Single, single},
	{SingleIdle, singleIdle},
	{NoopIdle, noopIdle},
	{AnchorHTTP, anchorHTTP},
	{AnchorSDK, anchorSDK},
	{AnchorVerify, anchorVerify},
	{DIDOps, didOps},
	{Resolve, resolve},
	{Issue, issue},
	{Even, paySpread},
	{Hot, payHot},
	{Hostile, payHostile},
	{HotSigning, payHotSigning},
	{Zipf, payZipf},
	{OnePayer, payOnePayer},
	{Mixed, payMixed},
	{HotHTTP, payHTTP},
	{OpenHTTP, openHTTP},
	{Welfare, welfare}, // last in a round: it makes the ledger larger
}

// Names of the workloads.
const (
	Bound           = "bound"
	Floor           = "floor"
	UsualSpread     = "usual"
	UsualHot        = "usual-hot"
	UsualHotRetried = "usual-hot-retry"
	Single          = "single"
	SingleIdle      = "single-idle"
	NoopIdle        = "noop-idle"
	DIDOps          = "did-ops"
	Resolve         = "resolve"
	Issue           = "issue"
	Even            = "U"
	Hot             = "H"
	HotSigning      = "H+signing"
	Zipf            = "Z"
	OnePayer        = "P"
	Mixed           = "M"
	Hostile         = "A"
	HotHTTP         = "H-http"
	Storm           = "storm" // behind the rounds, no workload of theirs
	OpenHTTP        = "open-http"
	Welfare         = "welfare"
)

// endorsers is how many organisations' peers endorse a transaction: the
// majority of the default consortium's three.
const endorsers = 2

func cores() int { return runtime.GOMAXPROCS(0) }
