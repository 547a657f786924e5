// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/keysync"
)

// followDocuments keeps accounts in line with their DIDs' documents until ctx
// ends; what it returns waits for that.
func followDocuments(ctx context.Context, c config.Config, conn *gateway.Client, log *slog.Logger) (wait func()) {
	if c.DIDs == "" || c.KeySync.Off {
		return func() {}
	}
	o := keysync.Options{Chaincode: c.DIDs, Cursor: &keysync.File{Path: c.KeySync.File}, Log: log}
	for _, home := range c.Places() {
		if home.Place.Channel == c.Channel { // a contract reads the registry of its own channel
			o.Currencies = append(o.Currencies, conn.Currency(home.Place.Channel, home.Place.Chaincode))
		}
	}
	o.Events = func(ctx context.Context, after keysync.Cursor) (<-chan *client.ChaincodeEvent, error) {
		from := client.WithStartBlock(0)
		if after.Tx != "" {
			from = client.WithCheckpoint(after)
		}
		return conn.Fabric().GetNetwork(c.Channel).ChaincodeEvents(ctx, c.DIDs, from)
	}
	var follower sync.WaitGroup
	follower.Go(func() { keysync.Follow(ctx, o) })
	return follower.Wait
}
