// SPDX-License-Identifier: Apache-2.0

package currency

import (
	"time"

	"github.com/komsco/trust-platform/chaincode/ledger/call"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// TypRequest is the type of a merchant's payment request.
const TypRequest = "payment-request+jws"

// Bounds of a request.
const (
	MaxParts   = 64      // of one bill
	maxRequest = 4 << 10 // bytes of the compact JWS
)

// Request asks for the payment of one bill until a moment, in one part or several
// that different people may pay. A payment, or a hold, names request and part, and
// each part is taken once, under a key of its own: payers of one bill never meet
// but where two want the same part. The merchant signs it; its id is one that the
// merchant uses for no other bill.
type Request struct {
	Chaincode string  `json:"chaincode"`
	Channel   string  `json:"channel"`
	Exp       int64   `json:"exp"`    // not paid after, Unix seconds
	Holder    string  `json:"holder"` // the merchant's account id
	ID        string  `json:"id"`     // of the bill
	Merchant  string  `json:"merchant"`
	Network   string  `json:"network"`
	Parts     []int64 `json:"parts"` // won, 1 to 64 of them; together the bill
	Program   string  `json:"program"`
	V         int     `json:"v"`
}

// Binding implements Payload.
func (r Request) Binding() Binding {
	return Binding{Place{r.Network, r.Channel, r.Chaincode}, r.V, r.Program, r.Holder, 0, r.Exp}
}

// Typ implements Payload.
func (Request) Typ() string { return TypRequest }

// Validate implements Payload.
func (r Request) Validate() error {
	if err := CheckID("request id", r.ID); err != nil {
		return err
	}
	if err := CheckID("merchant id", r.Merchant); err != nil {
		return err
	}
	if len(r.Parts) == 0 || len(r.Parts) > MaxParts {
		return TooLarge.Errorf("a bill in %d parts, 1 to %d are allowed", len(r.Parts), MaxParts)
	}
	for _, p := range r.Parts {
		if err := CheckAmount("part", p); err != nil {
			return err
		}
	}
	_, err := sum("the bill", r.Parts...)
	return err
}

// RequestPart is that a part of a bill was paid, or authorised, and by which
// order.
type RequestPart struct {
	By     ReceiptName `json:"by"`
	Amount int64       `json:"amount"` // won
	At     int64       `json:"at"`     // Unix seconds
}

// SignedRequest is a request whose signature was not checked yet.
type SignedRequest struct {
	Request
	message *jws.Message
}

// ParseRequest reads a request, with the codes of [ParseOrder].
func ParseRequest(compact string, place Place) (SignedRequest, error) {
	o, err := ParseOrder(compact, place, TypRequest)
	if err != nil {
		return SignedRequest{}, err
	}
	return SignedRequest{o.Payload.(Request), o.Message}, nil
}

// Decide lets amount be paid to a merchant as a part of the bill. It returns
// REQUEST_MISMATCH, REQUEST_EXPIRED, REQUEST_PAID, KEY_MISMATCH, KEY_STOPPED or
// BAD_SIGNATURE. key is that of the merchant's account, paid what was paid of the
// part.
func (r SignedRequest) Decide(part int, amount int64, program string, at Till, key did.Key, paid *RequestPart, now time.Time) error {
	m, till := at.Merchant, at.Account
	switch {
	case r.Program != program || r.Merchant != m.ID || r.Holder != m.Account:
		return RequestMismatch.Errorf("request %s is merchant %s's in programme %s, the order pays %s in %s", r.ID, r.Merchant, r.Program, m.ID, program)
	case part >= len(r.Parts):
		return RequestMismatch.Errorf("request %s has parts 0 to %d, the order pays part %d", r.ID, len(r.Parts)-1, part)
	case amount != r.Parts[part]:
		return RequestMismatch.Errorf("request %s asks for %d won as part %d, the order pays %d", r.ID, r.Parts[part], part, amount)
	case till.Kid != r.message.Header.Kid:
		return KeyMismatch.Errorf("request %s is signed by %.160s, the merchant's key is %.160s", r.ID, r.message.Header.Kid, till.Kid)
	}
	if err := till.CanSign(); err != nil {
		return err
	}
	if err := r.message.Verify(key); err != nil {
		return err
	}
	if now.Unix() > r.Exp {
		return RequestExpired.Errorf("request %s: exp was %s, it is %s", r.ID, time.Unix(r.Exp, 0).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	if paid != nil {
		return RequestPaid.Errorf("request %s: part %d, %d won, was taken on %s", r.ID, part, paid.Amount, time.Unix(paid.At, 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// checkRequest checks the form of what an order names.
func checkRequest(request string, part int) error {
	switch {
	case request == "" && part != 0:
		return InvalidID.Errorf("part %d of no request", part)
	case part < 0 || part >= MaxParts:
		return InvalidID.Errorf("part %d: 0 to %d", part, MaxParts-1)
	case len(request) > maxRequest:
		return TooLarge.Errorf("request of %d bytes, at most %d", len(request), maxRequest)
	}
	return nil
}

// RequestQuery names a merchant's request. Read is the merchant's read order;
// officers leave it out.
type RequestQuery struct {
	OwnQuery
	ID string `json:"id"`
}

// Validate checks the form.
func (r RequestQuery) Validate() error {
	if err := CheckID("request id", r.ID); err != nil {
		return err
	}
	return r.OwnQuery.Validate()
}

// RequestParts are the parts of a bill that were taken.
type RequestParts = call.Page[RequestPart]
