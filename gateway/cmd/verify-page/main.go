// SPDX-License-Identifier: Apache-2.0

// Command verify-page writes the page on which anybody verifies a receipt in a
// browser: one file, which holds package receipt as WASM, connects to nothing, and
// works from a disk as well as from a gateway (gateway --verify-page).
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed page.html
var page string

// program is the package that the page runs.
const program = "github.com/komsco/trust-platform/gateway/cmd/verify-page/wasm"

func main() {
	out := flag.String("out", "verify.html", "`file` to write")
	flag.Parse()
	if err := write(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "verify-page:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, out string) (err error) {
	dir, err := os.MkdirTemp("", "verify-page")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	wasm := filepath.Join(dir, "verify.wasm")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", wasm, program)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w: %s", err, text)
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	runtime, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return fmt.Errorf("support for browsers in Go: %w", err)
	}
	raw, err := os.ReadFile(wasm)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(raw); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	whole := strings.NewReplacer("PROGRAM", base64.StdEncoding.EncodeToString(packed.Bytes()), "RUNTIME", string(runtime)).Replace(page)
	return os.WriteFile(out, []byte(whole), 0o644) //nolint:gosec // it is for everybody
}
