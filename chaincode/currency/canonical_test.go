// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// signed are all types that holders and enrollers sign.
var signed = []any{
	jws.Header{},
	currency.Enrolment{},
	currency.Open{},
	currency.Payment{},
	currency.Gift{},
	currency.Claim{},
	currency.Redeem{},
	currency.Refund{},
	currency.Authorise{},
	currency.Capture{},
	currency.Void{},
	currency.CashOut{},
	currency.Close{},
	currency.Read{},
	currency.Buy{},
	currency.PresentTicket{},
	currency.TicketKey{},
	currency.TicketMessage{},
	currency.CompleteRefund{},
	currency.Exchange{},
	currency.SetShare{},
	currency.Earn{},
	currency.AskCashback{},
	currency.PayTogether{},
	currency.Attestation{},
	currency.Request{},
	currency.Token{},
	currency.Charge{},
}

func TestSignedTypesCoverAllOrders(t *testing.T) {
	var types []string
	for _, v := range signed {
		if p, ok := v.(currency.Payload); ok {
			types = append(types, p.Typ())
		}
	}
	want := []string{
		currency.TypOpen, currency.TypPayment, currency.TypGift, currency.TypClaim, currency.TypRedeem, currency.TypRefund,
		currency.TypAuthorise, currency.TypCapture, currency.TypVoid, currency.TypCashOut, currency.TypClose, currency.TypRead, currency.TypBuy, currency.TypTicket,
		currency.TypComplete,
		currency.TypExchange,
		currency.TypShare, currency.TypEarn, currency.TypCashback, currency.TypTogether,
		currency.TypRequest, currency.TypToken, currency.TypCharge,
	}
	if !slices.Equal(types, want) {
		t.Errorf("types %v, want %v", types, want)
	}
}

// What jws.Canonical makes of a signed type is what an independent
// implementation of RFC 8785 makes of it, whatever the values, and reading it
// back gives the same value.
func TestSignedTypesAreCanonical(t *testing.T) {
	for _, v := range signed {
		typ := reflect.TypeOf(v)
		t.Run(typ.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				value := reflect.New(typ)
				fill(t, value.Elem())
				raw, err := json.Marshal(value.Interface())
				if err != nil {
					t.Fatalf("%v", err)
				}
				want, err := jcs.Transform(raw)
				if err != nil {
					t.Fatalf("%s: %v", raw, err)
				}
				got, err := jws.Canonical(value.Elem().Interface())
				if err != nil {
					t.Fatalf("%v", err)
				}
				if string(got) != string(want) {
					t.Fatalf("\n got %s\nwant %s", got, want)
				}
				back := reflect.New(typ)
				if err := jws.DecodeCanonical(got, back.Interface()); err != nil {
					t.Fatalf("read back %s: %v", got, err)
				}
				if again, err := jws.Canonical(back.Elem().Interface()); err != nil || string(again) != string(got) {
					t.Fatalf("read back as %s (%v), was %s", again, err, got)
				}
			})
		})
	}
}

var oddTexts = []string{
	"", "<a href=\"x\">&amp;</a>", "\u0000\b\t\n\f\r\u001f\u007f\u0080", "노원", "€😂", "\\/\"'", "\ufffd\ufeff\U0010ffff",
}

var anyText = rapid.Custom(func(t *rapid.T) string {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom(oddTexts)).Draw(t, "text")
	// The two that jws.Canonical documents as not its own.
	return strings.NewReplacer("\u2028", "", "\u2029", "").Replace(text)
})

var anyInteger = rapid.Int64Range(-1<<53+1, 1<<53-1)

// fill gives every field of a struct a random value; every second one of those
// that may be left out is.
func fill(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" || !field.IsExported() {
			t.Fatalf("field %s has no JSON name", field.Name)
		}
		if options == "omitempty" && rapid.Bool().Draw(t, "left out") {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(anyText.Draw(t, name))
		case reflect.Int, reflect.Int64:
			f.SetInt(anyInteger.Draw(t, name))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), rapid.IntRange(0, 3).Draw(t, name), 3))
			for j := range f.Len() {
				switch e := f.Index(j); e.Kind() {
				case reflect.String:
					e.SetString(anyText.Draw(t, name))
				case reflect.Int64:
					e.SetInt(anyInteger.Draw(t, name))
				case reflect.Struct:
					fill(t, e)
				default:
					t.Fatalf("field %s holds %ss: say here how they are canonical", field.Name, e.Kind())
				}
			}
		case reflect.Bool:
			f.SetBool(rapid.Bool().Draw(t, name))
		case reflect.Struct:
			fill(t, f)
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			fill(t, f.Elem())
		default:
			t.Fatalf("field %s is a %s: say here how it is canonical", field.Name, f.Kind())
		}
	}
}
