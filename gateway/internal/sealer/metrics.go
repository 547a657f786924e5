// SPDX-License-Identifier: Apache-2.0

package sealer

import "github.com/prometheus/client_golang/prometheus"

// Metrics are what operators watch.
type Metrics struct {
	taken, seals, retries   prometheus.Counter
	waiting, height, failed prometheus.Gauge
	latency                 prometheus.Histogram
	lag, late, chain, forks *prometheus.GaugeVec
}

// NewMetrics makes the metrics and, unless r is nil, registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	of := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"source"})
	}
	m := &Metrics{
		lag:     of("trust_anchor_lag_seconds", "How long ago something of a source was sealed last, of sources that promise a cadence."),
		late:    of("trust_anchor_late", "1 while a source is behind the cadence that it promised."),
		chain:   of("trust_anchor_chain_height", "Height of another chain's latest header in its log."),
		forks:   of("trust_anchor_chain_forks", "Contradictions between headers that another chain signed, kept as evidence. Anything but 0 is an alarm."),
		taken:   prometheus.NewCounter(prometheus.CounterOpts{Name: "trust_sealer_records_total", Help: "Records taken, without those that were there."}),
		seals:   prometheus.NewCounter(prometheus.CounterOpts{Name: "trust_sealer_seals_total", Help: "Seals carried out."}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "trust_sealer_retries_total", Help: "Seals sent again."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "trust_sealer_waiting", Help: "Records that wait to be sealed."}),
		height:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "trust_sealer_height", Help: "Blocks that the index has taken in."}),
		failed:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "trust_sealer_failed", Help: "1 once the sealer has stopped because something is wrong."}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "trust_sealer_seal_seconds", Help: "How long a seal took to be in a block.", Buckets: []float64{.1, .2, .3, .5, 1, 2, 5, 10, 30},
		}),
	}
	if r != nil {
		r.MustRegister(m.taken, m.seals, m.retries, m.waiting, m.height, m.failed, m.latency, m.lag, m.late, m.chain, m.forks)
	}
	return m
}
