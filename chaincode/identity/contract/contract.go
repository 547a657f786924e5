// SPDX-License-Identifier: Apache-2.0

// Package contract holds the identity chaincode's transaction functions. Each
// decodes strictly, loads by exact key, lets package identity decide, saves and
// emits. No function asks who submits: a document is changed by whom it names, and
// there is no officer's role in this chaincode.
package contract

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// Name is the name under which the chaincode is usually committed.
const Name = "identity"

// New builds the chaincode.
func New(config ledger.Config) *ledger.Chaincode {
	return ledger.New(config, slices.Concat(didFunctions())...)
}

// The tables. Keys are described with their names in package identity.
var (
	heads    = ledger.NewTable[identity.Head](identity.TableHead, 1)
	versions = ledger.NewTable[identity.Version](identity.TableVersion, 2)
)
