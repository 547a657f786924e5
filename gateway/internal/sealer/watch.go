// SPDX-License-Identifier: Apache-2.0

package sealer

import (
	"context"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

// watchEvery is how often sources are looked at.
const watchEvery = time.Second

// Lag is how long ago something of a source was sealed last, and whether that is
// longer than the source promised. One that promises nothing is never late.
func Lag(s anchor.Source, l anchor.Log, now time.Time) (lag time.Duration, late bool) {
	if s.Cadence == 0 {
		return 0, false
	}
	lag = max(0, now.Sub(time.Unix(l.Time, 0)))
	return lag, lag > time.Duration(s.Cadence)*time.Second
}

// watched is what was told of a source.
type watched struct {
	late  bool
	forks int
}

// watch raises the alarm, in metrics and in the log, when a source falls behind
// its promise and when another chain forks. It looks at every source on the
// ledger, whoever seals it.
func (s *Sealer) watch(ctx context.Context) error {
	told := map[string]watched{}
	for ctx.Err() == nil {
		if err := s.look(ctx, told); err != nil && ctx.Err() == nil {
			s.Log.Warn("the sources cannot be looked at", "failure", err)
		}
		sleep(ctx, watchEvery)
	}
	return ctx.Err()
}

func (s *Sealer) look(ctx context.Context, told map[string]watched) error {
	sources, err := s.store.Sources(ctx)
	if err != nil {
		return err
	}
	logs, err := s.store.Logs(ctx)
	if err != nil {
		return err
	}
	for _, from := range sources {
		before := told[from.ID]
		now := before
		if from.Cadence > 0 {
			lag, late := Lag(from, logs[from.ID], time.Now())
			s.Metrics.lag.WithLabelValues(from.ID).Set(lag.Seconds())
			s.Metrics.late.WithLabelValues(from.ID).Set(flag(late))
			if now.late = late; late != before.late {
				s.Log.Warn("a source's promise", "source", from.ID, "late", late, "lag", lag.Round(time.Second), "cadence", time.Duration(from.Cadence)*time.Second)
			}
		} else { // it may have promised something before
			s.Metrics.lag.DeleteLabelValues(from.ID)
			s.Metrics.late.DeleteLabelValues(from.ID)
			now.late = false
		}
		tip, found, err := s.store.Tip(ctx, from.ID)
		if err != nil {
			return err
		}
		if found {
			s.Metrics.chain.WithLabelValues(from.ID).Set(float64(tip.Height))
			s.Metrics.forks.WithLabelValues(from.ID).Set(float64(tip.Forks))
			if now.forks = tip.Forks; tip.Forks > before.forks {
				s.Log.Error("a chain forked; the evidence is on the ledger", "source", from.ID, "contradictions", tip.Forks, "height", tip.Height)
			}
		}
		told[from.ID] = now
	}
	return nil
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
