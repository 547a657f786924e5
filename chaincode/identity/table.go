// SPDX-License-Identifier: Apache-2.0

package identity

// Record kinds on the ledger: the object types of their composite keys. The
// first key part of a DID's records is always its id, without the method.
const (
	TableDocument = "did"         // id: the current version
	TableVersion  = "did-version" // id / number: those before it

	TableStatement     = "statement"      // digest: what was carried out counts once
	TableSchema        = "schema"         // owner's id / name / version
	TableRoot          = "root"           // name
	TableRootNames     = "root-names"     // id of a root's DID
	TableAccreditation = "accreditation"  // root / subject's id / standing / schema / region / purpose, - if none
	TableStatusList    = "status-list"    // owner's id / name
	TableStatusShard   = "status-shard"   // owner's id / name / shard
	TableStatusVersion = "status-version" // owner's id / name / shard / number
)
