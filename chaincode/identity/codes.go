// SPDX-License-Identifier: Apache-2.0

package identity

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// Codes is the registry of everything the identity chaincode refuses.
var Codes = code.NewRegistry("identity")

// Malformed operations.
var (
	InvalidOperation = Codes.New("INVALID_OPERATION", code.Invalid, "The operation contradicts itself, leaves something out or carries what its type does not take.")
	InvalidKey       = Codes.New("INVALID_KEY", code.Invalid, "A key is not of an accepted type, in one accepted encoding, with purposes and an unlock level.")
	InvalidService   = Codes.New("INVALID_SERVICE", code.Invalid, "A service has no well-formed id, type or endpoint.")
	InvalidQuorum    = Codes.New("INVALID_QUORUM", code.Invalid, "A threshold is larger than what could ever sign, or controllers are not distinct DIDs in order.")
	TooLarge         = Codes.New("DOCUMENT_TOO_LARGE", code.Invalid, "More keys, services, controllers, signatures or bytes than one operation or document takes.")
)

// Authority over a document.
var (
	OperationElsewhere = Codes.New("OPERATION_ELSEWHERE", code.Forbidden, "The operation is bound to another network, channel or chaincode.")
	KeyUnauthorised    = Codes.New("KEY_UNAUTHORISED", code.Unauthorized, "A signature is by a key that has no say in this operation.")
	ThresholdNotMet    = Codes.New("THRESHOLD_NOT_MET", code.Unauthorized, "Fewer keys and controllers signed than the document asks for.")
	PossessionUnproved = Codes.New("POSSESSION_UNPROVED", code.Unauthorized, "A key that is added did not sign the operation.")
	KeysCommitted      = Codes.New("KEYS_COMMITTED", code.Forbidden, "The document has committed to its next keys: only those may do this, by a rotation.")
)

// Things that are missing or in another state.
var (
	DIDUnknown      = Codes.New("DID_UNKNOWN", code.NotFound, "There is no DID of this name on this channel.")
	VersionUnknown  = Codes.New("VERSION_UNKNOWN", code.NotFound, "The DID has no such version, or had none yet at that time.")
	VersionConflict = Codes.New("VERSION_CONFLICT", code.Conflict, "The operation does not continue the current version: another one came before it.")
	DIDDeactivated  = Codes.New("DID_DEACTIVATED", code.Rule, "The DID is deactivated, for good.")
	DIDState        = Codes.New("DID_STATE", code.Rule, "The document is suspended, or is not.")
	KeyUnknown      = Codes.New("KEY_UNKNOWN", code.NotFound, "The document has no key of this id.")
	KeyExists       = Codes.New("KEY_EXISTS", code.Conflict, "The document has this key already.")
	ServiceUnknown  = Codes.New("SERVICE_UNKNOWN", code.NotFound, "The document has no service of this id.")
	ServiceExists   = Codes.New("SERVICE_EXISTS", code.Conflict, "The document has a service of this id already.")
)
