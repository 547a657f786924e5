// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Who promises a body and never sends it is let go, whether anybody wants it or not;
// who waits for a long answer, or hears one bit by bit, is not.
func TestSilentClientsAreLetGo(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/reads", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		for i := range 6 {
			time.Sleep(100 * time.Millisecond) // in all, three times as long as a request may take
			if r.Context().Err() != nil {
				return
			}
			fmt.Fprintln(w, i)
			_ = http.NewResponseController(w).Flush()
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := newServer(mux, patience{send: 200 * time.Millisecond, take: time.Minute})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { require.NoError(t, server.Close()) })

	for name, c := range map[string]struct {
		request string
		cut     bool
	}{
		"a body that is read":    {"POST /reads HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\nhalf", true},
		"a body nobody asks for": {"POST /nowhere HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n", true},
		"a header":               {"POST /reads HTTP/1.1\r\nHost: g\r\n", true},
		"nothing":                {"GET /long HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n", false},
		"nothing more":           {"POST /long HTTP/1.1\r\nHost: g\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
			_, err = io.WriteString(conn, c.request)
			require.NoError(t, err)
			said, err := io.ReadAll(bufio.NewReader(conn)) // until the server hangs up
			require.NoError(t, err)
			if !c.cut {
				require.Contains(t, string(said), "\n5\n", "the answer is whole")
			}
		})
	}
}
