// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"context"
	"fmt"
	"log"

	"github.com/komsco/trust-platform/chaincode/currency"
	"github.com/komsco/trust-platform/gateway"
)

// An issuing officer sells vouchers with a bonus. Called again after an
// interruption, it goes on where it stopped.
func ExampleCurrency_Issue() {
	ctx := context.Background()
	c, err := gateway.Connect(ctx, gateway.Options{
		PeerEndpoint: "peer0.city.example:7051", TLSRootCert: "tls/ca.pem",
		MSPID: "CityMSP", Cert: "issuer/cert.pem", Key: "issuer/key.pem",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // nothing is lost
	issued, err := c.Currency("trust", "currency").Issue(ctx, gateway.Issue{
		Program: "nowon", Run: "sale-2026-03", Unit: "KRW", Source: currency.Principal,
		Rows:  []currency.Row{{To: currency.AccountID("did:key:z6Mk…"), Amount: 50_000}},
		Draws: []currency.Draw{{Deposit: "B-7781"}, {Appropriation: "discount-2026"}}, // as much as is needed
		Progress: func(p gateway.IssueProgress) {
			fmt.Printf("%d of %d rows\n", p.RowsDone, p.Rows)
		},
	})
	if err != nil {
		log.Fatal(err) // one of package currency's codes: errors.Is(err, currency.FundExceeded)
	}
	fmt.Println(issued.Issued, issued.Bonus, len(issued.Failed))
}

// Two organisations compare what their own peers hold.
func ExampleAudit() {
	ctx := context.Background()
	var clients []*gateway.Client
	for _, o := range []gateway.Options{
		{PeerEndpoint: "peer0.city.example:7051", TLSRootCert: "city.pem", MSPID: "CityMSP", Cert: "city/cert.pem", Key: "city/key.pem"},
		{PeerEndpoint: "peer0.bank.example:7051", TLSRootCert: "bank.pem", MSPID: "BankMSP", Cert: "bank/cert.pem", Key: "bank/key.pem"},
	} {
		c, err := gateway.Connect(ctx, o)
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // nothing is lost
		clients = append(clients, c)
	}
	report, err := gateway.Audit(ctx, clients, "trust", "currency", 0, nil)
	fmt.Println(report) // a table of every programme and fund
	if err != nil {
		log.Fatal(err) // the first block that is not explained, or the first difference
	}
}
