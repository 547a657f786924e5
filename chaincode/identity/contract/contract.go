// SPDX-License-Identifier: Apache-2.0

// Package contract holds the identity chaincode's transaction functions. Each
// decodes strictly, loads by exact key, lets package identity decide, saves and
// emits. No function on documents asks who submits: a document is changed by whom
// it names. Officers have a say in one thing only, the roots of accreditation.
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
	return ledger.New(config, slices.Concat(
		ledger.RoleFunctions(identity.Roles...),
		didFunctions(), schemaFunctions(), rootFunctions(), accreditationFunctions(), statusFunctions(),
	)...)
}

// The tables. Keys are described with their names in package identity.
var (
	documents = ledger.NewTable[identity.Current](identity.TableDocument, 1).WithUpgrade(2, headAlone)
	versions  = ledger.NewTable[identity.Version](identity.TableVersion, 2)

	statements     = ledger.NewTable[identity.Told](identity.TableStatement, 1)
	schemas        = ledger.NewTable[identity.Schema](identity.TableSchema, 3)
	roots          = ledger.NewTable[identity.Root](identity.TableRoot, 1)
	rootNames      = ledger.NewTable[identity.RootNames](identity.TableRootNames, 1)
	accreditations = ledger.NewTable[identity.Accreditation](identity.TableAccreditation, 6)
	statusLists    = ledger.NewTable[identity.StatusList](identity.TableStatusList, 2)
	shards         = ledger.NewTable[identity.Shard](identity.TableStatusShard, 3)
	shardVersions  = ledger.NewTable[identity.Shard](identity.TableStatusVersion, 4)
)
