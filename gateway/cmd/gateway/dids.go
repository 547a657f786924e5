// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"fmt"
	"log/slog"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/publisher"
	"github.com/komsco/trust-platform/gateway/internal/registrar"
	"github.com/komsco/trust-platform/gateway/internal/resolver"
	"github.com/komsco/trust-platform/gateway/internal/rest"
)

// dids is what serves the identity contract, if there is one.
func dids(c config.Config, client *gateway.Client, log *slog.Logger) (rest.Identity, error) {
	if c.DIDs == "" {
		return rest.Identity{Resolver: resolver.Resolver{Log: log}}, nil
	}
	signers, err := signersOf("listKeys", c.ListKeys)
	if err != nil {
		return rest.Identity{}, err
	}
	ledger := client.Identity(c.Channel, c.DIDs)
	return rest.Identity{
		Ledger:     ledger,
		Registries: ledger,
		Lists:      &publisher.Publisher{Ledger: ledger, Signers: signers},
		PublicURL:  c.PublicURL,
		Resolver:   resolver.Resolver{Ledger: ledger, Log: log},
		Registrar:  registrar.Registrar{Place: identity.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.DIDs}, Ledger: ledger},
	}, nil
}

// signersOf are keys that issuers entrust to the gateway, by their DIDs.
func signersOf(setting string, keys []config.ListKey) (map[string]credential.Signer, error) {
	all := map[string]credential.Signer{}
	for _, k := range keys {
		owner, _, err := did.Split(k.Kid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
		if _, twice := all[owner]; twice {
			return nil, fmt.Errorf("%s: %s is there twice", setting, owner)
		}
		if all[owner], err = entrusted(k.Kid, k.Key); err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
	}
	return all, nil
}

// entrusted is a key that somebody entrusts to the gateway, under its DID URL.
func entrusted(kid, file string) (credential.Signer, error) {
	if _, _, err := did.Split(kid); err != nil {
		return credential.Signer{}, err
	}
	parsed, err := readPKCS8(file)
	if err != nil {
		return credential.Signer{}, err
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return credential.Signer{}, fmt.Errorf("%s holds a %T, a key that signs is needed", file, parsed)
	}
	if _, err := credential.NewSigner(key); err != nil { // of a type that is accepted
		return credential.Signer{}, fmt.Errorf("%s: %w", file, err)
	}
	return credential.Signer{Key: key, Kid: kid}, nil
}
