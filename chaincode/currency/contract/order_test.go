// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
	"github.com/komsco/trust-platform/chaincode/ledger/ledgertest"
)

// An order counts in its own place only: another channel, another chaincode of
// the same code, another network and another programme refuse it.
func TestOrderCountsInOnePlace(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	tn.batch(tn.open(bazaar, w))
	tx := tn.issue(bazaar, currency.Benefit, []currency.Row{{To: w.account, Amount: 10_000}})
	tn.batch(tn.claim(bazaar, w, currency.NewCreditName(tx, 0)))
	order := tn.pay(nowon, w, "stall", 1_000)

	deployed := func(name, network string) ledgertest.Option {
		return ledgertest.Chaincode(name, contract.New(ledger.Config{Name: name, Network: network}))
	}
	for _, place := range []struct {
		name, chaincode string
		net             *ledgertest.Network
	}{
		{"channel", cc, tn.net.NewChannel("seoul", deployed(cc, network))},
		{"chaincode", "currency2", tn.net.NewChannel("with-another-chaincode", deployed("currency2", network))},
		{"network", cc, ledgertest.New(t, deployed(cc, "busan"))},
	} {
		t.Run("another "+place.name, func(t *testing.T) {
			_, err := place.net.Invoke(tn.courier, place.chaincode, "Pay", order)
			require.ErrorContains(t, err, "ORDER_ELSEWHERE: ")
			raw, err := place.net.Invoke(tn.courier, place.chaincode, "PayBatch", order)
			require.NoError(t, err)
			require.Equal(t, []string{"ORDER_ELSEWHERE"}, codes(result[[]currency.Item](tn, raw)))
			for key := range place.net.All(place.chaincode) {
				t.Fatalf("%q is written", key)
			}
		})
	}

	// The programme is signed, so it cannot be swapped; and the same number in
	// another programme is another order.
	head, body, sig := cut(order)
	swapped := strings.Replace(body, `"program":"nowon"`, `"program":"bazaar"`, 1)
	require.NotEqual(t, body, swapped)
	tn.refused(code.BadSignature, tn.courier, "Pay", join(head, swapped, sig))
	tn.order("Pay", order)
	require.EqualValues(t, 10_000, tn.balance(bazaar, w))

	// Nor does it count for another holder or under another key.
	other := tn.resident(nowon, "jisoo")
	own := tn.payment(nowon, w, "stall", 2_000)
	w.seq[nowon]--
	own.Holder = other.account
	tn.refused(currency.OrderElsewhere, tn.courier, "Pay", w.sign(own))
}

// ECDSA has two signatures for each order, and a signer may make any number of
// others. All are the same order: the digest is of what was signed.
func TestOtherSignatureOfTheSameOrder(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	payment := tn.payment(nowon, w, "stall", 1_000)
	order := w.sign(payment)
	first := tn.order("Pay", order)

	head, body, sig := cut(order)
	raw := decode64(t, sig)
	n := elliptic.P256().Params().N
	s := new(big.Int).Sub(n, new(big.Int).SetBytes(raw[32:]))
	s.FillBytes(raw[32:])
	mirrored := join(head, body, base64.RawURLEncoding.EncodeToString(raw))
	for name, other := range map[string]string{"mirrored": mirrored, "signed anew": w.sign(payment)} {
		require.NotEqual(t, order, other)
		again := tn.endorse(tn.courier, "Pay", other)
		require.Equal(t, first, result[currency.Receipt](tn, again.Payload), name)
		require.Empty(t, again.Writes(), name)
	}
	// A signature that is none gets no first result either.
	raw[40] ^= 1
	tn.refused(code.BadSignature, tn.courier, "Pay", join(head, body, base64.RawURLEncoding.EncodeToString(raw)))
	for _, broken := range [][]byte{make([]byte, 64), raw[:63], append(slices.Clone(raw), 0), {}} {
		want := code.BadJWS
		if len(broken) == 64 {
			want = code.BadSignature
		}
		tn.refused(want, tn.courier, "Pay", join(head, body, base64.RawURLEncoding.EncodeToString(broken)))
	}
}

// The kid must be the holder's own key, and the algorithm that key's.
func TestOrderUnderAnotherKey(t *testing.T) {
	tn := newTown(t)
	both := tn.residents(nowon, "minsu", "jisoo")
	w, other := both[0], both[1]
	edna := newEd25519Wallet("edna")
	tn.batch(tn.open(nowon, edna))
	pay := tn.payment(nowon, w, "stall", 1_000)
	w.seq[nowon]--

	thief := *other
	thief.Kid = w.Kid // names the victim's key, signs with the own one
	tn.refused(code.BadSignature, tn.courier, "Pay", thief.sign(pay))
	tn.refused(currency.OrderElsewhere, tn.courier, "Pay", other.sign(pay)) // names the own key for another's account
	aka := *w
	aka.Kid = w.did + "#another" // a fragment that is no key of this DID
	tn.refused(currency.KeyMismatch, tn.courier, "Pay", aka.sign(pay))
	for _, kid := range []string{"", w.did, w.did + "#", "#" + w.Kid, "did:web:example.com#1", "did:key:zzz#zzz", w.Kid + "#x", "https://x#1"} {
		aka.Kid = kid
		before := tn.net.Height()
		_, err := tn.net.Invoke(tn.courier, cc, "Pay", aka.sign(pay))
		require.Error(t, err, kid)
		require.Regexp(t, "BAD_DID: |ORDER_ELSEWHERE: ", err.Error(), kid)
		require.Equal(t, before, tn.net.Height())
	}
	// An Ed25519 holder's order signed as ES256, and the other way round.
	mixed := jws.Signer{Key: w.Key, Kid: edna.Kid}
	p := tn.payment(nowon, edna, "stall", 1_000)
	forged, err := mixed.Sign(p.Typ(), p)
	require.NoError(t, err)
	tn.refused(code.BadSignature, tn.courier, "Pay", forged)
}

// What was signed as one thing is not taken for another.
func TestOrderTypesAreNotConfused(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	to := tn.resident(nowon, "jisoo")
	seq := w.seq[nowon]
	orders := map[string]string{
		"Pay": tn.pay(nowon, w, "stall", 1_000), "Give": tn.give(nowon, w, to, 1_000), "Redeem": tn.redeem(nowon, w, 1_000),
		"Claim":  tn.claim(nowon, w, currency.NewCreditName(strings.Repeat("0", 64), 0)),
		"Refund": tn.refund(nowon, w, to, 1, 1_000), "Open": tn.open(nowon, w), "Read": tn.read(nowon, w),
	}
	w.seq[nowon] = seq
	for signed, order := range orders {
		for _, function := range []string{"Pay", "Give", "Redeem", "Claim", "Refund", "Open"} {
			if function != signed {
				tn.refused(currency.WrongOrder, tn.courier, function, order)
			}
		}
	}
	// The typ of one over the content of another does not decode.
	claim := tn.claiming(nowon, w, currency.NewCreditName(strings.Repeat("0", 64), 0))
	gift := tn.gift(nowon, w, to, 1_000)
	tn.refused(code.BadJWS, tn.courier, "Pay", w.signAs(currency.TypPayment, claim))
	tn.refused(code.BadJWS, tn.courier, "Claim", w.signAs(currency.TypClaim, gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs("JWT", gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs("Payment-Order+JWS", gift))
	tn.refused(currency.WrongOrder, tn.courier, "Pay", w.signAs(currency.TypEnrolment, gift))
	// A payment and a gift have the same members, so the typ alone decides: to an
	// account nobody registered as a merchant's, nothing is paid.
	gift.Seq = w.seq[nowon] - 1
	tn.refused(currency.MerchantUnknown, tn.courier, "Pay", w.signAs(currency.TypPayment, gift))
}

// An order has one spelling. Anything else is refused although it is properly
// signed.
func TestOrderHasOneSpelling(t *testing.T) {
	tn := newTown(t)
	w := tn.resident(nowon, "minsu")
	head, body, _ := cut(tn.pay(nowon, w, "stall", 1_000))
	tn.endorse(tn.courier, "Pay", w.raw(head, body)) // the one
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			changed := strings.Replace(s, old, new, 1)
			require.NotEqual(t, s, changed)
			return changed
		}
	}
	for name, change := range map[string]func(string) string{
		"space":              replace(`,`, `, `),
		"line break":         func(s string) string { return s + "\n" },
		"order of members":   replace(`{"amount":1000,"chaincode":"currency"`, `{"chaincode":"currency","amount":1000`),
		"repeated member":    replace(`{"amount":1000`, `{"amount":1,"amount":1000`),
		"repeated, same":     replace(`{"amount":1000`, `{"amount":1000,"amount":1000`),
		"case of a member":   replace(`"amount"`, `"Amount"`),
		"exponent":           replace(`1000`, `1e3`),
		"fraction":           replace(`1000`, `1000.0`),
		"leading zero":       replace(`1000`, `01000`),
		"plus":               replace(`1000`, `+1000`),
		"string for number":  replace(`1000`, `"1000"`),
		"beyond int64":       replace(`1000`, `9223372036854775808`),
		"unknown member":     replace(`{"amount":1000`, `{"amount":1000,"bonus":1`),
		"member of another":  replace(`"v":1`, `"payment":{},"v":1`),
		"empty claims":       replace(`"exp"`, `"claims":[],"exp"`),
		"null claims":        replace(`"exp"`, `"claims":null,"exp"`),
		"empty reference":    replace(`"seq"`, `"ref":"","seq"`),
		"escaped letter":     replace(`"stall"`, `"\u0073tall"`),
		"escaped slash":      replace(`"stall"`, `"sta\/ll"`),
		"missing seq":        replace(`"seq":2,`, ``),
		"missing network":    replace(`"network":"testnet",`, ``),
		"invalid UTF-8":      replace(`stall`, "st\xff"),
		"byte order mark":    func(s string) string { return "\ufeff" + s },
		"array":              func(s string) string { return "[" + s + "]" },
		"something behind":   func(s string) string { return s + "{}" },
		"nothing":            func(string) string { return "" },
		"null":               func(string) string { return "null" },
		"negative zero":      replace(`1000`, `-0`),
		"comment":            replace(`{`, `{/**/`),
		"trailing comma":     replace(`"v":1}`, `"v":1,}`),
		"true for a number":  replace(`"v":1`, `"v":true`),
		"claims as a string": replace(`"exp"`, `"claims":"x","exp"`),
	} {
		tn.run(t, "payload/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", w.raw(head, change(body))) })
	}
	for name, change := range map[string]func(string) string{
		"space": replace(`,`, `, `),
		"order": func(string) string {
			return fmt.Sprintf(`{"kid":%q,"alg":"ES256","typ":%q}`, w.Kid, currency.TypPayment)
		},
		"crit":           replace(`"kid"`, `"crit":["exp"],"kid"`),
		"unencoded":      replace(`"kid"`, `"b64":false,"kid"`),
		"own key":        replace(`"kid"`, `"jwk":{},"kid"`),
		"key by URL":     replace(`"kid"`, `"jku":"https://x","kid"`),
		"alg none":       replace(`"ES256"`, `"none"`),
		"alg HS256":      replace(`"ES256"`, `"HS256"`),
		"alg ES256K":     replace(`"ES256"`, `"ES256K"`),
		"alg es256":      replace(`"ES256"`, `"es256"`),
		"no alg":         replace(`"alg":"ES256",`, ``),
		"repeated alg":   replace(`"kid"`, `"alg":"none","kid"`),
		"another cty":    replace(`"kid"`, `"cty":"x","kid"`),
		"zip":            func(s string) string { return strings.TrimSuffix(s, "}") + `,"zip":"DEF"}` },
		"case of a name": replace(`"alg"`, `"ALG"`),
		"empty":          func(string) string { return "{}" },
	} {
		tn.run(t, "header/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", w.raw(change(head), body)) })
	}
	order := w.raw(head, body)
	for name, compact := range map[string]string{
		"padding":         order + "==",
		"line break":      order[:20] + "\n" + order[20:],
		"white space":     " " + order,
		"two parts":       order[:strings.LastIndexByte(order, '.')],
		"four parts":      order + ".x",
		"no signature":    order[:strings.LastIndexByte(order, '.')+1],
		"JSON form":       fmt.Sprintf(`{"payload":%q}`, order),
		"standard base64": strings.NewReplacer("-", "+", "_", "/").Replace(order) + "+",
		"stray bits":      strayBits(order),
		"too long":        order + strings.Repeat("A", jws.MaxLength),
		"no bytes":        "",
	} {
		tn.run(t, "compact/"+name, func(*testing.T) { tn.refused(code.BadJWS, tn.courier, "Pay", compact) })
	}
	tn.order("Pay", order)
}

// strayBits sets bits of the last character that base64 does not need.
func strayBits(order string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, order[len(order)-1])
	return order[:len(order)-1] + string(alphabet[last|1])
}

// raw signs header and payload as they are spelled.
func (w *wallet) raw(header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sig, err := w.signBytes([]byte(input))
	if err != nil {
		panic(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// cut takes a compact JWS apart: header and payload decoded, signature not.
func cut(compact string) (header, payload, sig string) {
	parts := strings.Split(compact, ".")
	h, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		panic(err)
	}
	p, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	return string(h), string(p), parts[2]
}

func join(header, payload, sig string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + sig
}

func decode64(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return raw
}
