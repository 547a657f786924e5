// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"io"
	"os"
	"strings"
)

// tailLines and tailBytes bound how much of a log a message quotes.
const (
	tailLines = 8
	tailBytes = 4096
)

// tail returns the last lines of a process's log, indented.
func (n *Network) tail(name string) string {
	f, err := os.Open(n.logPath(name))
	if err != nil {
		return "  (no log: " + err.Error() + ")"
	}
	defer f.Close()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-tailBytes), io.SeekStart) // a whole log is fine too
	}
	data, err := io.ReadAll(io.LimitReader(f, tailBytes))
	if err != nil {
		return "  (no log: " + err.Error() + ")"
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	return "  " + strings.Join(lines, "\n  ")
}
