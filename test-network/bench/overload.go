// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Overload is what becomes of twice as many payments as the platform carries,
// sent to its API at their moments, and of half as many right afterwards.
type Overload struct {
	Offered   float64  `json:"offered"`   // payments a second
	Peak      float64  `json:"peak"`      // payments a second at saturation, measured in the rounds
	Goodput   float64  `json:"goodput"`   // payments a second that were committed meanwhile
	Storm     *Measure `json:"storm"`     //
	After     *Measure `json:"after"`     // at half of saturation, at once
	RefusedMS float64  `json:"refusedMs"` // that the gateway itself was busy with a refusal, on average, once it had the request
	MemoryMiB []int    `json:"memoryMiB"` // resident memory of the gateway, second for second of the storm
	Recovered bool     `json:"recovered"` // nothing was turned away afterwards
}

// overload is measured once, behind the rounds.
func (s *stage) overload(ctx context.Context, r *Report) error {
	peak := s.signed[HotHTTP]
	o := &Overload{Offered: 2 * peak, Peak: peak}
	watch, stop := context.WithCancel(ctx)
	memory := make(chan []int, 1)
	go func() { memory <- s.watchMemory(watch, "gateway") }()
	before, err := s.refusals(ctx)
	if err != nil {
		stop()
		return err
	}
	if s.Profiles != "" {
		s.profiling = Storm
	}
	o.Storm, err = s.paying(ctx, Storm, s.hot, func(ctx, stop context.Context, t *tally) error {
		return openLoop(ctx, stop, t, o.Offered, s.payers, s.byHTTP)
	})
	s.profiling = ""
	stop()
	o.MemoryMiB = <-memory
	if err != nil {
		return err
	}
	after, err := s.refusals(ctx)
	if err != nil {
		return err
	}
	if n := after.count - before.count; n > 0 {
		o.RefusedMS = 1000 * (after.seconds - before.seconds) / n
	}
	o.Storm.Workload, o.Goodput = Storm, o.Storm.PerSecond
	o.After, err = s.paying(ctx, "after", s.hot, func(ctx, stop context.Context, t *tally) error {
		return openLoop(ctx, stop, t, peak/2, s.payers, s.byHTTP)
	})
	if err != nil {
		return err
	}
	o.After.Workload = "after the storm"
	o.Recovered = o.After.Refused == nil
	r.Overload = o
	s.say("%.0f/s offered, %.0f/s committed (%.0f%% of the peak); %s", o.Offered, o.Goodput, 100*per(o.Goodput, o.Peak), o.Storm)
	s.say("afterwards %s", o.After)
	return nil
}

// refusals are payments that the gateway has turned away, and what time that took
// it.
type refusals struct{ count, seconds float64 }

func (s *stage) refusals(ctx context.Context) (refusals, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		return refusals{}, err
	}
	resp, err := s.api.HTTP.Do(req)
	if err != nil {
		return refusals{}, fmt.Errorf("metrics of the gateway: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusals{}, fmt.Errorf("metrics of the gateway: %s", resp.Status)
	}
	const of, labels = "trust_gateway_http_request_seconds", `{route="POST /v1/payments",status="503"}`
	values, err := readSeries(resp.Body, []string{of + "_count" + labels, of + "_sum" + labels})
	if err != nil {
		return refusals{}, fmt.Errorf("metrics of the gateway: %w", err)
	}
	return refusals{values[0], values[1]}, nil
}

// watchMemory reads a process's memory every second.
func (s *stage) watchMemory(ctx context.Context, process string) []int {
	var readings []int
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		readings = append(readings, int(s.meter.resident(process)))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return readings
		}
	}
}
