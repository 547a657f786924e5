// SPDX-License-Identifier: Apache-2.0

package currency_test

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/komsco/trust-platform/chaincode/currency"
)

// stored is what has a lean stored form.
type stored interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

var leanTypes = map[string]func() stored{
	"holder":  func() stored { return new(currency.Holder) },
	"purse":   func() stored { return new(currency.Purse) },
	"receipt": func() stored { return new(currency.Receipt) },
	"credit":  func() stored { return new(currency.Credit) },
}

// Whatever a record holds, members added to its type later included, comes back
// from the stored form, and from that of the version before.
func TestStoredFormKeepsEverything(t *testing.T) {
	for name, empty := range leanTypes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				record := empty()
				fillAny(t, reflect.ValueOf(record).Elem())
				raw, err := record.AppendBinary(nil)
				if err != nil || raw[0] != 2 {
					t.Fatalf("%x, %v", raw, err)
				}
				back := empty()
				if err := back.UnmarshalBinary(raw); err != nil || !reflect.DeepEqual(back, record) {
					t.Fatalf("%+v comes back as %+v, %v", record, back, err)
				}
				object, err := json.Marshal(record)
				if err != nil {
					t.Fatal(err)
				}
				before := empty()
				if err := before.UnmarshalBinary([]byte(`{"v":1,` + string(object[1:]))); err != nil || !reflect.DeepEqual(before, record) {
					t.Fatalf("%s comes back as %+v, %v", object, before, err)
				}
				table := map[string]string{"holder": currency.TableHolder, "purse": currency.TablePurse, "receipt": currency.TableReceipt, "credit": currency.TableCredit}[name]
				if readable := currency.Readable(table, raw); string(readable) != `{"v":1,`+string(object[1:]) {
					t.Fatalf("shown as %s, expected %s", readable, object)
				}
				cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
				if err := empty().UnmarshalBinary(raw[:cut]); err == nil {
					t.Fatalf("%x is read although it was cut from %x", raw[:cut], raw)
				}
			})
		})
	}
}

// fillAny gives everything in v a value, of all kinds that records have; texts are
// often those that have a leaner form.
func fillAny(t *rapid.T, v reflect.Value) {
	digest := strings.Repeat("0a", 32)
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "payment", "issue", "hold", "principal", "reward", "other", "노원", "active", "did:key:z1", "did:key:z1#z1", "z1", digest, strings.ToUpper(digest), digest + ":7", digest + ":x"}).Draw(t, "text"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Int64Range(-1, 300), rapid.Int64Range(0, 1<<31-1)).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Slice:
		if n := rapid.IntRange(0, 3).Draw(t, "length"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fillAny(t, v.Index(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillAny(t, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillAny(t, v.Field(i))
		}
	case reflect.Map:
		if rapid.Bool().Draw(t, "there") {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillAny(t, key)
			fillAny(t, value)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("say here how a %s is filled", v.Type())
	}
}

// A usual payment's purse and receipt stay small.
func TestStoredFormIsLean(t *testing.T) {
	digest, key := strings.Repeat("ab", 32), "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	terms := currency.Terms{Policy: 1, Expiry: 20311231, Source: currency.Principal, Origin: "run-1"}
	meals := terms
	meals.Purpose = "meals"
	for size, record := range map[int]stored{
		24: &currency.Purse{Seq: 12, Buckets: currency.Buckets{{Terms: terms, Face: 1_000_000, Left: 999_990}}},
		30: &currency.Purse{Seq: 12, Buckets: currency.Buckets{{Terms: meals, Face: 1_000_000, Left: 999_990}}},
		100: &currency.Receipt{
			Kind: currency.KindPayment, Order: digest, Tx: digest, At: 1_800_000_000, Amount: 700, To: "shop-1",
			Credit: currency.CreditName(digest + ":0"), Used: []currency.Part{{Terms: terms, Amount: 700}},
		},
		36: &currency.Credit{
			Kind: currency.CreditIssue, From: "welfare-1", At: 1_800_000_000, Parts: []currency.Part{{Terms: terms, Amount: 50_000}},
		},
		138: &currency.Holder{
			DID: "did:key:" + key, Kid: "did:key:" + key + "#" + key, Key: key, Status: currency.Active, Opened: 1_800_000_000, Order: digest, Tx: digest,
		},
	} {
		raw, err := record.AppendBinary(nil)
		if err != nil || len(raw) > size {
			t.Errorf("%T takes %d bytes, expected %d: %x, %v", record, len(raw), size, raw, err)
		}
	}
}

func TestStoredFormRefusesOthers(t *testing.T) {
	for name, empty := range leanTypes {
		for _, raw := range []string{"", "\x01", "\x03\x00", "{}", `{"v":2}`, `{"v":10}`, `{"v":1`, `{"v":1}}`, `{"v":1,"nothing`, "\x02", "\x02\x05{}", "\x02\x02{]"} {
			if err := empty().UnmarshalBinary([]byte(raw)); err == nil {
				t.Errorf("%s reads %q", name, raw)
			}
		}
	}
}

func FuzzStoredForm(f *testing.F) {
	f.Add([]byte("\x02\x00"))
	f.Add([]byte(`{"v":1,"seq":3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, empty := range leanTypes {
			record := empty()
			if record.UnmarshalBinary(raw) != nil {
				continue
			}
			again, err := record.AppendBinary(nil)
			if err != nil {
				continue // text that is not UTF-8, which only other bytes than ours hold
			}
			back := empty()
			if err := back.UnmarshalBinary(again); err != nil {
				t.Errorf("%s: %x is written as %x: %v", name, raw, again, err)
			}
		}
	})
}

// Every kind of receipt is lean by now; what was stored before a kind was, with its
// name in the rest, is read the same.
func TestEveryKindIsLean(t *testing.T) {
	kinds := []currency.Kind{
		currency.KindPayment, currency.KindGift, currency.KindClaim, currency.KindRefund, currency.KindRedemption, currency.KindHold,
		currency.KindCapture, currency.KindVoid, currency.KindCashOut, currency.KindClose, currency.KindExchange, currency.KindShare,
		currency.KindEarn, currency.KindCashback, currency.KindTicket, currency.KindPurchase,
	}
	for _, kind := range kinds {
		raw, err := currency.Receipt{Kind: kind}.AppendBinary(nil)
		if err != nil || raw[1] != 0 {
			t.Fatalf("a receipt of kind %s has a rest: %q, %v", kind, raw, err)
		}
	}
	for _, kind := range []currency.Kind{currency.KindExchange, currency.KindShare, currency.KindEarn, currency.KindCashback} {
		rest, err := json.Marshal(currency.Receipt{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		lean, err := currency.Receipt{}.AppendBinary(nil) // its code is 0: see the rest
		if err != nil {
			t.Fatal(err)
		}
		before := append(append([]byte{lean[0], byte(len(rest))}, rest...), lean[2:]...)
		var back currency.Receipt
		if err := back.UnmarshalBinary(before); err != nil || back.Kind != kind {
			t.Fatalf("%q is read as %+v, %v", before, back, err)
		}
	}
	// Codes never change: this one is on ledgers.
	raw, err := currency.Receipt{Kind: currency.KindTicket}.AppendBinary(nil)
	if err != nil || raw[2] != 12 {
		t.Fatalf("%x, %v", raw, err)
	}
}
