// SPDX-License-Identifier: Apache-2.0

package code

var shared []*Code

func share(name string, kind Kind, meaning string) *Code {
	c := &Code{Name: name, Kind: kind, Meaning: meaning}
	shared = append(shared, c)
	return c
}

// The codes that every chaincode shares.
var (
	BadRequest      = share("BAD_REQUEST", Invalid, "The arguments are not what the function takes: count, JSON, unknown field or a value out of its form.")
	UnknownFunction = share("UNKNOWN_FUNCTION", Invalid, "The chaincode has no function of exactly this name.")
	NestedCall      = share("NESTED_CALL", Forbidden, "A function that changes state, or asks for a role, was called by another chaincode.")
	ContractRefused = share("CONTRACT_REFUSED", Rule, "Another contract, which this one has to ask, refused or could not be reached.")
	NoCaller        = share("NO_CALLER", Unauthorized, "The submitter's certificate is missing or cannot be read.")
	NotAdmin        = share("NOT_ADMIN", Forbidden, "Only an administrator (NodeOU admin) of the organisation may do this.")
	RoleMissing     = share("ROLE_MISSING", Forbidden, "The caller does not hold the role that this function asks for.")
	RoleUnknown     = share("ROLE_UNKNOWN", Invalid, "There is no role of this name.")
	OperationReused = share("OPERATION_REUSED", Conflict, "The operation id was used before with other content.")
	BadSignature    = share("BAD_SIGNATURE", Unauthorized, "The signature does not verify under the key it names.")
	BadJWS          = share("BAD_JWS", Invalid, "Not a compact JWS in the one accepted form (RFC 7515, canonical JSON of RFC 8785).")
	BadDID          = share("BAD_DID", Invalid, "The DID or DID URL is malformed or of a method or key type that is not accepted.")
	CorruptState    = share("CORRUPT_STATE", Internal, "A stored value cannot be read.")
	Broken          = share("INTERNAL", Internal, "A defect of the chaincode or its peer; the transaction changed nothing.")
)
