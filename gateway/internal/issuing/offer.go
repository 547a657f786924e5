// SPDX-License-Identifier: Apache-2.0

package issuing

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/internal/once"
	"github.com/komsco/trust-platform/gateway/internal/shelf"
	"github.com/komsco/trust-platform/gateway/internal/statuses"
	"github.com/komsco/trust-platform/gateway/openid"
)

// NewOffer is what an issuer wants to give somebody.
type NewOffer struct {
	Kind    string               `json:"kind" minLength:"1" maxLength:"128" doc:"Of the credential, as the gateway is set up (credential_configuration_id)"`
	Claims  credential.AsWritten `json:"claims" doc:"What the credential says"`
	Holder  string               `json:"holder,omitempty" maxLength:"2048" doc:"DID of the one who may accept; whoever has the offer if left out"`
	TxCode  bool                 `json:"txCode,omitempty" doc:"Ask for a second code, which reaches the holder another way"`
	Expires int64                `json:"expires,omitempty" minimum:"0" doc:"Of the offer, Unix seconds, at most a day from now; in ten minutes if left out"`
	Status  *StatusEntry         `json:"status,omitempty" doc:"Entry of the issuer's status list"`

	CredentialID string `json:"credentialId,omitempty" maxLength:"2048" doc:"By which /credentials/status finds the entry; the offer's id if left out"`
}

// StatusEntry is an entry of a status list that the issuer opened.
type StatusEntry struct {
	List  string `json:"list" format:"uri" doc:"URL of the list, /v1/status-lists/{did}/{list} of any gateway"`
	Index *int   `json:"index,omitempty" minimum:"0" doc:"Drawn at random if left out: of a list that the issuer opened for this gateway alone"`
}

// Made is an offer that was made.
type Made struct {
	ID      string       `json:"id"`
	Link    string       `json:"link" doc:"openid-credential-offer://… that says where the offer is: for a QR code"`
	Offer   openid.Offer `json:"offer" doc:"The offer itself, for a wallet that is given it by value"`
	TxCode  string       `json:"txCode,omitempty" doc:"Reaches the holder another way, never with the offer"`
	Expires int64        `json:"expires" doc:"Unix seconds"`
	Status  *StatusEntry `json:"status,omitempty" doc:"The entry that the credential will have"`
}

// The kinds of records on the shelf: where an offer's code is, by the offer's id; an
// offer, by its code; and what an access token stands for.
const (
	kindID    = "offer"
	kindCode  = "code"
	kindToken = "token"
)

// offer is an offer that is open.
type offer struct {
	NewOffer
	ID      string    `json:"id"`
	Second  string    `json:"second,omitempty"` // transaction code
	Tries   int       `json:"tries,omitempty"`
	Expires time.Time `json:"until"`
}

// offered is what a wallet is offered.
func (i *Issuer) offered(o offer, code string) openid.Offer {
	grant := &openid.PreAuthorized{Code: code}
	if o.Second != "" {
		grant.TxCode = &openid.TxCode{InputMode: "numeric", Length: codeDigits}
	}
	return openid.Offer{Issuer: i.URL, Configurations: []string{o.Kind}, Grants: openid.Grants{PreAuthorized: grant}}
}

// Offer makes an offer on behalf of a client. It returns CLIENT_REFUSED, NOT_OFFERED,
// BAD_OFFER, TOO_MANY_OPEN, or what stands in the way of its status entry.
func (i *Issuer) Offer(ctx context.Context, client string, n NewOffer) (Made, error) {
	if err := i.Allow(client); err != nil {
		return Made{}, err
	}
	kind, known := i.kind(n.Kind)
	if !known {
		return Made{}, openid.NotOffered.Errorf("no kind %.80q here", n.Kind)
	}
	expires, ok := i.Until(n.Expires, OfferLife, maxLife)
	if !ok {
		return Made{}, openid.BadOffer.Errorf("until %s, it is %s: to come, and at most %s from now", expires.UTC().Format(time.RFC3339), i.Now().UTC().Format(time.RFC3339), maxLife)
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
	o := offer{NewOffer: n, ID: once.Secret(), Expires: expires}
	if err := i.Shelf.Do(room); err != nil { // before an entry is drawn, which stays taken
		return Made{}, err
	}
	if err := i.entry(ctx, &o); err != nil {
		return Made{}, err
	}
	if n.TxCode {
		o.Second = digits()
	}
	code := once.Secret()
	err := i.Shelf.Do(func(tx *shelf.Tx) error {
		if err := room(tx); err != nil {
			return err
		}
		return errors.Join(tx.Put(kindID, o.ID, expires, code), tx.Put(kindCode, code, expires, o))
	})
	if err != nil {
		return Made{}, err
	}
	return Made{
		ID: o.ID, Link: openid.OfferScheme + "://?credential_offer_uri=" + url.QueryEscape(i.URL+PathOffers+o.ID), Offer: i.offered(o, code),
		TxCode: o.Second, Expires: expires.Unix(), Status: o.Status,
	}, nil
}

// room returns TOO_MANY_OPEN unless one offer more may be open.
func room(tx *shelf.Tx) error {
	open, err := tx.Count(kindCode, kindToken)
	if err == nil && open >= maxOpen {
		err = openid.TooManyOpen.Errorf("%d offers", open)
	}
	return err
}

// entry draws the entry of a status list that an offer's credential will have, or
// remembers the one that the issuer chose.
func (i *Issuer) entry(ctx context.Context, o *offer) error {
	if o.Status == nil {
		return nil
	}
	owner, list, ok := credential.ParseListURL(o.Status.List)
	if !ok || i.Statuses == nil {
		if o.Status.Index == nil {
			return openid.BadOffer.Errorf("status: the index is needed of %.160q", o.Status.List)
		}
		return nil
	}
	if owner != i.ID() {
		return openid.BadOffer.Errorf("status: a list of %.160s, the issuer is %s", owner, i.ID())
	}
	id := o.CredentialID
	if id == "" {
		id = o.ID
	}
	if o.Status.Index != nil {
		return i.Statuses.Note(ctx, id, statuses.Entry{Issuer: owner, List: list, Index: *o.Status.Index})
	}
	drawn, err := i.Statuses.Draw(ctx, owner, list, id)
	o.Status = &StatusEntry{List: o.Status.List, Index: &drawn.Index}
	return err
}

// Offered is an open offer, for the wallet that was given its URL, until its code was
// exchanged. It returns NOT_OFFERED.
func (i *Issuer) Offered(id string) (public openid.Offer, err error) {
	err = i.Shelf.Do(func(tx *shelf.Tx) error {
		var (
			code string
			o    offer
		)
		found, err := tx.Get(kindID, id, &code)
		if found {
			found, err = tx.Get(kindCode, code, &o)
		}
		if err == nil && !found {
			err = openid.NotOffered.Errorf("no open offer %.40q", id)
		}
		public = i.offered(o, code)
		return err
	})
	return public, err
}

// draft is the credential of an offer, for a holder's binding.
func (i *Issuer) draft(k Kind, n NewOffer, holder *credential.Binding) (credential.SDJWT, error) {
	now := i.Now().Unix()
	vc := credential.SDJWT{Type: k.Type, Claims: n.Claims, Disclosable: k.Disclosable, Holder: holder, Issued: now}
	if k.Life > 0 {
		vc.Expires = now + int64(k.Life/time.Second)
	}
	if n.Status != nil {
		vc.Status = &credential.StatusRef{URI: n.Status.List}
		if n.Status.Index != nil { // not drawn yet
			vc.Status.Index = *n.Status.Index
		}
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
