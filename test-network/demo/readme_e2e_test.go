// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package demo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/network/fabric"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestCommandsOfREADME runs the shell commands of the contracts' README as they
// stand there, one block after the other.
func TestCommandsOfREADME(t *testing.T) {
	p, _ := start(t)
	root, err := fabric.Root()
	require.NoError(t, err)
	readme, err := os.ReadFile(filepath.Join(root, "chaincode", "README.md"))
	require.NoError(t, err)
	blocks := shellBlock.FindAllSubmatch(readme, -1)
	require.Len(t, blocks, 2)
	var said []string
	for _, b := range blocks {
		script := strings.ReplaceAll(string(b[1]), "cmd/test-network env", "cmd/test-network --dir "+p.Dir()+" env")
		cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", script, out)
		said = append(said, string(out))
	}
	require.Contains(t, said[0], `"role":"registrar"`)
	require.Contains(t, said[1], `"title":"Hometown voucher"`)
}
