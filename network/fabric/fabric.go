// SPDX-License-Identifier: Apache-2.0

// Package fabric provides Hyperledger Fabric's programs (peer, orderer, …): built from the pin in network/tools, or those
// of an installed release.
package fabric

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Version is the release that network/tools pins.
const Version = "3.1.1"

// BinVariable names a folder with the programs of an installed release, used instead of a build.
const BinVariable = "FABRIC_BIN"

// programs are Fabric's commands that we use.
var programs = []string{"configtxgen", "configtxlator", "cryptogen", "discover", "orderer", "osnadmin", "peer"}

// needed are those without which no network starts; an installed release may lack the rest.
var needed = []string{"configtxgen", "cryptogen", "orderer", "peer"}

// Programs returns the folder that holds Fabric's programs. It is $FABRIC_BIN if that is set; else root/.bin/fabric, which is
// built first if the pin has changed. A build takes two minutes or so on two cores and tells its progress.
func Programs(ctx context.Context, root string, progress io.Writer) (string, error) {
	if dir := os.Getenv(BinVariable); dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", BinVariable, err)
		}
		return dir, checkInstalled(ctx, dir)
	}
	dir := filepath.Join(root, ".bin", "fabric")
	return dir, build(ctx, filepath.Join(root, "network", "tools"), dir, progress)
}

// Root finds the repository's root: the first folder upwards from the working directory, or from the running program, with
// network/tools in it.
func Root() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			if _, err := os.Stat(filepath.Join(dir, "network", "tools", "go.mod")); err == nil {
				return dir, nil
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return "", fmt.Errorf("no trust-platform repository at or above %s: change into a clone of it", strings.Join(starts, " or "))
}

var versionLine = regexp.MustCompile(`Version:\s*v?(\d+)\.(\d+)(\.\S+)?`)

func checkInstalled(ctx context.Context, dir string) error {
	for _, name := range needed {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%s=%s has no program %s: point it at the bin folder of a Fabric release, or unset it to build Fabric %s",
				BinVariable, dir, name, Version)
		}
	}
	peer := filepath.Join(dir, "peer")
	out, err := exec.CommandContext(ctx, peer, "version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s version: %w\n%s", peer, err, out)
	}
	return checkVersion(peer, out)
}

func checkVersion(peer string, out []byte) error {
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return fmt.Errorf("%s does not tell its version: %q", peer, out)
	}
	major, errMajor := strconv.Atoi(m[1])
	minor, errMinor := strconv.Atoi(m[2])
	if err := errors.Join(errMajor, errMinor); err != nil {
		return err
	}
	if major < 3 || major == 3 && minor < 1 {
		return fmt.Errorf("%s is Fabric %d.%d; at least 3.1 is needed (multi-key reads, write batches): install it, or unset %s to build Fabric %s",
			peer, major, minor, BinVariable, Version)
	}
	return nil
}
