// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/gateway"
)

var here = currency.Place{Network: "net", Channel: "chan", Chaincode: "cc"}

func TestOrdersAreBoundAndSigned(t *testing.T) {
	p256, err := gateway.NewKey()
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for name, key := range map[string]crypto.Signer{"P-256": p256, "Ed25519": ed} {
		t.Run(name, func(t *testing.T) {
			w, err := gateway.NewWallet(key, here)
			require.NoError(t, err)
			h := w.In("nowon")
			credit := currency.NewCreditName("00000000000000000000000000000000000000000000000000000000000000aa", 3)
			other := currency.AccountID("did:key:zOther")
			for typ, sign := range map[string]func() (string, error){
				currency.TypPayment: func() (string, error) { return h.Payment(currency.Payment{Seq: 1, To: "stall", Amount: 5}) },
				currency.TypGift:    func() (string, error) { return h.Gift(currency.Gift{Seq: 1, To: other, Amount: 5}) },
				currency.TypClaim:   func() (string, error) { return h.Claim(currency.Claim{Seq: 1, Claims: []currency.CreditName{credit}}) },
				currency.TypRedeem:  func() (string, error) { return h.Redeem(currency.Redeem{Seq: 1, Amount: 5}) },
				currency.TypRefund: func() (string, error) {
					return h.Refund(currency.Refund{Seq: 1, Amount: 5, Payment: currency.ReceiptName{Holder: other, Seq: 9}})
				},
				currency.TypTicket: func() (string, error) {
					return h.Present(currency.PresentTicket{
						Seq: 1, Series: "spring", Nonce: strings.Repeat("A", 43), Signature: base64.RawURLEncoding.EncodeToString(make([]byte, 256)),
					})
				},
				currency.TypBuy: func() (string, error) { return h.Buy(currency.Buy{Seq: 1, Amount: 5}) },
				currency.TypAuthorise: func() (string, error) {
					return h.Authorise(currency.Authorise{Seq: 1, To: "stall", Amount: 5, Until: 1_900_000_000})
				},
				currency.TypCashOut: func() (string, error) {
					return h.CashOut(currency.CashOut{Seq: 1, Payout: strings.Repeat("a1", 32)})
				},
				currency.TypExchange: func() (string, error) {
					return h.Exchange(currency.Exchange{Seq: 1, Into: "cafe", Amount: 5})
				},
				currency.TypClose: func() (string, error) { return h.Close(currency.Close{Seq: 1}) },
				currency.TypCapture: func() (string, error) {
					return h.Capture(currency.Capture{Seq: 1, Amount: 5, Hold: currency.ReceiptName{Holder: other, Seq: 9}})
				},
				currency.TypVoid: func() (string, error) {
					return h.Void(currency.Void{Seq: 1, Hold: currency.ReceiptName{Holder: other, Seq: 9}})
				},
				currency.TypOpen: func() (string, error) { return h.Open("") },
				currency.TypRead: func() (string, error) { return h.Read() },
			} {
				compact, err := sign()
				require.NoError(t, err, typ)
				o, err := currency.ParseOrder(compact, here, typ)
				require.NoError(t, err, typ)
				require.Equal(t, "nowon", o.Program)
				require.Equal(t, w.Account, o.Holder)
				require.WithinDuration(t, time.Now().Add(gateway.OrderLife), time.Unix(o.Exp, 0), 5*time.Second)
				m, err := did.Resolve(o.DID)
				require.NoError(t, err)
				require.NoError(t, o.Message.Verify(m.Key), typ)
			}
		})
	}
}

func TestExpiryMayBeChosen(t *testing.T) {
	key, err := gateway.NewKey()
	require.NoError(t, err)
	w, err := gateway.NewWallet(key, here)
	require.NoError(t, err)
	compact, err := w.In("nowon").Payment(currency.Payment{Seq: 1, To: "stall", Amount: 5, Exp: 1_900_000_000})
	require.NoError(t, err)
	o, err := currency.ParseOrder(compact, here, currency.TypPayment)
	require.NoError(t, err)
	require.Equal(t, int64(1_900_000_000), o.Exp)
}

func TestKeysOfOtherKindsAreRefused(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	_, err = gateway.NewWallet(key, here)
	require.ErrorContains(t, err, "P-384")
}
