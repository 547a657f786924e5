// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Order types: the typ of the JWS that a holder signs.
const (
	TypOpen      = "open-order+jws"
	TypPayment   = "payment-order+jws"
	TypGift      = "gift-order+jws"
	TypClaim     = "claim-order+jws"
	TypRedeem    = "redeem-order+jws"
	TypRefund    = "refund-order+jws"
	TypAuthorise = "authorise-order+jws"
	TypCapture   = "capture-order+jws"
	TypVoid      = "void-order+jws"
	TypCashOut   = "cash-refund-order+jws"
	TypClose     = "close-order+jws"
	TypExchange  = "exchange-order+jws"
	TypRead      = "read-order+jws"
	TypTicket    = "ticket-order+jws"
	TypBuy       = "purchase-order+jws"
	TypCharge    = "charge-order+jws"
	TypComplete  = "complete-refund-order+jws"
	TypShare     = "share-order+jws"
	TypEarn      = "earn-order+jws"
	TypCashback  = "cashback-order+jws"
	TypTogether  = "joint-payment-order+jws"
)

// PurseOrders are the types of orders that take a sequence number of a purse.
var PurseOrders = []string{
	TypPayment, TypGift, TypClaim, TypRedeem, TypRefund, TypAuthorise, TypCapture, TypVoid, TypCashOut, TypClose,
	TypBuy, TypTicket, TypComplete, TypExchange, TypShare, TypEarn, TypCashback, TypTogether, TypCharge,
}

// Orders are the types of orders that change something: what PayBatch carries out.
var Orders = append([]string{TypOpen}, PurseOrders...)

// MaxClaims bounds the credits that one transaction claims.
const MaxClaims = 500

// Place is where an order counts, and nowhere else.
type Place struct {
	Network   string
	Channel   string
	Chaincode string
}

// Binding is what every order is bound to. Each order type spells these members
// out among its own, because canonical JSON wants them in alphabetical order.
type Binding struct {
	Place
	V       int
	Program string
	Holder  string // account id of the signer
	Seq     int64  // purse sequence number plus one; 0 for orders that do not touch a purse
	Exp     int64  // Unix seconds; not carried out after
}

// Payload is the content of an order.
type Payload interface {
	Binding() Binding
	Validate() error // the form of the type's own members
	Typ() string
}

// Order is a parsed order whose signature was not checked yet.
type Order struct {
	Binding
	Payload Payload
	Message *jws.Message
	Digest  string // SHA-256 of the signing input, in hex
	DID     string // of the key that signed
	Shown   *Shown // of a charge
}

// ParseOrder reads an order of one of the given types. It returns BAD_JWS,
// BAD_DID, WRONG_ORDER, INVALID_ID, INVALID_AMOUNT or ORDER_ELSEWHERE: all that
// can be said of an order without any state.
func ParseOrder(compact string, place Place, types ...string) (*Order, error) {
	m, err := jws.Parse(compact)
	if err != nil {
		return nil, err
	}
	payload, err := newPayload(m, types)
	if err != nil {
		return nil, err
	}
	digest := m.Digest()
	o := &Order{Binding: payload.Binding(), Payload: payload, Message: m, Digest: hex.EncodeToString(digest[:])}
	if o.DID, _, err = did.Split(m.Header.Kid); err != nil {
		return nil, err
	}
	if err := o.check(place); err != nil {
		return nil, err
	}
	if err := payload.Validate(); err != nil {
		return nil, err
	}
	if payload.Typ() == TypCharge {
		return o.charged(place)
	}
	return o, nil
}

func (o *Order) check(place Place) error {
	b := o.Binding
	if b.V != 1 {
		return WrongOrder.Errorf("v is %d, this chaincode carries out version 1", b.V)
	}
	if b.Place != place {
		return OrderElsewhere.Errorf("bound to network %.64q channel %.64q chaincode %.64q, this is %q %q %q",
			b.Network, b.Channel, b.Chaincode, place.Network, place.Channel, place.Chaincode)
	}
	if err := CheckID("programme id", b.Program); err != nil {
		return err
	}
	if err := CheckAccountID("holder", b.Holder); err != nil {
		return err
	}
	if own := AccountID(o.DID); own != b.Holder {
		return OrderElsewhere.Errorf("holder is %s, the signing DID's account is %s", b.Holder, own)
	}
	if b.Exp <= 0 || b.Exp > 1<<40 {
		return InvalidID.Errorf("exp %d is not a time in Unix seconds", b.Exp)
	}
	touches := true
	switch o.Payload.Typ() {
	case TypOpen, TypRead, TypRequest, TypCharge:
		touches = false
	}
	if touches && (b.Seq < 1 || b.Seq > MaxAmount) {
		return InvalidID.Errorf("seq is %d, the first order has 1", b.Seq)
	}
	return nil
}

// Verify returns KEY_MISMATCH or BAD_SIGNATURE unless the holder signed.
func (o *Order) Verify(h Holder, key did.Key) error {
	if h.Kid != o.Message.Header.Kid {
		return KeyMismatch.Errorf("signed by %.160s, the holder's key is %.160s", o.Message.Header.Kid, h.Kid)
	}
	return o.Message.Verify(key)
}

// CheckTime returns ORDER_EXPIRED after the order's exp.
func (o *Order) CheckTime(now time.Time) error {
	if now.Unix() > o.Exp {
		return OrderExpired.Errorf("exp was %s, it is %s", time.Unix(o.Exp, 0).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// CheckSeq compares the order with the purse. replay tells that an order was
// carried out under this sequence number, perhaps this very one. It returns
// SEQ_AHEAD.
func (o *Order) CheckSeq(p Purse) (replay bool, err error) {
	if o.Seq > p.Seq+1 {
		return false, SeqAhead.Errorf("seq is %d, the next one is %d", o.Seq, p.Seq+1)
	}
	return o.Seq <= p.Seq, nil
}

// CheckReplay returns SEQ_USED unless the receipt is this order's own.
func (o *Order) CheckReplay(r Receipt) error {
	if r.Order != o.Digest {
		return SeqUsed.Errorf("seq %d was used by another order, in transaction %s", o.Seq, r.Tx)
	}
	return nil
}

func newPayload(m *jws.Message, types []string) (Payload, error) {
	ok := false
	for _, t := range types {
		ok = ok || t == m.Header.Typ
	}
	if !ok {
		return nil, WrongOrder.Errorf("typ is %.40q, expected %s", m.Header.Typ, strings.Join(types, " or "))
	}
	switch m.Header.Typ {
	case TypOpen:
		return payloadOf[Open](m)
	case TypPayment:
		return payloadOf[Payment](m)
	case TypGift:
		return payloadOf[Gift](m)
	case TypClaim:
		return payloadOf[Claim](m)
	case TypRedeem:
		return payloadOf[Redeem](m)
	case TypRefund:
		return payloadOf[Refund](m)
	case TypAuthorise:
		return payloadOf[Authorise](m)
	case TypCapture:
		return payloadOf[Capture](m)
	case TypVoid:
		return payloadOf[Void](m)
	case TypCashOut:
		return payloadOf[CashOut](m)
	case TypClose:
		return payloadOf[Close](m)
	case TypRead:
		return payloadOf[Read](m)
	case TypExchange:
		return payloadOf[Exchange](m)
	case TypTicket:
		return payloadOf[PresentTicket](m)
	case TypBuy:
		return payloadOf[Buy](m)
	case TypRequest:
		return payloadOf[Request](m)
	case TypToken:
		return payloadOf[Token](m)
	case TypCharge:
		return payloadOf[Charge](m)
	case TypComplete:
		return payloadOf[CompleteRefund](m)
	case TypShare:
		return payloadOf[SetShare](m)
	case TypEarn:
		return payloadOf[Earn](m)
	case TypTogether:
		return payloadOf[PayTogether](m)
	case TypCashback:
		return payloadOf[AskCashback](m)
	default:
		return nil, WrongOrder.Errorf("typ %.40q is not an order", m.Header.Typ)
	}
}

func payloadOf[T Payload](m *jws.Message) (Payload, error) {
	var p T
	if err := jws.DecodeCanonical(m.Payload, &p); err != nil {
		return nil, badPayload(err)
	}
	return p, nil
}

func checkClaims(claims []CreditName) error {
	if len(claims) > MaxClaims {
		return TooLarge.Errorf("%d credits are named, at most %d", len(claims), MaxClaims)
	}
	for _, c := range claims {
		if _, _, err := c.Split(); err != nil {
			return err
		}
	}
	return nil
}

// checkRef checks a free reference: it may be left out, and is no place for
// text about people.
func checkRef(ref string) error {
	if ref == "" {
		return nil
	}
	return CheckID("ref", ref)
}
