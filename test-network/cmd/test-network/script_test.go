// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/network/fabric"
	testnetwork "github.com/komsco/trust-platform/test-network"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"test-network": main})
}

// TestScripts plays testdata/script: what needs no network.
func TestScripts(t *testing.T) { play(t, "testdata/script", nil) }

// play runs the scripts of a folder. $REPO is the repository's root, where the command finds it, $STATE the state folder.
func play(t *testing.T, dir string, vars map[string]string) {
	t.Helper()
	root, err := fabric.Root()
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			// The Go command is used to build chaincodes: it needs the caller's caches.
			for _, name := range []string{"HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", fabric.BinVariable} {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			env.Setenv("REPO", root)
			state := env.WorkDir + "/state"
			env.Setenv("STATE", state)
			// A script that fails half-way leaves no process behind.
			env.Defer(func() { require.NoError(t, testnetwork.Down(context.Background(), state, io.Discard)) })
			for name, value := range vars {
				env.Setenv(name, value)
			}
			return nil
		},
	})
}
