// SPDX-License-Identifier: Apache-2.0

package anchor

// Tables of the ledger, by object type of their composite keys.
const (
	TableSource     = "source"     // source
	TableVersion    = "version"    // source / version
	TableLog        = "log"        // source
	TableCheckpoint = "checkpoint" // source / size
	TableBatch      = "batch"      // hash of the sealer's DID / batch id
	TableItem       = "item"       // source / item
	TableStep       = "step"       // source / digest
	TableTip        = "tip"        // source
	TableHeader     = "header"     // source / height
	TableFork       = "fork"       // source / height / hash
	TableTrust      = "trust"      // source / height
)
