// SPDX-License-Identifier: Apache-2.0

// Package signin is how a person who registered a DID once is known to any
// number of institutions. An institution asks a gateway for a challenge and shows
// it; the person's phone answers it with a key unlocked as the institution asks;
// the gateway checks that against the ledger and gives a short-lived token, a JSON
// Web Token that any library checks by the gateway's published keys. The
// institution needs no account at the gateway and no ledger.
//
// [Answer] is the phone's part, [Verifier] the institution's.
package signin

import (
	"net/url"
	"strings"

	"github.com/komsco/trust-platform/chaincode/identity"
	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/chaincode/ledger/jws"
)

// Typ is the typ of an answer to a challenge.
const Typ = "sign-in+jws"

// Codes is the registry of everything sign-in refuses.
var Codes = code.NewRegistry("sign-in")

// The refusals.
var (
	InvalidAudience  = Codes.New("INVALID_AUDIENCE", code.Invalid, "An audience is an origin, https://host or http://localhost, or a DID, and nonces are short.")
	ChallengeUnknown = Codes.New("CHALLENGE_UNKNOWN", code.Unauthorized, "The challenge was not made by this gateway, since it started, for this audience.")
	ChallengeExpired = Codes.New("CHALLENGE_EXPIRED", code.Unauthorized, "The challenge was not answered in time.")
	ChallengeUsed    = Codes.New("CHALLENGE_USED", code.Conflict, "The challenge was answered before: it serves for one token.")
	KeyRefused       = Codes.New("SIGN_IN_KEY", code.Unauthorized, "The answer is not signed by a key for authentication of an active DID.")
	LevelTooLow      = Codes.New("SIGN_IN_LEVEL", code.Unauthorized, "The key is unlocked with less than the audience asks for.")
	TokenRefused     = Codes.New("TOKEN_REFUSED", code.Unauthorized, "The token is expired, for another audience, of another issuer or of too low a level.")
)

// Challenge is what a phone is asked to sign.
type Challenge struct {
	Audience  string          `json:"audience" doc:"Whom the person signs in to: an origin or a DID"`
	Challenge string          `json:"challenge" doc:"Serves once"`
	Expires   int64           `json:"expires" doc:"Unix seconds"`
	Unlock    identity.Unlock `json:"unlock" doc:"The least that the key has to be unlocked with"`
}

// Response is a phone's answer, signed by a key for authentication of its DID.
type Response struct {
	Audience  string `json:"audience"`
	Challenge string `json:"challenge"`
	Nonce     string `json:"nonce,omitempty"`    // the audience's own, to find its session again; at most 128 bytes of ASCII
	Pairwise  bool   `json:"pairwise,omitempty"` // the audience learns a name of the person for itself only, and no DID
	V         int    `json:"v"`
}

// Validate returns INVALID_AUDIENCE or BAD_REQUEST.
func (r Response) Validate() error {
	if r.V != 1 {
		return code.BadRequest.Errorf("v is %d, this is version 1", r.V)
	}
	if !visible(r.Nonce, 128) {
		return InvalidAudience.Errorf("nonce has %d bytes: at most 128 of visible ASCII", len(r.Nonce))
	}
	return CheckAudience(r.Audience)
}

// Answer signs a challenge for the audience that the person agreed to see. It is
// sent to the gateway, by the phone or through the audience.
func Answer(signer jws.Signer, r Response) (string, error) {
	r.V = 1
	if err := r.Validate(); err != nil {
		return "", err
	}
	return signer.Sign(Typ, r)
}

// CheckAudience returns INVALID_AUDIENCE for anything but an origin or a DID.
func CheckAudience(audience string) error {
	if visible(audience, 256) && strings.HasPrefix(audience, "did:") && !strings.ContainsAny(audience, "#?/") {
		return nil
	}
	u, err := url.Parse(audience)
	if err != nil || !visible(audience, 256) || u.Host == "" || audience != u.Scheme+"://"+u.Host || strings.ToLower(audience) != audience {
		return InvalidAudience.Errorf("%.80q is no origin (https://host, lower case, no path) and no DID", audience)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || (u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1")) {
		return InvalidAudience.Errorf("%.80q: https is needed", audience)
	}
	return nil
}

func visible(s string, most int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= most
}

// Level orders the ways to unlock a key, from 0; an unknown one is below all.
func Level(u identity.Unlock) int {
	switch u {
	case identity.UnlockNone:
		return 0
	case identity.UnlockPIN:
		return 1
	case identity.UnlockBiometric:
		return 2
	default:
		return -1
	}
}
