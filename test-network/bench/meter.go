// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	testnetwork "github.com/komsco/trust-platform/test-network"
)

// clockTick is the unit of CPU times in /proc: USER_HZ, 100 a second on every
// architecture that Go runs Linux on.
const clockTick = 0.01

// client is the bench's own process among those that are measured.
const clientProcess = "bench"

// meter reads what processes have used. It needs Linux's /proc; elsewhere it
// knows no process.
type meter struct{ pids map[string]int }

// newMeter finds the processes of the network.
func newMeter(ctx context.Context, n *testnetwork.Network) (meter, error) {
	m := meter{pids: map[string]int{clientProcess: os.Getpid()}}
	nodes, err := n.Status(ctx)
	if err != nil {
		return m, err
	}
	for _, node := range nodes {
		if node.PID > 0 {
			m.pids[node.Name] = node.PID
		}
	}
	return m, nil
}

// usage of each process: CPU in seconds since it started.
type usage map[string]float64

func (m meter) cpu() usage {
	u := usage{}
	for name, pid := range m.pids {
		raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			continue // not Linux, or it has ended
		}
		if s, err := cpuOf(raw); err == nil {
			u[name] = s
		}
	}
	return u
}

// cpuOf reads user and system time from /proc/PID/stat (proc(5)), in seconds.
func cpuOf(stat []byte) (float64, error) {
	// The second field, the program's name in brackets, may hold spaces.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("%d fields behind the name, 13 are needed", len(fields))
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(string(fields[12]), 10, 64)
	return float64(user+system) * clockTick, err
}

// resident is the memory a process holds now, in MiB.
func (m meter) resident(name string) float64 {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(m.pids[name]), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return 0
			}
			return kib / 1024
		}
	}
	return 0
}

// since is what was used after an earlier reading.
func (u usage) since(before usage) usage {
	d := usage{}
	for name, s := range u {
		d[name] = s - before[name]
	}
	return d
}

// kinds sums usage up by what a process does: peers, orderers, each chaincode,
// gateway, bench.
func (u usage) kinds() usage {
	sums := usage{}
	for name, s := range u {
		sums[kindOf(name)] += s
	}
	return sums
}

// kindOf groups processes by their names: peer0.city, orderer0,
// currency-1.0.city, gateway.
func kindOf(name string) string {
	switch {
	case strings.HasPrefix(name, "peer"):
		return "peers"
	case strings.HasPrefix(name, "orderer"):
		return "orderers"
	}
	contract, _, _ := strings.Cut(name, "-")
	return contract
}

func (u usage) total() float64 {
	var sum float64
	for _, s := range u {
		sum += s
	}
	return sum
}
