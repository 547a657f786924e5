// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// A payment from the key to the receipt. The identity that carries it needs no
// role: the order is what counts.
func Example() {
	ctx := context.Background()
	c, err := gateway.Connect(ctx, gateway.Options{
		PeerEndpoint: "127.0.0.1:7051", TLSRootCert: "tls-ca.pem",
		MSPID: "KomscoMSP", Cert: "gateway.pem", Key: "gateway.key",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	money := c.Currency("trust", "currency")

	key, err := gateway.NewKey()
	if err != nil {
		log.Fatal(err)
	}
	wallet, err := gateway.NewWallet(key, currency.Place{Network: "trust-local", Channel: "trust", Chaincode: "currency"})
	if err != nil {
		log.Fatal(err)
	}
	order, err := wallet.In("nowon").Payment(currency.Payment{Seq: 1, To: "stall", Amount: 3000})
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := money.Pay(ctx, order)
	var failed *gateway.Error
	switch {
	case errors.Is(err, currency.InsufficientFunds):
		fmt.Println("not enough:", err)
	case errors.As(err, &failed) && failed.InDoubt():
		fmt.Println("send the same order again")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println("paid in transaction", receipt.Tx)
	}
}

// An order is a compact JWS that counts in one place, for one holder, once.
func ExampleHolder_Payment() {
	key, err := gateway.NewKey()
	if err != nil {
		log.Fatal(err)
	}
	place := currency.Place{Network: "trust-local", Channel: "trust", Chaincode: "currency"}
	wallet, err := gateway.NewWallet(key, place)
	if err != nil {
		log.Fatal(err)
	}
	order, err := wallet.In("nowon").Payment(currency.Payment{Seq: 1, To: "stall", Amount: 3000, Ref: "bill-7"})
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := currency.ParseOrder(order, place, currency.TypPayment)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(parsed.Program, parsed.Seq, parsed.Holder == wallet.Account, parsed.DID == wallet.DID)

	_, err = wallet.In("nowon").Payment(currency.Payment{Seq: 2, To: "stall", Amount: 0})
	fmt.Println(errors.Is(err, currency.InvalidAmount))
	// Output:
	// nowon 1 true true
	// true
}

// A programme that is not open to all asks for an enrolment, which one of its
// enrollers signs.
func ExampleWallet_Enrol() {
	place := currency.Place{Network: "trust-local", Channel: "trust", Chaincode: "currency"}
	wallet := func() *gateway.Wallet {
		key, err := gateway.NewKey()
		if err != nil {
			log.Fatal(err)
		}
		w, err := gateway.NewWallet(key, place)
		if err != nil {
			log.Fatal(err)
		}
		return w
	}
	enroller, resident := wallet(), wallet()
	enrolment, err := enroller.Enrol(currency.Enrolment{DID: resident.DID, Person: "p-4711", Program: "nowon"})
	if err != nil {
		log.Fatal(err)
	}
	order, err := resident.In("nowon").Open(enrolment)
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := currency.ParseOrder(order, place, currency.TypOpen)
	fmt.Println(parsed.Payload.Typ(), err)
	// Output: open-order+jws <nil>
}
