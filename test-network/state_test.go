// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/network"
)

func write(t *testing.T, path, data string) {
	t.Helper()
	require.NoError(t, put(path, []byte(data)))
}

func TestOpenWithoutNetwork(t *testing.T) {
	_, err := Open(t.TempDir())
	require.ErrorIs(t, err, ErrNoNetwork)
}

func TestStaleState(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"another format": {`{"format": 99}`, "has format 99, this program writes 1"},
		"a broken file":  {`{"format": `, "cannot be read"},
		"a wrong type":   {`{"format": 1, "basePort": "x"}`, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "network")
			write(t, filepath.Join(dir, "network.json"), test.content)
			_, err := Open(dir)
			require.ErrorIs(t, err, ErrStaleState)
			require.ErrorContains(t, err, test.want)
			_, err = Up(t.Context(), Options{Dir: dir})
			require.ErrorIs(t, err, ErrStaleState)
			require.ErrorContains(t, err, "reset removes the network")

			require.NoError(t, Reset(t.Context(), dir, &bytes.Buffer{}), "what cannot be read can be removed")
			require.NoDirExists(t, dir)
		})
	}
}

func TestAFolderOfOthersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.txt"), "years of work")
	_, err := Up(t.Context(), Options{Dir: dir})
	require.ErrorIs(t, err, ErrStaleState)
	require.ErrorContains(t, err, "thesis.txt")
	require.NoError(t, Reset(t.Context(), dir, &bytes.Buffer{}))
	require.NoError(t, Down(t.Context(), dir, &bytes.Buffer{}))
	require.FileExists(t, filepath.Join(dir, "thesis.txt"))
}

// What ends before there is a network, for want of Fabric's programs here, leaves
// nothing that keeps the next one from coming up.
func TestUpBrokenOffEarly(t *testing.T) {
	t.Setenv("FABRIC_BIN", t.TempDir())
	dir := filepath.Join(t.TempDir(), "network")
	_, first := Up(t.Context(), Options{Dir: dir})
	require.Error(t, first)
	_, again := Up(t.Context(), Options{Dir: dir})
	require.EqualError(t, again, first.Error())
}

func TestFullDisk(t *testing.T) {
	require.NoError(t, checkSpace(t.TempDir(), 1))
	err := checkSpace(t.TempDir(), math.MaxUint64)
	require.ErrorIs(t, err, ErrDiskFull)
	require.ErrorContains(t, err, "MiB are free")
}

func settled(t *testing.T, o Options) *Network {
	t.Helper()
	n := &Network{dir: t.TempDir(), state: new(state), progress: &bytes.Buffer{}}
	require.NoError(t, n.settle(o))
	n.state.Made = true
	return n
}

// A network whose channel was not made yet, for a port was taken, say, takes other
// options, and keeps those it was given.
func TestSettleBeforeTheChannel(t *testing.T) {
	n := settled(t, Options{BasePort: 8050, Orderers: 3})
	n.state.Made = false
	require.NoError(t, n.settle(Options{}))
	require.Equal(t, 8050, n.state.BasePort)
	require.NoError(t, n.settle(Options{BasePort: 9050}))
	require.Equal(t, 9050, n.state.BasePort)
	require.Len(t, n.state.Consortium.Orderers.Organisation.Nodes, 3)
	require.Equal(t, "127.0.0.1:9050", n.state.Consortium.Orderers.Organisation.Nodes[0].Listen)
}

// How many order is the consortium's to say where nobody asks for another number.
func TestOrderersOfTheConsortium(t *testing.T) {
	c, err := network.Default().WithOrderers(4, network.BFT)
	require.NoError(t, err)
	n := settled(t, Options{Consortium: c})
	require.Len(t, n.state.Consortium.Orderers.Organisation.Nodes, 4)
	require.Equal(t, network.BFT, n.state.Consortium.Orderers.Consensus)
	require.NoError(t, n.settle(Options{BFT: true, Orderers: 4}), "what there is")
	require.ErrorContains(t, n.settle(Options{Orderers: 1}), "4 BFT orderers, asked for are 7050 and 1 Raft")
}

func TestSettle(t *testing.T) {
	n := settled(t, Options{BasePort: 8050})
	require.NoError(t, n.settle(Options{}), "nothing asked for is what there is")
	require.NoError(t, n.settle(Options{BasePort: 8050, Orderers: 1}))
	require.Equal(t, 8050, n.state.BasePort)

	for name, test := range map[string]struct {
		ask  Options
		want string
	}{
		"another base port":   {Options{BasePort: 9050}, "base port 8050 and 1 Raft orderer(s), asked for are 9050"},
		"more orderers":       {Options{Orderers: 3}, "3 Raft orderer(s)"},
		"BFT":                 {Options{BFT: true}, "4 BFT orderers"},
		"other blocks":        {Options{Batch: &network.Batch{Timeout: 1, MaxMessages: 1, PreferredBytes: 1, AbsoluteBytes: 1}}, "made from other terms"},
		"other members":       {Options{Consortium: renamed(t)}, "made from other terms"},
		"chaincodes apart":    {Options{ChaincodePerOrg: true}, "one for each"},
		"no room for ports":   {Options{BasePort: 65500}, "base port"},
		"too few BFT members": {Options{BFT: true, Orderers: 3}, "3 BFT orderers"},
	} {
		t.Run(name, func(t *testing.T) {
			err := n.settle(test.ask)
			require.ErrorIs(t, err, ErrStaleState)
			require.ErrorContains(t, err, test.want)
		})
	}

	own := settled(t, Options{Consortium: renamed(t)})
	require.NoError(t, own.settle(Options{}), "a consortium of its own is kept")
	require.Equal(t, "trust-other", own.state.Consortium.Network)

	fresh := &Network{dir: t.TempDir(), state: new(state)}
	require.ErrorContains(t, fresh.settle(Options{BasePort: 80}), "between 1024 and")
	require.ErrorContains(t, (&Network{dir: t.TempDir(), state: new(state)}).settle(Options{BFT: true, Orderers: 3}), "at least 4")
	require.ErrorContains(t, (&Network{dir: t.TempDir(), state: new(state)}).settle(Options{Batch: new(network.Batch)}), "batch:")
}

func renamed(t *testing.T) *network.Consortium {
	t.Helper()
	c := network.Default()
	c.Network = "trust-other"
	return c
}

func TestWriteFileReplacesAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, writeFile(path, []byte("one")))
	require.NoError(t, writeFile(path, []byte("two")))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(data))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
	require.Error(t, writeFile(filepath.Join(path, "below"), nil))
}
