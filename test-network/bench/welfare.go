// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// How issues are cut: rows of a batch, and batches under way at a time.
const (
	issueRows     = currency.MaxRows
	issueParallel = 8
)

// issuerProcess is the operators' command among the processes that are measured.
const issuerProcess = "trustctl"

// welfare pays an allowance to everybody on a roster, as an officer does it: by one
// trustctl issue from a file. It counts rows from the program's start to its end,
// and watches what memory it and the chaincodes hold.
func welfare(ctx context.Context, s *stage) (*Measure, error) {
	const won = 50_000
	for len(s.welfare) < s.Welfare {
		fresh, err := s.newcomers(ctx, min(chunk, s.Welfare-len(s.welfare)))
		if err != nil {
			return nil, fmt.Errorf("accounts of the roster: %w", err)
		}
		s.welfare = append(s.welfare, fresh...)
	}
	s.runs++
	run := fmt.Sprintf("welfare-%d", s.runs)
	if err := s.town.Appropriate(ctx, run, int64(s.Welfare)*won); err != nil {
		return nil, err
	}
	program, err := s.Build(ctx, "gateway/cmd/trustctl")
	if err != nil {
		return nil, err
	}
	roster := filepath.Join(s.Dir, run+".csv")
	if err := s.writeRoster(roster, won); err != nil {
		return nil, err
	}
	flags, err := s.profileOf("CityMSP", "issuer")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, append([]string{
		"issue", roster, "--run", run, "--unit", rules.Unit, "--source", string(currency.Benefit), "--appropriation", run,
		"--batch-rows", strconv.Itoa(issueRows), "--parallel", strconv.Itoa(issueParallel), "--program", s.town.Program, "--json",
	}, flags...)...)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if _, err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	before, began := s.meter.cpu(), time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	watch, profiled := s.meter.watch(cmd.Process.Pid), s.profile(ctx, s.profiling)
	err = cmd.Wait()
	end := time.Now()
	used := s.meter.cpu().since(before)
	memory := watch()
	if err := profiled(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("trustctl issue: %w: %s %s", err, failed.Bytes(), out.Bytes())
	}
	blocks, err := s.catchUp(ctx)
	if err != nil {
		return nil, err
	}
	w := count(blocks, began, end.Add(time.Second), "currency")
	rows, took := float64(s.Welfare), end.Sub(began).Seconds()
	m := &Measure{
		PerSecond: rows / took, Items: s.Welfare, Seconds: took, Transactions: w.Transactions, Conflicts: w.Conflicts, Invalid: w.Codes,
		Blocks: w.Blocks, BlockItems: per(rows, float64(w.Blocks)), ItemBytes: per(float64(w.Bytes), rows), CPU: map[string]float64{}, Memory: memory,
		Note: "rows, from the start of trustctl to its end",
	}
	for kind, seconds := range used.kinds() {
		m.CPU[kind] = 1000 * seconds / rows
	}
	m.CPU[issuerProcess] = 1000 * (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() / rows
	return m, nil
}

// writeRoster writes account,amount lines.
func (s *stage) writeRoster(file string, won int64) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "account,amount")
	for _, p := range s.welfare[:s.Welfare] {
		fmt.Fprintf(w, "%s,%d\n", p.Account(), won)
	}
	return w.Flush()
}

// profileOf are trustctl's flags for an officer of an organisation.
func (s *stage) profileOf(msp, name string) ([]string, error) {
	org, err := s.Org(msp)
	if err != nil {
		return nil, err
	}
	u, err := s.User(msp, name)
	if err != nil {
		return nil, err
	}
	return []string{
		"--peer", org.Peer, "--peer-name", org.PeerHost, "--tls-cert", org.TLSRoot, "--msp", msp,
		"--cert", u.Cert, "--key", u.Key, "--channel", s.Consortium().Channel, "--chaincode", "currency",
	}, nil
}

// Memory is what a process held at the start, in the middle and at the end of a
// workload, in MiB: means over a tenth of its time, the start after a first tenth
// in which it warms up.
type Memory struct {
	Start  float64 `json:"start"`
	Middle float64 `json:"middle"`
	End    float64 `json:"end"`
}

// watch samples the memory of the issuing process and of the largest currency
// chaincode until it is called.
func (m meter) watch(pid int) func() map[string]Memory {
	pids := map[string]int{issuerProcess: pid}
	for name, pid := range m.pids {
		if kindOf(name) == "currency" {
			pids[name] = pid
		}
	}
	watched, stop, done := meter{pids: pids}, make(chan struct{}), make(chan struct{})
	samples := map[string][]float64{}
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			for name := range pids {
				if mib := watched.resident(name); mib > 0 {
					samples[name] = append(samples[name], mib)
				}
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() map[string]Memory {
		close(stop)
		<-done
		out := map[string]Memory{}
		for name, all := range samples {
			kind := kindOf(name)
			if got := memoryOf(all); got.End >= out[kind].End {
				out[kind] = got
			}
		}
		return out
	}
}

// growth is what is held at the end as a multiple of the start; 1 is flat.
func (m Memory) growth() float64 { return per(m.End, m.Start) }

func memoryOf(samples []float64) Memory {
	mean := func(from, to float64) float64 {
		n := float64(len(samples))
		part := samples[int(from*n):max(int(to*n), int(from*n)+1)]
		sum := 0.0
		for _, v := range part {
			sum += v
		}
		return sum / float64(len(part))
	}
	if len(samples) == 0 {
		return Memory{}
	}
	return Memory{Start: mean(0.1, 0.2), Middle: mean(0.45, 0.55), End: mean(0.9, 1)}
}
