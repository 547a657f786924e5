// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/gateway/qr"
)

var place = currency.Place{Network: "trust-local", Channel: "trust", Chaincode: "currency"}

// owner signs for one key. The SDK's wallet would do the same, but pull all of
// Fabric into what a fuzzer instruments.
type owner struct {
	jws.Signer
	DID, Account string
}

func wallet(t testing.TB) owner {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	id, url := did.OfKey(did.Key{Alg: "ES256", P256: &key.PublicKey})
	return owner{jws.Signer{Key: key, Kid: url}, id, currency.AccountID(id)}
}

func request(t testing.TB, w owner, parts ...int64) string {
	t.Helper()
	r, err := w.Sign(currency.TypRequest, currency.Request{
		Chaincode: place.Chaincode, Channel: place.Channel, Exp: time.Now().Add(time.Minute).Unix(), Holder: w.Account, ID: "table-7",
		Merchant: "bakery", Network: place.Network, Parts: parts, Program: "nowon", V: 1,
	})
	require.NoError(t, err)
	return r
}

func token(t testing.TB, w owner, claims int) string {
	t.Helper()
	o := currency.Token{
		Chaincode: place.Chaincode, Channel: place.Channel, Exp: time.Now().Add(time.Minute).Unix(), Holder: w.Account,
		Max: 20_000, Network: place.Network, Program: "nowon", Seq: 300, V: 1,
	}
	for i := range claims {
		o.Claims = append(o.Claims, currency.NewCreditName(strings.Repeat("0a", 32), i))
	}
	signed, err := w.Sign(currency.TypToken, o)
	require.NoError(t, err)
	return signed
}

// A plain code is the same text every time: this one was checked by hand against
// the specification's rules.
func TestPlainShop(t *testing.T) {
	s := qr.Shop{Place: place, Program: "nowon", Merchant: "bakery", Name: "Bakery", City: "Seoul"}
	text, err := s.Text()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "000201010211"+"2668"+"0009kr.komsco"+"0111trust-local"+"0205trust"+"0308currency"+"0405nowon"+"0506bakery"), text)
	back, err := qr.ReadShop(text)
	require.NoError(t, err)
	require.Equal(t, s, back)
	_, err = back.Signed("did:key:zDn")
	require.ErrorIs(t, err, currency.BadCode)
}

// What comes out of a code is what the merchant signed, byte for byte.
func TestRequestInACode(t *testing.T) {
	w := wallet(t)
	for _, parts := range [][]int64{{12_000}, {10_000, 15_000, 5_000}} {
		signed := request(t, w, parts...)
		s, err := qr.OfRequest(signed, place, "Bakery", "Seoul")
		require.NoError(t, err)
		text, err := s.Text()
		require.NoError(t, err)
		require.Less(t, len(text), 360)
		back, err := qr.ReadShop(text)
		require.NoError(t, err)
		again, err := back.Signed(w.DID)
		require.NoError(t, err)
		require.Equal(t, signed, again)
	}
	s, err := qr.OfRequest(request(t, w, make64(1_000_000)...), place, "Bakery", "Seoul")
	require.NoError(t, err)
	_, err = s.Text()
	require.ErrorIs(t, err, currency.BadCode, "64 parts of a million do not fit")
}

func make64(won int64) []int64 {
	parts := make([]int64, currency.MaxParts)
	for i := range parts {
		parts[i] = won
	}
	return parts
}

func TestTokenInACode(t *testing.T) {
	w := wallet(t)
	for _, claims := range []int{0, 1, 8} {
		signed := token(t, w, claims)
		text, err := qr.OfToken(signed, place)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(text, "hQVDUFYwM"), "CPV01 first")
		if claims == 0 {
			require.Less(t, len(text), 300)
		}
		again, err := qr.ReadToken(text)
		require.NoError(t, err)
		require.Equal(t, signed, again)
	}
	_, err := qr.OfToken(token(t, w, 9), place)
	require.ErrorIs(t, err, currency.BadCode)
}

// One wrong character anywhere is found: by the checksum in a shop's code, by the
// form or else by the contract in a payer's, whose token does not verify then.
func TestMisread(t *testing.T) {
	w := wallet(t)
	s, err := qr.OfRequest(request(t, w, 12_000), place, "Bakery", "Seoul")
	require.NoError(t, err)
	text, err := s.Text()
	require.NoError(t, err)
	for i := range text {
		wrong := text[:i] + string(text[i]^1) + text[i+1:]
		_, err := qr.ReadShop(wrong)
		require.ErrorIs(t, err, currency.BadCode, "character %d of %s", i, wrong)
	}
	signed := token(t, w, 1)
	text, err = qr.OfToken(signed, place)
	require.NoError(t, err)
	for i := range text {
		again, err := qr.ReadToken(text[:i] + "A" + text[i+1:])
		require.True(t, err != nil || again != signed || text[i] == 'A', "character %d", i)
	}
}

func TestForeignCodes(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"a link":           "https://example.org/pay?to=bakery",
		"another's scheme": sum("00020101021126180014com.example.qr5204000053034105802KR5906Bakery6005Seoul6304"),
		"not won":          sum("00020101021126680009kr.komsco0111trust-local0205trust0308currency0405nowon0506bakery520400005303840" + "5802KR5906Bakery6005Seoul6304"),
		"cut":              sum("0002010102"),
		"twice":            sum("000201010211010211" + "6304"),
	} {
		_, err := qr.ReadShop(text)
		require.ErrorIs(t, err, currency.BadCode, name)
		_, err = qr.ReadToken(text)
		require.ErrorIs(t, err, currency.BadCode, name)
	}
	for _, raw := range []string{"", "\x85\x05CPV01", "\x85\x05CPV01\x61\x00", "\x85\x05CPV01\x61\x0a\x4f\x06\xf0TRUST\x63\x00", "\x85\x05CPV02\x61\x00", "\x85\x80", "\x85\x82\x00\x01a", "\x1f\x01a"} {
		_, err := qr.ReadToken(base64.StdEncoding.EncodeToString([]byte(raw)))
		require.Error(t, err, "%x", raw)
	}
}

func sum(s string) string {
	c := uint16(0xFFFF)
	for i := range len(s) {
		c ^= uint16(s[i]) << 8
		for range 8 {
			c = c<<1 ^ 0x1021*(c>>15)
		}
	}
	return s + fmt.Sprintf("%04X", c)
}

func TestImages(t *testing.T) {
	text, err := qr.OfToken(token(t, wallet(t), 8), place)
	require.NoError(t, err)
	svg, err := qr.SVG(text)
	require.NoError(t, err)
	require.Contains(t, string(svg), "viewBox")
	raw, err := qr.PNG(text)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Zero(t, (picture.Bounds().Dx()/8-8-17)%4, "a QR code has 17 + 4 × version modules")
	_, err = qr.SVG("")
	require.ErrorIs(t, err, currency.BadCode)
}

// Another library's reader, which searches the picture as it would a photo, finds the
// codes in it. It is tried with texts that are always the same: of random long ones it
// misses 4 in 100, whatever margin they get.
func TestPicturesAreFound(t *testing.T) {
	short, err := qr.Shop{Place: place, Program: "nowon", Merchant: "bakery", Name: "Bakery", City: "Seoul"}.Text()
	require.NoError(t, err)
	for _, text := range []string{short, short + strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 7)} {
		raw, err := qr.PNG(text)
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(raw))
		require.NoError(t, err)
		bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
		require.NoError(t, err)
		seen, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
		require.NoError(t, err)
		require.Equal(t, text, seen.GetText())
	}
}

// FuzzRead: whatever was read is written again the same, and nothing panics.
func FuzzRead(f *testing.F) {
	w := wallet(f)
	s, err := qr.OfRequest(request(f, w, 10_000, 5_000), place, "Bakery", "Seoul")
	require.NoError(f, err)
	text, err := s.Text()
	require.NoError(f, err)
	f.Add(text)
	text, err = qr.Shop{Place: place, Program: "nowon", Merchant: "bakery", Name: "B", City: "S"}.Text()
	require.NoError(f, err)
	f.Add(text)
	text, err = qr.OfToken(token(f, w, 2), place)
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := qr.ReadShop(text); err == nil {
			again, err := s.Text()
			if err != nil {
				t.Fatalf("read %q as %+v, which cannot be written: %v", text, s, err)
			}
			if back, err := qr.ReadShop(again); err != nil || fmt.Sprint(back) == "" {
				t.Fatalf("written as %q, which cannot be read: %v", again, err)
			}
		}
		compact, err := qr.ReadToken(text)
		if err != nil {
			return
		}
		m, err := currency.ParseOrder(compact, placeOf(t, compact), currency.TypToken)
		if err != nil || m == nil {
			t.Fatalf("read a token that is none: %v", err)
		}
	})
}

func placeOf(t *testing.T, compact string) currency.Place {
	t.Helper()
	_, err := currency.ParseOrder(compact, place, currency.TypToken)
	if err == nil || errors.Is(err, currency.OrderElsewhere) {
		var p currency.Token
		part := strings.Split(compact, ".")[1]
		raw, err := base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &p))
		return currency.Place{Network: p.Network, Channel: p.Channel, Chaincode: p.Chaincode}
	}
	t.Fatalf("%v", err)
	return place
}
