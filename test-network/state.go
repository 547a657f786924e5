// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/komsco/trust-platform/network"
)

// stateFormat is raised whenever an older state folder cannot be carried on.
const stateFormat = 1

// minFree is the space a network wants before it starts, in bytes.
const minFree = 512 << 20

// Errors to test for with errors.Is.
var (
	ErrPortInUse  = errors.New("port in use")
	ErrStaleState = errors.New("stale state folder")
	ErrNoNetwork  = errors.New("no network")
	ErrDiskFull   = errors.New("disk full")
)

// state is what network.json holds.
type state struct {
	Format int `json:"format"`
	// Terms is the hash of the consortium that the channel was made from.
	Terms           string              `json:"terms"`
	Consortium      *network.Consortium `json:"consortium"`
	BasePort        int                 `json:"basePort"`
	ChaincodePerOrg bool                `json:"chaincodePerOrg,omitempty"`
	PeerProfiles    int                 `json:"peerProfiles,omitempty"`
	// BinDir holds Fabric's programs.
	BinDir string `json:"binDir"`
	// Made is set once certificates and the channel's first block exist.
	Made       bool       `json:"made"`
	Choices    choices    `json:"choices"`
	Chaincodes []deployed `json:"chaincodes,omitempty"`
	Services   []Service  `json:"services,omitempty"`
}

func (n *Network) statePath() string { return filepath.Join(n.dir, "network.json") }

func (n *Network) saveState() error { return writeJSON(n.statePath(), n.state) }

// readState returns nil without an error if there is no network in dir.
func readState(dir string) (*state, error) {
	data, err := os.ReadFile(filepath.Join(dir, "network.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("state of the network: %w", err)
	}
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%w: %s/network.json cannot be read (%w); reset removes the network with its ledgers", ErrStaleState, dir, err)
	}
	if version.Format != stateFormat {
		return nil, fmt.Errorf("%w: %s has format %d, this program writes %d; reset removes the network with its ledgers",
			ErrStaleState, dir, version.Format, stateFormat)
	}
	s := new(state)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%w: %s/network.json cannot be read (%w); reset removes the network with its ledgers", ErrStaleState, dir, err)
	}
	return s, nil
}

// checkEmpty refuses a folder that holds something else than a network.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("state folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockName {
			return fmt.Errorf("%w: %s is not empty (%s) and holds no network: name another folder", ErrStaleState, dir, e.Name())
		}
	}
	return nil
}

// checkSpace wants need bytes to be free.
func checkSpace(dir string, need uint64) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("free space under %s: %w", dir, err)
	}
	free := fs.Bavail * uint64(fs.Bsize) //nolint:gosec,unconvert // block sizes are positive; the type differs between systems
	if free < need {
		return fmt.Errorf("%w: %d MiB are free under %s, a network wants %d", ErrDiskFull, free>>20, dir, need>>20)
	}
	return nil
}

// writeJSON replaces a file as a whole, so that a crash leaves the old or the new one.
func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return writeFile(path, append(data, '\n'))
}

func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // best effort: the first error matters
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
