// SPDX-License-Identifier: Apache-2.0

package fabric

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// release makes a folder that looks like an installed release.
func release(t *testing.T, says string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		script := "#!/bin/sh\necho 'peer:'\necho ' " + says + "'\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700))
	}
	return dir
}

func TestInstalledRelease(t *testing.T) {
	all := []string{"peer", "orderer", "cryptogen", "configtxgen"}
	for name, test := range map[string]struct {
		says  string
		names []string
		want  string
	}{
		"3.1.1":          {"Version: v3.1.1", all, ""},
		"3.1.0":          {"Version: v3.1.0", all, ""},
		"a later major":  {"Version: v4.0.0-beta", all, ""},
		"3.0":            {"Version: v3.0.0", all, "is Fabric 3.0; at least 3.1 is needed"},
		"2.5":            {"Version: v2.5.9", all, "is Fabric 2.5; at least 3.1 is needed"},
		"no version":     {"hello", all, "does not tell its version"},
		"without a part": {"Version: v3.1.1", all[:3], "has no program configtxgen"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := release(t, test.says, test.names...)
			t.Setenv(BinVariable, dir)
			got, err := Programs(t.Context(), "/nowhere", &bytes.Buffer{})
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, dir, got)
		})
	}
}

func TestBuildIsKeptUntilThePinChanges(t *testing.T) {
	tools, dir := t.TempDir(), t.TempDir()
	write := func(path, data string) { require.NoError(t, os.WriteFile(path, []byte(data), 0o600)) }
	write(filepath.Join(tools, "go.mod"), "module a\n")
	write(filepath.Join(tools, "go.sum"), "")
	pin, err := pinned(tools)
	require.NoError(t, err)

	require.False(t, isBuilt(dir, pin), "nothing there")
	for _, name := range programs {
		write(filepath.Join(dir, name), "")
	}
	require.False(t, isBuilt(dir, pin), "nobody knows from what")
	write(filepath.Join(dir, "pin"), pin)
	require.True(t, isBuilt(dir, pin))
	require.NoError(t, build(t.Context(), tools, dir, &bytes.Buffer{}))

	require.NoError(t, os.Remove(filepath.Join(dir, "orderer")))
	require.False(t, isBuilt(dir, pin), "a program was removed")
	write(filepath.Join(dir, "orderer"), "")
	write(filepath.Join(tools, "go.sum"), "b")
	changed, err := pinned(tools)
	require.NoError(t, err)
	require.False(t, isBuilt(dir, changed), "another pin")
}

func TestFollowKeepsComplaints(t *testing.T) {
	var progress bytes.Buffer
	output := "github.com/a\n# github.com/b\nb.go:3:1: syntax error\ngithub.com/c\n"
	got := follow(strings.NewReader(output), 3, time.Now(), &progress)
	require.Equal(t, "# github.com/b\nb.go:3:1: syntax error", got)
}

func TestRoot(t *testing.T) {
	root, err := Root()
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "network", "tools", "go.mod"))
	tools, err := os.ReadFile(filepath.Join(root, "network", "tools", "go.mod"))
	require.NoError(t, err)
	for _, name := range programs {
		require.Contains(t, string(tools), module+"/cmd/"+name, "every program that is built is pinned")
	}
}
