// SPDX-License-Identifier: Apache-2.0

// Package issuing is the gateway's side of OpenID4VCI 1.0: an issuer that entrusts its
// key to the gateway makes offers, wallets exchange them for SD-JWT VCs by the
// pre-authorised code. What an offer says about a person lies on the shelf, sealed with
// its code, until it was accepted or has expired. A wallet has to reach the gateway that
// made its offer.
package issuing

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/internal/party"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Lives and bounds.
const (
	OfferLife  = 10 * time.Minute // if the issuer says no other
	maxLife    = 24 * time.Hour
	tokenLife  = 5 * time.Minute
	nonceLife  = 5 * time.Minute
	proofLife  = 5 * time.Minute // of a proof's iat
	leeway     = time.Minute
	maxOpen    = 10_000
	maxClaims  = 64 << 10 // bytes of an offer's claims
	maxTries   = 5        // of a transaction code
	maxNonces  = 1 << 17
	codeDigits = 6
)

// Paths of the endpoints behind the issuer's URL.
const (
	PathToken      = "/v1/issuance/token" //nolint:gosec // a path
	PathNonce      = "/v1/issuance/nonce"
	PathCredential = "/v1/issuance/credential" //nolint:gosec // a path
	PathOffers     = "/v1/issuance/offers/"
)

// Kind is a kind of credential that is issued.
type Kind struct {
	ID          string // by which offers and wallets name it
	Type        string // vct
	Name        string // for people
	Disclosable []string
	Life        time.Duration // for which a credential is valid; for ever if 0
}

// Options set up an issuer, by a key for assertions.
type Options struct {
	party.Party
	Kinds    []Kind
	Statuses *statuses.Keeper // which entries credentials have; issuers name entries themselves if nil
}

// Issuer makes offers and answers wallets.
type Issuer struct {
	Options
	nonces *once.Nonces

	mu      sync.Mutex
	issuing map[string]bool // access tokens whose credential is being signed
}

// New sets up an issuer. It returns what is wrong with the options.
func New(o Options) (*Issuer, error) {
	var err error
	if o.Party, err = o.Ready(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, k := range o.Kinds {
		if k.ID == "" || k.Type == "" || k.Life < 0 || seen[k.ID] {
			return nil, fmt.Errorf("kind %q of type %q: both are needed, each id once, and no negative life", k.ID, k.Type)
		}
		seen[k.ID] = true
	}
	if len(o.Kinds) == 0 {
		return nil, fmt.Errorf("no kinds of credentials")
	}
	return &Issuer{Options: o, nonces: once.New(nonceLife, maxNonces, o.Now), issuing: map[string]bool{}}, nil
}

func (i *Issuer) kind(id string) (Kind, bool) {
	at := slices.IndexFunc(i.Kinds, func(k Kind) bool { return k.ID == id })
	if at < 0 {
		return Kind{}, false
	}
	return i.Kinds[at], true
}

// Metadata is what wallets read of the issuer first.
func (i *Issuer) Metadata() openid.IssuerMetadata {
	m := openid.IssuerMetadata{
		Issuer: i.URL, CredentialEndpoint: i.URL + PathCredential, NonceEndpoint: i.URL + PathNonce,
		Configurations: map[string]openid.Configuration{},
	}
	key, _ := credential.AlgorithmOf(i.Signer) // New took the key
	for _, k := range i.Kinds {
		c := openid.Configuration{
			Format: credential.FormatSDJWT, Type: k.Type,
			BindingMethods: []string{"jwk", "did:key", "did:jwk", "did:komsco"},
			SigningAlgs:    []string{key},
			ProofTypes:     map[string]openid.ProofType{"jwt": {SigningAlgs: []string{"ES256", "EdDSA", "ES256K"}}},
			Metadata:       &openid.CredentialMetadata{},
		}
		if k.Name != "" {
			c.Metadata.Display = []openid.Display{{Name: k.Name}}
		}
		for _, path := range k.Disclosable {
			c.Metadata.Claims = append(c.Metadata.Claims, openid.Claim{Path: openid.PathOf(path)})
		}
		m.Configurations[k.ID] = c
	}
	return m
}

// Server is the metadata of the issuer as its own authorization server.
func (i *Issuer) Server() openid.ServerMetadata {
	return openid.ServerMetadata{
		Issuer: i.URL, TokenEndpoint: i.URL + PathToken, ResponseTypes: []string{}, GrantTypes: []string{openid.GrantPreAuthorized},
		AuthMethods: []string{"none"}, Anonymous: true,
	}
}

// Nonce is a nonce for one proof of a key.
func (i *Issuer) Nonce() openid.Nonce {
	nonce, _ := i.nonces.Make("")
	return openid.Nonce{Nonce: nonce}
}
