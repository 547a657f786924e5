// SPDX-License-Identifier: Apache-2.0

// Package ticket makes tickets: an issuer that knows who has a right to an
// allowance signs, for each of them once, something it cannot see; what comes of
// it pays the bearer, and nobody, the issuer included, can tell whose right it
// was. It is RFC 9474's RSABSSA-SHA384-PSS-Deterministic; the 32 fresh bytes that
// make each message unique are the ticket's own nonce.
//
//	pending, err := ticket.Ask(place, series, account)  // on the phone
//	answer, err := issuer.Sign(pending.Blinded)         // at the issuer, which checked the right
//	order, err := pending.Finish(answer)                // on the phone; goes to [gateway.Holder.Present]
package ticket

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

const variant = blindrsa.SHA384PSSDeterministic

// Issuer signs tickets of one series, for which the key MUST serve alone: what
// the key signs is a ticket, whatever the issuer meant.
type Issuer struct{ key *rsa.PrivateKey }

// NewIssuer takes the key of a series, of 2048 to 4096 bits.
func NewIssuer(key *rsa.PrivateKey) (*Issuer, error) {
	i := &Issuer{key}
	_, err := currency.ParseTicketKey(i.PublicKey())
	return i, err
}

// PublicKey is the key as a series names it.
func (i *Issuer) PublicKey() string {
	der, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
	if err != nil {
		return "" // not reached: RSA keys always encode
	}
	return base64.RawURLEncoding.EncodeToString(der)
}

// Sign signs a blinded ticket. The caller has checked the bearer's right and
// notes that it was served: the issuer cannot tell afterwards.
func (i *Issuer) Sign(blinded []byte) ([]byte, error) {
	sig, err := blindrsa.NewSigner(i.key).BlindSign(blinded)
	if err != nil {
		return nil, currency.TicketBad.Errorf("what is to be signed is not of the key's size: %w", err)
	}
	return sig, nil
}

// Pending is a ticket that the issuer has not signed yet. It is kept in memory
// only.
type Pending struct {
	Blinded []byte // for the issuer; tells it nothing
	order   currency.PresentTicket
	client  blindrsa.Client
	state   blindrsa.State
}

// Ask begins a ticket of a series for an account. It returns TICKET_KEY.
func Ask(place currency.Place, s currency.TicketSeries, account string) (*Pending, error) {
	key, err := currency.ParseTicketKey(s.Key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	p := &Pending{order: currency.PresentTicket{
		Network: place.Network, Channel: place.Channel, Chaincode: place.Chaincode, Program: s.Program, Series: s.ID,
		Holder: account, Nonce: base64.RawURLEncoding.EncodeToString(nonce),
	}}
	message, err := jws.Canonical(p.order.Message())
	if err != nil {
		return nil, err
	}
	if p.client, err = blindrsa.NewClient(variant, key); err != nil {
		return nil, fmt.Errorf("key of series %s: %w", s.ID, err)
	}
	prepared, err := p.client.Prepare(rand.Reader, message)
	if err != nil {
		return nil, err
	}
	p.Blinded, p.state, err = p.client.Blind(rand.Reader, prepared)
	return p, err
}

// Finish makes the ticket of the issuer's answer: Series, Nonce and Signature of
// the order that presents it. It returns TICKET_BAD where the issuer signed
// something else.
func (p *Pending) Finish(signed []byte) (currency.PresentTicket, error) {
	sig, err := p.client.Finalize(p.state, signed)
	if err != nil {
		return currency.PresentTicket{}, currency.TicketBad.Errorf("the issuer's answer: %w", err)
	}
	return currency.PresentTicket{
		Series: p.order.Series, Nonce: p.order.Nonce, Signature: base64.RawURLEncoding.EncodeToString(sig),
	}, nil
}
