// SPDX-License-Identifier: Apache-2.0

package credential

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// Codes is the registry of what is refused about credentials, as errors and as the
// codes of failed checks.
var Codes = code.NewRegistry("credential")

// What a credential or presentation is refused for.
var (
	Malformed       = Codes.New("CREDENTIAL_MALFORMED", code.Invalid, "The credential or presentation is not of its format, or says the same thing twice.")
	Unsupported     = Codes.New("CREDENTIAL_UNSUPPORTED", code.Invalid, "The format, algorithm, cryptosuite or mechanism is not one that is accepted.")
	KeyNotValid     = Codes.New("KEY_NOT_VALID", code.Forbidden, "The key was not in the signer's document for this purpose at that time.")
	NotResolvable   = Codes.New("DID_NOT_RESOLVABLE", code.Invalid, "The signer's document is not on the ledger, not in the DID itself and was not supplied.")
	NotYetValid     = Codes.New("NOT_YET_VALID", code.Rule, "The credential or presentation is of the future.")
	Expired         = Codes.New("CREDENTIAL_EXPIRED", code.Rule, "The credential or presentation is no longer valid.")
	Revoked         = Codes.New("CREDENTIAL_REVOKED", code.Rule, "The issuer has revoked the credential.")
	SuspendedNow    = Codes.New("CREDENTIAL_SUSPENDED", code.Rule, "The issuer has suspended the credential.")
	StatusUnproved  = Codes.New("STATUS_UNPROVED", code.Rule, "The credential's status is called for and cannot be told.")
	SchemaMismatch  = Codes.New("SCHEMA_MISMATCH", code.Rule, "The credential is not what its schema asks for, or the schema is not the registered one.")
	HolderUnproved  = Codes.New("HOLDER_UNPROVED", code.Unauthorized, "Who presents did not prove to be whom the credential is bound to.")
	ReplayedProof   = Codes.New("CHALLENGE_MISMATCH", code.Unauthorized, "The proof is for another challenge or domain.")
	UnlockTooLow    = Codes.New("UNLOCK_TOO_LOW", code.Forbidden, "The holder's key is unlocked by less than is asked for.")
	ListUnsigned    = Codes.New("STATUS_LIST_UNSIGNED", code.NotFound, "The issuer of this status list has its signed list elsewhere, not at this gateway.")
	Unissued        = Codes.New("CREDENTIAL_UNKNOWN", code.NotFound, "This gateway issued no credential of this id with a status of this purpose.")
	BadStatusChange = Codes.New("BAD_STATUS_CHANGE", code.Invalid, "The change of a status is not of its form, or names an entry that is not the credential's.")
	ListFull        = Codes.New("STATUS_LIST_FULL", code.Conflict, "So many entries of the status list are taken that none is found free: open another list.")
	NotRegistryHere = Codes.New("LEDGER_NEEDED", code.Rule, "The check needs the ledger's registries, which are not at hand.")
)
