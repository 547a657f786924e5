// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/komsco/trust-platform/network/fabric"
)

// stopOrder is who goes first: nobody loses the one it relies on.
var stopOrder = []string{KindService, KindChaincode, KindPeer, KindOrderer}

// Down stops exactly what the network started, whatever still runs of it. State and ledgers stay.
func (n *Network) Down(ctx context.Context) error {
	unlock, err := lockedfile.MutexAt(filepath.Join(n.dir, lockName)).Lock()
	if err != nil {
		return fmt.Errorf("lock the network: %w", err)
	}
	defer unlock()
	return n.down(ctx)
}

// Reset stops the network and removes its state folder with all ledgers.
func (n *Network) Reset(ctx context.Context) error {
	if err := n.Down(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(n.dir); err != nil {
		return fmt.Errorf("remove the network: %w", err)
	}
	return nil
}

// Down stops the network in dir (empty: the default folder), also one whose state another version has written.
func Down(ctx context.Context, dir string, progress io.Writer) error {
	n, err := openAny(dir, progress)
	if n == nil {
		return err
	}
	return n.Down(ctx)
}

// Reset stops and removes the network in dir (empty: the default folder), also one whose state another version has written.
// It is no error if there is none; a folder that is no network's is left alone.
func Reset(ctx context.Context, dir string, progress io.Writer) error {
	n, err := openAny(dir, progress)
	if n == nil {
		return err
	}
	return n.Reset(ctx)
}

// openAny opens a state folder by the records of its processes alone. Without a network it returns nil and no error.
func openAny(dir string, progress io.Writer) (*Network, error) {
	root, err := fabric.Root()
	if err != nil {
		return nil, err
	}
	if dir, err = stateFolder(root, dir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "network.json")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // absence is an answer
	} else if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return &Network{dir: dir, root: root, state: &state{}, progress: progress}, nil
}

func (n *Network) down(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(n.dir, "run", "*.json"))
	if err != nil {
		return err
	}
	byKind := map[string][]string{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		r, err := n.readRecord(name)
		if err != nil {
			return err
		}
		byKind[r.Kind] = append(byKind[r.Kind], name)
	}
	for _, kind := range stopOrder {
		if err := n.stopAll(ctx, byKind[kind]); err != nil {
			return err
		}
	}
	return nil
}

// stopAll stops processes at the same time.
func (n *Network) stopAll(ctx context.Context, names []string) error {
	var wg sync.WaitGroup
	errs := make([]error, len(names))
	for i, name := range names {
		r, err := n.readRecord(name)
		if err != nil {
			return err
		}
		if r.alive() {
			n.say("Stopping %s", name)
		}
		wg.Go(func() { errs[i] = n.stop(ctx, name) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
