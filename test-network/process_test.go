// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func emptyNetwork(t *testing.T) *Network {
	t.Helper()
	n := settled(t, Options{})
	for _, sub := range []string{"log", "run"} {
		require.NoError(t, os.Mkdir(filepath.Join(n.dir, sub), 0o700))
	}
	return n
}

// sleeper runs until it is stopped; stubborn ones do not listen to SIGTERM.
func sleeper(t *testing.T, n *Network, script string) process {
	t.Helper()
	shell, err := exec.LookPath("sh")
	require.NoError(t, err)
	p := process{
		Name: "sleeper", Kind: KindService, Program: shell, Args: []string{"-c", script}, Dir: n.dir,
		ready: func(context.Context) error {
			log, err := os.ReadFile(n.logPath("sleeper"))
			if err == nil && len(log) == 0 {
				err = errors.New("it has not said anything yet")
			}
			return err
		},
	}
	t.Cleanup(func() {
		r, err := n.readRecord(p.Name)
		require.NoError(t, err)
		require.NoError(t, kill(context.Background(), p.Name, r))
	})
	return p
}

func TestProcessLife(t *testing.T) {
	n := emptyNetwork(t)
	p := sleeper(t, n, "echo up; exec sleep 600")
	started, err := n.startAll(t.Context(), []process{p})
	require.NoError(t, err)
	require.Equal(t, 1, started)
	first, err := n.readRecord(p.Name)
	require.NoError(t, err)
	require.True(t, first.alive())

	started, err = n.startAll(t.Context(), []process{p})
	require.NoError(t, err)
	require.Zero(t, started, "it runs already")

	p.Revision = "changed"
	started, err = n.startAll(t.Context(), []process{p})
	require.NoError(t, err)
	require.Equal(t, 1, started, "what has changed is restarted")
	require.False(t, first.alive())

	second, err := n.readRecord(p.Name)
	require.NoError(t, err)
	require.NoError(t, n.down(t.Context()))
	require.False(t, second.alive())
	stopped, err := n.readRecord(p.Name)
	require.NoError(t, err)
	require.True(t, stopped.Stopped)
}

func TestAnotherProcessWithTheSameIDIsNotOurs(t *testing.T) {
	n := emptyNetwork(t)
	r := record{Kind: KindPeer, PID: os.Getpid(), Identity: "an earlier boot/12345"}
	require.NoError(t, n.writeRecord("peer0.city", r))
	require.False(t, r.alive())
	require.NoError(t, n.down(t.Context()), "it would have stopped this test")

	r.Identity = identify(os.Getpid())
	require.True(t, r.alive())
	require.False(t, record{}.alive())
}

func TestDeathIsExplained(t *testing.T) {
	for name, test := range map[string]struct {
		says string
		want string
		is   error
	}{
		"its last words": {"panic: bad luck", "sleeper died; the last lines of", nil},
		"a full disk":    {"write: no space left on device", "free some space", ErrDiskFull},
		"a taken port":   {"bind: address already in use", "choose another base port", ErrPortInUse},
		"no interface":   {"no non-loopback, IPv4 interface detected", "connect the machine", nil},
	} {
		t.Run(name, func(t *testing.T) {
			n := emptyNetwork(t)
			p := sleeper(t, n, "echo '"+test.says+"'; exit 1")
			p.ready = func(context.Context) error { return errors.New("not yet") }
			_, err := n.startAll(t.Context(), []process{p})
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, test.says)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
}

func TestPortInUseNamesPortAndProcess(t *testing.T) {
	holder, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer holder.Close()
	port := holder.Addr().(*net.TCPAddr).Port

	n := emptyNetwork(t)
	p := sleeper(t, n, "echo up; exec sleep 600")
	p.Listen = []listener{{port, "its clients"}}
	_, err = n.startAll(t.Context(), []process{p})
	require.ErrorIs(t, err, ErrPortInUse)
	require.ErrorContains(t, err, loopback(port)+", which sleeper needs for its clients")
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	n := emptyNetwork(t)
	p := sleeper(t, n, "echo up; exec sleep 600")
	p.ready = func(context.Context) error { return errors.New("still warming up") }
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := n.startAll(ctx, []process{p})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "still warming up")
}

func TestTailIsShort(t *testing.T) {
	n := emptyNetwork(t)
	require.Contains(t, n.tail("nobody"), "no log")
	long := ""
	for range 1000 {
		long += "a line of a log\n"
	}
	write(t, n.logPath("talker"), long+"the last\n")
	require.Regexp(t, `^(  a line of a log\n){7}  the last$`, n.tail("talker"))
}

func TestProcessByBeginning(t *testing.T) {
	n := settled(t, Options{Orderers: 3})
	p, err := n.process("peer0.c")
	require.NoError(t, err)
	require.Equal(t, "peer0.city", p.Name)
	for _, name := range []string{"peer", "orderer", "nobody"} {
		_, err = n.process(name)
		require.ErrorContains(t, err, "there are orderer0, orderer1, orderer2, peer0.komsco, peer0.city, peer0.bank")
	}
}
