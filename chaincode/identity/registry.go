// SPDX-License-Identifier: Apache-2.0

package identity

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// The registries.
var (
	InvalidStatement     = Codes.New("INVALID_STATEMENT", code.Invalid, "A statement to a registry is not of its form, or of another type than the function takes.")
	SchemaUnknown        = Codes.New("SCHEMA_UNKNOWN", code.NotFound, "There is no such schema.")
	SchemaExists         = Codes.New("SCHEMA_EXISTS", code.Conflict, "The schema version is published, with other content.")
	SchemaState          = Codes.New("SCHEMA_STATE", code.Conflict, "The schema is deprecated already, or would take its own place.")
	RootUnknown          = Codes.New("ROOT_UNKNOWN", code.NotFound, "There is no root of accreditation of this name.")
	RootState            = Codes.New("ROOT_STATE", code.Conflict, "The root cannot be opened or closed so, or nothing of this kind was proposed.")
	SameOrganisation     = Codes.New("SAME_ORGANISATION", code.Forbidden, "The second approval must come from another organisation.")
	NotAccredited        = Codes.New("NOT_ACCREDITED", code.Forbidden, "No chain of accreditations by active documents leads from the root to this, or not at that time.")
	AccreditationUnknown = Codes.New("ACCREDITATION_UNKNOWN", code.NotFound, "There is no such grant, or it was withdrawn before.")
	OverAsking           = Codes.New("OVER_ASKING", code.Forbidden, "The verifier asks for more than it was accredited for.")
	StatementExpired     = Codes.New("STATEMENT_EXPIRED", code.Rule, "The statement's exp has passed, or is too far away.")
	StatusListUnknown    = Codes.New("STATUS_LIST_UNKNOWN", code.NotFound, "There is no such status list.")
	StatusListExists     = Codes.New("STATUS_LIST_EXISTS", code.Conflict, "The status list is there, with other properties.")
	StatusFinal          = Codes.New("STATUS_FINAL", code.Rule, "A revocation is not taken back.")
)
