// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package testnetwork_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	testnetwork "github.com/komsco/trust-platform/test-network"
	"github.com/komsco/trust-platform/test-network/networktest"
)

// serveVariable makes this test binary an HTTP service on the address it holds.
const serveVariable = "TESTNETWORK_SERVE"

func TestMain(m *testing.M) {
	if address := os.Getenv(serveVariable); address != "" {
		fmt.Println(http.ListenAndServe(address, http.NotFoundHandler()))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var noop = testnetwork.Chaincode{Name: "noop", Package: "./test-network/cmd/noop"}

func TestNetwork(t *testing.T) {
	t.Parallel()
	n := networktest.New(t, testnetwork.Options{Chaincodes: []testnetwork.Chaincode{noop}})
	ctx := t.Context()

	t.Run("deploying again changes nothing", func(t *testing.T) {
		before := nodes(t, n)
		require.NoError(t, n.Deploy(ctx, noop))
		require.Equal(t, before, nodes(t, n))
	})

	t.Run("up again changes nothing", func(t *testing.T) {
		before := nodes(t, n)
		_, err := testnetwork.Up(ctx, testnetwork.Options{Dir: n.Dir()})
		require.NoError(t, err)
		require.Equal(t, before, nodes(t, n))
	})

	t.Run("README", func(t *testing.T) {
		commands := readmeCommands(t, "peer ")
		require.GreaterOrEqual(t, len(commands), 2)
		for _, command := range commands {
			shell(t, n, "komsco", "", command)
		}
		require.Equal(t, "world", shell(t, n, "bank", "", `peer chaincode query -C $CHANNEL -n noop -c '{"Args":["get","hello"]}'`))
	})

	t.Run("an officer has a certificate of the own name", func(t *testing.T) {
		officer, err := n.User("CityMSP", "treasurer")
		require.NoError(t, err)
		require.Equal(t, "treasurer@city.example", officer.CommonName)
		again, err := n.User("city", "treasurer@city.example")
		require.NoError(t, err)
		require.Equal(t, officer, again)

		cert := certificate(t, officer.Cert)
		require.Equal(t, officer.CommonName, cert.Subject.CommonName)
		require.Equal(t, []string{"client"}, cert.Subject.OrganizationalUnit)
		shell(t, n, "city", "treasurer", put("by", "treasurer"))
		require.Equal(t, "treasurer", get(t, n, "by"))
	})

	t.Run("upgrade", func(t *testing.T) {
		upgraded := noop
		upgraded.Version, upgraded.Plain, upgraded.Policy = "1.1", true, "OutOf(2, 'KomscoMSP.peer', 'CityMSP.peer', 'BankMSP.peer')"
		require.NoError(t, n.Deploy(ctx, upgraded))
		require.Equal(t, "world", get(t, n, "hello"))
		require.Contains(t, shell(t, n, "komsco", "", "peer lifecycle chaincode querycommitted -C $CHANNEL -n noop"), "Version: 1.1, Sequence: 2")
		_, err := n.Log("noop-1.0")
		require.ErrorContains(t, err, "noop-1.1", "the old version's process is gone")

		wrong := upgraded
		wrong.Version, wrong.Sequence = "1.2", 7
		require.ErrorContains(t, n.Deploy(ctx, wrong), "the channel expects 3")
	})

	t.Run("a service", func(t *testing.T) {
		self, err := os.Executable()
		require.NoError(t, err)
		port := networktest.FreeBasePort(t)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		service := testnetwork.Service{Name: "gateway", Program: self, Env: []string{serveVariable + "=" + address}, Port: port}
		require.NoError(t, n.RunService(ctx, service))
		first := node(t, n, "gateway")
		require.NoError(t, n.RunService(ctx, service))
		require.Equal(t, first, node(t, n, "gateway"), "an unchanged service is left alone")
	})

	t.Run("what was killed resumes", func(t *testing.T) {
		shell(t, n, "komsco", "", put("before", "crash"))
		for _, name := range []string{"peer0.city", "orderer0", "noop", "gateway"} {
			require.NoError(t, n.Kill(ctx, name))
			crashed := node(t, n, name)
			require.Equal(t, testnetwork.StateCrashed, crashed.State, name)
		}
		_, err := testnetwork.Up(ctx, testnetwork.Options{Dir: n.Dir()})
		require.NoError(t, err)
		for _, node := range nodes(t, n) {
			require.Equal(t, testnetwork.StateRunning, node.State, node.Name)
		}
		require.Equal(t, "crash", get(t, n, "before"))
		shell(t, n, "city", "", put("after", "crash"))
		require.Equal(t, "crash", get(t, n, "after"))
	})

	t.Run("down leaves no process", func(t *testing.T) {
		require.NotEmpty(t, processesOf(t, n.Dir()))
		require.NoError(t, n.Down(ctx))
		require.Empty(t, processesOf(t, n.Dir()))
		for _, node := range nodes(t, n) {
			require.Equal(t, testnetwork.StateStopped, node.State, node.Name)
		}
	})

	t.Run("all of it comes back", func(t *testing.T) {
		_, err := testnetwork.Up(ctx, testnetwork.Options{Dir: n.Dir()})
		require.NoError(t, err)
		require.Equal(t, "crash", get(t, n, "after"))
		require.Equal(t, testnetwork.StateRunning, node(t, n, "gateway").State)
	})

	t.Run("other terms are refused", func(t *testing.T) {
		_, err := testnetwork.Up(ctx, testnetwork.Options{Dir: n.Dir(), Orderers: 3})
		require.ErrorIs(t, err, testnetwork.ErrStaleState)
		require.ErrorContains(t, err, "3 Raft orderer(s)")
	})

	t.Run("reset removes it", func(t *testing.T) {
		require.NoError(t, n.Reset(ctx))
		require.NoDirExists(t, n.Dir())
		require.Empty(t, processesOf(t, n.Dir()))
	})
}

// Beside TestNetwork, on other ports: three ordering nodes, of which one may be lost, and a chaincode process for each
// organisation.
func TestRaftOfThree(t *testing.T) {
	t.Parallel()
	n := networktest.New(t, testnetwork.Options{
		Orderers: 3, ChaincodePerOrg: true, Chaincodes: []testnetwork.Chaincode{noop},
	})
	var contracts []string
	for _, node := range nodes(t, n) {
		if node.Kind == testnetwork.KindChaincode {
			contracts = append(contracts, node.Name)
		}
	}
	require.Equal(t, []string{"noop-1.0.komsco", "noop-1.0.city", "noop-1.0.bank"}, contracts)

	shell(t, n, "komsco", "", put("a", "1"))
	require.NoError(t, n.Kill(t.Context(), "orderer2"))
	shell(t, n, "komsco", "", put("a", "2"))
	require.Equal(t, "2", get(t, n, "a"))
	require.NoError(t, n.Start(t.Context(), "orderer2"))
	require.Eventually(t, func() bool {
		return node(t, n, "orderer2").Height == node(t, n, "orderer0").Height
	}, 30*time.Second, 200*time.Millisecond, "the restarted ordering node catches up")
}

func TestBFT(t *testing.T) {
	n := networktest.New(t, testnetwork.Options{BFT: true, Chaincodes: []testnetwork.Chaincode{noop}})
	shell(t, n, "komsco", "", put("a", "1"))
	require.NoError(t, n.Kill(t.Context(), "orderer3"))
	shell(t, n, "komsco", "", put("a", "2"))
	require.Equal(t, "2", get(t, n, "a"))
}

func TestPortInUse(t *testing.T) {
	base := networktest.FreeBasePort(t)
	var listen net.ListenConfig
	holder, err := listen.Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+31)))
	require.NoError(t, err)
	defer holder.Close()

	dir := filepath.Join(t.TempDir(), "network")
	networktest.StopAtEnd(t, dir)
	_, err = testnetwork.Up(t.Context(), testnetwork.Options{Dir: dir, BasePort: base})
	require.ErrorIs(t, err, testnetwork.ErrPortInUse)
	require.ErrorContains(t, err, fmt.Sprintf("127.0.0.1:%d, which peer0.city needs", base+31))
	require.ErrorContains(t, err, "or give this network another base port")

	// The port free again, the same command goes on where it stopped.
	require.NoError(t, holder.Close())
	_, err = testnetwork.Up(t.Context(), testnetwork.Options{Dir: dir})
	require.NoError(t, err)
}

func TestBrokenChaincode(t *testing.T) {
	n := networktest.New(t, testnetwork.Options{})
	program, err := exec.LookPath("false")
	require.NoError(t, err)
	broken := testnetwork.Chaincode{Name: "broken", Program: program}
	require.ErrorContains(t, n.Deploy(t.Context(), broken), "broken-1.0 died")
	_, err = testnetwork.Up(t.Context(), testnetwork.Options{Dir: n.Dir()})
	require.NoError(t, err, "it does not stand in the way")
}

func nodes(t *testing.T, n *testnetwork.Network) []testnetwork.Node {
	t.Helper()
	all, err := n.Status(t.Context())
	require.NoError(t, err)
	return all
}

func node(t *testing.T, n *testnetwork.Network, name string) testnetwork.Node {
	t.Helper()
	all := nodes(t, n)
	i := slices.IndexFunc(all, func(node testnetwork.Node) bool { return strings.HasPrefix(node.Name, name) })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

func put(key, value string) string {
	return fmt.Sprintf(`peer chaincode invoke $INVOKE --waitForEvent -C $CHANNEL -n noop -c '{"Args":["put",%q,%q]}'`, key, value)
}

// get reads a key on every organisation's peer; all have to agree.
func get(t *testing.T, n *testnetwork.Network, key string) string {
	t.Helper()
	var value string
	for i, org := range n.Orgs() {
		got := shell(t, n, org.MSPID, "", fmt.Sprintf(`peer chaincode query -C $CHANNEL -n noop -c '{"Args":["get",%q]}'`, key))
		if i > 0 {
			require.Equal(t, value, got, org.Name)
		}
		value = got
	}
	return value
}

// shell runs a command line with the settings of an organisation's user and returns what it prints.
func shell(t *testing.T, n *testnetwork.Network, org, user, line string) string {
	t.Helper()
	env, err := n.Env(org, user)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-ec", line)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s\n%s%s", line, &stdout, &stderr)
	return strings.TrimSpace(stdout.String())
}

// readmeCommands are the lines of the README's shell blocks that begin with prefix.
func readmeCommands(t *testing.T, prefix string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var commands []string
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
		} else if inside && strings.HasPrefix(line, prefix) {
			commands = append(commands, line)
		}
	}
	return commands
}

func certificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	require.NotNil(t, block)
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return cert
}

// processesOf finds the processes that work in dir, by their working directory and environment.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc to look at processes")
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []string
	for _, p := range all {
		environ, err := os.ReadFile(filepath.Join(p, "environ"))
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.ESRCH) {
			require.NoError(t, err)
		}
		cwd, _ := os.Readlink(filepath.Join(p, "cwd")) // gone, or another user's
		if bytes.Contains(environ, []byte(dir)) || strings.HasPrefix(cwd, dir) {
			found = append(found, p)
		}
	}
	return found
}
