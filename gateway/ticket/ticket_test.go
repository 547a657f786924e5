// SPDX-License-Identifier: Apache-2.0

package ticket_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"
	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway/ticket"
)

// RFC 9474 appendix A.3: what the issuer signs of the blinded message, and that
// the signature which comes of it is one that the contract's check accepts.
func TestRFC9474(t *testing.T) {
	raw, err := os.ReadFile("testdata/rfc9474.json")
	require.NoError(t, err)
	var v map[string]any
	require.NoError(t, json.Unmarshal(raw, &v))
	number := func(name string) *big.Int {
		n, ok := new(big.Int).SetString(v[name].(string), 16)
		require.True(t, ok, name)
		return n
	}
	octets := func(name string) []byte {
		b, err := hex.DecodeString(v[name].(string))
		require.NoError(t, err, name)
		return b
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number("n"), E: int(number("e").Int64())},
		D:         number("d"), Primes: []*big.Int{number("p"), number("q")},
	}
	key.Precompute()
	issuer, err := ticket.NewIssuer(key)
	require.NoError(t, err)
	signed, err := issuer.Sign(octets("blinded_msg"))
	require.NoError(t, err)
	require.Equal(t, octets("blind_sig"), signed)

	// Unblinded: sig = blind_sig · inv mod n (section 4.4).
	sig := new(big.Int).Mul(new(big.Int).SetBytes(signed), number("inv"))
	sig.Mod(sig, key.N)
	require.Equal(t, octets("sig"), sig.FillBytes(make([]byte, len(octets("sig")))))
	h := crypto.SHA384.New()
	h.Write(octets("input_msg"))
	require.NoError(t, rsa.VerifyPSS(&key.PublicKey, crypto.SHA384, h.Sum(nil), octets("sig"), &rsa.PSSOptions{SaltLength: 48}))
	verifier, err := blindrsa.NewVerifier(blindrsa.SHA384PSSDeterministic, &key.PublicKey)
	require.NoError(t, err)
	require.NoError(t, verifier.Verify(octets("input_msg"), octets("sig")))
}

var issuerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var (
	place   = currency.Place{Network: "trust", Channel: "trust", Chaincode: "currency"}
	account = base64.RawURLEncoding.EncodeToString(make([]byte, 16))
)

func series(t *testing.T) (*ticket.Issuer, currency.TicketSeries) {
	t.Helper()
	i, err := ticket.NewIssuer(issuerKey())
	require.NoError(t, err)
	return i, currency.TicketSeries{Program: "welfare", ID: "spring", Each: 30_000, Policy: 1, Key: i.PublicKey(), Until: time.Now().Add(time.Hour).Unix()}
}

// at is the order as its holder binds it.
func at(o currency.PresentTicket) currency.PresentTicket {
	o.V, o.Network, o.Channel, o.Chaincode, o.Program, o.Holder = 1, place.Network, place.Channel, place.Chaincode, "welfare", account
	return o
}

func TestTicket(t *testing.T) {
	issuer, s := series(t)
	rules := currency.Policy{Version: 1, Denomination: 100, PersonCeiling: 100_000}
	check := func(o currency.PresentTicket) error {
		part, err := s.Check(o, currency.Holder{}, rules, 20261127, time.Now())
		if err == nil {
			require.EqualValues(t, 30_000, part.Amount)
			require.Equal(t, currency.Benefit, part.Source)
		}
		return err
	}
	p, err := ticket.Ask(place, s, account)
	require.NoError(t, err)
	answer, err := issuer.Sign(p.Blinded)
	require.NoError(t, err)
	o, err := p.Finish(answer)
	require.NoError(t, err)
	require.NoError(t, at(o).Validate())
	require.NoError(t, check(at(o)))

	// It is good for this account, programme, series, chaincode, channel and network.
	for name, change := range map[string]func(*currency.PresentTicket){
		"account":   func(o *currency.PresentTicket) { o.Holder = "AAAAAAAAAAAAAAAAAAAAAQ" },
		"programme": func(o *currency.PresentTicket) { o.Program = "other" },
		"series":    func(o *currency.PresentTicket) { o.Series = "autumn" },
		"chaincode": func(o *currency.PresentTicket) { o.Chaincode = "other" },
		"channel":   func(o *currency.PresentTicket) { o.Channel = "other" },
		"network":   func(o *currency.PresentTicket) { o.Network = "other" },
		"nonce":     func(o *currency.PresentTicket) { o.Nonce = base64.RawURLEncoding.EncodeToString(make([]byte, 32)) },
		"signature": func(o *currency.PresentTicket) { o.Signature = base64.RawURLEncoding.EncodeToString(make([]byte, 256)) },
	} {
		t.Run("another "+name, func(t *testing.T) {
			other := at(o)
			change(&other)
			require.ErrorIs(t, check(other), currency.TicketBad)
		})
	}
	_, err = s.Check(at(o), currency.Holder{Merchant: "shop"}, rules, 20261127, time.Now())
	require.ErrorIs(t, err, currency.ToMerchant)
	_, err = s.Check(at(o), currency.Holder{}, rules, 20261127, time.Unix(s.Until+1, 0))
	require.ErrorIs(t, err, currency.TicketExpired)

	// What the issuer saw is in nothing that is presented, and nothing is signed twice alike.
	q, err := ticket.Ask(place, s, account)
	require.NoError(t, err)
	require.False(t, bytes.Equal(p.Blinded, q.Blinded))
	sig, err := base64.RawURLEncoding.DecodeString(o.Signature)
	require.NoError(t, err)
	require.False(t, bytes.Equal(sig, answer))
}

func TestTicketRefused(t *testing.T) {
	issuer, s := series(t)
	p, err := ticket.Ask(place, s, account)
	require.NoError(t, err)
	_, err = p.Finish(make([]byte, 256))
	require.ErrorIs(t, err, currency.TicketBad)
	_, err = p.Finish(nil)
	require.ErrorIs(t, err, currency.TicketBad)
	_, err = issuer.Sign([]byte("short"))
	require.ErrorIs(t, err, currency.TicketBad)
	_, err = issuer.Sign(bytes.Repeat([]byte{0xff}, 256))
	require.ErrorIs(t, err, currency.TicketBad, "not below the modulus")
	for _, key := range []string{"", "x", "AAAA", base64.RawURLEncoding.EncodeToString(make([]byte, 2000))} {
		s.Key = key
		_, err = ticket.Ask(place, s, account)
		require.ErrorIs(t, err, currency.TicketKeyBad)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	_, err = ticket.NewIssuer(weak)
	require.ErrorIs(t, err, currency.TicketKeyBad)
	for _, bad := range []currency.PresentTicket{
		{},
		{Nonce: "x"},
		{Nonce: base64.RawURLEncoding.EncodeToString(make([]byte, 32))},
		{Nonce: base64.RawURLEncoding.EncodeToString(make([]byte, 32)), Signature: base64.RawURLEncoding.EncodeToString(make([]byte, 255))},
	} {
		require.ErrorIs(t, bad.Validate(), currency.TicketBad)
	}
}

// Whatever a key is said to be, it is read or refused.
func FuzzParseTicketKey(f *testing.F) {
	i, err := ticket.NewIssuer(issuerKey())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(i.PublicKey())
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, encoded string) {
		key, err := currency.ParseTicketKey(encoded)
		if (err == nil) != (key != nil) {
			t.Fatalf("%v and %v", key, err)
		}
	})
}
