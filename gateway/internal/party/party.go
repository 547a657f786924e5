// SPDX-License-Identifier: Apache-2.0

// Package party is whoever entrusts a key to the gateway, which issues to wallets or asks
// them in its name: what packages issuing and asking have in common.
package party

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/openid"
)

// Party is who entrusts a key.
type Party struct {
	URL      string            // as wallets reach this gateway
	Signer   credential.Signer // the party's key
	Clients  []string          // DIDs that may have the gateway act in its name, besides its own
	Verifier *credential.Verifier
	Shelf    *shelf.Shelf     // for what wallets have still to answer; in memory if nil
	Now      func() time.Time // time.Now if nil

	id string // DID
}

// Ready checks what was set and fills in what was not. It returns what is wrong.
func (p Party) Ready() (Party, error) {
	if p.Now == nil {
		p.Now = time.Now
	}
	if err := openid.CheckURL(p.URL); err != nil {
		return p, err
	}
	p.URL = strings.TrimSuffix(p.URL, "/")
	if p.Verifier == nil {
		return p, errors.New("no verifier")
	}
	var err error
	if p.id, _, err = did.Split(p.Signer.Kid); err != nil {
		return p, err
	}
	if p.Shelf == nil {
		p.Shelf, err = shelf.Open("", p.Now)
	}
	return p, err
}

// ID is the party's DID.
func (p *Party) ID() string { return p.id }

// Allow returns CLIENT_REFUSED unless a client may have the gateway act in the party's
// name.
func (p *Party) Allow(client string) error {
	if client != p.id && !slices.Contains(p.Clients, client) {
		return openid.ClientRefused.Errorf("%.160s may not act in the name of %s", client, p.id)
	}
	return nil
}

// Until is when something ends: at a time that was asked for in Unix seconds, or after
// its usual life. ok is false for what has ended already, or lives longer than most.
func (p *Party) Until(asked int64, usual, most time.Duration) (until time.Time, ok bool) {
	now := p.Now()
	if until = now.Add(usual); asked != 0 {
		until = time.Unix(asked, 0)
	}
	return until, until.After(now) && !until.After(now.Add(most))
}
