// SPDX-License-Identifier: Apache-2.0

// Package service is what the gateway does, whatever the transport: it checks an
// order's form, hands it to its lane, tells what became of it, and passes on what
// the ledger shows to whom.
package service

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
)

// Ledger is one currency contract on one channel.
type Ledger interface {
	lanes.Ledger
	Evaluate(ctx context.Context, function string, args ...string) ([]byte, error)
	// Sweep gives back what nobody captured in time; it asks for no role.
	Sweep(ctx context.Context, r currency.Sweep) (currency.Swept, error)
	// ForwardCredits and ForwardTakings ask for no role either.
	ForwardCredits(ctx context.Context, r currency.ForwardCredits) (currency.Forwarded, error)
	ForwardTakings(ctx context.Context, r currency.ForwardTakings) (currency.TakingsForwarded, error)
	// Trace follows money over all blocks up to a height; 0 is all there are.
	Trace(ctx context.Context, q trace.Question, height uint64, progress func(done, height uint64)) (trace.Graph, error)
}

// Route is a contract that this gateway serves.
type Route struct {
	Place    currency.Place
	Programs []string // that have their home there; what no route names is the first route's
	Ledger   Ledger
	Keys     Keys       // may be nil
	Chain    feed.Chain // whose blocks events are heard from; may be nil
}

// Options tune a service.
type Options struct {
	Lanes   lanes.Options
	Timeout time.Duration // within which an order is settled; 0 is 30 seconds
	Log     *slog.Logger
}

// Service is a running gateway. Stop it with Close.
type Service struct {
	routes    []*route
	timeout   time.Duration
	log       *slog.Logger
	track     *tracker
	suspects  suspects
	listeners crowd
	tracing   chan struct{} // one trace at a time: each reads the whole chain
}

type route struct {
	Route
	lanes *lanes.Lanes
	hub   *feed.Hub // nil where the route has no chain
	ready readiness
}

// New starts a service. The first route is the default.
func New(o Options, routes ...Route) (*Service, error) {
	if len(routes) == 0 {
		return nil, fmt.Errorf("no route: a network, channel and chaincode are needed")
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lanes.Metrics == nil {
		o.Lanes.Metrics = lanes.NewMetrics(nil)
	}
	o.Lanes.Log = o.Log
	s := &Service{timeout: o.Timeout, log: o.Log, track: newTracker(maxTracked), tracing: make(chan struct{}, 1)}
	for i, r := range routes {
		if slices.ContainsFunc(routes[:i], func(before Route) bool { return before.Place == r.Place }) {
			return nil, fmt.Errorf("route to network %q channel %q chaincode %q is there twice", r.Place.Network, r.Place.Channel, r.Place.Chaincode)
		}
		home := &route{Route: r, lanes: lanes.New(r.Ledger, o.Lanes)}
		if r.Chain != nil {
			home.hub = feed.New(r.Chain, feed.Options{Chaincode: r.Place.Chaincode, Log: o.Log})
		}
		s.routes = append(s.routes, home)
	}
	return s, nil
}

// Close takes no more orders and settles those taken, until ctx ends.
func (s *Service) Close(ctx context.Context) error {
	for _, r := range s.routes {
		if r.hub != nil {
			r.hub.Close()
		}
	}
	errs := make([]error, len(s.routes))
	var wg sync.WaitGroup
	for i, r := range s.routes {
		wg.Go(func() { errs[i] = r.lanes.Close(ctx) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("stopped before all orders were settled: %w", err)
		}
	}
	return nil
}

// Crowded reports whether so many orders wait, on every route, that those which
// come now had better come again later.
func (s *Service) Crowded() bool {
	return !slices.ContainsFunc(s.routes, func(r *route) bool { return !r.lanes.Crowded() })
}

// home is the route of a programme.
func (s *Service) home(program string) *route {
	for _, r := range s.routes {
		if slices.Contains(r.Programs, program) {
			return r
		}
	}
	return s.routes[0]
}

// parse reads an order and finds the route that it is bound to.
func (s *Service) parse(compact string, types []string) (*currency.Order, *route, error) {
	var first error
	for _, r := range s.routes {
		o, err := currency.ParseOrder(compact, r.Place, types...)
		if err == nil {
			return o, r, nil
		}
		if first == nil {
			first = err
		}
		if refused := code.Of(err); refused == nil || refused.Code != currency.OrderElsewhere {
			return nil, nil, err
		}
	}
	return nil, nil, first
}
