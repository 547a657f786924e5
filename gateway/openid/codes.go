// SPDX-License-Identifier: Apache-2.0

package openid

import "github.com/komsco/trust-platform/chaincode/ledger/code"

// Codes is the registry of what is refused beside the protocols' own errors, which are
// an [Error].
var Codes = code.NewRegistry("openid")

// The refusals.
var (
	NotOffered    = Codes.New("NOT_OFFERED", code.NotFound, "This gateway issues no credentials, asks for none, or not under this name; or it was for a while that is over.")
	ClientUnknown = Codes.New("CLIENT_UNKNOWN", code.Unauthorized, "A sign-in token for this gateway is needed, as Authorization: Bearer.")
	ClientRefused = Codes.New("CLIENT_REFUSED", code.Forbidden, "Whoever signed in is not one that may have this gateway issue or ask in another's name.")
	BadOffer      = Codes.New("BAD_OFFER", code.Invalid, "The offer is not one that can be made or accepted.")
	BadQuery      = Codes.New("BAD_QUERY", code.Invalid, "The DCQL query is not of its form, or asks in a way that is not supported.")
	BadRequest    = Codes.New("BAD_PRESENTATION_REQUEST", code.Invalid, "The authorization request is not of its form, or not one that may be answered.")
	NothingToShow = Codes.New("NOTHING_TO_SHOW", code.Rule, "The wallet holds no credential that answers the request.")
	BadAnswer     = Codes.New("BAD_ISSUER_ANSWER", code.Invalid, "The issuer or verifier answered something that is not of its form.")
	TooManyOpen   = Codes.New("TOO_MANY_OPEN", code.Conflict, "As many offers or requests are open as this gateway keeps; some will expire soon.")
)
