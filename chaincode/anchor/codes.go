// SPDX-License-Identifier: Apache-2.0

package anchor

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// Codes is the registry of everything the anchor chaincode refuses.
var Codes = code.NewRegistry("anchor")

// Malformed requests, records and seals.
var (
	InvalidID     = Codes.New("INVALID_ID", code.Invalid, "An identifier is not of its form.")
	InvalidSource = Codes.New("INVALID_SOURCE", code.Invalid, "A source contradicts itself or leaves something out.")
	InvalidRecord = Codes.New("INVALID_RECORD", code.Invalid, "A record is not of its form: kind, digest algorithm, sizes or body.")
	InvalidSeal   = Codes.New("INVALID_SEAL", code.Invalid, "The seal is not of its form, or does not fit the leaves that came with it.")
	EmptyBatch    = Codes.New("EMPTY_BATCH", code.Invalid, "A seal appends at least one record to each log it names.")
	TooLarge      = Codes.New("TOO_LARGE", code.Invalid, "More items than one transaction takes.")
	KindRefused   = Codes.New("KIND_REFUSED", code.Rule, "The source does not take records of this kind.")
)

// Authority.
var (
	Elsewhere        = Codes.New("ELSEWHERE", code.Forbidden, "What was signed is bound to another network, channel, chaincode or source.")
	SealerNotGranted = Codes.New("SEALER_NOT_GRANTED", code.Forbidden, "The source grants its log to another sealer.")
	NotOwner         = Codes.New("NOT_OWNER", code.Forbidden, "The source belongs to another organisation.")
	SignersMissing   = Codes.New("SIGNERS_MISSING", code.Unauthorized, "The header is not signed by as many, or not by those, whom the source or the chain's own rules ask for.")
)

// Things that are missing, taken or in another state.
var (
	SourceUnknown     = Codes.New("SOURCE_UNKNOWN", code.NotFound, "There is no source of this id, or no such version of it.")
	SourceExists      = Codes.New("SOURCE_EXISTS", code.Conflict, "The source id is taken.")
	SourceState       = Codes.New("SOURCE_STATE", code.Conflict, "The source changed meanwhile, or the change is one that no source may make.")
	CheckpointUnknown = Codes.New("CHECKPOINT_UNKNOWN", code.NotFound, "The log has no checkpoint of this size.")
	SealUnknown       = Codes.New("SEAL_UNKNOWN", code.NotFound, "The sealer sealed no batch of this id.")
	BatchReused       = Codes.New("BATCH_REUSED", code.Conflict, "The batch id was used for another seal.")
	SizeMismatch      = Codes.New("SIZE_MISMATCH", code.Conflict, "The log does not have the size that the seal expects.")
	ItemUnknown       = Codes.New("ITEM_UNKNOWN", code.NotFound, "The source has no step of this item.")
	HeaderUnknown     = Codes.New("HEADER_UNKNOWN", code.NotFound, "The source has no header of this height.")
)

// Rules of single records. They refuse the record and leave the rest of the seal.
var (
	StepBroken     = Codes.New("STEP_BROKEN", code.Rule, "The step does not follow the item's latest one.")
	LinkUnknown    = Codes.New("LINK_UNKNOWN", code.Rule, "The step links to one that this source does not have.")
	StepExists     = Codes.New("STEP_EXISTS", code.Conflict, "The step is in the log already.")
	HeaderExists   = Codes.New("HEADER_EXISTS", code.Conflict, "The header is in the log already.")
	HeaderPast     = Codes.New("HEADER_PAST", code.Rule, "The header is of a height that the log has passed without one.")
	HeaderGap      = Codes.New("HEADER_GAP", code.Rule, "Headers between the log's last one and this one are missing, and the source allows no gaps.")
	HeaderUnpinned = Codes.New("HEADER_UNPINNED", code.Rule, "The chain begins with the header that the source names, and this is another.")
	ConfigMissing  = Codes.New("CONFIG_MISSING", code.Rule, "The header is of a configuration block, whose data has to come along: what follows is checked under it.")
	ConfigSkipped  = Codes.New("CONFIG_SKIPPED", code.Rule, "The block stands under a configuration that the log has not seen; configuration blocks are never left out.")
	ForkedChain    = Codes.New("FORKED_CHAIN", code.Rule, "Another header of this height is in the log. Both are kept as evidence of the fork.")
	UntrustedChain = Codes.New("UNTRUSTED_CHAIN", code.Rule, "The header contradicts the one before it in the log. Both are kept as evidence of the fork.")
)
