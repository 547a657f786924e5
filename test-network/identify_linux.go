// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"fmt"
	"os"
	"strings"
)

// identify names the running process pid so that another one that gets the same id later is told apart: by boot and start
// time. It is empty if no such process runs; a zombie does not, once its last thread is gone and with it what it listened on.
func identify(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field, the program's name in brackets, may hold anything: fields are counted from its end.
	_, rest, found := cutLast(string(stat), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 20 || (fields[0] == "Z" && fields[17] == "1") || fields[0] == "X" {
		return ""
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // missing in some sandboxes; the start time remains
	return strings.TrimSpace(string(boot)) + "/" + fields[19]
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
