// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency/trace"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/feed"
	"github.com/komsco/trust-platform/gateway/internal/lanes"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/service"
	"github.com/komsco/trust-platform/gateway/internal/telemetry"
)

// serve runs until ctx ends; then it takes nothing new, settles what it took, and
// returns.
func serve(ctx context.Context, c config.Config, logs io.Writer) error {
	if err := c.Validate(); err != nil {
		return err
	}
	log, err := telemetry.NewLog(logs, c.Log.Format, c.Log.Level)
	if err != nil {
		return err
	}
	client, err := gateway.Connect(ctx, c.Connect())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // nothing is left to lose

	registry := telemetry.NewRegistry()
	var routes []service.Route
	for _, home := range c.Places() {
		money := client.Currency(home.Place.Channel, home.Place.Chaincode)
		tracer, err := money.Tracer()
		if err != nil {
			return err
		}
		defer tracer.Close() //nolint:errcheck // it holds nothing that is not on the ledger
		routes = append(routes, service.Route{
			Place: home.Place, Programs: home.Programs, Ledger: traced{lanes.Fabric{Currency: money}, tracer}, Keys: money,
			Chain: feed.Fabric{Client: client, Channel: home.Place.Channel},
		})
	}
	s, err := service.New(service.Options{
		Lanes: lanes.Options{
			Lanes: c.Lanes.Count, InFlight: c.Lanes.InFlight, MaxBatch: c.Lanes.MaxBatch, Queue: c.Lanes.Queue, MaxWait: c.Lanes.MaxWait, Metrics: lanes.NewMetrics(registry),
		},
		Timeout: c.Timeouts.Order, Log: log,
	}, routes...)
	if err != nil {
		return err
	}

	anchors, err := openSealer(c, client, registry, log)
	if err != nil {
		return err
	}
	if anchors != nil {
		defer func() { // what waits is on disk
			if err := anchors.Close(); err != nil {
				log.Error("closing the logs", "failure", err)
			}
		}()
	}
	following, stopFollowing := context.WithCancel(ctx)
	defer followDocuments(following, c, client, log)()
	defer watchFraud(following, c, client, registry, log)()
	defer stopFollowing()
	cosigner, err := openWitness(c, client, log)
	if err != nil {
		return err
	}

	var page []byte
	if c.VerifyPage != "" {
		if page, err = os.ReadFile(c.VerifyPage); err != nil {
			return fmt.Errorf("the verification page: %w", err)
		}
	}
	door, err := openDoor(c, client, log)
	if err != nil {
		return err
	}
	identities, err := dids(c, client, log)
	if err != nil {
		return err
	}
	handedOut, err := openKept(c, client)
	if err != nil {
		return err
	}
	defer func() { _ = handedOut.close() }() // all of it is on disk already
	issuer, err := openIssuer(c, client, handedOut, log)
	if err != nil {
		return err
	}
	asker, err := openAsker(c, client, handedOut, log)
	if err != nil {
		return err
	}
	suites, err := openVCAPI(c, client, handedOut, log)
	if err != nil {
		return err
	}

	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	server := newServer(telemetry.HTTP(rest.New(s).WithIdentity(identities).WithSignIn(door).WithIssuing(issuer).WithAsking(asker).WithVCAPI(suites).WithAnchor(anchors).WithWitness(cosigner).WithVerifyPage(page), registry, log), patience{send: 30 * time.Second, take: 10 * time.Minute})
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if c.Pprof != "" {
		if err := serveProfiles(ctx, c.Pprof, log); err != nil {
			return err
		}
	}
	log.Info("serving", "url", "http://"+listener.Addr().String(), "docs", "http://"+listener.Addr().String()+"/docs",
		"peer", c.Peer.Endpoint, "identity", c.Identity.MSP, "routes", len(routes))

	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", c.Listen, err)
	case <-ctx.Done():
	}
	log.Info("stopping", "within", c.Timeouts.Stop)
	last, cancel := context.WithTimeout(context.Background(), c.Timeouts.Stop)
	defer cancel()
	// The listener closes at once; requests that wait for a commit are answered as their orders settle.
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(last) }()
	err = errors.Join(s.Close(last), <-stopped)
	log.Info("stopped")
	return err
}

// traced is a ledger whose traces read each block once.
type traced struct {
	lanes.Fabric
	*gateway.Tracer
}

// Trace implements service.Ledger.
func (t traced) Trace(ctx context.Context, q trace.Question, height uint64, progress func(done, height uint64)) (trace.Graph, error) {
	return t.Tracer.Trace(ctx, q, height, progress)
}

// patience is how long a client may take to send a request, and to take its answer.
// What goes on for longer by its nature sets deadlines of its own.
type patience struct{ send, take time.Duration }

func newServer(h http.Handler, p patience) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: min(10*time.Second, p.send),
		ReadTimeout:       p.send, // no longer counts once the body is read
		WriteTimeout:      p.take,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 20,
	}
}
