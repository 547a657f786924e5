// SPDX-License-Identifier: Apache-2.0

// Package alarm tells operators that somebody has to look: what reaches a policy's
// fraud thresholds and no case is about.
package alarm

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/fraud"
)

// Metrics are what operators watch. They say how many flags there are and nothing about
// whom: who may ask the peer for its blocks finds that with trustctl fraud scan.
type Metrics struct {
	flags  *prometheus.GaugeVec
	looked *prometheus.GaugeVec
}

// NewMetrics makes the metrics and, unless r is nil, registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		flags: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "trust_fraud_flags", Help: "Flags by a fraud threshold with receipts that no case is about. Anything but 0 is for an officer.",
		}, []string{"channel", "chaincode", "program", "rule"}),
		looked: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "trust_fraud_looked_timestamp_seconds", Help: "When a contract's fraud thresholds were looked at last, 0 before the first time. An alarm where it falls behind.",
		}, []string{"channel", "chaincode"}),
	}
	if r != nil {
		r.MustRegister(m.flags, m.looked)
	}
	return m
}

// Fraud are the options of a watch over the fraud thresholds of one contract.
type Fraud struct {
	Place   currency.Place
	Every   time.Duration // from one look to the next
	Back    time.Duration // how long flags are told after they ended
	Look    func(ctx context.Context, since time.Time) ([]fraud.Flag, error)
	Metrics *Metrics
	Log     *slog.Logger
}

// kind is what flags are counted by.
type kind struct{ program, rule string }

// Watch looks again and again until ctx ends. A rule whose flags grow in number is a
// line of the log, once.
func (o Fraud) Watch(ctx context.Context) {
	told := map[kind]int{}
	o.looked().Set(0)
	for ctx.Err() == nil {
		if err := o.look(ctx, told); err != nil && ctx.Err() == nil {
			o.Log.Warn("fraud thresholds could not be looked at", "failure", err, "channel", o.Place.Channel, "chaincode", o.Place.Chaincode, "again in", o.Every)
		}
		select {
		case <-ctx.Done():
		case <-time.After(o.Every):
		}
	}
}

func (o Fraud) look(ctx context.Context, told map[kind]int) error {
	flags, err := o.Look(ctx, time.Now().Add(-o.Back))
	if err != nil {
		return err
	}
	now := map[kind]int{}
	for _, f := range flags {
		of := kind{f.Program, f.Rule}
		now[of] += 0 // a rule whose flags all have cases is told as 0
		if f.New > 0 {
			now[of]++
		}
	}
	for of := range told {
		now[of] += 0
	}
	for of, n := range now {
		o.Metrics.flags.WithLabelValues(o.Place.Channel, o.Place.Chaincode, of.program, of.rule).Set(float64(n))
		if n > told[of] {
			o.Log.Warn("a fraud threshold is reached: trustctl fraud scan says by what", "channel", o.Place.Channel, "chaincode", o.Place.Chaincode, "program", of.program, "rule", of.rule, "flags", n)
		}
		told[of] = n
	}
	o.looked().SetToCurrentTime()
	return nil
}

func (o Fraud) looked() prometheus.Gauge {
	return o.Metrics.looked.WithLabelValues(o.Place.Channel, o.Place.Chaincode)
}
