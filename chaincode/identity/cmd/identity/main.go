// SPDX-License-Identifier: Apache-2.0

// Command identity serves the identity chaincode. See ledger.Serve for its
// environment.
package main

import (
	"log"

	"github.com/komsco/trust-platform/chaincode/identity/contract"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

func main() {
	log.Fatal(ledger.Serve(contract.New(ledger.ConfigFromEnv(contract.Name))))
}
