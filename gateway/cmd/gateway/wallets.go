// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/gateway"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/asking"
	"github.com/komsco/trust-platform/gateway/internal/config"
	"github.com/komsco/trust-platform/gateway/internal/issuing"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/rest"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
)

// kept is what the gateway keeps of what it gave out to wallets, each in a file where
// the configuration names a folder.
type kept struct {
	shelf    *shelf.Shelf
	statuses *statuses.Keeper
	lists    map[string][]string // by issuer: of which credentials get entries
}

func (k *kept) close() error { return errors.Join(k.shelf.Close(), k.statuses.Close()) }

// openKept opens it. Entries are changed by the keys of the VC API.
func openKept(c config.Config, client *gateway.Client) (*kept, error) {
	file := func(name string) string {
		if c.Wallets.Dir == "" {
			return ""
		}
		return filepath.Join(c.Wallets.Dir, name)
	}
	k := &kept{lists: map[string][]string{}}
	var keys []config.ListKey
	for _, key := range c.VCAPI.Keys {
		keys = append(keys, key.ListKey)
		owner, _, _ := strings.Cut(key.Kid, "#")
		k.lists[owner] = key.Lists
	}
	signers, err := signersOf("vcAPI.keys", keys)
	if err != nil {
		return nil, err
	}
	if k.shelf, err = shelf.Open(file("shelf.db"), nil); err != nil {
		return nil, err
	}
	k.statuses, err = statuses.Open(statuses.Options{
		File: file("statuses.db"), Ledger: client.Identity(c.Channel, c.DIDs), Signers: signers,
		Place: identity.Place{Network: c.Network, Channel: c.Channel, Chaincode: c.DIDs},
	})
	if err != nil {
		return nil, errors.Join(err, k.shelf.Close())
	}
	return k, nil
}

// partyOf is who entrusted a key to the gateway, to issue or ask in its name.
func partyOf(c config.Config, client *gateway.Client, k *kept, kid, key string, clients []string) (party.Party, error) {
	signer, err := entrusted(kid, key)
	if err != nil {
		return party.Party{}, err
	}
	verifier, err := verifierOf(c, client.Identity(c.Channel, c.DIDs))
	return party.Party{URL: c.PublicURL, Signer: signer, Clients: clients, Shelf: k.shelf, Verifier: verifier}, err
}

// verifierOf verifies by a ledger, and by the schemas that the configuration has.
func verifierOf(c config.Config, l credential.Ledger) (*credential.Verifier, error) {
	v := &credential.Verifier{Ledger: l, Schemas: credential.Schemas{}}
	for _, s := range c.Schemas {
		raw, err := os.ReadFile(s.File)
		if err != nil {
			return nil, fmt.Errorf("schemas: %w", err)
		}
		if _, err := credential.SchemaDigest(raw); err != nil {
			return nil, fmt.Errorf("schemas: %s: %w", s.File, err)
		}
		if _, twice := v.Schemas[s.URL]; twice || s.URL == "" {
			return nil, fmt.Errorf("schemas: %s: url %q is there twice, or missing", s.File, s.URL)
		}
		v.Schemas[s.URL] = raw
	}
	return v, nil
}

// openIssuer is what issues credentials to wallets, nil where the configuration names no
// key for it.
func openIssuer(c config.Config, client *gateway.Client, k *kept, log *slog.Logger) (*issuing.Issuer, error) {
	if c.Issuing.Kid == "" {
		return nil, nil
	}
	p, err := partyOf(c, client, k, c.Issuing.Kid, c.Issuing.Key, c.Issuing.Clients)
	if err != nil {
		return nil, fmt.Errorf("issuing: %w", err)
	}
	o := issuing.Options{Party: p, Statuses: k.statuses}
	for _, kind := range c.Issuing.Kinds {
		o.Kinds = append(o.Kinds, issuing.Kind{ID: kind.ID, Type: kind.Type, Name: kind.Name, Disclosable: kind.Disclosable, Life: kind.Life})
	}
	i, err := issuing.New(o)
	if err != nil {
		return nil, fmt.Errorf("issuing: %w", err)
	}
	log.Info("issuing credentials to wallets", "issuer", c.Issuing.Kid, "url", c.PublicURL, "kinds", len(o.Kinds))
	return i, nil
}

// openAsker is what asks holders for credentials, nil where the configuration names no
// key for it.
func openAsker(c config.Config, client *gateway.Client, k *kept, log *slog.Logger) (*asking.Asker, error) {
	if c.Asking.Kid == "" {
		return nil, nil
	}
	p, err := partyOf(c, client, k, c.Asking.Kid, c.Asking.Key, c.Asking.Clients)
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	a, err := asking.New(p)
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	log.Info("asking holders for credentials", "verifier", c.Asking.Kid, "url", c.PublicURL)
	return a, nil
}

// openVCAPI is what serves the VC API, nil where the configuration does not turn it on.
func openVCAPI(c config.Config, client *gateway.Client, k *kept, log *slog.Logger) (*rest.VCAPI, error) {
	if !c.VCAPI.On {
		return nil, nil
	}
	if c.DIDs == "" {
		return nil, errors.New("vcAPI needs dids")
	}
	if c.VCAPI.Anyone {
		log.Warn("anyone may have credentials issued, and their status changed, by the VC API", "issuers", len(k.statuses.Signers))
	}
	verifier, err := verifierOf(c, client.Identity(c.Channel, c.DIDs))
	if err != nil {
		return nil, fmt.Errorf("vcAPI: %w", err)
	}
	return &rest.VCAPI{
		Signers: k.statuses.Signers, Verifier: verifier, Statuses: k.statuses, Lists: k.lists, Anyone: c.VCAPI.Anyone,
	}, nil
}
