// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// However often an archive is killed (kill -9), and whatever the disk lost of its
// notes, the run that ends has every file in its manifest, once and as it is then;
// and what was noted is not read again.
func TestArchiveKilled(t *testing.T) {
	const files, size = 48, 8 << 20 // notes go to disk every 16 MiB, so after three files
	dir := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o750))
	name := func(i int) string { return filepath.Join(dir, "sub", fmt.Sprintf("%03d", i)) }
	write := func(i int, text string) {
		require.NoError(t, os.WriteFile(name(i), []byte(text), 0o600))
		require.NoError(t, os.Truncate(name(i), size))
	}
	for i := range files {
		write(i, fmt.Sprint("file ", i))
	}
	trustctl := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "trustctl", args...) // this test's own binary, see TestMain
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		return cmd
	}
	manifest, part := dir+".manifest", dir+".manifest.part"
	noted := func() int64 {
		info, err := os.Stat(part)
		if err != nil {
			return 0
		}
		return info.Size()
	}

	kills := 0
	for ; kills < 4; kills++ {
		before := noted()
		cmd := trustctl("anchor", "archive", dir)
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { _, err := os.Stat(manifest); return noted() > before || err == nil }, 30*time.Second, 100*time.Microsecond, "the run notes something")
		_ = cmd.Process.Kill()
		ended := cmd.Wait()
		if _, err := os.Stat(manifest); err == nil {
			break // it was done before it could be killed
		}
		require.Error(t, ended)
		switch kills {
		case 0: // the last line stands there half
			require.NoError(t, os.Truncate(part, noted()-40))
		case 1: // files that are noted change, go and come
			write(0, "changed")
			require.NoError(t, os.Chtimes(name(0), time.Now(), time.Now().Add(time.Hour)))
			require.NoError(t, os.Remove(name(1)))
			write(files, "one more")
		}
	}
	require.GreaterOrEqual(t, kills, 2, "killed half-way at least twice")
	first, err := os.ReadFile(part)
	require.NoError(t, err)
	out, err := trustctl("--json", "anchor", "archive", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoFileExists(t, part)
	require.NoFileExists(t, manifest+".new")

	out, err = trustctl("anchor", "archive", dir, "--manifest", dir+".again").CombinedOutput()
	require.NoError(t, err, string(out))
	got, err := os.ReadFile(manifest)
	require.NoError(t, err)
	want, err := os.ReadFile(dir + ".again")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "killed or not, it is the same manifest")

	// Killed behind the manifest and before its notes were gone, it ends as it would have.
	require.NoError(t, os.WriteFile(part, first, 0o600))
	out, err = trustctl("anchor", "archive", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoFileExists(t, part)
	out, err = trustctl("anchor", "archive", dir).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "is there already")
}
