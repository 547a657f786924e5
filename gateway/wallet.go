// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// OrderLife is how long an order lives where its Exp is left at 0.
const OrderLife = 10 * time.Minute

// NewKey draws a P-256 key. It is kept in memory only; a key in a phone's secure
// element or an HSM takes its place as any other [crypto.Signer].
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Wallet signs for one key, under the DID that the key has by itself (did:key).
// What it signs counts in one place only: a network, channel and chaincode.
type Wallet struct {
	DID     string // did:key of the key
	Account string // account id of the DID, in every programme
	place   currency.Place
	signer  jws.Signer
}

// NewWallet makes the wallet of a key on P-256 or Ed25519.
func NewWallet(key crypto.Signer, place currency.Place) (*Wallet, error) {
	var k did.Key
	switch pub := key.Public().(type) {
	case *ecdsa.PublicKey:
		if pub.Curve != elliptic.P256() {
			return nil, fmt.Errorf("key on %s: P-256 and Ed25519 are accepted", pub.Curve.Params().Name)
		}
		k = did.Key{Alg: "ES256", P256: pub}
	case ed25519.PublicKey:
		k = did.Key{Alg: "EdDSA", Ed25519: pub}
	default:
		return nil, fmt.Errorf("key of type %T: P-256 and Ed25519 are accepted", pub)
	}
	id, url := did.OfKey(k)
	return &Wallet{DID: id, Account: currency.AccountID(id), place: place, signer: jws.Signer{Key: key, Kid: url}}, nil
}

// Of is the wallet of the same key under a DID that has a document, such as
// did:komsco. The document names the key, for authentication; its DID URL is
// the DID and the key's thumbprint.
func (w *Wallet) Of(id string) (*Wallet, error) {
	if _, err := identity.ParseDID(id); err != nil {
		return nil, err
	}
	m, err := did.Resolve(w.DID)
	if err != nil { // the wallet has a document's DID already
		_, fragment, err := did.Split(w.signer.Kid)
		if err != nil {
			return nil, err
		}
		return w.under(id, fragment), nil
	}
	return w.under(id, m.Key.Thumbprint()), nil
}

func (w *Wallet) under(id, thumbprint string) *Wallet {
	other := *w
	other.DID, other.Account, other.signer.Kid = id, currency.AccountID(id), id+"#"+thumbprint
	return &other
}

// Attest attests as an organisation that a policy names what somebody did: a names
// Activity, Evidence (SHA-256 of the organisation's own record, hex), Holder
// (account id), Program, Quantity, Unit and, if it is to differ from [OrderLife], Exp.
// Who is named, or anybody for them, shows the result.
func (w *Wallet) Attest(a currency.Attestation) (string, error) {
	a.V, a.Network, a.Channel = 1, w.place.Network, w.place.Channel
	expires(&a.Exp)
	compact, err := w.signer.Sign(currency.TypAttestation, a)
	if err != nil {
		return "", err
	}
	_, _, err = currency.ParseAttestation(compact, w.place)
	return compact, err
}

// In is the wallet's holder in a programme, where it has its account.
func (w *Wallet) In(program string) *Holder { return &Holder{wallet: w, Program: program} }

// Enrol attests as an enroller of a programme that a DID belongs to a person:
// e names DID, Person, Program and, if it is to differ from [OrderLife], Exp. The
// result goes into an order to open an account.
func (w *Wallet) Enrol(e currency.Enrolment) (string, error) {
	e.V, e.Network, e.Channel = 1, w.place.Network, w.place.Channel
	expires(&e.Exp)
	return w.signer.Sign(currency.TypEnrolment, e)
}

// Holder signs a wallet's orders in one programme. Each method takes what the
// order is about, fills in where and for whom it counts, and returns the compact
// JWS. An order that touches the purse carries its Seq: one more than the
// purse's, then counting up; the same order may be sent any number of times.
//
// An amount or a name out of its form is found here already: the errors are
// those of the type's Validate.
type Holder struct {
	Program string
	wallet  *Wallet
}

// Account is the holder's account id.
func (h *Holder) Account() string { return h.wallet.Account }

// In is the same wallet's holder in another programme.
func (h *Holder) In(program string) *Holder { return h.wallet.In(program) }

// DID is the holder's DID, the same in every programme.
func (h *Holder) DID() string { return h.wallet.DID }

// Payment pays a merchant: Seq, To (merchant id), Amount (won); Ref, Bill, Claims
// and Exp may be left out.
func (h *Holder) Payment(o currency.Payment) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Gift gives to another resident: Seq, To (account id), Amount (won); Ref, Claims
// and Exp may be left out.
func (h *Holder) Gift(o currency.Gift) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Claim puts credits into the purse: Seq, Claims (1 to 500).
func (h *Holder) Claim(o currency.Claim) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Redeem has the bank pay a merchant out: Seq, Amount (won); Claims and Exp may
// be left out.
func (h *Holder) Redeem(o currency.Redeem) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Refund gives back a payment that the signing merchant took: Seq, Payment,
// Amount (won); Ref, Claims and Exp may be left out. With Wait, what the merchant
// lacks waits for its next takings.
func (h *Holder) Refund(o currency.Refund) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Request asks, as a merchant, for the payment of a bill: ID, Merchant, Parts; Exp
// may be left out. Orders to pay or authorise carry the result.
func (h *Holder) Request(r currency.Request) (string, error) {
	h.bind(&r.V, &r.Network, &r.Channel, &r.Chaincode, &r.Program, &r.Holder, &r.Exp)
	return h.sign(r)
}

// Token is what a payer shows at a till: Seq, Max (won), Exp (soon: see the
// policy's tokenMinutes); Claims may be left out.
func (h *Holder) Token(o currency.Token) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Charge takes a payment, as a merchant, from a payer who showed a token: To (the
// own merchant id), Amount (won), Token; Ref and Exp may be left out.
func (h *Holder) Charge(o currency.Charge) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// CompleteRefund gives back what the signing merchant owes of a payment: Seq,
// Payment; Claims and Exp may be left out.
func (h *Holder) CompleteRefund(o currency.CompleteRefund) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Buy orders value that a deposit at the bank is to pay for: Seq, Amount (won);
// Ref and Exp may be left out.
func (h *Holder) Buy(o currency.Buy) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Authorise sets value aside for a merchant: Seq, To (merchant id), Amount (won),
// Until (last moment to capture, Unix seconds); Ref, Claims and Exp may be left
// out.
func (h *Holder) Authorise(o currency.Authorise) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Capture takes value held for the signing merchant: Seq, Hold, Amount (won);
// Claims and Exp may be left out.
func (h *Holder) Capture(o currency.Capture) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Void gives what is held for the signing merchant back: Seq, Hold.
func (h *Holder) Void(o currency.Void) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Exchange turns value into another programme's: Seq, Into (its id), Amount (won
// given); Least, Ref, Claims and Exp may be left out.
func (h *Holder) Exchange(o currency.Exchange) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Present presents a ticket: Seq, Series, Nonce, Signature (see package ticket).
func (h *Holder) Present(o currency.PresentTicket) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// CashOut turns what is left of bought value into cash: Seq, Payout (salted
// digest of the bank account, hex); Claims and Exp may be left out.
func (h *Holder) CashOut(o currency.CashOut) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Close closes the account for good: Seq. Claim first: what waits unclaimed is not
// seen.
func (h *Holder) Close(o currency.Close) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Earn shows an attestation and is credited what it earns: Seq, Attestation;
// Tranche may be left at 0.
func (h *Holder) Earn(o currency.Earn) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// AskCashback asks for the cashback of the holder's own payments of one month: Seq,
// Payments (seqs, rising, 1 to 100); Tranche may be left at 0.
func (h *Holder) AskCashback(o currency.AskCashback) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// PayTogether pays in several programmes at once, all of it or nothing: Seq, To,
// Amount in the holder's own and Others (1 to 7); Ref, Bill, Claims and Exp may be
// left out.
func (h *Holder) PayTogether(o currency.PayTogether) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// SetShare says what part of a bill the signing merchant takes: Seq, Share (basis
// points, 0 is all).
func (h *Holder) SetShare(o currency.SetShare) (string, error) {
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Open opens the account. enrolment is what an enroller of the programme gave the
// holder; empty where the programme is open to all.
func (h *Holder) Open(enrolment string) (string, error) {
	o := currency.Open{Enrolment: enrolment}
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

// Read lets its bearer see the holder's histories until it expires. It is good
// for [OrderLife].
func (h *Holder) Read() (string, error) {
	var o currency.Read
	h.bind(&o.V, &o.Network, &o.Channel, &o.Chaincode, &o.Program, &o.Holder, &o.Exp)
	return h.sign(o)
}

func (h *Holder) bind(v *int, network, channel, chaincode, program, holder *string, exp *int64) {
	at := h.wallet.place
	*v, *network, *channel, *chaincode, *program, *holder = 1, at.Network, at.Channel, at.Chaincode, h.Program, h.Account()
	expires(exp)
}

func (h *Holder) sign(o currency.Payload) (string, error) {
	if err := o.Validate(); err != nil {
		return "", err
	}
	return h.wallet.signer.Sign(o.Typ(), o)
}

func expires(exp *int64) {
	if *exp == 0 {
		*exp = time.Now().Add(OrderLife).Unix()
	}
}
