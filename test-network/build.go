// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goBuild builds a Go package into program. The file is replaced only if it differs, and as a whole: a running process
// keeps the one it was started from.
func (n *Network) goBuild(ctx context.Context, pkg, program string) error {
	fresh := program + ".new"
	defer os.Remove(fresh) // gone already if it was put in place
	cmd := exec.CommandContext(ctx, "go", "build", "-o", fresh, pkg)
	cmd.Dir = n.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, bytes.TrimSpace(out))
	}
	same, err := sameContent(fresh, program)
	if err != nil || same {
		return err
	}
	return os.Rename(fresh, program)
}

// Build builds a Go package of this repository, named by its import path or its
// folder relative to the root, and returns the program's path in the state
// folder.
func (n *Network) Build(ctx context.Context, pkg string) (string, error) {
	program := filepath.Join(n.dir, "bin", filepath.Base(pkg))
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		return "", fmt.Errorf("state folder: %w", err)
	}
	return program, n.goBuild(ctx, n.packagePath(pkg), program)
}

func sameContent(a, b string) (bool, error) {
	dataA, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	dataB, err := os.ReadFile(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(dataA, dataB), err
}

// makeBuilder puts the peers' external builder in place: one program under three names.
func (n *Network) makeBuilder(ctx context.Context) error {
	dir := filepath.Join(n.dir, "builder")
	program := filepath.Join(dir, "ccaas-builder")
	if err := n.goBuild(ctx, "./test-network/cmd/ccaas-builder", program); err != nil {
		return err
	}
	for _, name := range []string{"detect", "build", "release"} {
		err := os.Symlink(filepath.Join("..", "ccaas-builder"), filepath.Join(dir, "bin", name))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("external builder: %w", err)
		}
	}
	return nil
}

// packagePath turns a folder relative to the root into what go build wants; import paths stay.
func (n *Network) packagePath(pkg string) string {
	if !strings.HasPrefix(pkg, ".") && !filepath.IsAbs(pkg) {
		if info, err := os.Stat(filepath.Join(n.root, pkg)); err == nil && info.IsDir() {
			return "./" + filepath.ToSlash(filepath.Clean(pkg))
		}
	}
	return pkg
}
