// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/komsco/trust-platform/chaincode/currency"
)

const (
	domain     = "kr.komsco"
	maxShop    = 512
	maxObject  = 99
	firstOfUs  = 26
	lastOfUs   = 51
	halfOfSign = 43
)

// Shop is what a shop's code says.
type Shop struct {
	Place    currency.Place
	Program  string
	Merchant string
	Name     string // of the shop, 1 to 25 printable ASCII characters
	City     string // 1 to 15
	Amount   int64  // won; 0 where the payer enters it, the sum of the parts with a request
	Request  *Request
}

// Request is a merchant's signed request within a code, less what the code says
// already.
type Request struct {
	ID        string
	Exp       int64   // Unix seconds
	Parts     []int64 // won
	Signature string  // base64url, 86 characters
	Key       string  // algorithm and fragment, where they are not those of a DID that resolves by itself
}

// OfRequest is the code of a signed request. A bill in very many parts does not
// fit: BAD_CODE.
func OfRequest(compact string, place currency.Place, name, city string) (Shop, error) {
	o, err := currency.ParseOrder(compact, place, currency.TypRequest)
	if err != nil {
		return Shop{}, err
	}
	_, key, err := signer(o.Message.Header)
	if err != nil {
		return Shop{}, err
	}
	r := o.Payload.(currency.Request)
	s := Shop{Place: place, Program: r.Program, Merchant: r.Merchant, Name: name, City: city, Request: &Request{
		ID: r.ID, Exp: r.Exp, Parts: r.Parts, Signature: base64.RawURLEncoding.EncodeToString(o.Message.Signature), Key: key,
	}}
	s.Amount = total(r.Parts)
	return s, nil
}

func total(parts []int64) int64 {
	var all int64
	for _, p := range parts {
		all += p
	}
	return all
}

// Text is what stands in the QR code.
func (s Shop) Text() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	own := []object{{1, s.Place.Network}, {2, s.Place.Channel}, {3, s.Place.Chaincode}, {4, s.Program}, {5, s.Merchant}}
	if r := s.Request; r != nil {
		parts := make([]string, len(r.Parts))
		for i, p := range r.Parts {
			parts[i] = strconv.FormatInt(p, 10)
		}
		own = append(own, object{6, r.ID}, object{7, strconv.FormatInt(r.Exp, 10)}, object{8, strings.Join(parts, ",")},
			object{9, r.Signature[:halfOfSign]}, object{10, r.Signature[halfOfSign:]})
		if r.Key != "" {
			own = append(own, object{11, r.Key})
		}
	}
	way := "11"
	if s.Amount > 0 {
		way = "12"
	}
	text := object{0, "01"}.String() + object{1, way}.String()
	templates, err := pack(own)
	if err != nil {
		return "", err
	}
	text += templates + object{52, "0000"}.String() + object{53, "410"}.String()
	if s.Amount > 0 {
		text += object{54, strconv.FormatInt(s.Amount, 10)}.String()
	}
	text += object{58, "KR"}.String() + object{59, s.Name}.String() + object{60, s.City}.String() + "6304"
	if text += fmt.Sprintf("%04X", crc(text)); len(text) > maxShop {
		return "", currency.BadCode.Errorf("%d characters, %d fit", len(text), maxShop)
	}
	return text, nil
}

// pack puts our objects into as few templates as take them, in their order.
func pack(own []object) (string, error) {
	head := object{0, domain}.String()
	text, id, body := "", firstOfUs, head
	for _, o := range own {
		if len(head)+4+len(o.value) > maxObject {
			return "", currency.BadCode.Errorf("object %02d has %d characters, %d fit", o.id, len(o.value), maxObject-4-len(head))
		}
		if len(body)+4+len(o.value) > maxObject {
			text, id, body = text+object{id, body}.String(), id+1, head
		}
		body += o.String()
	}
	return text + object{id, body}.String(), nil
}

func (s Shop) check() error {
	for _, id := range [][2]string{
		{"network", s.Place.Network}, {"channel", s.Place.Channel}, {"chaincode", s.Place.Chaincode}, {"programme id", s.Program}, {"merchant id", s.Merchant},
	} {
		if err := currency.CheckID(id[0], id[1]); err != nil {
			return err
		}
	}
	if err := printable("name", s.Name, 25); err != nil {
		return err
	}
	if err := printable("city", s.City, 15); err != nil {
		return err
	}
	if s.Amount != 0 {
		if err := currency.CheckAmount("amount", s.Amount); err != nil {
			return err
		}
	}
	if r := s.Request; r != nil {
		if len(r.Signature) != 2*halfOfSign {
			return currency.BadCode.Errorf("a signature of %d characters", len(r.Signature))
		}
		if err := (currency.Request{ID: r.ID, Merchant: s.Merchant, Parts: r.Parts}).Validate(); err != nil {
			return err
		}
		if s.Amount != total(r.Parts) || r.Exp <= 0 {
			return currency.BadCode.Errorf("%d won until %d with parts of %d together", s.Amount, r.Exp, total(r.Parts))
		}
	}
	return nil
}

func printable(what, s string, most int) error {
	if s == "" || len(s) > most {
		return currency.BadCode.Errorf("%s has %d characters, 1 to %d are allowed", what, len(s), most)
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return currency.BadCode.Errorf("%s %q is not printable ASCII", what, s)
		}
	}
	return nil
}

// ReadShop reads a shop's code. Objects that it does not know are passed over, as
// EMVCo asks for.
func ReadShop(text string) (Shop, error) {
	var s Shop
	if len(text) > maxShop || len(text) < 12 {
		return s, currency.BadCode.Errorf("%d characters, 12 to %d are a shop's code", len(text), maxShop)
	}
	body, sum := text[:len(text)-4], text[len(text)-4:]
	if want := fmt.Sprintf("%04X", crc(body)); !strings.HasSuffix(body, "6304") || sum != want {
		return s, currency.BadCode.Errorf("checksum %q, it should be %s: read it again", sum, want)
	}
	all, err := split(text)
	if err != nil {
		return s, err
	}
	outer, own := map[int]string{}, map[int]string{}
	for _, o := range all {
		outer[o.id] = o.value
		if o.id < firstOfUs || o.id > lastOfUs || !strings.HasPrefix(o.value, object{0, domain}.String()) {
			continue
		}
		inner, err := split(o.value)
		if err != nil {
			return s, err
		}
		for _, i := range inner[1:] {
			if _, twice := own[i.id]; twice {
				return s, currency.BadCode.Errorf("object %02d of ours stands twice", i.id)
			}
			own[i.id] = i.value
		}
	}
	if all[0] != (object{0, "01"}) || len(own) == 0 || outer[53] != "410" {
		return s, currency.BadCode.Errorf("it is of another system, or not in won")
	}
	s = Shop{
		Place:   currency.Place{Network: own[1], Channel: own[2], Chaincode: own[3]},
		Program: own[4], Merchant: own[5], Name: outer[59], City: outer[60],
	}
	if s.Amount, err = won(outer[54]); err != nil {
		return s, err
	}
	if _, asked := own[6]; asked {
		if s.Request, err = readRequest(own); err != nil {
			return s, err
		}
	}
	return s, s.check()
}

func readRequest(own map[int]string) (*Request, error) {
	r := &Request{ID: own[6], Signature: own[9] + own[10], Key: own[11]}
	var err error
	if r.Exp, err = won(own[7]); err != nil {
		return nil, err
	}
	for _, text := range strings.Split(own[8], ",") {
		p, err := won(text)
		if err != nil {
			return nil, err
		}
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}

// won reads a number in its only spelling; nothing is 0.
func won(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n == math.MaxInt64 || strconv.FormatInt(n, 10) != text {
		return 0, currency.BadCode.Errorf("%.24q is not a whole number of won, or a time", text)
	}
	return n, nil
}

// Signed is the merchant's request as it was signed, for a payment to carry: built
// again under the merchant's DID, which the ledger knows.
func (s Shop) Signed(merchantDID string) (string, error) {
	r := s.Request
	if r == nil {
		return "", currency.BadCode.Errorf("the code carries no request")
	}
	h, err := header(merchantDID, r.Key, currency.TypRequest)
	if err != nil {
		return "", err
	}
	return sealed(h, currency.Request{
		Chaincode: s.Place.Chaincode, Channel: s.Place.Channel, Exp: r.Exp, Holder: currency.AccountID(merchantDID), ID: r.ID,
		Merchant: s.Merchant, Network: s.Place.Network, Parts: r.Parts, Program: s.Program, V: 1,
	}, r.Signature)
}
