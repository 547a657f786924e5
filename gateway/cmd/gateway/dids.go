// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

// dids is what serves the identity contract, if there is one.
func dids(c config.Config, client *gateway.Client, log *slog.Logger) rest.Identity {
	if c.DIDs == "" {
		return rest.Identity{Resolver: resolver.Resolver{Log: log}}
	}
	ledger := client.Identity(c.Channel, c.DIDs)
	return rest.Identity{
		Ledger:     ledger,
		Registries: ledger,
		Resolver:   resolver.Resolver{Ledger: ledger, Log: log},
		Registrar:  registrar.Registrar{Place: identity.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.DIDs}, Ledger: ledger},
	}
}
