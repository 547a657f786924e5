// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

const module = "github.com/hyperledger/fabric"

// tick is how often a running build tells how far it is.
const tick = 5 * time.Second

// build brings the programs in dir up to the pin in tools (a folder with go.mod and go.sum). Builds of several processes
// wait for each other.
func build(ctx context.Context, tools, dir string, progress io.Writer) error {
	pin, err := pinned(tools)
	if err != nil {
		return err
	}
	if isBuilt(dir, pin) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("folder for Fabric's programs: %w", err)
	}
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		return fmt.Errorf("wait for other builds of Fabric: %w", err)
	}
	defer unlock()
	if isBuilt(dir, pin) {
		return nil
	}
	if err := compile(ctx, tools, dir, progress); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "pin"), []byte(pin), 0o600)
}

// pinned hashes what decides about the programs.
func pinned(tools string) (string, error) {
	h := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(tools, name))
		if err != nil {
			return "", fmt.Errorf("the pin of Fabric: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
	}
	return Version + " " + hex.EncodeToString(h.Sum(nil)), nil
}

func isBuilt(dir, pin string) bool {
	have, err := os.ReadFile(filepath.Join(dir, "pin"))
	if err != nil || string(have) != pin {
		return false
	}
	for _, name := range programs {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

func compile(ctx context.Context, tools, dir string, progress io.Writer) error {
	fmt.Fprintf(progress, "Building Fabric %s into %s; the first time this takes about two minutes\n", Version, dir)
	start := time.Now()
	var packages []string
	for _, name := range programs {
		packages = append(packages, module+"/cmd/"+name)
	}
	list, err := goCommand(ctx, tools, append([]string{"list", "-deps"}, packages...)...).Output()
	if err != nil {
		return fmt.Errorf("fetch Fabric's sources (is a Go module proxy reachable?): %w", withStderr(err))
	}
	total := bytes.Count(list, []byte("\n"))

	// -v names each package when its compilation starts; what is cached already is not named.
	cmd := goCommand(ctx, tools, append([]string{
		"build", "-v",
		"-ldflags", "-s -w -X " + module + "/common/metadata.Version=" + Version,
		"-o", dir + string(filepath.Separator),
	}, packages...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start go build: %w", err)
	}
	failure := follow(stderr, total, start, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("build Fabric %s: %w\n%s", Version, err, failure)
	}
	fmt.Fprintf(progress, "Fabric %s is built (%s)\n", Version, time.Since(start).Round(time.Second))
	return nil
}

// follow reads go build's output, tells the progress and returns what is no package name: the compiler's complaints.
func follow(output io.Reader, total int, start time.Time, progress io.Writer) string {
	var complaints []string
	done, last := 0, time.Now()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "go: ") || strings.HasPrefix(line, "#") || strings.ContainsAny(line, " \t") {
			complaints = append(complaints, line)
			continue
		}
		done++
		if time.Since(last) >= tick {
			last = time.Now()
			fmt.Fprintf(progress, "  %d of at most %d packages, %s\n", done, total, time.Since(start).Round(time.Second))
		}
	}
	return strings.Join(complaints, "\n")
}

func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	return cmd
}

func withStderr(err error) error {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it unwrapped
		return fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return err
}
