// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
)

// asking is a merchant's request for a bill in parts.
func (tn *town) requesting(program string, w *wallet, merchant, id string, parts ...int64) currency.Request {
	return currency.Request{
		Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account, ID: id, Merchant: merchant,
		Network: network, Parts: parts, Program: program, V: 1,
	}
}

func (tn *town) payPart(program string, w *wallet, to string, amount int64, request string, part int) currency.Payment {
	o := tn.payment(program, w, to, amount)
	o.Request, o.Part = request, part
	return o
}

func (tn *town) showing(program string, w *wallet, limit int64, claims ...currency.CreditName) currency.Token {
	return currency.Token{
		Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(time.Minute), Holder: w.account, Max: limit,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) charging(program string, w *wallet, to, token string, amount int64) currency.Charge {
	return currency.Charge{
		Amount: amount, Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, To: to, Token: token, V: 1,
	}
}

// A bill of 30,000 won in three parts, paid by two people: each part once, in
// any order, alone or in one batch, sent again as often as anybody likes.
func TestBillInParts(t *testing.T) {
	tn := newTown(t)
	all := tn.residents(nowon, "minsu", "jisoo")
	minsu, jisoo := all[0], all[1]
	bill := tn.stall.sign(tn.requesting(nowon, tn.stall, "stall", "table-7", 10_000, 15_000, 5_000))

	first := minsu.sign(tn.payPart(nowon, minsu, "stall", 10_000, bill, 0))
	paid := tn.order("Pay", first)
	require.Equal(t, paid, tn.order("Pay", first))
	tn.refused(currency.RequestPaid, tn.courier, "Pay", jisoo.sign(tn.payPart(nowon, jisoo, "stall", 10_000, bill, 0)))
	jisoo.seq[nowon]--

	// Two want the same part in one block: one pays, the other's purse is untouched.
	mine, yours := minsu.sign(tn.payPart(nowon, minsu, "stall", 15_000, bill, 1)), jisoo.sign(tn.payPart(nowon, jisoo, "stall", 15_000, bill, 1))
	a, b := tn.endorse(tn.courier, "Pay", mine), tn.endorse(tn.courier, "Pay", yours)
	codes := tn.commit(a, b)
	require.Equal(t, valid, codes[0])
	require.NotEqual(t, valid, codes[1])
	tn.refused(currency.RequestPaid, tn.courier, "Pay", yours)
	jisoo.seq[nowon]--
	require.EqualValues(t, 110_000, tn.purse(nowon, jisoo).Buckets.Total())

	// Parts of different payers do not meet; a part may be set aside as well as paid.
	hold := tn.authorising(nowon, jisoo, "stall", 5_000)
	hold.Request, hold.Part = bill, 2
	other := tn.stall.sign(tn.requesting(nowon, tn.stall, "stall", "table-8", 1_000, 1_000))
	x, y := tn.endorse(tn.courier, "Authorise", jisoo.sign(hold)), tn.endorse(tn.courier, "Pay", minsu.sign(tn.payPart(nowon, minsu, "stall", 1_000, other, 1)))
	for _, got := range tn.commit(x, y) {
		require.Equal(t, valid, got)
	}
	parts := get[currency.RequestParts](tn, tn.courier, "RequestParts", currency.RequestQuery{
		OwnQuery: currency.OwnQuery{PageQuery: currency.PageQuery{Program: nowon}, Account: tn.stall.account, Read: tn.read(nowon, tn.stall)}, ID: "table-7",
	})
	require.Len(t, parts.Records, 3)
	total := int64(0)
	for _, p := range parts.Records {
		total += p.Record.Amount
	}
	require.EqualValues(t, 30_000, total)
}

// A payer shows a token for up to 20,000 won; the stall charges 12,000 with it.
func TestCharge(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	token := w.sign(tn.showing(nowon, w, 20_000))
	charge := tn.stall.sign(tn.charging(nowon, tn.stall, "stall", token, 12_000))
	r := tn.order("Charge", charge)
	require.Equal(t, currency.KindPayment, r.Kind)
	require.Equal(t, "stall", r.To)
	require.EqualValues(t, 98_000, tn.purse(nowon, w).Buckets.Total())
	require.Equal(t, r, tn.order("Charge", charge), "sent again it is the first result")
	require.EqualValues(t, 98_000, tn.purse(nowon, w).Buckets.Total())

	// The token is good once, whoever charges.
	tn.refused(currency.SeqUsed, tn.courier, "Charge", tn.stall.sign(tn.charging(nowon, tn.stall, "stall", token, 8_000)))
	tn.refused(currency.SeqUsed, tn.courier, "Charge", tn.arcade.sign(tn.charging(nowon, tn.arcade, "arcade", token, 12_000)))
	// The receipt is the payer's, refundable as any payment.
	tn.order("Refund", tn.refund(nowon, tn.stall, w, w.seq[nowon], 2_000, r.Credit))
	// A payment in between voids what was shown before.
	token = w.sign(tn.showing(nowon, w, 20_000))
	w.seq[nowon]--
	tn.order("Pay", tn.pay(nowon, w, "stall", 1_000))
	tn.refused(currency.SeqUsed, tn.courier, "Charge", tn.stall.sign(tn.charging(nowon, tn.stall, "stall", token, 1_000)))
}

// What can be wrong about a request or a token, though the order itself is good.
func TestRequestsAndTokensRefused(t *testing.T) {
	tn := newTown(t)
	w, thief := tn.resident(nowon, "minsu"), newWallet("thief")
	good := tn.requesting(nowon, tn.stall, "stall", "bill", 5_000)
	forged := *tn.stall
	forged.Key = thief.Key
	for name, c := range map[string]struct {
		request string
		part    int
		amount  int64
		want    *code.Code
	}{
		"another amount":  {tn.stall.sign(good), 0, 4_999, currency.RequestMismatch},
		"no such part":    {tn.stall.sign(good), 1, 5_000, currency.RequestMismatch},
		"negative part":   {tn.stall.sign(good), -1, 5_000, currency.InvalidID},
		"part of nothing": {"", 1, 5_000, currency.InvalidID},
		"forged":          {forged.sign(good), 0, 5_000, code.BadSignature},
		"payer's own":     {w.sign(tn.requesting(nowon, w, "stall", "bill", 5_000)), 0, 5_000, currency.RequestMismatch},
		"another's":       {tn.arcade.sign(tn.requesting(nowon, tn.arcade, "arcade", "bill", 5_000)), 0, 5_000, currency.RequestMismatch},
		"no parts":        {tn.stall.sign(tn.requesting(nowon, tn.stall, "stall", "bill")), 0, 5_000, currency.TooLarge},
		"a free part":     {tn.stall.sign(tn.requesting(nowon, tn.stall, "stall", "bill", 0)), 0, 5_000, currency.InvalidAmount},
		"malformed id":    {tn.stall.sign(tn.requesting(nowon, tn.stall, "stall", "table 7", 5_000)), 0, 5_000, currency.InvalidID},
		"no request":      {"x", 0, 5_000, code.BadJWS},
		"an order":        {tn.pay(nowon, w, "stall", 5_000), 0, 5_000, currency.WrongOrder},
		"expired": {func() string {
			r := good
			r.Exp = tn.at(-time.Second)
			return tn.stall.sign(r)
		}(), 0, 5_000, currency.RequestExpired},
		"of another programme": {func() string {
			r := good
			r.Program = bazaar
			return tn.stall.sign(r)
		}(), 0, 5_000, currency.RequestMismatch},
		"of another network": {func() string {
			r := good
			r.Network = "busan"
			return tn.stall.sign(r)
		}(), 0, 5_000, currency.OrderElsewhere},
	} {
		tn.run(t, "request/"+name, func(*testing.T) {
			w.seq[nowon] = tn.purse(nowon, w).Seq
			tn.refused(c.want, tn.courier, "Pay", w.sign(tn.payPart(nowon, w, "stall", c.amount, c.request, c.part)))
		})
	}

	w.seq[nowon] = tn.purse(nowon, w).Seq
	shown := tn.showing(nowon, w, 5_000)
	token := w.sign(shown)
	long := shown
	long.Exp = tn.at(6 * time.Minute)
	forEver := shown
	forEver.Exp += 9_300_000_000 // more nanoseconds than 63 bits hold
	stolen := *w
	stolen.Key = thief.Key
	for name, c := range map[string]struct {
		by     *wallet
		charge currency.Charge
		want   *code.Code
	}{
		"above the token":      {tn.stall, tn.charging(nowon, tn.stall, "stall", token, 5_001), currency.TokenExceeded},
		"zero":                 {tn.stall, tn.charging(nowon, tn.stall, "stall", token, 0), currency.InvalidAmount},
		"a life of centuries":  {tn.stall, tn.charging(nowon, tn.stall, "stall", w.sign(forEver), 5_000), currency.TokenLife},
		"a long life":          {tn.stall, tn.charging(nowon, tn.stall, "stall", w.sign(long), 5_000), currency.TokenLife},
		"forged token":         {tn.stall, tn.charging(nowon, tn.stall, "stall", stolen.sign(shown), 5_000), code.BadSignature},
		"forged charge":        {&forged, tn.charging(nowon, tn.stall, "stall", token, 5_000), code.BadSignature},
		"for another's till":   {tn.arcade, tn.charging(nowon, tn.arcade, "stall", token, 5_000), currency.RequestMismatch},
		"unknown merchant":     {tn.stall, tn.charging(nowon, tn.stall, "nowhere", token, 5_000), currency.MerchantUnknown},
		"in another programme": {tn.stall, tn.charging(bazaar, tn.stall, "stall", token, 5_000), currency.OrderElsewhere},
		"by the payer":         {w, tn.charging(nowon, w, "stall", token, 5_000), currency.SelfTransfer},
		"a payment as token":   {tn.stall, tn.charging(nowon, tn.stall, "stall", tn.pay(nowon, w, "stall", 5_000), 5_000), currency.WrongOrder},
		"no token":             {tn.stall, tn.charging(nowon, tn.stall, "stall", "", 5_000), code.BadJWS},
	} {
		tn.run(t, "charge/"+name, func(*testing.T) {
			tn.refused(c.want, tn.courier, "Charge", c.by.sign(c.charge))
		})
	}
	tn.endorse(tn.courier, "Charge", tn.stall.sign(tn.charging(nowon, tn.stall, "stall", token, 5_000)))
	tn.net.Advance(2 * time.Minute)
	tn.refused(currency.OrderExpired, tn.courier, "Charge", tn.stall.sign(tn.charging(nowon, tn.stall, "stall", token, 5_000)))
}
