// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
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
	var err error
	o.Storm, err = s.paying(ctx, "storm", s.hot, func(ctx, stop context.Context, t *tally) error {
		return openLoop(ctx, stop, t, o.Offered, s.payers, s.byHTTP)
	})
	stop()
	o.MemoryMiB = <-memory
	if err != nil {
		return err
	}
	o.Storm.Workload, o.Goodput = "storm", o.Storm.PerSecond
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
