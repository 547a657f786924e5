// SPDX-License-Identifier: Apache-2.0

// Package networktest gives a test a network of its own.
package networktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/komsco/trust-platform/network"
	testnetwork "github.com/komsco/trust-platform/test-network"
)

const (
	// Test networks take their ports from here, below what systems give to outgoing connections.
	firstBase, lastBase = 20000, 31900
	// attempts to find a base port that nobody takes meanwhile.
	attempts = 5
	// grace is left to stop the network before the test binary's own deadline kills it.
	grace = 20 * time.Second
)

// New brings up a network in a temporary folder on free ports and stops it when the test ends. It takes some five seconds,
// and two minutes more if Fabric's programs are not built yet. Dir and BasePort of the options may be left out. If the test
// fails, the ends of all logs are shown.
func New(t testing.TB, o testnetwork.Options) *testnetwork.Network {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "network")
	}
	if o.Progress == nil {
		o.Progress = progress{t}
	}
	StopAtEnd(t, o.Dir)
	var n *testnetwork.Network
	var err error
	for range attempts {
		tried := o
		if o.BasePort == 0 {
			tried.BasePort = FreeBasePort(t)
		}
		if n, err = testnetwork.Up(t.Context(), tried); err == nil {
			n.SetProgress(o.Progress)
			return n
		}
		if o.BasePort != 0 || !errors.Is(err, testnetwork.ErrPortInUse) {
			break
		}
		// Another test took the ports between the look and the start.
		if err := testnetwork.Reset(t.Context(), o.Dir, o.Progress); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("bring up a network: %v", err)
	return nil
}

// StopAtEnd stops the network in dir when the test ends, shortly before the test binary's deadline, or on Ctrl-C.
func StopAtEnd(t testing.TB, dir string) {
	t.Helper()
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		return testnetwork.Down(ctx, dir, io.Discard)
	}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := d.Deadline(); ok {
			timer = time.AfterFunc(time.Until(deadline)-grace, func() { _ = stop() })
		}
	}
	stopOnSignal(dir)
	t.Cleanup(func() {
		timer.Stop()
		defer forget(dir)
		if t.Failed() {
			showLogs(t, dir)
		}
		if err := stop(); err != nil {
			t.Errorf("stop the network: %v", err)
		}
	})
}

// started are the folders of the networks that run.
var started struct {
	sync.Mutex
	once sync.Once
	dirs map[string]bool
}

// stopOnSignal stops the network in dir, too, before Ctrl-C ends the test binary: its processes do not get the signal.
func stopOnSignal(dir string) {
	started.once.Do(func() {
		started.dirs = map[string]bool{}
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		go func() {
			<-signals
			signal.Stop(signals) // a second one ends at once
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			started.Lock() // kept: no test starts another
			for dir := range started.dirs {
				if err := testnetwork.Down(ctx, dir, os.Stderr); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
			os.Exit(130)
		}()
	})
	started.Lock()
	defer started.Unlock()
	started.dirs[dir] = true
}

func forget(dir string) {
	started.Lock()
	defer started.Unlock()
	delete(started.dirs, dir)
}

// FreeBasePort finds a base port from which on all ports of a network are free.
func FreeBasePort(t testing.TB) int {
	t.Helper()
	const spans = (lastBase - firstBase) / network.PortSpan
	start := rand.IntN(spans) //nolint:gosec // spreads tests over the ports
	for i := range spans {
		base := firstBase + (start+i)%spans*network.PortSpan
		if allFree(t.Context(), base) {
			return base
		}
	}
	t.Fatalf("no %d ports in a row are free between %d and %d", network.PortSpan, firstBase, lastBase)
	return 0
}

func allFree(ctx context.Context, base int) bool {
	var listen net.ListenConfig
	for port := base; port < base+network.PortSpan; port++ {
		l, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		if l.Close() != nil {
			return false
		}
	}
	return true
}

// shownBytes is how much of each log a failed test shows.
const shownBytes = 3000

func showLogs(t testing.TB, dir string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "log", "*.log"))
	if err != nil {
		t.Log(err)
	}
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Log(err)
			continue
		}
		t.Logf("the end of %s:\n%s", filepath.Base(path), data[max(0, len(data)-shownBytes):])
	}
}

// progress sends lines to a test's log.
type progress struct{ t testing.TB }

func (p progress) Write(line []byte) (int, error) {
	p.t.Helper()
	p.t.Log(strings.TrimSpace(string(line)))
	return len(line), nil
}
