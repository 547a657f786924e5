// SPDX-License-Identifier: Apache-2.0

// Package ledgertest is an in-memory Hyperledger Fabric for tests of
// chaincode. It runs a [shim.Chaincode] on several peers and commits blocks of
// several transactions by Fabric's own rules, so that conflicts, phantoms and
// non-determinism show in a unit test.
//
//	net := ledgertest.New(t, ledgertest.Chaincode("currency", cc))
//	city := net.Caller("CityMSP", "treasurer", ledgertest.Client)
//	a, err := net.Endorse(city, "currency", "Pay", order1)
//	b, err := net.Endorse(city, "currency", "Pay", order2)
//	codes := net.Commit(a, b) // one block
//
// # What it keeps
//
// Simulation: a transaction reads the state committed when it was endorsed and
// never its own writes, nor those of a chaincode it calls. A read notes the
// version (block, transaction) of its key, or its absence. A write of an empty
// value is a delete, as it is on Fabric. A paginated query and a write exclude
// each other in one transaction. Results of a range stop silently at
// [TotalQueryLimit]; the peer reads ahead in pages of 100, which decides how
// much of a range that was not read to its end counts as read. Keys must be
// valid UTF-8: the shim panics on others and so does this one. A panic of a
// chaincode ends the test; on Fabric it ends the chaincode's process.
//
// Endorsement: every peer simulates for itself. Responses, read sets, write
// sets and events must agree, else the error is a [*MismatchError]. A response
// outside 200…399 is an [*EndorseError] with the chaincode's message verbatim.
// A proposal whose clock is off by more than 15 minutes is refused.
//
// Calls between chaincodes: a callee on the same channel shares the read and
// write set, keeps a namespace of its own and sees the caller's creator and
// signed proposal; what it wrote stays even when it answers with an error. A
// chaincode already on the stack cannot be called. A callee on another channel
// is only queried. Only the outermost chaincode's event counts.
//
// Commit: transactions are checked in the order of the block. A transaction id
// seen before is DUPLICATE_TXID. A read whose key moved, or was written by an
// earlier valid transaction of the block, is MVCC_READ_CONFLICT. Ranges are run
// again and must give the same keys and versions, else PHANTOM_READ_CONFLICT;
// Fabric does that for paginated ranges as well, when such a transaction is
// submitted. A write without a read never conflicts.
//
// # What it leaves out
//
// Endorsement policies and key-level endorsement, signatures and access
// control, private data, rich queries (an error, as on LevelDB), history (an
// error, as where the history database is off), system chaincodes, limits on
// the size of messages and blocks, execution timeouts.
//
// # Determinism
//
// Keys, certificates, nonces and transaction ids are derived from names and a
// counter and the clock stands still, so a test that runs twice sees the same
// bytes. A [Network] may be used by several goroutines; then the order in which
// they come decides the ids.
package ledgertest
