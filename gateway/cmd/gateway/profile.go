// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// serveProfiles serves profiles until the program ends, apart from the API.
// Profiles tell about callers, so the address should be on 127.0.0.1.
func serveProfiles(ctx context.Context, address string, log *slog.Logger) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for profiles on %s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Error("profiles ended", "error", server.Serve(listener)) }()
	log.Info("profiles", "url", "http://"+listener.Addr().String()+"/debug/pprof/")
	return nil
}
