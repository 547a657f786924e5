// SPDX-License-Identifier: Apache-2.0

package lanes

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// Metrics are what operators see of the lanes. All lanes of a gateway share them.
type Metrics struct {
	queued    prometheus.Gauge
	inFlight  prometheus.Gauge
	batch     prometheus.Histogram
	conflicts prometheus.Counter
	retries   *prometheus.CounterVec
	orders    *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them, unless r is nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		queued: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "trust_gateway_queued_orders", Help: "Orders that wait in a lane.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "trust_gateway_transactions_in_flight", Help: "Transactions that were submitted and are not committed yet.",
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "trust_gateway_batch_orders", Help: "Orders in a submitted transaction.", Buckets: []float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000},
		}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "trust_gateway_conflicts_total", Help: "Transactions that had no effect because state they had read was changed before them.",
		}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "trust_gateway_retries_total", Help: "Steps repeated because the network stood in the way, by phase.",
		}, []string{"phase"}),
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "trust_gateway_orders_total", Help: "Settled orders, by outcome: COMMITTED, REPLAYED, FAILED, IN_DOUBT or the code of the refusal.",
		}, []string{"outcome"}),
	}
	if r != nil {
		r.MustRegister(m.queued, m.inFlight, m.batch, m.conflicts, m.retries, m.orders)
	}
	return m
}

func (m *Metrics) settled(o Outcome) { m.orders.WithLabelValues(o.name()).Inc() }

func (o Outcome) name() string {
	var failed *Failure
	switch refused := code.Of(o.Err); {
	case refused != nil:
		return refused.Code.Name
	case errors.As(o.Err, &failed) && failed.InDoubt:
		return "IN_DOUBT"
	case o.Err != nil:
		return "FAILED"
	case o.Replayed:
		return "REPLAYED"
	default:
		return "COMMITTED"
	}
}
