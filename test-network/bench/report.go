// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/komsco/trust-platform/network"
)

// Report is everything a run found out.
type Report struct {
	Began     time.Time `json:"began"`
	Seconds   float64   `json:"seconds"`
	Machine   Machine   `json:"machine"`
	Settings  Settings  `json:"settings"`
	Measures  []Measure `json:"measures"`
	Summaries []Summary `json:"summaries"`
	Ratios    []Ratio   `json:"ratios"`
	Overload  *Overload `json:"overload,omitempty"`
	Books     *Books    `json:"books,omitempty"`
}

// Machine is where it ran: every process on this one.
type Machine struct {
	CPU       string  `json:"cpu"`
	Cores     int     `json:"cores"`
	MemoryGiB float64 `json:"memoryGiB"`
	System    string  `json:"system"`
	Go        string  `json:"go"`
	Commit    string  `json:"commit"`
	Load      string  `json:"load"` // average before the run, of /proc/loadavg: what else the machine did
}

// Settings are what the figures depend on.
type Settings struct {
	Rounds int           `json:"rounds"`
	Warm   float64       `json:"warmSeconds"`
	Window float64       `json:"windowSeconds"`
	Payers int           `json:"payers"`
	Shops  int           `json:"shops"`
	Lanes  int           `json:"lanes"`
	Flying int           `json:"inFlight"` // transactions of a lane
	Batch  int           `json:"batch"`
	Blocks network.Batch `json:"blocks"`
	Fabric string        `json:"fabric"` // peers, orderers, endorsements
}

// Summary is a workload over all rounds.
type Summary struct {
	Workload  string             `json:"workload"`
	PerSecond Spread             `json:"perSecond"`
	P50       Spread             `json:"p50,omitzero"` // ms
	P95       Spread             `json:"p95,omitzero"` // ms
	P99       Spread             `json:"p99,omitzero"` // ms
	ItemBytes Spread             `json:"itemBytes,omitzero"`
	Fill      Spread             `json:"fill,omitzero"`     // items in a block
	CPU       map[string]float64 `json:"cpu,omitempty"`     // ms for each item, medians
	Pipeline  Spread             `json:"pipeline,omitzero"` // ms for each item that a peer's pipeline of the channel was busy
	Conflicts int                `json:"conflicts"`
	Failed    int                `json:"failed"` // answers other than "ok"
}

// Ratio is a figure that means something on any machine. It is taken in each
// round; these are the median and the ends.
type Ratio struct {
	Name  string `json:"name"`
	Value Spread `json:"value"`
}

// ours are the workloads that go through our contract.
var ours = map[string]bool{
	Single: true, SingleIdle: true, Even: true, Hot: true, HotSigning: true, Zipf: true, OnePayer: true, Mixed: true, Hostile: true,
	HotHTTP: true, OpenHTTP: true, Welfare: true, AnchorHTTP: true, AnchorSDK: true,
}

func newReport(o Options) *Report {
	return &Report{
		Began: time.Now().UTC(), Machine: machine(),
		Settings: Settings{
			Rounds: o.Rounds, Warm: o.Warm.Seconds(), Window: o.Window.Seconds(), Payers: o.Payers, Shops: o.Shops, Lanes: o.Lanes, Flying: o.InFlight, Batch: o.Batch,
			Blocks: *o.Blocks, Fabric: fmt.Sprintf("3 organisations with a peer and a chaincode process each, %d endorse; 1 Raft orderer; LevelDB; TLS everywhere", endorsers),
		},
	}
}

func machine() Machine {
	m := Machine{Cores: cores(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				m.CPU = strings.TrimSpace(strings.TrimLeft(name, "\t :"))
				break
			}
		}
	}
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib float64
		if _, err := fmt.Sscanf(string(raw), "MemTotal: %f kB", &kib); err == nil {
			m.MemoryGiB = kib / (1 << 20)
		}
	}
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.TrimSpace(string(raw))
	}
	if out, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		m.Commit = string(bytes.TrimSpace(out))
	}
	return m
}

// sum fills in summaries and ratios from the measures.
func (r *Report) sum() {
	r.Summaries, r.Ratios = nil, nil
	for _, w := range workloads {
		if of := r.of(w.name); len(of) > 0 {
			r.Summaries = append(r.Summaries, summarise(w.name, of))
		}
	}
	for _, q := range ratios {
		var values []float64
		for round := range r.Settings.Rounds {
			of := r.round(round + 1)
			if !complete(of, q.of) {
				continue
			}
			values = append(values, q.value(of))
		}
		if len(values) > 0 {
			r.Ratios = append(r.Ratios, Ratio{q.name, spread(values)})
		}
	}
}

// ratios, and the workloads that each is taken from.
var ratios = []struct {
	name  string
	of    []string
	value func(map[string]Measure) float64
}{
	{"hot_vs_floor", []string{Hot, Floor}, quotient(Hot, Floor)},
	{"hot_vs_usual_hot", []string{Hot, UsualHot, UsualHotRetried}, func(m map[string]Measure) float64 {
		return per(m[Hot].PerSecond, max(m[UsualHot].PerSecond, m[UsualHotRetried].PerSecond))
	}},
	{"hot_vs_bound", []string{Hot, Bound}, quotient(Hot, Bound)},
	{"http_hot_vs_floor", []string{HotHTTP, Floor}, quotient(HotHTTP, Floor)},
	{"uncontended_vs_usual", []string{Even, UsualSpread}, quotient(Even, UsualSpread)},
	{"single_vs_floor", []string{Single, Floor}, quotient(Single, Floor)},
	{"single_time_vs_noop", []string{SingleIdle, NoopIdle}, func(m map[string]Measure) float64 {
		return per(m[SingleIdle].median(), m[NoopIdle].median())
	}},
	{"hostile_vs_hot", []string{Hostile, Hot}, quotient(Hostile, Hot)},
	{"signing_hot_vs_floor", []string{HotSigning, Floor}, quotient(HotSigning, Floor)},
	{"bytes_per_payment", []string{Hot}, func(m map[string]Measure) float64 { return m[Hot].ItemBytes }},
	{"anchor_vs_floor", []string{AnchorHTTP, Floor}, quotient(AnchorHTTP, Floor)},
	{"anchor_sdk_vs_floor", []string{AnchorSDK, Floor}, quotient(AnchorSDK, Floor)},
	{"bytes_per_leaf", []string{AnchorHTTP}, func(m map[string]Measure) float64 { return m[AnchorHTTP].ItemBytes }},
	{"welfare_rows_per_second", []string{Welfare}, func(m map[string]Measure) float64 { return m[Welfare].PerSecond }},
	{"welfare_issuer_memory_growth", []string{Welfare}, func(m map[string]Measure) float64 { return m[Welfare].Memory[issuerProcess].growth() }},
	{"welfare_chaincode_memory_growth", []string{Welfare}, func(m map[string]Measure) float64 { return m[Welfare].Memory["currency"].growth() }},
	{"issue_rows_per_second", []string{Issue}, func(m map[string]Measure) float64 { return m[Issue].PerSecond }},
}

func quotient(a, b string) func(map[string]Measure) float64 {
	return func(m map[string]Measure) float64 { return per(m[a].PerSecond, m[b].PerSecond) }
}

func (m Measure) median() float64 {
	if m.Latency == nil {
		return 0
	}
	return m.Latency.P50
}

func complete(of map[string]Measure, names []string) bool {
	for _, name := range names {
		if _, ok := of[name]; !ok {
			return false
		}
	}
	return true
}

func (r *Report) of(workload string) []Measure {
	var all []Measure
	for _, m := range r.Measures {
		if m.Workload == workload {
			all = append(all, m)
		}
	}
	return all
}

func (r *Report) round(n int) map[string]Measure {
	of := map[string]Measure{}
	for _, m := range r.Measures {
		if m.Round == n {
			of[m.Workload] = m
		}
	}
	return of
}

func summarise(name string, all []Measure) Summary {
	s := Summary{Workload: name, CPU: map[string]float64{}}
	collect := func(f func(Measure) (float64, bool)) Spread {
		var values []float64
		for _, m := range all {
			if v, ok := f(m); ok {
				values = append(values, v)
			}
		}
		return spread(values)
	}
	took := func(f func(*Latency) float64) Spread {
		return collect(func(m Measure) (float64, bool) {
			if m.Latency == nil {
				return 0, false
			}
			return f(m.Latency), true
		})
	}
	s.PerSecond = collect(func(m Measure) (float64, bool) { return m.PerSecond, true })
	s.P50 = took(func(l *Latency) float64 { return l.P50 })
	s.P95 = took(func(l *Latency) float64 { return l.P95 })
	s.P99 = took(func(l *Latency) float64 { return l.P99 })
	s.ItemBytes = collect(func(m Measure) (float64, bool) { return m.ItemBytes, m.ItemBytes > 0 })
	s.Fill = collect(func(m Measure) (float64, bool) { return m.BlockItems, m.BlockItems > 0 })
	s.Pipeline = collect(func(m Measure) (float64, bool) { return m.Pipeline, m.Pipeline > 0 })
	for _, m := range all {
		s.Conflicts += m.Conflicts
		for answer, n := range m.Answers {
			if answer != answerOK {
				s.Failed += n
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(all[0].CPU)) {
		s.CPU[kind] = collect(func(m Measure) (float64, bool) { return m.CPU[kind], true }).Median
	}
	return s
}

// Markdown writes the table of the summaries.
func (r *Report) Markdown(w io.Writer) error {
	fmt.Fprintf(w, "%s, %d cores, %.0f GiB; %s; commit %s; %s.\n", r.Machine.CPU, r.Machine.Cores, r.Machine.MemoryGiB, r.Machine.Go, r.Machine.Commit, r.Began.Format(time.DateTime+" UTC"))
	fmt.Fprintf(w, "%s. %d lanes × %d transactions × %d orders; blocks of %s, %d transactions or %d bytes. Medians of %d rounds of %.0f s after %.0f s, with the range.\n\n",
		r.Settings.Fabric, r.Settings.Lanes, r.Settings.Flying, r.Settings.Batch, r.Settings.Blocks.Timeout, r.Settings.Blocks.MaxMessages, r.Settings.Blocks.PreferredBytes,
		r.Settings.Rounds, r.Settings.Window, r.Settings.Warm)
	fmt.Fprintln(w, "| workload | a second | p50, p95, p99 ms | bytes each | a block | CPU ms each | conflicts | not ok |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, s := range r.Summaries {
		fmt.Fprintf(w, "| %s | %.1f (%.1f–%.1f) | %s | %s | %s | %s | %d | %d |\n", s.Workload, s.PerSecond.Median, s.PerSecond.Min, s.PerSecond.Max,
			s.times(), optional(s.ItemBytes.Median), optional(s.Fill.Median), s.cpu(), s.Conflicts, s.Failed)
	}
	if o := r.Overload; o != nil {
		fmt.Fprintf(w, "\nOverload: %.0f/s offered, %.0f/s committed, %.0f%% of the peak; turned away in %s, of which the gateway took %.1f ms; its memory %v MiB; afterwards %s.\n",
			o.Offered, o.Goodput, 100*per(o.Goodput, o.Peak), times(o.Storm.Refused), o.RefusedMS, o.MemoryMiB, o.After)
	}
	if b := r.Books; b != nil {
		fmt.Fprintf(w, "\nBooks: %d credits unclaimed, %d conflicts without attackers; audited at %d peers up to height %d in %.1f s: %s.\n",
			b.Unclaimed, b.Conflicts, len(b.Audit.Peers), b.Audit.Height, b.Seconds, verdict(b.Audit.Err()))
	}
	fmt.Fprintln(w)
	return nil
}

func verdict(err error) string {
	if err != nil {
		return err.Error()
	}
	return "the equation holds after every block"
}

func optional(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", v)
}

func (s Summary) times() string {
	if s.P50.Median == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f, %.0f, %.0f", s.P50.Median, s.P95.Median, s.P99.Median)
}

func times(l *Latency) string {
	if l == nil {
		return "no case"
	}
	return fmt.Sprintf("p50 %.0f, p99 %.0f ms", l.P50, l.P99)
}

func (s Summary) cpu() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(s.CPU)) {
		if s.CPU[kind] >= 0.0005 {
			parts = append(parts, fmt.Sprintf("%s %.3f", kind, s.CPU[kind]))
		}
	}
	return strings.Join(parts, ", ")
}

// Lines writes the ratios, one a line: ratio NAME VALUE.
func (r *Report) Lines(w io.Writer) {
	for _, q := range r.Ratios {
		fmt.Fprintf(w, "ratio %s %.3f\n", q.Name, q.Value.Median)
	}
}

// Summary writes the summaries for people at a terminal.
func (r *Report) Summary(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "workload\ta second\trange\tp50, p95, p99 ms\tCPU ms each")
	for _, s := range r.Summaries {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f–%.1f\t%s\t%s\n", s.Workload, s.PerSecond.Median, s.PerSecond.Min, s.PerSecond.Max, s.times(), s.cpu())
	}
	return t.Flush()
}

// Save writes report.json, report.md and report.svg into a folder.
func (r *Report) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := r.Markdown(&text); err != nil {
		return err
	}
	r.Lines(&text)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "report.json"), raw, 0o600),
		os.WriteFile(filepath.Join(dir, "report.md"), text.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "report.svg"), r.Plot(), 0o600),
	)
}
