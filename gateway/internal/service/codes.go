// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/qr"
)

// NewCode is what a QR code is to be of: a request, a token, or a shop.
type NewCode struct {
	Program  string `json:"program,omitempty" doc:"Programme id of a shop's plain code"`
	Merchant string `json:"merchant,omitempty" doc:"Merchant id of a shop's plain code"`
	Amount   int64  `json:"amount,omitempty" minimum:"0" doc:"Won, where the shop's plain code fixes it"`
	Name     string `json:"name,omitempty" doc:"The shop's name, 1 to 25 printable ASCII characters; its merchant id if left out"`
	City     string `json:"city,omitempty" doc:"1 to 15; Korea if left out"`
	Request  string `json:"request,omitempty" doc:"A payment-request+jws"`
	Token    string `json:"token,omitempty" doc:"A payment-token+jws"`
}

// PaymentCode is what a QR code says.
type PaymentCode struct {
	Text     string  `json:"text" doc:"What stands in the QR code"`
	Kind     string  `json:"kind" enum:"shop,request,token"`
	Program  string  `json:"program"`
	Merchant string  `json:"merchant,omitempty"`
	Name     string  `json:"name,omitempty"`
	City     string  `json:"city,omitempty"`
	Amount   int64   `json:"amount,omitempty" doc:"Won: of the shop's code, of all parts of a request, or the most that a token allows"`
	ID       string  `json:"id,omitempty" doc:"Of the request's bill"`
	Parts    []int64 `json:"parts,omitempty" doc:"Won; an order names the part it pays, from 0"`
	Expires  int64   `json:"expires,omitempty" doc:"Unix seconds"`
	Account  string  `json:"account,omitempty" doc:"The payer's, of a token"`
	Request  string  `json:"request,omitempty" doc:"The signed request, for a payment-order+jws to carry"`
	Token    string  `json:"token,omitempty" doc:"The signed token, for a charge-order+jws to carry"`
}

// MakeCode returns the text of a code: BAD_CODE, MERCHANT_UNKNOWN,
// PROGRAM_UNKNOWN and what is wrong with a request or token.
func (s *Service) MakeCode(ctx context.Context, n NewCode) (PaymentCode, error) {
	given := 0
	for _, what := range []string{n.Request, n.Token, n.Program} {
		if what != "" {
			given++
		}
	}
	if given != 1 {
		return PaymentCode{}, currency.BadCode.Errorf("give a request, a token, or a programme and a merchant: one of them")
	}
	if n.City == "" {
		n.City = "Korea"
	}
	text, err := s.codeText(ctx, n)
	if err != nil {
		return PaymentCode{}, err
	}
	return s.ReadCode(ctx, text)
}

func (s *Service) codeText(ctx context.Context, n NewCode) (string, error) {
	if n.Token != "" {
		_, r, err := s.parse(n.Token, []string{currency.TypToken})
		if err != nil {
			return "", err
		}
		return qr.OfToken(n.Token, r.Place)
	}
	if n.Request != "" {
		o, r, err := s.parse(n.Request, []string{currency.TypRequest})
		if err != nil {
			return "", err
		}
		shop, err := qr.OfRequest(n.Request, r.Place, named(n.Name, o.Payload.(currency.Request).Merchant), n.City)
		if err != nil {
			return "", err
		}
		return shop.Text()
	}
	m, err := s.Merchant(ctx, n.Program, n.Merchant)
	if err != nil {
		return "", err
	}
	return qr.Shop{
		Place: s.home(n.Program).Place, Program: n.Program, Merchant: m.ID, Name: named(n.Name, m.ID), City: n.City, Amount: n.Amount,
	}.Text()
}

// named is the shop's name, or as much of its id as fits.
func named(name, id string) string {
	if name != "" {
		return name
	}
	return id[:min(len(id), 25)]
}

// ReadCode tells what a scanned code says. Signatures are the contract's to check.
func (s *Service) ReadCode(ctx context.Context, text string) (PaymentCode, error) {
	if !strings.HasPrefix(text, "0002") { // how every merchant-presented code begins
		token, err := qr.ReadToken(text)
		if err != nil {
			return PaymentCode{}, err
		}
		o, _, err := s.parse(token, []string{currency.TypToken})
		if err != nil {
			return PaymentCode{}, err
		}
		t := o.Payload.(currency.Token)
		return PaymentCode{Text: text, Kind: "token", Program: t.Program, Amount: t.Max, Expires: t.Exp, Account: t.Holder, Token: token}, nil
	}
	shop, err := qr.ReadShop(text)
	if err != nil {
		return PaymentCode{}, err
	}
	if here := s.home(shop.Program).Place; here != shop.Place {
		return PaymentCode{}, currency.OrderElsewhere.Errorf("the code is of network %s channel %s", shop.Place.Network, shop.Place.Channel)
	}
	m, err := s.Merchant(ctx, shop.Program, shop.Merchant)
	if err != nil {
		return PaymentCode{}, err
	}
	c := PaymentCode{Text: text, Kind: "shop", Program: shop.Program, Merchant: shop.Merchant, Name: shop.Name, City: shop.City, Amount: shop.Amount}
	if r := shop.Request; r != nil {
		c.Kind, c.ID, c.Parts, c.Expires = "request", r.ID, r.Parts, r.Exp
		c.Request, err = shop.Signed(m.DID)
	}
	return c, err
}

// DrawCode draws a code as SVG, or as PNG where as is png.
func DrawCode(text, as string) (image []byte, mime string, err error) {
	if as == "png" {
		image, err = qr.PNG(text)
		return image, "image/png", err
	}
	image, err = qr.SVG(text)
	return image, "image/svg+xml", err
}
