// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"encoding/base64"
	"encoding/hex"
	"math/big"

	"github.com/komsco/trust-platform/chaincode/currency"
)

const (
	maxPayer  = 2048 // characters
	maxClaims = 8    // credits in a code
	format    = "CPV01"
)

// aid is our application id: proprietary and not registered (ISO/IEC 7816-5).
var aid = []byte{0xF0, 'T', 'R', 'U', 'S', 'T'}

// OfToken is the text of a payer's code for a signed token. Tokens that claim
// more than 8 credits do not fit: BAD_CODE.
func OfToken(compact string, place currency.Place) (string, error) {
	o, err := currency.ParseOrder(compact, place, currency.TypToken)
	if err != nil {
		return "", err
	}
	id, key, err := signer(o.Message.Header)
	if err != nil {
		return "", err
	}
	t := o.Payload.(currency.Token)
	if len(t.Claims) > maxClaims {
		return "", currency.BadCode.Errorf("%d credits are claimed, %d fit", len(t.Claims), maxClaims)
	}
	var own []byte
	for i, v := range []string{t.Network, t.Channel, t.Chaincode, t.Program} {
		own = appendElement(own, 0xC1+byte(i), []byte(v))
	}
	for i, n := range []int64{t.Seq, t.Max, t.Exp} {
		own = appendElement(own, 0xC5+byte(i), big.NewInt(n).Bytes())
	}
	own = appendElement(own, 0xC8, []byte(id))
	if key != "" {
		own = appendElement(own, 0xC9, []byte(key))
	}
	for _, c := range t.Claims {
		tx, n, err := c.Split()
		if err != nil {
			return "", err
		}
		raw, err := hex.DecodeString(tx)
		if err != nil {
			return "", currency.BadCode.Errorf("credit %s", c)
		}
		own = appendElement(own, 0xCA, append(raw, big.NewInt(n).Bytes()...))
	}
	own = appendElement(own, 0xCB, o.Message.Signature)
	code := appendElement(nil, 0x85, []byte(format))
	code = appendElement(code, 0x61, appendElement(appendElement(nil, 0x4F, aid), 0x63, own))
	text := base64.StdEncoding.EncodeToString(code)
	if len(text) > maxPayer {
		return "", currency.BadCode.Errorf("%d characters, %d fit", len(text), maxPayer)
	}
	return text, nil
}

// ReadToken reads a payer's code: the token as it was signed, for a charge to
// carry. Elements that it does not know are passed over.
func ReadToken(text string) (string, error) {
	if len(text) > maxPayer {
		return "", currency.BadCode.Errorf("%d characters, at most %d are a payer's code", len(text), maxPayer)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != text {
		return "", currency.BadCode.Errorf("it is not base64")
	}
	top, err := elements(raw)
	if err != nil {
		return "", err
	}
	if len(top) < 2 || top[0].tag != 0x85 || string(top[0].value) != format {
		return "", currency.BadCode.Errorf("it is no %s code", format)
	}
	for _, e := range top[1:] {
		if e.tag != 0x61 {
			continue
		}
		inner, err := elements(e.value)
		if err != nil {
			return "", err
		}
		if len(inner) == 2 && inner[0].tag == 0x4F && string(inner[0].value) == string(aid) && inner[1].tag == 0x63 {
			return readToken(inner[1].value)
		}
	}
	return "", currency.BadCode.Errorf("it is of another system")
}

func readToken(raw []byte) (string, error) {
	own, err := elements(raw)
	if err != nil {
		return "", err
	}
	t := currency.Token{V: 1}
	text := map[byte]*string{0xC1: &t.Network, 0xC2: &t.Channel, 0xC3: &t.Chaincode, 0xC4: &t.Program, 0xC8: new(string), 0xC9: new(string), 0xCB: new(string)}
	numbers := map[byte]*int64{0xC5: &t.Seq, 0xC6: &t.Max, 0xC7: &t.Exp}
	seen := map[byte]bool{}
	for _, e := range own {
		if seen[e.tag] && e.tag != 0xCA {
			return "", currency.BadCode.Errorf("element %02X stands twice", e.tag)
		}
		seen[e.tag] = true
		switch {
		case text[e.tag] != nil:
			*text[e.tag] = string(e.value)
		case numbers[e.tag] != nil:
			n, err := integer(e.value)
			if err != nil {
				return "", err
			}
			*numbers[e.tag] = n
		case e.tag == 0xCA:
			if len(e.value) < 32 || len(t.Claims) == maxClaims {
				return "", currency.BadCode.Errorf("a credit of %d bytes, or more than %d credits", len(e.value), maxClaims)
			}
			n, err := integer(e.value[32:])
			if err != nil || n > 1<<31-1 {
				return "", currency.BadCode.Errorf("a credit's number")
			}
			t.Claims = append(t.Claims, currency.NewCreditName(hex.EncodeToString(e.value[:32]), int(n)))
		}
	}
	id := *text[0xC8]
	h, err := header(id, *text[0xC9], currency.TypToken)
	if err != nil {
		return "", err
	}
	t.Holder = currency.AccountID(id)
	compact, err := sealed(h, t, base64.RawURLEncoding.EncodeToString([]byte(*text[0xCB])))
	if err != nil {
		return "", err
	}
	// All that can be said of it without any state.
	_, err = currency.ParseOrder(compact, currency.Place{Network: t.Network, Channel: t.Channel, Chaincode: t.Chaincode}, currency.TypToken)
	return compact, err
}

// integer reads a number without leading zeros, below 2^63.
func integer(b []byte) (int64, error) {
	n := new(big.Int).SetBytes(b)
	if !n.IsInt64() || len(n.Bytes()) != len(b) {
		return 0, currency.BadCode.Errorf("a number of %d bytes", len(b))
	}
	return n.Int64(), nil
}
