// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"trustctl": main})
}

// TestScripts drives the real program where it needs no network. $EVIDENCE holds a
// receipt of a real network with the blocks behind it, $TSA is the URL of a time
// stamping authority whose certificate is tsa.pem.
func TestScripts(t *testing.T) {
	evidence, err := filepath.Abs("../../receipt/testdata/evidence")
	if err != nil {
		t.Fatal(err)
	}
	tsa, root := authority(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("EVIDENCE", evidence)
			e.Setenv("TSA", tsa)
			return os.WriteFile(filepath.Join(e.WorkDir, "tsa.pem"), root, 0o600)
		},
	})
}
