// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package cases_test

import (
	"context"
	"image/png"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/till"
	"github.com/komsco/trust-platform/test-network/demo"
)

// paymentCode is what the gateway says of a QR code.
type paymentCode struct {
	Text, Merchant, Request, Token string
	Amount                         int64
	Parts                          []int64
}

// scan has a code made, drawn as a picture, and read by a decoder that knows nothing
// of us; then the gateway says what it means.
func scan(t *testing.T, town *demo.Town, body any) paymentCode {
	t.Helper()
	var shown, read paymentCode
	require.NoError(t, town.API.Post(t.Context(), "/v1/codes", body, &shown))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, town.API.URL+"/v1/codes/image?as=png&text="+url.QueryEscape(shown.Text), nil)
	require.NoError(t, err)
	answer, err := town.API.HTTP.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	picture, err := png.Decode(answer.Body)
	require.NoError(t, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(t, err)
	// The picture is the code and nothing else: searched for as in a photo, this reader misses 4 of 100 (see package qr).
	alone := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	seen, err := qrcode.NewQRCodeReader().Decode(bitmap, alone)
	require.NoError(t, err)
	require.Equal(t, shown.Text, seen.GetText())
	require.NoError(t, town.API.Post(t.Context(), "/v1/codes:read", map[string]string{"text": seen.GetText()}, &read))
	return read
}

// A table's bill of 47,000 won is shown as a QR code and paid in two parts; a guest
// then shows a code that the restaurant charges, and another pays with the value of
// two programmes in one order. The till hears all of it, though its line is cut.
func (m *money) atTheTill(t *testing.T) {
	rules := demo.Rules
	rules.BonusRate = 0
	town, err := demo.Found(t.Context(), m.p, "table", rules)
	require.NoError(t, err)
	lunch, err := demo.Found(t.Context(), m.p, "lunch", rules)
	require.NoError(t, err)
	for _, at := range []*demo.Town{town, lunch} {
		require.NoError(t, at.Deposit(t.Context(), "sale-a", 100_000))
		require.NoError(t, at.Deposit(t.Context(), "sale-b", 100_000))
	}
	restaurant, err := town.Register(t.Context(), "restaurant", "11350", "restaurant")
	require.NoError(t, err)
	_, err = lunch.Register(t.Context(), "canteen", "11350", "restaurant")
	require.NoError(t, err)
	minsu, hana := person(t, town, "minsu"), person(t, town, "hana")
	m.issueTo(t, town, minsu, "sale-a", 100_000)
	m.issueTo(t, town, hana, "sale-b", 100_000)
	there := join(t, lunch, hana, "hana")
	m.issueTo(t, lunch, there, "sale-a", 100_000)

	// The shop shows, the guests scan: a part each, and none twice.
	bill, err := restaurant.Request(currency.Request{ID: "table-7", Merchant: "restaurant", Parts: []int64{30_000, 17_000}})
	require.NoError(t, err)
	code := scan(t, town, map[string]string{"request": bill, "name": "Restaurant", "city": "Seoul"})
	require.Equal(t, bill, code.Request)
	require.EqualValues(t, 47_000, code.Amount)
	pay := func(r *demo.Resident, part int) error {
		order, err := r.Payment(currency.Payment{
			Seq: r.Seq + 1, Claims: r.Claims, To: code.Merchant, Amount: code.Parts[part], Request: code.Request, Part: part,
		})
		require.NoError(t, err)
		if err := town.API.Order(t.Context(), "/v1/payments", order, nil); err != nil {
			return err
		}
		r.Seq, r.Claims = r.Seq+1, nil
		return nil
	}
	require.NoError(t, pay(minsu, 0))
	err = pay(hana, 0)
	require.True(t, demo.IsCode(err, "REQUEST_PAID"), "%v", err)
	require.NoError(t, pay(hana, 1))

	// The guest shows, the shop scans.
	token, err := minsu.Token(currency.Token{Seq: minsu.Seq + 1, Max: 20_000, Exp: time.Now().Add(time.Minute).Unix()})
	require.NoError(t, err)
	code = scan(t, town, map[string]string{"token": token})
	require.Equal(t, token, code.Token)
	charge := func(won int64) error {
		order, err := restaurant.Charge(currency.Charge{To: "restaurant", Amount: won, Token: code.Token})
		require.NoError(t, err)
		return town.API.Order(t.Context(), "/v1/charges", order, nil)
	}
	err = charge(21_000)
	require.True(t, demo.IsCode(err, "TOKEN_EXCEEDED"), "%v", err)
	require.NoError(t, charge(12_000))
	err = charge(11_000)
	require.True(t, demo.IsCode(err, "SEQ_USED"), "a token is good once: %v", err)
	require.EqualValues(t, 58_000, purse(t, town, minsu).Total)

	// One order over two programmes: both shops are paid, or none.
	together := func(other int64) error {
		order, err := hana.PayTogether(currency.PayTogether{
			Seq: hana.Seq + 1, To: "restaurant", Amount: 3_000,
			Others: []currency.OtherPayment{{Program: lunch.Program, Seq: there.Seq + 1, To: "canteen", Amount: other, Claims: there.Claims}},
		})
		require.NoError(t, err)
		return town.API.Order(t.Context(), "/v1/joint-payments", order, nil)
	}
	err = together(101_000)
	require.True(t, demo.IsCode(err, "INSUFFICIENT_FUNDS"), "%v", err)
	require.EqualValues(t, 83_000, purse(t, town, hana).Total, "nothing of it was paid")
	require.NoError(t, together(5_000))
	require.EqualValues(t, 80_000, purse(t, town, hana).Total)
	require.EqualValues(t, 95_000, purse(t, lunch, there).Total)

	// The till comes back after a day and hears what it missed, in order, each once.
	after := &till.Position{}
	for _, won := range []int64{30_000, 17_000, 12_000, 3_000} {
		e := m.hear(t, town, restaurant, after)
		require.Equal(t, till.Paid, e.Type)
		require.Equal(t, won, e.Receipt.Amount)
		after = &e.ID
	}
}

// hear opens the till's line behind a place and returns the first event.
func (m *money) hear(t *testing.T, town *demo.Town, shop *demo.Shop, after *till.Position) till.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for e, err := range till.Listen(ctx, till.Options{
		URL: town.API.URL, Program: town.Program, Account: shop.Account(), Read: shop.Read, After: after,
	}) {
		require.NoError(t, err)
		return e
	}
	return till.Event{}
}
