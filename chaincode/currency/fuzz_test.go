// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// FuzzParseOrder reads any bytes as an order: they are refused with a code that
// is no defect's, or they are one order in its one spelling, bound to this place
// and to the DID that is named as the signer.
func FuzzParseOrder(f *testing.F) {
	types := []string{
		currency.TypOpen, currency.TypPayment, currency.TypGift, currency.TypClaim, currency.TypRedeem, currency.TypRefund,
		currency.TypAuthorise, currency.TypCapture, currency.TypVoid, currency.TypCashOut, currency.TypClose, currency.TypRead, currency.TypBuy, currency.TypTicket, currency.TypExchange,
	}
	good := sign(f, alice, currency.TypPayment, payment(500))
	for _, typ := range types {
		f.Add(sign(f, alice, typ, payment(500)))
	}
	f.Add(good + "=")
	f.Add("..")
	f.Add(strings.Repeat("A", jws.MaxLength+1))
	f.Fuzz(func(t *testing.T, compact string) {
		o, err := currency.ParseOrder(compact, here, types...)
		if err != nil {
			if refusal := code.Of(err); refusal == nil || refusal.Code.Kind.Status() >= 500 {
				t.Fatalf("refused without a code: %v", err)
			}
			return
		}
		if o.Place != here || o.Holder != currency.AccountID(o.DID) || o.V != 1 || o.Payload.Typ() != o.Message.Header.Typ {
			t.Fatalf("not bound: %+v", o)
		}
		digest := sha256.Sum256([]byte(compact[:strings.LastIndexByte(compact, '.')]))
		if o.Digest != hex.EncodeToString(digest[:]) {
			t.Fatalf("digest %s is not that of the signing input", o.Digest)
		}
		canonical, err := jws.Canonical(o.Payload)
		if err != nil || string(canonical) != string(o.Message.Payload) {
			t.Fatalf("payload %s has another spelling: %s (%v)", o.Message.Payload, canonical, err)
		}
	})
}
