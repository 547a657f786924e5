// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package testnetwork

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// identify names the running process pid so that another one that gets the same id later is told apart: by start time. It
// is empty if no such process runs; a zombie does not.
func identify(pid int) string {
	ps := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid))
	ps.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C") // the same time reads the same wherever its user has gone
	out, err := ps.Output()
	state, start, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || strings.HasPrefix(state, "Z") {
		return ""
	}
	return strings.TrimSpace(start)
}
