// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/alarm"
	"github.com/komsco/trust-platform/gateway/internal/config"
)

// watchFraud raises the alarm where fraud thresholds are reached, until ctx ends; what
// it returns waits for that.
func watchFraud(ctx context.Context, c config.Config, conn *gateway.Client, r prometheus.Registerer, log *slog.Logger) (wait func()) {
	var watches sync.WaitGroup
	if c.Fraud.Every <= 0 {
		return watches.Wait
	}
	metrics := alarm.NewMetrics(r)
	for _, home := range c.Places() {
		watch := conn.Currency(home.Place.Channel, home.Place.Chaincode).FraudWatch()
		watches.Go(func() {
			alarm.Fraud{Place: home.Place, Every: c.Fraud.Every, Back: c.Fraud.Back, Look: watch.Look, Metrics: metrics, Log: log}.Watch(ctx)
		})
	}
	return watches.Wait
}
