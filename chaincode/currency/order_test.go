// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

func sign(t fataler, p party, typ string, payload any) string {
	t.Helper()
	compact, err := p.Sign(typ, payload)
	wantCode(t, err, nil)
	return compact
}

func TestParseOrderBindsIt(t *testing.T) {
	for _, tc := range []struct {
		name     string
		malleate func(*currency.Payment)
		want     *code.Code
	}{
		{"good", func(*currency.Payment) {}, nil},
		{"another network", func(o *currency.Payment) { o.Network = "other" }, currency.OrderElsewhere},
		{"another channel", func(o *currency.Payment) { o.Channel = "other" }, currency.OrderElsewhere},
		{"another chaincode", func(o *currency.Payment) { o.Chaincode = "other" }, currency.OrderElsewhere},
		{"another holder", func(o *currency.Payment) { o.Holder = bob.account }, currency.OrderElsewhere},
		{"no holder", func(o *currency.Payment) { o.Holder = "" }, currency.InvalidID},
		{"a DID for the holder", func(o *currency.Payment) { o.Holder = alice.did }, currency.InvalidID},
		{"no programme", func(o *currency.Payment) { o.Program = "" }, currency.InvalidID},
		{"version 2", func(o *currency.Payment) { o.V = 2 }, currency.WrongOrder},
		{"version 0", func(o *currency.Payment) { o.V = 0 }, currency.WrongOrder},
		{"seq 0", func(o *currency.Payment) { o.Seq = 0 }, currency.InvalidID},
		{"seq -1", func(o *currency.Payment) { o.Seq = -1 }, currency.InvalidID},
		{"seq too large for a key", func(o *currency.Payment) { o.Seq = currency.MaxAmount + 1 }, currency.InvalidID},
		{"exp 0", func(o *currency.Payment) { o.Exp = 0 }, currency.InvalidID},
		{"exp in nanoseconds", func(o *currency.Payment) { o.Exp = 1_800_000_000_000_000_000 }, currency.InvalidID},
		{"amount 0", func(o *currency.Payment) { o.Amount = 0 }, currency.InvalidAmount},
		{"amount negative", func(o *currency.Payment) { o.Amount = -1 }, currency.InvalidAmount},
		{"amount too large", func(o *currency.Payment) { o.Amount = currency.MaxAmount + 1 }, currency.InvalidAmount},
		{"merchant missing", func(o *currency.Payment) { o.To = "" }, currency.InvalidID},
		{"reference with a name", func(o *currency.Payment) { o.Ref = "김철수" }, currency.InvalidID},
		{"a claim of no form", func(o *currency.Payment) { o.Claims = []currency.CreditName{"x"} }, currency.InvalidID},
		{"501 claims", func(o *currency.Payment) { o.Claims = claims(501) }, currency.TooLarge},
		{"500 claims", func(o *currency.Payment) { o.Claims = claims(500) }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := payment(500)
			tc.malleate(&p)
			compact := sign(t, alice, currency.TypPayment, p)
			o, err := currency.ParseOrder(compact, here, currency.TypGift, currency.TypPayment)
			wantCode(t, err, tc.want)
			if err != nil {
				return
			}
			if o.DID != alice.did || o.Binding != p.Binding() || len(o.Digest) != 64 {
				t.Errorf("parsed %+v", o)
			}
			wantCode(t, o.Verify(alice.holder(), alice.key), nil)
		})
	}
}

func claims(n int) []currency.CreditName {
	names := make([]currency.CreditName, n)
	for i := range names {
		names[i] = currency.NewCreditName(txID(i), 999)
	}
	return names
}

func TestParseOrderTakesOnlyTheTypesAskedFor(t *testing.T) {
	compact := sign(t, alice, currency.TypPayment, payment(500))
	_, err := currency.ParseOrder(compact, here, currency.TypGift, currency.TypClaim)
	wantCode(t, err, currency.WrongOrder)
	// A gift has the same members, but goes to an account and not to a merchant.
	_, err = currency.ParseOrder(sign(t, alice, currency.TypGift, payment(500)), here, currency.TypGift)
	wantCode(t, err, currency.InvalidID)
	_, err = currency.ParseOrder(sign(t, alice, "JWT", payment(500)), here, "JWT")
	wantCode(t, err, currency.WrongOrder)
}

// Every type of order is read back as what was signed, bound as it says.
func TestParseOrderOfEveryType(t *testing.T) {
	bound := currency.Binding{Place: here, V: 1, Program: "nowon", Holder: alice.account, Seq: 1, Exp: 1_800_000_000}
	r := refund(1)
	r.Holder = alice.account
	for _, p := range []currency.Payload{
		currency.Open{Chaincode: here.Chaincode, Channel: here.Channel, Exp: bound.Exp, Holder: bound.Holder, Network: here.Network, Program: "nowon", V: 1},
		payment(1), gift(1), r,
		currency.Claim{
			Chaincode: here.Chaincode, Channel: here.Channel, Claims: claims(2), Exp: bound.Exp, Holder: bound.Holder, Network: here.Network,
			Program: "nowon", Seq: 1, V: 1,
		},
		currency.Redeem{
			Amount: 1, Chaincode: here.Chaincode, Channel: here.Channel, Exp: bound.Exp, Holder: bound.Holder, Network: here.Network,
			Program: "nowon", Seq: 1, V: 1,
		},
		currency.Read{Chaincode: here.Chaincode, Channel: here.Channel, Exp: bound.Exp, Holder: bound.Holder, Network: here.Network, Program: "nowon", V: 1},
	} {
		t.Run(p.Typ(), func(t *testing.T) {
			o, err := currency.ParseOrder(sign(t, alice, p.Typ(), p), here, p.Typ())
			wantCode(t, err, nil)
			want := bound
			if p.Typ() == currency.TypOpen || p.Typ() == currency.TypRead {
				want.Seq = 0
			}
			if o.Binding != want || !reflect.DeepEqual(o.Payload, p) {
				t.Errorf("parsed %+v, want %+v", o.Payload, p)
			}
		})
	}
}

// unsigned builds a compact JWS of exactly these bytes; its signature is not
// looked at by ParseOrder.
func unsigned(typ, payload string) string {
	header, err := jws.Canonical(jws.Header{Alg: "EdDSA", Kid: alice.Kid, Typ: typ})
	if err != nil {
		panic(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return b64(header) + "." + b64([]byte(payload)) + "." + b64(make([]byte, 64))
}

func TestParseOrderTakesOneSpelling(t *testing.T) {
	raw, err := jws.Canonical(payment(500))
	wantCode(t, err, nil)
	good := string(raw)
	_, err = currency.ParseOrder(unsigned(currency.TypPayment, good), here, currency.TypPayment)
	wantCode(t, err, nil)
	replace := func(from, to string) string {
		if strings.Count(good, from) != 1 {
			t.Fatalf("%s is not once in %s", from, good)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, payload := range map[string]string{
		"white space":            replace(`,"v":1`, `, "v":1`),
		"a line at the end":      good + "\n",
		"two values":             good + "{}",
		"an unknown member":      replace(`"amount"`, `"also":1,"amount"`),
		"a member twice":         replace(`"amount":500`, `"amount":1,"amount":500`),
		"another order":          replace(`"seq":1,"to":"bakery"`, `"to":"bakery","seq":1`),
		"capitals":               replace(`"amount"`, `"Amount"`),
		"a fraction":             replace(`"amount":500`, `"amount":500.0`),
		"an exponent":            replace(`"amount":500`, `"amount":5e2`),
		"a string for a number":  replace(`"amount":500`, `"amount":"500"`),
		"an escape":              replace(`"bakery"`, `"\u0062akery"`),
		"an empty reference":     replace(`"seq"`, `"ref":"","seq"`),
		"no claims":              replace(`"exp"`, `"claims":[],"exp"`),
		"null":                   "null",
		"nothing":                "",
		"a list":                 "[" + good + "]",
		"bytes that are no text": replace(`"bakery"`, "\"\xff\""),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := currency.ParseOrder(unsigned(currency.TypPayment, payload), here, currency.TypPayment)
			wantCode(t, err, code.BadJWS)
		})
	}
}

func TestOrderForms(t *testing.T) {
	type form struct {
		name    string
		payload currency.Payload
		want    *code.Code
	}
	g, r := gift(500), refund(500)
	self, noOne, noted := g, g, g
	self.To, noOne.To, noted.Ref = g.Holder, "", "a b"
	noPayer, noSeq, tooMuch := r, r, r
	noPayer.Payment.Holder, noSeq.Payment.Seq, tooMuch.Amount = "", 0, currency.MaxAmount+1
	for _, tc := range []form{
		{"gift", g, nil},
		{"gift to oneself", self, currency.SelfTransfer},
		{"gift to nobody", noOne, currency.InvalidID},
		{"gift with a note", noted, currency.InvalidID},
		{"refund", r, nil},
		{"refund to nobody", noPayer, currency.InvalidID},
		{"refund of no payment", noSeq, currency.InvalidID},
		{"refund of too much", tooMuch, currency.InvalidAmount},
		{"claim", currency.Claim{Claims: claims(1)}, nil},
		{"claim of nothing", currency.Claim{}, currency.InvalidID},
		{"claim of too many", currency.Claim{Claims: claims(501)}, currency.TooLarge},
		{"redemption", currency.Redeem{Amount: 1}, nil},
		{"redemption of nothing", currency.Redeem{}, currency.InvalidAmount},
		{"redemption of no form", currency.Redeem{Amount: 1, Claims: []currency.CreditName{":"}}, currency.InvalidID},
		{"read", currency.Read{}, nil},
		{"open", currency.Open{}, nil},
		{"open with a book", currency.Open{Enrolment: strings.Repeat("x", 4097)}, currency.TooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) { wantCode(t, tc.payload.Validate(), tc.want) })
	}
}

func TestOrderVerify(t *testing.T) {
	o, err := currency.ParseOrder(sign(t, alice, currency.TypPayment, payment(500)), here, currency.TypPayment)
	wantCode(t, err, nil)
	wantCode(t, o.Verify(bob.holder(), bob.key), currency.KeyMismatch)
	wantCode(t, o.Verify(alice.holder(), bob.key), code.BadSignature)

	forger := bob
	forger.Kid = alice.Kid
	forged, err := currency.ParseOrder(sign(t, forger, currency.TypPayment, payment(500)), here, currency.TypPayment)
	wantCode(t, err, nil)
	wantCode(t, forged.Verify(alice.holder(), alice.key), code.BadSignature)
	if forged.Digest != o.Digest {
		t.Error("the digest depends on the signature")
	}
}

func TestOrderTimeAndSeq(t *testing.T) {
	o := currency.Order{Binding: currency.Binding{Exp: 1_800_000_000, Seq: 5}, Digest: "d"}
	wantCode(t, o.CheckTime(time.Unix(1_800_000_000, 0)), nil)
	wantCode(t, o.CheckTime(time.Unix(1_800_000_001, 0)), currency.OrderExpired)

	for _, tc := range []struct {
		done   int64
		replay bool
		want   *code.Code
	}{{3, false, currency.SeqAhead}, {4, false, nil}, {5, true, nil}, {9, true, nil}} {
		replay, err := o.CheckSeq(currency.Purse{Seq: tc.done})
		wantCode(t, err, tc.want)
		if replay != tc.replay {
			t.Errorf("after %d orders, replay %t", tc.done, replay)
		}
	}
	wantCode(t, o.CheckReplay(currency.Receipt{Order: "d"}), nil)
	wantCode(t, o.CheckReplay(currency.Receipt{Order: "e"}), currency.SeqUsed)
}

func TestReadOrdersAreShort(t *testing.T) {
	now := noon(today)
	for ahead, want := range map[time.Duration]*code.Code{
		-time.Second: currency.OrderExpired, 0: nil, currency.MaxRead: nil, currency.MaxRead + time.Second: currency.OrderExpired,
	} {
		wantCode(t, currency.Read{Exp: now.Add(ahead).Unix()}.CheckShort(now), want)
	}
}
