// SPDX-License-Identifier: Apache-2.0

package issuing

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/openid"
)

// NewOffer is what an issuer wants to give somebody.
type NewOffer struct {
	Kind    string         `json:"kind" minLength:"1" maxLength:"128" doc:"Of the credential, as the gateway is set up (credential_configuration_id)"`
	Claims  map[string]any `json:"claims" doc:"What the credential says"`
	Holder  string         `json:"holder,omitempty" maxLength:"2048" doc:"DID of the one who may accept; whoever has the offer if left out"`
	TxCode  bool           `json:"txCode,omitempty" doc:"Ask for a second code, which reaches the holder another way"`
	Expires int64          `json:"expires,omitempty" minimum:"0" doc:"Of the offer, Unix seconds, at most a day from now; in ten minutes if left out"`
	Status  *StatusEntry   `json:"status,omitempty" doc:"Entry of the issuer's status list"`
}

// StatusEntry is an entry of a status list that the issuer opened.
type StatusEntry struct {
	List  string `json:"list" format:"uri" doc:"URL of the list, /v1/status-lists/{did}/{list} of any gateway"`
	Index int    `json:"index" minimum:"0"`
}

// Made is an offer that was made.
type Made struct {
	ID      string       `json:"id"`
	Link    string       `json:"link" doc:"openid-credential-offer://… that says where the offer is: for a QR code"`
	Offer   openid.Offer `json:"offer" doc:"The offer itself, for a wallet that is given it by value"`
	TxCode  string       `json:"txCode,omitempty" doc:"Reaches the holder another way, never with the offer"`
	Expires int64        `json:"expires" doc:"Unix seconds"`
}

// offer is an offer that is open.
type offer struct {
	NewOffer
	id      string
	code    secret // pre-authorised code
	txCode  string
	tries   int
	token   secret
	expires time.Time // of the offer or, once its code was exchanged, of the access token
	issued  bool
	public  openid.Offer
}

// Offer makes an offer on behalf of a client. It returns CLIENT_REFUSED, NOT_OFFERED,
// BAD_OFFER or TOO_MANY_OPEN.
func (i *Issuer) Offer(client string, n NewOffer) (Made, error) {
	if client != i.id && !slices.Contains(i.Clients, client) {
		return Made{}, openid.ClientRefused.Errorf("%.160s may not have credentials of %s issued", client, i.id)
	}
	kind, known := i.kind(n.Kind)
	if !known {
		return Made{}, openid.NotOffered.Errorf("no kind %.80q here", n.Kind)
	}
	now := i.Now()
	expires := now.Add(OfferLife)
	if n.Expires != 0 {
		expires = time.Unix(n.Expires, 0)
	}
	if !expires.After(now) || expires.After(now.Add(maxLife)) {
		return Made{}, openid.BadOffer.Errorf("until %s, it is %s: to come, and at most %s from now", expires.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), maxLife)
	}
	if n.Holder != "" && did.Validate(n.Holder) != nil {
		return Made{}, openid.BadOffer.Errorf("holder %.80q is no DID", n.Holder)
	}
	if raw, err := json.Marshal(n.Claims); err != nil || len(raw) > maxClaims {
		return Made{}, openid.BadOffer.Errorf("claims of %d bytes, at most %d", len(raw), maxClaims)
	}
	// What cannot be issued is told now, not to the wallet.
	if _, err := i.draft(kind, n, nil); err != nil {
		return Made{}, openid.BadOffer.Errorf("%w", err)
	}
	code := once.Secret()
	o := &offer{NewOffer: n, id: once.Secret(), code: hash(code), expires: expires}
	grant := &openid.PreAuthorized{Code: code}
	if n.TxCode {
		o.txCode = digits()
		grant.TxCode = &openid.TxCode{InputMode: "numeric", Length: codeDigits}
	}
	o.public = openid.Offer{Issuer: i.URL, Configurations: []string{n.Kind}, Grants: openid.Grants{PreAuthorized: grant}}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sweep(now)
	if len(i.offers) >= maxOpen {
		return Made{}, openid.TooManyOpen.Errorf("%d offers", len(i.offers))
	}
	i.offers[o.id], i.codes[o.code] = o, o
	return Made{
		ID: o.id, Link: openid.OfferScheme + "://?credential_offer_uri=" + url.QueryEscape(i.URL+PathOffers+o.id), Offer: o.public,
		TxCode: o.txCode, Expires: expires.Unix(),
	}, nil
}

// Offered is an open offer, for the wallet that was given its URL, until its code was
// exchanged. It returns NOT_OFFERED.
func (i *Issuer) Offered(id string) (openid.Offer, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	o := i.offers[id]
	if o == nil || i.codes[o.code] != o || !i.Now().Before(o.expires) {
		return openid.Offer{}, openid.NotOffered.Errorf("no open offer %.40q", id)
	}
	return o.public, nil
}

// drop forgets an offer and all that leads to it.
func (i *Issuer) drop(o *offer) {
	delete(i.offers, o.id)
	delete(i.codes, o.code)
	delete(i.tokens, o.token)
}

// sweep throws away what has expired: once a minute, or when there is no room.
func (i *Issuer) sweep(now time.Time) {
	if len(i.offers) < maxOpen && now.Sub(i.swept) < time.Minute {
		return
	}
	i.swept = now
	for _, o := range i.offers {
		if !now.Before(o.expires) {
			i.drop(o)
		}
	}
}

// draft is the credential of an offer, for a holder's binding.
func (i *Issuer) draft(k Kind, n NewOffer, holder *credential.Binding) (credential.SDJWT, error) {
	now := i.Now().Unix()
	vc := credential.SDJWT{Type: k.Type, Claims: n.Claims, Disclosable: k.Disclosable, Holder: holder, Issued: now}
	if k.Life > 0 {
		vc.Expires = now + int64(k.Life/time.Second)
	}
	if n.Status != nil {
		vc.Status = &credential.StatusRef{URI: n.Status.List, Index: n.Status.Index}
	}
	alg, err := credential.AlgorithmOf(i.Signer)
	if err == nil {
		_, err = vc.Prepare(alg, i.Signer.Kid)
	}
	return vc, err
}

// digits draws a transaction code.
func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("issuing: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
