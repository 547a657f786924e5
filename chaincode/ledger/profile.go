// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"
)

// serveProfiles listens where CHAINCODE_PPROF_ADDRESS says, if it does, and logs
// where that is; port 0 takes a free one. Profiles tell about callers, so the
// address should be on 127.0.0.1.
func serveProfiles() error {
	address := os.Getenv("CHAINCODE_PPROF_ADDRESS")
	if address == "" {
		return nil
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // lives as long as the process
	if err != nil {
		return fmt.Errorf("CHAINCODE_PPROF_ADDRESS: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	log.Printf("profiles at http://%s/debug/pprof/", listener.Addr())
	server := http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Print(server.Serve(listener)) }()
	return nil
}
