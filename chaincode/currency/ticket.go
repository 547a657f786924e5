// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // SHA-384 is what tickets are signed with
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// A ticket shows that its bearer may have value, and not who that is: the issuer
// signed it blindly (RFC 9474, RSABSSA-SHA384-PSS-Deterministic), so it cannot
// tell which of those whose right it checked presents it. Each serves once, in
// one series, for the one account that its bearer wrote into it before it was
// signed; so who carries it, or sees it, has nothing of it.

// TicketSeries is what tickets of one key are worth.
type TicketSeries struct {
	Program string `json:"program"`
	ID      string `json:"id"`    // also of the allotment that pays for it
	Each    int64  `json:"each"`  // won for a ticket
	Count   int    `json:"count"` // tickets that are paid for
	Policy  int    `json:"policy"`
	Purpose string `json:"purpose,omitempty"` // of the policy, that all of it is kept for; empty is none
	Issuer  string `json:"issuer"`            // accredited DID whose key it is
	Key     string `json:"key"`               // RSA public key: SubjectPublicKeyInfo in base64url
	Until   int64  `json:"until"`             // Unix seconds
	By      string `json:"by"`                // MSP/common name
}

// Bounds of a series.
const (
	MaxTickets = 1_000_000
	minRSA     = 2048 // bits
	maxRSA     = 4096
)

// TypTicketKey is the typ of a TicketKey.
const TypTicketKey = "ticket-key+jws"

// TicketKey is an issuer's word, signed by a key for assertions of its document,
// that tickets of a series are signed with this key.
type TicketKey struct {
	Channel string `json:"channel"`
	Key     string `json:"key"`
	Network string `json:"network"`
	Program string `json:"program"`
	Series  string `json:"series"`
	V       int    `json:"v"`
}

// OpenTickets opens a series and sets aside what it may cost.
type OpenTickets struct {
	call.Operation
	Program       string             `json:"program"`
	ID            string             `json:"id"`
	Unit          string             `json:"unit"` // what each is counted in
	Appropriation string             `json:"appropriation"`
	Each          int64              `json:"each"`              // won
	Count         int                `json:"count"`             // a multiple of the tranches
	Tranches      int                `json:"tranches"`          // 1 to 1000; two transactions of one block collide about once in as many
	Purpose       string             `json:"purpose,omitempty"` // of the policy in force, that all of it is kept for
	Until         int64              `json:"until"`             // Unix seconds
	Root          string             `json:"root"`              // of accreditation, under which the issuer is one
	Schema        identity.SchemaRef `json:"schema"`            // of the credential that says who has the right
	Region        string             `json:"region"`
	Key           string             `json:"key"` // compact JWS of a TicketKey
}

// Validate checks the form.
func (r OpenTickets) Validate() error {
	if err := CheckAmount("each", r.Each); err != nil {
		return err
	}
	if r.Count < 1 || r.Count > MaxTickets {
		return TooLarge.Errorf("%d tickets, 1 to %d are allowed", r.Count, MaxTickets)
	}
	if r.Each > MaxAmount/int64(r.Count) {
		return InvalidAmount.Errorf("%d tickets of %d won: at most %d won in all", r.Count, r.Each, int64(MaxAmount))
	}
	if r.Tranches < 1 || r.Tranches > MaxTranches || r.Count%r.Tranches != 0 {
		return TooLarge.Errorf("%d tickets cannot be cut into %d equal tranches, 1 to %d are allowed", r.Count, r.Tranches, MaxTranches)
	}
	if r.Until <= 0 || r.Until > 1<<40 {
		return InvalidID.Errorf("until %d is not a time in Unix seconds", r.Until)
	}
	if err := checkPurposeID(r.Purpose); err != nil {
		return err
	}
	if len(r.Key) > 4096 {
		return TooLarge.Errorf("key has %d bytes, at most 4096", len(r.Key))
	}
	return checkMoney(r.Program, r.ID, r.Appropriation, r.Each)
}

// Allotment is what pays for the series.
func (r OpenTickets) Allotment() Allotment {
	return Allotment{
		Program: r.Program, ID: r.ID, Unit: r.Unit, Source: Benefit, Purpose: r.Purpose, Appropriation: r.Appropriation,
		Amount: r.Each * int64(r.Count), Tranches: r.Tranches,
	}
}

// Accreditation is the question whether the issuer is one.
func (r OpenTickets) Accreditation(issuer string) identity.AccreditedQuery {
	return identity.AccreditedQuery{Scope: identity.Scope{
		Root: r.Root, Subject: issuer, Standing: identity.Issuer, Schema: r.Schema, Region: r.Region,
	}}
}

// Decide opens the series for the key that its issuer states. It returns BAD_JWS,
// BAD_SIGNATURE, KEY_MISMATCH, DID_UNRESOLVED, DID_INACTIVE, TICKET_KEY,
// TICKET_EXPIRED, UNIT_MISMATCH or PERSON_CEILING. Whether the issuer is
// accredited is the caller's to ask.
func (r OpenTickets) Decide(place Place, p Program, rules Policy, docs Documents, now time.Time) (TicketSeries, error) {
	s := TicketSeries{Program: r.Program, ID: r.ID, Each: r.Each, Count: r.Count, Policy: rules.Version, Purpose: r.Purpose, Until: r.Until}
	m, err := jws.Parse(r.Key)
	if err != nil {
		return s, err
	}
	if m.Header.Typ != TypTicketKey {
		return s, TicketKeyBad.Errorf("typ of the key is %.40q, expected %s", m.Header.Typ, TypTicketKey)
	}
	var k TicketKey
	if err := jws.DecodeCanonical(m.Payload, &k); err != nil {
		return s, badPayload(err)
	}
	if s.Issuer, _, err = did.Split(m.Header.Kid); err != nil {
		return s, err
	}
	key, err := p.asserter(s.Issuer, m.Header.Kid, docs)
	if err != nil {
		return s, err
	}
	if err := m.Verify(key); err != nil {
		return s, err
	}
	if k.V != 1 || k.Program != r.Program || k.Series != r.ID || k.Network != place.Network || k.Channel != place.Channel {
		return s, TicketKeyBad.Errorf("the key is stated for series %.48s of programme %.48s on channel %.48s of network %.48s", k.Series, k.Program, k.Channel, k.Network)
	}
	if _, err := ParseTicketKey(k.Key); err != nil {
		return s, err
	}
	s.Key = k.Key
	if r.Until <= now.Unix() {
		return s, TicketExpired.Errorf("the series would end at %s", time.Unix(r.Until, 0).UTC().Format(time.RFC3339))
	}
	if r.Each%rules.Denomination != 0 {
		return s, UnitMismatch.Errorf("%d won is no multiple of %d", r.Each, rules.Denomination)
	}
	if r.Each > rules.PersonCeiling {
		return s, PersonCeiling.Errorf("%d won for a ticket, the policy allows %d", r.Each, rules.PersonCeiling)
	}
	return s, nil
}

// ParseTicketKey reads a series' public key. It returns TICKET_KEY.
func ParseTicketKey(encoded string) (*rsa.PublicKey, error) {
	der, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(encoded) > 1024 {
		return nil, TicketKeyBad.Errorf("the key is not base64url of at most 1024 characters")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok || key.N.BitLen() < minRSA || key.N.BitLen() > maxRSA || key.E != 65537 {
		return nil, TicketKeyBad.Errorf("an RSA key of %d to %d bits with exponent 65537 is needed, as SubjectPublicKeyInfo", minRSA, maxRSA)
	}
	return key, nil
}

// TicketMessage is what the issuer signs without seeing it: canonical JSON. Its
// bearer draws the nonce.
type TicketMessage struct {
	Account   string `json:"account"`
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Network   string `json:"network"`
	Nonce     string `json:"nonce"` // 32 fresh bytes, base64url
	Program   string `json:"program"`
	Series    string `json:"series"`
	V         int    `json:"v"`
}

// PresentTicket presents a ticket for the account it was made for (TypTicket).
type PresentTicket struct {
	Chaincode string `json:"chaincode"`
	Channel   string `json:"channel"`
	Exp       int64  `json:"exp"`
	Holder    string `json:"holder"`
	Network   string `json:"network"`
	Nonce     string `json:"nonce"` // of the ticket
	Program   string `json:"program"`
	Seq       int64  `json:"seq"`
	Series    string `json:"series"`
	Signature string `json:"signature"` // of the ticket: base64url
	V         int    `json:"v"`
}

// Binding implements Payload.
func (o PresentTicket) Binding() Binding {
	return Binding{Place{o.Network, o.Channel, o.Chaincode}, o.V, o.Program, o.Holder, o.Seq, o.Exp}
}

// Typ implements Payload.
func (PresentTicket) Typ() string { return TypTicket }

// Validate implements Payload.
func (o PresentTicket) Validate() error {
	nonce, err := base64.RawURLEncoding.Strict().DecodeString(o.Nonce)
	if err != nil || len(nonce) != 32 || len(o.Nonce) != 43 {
		return TicketBad.Errorf("nonce %.50q is not 32 bytes in base64url", o.Nonce)
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(o.Signature)
	if err != nil || len(sig) < minRSA/8 || len(sig) > maxRSA/8 {
		return TicketBad.Errorf("signature has %d characters: %d to %d bytes in base64url are needed", len(o.Signature), minRSA/8, maxRSA/8)
	}
	return CheckID("series", o.Series)
}

// Message is what the ticket's signature is over.
func (o PresentTicket) Message() TicketMessage {
	return TicketMessage{
		Account: o.Holder, Chaincode: o.Chaincode, Channel: o.Channel, Network: o.Network,
		Nonce: o.Nonce, Program: o.Program, Series: o.Series, V: 1,
	}
}

// TicketName is the key part under which a used ticket is kept: SHA-256 of its
// message, hex.
func (m TicketMessage) TicketName() (string, error) {
	raw, err := jws.Canonical(m)
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:]), err
}

// Check returns TICKET_BAD unless the series' key signed the ticket for this
// account, TICKET_EXPIRED, TO_MERCHANT or POLICY_EXPIRED.
func (s TicketSeries) Check(o PresentTicket, h Holder, rules Policy, today Day, now time.Time) (Part, error) {
	if now.Unix() > s.Until {
		return Part{}, TicketExpired.Errorf("series %s was good until %s", s.ID, time.Unix(s.Until, 0).UTC().Format(time.RFC3339))
	}
	if h.Merchant != "" {
		return Part{}, ToMerchant.Errorf("account %s is merchant %s", o.Holder, h.Merchant)
	}
	if err := rules.CheckIssuable(s.Purpose, today); err != nil {
		return Part{}, err
	}
	key, err := ParseTicketKey(s.Key)
	if err != nil {
		return Part{}, err
	}
	message, err := jws.Canonical(o.Message())
	if err != nil {
		return Part{}, err
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(o.Signature)
	if err != nil {
		return Part{}, TicketBad.Errorf("signature is not base64url")
	}
	h384 := crypto.SHA384.New()
	h384.Write(message)
	if err := rsa.VerifyPSS(key, crypto.SHA384, h384.Sum(nil), sig, &rsa.PSSOptions{SaltLength: crypto.SHA384.Size()}); err != nil {
		return Part{}, TicketBad.Errorf("the issuer of series %s did not sign it for account %s", s.ID, o.Holder)
	}
	return Part{Amount: s.Each, Terms: Terms{Policy: rules.Version, Expiry: rules.expiry(s.Purpose, today), Source: Benefit, Purpose: s.Purpose}}, nil
}

// UsedTicket is that a ticket was presented. It names nobody.
type UsedTicket struct {
	Tx string `json:"tx"`
}
