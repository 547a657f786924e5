// SPDX-License-Identifier: Apache-2.0

// Package contract holds the anchor chaincode's transaction functions. Each
// decodes strictly, authorises, loads by exact key, lets package anchor decide,
// saves and emits.
package contract

import (
	"slices"

	"github.com/komsco/trust-platform/chaincode/anchor"
	"github.com/komsco/trust-platform/chaincode/ledger"
)

// Name is the name under which the chaincode is usually committed.
const Name = "anchor"

// New builds the chaincode.
func New(config ledger.Config) *ledger.Chaincode {
	return ledger.New(config, slices.Concat(
		ledger.RoleFunctions(anchor.Roles...), sourceFunctions(), sealFunctions(), historyFunctions(),
	)...)
}

// The tables. Keys are described with their names in package anchor.
var (
	sources     = ledger.NewTable[anchor.Source](anchor.TableSource, 1)
	versions    = ledger.NewTable[anchor.Source](anchor.TableVersion, 2)
	logs        = ledger.NewTable[anchor.Log](anchor.TableLog, 1)
	checkpoints = ledger.NewTable[anchor.Checkpoint](anchor.TableCheckpoint, 2)
	batches     = ledger.NewTable[anchor.Sealed](anchor.TableBatch, 2)
	items       = ledger.NewTable[anchor.Item](anchor.TableItem, 2)
	steps       = ledger.NewTable[anchor.StepAt](anchor.TableStep, 2)
	tips        = ledger.NewTable[anchor.ChainTip](anchor.TableTip, 1)
	headers     = ledger.NewTable[anchor.HeaderAt](anchor.TableHeader, 2)
	trusts      = ledger.NewTable[anchor.ChainTrust](anchor.TableTrust, 2)
	forks       = ledger.NewTable[anchor.Fork](anchor.TableFork, 3)
)

// place is where what is signed for this chaincode counts.
func place(t *ledger.Tx) anchor.Place {
	return anchor.Place{Network: t.Network(), Channel: t.Channel(), Chaincode: t.Chaincode()}
}
