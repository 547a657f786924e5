// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/komsco/trust-platform/network"
	"github.com/komsco/trust-platform/network/fabric"
)

const lockName = "lock"

// Network is a network in a state folder. Its methods may be called at the same time, by several programs too: those that
// change something wait for each other.
type Network struct {
	dir   string
	root  string
	state *state
	// bin holds Fabric's programs for those that Up starts.
	bin      string
	progress io.Writer
}

// Dir is the state folder.
func (n *Network) Dir() string { return n.dir }

// BinDir holds Fabric's programs.
func (n *Network) BinDir() string { return n.state.BinDir }

// Consortium is the network's data, addresses included. It must not be changed.
func (n *Network) Consortium() *network.Consortium { return n.state.Consortium }

// Up brings the network of the options to work: a new one is made, an existing one resumes whatever of it does not run. It
// returns once an endorsement by the channel's policy has succeeded through every organisation's peer and, if anything had
// to be started, a transaction has been committed on all of them.
func Up(ctx context.Context, o Options) (*Network, error) {
	n, err := prepare(ctx, &o)
	if err != nil {
		return nil, err
	}
	err = n.locked(func() error { return n.up(ctx, o) })
	if err != nil {
		return nil, err
	}
	for _, cc := range o.Chaincodes {
		if err := n.Deploy(ctx, cc); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Open finds an existing network, running or not. An empty dir means the default one.
func Open(dir string) (*Network, error) {
	root, err := fabric.Root()
	if err != nil {
		return nil, err
	}
	if dir, err = stateFolder(root, dir); err != nil {
		return nil, err
	}
	s, err := readState(dir)
	if err != nil {
		return nil, err
	}
	if s == nil || !s.Made {
		return nil, fmt.Errorf("%w in %s: bring one up first", ErrNoNetwork, dir)
	}
	return &Network{dir: dir, root: root, state: s, progress: io.Discard}, nil
}

// SetProgress sends a line for each step of what follows to w.
func (n *Network) SetProgress(w io.Writer) { n.progress = w }

func stateFolder(root, dir string) (string, error) {
	if dir == "" {
		dir = filepath.Join(root, ".network")
	}
	return filepath.Abs(dir)
}

// prepare finds folders and programs; it fills in the options' defaults.
func prepare(ctx context.Context, o *Options) (*Network, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	root, err := fabric.Root()
	if err != nil {
		return nil, err
	}
	dir, err := stateFolder(root, o.Dir)
	if err != nil {
		return nil, err
	}
	if s, err := readState(dir); err != nil {
		return nil, err
	} else if s == nil {
		if err := checkEmpty(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if err := checkSpace(dir, minFree); err != nil {
		return nil, err
	}
	n := &Network{dir: dir, root: root, progress: o.Progress}
	bin, err := fabric.Programs(ctx, root, o.Progress)
	if err != nil {
		return nil, err
	}
	n.bin, n.state = bin, new(state)
	return n, nil
}

// locked runs f while no other program changes the network, with the state as it is on disk.
func (n *Network) locked(f func() error) error {
	unlock, err := lockedfile.MutexAt(filepath.Join(n.dir, lockName)).Lock()
	if err != nil {
		return fmt.Errorf("lock the network: %w", err)
	}
	defer unlock()
	s, err := readState(n.dir)
	if err != nil {
		return err
	}
	if s != nil {
		n.state = s
	}
	return f()
}

func (n *Network) up(ctx context.Context, o Options) error {
	if err := n.settle(o); err != nil {
		return err
	}
	// Only now: what is broken off before there is a state leaves an empty folder, which the next up takes.
	for _, sub := range []string{"log", "run", "nodes", "builder/bin", "chaincodes"} {
		if err := os.MkdirAll(filepath.Join(n.dir, sub), 0o700); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	if err := n.makeBuilder(ctx); err != nil {
		return err
	}
	nodes, err := n.nodes()
	if err != nil {
		return err
	}
	if !n.state.Made { // only then may it have other ports
		for _, p := range nodes {
			if err := n.portsFree(ctx, p); err != nil {
				return err
			}
		}
		if err := n.makeChannel(ctx); err != nil {
			return err
		}
	}
	started, err := n.startAll(ctx, nodes)
	if err != nil {
		return err
	}
	if err := n.join(ctx); err != nil {
		return err
	}
	contracts, err := n.startAll(ctx, n.chaincodeProcesses())
	if err != nil {
		return err
	}
	n.say("Waiting for endorsements by the channel's policy")
	if err := n.checkEndorsement(ctx); err != nil {
		return err
	}
	if started+contracts > 0 {
		if err := n.checkCommit(ctx); err != nil {
			return err
		}
	}
	for _, d := range n.state.Chaincodes {
		committed, err := n.committed(ctx, d.Name)
		if err != nil {
			return err
		}
		if committed == nil || committed.version != d.Version {
			n.say("%s %s is not committed yet: its deployment was broken off", d.Name, d.Version)
			continue
		}
		if err := n.checkChaincode(ctx, d.Name); err != nil {
			return err
		}
	}
	services := slices.DeleteFunc(n.serviceProcesses(), func(p process) bool { return slices.Contains(o.Later, p.Name) })
	if _, err := n.startAll(ctx, services); err != nil {
		return err
	}
	n.say("The network works: channel %s, ports from %d", n.state.Consortium.Channel, n.state.BasePort)
	return nil
}

// startAll starts what does not run, waits until all of it works, and returns how many had to be started.
func (n *Network) startAll(ctx context.Context, all []process) (int, error) {
	count := 0
	for _, p := range all {
		started, err := n.start(ctx, p)
		if err != nil {
			return count, err
		}
		if started {
			count++
			n.say("Starting %s", p.Name)
		}
	}
	for _, p := range all {
		if err := n.waitReady(ctx, p); err != nil {
			return count, err
		}
	}
	return count, nil
}

// Kill ends a process as a power cut would (SIGKILL), for fault tests.
func (n *Network) Kill(ctx context.Context, name string) error {
	return n.locked(func() error {
		p, err := n.process(name)
		if err != nil {
			return err
		}
		r, err := n.readRecord(p.Name)
		if err != nil {
			return err
		}
		return kill(ctx, p.Name, r)
	})
}

// Stop ends a process in order; the next Up starts it again.
func (n *Network) Stop(ctx context.Context, name string) error {
	return n.locked(func() error {
		p, err := n.process(name)
		if err != nil {
			return err
		}
		return n.stop(ctx, p.Name)
	})
}

// Start runs a process that was stopped or killed, and waits until it works.
func (n *Network) Start(ctx context.Context, name string) error {
	return n.locked(func() error {
		p, err := n.process(name)
		if err != nil {
			return err
		}
		_, err = n.startAll(ctx, []process{p})
		return err
	})
}

// processes is everything that ought to run.
func (n *Network) processes() ([]process, error) {
	nodes, err := n.nodes()
	if err != nil {
		return nil, err
	}
	return append(append(nodes, n.chaincodeProcesses()...), n.serviceProcesses()...), nil
}

// process finds a process by its name, or by a beginning of it that only one has.
func (n *Network) process(name string) (process, error) {
	all, err := n.processes()
	if err != nil {
		return process{}, err
	}
	var found []process
	var names []string
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
		if strings.HasPrefix(p.Name, name) {
			found = append(found, p)
		}
		names = append(names, p.Name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return process{}, fmt.Errorf("no single process is called %q; there are %s", name, strings.Join(names, ", "))
}

// Log returns the path of a process's log. A beginning of the name that only one process has will do.
func (n *Network) Log(name string) (string, error) {
	p, err := n.process(name)
	return n.logPath(p.Name), err
}

func (n *Network) say(format string, args ...any) {
	fmt.Fprintf(n.progress, format+"\n", args...)
}
