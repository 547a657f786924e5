// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/chaincode/ledger/did"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// wallet is a phone: a key that a name derives, and the numbers of its orders.
type wallet struct {
	jws.Signer
	did, account string
	seq          map[string]int64 // last order signed, by programme
}

// newWallet holds a P-256 key, as most phones do.
func newWallet(name string) *wallet {
	seed := sha256.Sum256([]byte("wallet " + name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		panic(err)
	}
	return walletOf(jws.Signer{Key: key}, did.Key{Alg: "ES256", P256: &key.PublicKey})
}

// newEd25519Wallet holds an Ed25519 key.
func newEd25519Wallet(name string) *wallet {
	seed := sha256.Sum256([]byte("wallet " + name))
	key := ed25519.NewKeyFromSeed(seed[:])
	return walletOf(jws.Signer{Key: key}, did.Key{Alg: "EdDSA", Ed25519: key.Public().(ed25519.PublicKey)})
}

func walletOf(s jws.Signer, key did.Key) *wallet {
	w := &wallet{Signer: s, seq: map[string]int64{}}
	w.did, w.Kid = did.OfKey(key)
	w.account = currency.AccountID(w.did)
	return w
}

func (w *wallet) next(program string) int64 {
	w.seq[program]++
	return w.seq[program]
}

// sign signs a payload under its own typ.
func (w *wallet) sign(p currency.Payload) string { return w.signAs(p.Typ(), p) }

func (w *wallet) signAs(typ string, payload any) string {
	compact, err := w.Sign(typ, payload)
	if err != nil {
		panic(err)
	}
	return compact
}

// signBytes is the wallet's signature over bytes, 64 bytes long.
func (w *wallet) signBytes(message []byte) ([]byte, error) {
	if key, ok := w.Key.(ed25519.PrivateKey); ok {
		return ed25519.Sign(key, message), nil
	}
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, w.Key.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		return nil, err
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}

// life is how long orders of these tests live.
const life = 10 * time.Minute

// The orders a wallet signs. Those that touch a purse take its next number.

func (tn *town) openOrder(program string, w *wallet) currency.Open {
	o := currency.Open{Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account, Network: network, Program: program, V: 1}
	if program == nowon {
		o.Enrolment = tn.enrolment(program, w)
	}
	return o
}

// enrolment attests that a wallet belongs to a person who is called like its account.
func (tn *town) enrolment(program string, w *wallet) string {
	return tn.enroller.signAs(currency.TypEnrolment, currency.Enrolment{
		Channel: "trust", DID: w.did, Exp: tn.at(life), Network: network, Person: "p-" + w.account, Program: program, V: 1,
	})
}

func (tn *town) open(program string, w *wallet) string { return w.sign(tn.openOrder(program, w)) }

func (tn *town) payment(program string, w *wallet, to string, amount int64, claims ...currency.CreditName) currency.Payment {
	return currency.Payment{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), To: to, V: 1,
	}
}

func (tn *town) pay(program string, w *wallet, to string, amount int64, claims ...currency.CreditName) string {
	return w.sign(tn.payment(program, w, to, amount, claims...))
}

func (tn *town) gift(program string, w, to *wallet, amount int64, claims ...currency.CreditName) currency.Gift {
	return currency.Gift{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), To: to.account, V: 1,
	}
}

func (tn *town) give(program string, w, to *wallet, amount int64, claims ...currency.CreditName) string {
	return w.sign(tn.gift(program, w, to, amount, claims...))
}

func (tn *town) claiming(program string, w *wallet, claims ...currency.CreditName) currency.Claim {
	return currency.Claim{
		Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) claim(program string, w *wallet, claims ...currency.CreditName) string {
	return w.sign(tn.claiming(program, w, claims...))
}

func (tn *town) redemption(program string, w *wallet, amount int64, claims ...currency.CreditName) currency.Redeem {
	return currency.Redeem{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) redeem(program string, w *wallet, amount int64, claims ...currency.CreditName) string {
	return w.sign(tn.redemption(program, w, amount, claims...))
}

func (tn *town) refunding(program string, w, payer *wallet, seq, amount int64, claims ...currency.CreditName) currency.Refund {
	return currency.Refund{
		Amount: amount, Chaincode: cc, Channel: "trust", Claims: claims, Exp: tn.at(life), Holder: w.account,
		Network: network, Payment: currency.ReceiptName{Holder: payer.account, Seq: seq},
		Program: program, Seq: w.next(program), V: 1,
	}
}

func (tn *town) refund(program string, w, payer *wallet, seq, amount int64, claims ...currency.CreditName) string {
	return w.sign(tn.refunding(program, w, payer, seq, amount, claims...))
}

func (tn *town) reading(program string, w *wallet) currency.Read {
	return currency.Read{Chaincode: cc, Channel: "trust", Exp: tn.at(life), Holder: w.account, Network: network, Program: program, V: 1}
}

func (tn *town) read(program string, w *wallet) string { return w.sign(tn.reading(program, w)) }
