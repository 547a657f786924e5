// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/gateway/internal/anchortest"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/sealer"
)

// endless is a client's stream that never ends. It counts the bytes that were
// taken from it.
type endless struct {
	ended <-chan struct{}
	line  int
	rest  []byte
	taken atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	select {
	case <-e.ended:
		return 0, io.EOF
	default:
	}
	if len(e.rest) == 0 {
		e.rest = fmt.Appendf(nil, `{"digest":"ee%062x"}`+"\n", e.line)
		e.line++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.taken.Add(int64(n))
	return n, nil
}

// heap is what lives on the heap, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers of the first let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// resident is the process's memory as Linux counts it (VmRSS), in bytes; 0 elsewhere.
func resident() int64 {
	raw, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(raw)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// overload fills a gateway's queue while the ledger is away, keeps asking it from
// four sides and by an endless stream, and tells how memory went. Each that is
// refused is told so with 503 and Retry-After; once the ledger is back, what was
// taken is sealed, all of it and once.
func overload(t testing.TB, queue, asked int) (full, after, rss int64) {
	l := anchortest.New(t)
	key := anchortest.Key("sealer")
	l.Register(t, "docs", anchor.Documents, key)
	l.Fail(func() error { return anchortest.Gone }, nil)
	s, err := sealer.Open(sealer.Options{Dir: t.TempDir(), Place: anchortest.Place, Key: key, Interval: time.Millisecond, MaxQueue: queue}, l)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // the test is over
	require.Eventually(t, func() bool {
		_, err := s.Store().Source(t.Context(), "docs")
		return err == nil
	}, 10*time.Second, time.Millisecond, "the first block is on its way")
	api := rest.New(nil).WithAnchor(s)
	call := func(path, media string, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/sources/docs/records"+path, body)
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	const ndjson = "application/x-ndjson"
	var lines bytes.Buffer
	for i := range queue {
		fmt.Fprintf(&lines, `{"digest":"%064x"}`+"\n", i)
	}
	if w := call(":batch", ndjson, &lines); bytes.Count(w.Body.Bytes(), []byte(`"waiting"`)) != queue {
		t.Fatalf("the queue takes less than %d: %.300s", queue, w.Body)
	}

	full = heap()
	ended := make(chan struct{})
	stream := &endless{ended: ended}
	var streaming, asking sync.WaitGroup
	streaming.Go(func() { call(":batch", ndjson, stream) })
	var wrong atomic.Value
	for worker := range 4 {
		asking.Go(func() {
			for i := worker; i < asked; i += 4 {
				w := call("?wait=accepted", "application/json", strings.NewReader(fmt.Sprintf(`{"digest":"ff%062x"}`, i)))
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "QUEUE_FULL") {
					wrong.Store(fmt.Sprintf("%d %v %s", w.Code, w.Header(), w.Body))
					return
				}
			}
		})
	}
	asking.Wait()
	rss = resident()
	after = heap()
	if why := wrong.Load(); why != nil {
		t.Fatal(why)
	}
	if n := stream.taken.Load(); n == 0 || n > 1<<20 {
		t.Fatalf("%d bytes were taken from a stream that has to wait, a chunk has 75,000", n)
	}

	close(ended)
	l.Fail(nil, nil) // the ledger is back
	streaming.Wait()
	for deadline := time.Now().Add(60 * time.Second); s.Store().Waiting() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d records still wait", s.Store().Waiting())
		}
	}
	log, err := s.Store().Log(t.Context(), "docs")
	if err != nil {
		t.Fatal(err)
	}
	if streamed := log.Size - uint64(queue); log.Size < uint64(queue) || streamed > uint64(stream.line) {
		t.Fatalf("%d records are sealed; %d were taken, and at most %d of the stream", log.Size, queue, stream.line)
	}
	return full, after, rss
}

// Memory does not grow with what is refused.
func TestOverload(t *testing.T) {
	full, after, _ := overload(t, 2000, 8000)
	if grown := after - full; grown > 8<<20 {
		t.Errorf("the heap grew from %d to %d bytes while 8,000 were refused", full, after)
	}
}

// BenchmarkOverload refuses 100,000 submissions while 40,000 wait, and reports the
// heap when the queue is full, what it grew by, and the process's memory meanwhile.
func BenchmarkOverload(b *testing.B) {
	for b.Loop() {
		full, after, rss := overload(b, 40_000, 100_000)
		b.ReportMetric(float64(full)/(1<<20), "MiB-full")
		b.ReportMetric(float64(after-full)/(1<<20), "MiB-grown")
		b.ReportMetric(float64(rss)/(1<<20), "MiB-RSS")
	}
}
