// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's Go is the Example's, which is compiled.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	require.Len(t, blocks, 1)
	for _, line := range strings.Split(string(blocks[0][1]), "\n") {
		require.Contains(t, string(example), strings.TrimSpace(line))
	}
}
