// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
)

// openIssuer is what issues credentials to wallets, nil where the configuration names no
// key for it.
func openIssuer(c config.Config, client *gateway.Client, log *slog.Logger) (*issuing.Issuer, error) {
	if c.Issuing.Kid == "" {
		return nil, nil
	}
	signer, err := entrusted(c.Issuing.Kid, c.Issuing.Key)
	if err != nil {
		return nil, fmt.Errorf("issuing: %w", err)
	}
	o := issuing.Options{
		URL: c.PublicURL, Signer: signer, Clients: c.Issuing.Clients,
		Verifier: &credential.Verifier{Ledger: client.Identity(c.Channel, c.DIDs)},
	}
	for _, k := range c.Issuing.Kinds {
		o.Kinds = append(o.Kinds, issuing.Kind{ID: k.ID, Type: k.Type, Name: k.Name, Disclosable: k.Disclosable, Life: k.Life})
	}
	i, err := issuing.New(o)
	if err != nil {
		return nil, fmt.Errorf("issuing: %w", err)
	}
	log.Info("issuing credentials to wallets", "issuer", signer.Kid, "url", c.PublicURL, "kinds", len(o.Kinds))
	return i, nil
}

// openAsker is what asks holders for credentials, nil where the configuration names no
// key for it.
func openAsker(c config.Config, client *gateway.Client, log *slog.Logger) (*asking.Asker, error) {
	if c.Asking.Kid == "" {
		return nil, nil
	}
	signer, err := entrusted(c.Asking.Kid, c.Asking.Key)
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	a, err := asking.New(asking.Options{
		URL: c.PublicURL, Signer: signer, Clients: c.Asking.Clients,
		Verifier: &credential.Verifier{Ledger: client.Identity(c.Channel, c.DIDs)},
	})
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	log.Info("asking holders for credentials", "verifier", signer.Kid, "url", c.PublicURL)
	return a, nil
}

// openVCAPI is what serves the VC API, nil where the configuration does not turn it on.
func openVCAPI(c config.Config, client *gateway.Client, log *slog.Logger) (*rest.VCAPI, error) {
	if !c.VCAPI.On {
		return nil, nil
	}
	if c.DIDs == "" {
		return nil, errors.New("vcAPI needs dids")
	}
	var keys []config.ListKey
	lists := map[string][]string{}
	for _, k := range c.VCAPI.Keys {
		keys = append(keys, k.ListKey)
		owner, _, _ := strings.Cut(k.Kid, "#")
		lists[owner] = k.Lists
	}
	signers, err := signersOf("vcAPI.keys", keys)
	if err != nil {
		return nil, err
	}
	ledger := client.Identity(c.Channel, c.DIDs)
	o := statuses.Options{Ledger: ledger, Place: identity.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.DIDs}, Signers: signers}
	if c.Wallets.Dir != "" {
		o.File = filepath.Join(c.Wallets.Dir, "statuses.db")
	}
	kept, err := statuses.Open(o)
	if err != nil {
		return nil, err
	}
	if c.VCAPI.Anyone {
		log.Warn("anyone may have credentials issued by the VC API", "issuers", len(signers))
	}
	return &rest.VCAPI{Signers: signers, Verifier: &credential.Verifier{Ledger: ledger}, Statuses: kept, Lists: lists, Anyone: c.VCAPI.Anyone}, nil
}
