// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// BenchmarkStream measures records a second from a stream of NDJSON to the
// answers, with the ledger in memory: what the API itself allows.
func BenchmarkStream(b *testing.B) {
	l := anchortest.New(b)
	key := anchortest.Key("sealer")
	l.Register(b, "docs", anchor.Documents, key)
	s, err := sealer.Open(sealer.Options{Dir: b.TempDir(), Place: anchortest.Place, Key: key}, l)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(rest.New(nil).WithAnchor(s))
	defer func() {
		server.Close()
		_ = s.Close() // the benchmark is over
	}()
	for {
		if _, err := s.Store().Source(b.Context(), "docs"); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	const each = 20_000
	n := 0
	for b.Loop() {
		var body bytes.Buffer
		for range each {
			fmt.Fprintf(&body, `{"digest":"%064x"}`+"\n", n)
			n++
		}
		res, err := http.Post(server.URL+"/v1/sources/docs/records:batch", "application/x-ndjson", &body)
		if err != nil {
			b.Fatal(err)
		}
		lines := 0
		for scanner := bufio.NewScanner(res.Body); scanner.Scan(); lines++ {
			if !bytes.Contains(scanner.Bytes(), []byte(`"anchored"`)) {
				b.Fatal(scanner.Text())
			}
		}
		_ = res.Body.Close()
		if lines != each {
			b.Fatalf("%d answers", lines)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}
