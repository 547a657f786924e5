// SPDX-License-Identifier: Apache-2.0

// Command currency serves the currency chaincode. See ledger.Serve for its
// environment.
package main

import (
	"log"

	"github.com/komsco/trust-platform/chaincode/currency/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

func main() {
	log.Fatal(ledger.Serve(contract.New(ledger.ConfigFromEnv(contract.Name))))
}
